/* emit_pool.c: writes pooling that no convolution before it took: windows that overlap or are padded, or
 * after another step; and the mean of whole channels. */
#include "export/c/c_emit.h"
#include "ops/reference.h"
#include <stdio.h>
#include <string.h>

/* The rows or columns of the image that a window meets, y0 to y1 - 1. */
static void put_range(oc_c_text *t, char axis, const int64_t *window, int64_t in) {
  const long long size = window[0], stride = window[1], pad = window[2], most = in;
  oc_c_put(t, "      const int %c_first = o%c * %lld - %lld;\n", axis, axis, stride, pad);
  oc_c_put(t, "      const int %c0 = %c_first < 0 ? 0 : %c_first;\n", axis, axis, axis);
  oc_c_put(t, "      const int %c1 = %c_first + %lld < %lld ? %c_first + %lld : %lld;\n", axis, axis, size,
           most, axis, size, most);
}

static void pool_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  const oc_pool_attrs *a = s->info->attrs;
  const oc_pool_dims d = oc_pool_dims_of(a, oc_c_shape(n, s->in[0]), &s->info->out[0].shape);
  const bool mean = strcmp(s->info->op->name, "mean_pool") == 0;
  const long long channels = d.c;
  const int64_t rows[] = {d.kh, d.sh, d.ph}, columns[] = {d.kw, d.sw, d.pw};
  oc_c_put(t, "  for (int oy = 0; oy < %lld; oy++)\n    for (int ox = 0; ox < %lld; ox++, y += %lld) {\n",
           (long long)d.oh, (long long)d.ow, channels);
  put_range(t, 'y', rows, d.ih);
  put_range(t, 'x', columns, d.iw);
  oc_c_put(t, "      for (int iy = y0; iy < y1; iy++)\n        for (int ix = x0; ix < x1; ix++) {\n");
  oc_c_put(t, "          const float *v = in0 + (iy * %lld + ix) * %lld;\n", (long long)d.iw, channels);
  oc_c_put(t, "          for (int c = 0; c < %lld; c++)\n            y[c] = iy == y0 && ix == x0 ? v[c] : ",
           channels);
  oc_c_put(t, mean ? "y[c] + v[c];\n" : "v[c] > y[c] || v[c] != v[c] ? v[c] : y[c];\n");
  oc_c_put(t, "        }\n");
  if (mean || s->activation) oc_c_put(t, "      for (int c = 0; c < %lld; c++)", channels);
  if (mean || s->activation)
    oc_c_put_result(t, s, "y[c]", mean ? "y[c] / (float)((y1 - y0) * (x1 - x0))" : "y[c]");
  oc_c_put(t, "    }\n");
}

static void global_mean_pool_body(oc_c_text *t, const oc_c_network *n, const oc_c_step *s) {
  const oc_shape *x = oc_c_shape(n, s->in[0]);
  const long long places = x->dim[1] * x->dim[2], channels = x->dim[3];
  oc_c_put(t, "  for (int c = 0; c < %lld; c++) y[c] = 0.0f;\n", channels);
  oc_c_put(t, "  for (int i = 0; i < %lld; i++)\n", places);
  oc_c_put(t, "    for (int c = 0; c < %lld; c++) y[c] += in0[i * %lld + c];\n", channels, channels);
  oc_c_put(t, "  for (int c = 0; c < %lld; c++)", channels);
  char mean[48];
  (void)snprintf(mean, sizeof mean, "y[c] / %lld.0f", places);
  oc_c_put_result(t, s, "y[c]", mean);
}

OC_C_EMITTER(max_pool, .activates = true, .body = pool_body);
OC_C_EMITTER(mean_pool, .activates = true, .body = pool_body);
OC_C_EMITTER(global_mean_pool, .activates = true, .body = global_mean_pool_body);
