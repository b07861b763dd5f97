/* export_int8.c: the public functions of int8.h. */
#include "base/memory.h"
#include "export/export.h"
#include "export/int8/int8.h"
#include <math.h>
#include <stdio.h>

struct oc_int8_model {
  oc_int8_network network;
  oc_int8_report report;
};

/* ---- making -------------------------------------------------------------------------------------------- */

static oc_status quantize(const oc_model *m, const oc_dataset *data, int64_t images, oc_int8_model *q,
                          oc_error *err) {
  TRY(oc_int8_build(m, &q->network, err));
  return oc_int8_calibrate(&q->network, data, images ? images : OC_INT8_IMAGES, &q->report, err);
}

oc_status oc_model_quantize(const oc_model *m, const oc_dataset *data, int64_t images, oc_int8_model **out,
                            oc_error *err) {
  NEED(m, data, out);
  *out = NULL;
  if (images < 0)
    return oc_fail(err, OC_E_ARGUMENT, "images", "", "must be at least 0, got %lld", (long long)images);
  oc_int8_model *q = oc_memory_alloc(sizeof *q);
  if (!q) return oc_fail_memory(err, sizeof *q);
  const oc_status status = quantize(m, data, images, q, err);
  if (status == OC_OK)
    *out = q;
  else
    oc_int8_free(q);
  return status;
}

void oc_int8_free(oc_int8_model *q) {
  if (!q) return;
  oc_int8_release(&q->network);
  oc_memory_free(q);
}

/* ---- looking ------------------------------------------------------------------------------------------- */

oc_int8_report oc_int8_report_of(const oc_int8_model *q) {
  return q ? q->report : (oc_int8_report){0};
}

static void name_operations(const oc_c_step *s, char *out, size_t size) {
  (void)snprintf(out, size, "%s%s%s", s->info->op->name, s->activation ? ", " : "",
                 s->activation ? s->activation->op->name : "");
}

bool oc_int8_layer_at(const oc_int8_model *q, int index, oc_int8_layer_report *out) {
  if (!q || !out || index < 0 || index >= q->network.layer_count) return false;
  const oc_int8_layer *l = &q->network.layers[index];
  const oc_int8_value *y = &q->network.values[l->y];
  *out = (oc_int8_layer_report){.signal_to_noise = INFINITY, .scale = (double)y->scale, .zero = y->zero};
  if (y->noise > 0) out->signal_to_noise = y->signal > 0 ? 10 * log10(y->signal / y->noise) : -INFINITY;
  (void)snprintf(out->name, sizeof out->name, "%s", l->step->info->name);
  name_operations(l->step, out->operations, sizeof out->operations);
  return true;
}

static oc_status check_request(const void *q, const void *pixels, int64_t count, const void *probabilities,
                               oc_error *err) {
  NEED(q, pixels, probabilities);
  if (count >= 0) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "count", "", "must be at least 0, got %lld", (long long)count);
}

oc_status oc_int8_predict(const oc_int8_model *q, const uint8_t *pixels, int64_t count, float *probabilities,
                          oc_error *err) {
  oc_int8_simulator s;
  TRY(check_request(q, pixels, count, probabilities, err));
  const oc_model *m = q->network.steps.model;
  const int64_t image = m->size.height * m->size.width * m->size.channels;
  const oc_status status = oc_int8_simulator_create(&q->network, &s, err);
  for (int64_t i = 0; i < count && status == OC_OK; i++)
    oc_int8_simulate(&s, pixels + i * image, probabilities + i * m->classes);
  oc_int8_simulator_release(&s);
  return status;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static oc_status write_golden(oc_c_unit *u, const oc_c_export_options *o, const oc_c_texts *out,
                              oc_error *err) {
  oc_c_golden golden = {0};
  u->golden = o->self_test ? &golden : NULL;
  oc_status status = o->self_test ? oc_int8_golden(u->network, &golden, err) : OC_OK;
  if (status == OC_OK) status = oc_c_write_unit(u, o, out, err);
  oc_memory_free(golden.probabilities);
  return status;
}

/* On a copy of what placing changes, so that several may write at a time. */
static oc_status write_int8(const void *network, const oc_c_export_options *o, const oc_c_texts *out,
                            oc_error *err) {
  oc_int8_network q = *(const oc_int8_network *)network;
  const size_t values = (size_t)q.steps.value_count * sizeof *q.values,
               layers = (size_t)q.layer_count * sizeof *q.layers;
  oc_c_unit u = {0};
  q.values = oc_memory_copy(q.values, values);
  q.layers = oc_memory_copy(q.layers, layers);
  const int64_t decode = 4 * oc_c_decode_count(q.steps.model, o->max_width, o->max_height);
  oc_status status =
      q.values && q.layers ? oc_int8_place(&q, decode, err) : oc_fail_memory(err, values + layers);
  if (status == OC_OK) oc_int8_unit(&q, &u);
  if (status == OC_OK) status = write_golden(&u, o, out, err);
  oc_memory_free(q.values);
  oc_memory_free(q.layers);
  return status;
}

oc_status oc_int8_export_c(const oc_int8_model *q, const char *folder, const oc_c_export_options *options,
                           oc_c_export_figures *figures, oc_error *err) {
  NEED(q, folder);
  return oc_c_export_files(q->network.steps.model, write_int8, &q->network, folder, options, figures, err);
}

oc_status oc_int8_save(const oc_int8_model *q, const char *path, oc_error *err) {
  NEED(q, path);
  return oc_int8_write(&q->network, path, err);
}

/* ---- measuring ----------------------------------------------------------------------------------------- */

static void measure_layer(const oc_int8_layer *l, oc_c_step_figures *f) {
  *f = (oc_c_step_figures){.bytes = oc_int8_layer_bytes(l), .multiply_adds = oc_int8_multiply_adds(l)};
  (void)snprintf(f->name, sizeof f->name, "%s", l->step->info->name);
  name_operations(l->step, f->operations, sizeof f->operations);
}

/* Bytes of the tensors that live during a chain. */
static int64_t alive_in(const oc_int8_network *q, int chain) {
  int64_t sum = 0;
  for (int32_t v = 0; v < q->steps.value_count; v++) {
    const oc_int8_value *value = &q->values[v];
    if (value->used && value->same_as < 0 && value->first <= chain && chain <= value->last)
      sum += value->held * value->row_bytes;
  }
  return sum;
}

/* Bytes that the layer's window is copied to. */
static int64_t window_of(const oc_int8_layer *l) {
  const layer *c = &l->code;
  return c->window_at < 0 ? 0 : (int64_t)c->kh * c->kw * c->group_in;
}

static oc_status measure(oc_int8_network *q, oc_c_measure *out, oc_error *err) {
  oc_c_unit u = {0};
  int chain = 0;
  TRY(oc_int8_place(q, 0, err));
  TRY(oc_int8_set_pixels(q, err));
  oc_int8_unit(q, &u);
  oc_c_step_figures *steps = oc_memory_array((size_t)q->layer_count, sizeof *steps);
  if (!steps) return oc_fail_memory(err, (size_t)q->layer_count * sizeof *steps);
  *out = (oc_c_measure){.total = oc_c_figures(&u), .steps = steps, .step_count = (int)q->layer_count};
  for (int32_t i = 0; i < q->layer_count; i++) {
    chain += q->layers[i].code.chain > 0;
    measure_layer(&q->layers[i], &steps[i]);
    steps[i].scratch_bytes = alive_in(q, chain) + window_of(&q->layers[i]);
  }
  return OC_OK;
}

oc_status oc_model_measure_int8(const oc_model *m, oc_c_measure *out, oc_error *err) {
  NEED(m, out);
  oc_int8_network q;
  *out = (oc_c_measure){0};
  oc_status status = oc_int8_build(m, &q, err);
  if (status == OC_OK) status = measure(&q, out, err);
  oc_int8_release(&q);
  return status;
}
