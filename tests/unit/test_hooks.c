/* The caller's hooks: long calls end when go_on returns false, plans are reported, plans of oc_run
 * are bounded, and float32 images give the answers of bytes. */
#include "harness.h"
#include "ocellus/model.h"
#include "ocellus/session.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IMAGES = 600, SIDE = 28, PIXELS = SIDE * SIDE, CLASSES = 10 };

typedef struct asked {
  int left, times; /* how often it still returns true; how often it was called */
} asked;

static bool go_on(void *context) {
  asked *a = context;
  a->times++;
  return a->left-- > 0;
}

typedef struct fixture {
  oc_data data;
  oc_model *m;
  asked a;
  uint8_t pixels[IMAGES * PIXELS];
} fixture;

static fixture *begin(void) {
  fixture *f = calloc(1, sizeof *f);
  oc_error err;
  oc_model_options o = oc_model_defaults();
  assert_non_null(f);
  assert_ok(oc_data_open("digits:100:600", NULL, &f->data, &err), err);
  o.net = "conv 5x5x2 relu | maxpool 4 | dense CLASSES";
  const oc_session_options session = {.threads = 2, .go_on = go_on, .context = &f->a};
  o.session = &session;
  assert_ok(oc_model_create(f->data.train, &o, &f->m, &err), err);
  assert_ok(oc_dataset_read(f->data.test, 0, IMAGES, f->pixels, NULL, &err), err);
  return f;
}

static void end(fixture *f) {
  oc_model_free(f->m);
  oc_data_close(&f->data);
  free(f);
}

static void predictions_stop(void **state) {
  (void)state;
  fixture *f = begin();
  oc_error err;
  float *p = calloc(IMAGES * CLASSES, sizeof *p);
  int32_t labels[IMAGES];
  f->a = (asked){.left = 1000};
  assert_ok(oc_model_predict(f->m, f->pixels, IMAGES, p, &err), err);
  const int pieces = f->a.times;
  assert_true(pieces > 1);
  f->a = (asked){.left = pieces - 1};
  memset(p, 0xFF, IMAGES * CLASSES * sizeof *p);
  assert_fails(oc_model_predict(f->m, f->pixels, IMAGES, p, &err), OC_E_INTERRUPTED, err, "stopped by go_on");
  assert_int_equal(f->a.times, pieces);
  assert_true(!isnan(p[0]) && isnan(p[IMAGES * CLASSES - 1])); /* the answers so far */
  f->a = (asked){.left = 1};
  assert_int_equal(oc_model_classify(f->m, f->pixels, IMAGES, labels, &err), OC_E_INTERRUPTED);
  f->a = (asked){.left = 1000};
  assert_ok(oc_model_classify(f->m, f->pixels, IMAGES, labels, &err), err);
  free(p);
  end(f);
}

static void evaluation_stops(void **state) {
  (void)state;
  fixture *f = begin();
  oc_error err;
  oc_evaluation e;
  f->a = (asked){.left = 1};
  assert_int_equal(oc_model_evaluate(f->m, f->data.test, &e, &err), OC_E_INTERRUPTED);
  assert_null(e.predictions);
  f->a = (asked){.left = 1000};
  assert_ok(oc_model_evaluate(f->m, f->data.test, &e, &err), err);
  assert_int_equal(e.count, IMAGES);
  oc_evaluation_release(&e);
  end(f);
}

/* Three pieces of a file of 9 MB. */
static void opening_stops(void **state) {
  (void)state;
  enum { ROWS = 3000, COLUMNS = 3000 };
  unsigned char *bytes = calloc(16 + ROWS * COLUMNS, 1);
  const unsigned char header[16] = {
      0, 0, 8, 3, 0, 0, 0, 1, 0, 0, ROWS >> 8, ROWS & 255, 0, 0, COLUMNS >> 8, COLUMNS & 255};
  oc_error err;
  oc_data_options o = oc_data_defaults();
  oc_data data;
  asked a = {.left = 2};
  assert_non_null(bytes);
  memcpy(bytes, header, sizeof header);
  FILE *file = fopen("large.idx", "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, 16 + ROWS * COLUMNS, file), 16 + ROWS * COLUMNS);
  fclose(file);
  free(bytes);
  o.go_on = go_on;
  o.context = &a;
  assert_fails(oc_data_open("large.idx", &o, &data, &err), OC_E_INTERRUPTED, err, "stopped by go_on");
  assert_null(data.test);
  assert_int_equal(a.times, 3);
  a = (asked){.left = 3};
  assert_ok(oc_data_open("large.idx", &o, &data, &err), err);
  assert_int_equal(a.times, 3);
  oc_data_close(&data);
}

static void float_images(void **state) {
  (void)state;
  fixture *f = begin();
  oc_error err;
  float *x = calloc(IMAGES * PIXELS, sizeof *x), *p = calloc(IMAGES * CLASSES, sizeof *p),
        *q = calloc(IMAGES * CLASSES, sizeof *q);
  f->a = (asked){.left = 1000};
  for (int i = 0; i < IMAGES * PIXELS; i++) x[i] = f->pixels[i];
  assert_ok(oc_model_predict(f->m, f->pixels, IMAGES, p, &err), err);
  assert_ok(oc_model_predict_f32(f->m, x, IMAGES, q, &err), err);
  assert_memory_equal(p, q, IMAGES * CLASSES * sizeof *p);
  assert_ok(oc_model_predict(f->m, f->pixels, 1, p, &err), err);
  assert_ok(oc_model_predict_f32(f->m, x, 1, q, &err), err);
  assert_memory_equal(p, q, CLASSES * sizeof *p);
  for (int i = 0; i < PIXELS; i++) x[i] += 0.5f;
  assert_ok(oc_model_predict_f32(f->m, x, 1, q, &err), err);
  assert_memory_not_equal(p, q, CLASSES * sizeof *p);
  x[PIXELS + 7] = NAN;
  assert_fails(oc_model_predict_f32(f->m, x, 3, q, &err), OC_E_DATA, err, "image 1 has a pixel that is NaN");
  assert_fails(oc_model_predict_f32(f->m, x, -1, q, &err), OC_E_ARGUMENT, err, "count");
  assert_ok(oc_model_predict_f32(f->m, x, 0, q, &err), err);
  free(x);
  free(p);
  free(q);
  end(f);
}

/* ---- plans --------------------------------------------------------------------------------------------- */

typedef struct told {
  int plans, runs, others, made;
} told;

static void hear(void *context, const char *line) {
  told *t = context;
  t->made += strncmp(line, "plan,plan: ", 11) == 0;
  if (strncmp(line, "plan,", 5) == 0)
    t->plans++;
  else if (strncmp(line, "run,", 4) == 0)
    t->runs++;
  else
    t->others++;
}

enum { FETCHES = 1000, WIDTH = 10000 };

/* yi is x * i */
static oc_session *many_tensors(oc_graph **g, const oc_session_options *o) {
  oc_error err;
  oc_session *s;
  assert_ok(oc_graph_create(NULL, g, &err), err);
  const oc_node x = oc_placeholder(*g, "x", OC_F32, OC_SHAPE(OC_BATCH, WIDTH));
  for (int k = 0; k < FETCHES; k++) {
    char name[16];
    (void)snprintf(name, sizeof name, "y%d", k);
    (void)oc_named(*g, oc_multiply(*g, x, oc_scalar(*g, k)), name);
  }
  assert_ok(oc_session_create(*g, o, &s, &err), err);
  return s;
}

static void run(oc_session *s, int k) {
  static const float x[WIDTH] = {1, 2, 3};
  char name[16];
  const char *const fetches[] = {name};
  const oc_feed feed = {"x", {OC_F32, OC_SHAPE(1, WIDTH), x}};
  oc_error err;
  oc_tensor y;
  (void)snprintf(name, sizeof name, "y%d", k);
  assert_ok(oc_run(s, &feed, 1, fetches, 1, &y, &err), err);
  assert_float_equal(((const float *)y.data)[2], 3 * k, 0);
}

static void plans_are_bounded(void **state) {
  (void)state;
  oc_graph *g;
  told t = {0};
  const oc_session_options o = {
      .threads = 1, .cached_plans = 3, .log = hear, .log_topics = OC_LOG_PLAN, .context = &t};
  oc_session *s = many_tensors(&g, &o);
  const int order[] = {0, 1, 2, 0, 3, 0, 2, 1, 0}; /* 3 drives 1 out, 1 drives 3 out */
  const bool made[] = {true, true, true, false, true, false, false, true, false};
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    t.made = 0;
    run(s, order[i]);
    assert_int_equal(t.made, made[i]);
  }
  oc_session_purge_plans(s);
  t.made = 0;
  run(s, 0);
  assert_int_equal(t.made, 1);
  for (int k = 0; k < FETCHES; k++) run(s, k);
  oc_session_free(s);
  oc_graph_free(g);
  oc_session_purge_plans(NULL);
}

static void plans_are_told_of(void **state) {
  (void)state;
  for (unsigned topics = 1; topics < 4; topics++) {
    oc_graph *g;
    told t = {0};
    const oc_session_options o = {.threads = 1, .log = hear, .log_topics = topics, .context = &t};
    oc_session *s = many_tensors(&g, &o);
    run(s, 5);
    assert_int_equal(t.runs, 0); /* reported when the plan is freed */
    oc_session_free(s);
    oc_graph_free(g);
    assert_int_equal(t.plans > 3, (topics & OC_LOG_PLAN) != 0);
    assert_int_equal(t.runs > 2, (topics & OC_LOG_RUN) != 0);
    assert_int_equal(t.others, 0);
  }
}

static void bad_options(void **state) {
  (void)state;
  oc_graph *g;
  oc_session *s;
  oc_error err;
  const oc_session_options o = {.cached_plans = -1};
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  assert_fails(oc_session_create(g, &o, &s, &err), OC_E_ARGUMENT, err, "must be 1 or more, got -1");
  oc_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(predictions_stop),  cmocka_unit_test(evaluation_stops),
      cmocka_unit_test(opening_stops),     cmocka_unit_test(float_images),
      cmocka_unit_test(plans_are_bounded), cmocka_unit_test(plans_are_told_of),
      cmocka_unit_test(bad_options),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
