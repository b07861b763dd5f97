/* int8_calibrate.c: the ranges of activations on images, and what rounding to int8 costs on the same images.
 * The numbers in float32 come from the portable kernels, so that they do not depend on the machine. */
#include "base/checked.h"
#include "export/int8/int8.h"
#include <math.h>
#include <string.h>

enum { BATCH = 32, BATCH_BYTES = 1 << 26 };

/* A run of the model over the images, with the activations of these values. */
typedef struct run {
  oc_int8_network *q;
  const oc_model *m;
  const oc_dataset *data;
  oc_graph *graph;
  oc_session *session;
  oc_plan *plan;
  int32_t *values; /* of the network, in the order of the fetches; the last one: its answer */
  int count;
  int64_t images, batch;
  int64_t *order;
  uint8_t *pixels;
  float *x, *probabilities;
  int32_t *labels;
  oc_int8_report *report;
  oc_int8_simulator simulator;
} run;

/* ---- the model ----------------------------------------------------------------------------------------- */

/* Values with a range to find; the input is not a result. */
static void list_values(run *r) {
  int64_t numbers = 0;
  for (int32_t v = 0; v < r->q->steps.value_count; v++) {
    if (!r->q->values[v].measured || v == r->q->steps.input) continue;
    r->values[r->count++] = v;
    numbers += r->q->steps.values[v].count;
  }
  const int64_t most = oc_max_i64(1, BATCH_BYTES / (4 * numbers + 1));
  r->batch = oc_min_i64(r->images, oc_min_i64(BATCH, most));
}

static oc_status make_plan(run *r, oc_error *err) {
  const oc_plan_options options = {.struct_size = sizeof options, .batch = r->batch};
  oc_node *fetches = oc_memory_array((size_t)r->count + 1, sizeof *fetches);
  if (!fetches) return oc_fail_memory(err, (size_t)r->count * sizeof *fetches);
  for (int i = 0; i < r->count; i++) fetches[i] = oc_node_of(r->q->steps.plan->values[r->values[i]].op, 0);
  fetches[r->count] = r->m->nodes.outputs[0].answer;
  const oc_status status = oc_plan_create(r->session, fetches, r->count + 1, &options, &r->plan, err);
  oc_memory_free(fetches);
  return status;
}

/* On a copy of the graph, so that nobody else's session is in the way. */
static oc_status open_model(run *r, oc_error *err) {
  const oc_session_options options = {.isa = OC_ISA_PORTABLE};
  TRY(oc_model_copy_graph(r->m, &r->m->own, OC_F32, &r->graph, err));
  oc_model_skip_init(r->graph);
  TRY(oc_session_create(r->graph, &options, &r->session, err));
  oc_variables_copy(r->session, r->m->session, r->m->own.variable_count);
  TRY(make_plan(r, err));
  return oc_plan_bind(r->plan, r->m->nodes.x, r->x, err);
}

/* ---- the images ---------------------------------------------------------------------------------------- */

static int64_t pixels_of(const run *r) {
  return r->m->size.height * r->m->size.width * r->m->size.channels;
}

static oc_status check_data(const run *r, oc_error *err) {
  const oc_image_shape have = oc_dataset_image_shape(r->data), want = r->m->size;
  if (oc_dataset_count(r->data) < 1)
    return oc_fail(err, OC_E_DATA, "calibration data", "Give images as the model was trained on.",
                   "has no images");
  if (have.height == want.height && have.width == want.width && have.channels == want.channels) return OC_OK;
  return oc_fail(err, OC_E_DATA, "calibration data",
                 "Give them the model's shape with oc_dataset_preprocessed.",
                 "image shape is %lldx%lldx%lld; the model expects %lldx%lldx%lld", (long long)have.height,
                 (long long)have.width, (long long)have.channels, (long long)want.height,
                 (long long)want.width, (long long)want.channels);
}

static oc_status reserve(run *r, oc_error *err) {
  const size_t batch = (size_t)oc_min_i64(r->images, BATCH), pixels = (size_t)pixels_of(r);
  r->values = oc_memory_array((size_t)r->q->steps.value_count, sizeof *r->values);
  r->order = oc_memory_array((size_t)r->images, sizeof *r->order);
  r->pixels = oc_memory_array(batch, pixels);
  r->x = oc_memory_array(batch * pixels, sizeof *r->x);
  r->labels = oc_memory_array(batch, sizeof *r->labels);
  r->probabilities = oc_memory_array((size_t)r->m->classes, sizeof *r->probabilities);
  if (!r->values || !r->order || !r->pixels || !r->x || !r->labels || !r->probabilities)
    return oc_fail_memory(err, batch * pixels * sizeof *r->x);
  const int64_t all = oc_dataset_count(r->data);
  for (int64_t i = 0; i < r->images; i++)
    r->order[i] = (int64_t)((double)i * (double)all / (double)r->images);
  return OC_OK;
}

/* Calls `see` for each batch, after its run. */
typedef oc_status (*see_fn)(run *r, int64_t n, oc_error *err);
static oc_status run_all(run *r, see_fn see, oc_error *err) {
  for (int64_t first = 0; first < r->images; first += r->batch) {
    const int64_t n = oc_min_i64(r->batch, r->images - first);
    int32_t *labels = r->report->labeled ? r->labels : NULL;
    TRY(oc_batch_read(r->data, r->order, first, n, r->pixels, labels, err));
    oc_standardizer_apply(&r->m->standardizer, r->pixels, n, r->x);
    TRY(oc_plan_run(r->plan, n, (oc_rng_counter){0, 0}, err));
    TRY(see(r, n, err));
  }
  return OC_OK;
}

/* ---- first pass: ranges -------------------------------------------------------------------------------- */

static oc_status widen(const run *r, int32_t value, const float *x, int64_t count, oc_error *err) {
  oc_int8_value *v = &r->q->values[value];
  double low = 0, high = 0;
  for (int64_t i = 0; i < count; i++) {
    if (!isfinite(x[i]))
      return oc_fail(err, OC_E_NOT_FINITE, r->q->steps.plan->values[value].name,
                     "Train the model again, with a lower learning rate.",
                     "is NaN or infinite for a calibration image");
    low = fmin(low, (double)x[i]);
    high = fmax(high, (double)x[i]);
  }
  if (v->bounded) return OC_OK;
  v->low = fmin(v->low, low);
  v->high = fmax(v->high, high);
  return OC_OK;
}

static oc_status see_ranges(run *r, int64_t n, oc_error *err) {
  TRY(widen(r, r->q->steps.input, r->x, n * pixels_of(r), err));
  for (int i = 0; i < r->count; i++)
    TRY(widen(r, r->values[i], oc_plan_result(r->plan, i).data, n * r->q->steps.values[r->values[i]].count,
              err));
  return OC_OK;
}

/* ---- second pass: noise -------------------------------------------------------------------------------- */

static void add_noise(const run *r, int fetch, int64_t image) {
  oc_int8_value *v = &r->q->values[r->values[fetch]];
  const int64_t count = r->q->steps.values[r->values[fetch]].count;
  const float *x = (const float *)oc_plan_result(r->plan, fetch).data + image * count;
  const int8_t *y = oc_int8_simulated(&r->simulator, r->values[fetch]);
  for (int64_t i = 0; i < count; i++) {
    const double wanted = (double)x[i], got = (double)v->scale * (y[i] - v->zero);
    v->signal += wanted * wanted;
    v->noise += (wanted - got) * (wanted - got);
  }
}

static oc_status see_noise(run *r, int64_t n, oc_error *err) {
  (void)err;
  const int classes = r->m->classes;
  const float *answers = oc_plan_result(r->plan, r->count).data;
  for (int64_t i = 0; i < n; i++) {
    oc_int8_simulate(&r->simulator, r->pixels + i * pixels_of(r), r->probabilities);
    for (int k = 0; k < r->count; k++)
      if (r->q->values[r->values[k]].used) add_noise(r, k, i);
    if (!r->report->labeled) continue;
    r->report->float_correct += oc_best_class(answers + i * classes, classes) == r->labels[i];
    r->report->int8_correct += oc_best_class(r->probabilities, classes) == r->labels[i];
  }
  return OC_OK;
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static void release(run *r) {
  oc_int8_simulator_release(&r->simulator);
  oc_plan_free(r->plan);
  oc_session_free(r->session);
  oc_graph_free(r->graph);
  oc_memory_free(r->values);
  oc_memory_free(r->order);
  oc_memory_free(r->pixels);
  oc_memory_free(r->x);
  oc_memory_free(r->labels);
  oc_memory_free(r->probabilities);
}

static oc_status calibrate(run *r, oc_error *err) {
  TRY(reserve(r, err));
  list_values(r);
  TRY(open_model(r, err));
  TRY(run_all(r, see_ranges, err));
  TRY(oc_int8_quantize(r->q, err));
  TRY(oc_int8_simulator_create(r->q, &r->simulator, err));
  return run_all(r, see_noise, err);
}

oc_status oc_int8_calibrate(oc_int8_network *q, const oc_dataset *d, int64_t count, oc_int8_report *report,
                            oc_error *err) {
  run r = {.q = q, .m = q->steps.model, .data = d, .report = report};
  TRY(check_data(&r, err));
  r.images = oc_min_i64(count, oc_dataset_count(d));
  *report = (oc_int8_report){.images = r.images,
                             .labeled = oc_dataset_labeled(d) && oc_dataset_classes(d) == r.m->classes};
  const oc_status status = calibrate(&r, err);
  release(&r);
  return status;
}
