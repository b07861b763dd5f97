/* Variables: what is taken out is what was put in, whichever way a plan keeps it; looking changes nothing;
 * and calls that may run concurrently do, which the thread sanitizer checks. */
#include "fit_fixture.h"
#include "ocellus/train.h"
#include "plan/session.h"
#include <math.h>
#include <pthread.h>

/* Large enough that a training step keeps fc_1's weights transposed. */
enum { IN = 225, UNITS = 600, SAMPLES = 64 };

typedef struct net_run {
  oc_graph *g;
  oc_session *s;
  float x[SAMPLES * IN];
  int32_t y[SAMPLES];
} net_run;

static void make_run(net_run *r) {
  oc_error err;
  assert_ok(oc_graph_create(NULL, &r->g, &err), err);
  const oc_node x = oc_placeholder(r->g, "x", OC_F32, OC_SHAPE(OC_BATCH, IN));
  const oc_node y = oc_placeholder(r->g, "y", OC_I32, OC_SHAPE(OC_BATCH));
  const oc_node w = oc_variable(r->g, "w", OC_SHAPE(IN, UNITS), oc_init_of(OC_INIT_GLOROT_UNIFORM));
  const oc_node b = oc_variable(r->g, "b", OC_SHAPE(UNITS), oc_init_of(OC_INIT_ZEROS));
  const oc_node v = oc_variable(r->g, "v", OC_SHAPE(UNITS, CLASSES), oc_init_of(OC_INIT_GLOROT_UNIFORM));
  const oc_node h = oc_relu(r->g, oc_bias_add(r->g, oc_matmul(r->g, x, w, false, false), b));
  const oc_node losses =
      oc_softmax_cross_entropy(r->g, oc_matmul(r->g, h, v, false, false), oc_one_hot(r->g, y, CLASSES));
  (void)oc_minimize(r->g, oc_named(r->g, oc_reduce_mean(r->g, losses, 0), "loss"), NULL);
  const oc_session_options o = {.seed = 1, .threads = 1};
  assert_ok(oc_session_create(r->g, &o, &r->s, &err), err);
  for (int i = 0; i < SAMPLES * IN; i++) r->x[i] = (float)(i * 29 % 101) / 50 - 1;
  for (int i = 0; i < SAMPLES; i++) r->y[i] = i % CLASSES;
}

static void train(net_run *r) {
  const oc_feed feeds[] = {{"x", {OC_F32, OC_SHAPE(SAMPLES, IN), r->x}},
                           {"y", {OC_I32, OC_SHAPE(SAMPLES), r->y}}};
  const char *const fetches[] = {"loss", "train_op"};
  oc_error err;
  assert_ok(oc_run(r->s, feeds, 2, fetches, 2, NULL, &err), err);
}

static void release_run(net_run *r) {
  oc_session_free(r->s);
  oc_graph_free(r->g);
}

/* As a training step leaves a large matrix where the machine has a kernel for it. */
static void turn(oc_session *s, const char *name) {
  oc_error err;
  const int index = oc_variable_index(s, name);
  assert_ok(oc_variable_allow_transposed(s, index, &err), err);
  oc_variable_set_transposed(s, index, true);
}

static size_t bytes_of(const oc_session *s, int index) {
  const oc_tensor_view v = oc_variable_view(s, index);
  int64_t n = 0;
  oc_error err;
  assert_ok(oc_shape_count(&v.shape, 1, &n, &err), err);
  return (size_t)n * oc_dtype_size(v.dtype);
}

/* A copy taken before any view, and one after: the same, for every variable, also those that lie
 * transposed. */
static void copies_do_not_depend_on_how_a_value_lies(void **state) {
  (void)state;
  net_run r;
  oc_error err;
  static float before[IN * UNITS], after[IN * UNITS];
  make_run(&r);
  train(&r);
  turn(r.s, "w");
  for (int i = 0; i < oc_variable_count(r.s); i++) {
    const bool lay = r.s->rows[i].transposed;
    const size_t bytes =
        (size_t)oc_tensor_desc_row(oc_graph_value(r.g, oc_graph_variable_at(r.g, i))) * sizeof(float);
    assert_ok(oc_variable_get(r.s, i, before, bytes, &err), err);
    assert_int_equal(r.s->rows[i].transposed, lay); /* copying turned nothing */
    assert_memory_equal(before, oc_variable_view(r.s, i).data, bytes);
    assert_ok(oc_variable_get(r.s, i, after, bytes, &err), err);
    assert_memory_equal(before, after, bytes);
  }
  release_run(&r);
}

/* A run after a get or a view is as one without: the weights end with the same bits. */
static void looking_changes_nothing(void **state) {
  (void)state;
  static float one[IN * UNITS], two[IN * UNITS], kept[IN * UNITS];
  net_run a, b;
  oc_error err;
  make_run(&a);
  make_run(&b);
  for (int step = 0; step < 3; step++) {
    train(&a);
    train(&b);
    const uint64_t changes = b.s->variables_version;
    for (int i = 0; i < oc_variable_count(b.s); i++) {
      (void)oc_variable_view(b.s, i);
      assert_ok(oc_variable_get(b.s, i, kept, bytes_of(b.s, i), &err), err);
    }
    void *bytes;
    size_t size;
    assert_ok(oc_session_save_memory(b.s, &bytes, &size, &err), err);
    oc_free(bytes);
    assert_int_equal(b.s->variables_version, changes);
  }
  for (int i = 0; i < oc_variable_count(a.s); i++) {
    const size_t n = bytes_of(a.s, i);
    assert_ok(oc_variable_get(a.s, i, one, n, &err), err);
    assert_ok(oc_variable_get(b.s, i, two, n, &err), err);
    assert_memory_equal(one, two, n);
  }
  release_run(&a);
  release_run(&b);
}

/* What is put in is what the next run computes with, also where a plan has kept what it made of the old
 * value. */
static void what_is_set_is_used(void **state) {
  (void)state;
  const setting quick = {"dense 8 relu | dense CLASSES", "adam", 1, 1e-2, 0};
  fixture f = make(&quick, NULL);
  oc_session *s = oc_model_session(f.m);
  uint8_t pixels[PIXELS];
  float before[CLASSES], p[CLASSES], bias[CLASSES], big[CLASSES] = {0, 40, 0};
  oc_error err;
  assert_ok(oc_dataset_read(f.train, 0, 1, pixels, NULL, &err), err);
  assert_ok(oc_model_predict(f.m, pixels, 1, before, &err), err);
  const int last = oc_variable_index(s, "fc_2/_biases");
  assert_true(last >= 0);
  assert_ok(oc_variable_get(s, last, bias, sizeof bias, &err), err);
  assert_ok(oc_variable_set(s, last, big, sizeof big, &err), err);
  assert_ok(oc_model_predict(f.m, pixels, 1, p, &err), err);
  assert_true(p[1] > 0.99f);
  assert_ok(oc_variable_set(s, last, bias, sizeof bias, &err), err);
  assert_ok(oc_model_predict(f.m, pixels, 1, p, &err), err);
  assert_memory_equal(p, before, sizeof p);
  assert_fails(oc_variable_get(s, last, p, 4, &err), OC_E_ARGUMENT, err, "4 bytes");
  assert_fails(oc_variable_set(s, last, p, 400, &err), OC_E_ARGUMENT, err, "fc_2/_biases");
  assert_fails(oc_variable_get(s, -1, p, 4, &err), OC_E_ARGUMENT, err, "is out of range");
  assert_fails(oc_variable_set(s, 99, p, 4, &err), OC_E_ARGUMENT, err, "is out of range");
  assert_fails(oc_variable_get(s, last, NULL, sizeof p, &err), OC_E_ARGUMENT, err, "NULL");
  assert_null(oc_variable_view(s, 99).data);
  assert_null(oc_variable_value(s, -1).data);
  release(&f);
}

static void sessions_go_through_memory(void **state) {
  (void)state;
  net_run a, b;
  oc_error err;
  void *bytes, *again;
  size_t size, size_again;
  make_run(&a);
  make_run(&b);
  train(&a);
  assert_ok(oc_session_save_memory(a.s, &bytes, &size, &err), err);
  assert_ok(oc_session_load_memory(b.s, bytes, size, &err), err);
  assert_ok(oc_session_save_memory(b.s, &again, &size_again, &err), err);
  assert_int_equal(size, size_again);
  assert_memory_equal(bytes, again, size);
  ((unsigned char *)bytes)[size - 1] ^= 1;
  assert_fails(oc_session_load_memory(b.s, bytes, size, &err), OC_E_DATA, err, "SHA-256");
  assert_fails(oc_session_load_memory(b.s, NULL, 0, &err), OC_E_ARGUMENT, err, "NULL");
  oc_free(bytes);
  oc_free(again);
  float nan = NAN;
  float *v = oc_variable_value(a.s, oc_variable_index(a.s, "b")).data;
  v[3] = nan;
  assert_fails(oc_session_save_memory(a.s, &bytes, &size, &err), OC_E_NOT_FINITE, err, "b: ");
  assert_null(bytes);
  release_run(&a);
  release_run(&b);
}

/* A file with both sums right and a value that is not finite, as no save makes it. */
static void *file_with_nan(const oc_session *s, size_t *size) {
  oc_tensor_table t = {0};
  oc_metadata d = {0};
  oc_error err;
  unsigned char *bytes;
  char sum[65];
  static float nan[UNITS] = {NAN};
  assert_ok(oc_tensor_table_add_variables(&t, "", s, oc_variable_count(s), &err), err);
  for (int i = 0; i < t.count; i++)
    if (strcmp(t.rows[i].name, "b") == 0) t.rows[i].tensor.data = nan;
  assert_true(oc_metadata_set(&d, "format", "ocellus") && oc_metadata_set(&d, "format_version", "2"));
  assert_ok(oc_tensors_sha256(t.rows, t.count, sum, &err), err);
  assert_true(oc_metadata_set(&d, "kind", "variables") && oc_metadata_set(&d, "sha256", sum));
  assert_ok(oc_metadata_sha256(&d, sum, &err), err);
  assert_true(oc_metadata_set(&d, "metadata_sha256", sum));
  assert_ok(oc_safetensors_write_memory(t.rows, t.count, &d, &bytes, size, &err), err);
  oc_tensor_table_release(&t);
  oc_metadata_release(&d);
  return bytes;
}

static void a_refused_file_changes_nothing(void **state) {
  (void)state;
  net_run a, b;
  oc_error err;
  void *bytes, *before, *after;
  size_t size, size_before, size_after;
  make_run(&a);
  make_run(&b);
  train(&a);
  assert_ok(oc_session_save_memory(b.s, &before, &size_before, &err), err);
  bytes = file_with_nan(a.s, &size);
  assert_fails(oc_session_load_memory(b.s, bytes, size, &err), OC_E_DATA, err, "'b' has a value");
  assert_ok(oc_session_save_memory(b.s, &after, &size_after, &err), err);
  assert_int_equal(size_before, size_after);
  assert_memory_equal(before, after, size_before);
  oc_free(bytes);
  oc_free(before);
  oc_free(after);
  release_run(&a);
  release_run(&b);
}

/* ---- concurrent calls ---------------------------------------------------------------------------------- */

typedef struct caller {
  oc_model *m;
  const uint8_t *pixels;
  const void *bytes;
  size_t size;
} caller;

static void *predict_often(void *context) {
  caller *c = context;
  float p[4 * CLASSES];
  for (int i = 0; i < 30; i++)
    if (oc_model_predict(c->m, c->pixels, 1 + i % 4, p, NULL) != OC_OK) return c;
  return NULL;
}

static void *save_often(void *context) {
  caller *c = context;
  for (int i = 0; i < 30; i++) {
    void *bytes;
    size_t size;
    if (oc_model_save_memory(c->m, &bytes, &size, NULL) != OC_OK) return c;
    const bool same = size == c->size && memcmp(bytes, c->bytes, size) == 0;
    oc_free(bytes);
    if (!same) return c;
  }
  return NULL;
}

static void *look_often(void *context) {
  caller *c = context;
  const oc_session *s = oc_model_session(c->m);
  float bias[CLASSES];
  double sum = 0;
  for (int i = 0; i < 30; i++) {
    sum += ((const float *)oc_variable_view(s, i % oc_variable_count(s)).data)[0];
    if (oc_variable_get(s, oc_variable_index(s, "fc_3/_biases"), bias, sizeof bias, NULL) != OC_OK) return c;
    sum += strlen(oc_model_metadata(c->m, "net")) + bias[0];
  }
  return isfinite(sum) ? NULL : c;
}

static void saving_and_looking_beside_predicting(void **state) {
  (void)state;
  fixture f = make(&plain, NULL);
  uint8_t pixels[4 * PIXELS];
  pthread_t threads[6];
  oc_error err;
  void *bytes;
  caller c = {.m = f.m, .pixels = pixels};
  f.o.epochs = 1;
  assert_ok(oc_model_fit(f.m, f.train, NULL, &f.o, &err), err);
  assert_ok(oc_dataset_read(f.train, 0, 4, pixels, NULL, &err), err);
  assert_ok(oc_model_save_memory(f.m, &bytes, &c.size, &err), err);
  c.bytes = bytes;
  void *(*const work[])(void *) = {predict_often, save_often, look_often};
  for (int i = 0; i < 6; i++) assert_int_equal(pthread_create(&threads[i], NULL, work[i % 3], &c), 0);
  for (int i = 0; i < 6; i++) {
    void *failed;
    assert_int_equal(pthread_join(threads[i], &failed), 0);
    assert_null(failed);
  }
  oc_free(bytes);
  release(&f);
}

/* Some that look at matrices that lie transposed, at the same time. */
static void *view_all(void *context) {
  const oc_session *s = context;
  double sum = 0;
  for (int i = 0; i < oc_variable_count(s); i++) {
    const float *v = oc_variable_view(s, i).data;
    for (size_t k = 0; k < bytes_of(s, i) / sizeof *v; k++) sum += fabs((double)v[k]);
  }
  return isfinite(sum) ? NULL : context;
}

static void looking_beside_looking(void **state) {
  (void)state;
  net_run r;
  pthread_t threads[4];
  make_run(&r);
  train(&r);
  turn(r.s, "w");
  turn(r.s, "v");
  for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, view_all, r.s), 0);
  for (int i = 0; i < 4; i++) {
    void *failed;
    assert_int_equal(pthread_join(threads[i], &failed), 0);
    assert_null(failed);
  }
  release_run(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(copies_do_not_depend_on_how_a_value_lies),
      cmocka_unit_test(looking_changes_nothing),
      cmocka_unit_test(what_is_set_is_used),
      cmocka_unit_test(sessions_go_through_memory),
      cmocka_unit_test(a_refused_file_changes_nothing),
      cmocka_unit_test(saving_and_looking_beside_predicting),
      cmocka_unit_test(looking_beside_looking),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
