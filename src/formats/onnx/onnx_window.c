/* onnx_window.c: the windows of Conv and of pooling. auto_pad SAME: outputs = ceil(inputs / stride), the odd
 * element of padding at the end (SAME_UPPER) or at the beginning (SAME_LOWER). ceil_mode: the last window may
 * reach beyond the image by less than a stride, which is padding at the end; one that would begin there is
 * left out. */
#include "formats/onnx/onnx_reader.h"
#include "base/checked.h"
#include "ops/window.h"
#include <string.h>

/* Two numbers of 1 to OC_MAX_WINDOW, or one for the columns; `fallback` (NULL: none) if they are missing. */
static oc_status read_two(oc_onnx_reader *r, const char *name, int spatial, const int64_t *fallback,
                          int64_t out[2]) {
  const int64_t *list;
  int64_t count;
  TRY(oc_onnx_get_ints(r, name, &list, &count));
  if (!count && !fallback) return oc_onnx_invalid(r, "attribute '%s' is missing", name);
  if (count && count != spatial) return oc_onnx_unsupported(r, "%lld spatial dimensions", (long long)count);
  for (int i = 0; i < 2; i++) {
    out[i] = !count ? fallback[i] : spatial == 2 ? list[i] : i ? list[0] : 1;
    if (out[i] < 1 || out[i] > OC_MAX_WINDOW)
      return oc_onnx_invalid(r, "%s must be 1 to 2^30, got %lld", name, (long long)out[i]);
  }
  return OC_OK;
}

static oc_status read_pads(oc_onnx_reader *r, int spatial, int64_t pad[4]) {
  const int64_t *list;
  int64_t count;
  TRY(oc_onnx_get_ints(r, "pads", &list, &count));
  memset(pad, 0, 4 * sizeof *pad);
  if (!count) return OC_OK;
  if (count != 2 * spatial) return oc_onnx_unsupported(r, "%lld pads", (long long)count);
  for (int i = spatial == 2 ? 0 : 2; i < 4; i++) {
    static const int from[4] = {0, 2, 1, 3}; /* top, left, bottom, right */
    pad[i] = spatial == 2 ? list[from[i]] : list[i - 2];
    if (pad[i] < 0 || pad[i] > OC_MAX_WINDOW)
      return oc_onnx_unsupported(r, "pads must be 0 to 2^30, got %lld", (long long)pad[i]);
  }
  return OC_OK;
}

static void pad_same(oc_onnx_window *w, const int64_t size[2], bool lower) {
  for (int i = 0; i < 2; i++) {
    const int64_t extent = oc_window_extent(w->kernel[i], w->dilation[i]);
    const int64_t total =
        oc_max_i64(0, (oc_ceil_div(size[i], w->stride[i]) - 1) * w->stride[i] + extent - size[i]);
    w->pad[2 * i] = lower ? total - total / 2 : total / 2;
    w->pad[2 * i + 1] = total - w->pad[2 * i];
  }
}

static void pad_up(oc_onnx_window *w, const int64_t size[2]) {
  for (int i = 0; i < 2; i++) {
    const int64_t padded = size[i] + w->pad[2 * i] + w->pad[2 * i + 1];
    const int64_t extent = oc_window_extent(w->kernel[i], w->dilation[i]);
    int64_t windows = padded < extent ? 1 : oc_ceil_div(padded - extent, w->stride[i]) + 1;
    if ((windows - 1) * w->stride[i] >= size[i] + w->pad[2 * i]) windows--;
    const int64_t beyond = (windows - 1) * w->stride[i] + extent - padded;
    if (beyond > 0) w->pad[2 * i + 1] += beyond;
  }
}

oc_status oc_onnx_window_read(oc_onnx_reader *r, const int64_t *kernel, const int64_t size[2], bool pools,
                              oc_onnx_window *w) {
  char automatic[32];
  int64_t up = 0;
  TRY(read_two(r, "kernel_shape", w->spatial, kernel, w->kernel));
  TRY(read_two(r, "strides", w->spatial, (const int64_t[]){1, 1}, w->stride));
  TRY(read_two(r, "dilations", w->spatial, (const int64_t[]){1, 1}, w->dilation));
  TRY(read_pads(r, w->spatial, w->pad));
  TRY(oc_onnx_get_text(r, "auto_pad", automatic));
  if (pools) TRY(oc_onnx_get_int(r, "ceil_mode", 0, &up));
  const bool lower = strcmp(automatic, "SAME_LOWER") == 0;
  if (lower || strcmp(automatic, "SAME_UPPER") == 0)
    pad_same(w, size, lower);
  else if (strcmp(automatic, "VALID") == 0)
    memset(w->pad, 0, sizeof w->pad);
  else if (*automatic && strcmp(automatic, "NOTSET") != 0)
    return oc_onnx_invalid(r, "auto_pad '%s'", automatic);
  w->counted[0] = w->pad[1];
  w->counted[1] = w->pad[3];
  if (up) pad_up(w, size);
  return OC_OK;
}
