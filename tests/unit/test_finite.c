/* What is not finite is never an answer, and what overflows never passes silently: own loops whatever they
 * fetch, clipped gradients, training, evaluating, predicting, tracing. And what would be learned from labels
 * and classes that the model does not have is refused. */
#include "fit_fixture.h"
#include "ocellus/features.h"
#include "ocellus/trace.h"
#include "ocellus/train.h"
#include "labeled_images.h"
#include <math.h>
#include <unistd.h>

/* ---- a caller's own loop: y = x w, loss = factor * mean cross-entropy ---------------------------------- */

typedef struct own {
  oc_graph *g;
  oc_session *s;
  float x[4 * 2], w[2 * 3];
  int32_t y[4];
} own;

static void begin(own *o, double factor, double clip_norm) {
  oc_error err;
  assert_ok(oc_graph_create(NULL, &o->g, &err), err);
  const oc_node x = oc_placeholder(o->g, "x", OC_F32, OC_SHAPE(OC_BATCH, 2));
  const oc_node y = oc_placeholder(o->g, "y", OC_I32, OC_SHAPE(OC_BATCH));
  const oc_node w = oc_variable(o->g, "w", OC_SHAPE(2, 3), oc_init_of(OC_INIT_GLOROT_UNIFORM));
  const oc_node losses =
      oc_softmax_cross_entropy(o->g, oc_matmul(o->g, x, w, false, false), oc_one_hot(o->g, y, 3));
  const oc_node loss =
      oc_named(o->g, oc_multiply(o->g, oc_reduce_mean(o->g, losses, 0), oc_scalar(o->g, factor)), "loss");
  oc_optimizer_options how = oc_optimizer_defaults();
  how.name = "sgd";
  how.learning_rate = 0.5;
  how.clip_norm = clip_norm;
  oc_minimize(o->g, loss, &how);
  assert_ok(oc_session_create(o->g, NULL, &o->s, &err), err);
  for (int i = 0; i < 8; i++) o->x[i] = (float)(i % 3) - 1;
  for (int i = 0; i < 4; i++) o->y[i] = i % 3;
  memcpy(o->w, oc_variable_value(o->s, oc_variable_index(o->s, "w")).data, sizeof o->w);
}

static void end(own *o) {
  oc_session_free(o->s);
  oc_graph_free(o->g);
}

static oc_status step(own *o, const char *const *fetches, int count, oc_error *err) {
  const oc_feed feeds[] = {{"x", {OC_F32, OC_SHAPE(4, 2), o->x}}, {"y", {OC_I32, OC_SHAPE(4), o->y}}};
  return oc_run(o->s, feeds, 2, fetches, count, NULL, err);
}

/* Length of the way that the weights have gone since the beginning. */
static double moved(const own *o) {
  const float *w = oc_variable_value(o->s, oc_variable_index(o->s, "w")).data;
  double sum = 0;
  for (int i = 0; i < 6; i++) sum += ((double)w[i] - o->w[i]) * ((double)w[i] - o->w[i]);
  return sqrt(sum);
}

static void a_bad_loss_changes_nothing(void **state) {
  (void)state;
  const char *const orders[][3] = {
      {"loss", "train_op"}, {"train_op", "loss"}, {"train_op"}, {"w", "train_op"}};
  const int counts[] = {2, 2, 1, 2};
  const float bad[] = {NAN, INFINITY};
  for (int i = 0; i < 8; i++) {
    own o;
    oc_error err;
    begin(&o, 1, i % 2);
    o.x[3] = bad[i / 4];
    assert_fails(step(&o, orders[i % 4], counts[i % 4], &err), OC_E_NOT_FINITE, err,
                 "no variable was changed");
    assert_string_equal(err.where, "loss");
    assert_true(moved(&o) == 0);
    o.x[3] = 1; /* training continues */
    assert_ok(step(&o, orders[i % 4], counts[i % 4], &err), err);
    assert_true(moved(&o) > 0.01);
    assert_ok(oc_session_check_finite(o.s, &err), err);
    end(&o);
  }
}

static void a_label_that_is_no_class_is_refused(void **state) {
  (void)state;
  const int32_t bad[] = {3, -1, INT32_MAX, INT32_MIN};
  for (int i = 0; i < 4; i++) {
    own o;
    oc_error err;
    const char *const fetches[] = {"loss", "train_op"};
    begin(&o, 1, 0);
    o.y[2] = bad[i];
    assert_fails(step(&o, fetches, 2, &err), OC_E_DATA, err, "of sample 2 is out of range: there are 3");
    assert_string_equal(err.where, "y");
    assert_fails(step(&o, fetches, 1, &err), OC_E_DATA, err, "is out of range");
    assert_true(moved(&o) == 0);
    end(&o);
  }
}

/* Gradients whose squares overflow float32 are scaled to the norm like any others. */
static void clipping_does_not_overflow(void **state) {
  (void)state;
  const double factors[] = {1e3, 1e18, 1e20, 1e25, 1e30, 1e35};
  for (int i = 0; i < 6; i++) {
    own o;
    oc_error err;
    begin(&o, factors[i], 0.25);
    assert_ok(step(&o, (const char *const[]){"train_op"}, 1, &err), err);
    assert_true(fabs(moved(&o) - 0.5 * 0.25) < 1e-6); /* rate times norm */
    end(&o);
  }
}

/* A factor that float32 cannot hold would leave every weight as it is. */
static void a_step_that_cannot_be_scaled_says_so(void **state) {
  (void)state;
  own o;
  oc_error err;
  begin(&o, 2e37, 1e-3);
  assert_fails(step(&o, (const char *const[]){"loss", "train_op"}, 2, &err), OC_E_NOT_FINITE, err,
               "gradient clipping failed");
  assert_true(moved(&o) == 0);
  end(&o);
}

static void variables_are_checked_by_name(void **state) {
  (void)state;
  own o;
  oc_error err;
  begin(&o, 1, 0);
  ((float *)oc_variable_value(o.s, oc_variable_index(o.s, "w")).data)[4] = -INFINITY;
  assert_fails(oc_session_check_finite(o.s, &err), OC_E_NOT_FINITE, err, "is -inf");
  assert_string_equal(err.where, "w");
  end(&o);
}

/* ---- a model ------------------------------------------------------------------------------------------- */

static void no_answer_that_is_not_finite(void **state) {
  (void)state;
  const char *const variables[] = {"fc_1/_weights", "fc_2/_weights"};
  const float bad[] = {NAN, INFINITY, 3e38f};
  for (int i = 0; i < 6; i++) {
    const setting s = {"dense 4 relu | dense CLASSES", "sgd", 1, 1e-3, 0};
    fixture f = make(&s, NULL);
    oc_error err;
    oc_evaluation e;
    uint8_t pixels[3 * PIXELS] = {255, 255, 0, 255};
    float p[3 * CLASSES];
    oc_session *session = oc_model_session(f.m);
    assert_ok(oc_model_predict(f.m, pixels, 3, p, &err), err);
    const oc_tensor w = oc_variable_value(session, oc_variable_index(session, variables[i % 2]));
    for (int k = 0; k < w.shape.dim[0] * w.shape.dim[1]; k++) ((float *)w.data)[k] = bad[i / 2];
    for (int count = 1; count <= 3; count += 2)
      assert_fails(oc_model_predict(f.m, pixels, count, p, &err), OC_E_NOT_FINITE, err, "first seen in fc_");
    assert_true(strncmp(err.where, variables[i % 2], 4) == 0);
    assert_fails(oc_model_evaluate(f.m, f.valid, &e, &err), OC_E_NOT_FINITE, err, "loss is not finite");
    assert_true(strncmp(err.where, variables[i % 2], 4) == 0);
    assert_null(e.predictions);
    release(&f);
  }
}

/* What looks into a model gives no number that is not finite either, of whichever tensor: it names the
 * layer. */
static void no_trace_that_is_not_finite(void **state) {
  (void)state;
  const setting s = {"dense 4 relu | dense CLASSES", "sgd", 1, 1e-3, 0};
  fixture f = make(&s, NULL);
  oc_error err;
  oc_trace *t;
  oc_trace_gradient *gradient;
  oc_layer_values values;
  const uint8_t pixels[PIXELS] = {255, 255, 0, 255};
  oc_session *session = oc_model_session(f.m);
  const oc_tensor w = oc_variable_value(session, oc_variable_index(session, "fc_2/_weights"));
  for (int k = 0; k < w.shape.dim[0] * w.shape.dim[1]; k++) ((float *)w.data)[k] = -INFINITY;
  assert_fails(oc_trace_create(f.m, pixels, "fc_2/net_pre-activation[1]", &t, &err), OC_E_NOT_FINITE, err,
               "the model's fc_2/net_pre-activation is not finite; first seen in fc_2/_weights (-inf)");
  assert_string_equal(err.where, "fc_2");
  assert_null(t);
  assert_fails(oc_trace_create(f.m, pixels, "probabilities[0]", &t, &err), OC_E_NOT_FINITE, err,
               "the model's answer is not finite");
  assert_fails(oc_model_features(f.m, pixels, "fc_2", &values, &err), OC_E_NOT_FINITE, err, "fc_2/_weights");
  assert_fails(oc_trace_gradient_create(f.m, pixels, "fc_1/_biases[0]", 0, &gradient, &err), OC_E_NOT_FINITE,
               err, "fc_2/_weights");
  assert_ok(oc_trace_create(f.m, pixels, "fc_1/activation[1]", &t, &err),
            err); /* before that layer all is well */
  oc_trace_free(t);
  release(&f);
}

/* The last step's update makes the weights useless, and there is no validation part to show it. */
static void the_last_step_is_looked_at(void **state) {
  (void)state;
  const setting hot = {"dense 16 relu | dense 16 relu | dense CLASSES", "sgd", 2, 1e30, 0};
  fixture f = make(&hot, "run");
  oc_error err;
  f.o.batch = TRAIN;
  f.o.epochs = 1;
  assert_fails(oc_model_fit(f.m, f.train, NULL, &f.o, &err), OC_E_NOT_FINITE, err,
               "epoch 1, after its 1 step,");
  assert_non_null(strstr(err.where, "fc_"));
  assert_int_not_equal(access("run/model.safetensors", F_OK), 0);
  assert_ok(oc_session_check_finite(oc_model_session(f.m), &err), err);
  release(&f);
}

/* Adam's mean of squares overflows although loss and weights are finite: such a weight would never change
 * again. */
static void a_lost_square_does_not_pass(void **state) {
  (void)state;
  const setting heavy = {"dense CLASSES", "adam", 1, 1e-4, 1e30};
  fixture f = make(&heavy, "run");
  oc_error err;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_NOT_FINITE, err, "a step overflowed");
  assert_non_null(strstr(err.where, "/Adam"));
  release(&f);
}

static void other_classes_are_refused(void **state) {
  (void)state;
  const struct {
    const char *names[4];
    int classes;
    const char *fit, *evaluate; /* NULL: taken */
  } rows[] = {{{"a", "b", "c"}, 3, NULL, NULL},
              {{"a", "b"}, 2, NULL, NULL},
              {{"0", "1", "2"}, 3, NULL, NULL}, /* numbers are not names */
              {{"b", "a", "c"}, 3, "has index 0, but 1 in the model", "but 1 in the model"},
              {{"a", "c"}, 2, "but 2 in the model", "but 2 in the model"},
              {{"a", "b", "c", "d"}, 4, "too many classes: 4; the model has 3", NULL},
              {{"0", "1", "2", "3"}, 4, "too many classes: 4; the model has 3", NULL},
              {{"a", "b", "x"}, 3, "class 2 is 'x', but 'c' in the model", NULL}};
  const oc_image_shape size = {2, 2, 1};
  const uint8_t pixels[4 * 4] = {1, 200, 3, 90, 5, 6, 7};
  const int32_t labels[] = {0, 1, 0, 1};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    oc_error err;
    oc_dataset *like, *d;
    oc_model *m;
    oc_evaluation e;
    oc_model_options how = oc_model_defaults();
    oc_fit_options fit = oc_fit_defaults();
    how.net = "dense CLASSES";
    fit.epochs = 1;
    assert_ok(labeled_images(pixels, labels, &(oc_dataset_options){.count = 4, .size = size}, 3,
                             rows[0].names, &like, &err),
              err);
    assert_ok(labeled_images(pixels, labels, &(oc_dataset_options){.count = 4, .size = size}, rows[i].classes,
                             rows[i].names, &d, &err),
              err);
    assert_ok(oc_model_create(like, &how, &m, &err), err);
    if (rows[i].fit) {
      assert_fails(oc_model_fit(m, d, NULL, &fit, &err), OC_E_DATA, err, rows[i].fit);
      assert_fails(oc_model_fit(m, like, d, &fit, &err), OC_E_DATA, err, rows[i].fit);
    } else {
      assert_ok(oc_model_fit(m, d, d, &fit, &err), err);
    }
    if (rows[i].evaluate) {
      assert_fails(oc_model_evaluate(m, d, &e, &err), OC_E_DATA, err, rows[i].evaluate);
    } else {
      assert_ok(oc_model_evaluate(m, d, &e, &err), err);
      oc_evaluation_release(&e);
    }
    oc_model_free(m);
    oc_dataset_free(like);
    oc_dataset_free(d);
  }
}

/* ---- training that learned nothing --------------------------------------------------------------------- */

static bool keep_event(void *context, const oc_event *e) {
  *(oc_event *)context = *e;
  return true;
}

static oc_doubt doubt_of(const char *text, double rate, double l2, int epochs, bool valid) {
  const setting s = {text, "sgd", 1, rate, l2};
  fixture f = make(&s, NULL);
  oc_event last;
  oc_error err;
  f.o.epochs = epochs;
  f.o.on_event = keep_event;
  f.o.context = &last;
  assert_ok(oc_model_fit(f.m, f.train, valid ? f.valid : NULL, &f.o, &err), err);
  assert_int_equal(last.kind, OC_EVENT_END);
  assert_true(last.start_loss > 0 && (valid ? last.guess_accuracy > 0.33 : isnan(last.guess_accuracy)));
  release(&f);
  return last.doubt;
}

static void failed_trainings_are_doubted(void **state) {
  (void)state;
  const char *good = "dense 12 relu | dense CLASSES";
  assert_int_equal(doubt_of(good, 0.05, 0, 10, true), OC_DOUBT_NONE);
  assert_int_equal(doubt_of(good, 0.05, 0, 10, false), OC_DOUBT_NONE);
  assert_int_equal(doubt_of(good, 1e-30, 0, 2, true), OC_DOUBT_LOSS_STUCK);
  assert_int_equal(doubt_of(good, 1e-30, 0, 2, false), OC_DOUBT_LOSS_STUCK);
  assert_int_equal(doubt_of("dense CLASSES", 1e7, 0, 1, false), OC_DOUBT_LOSS_GREW);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_bad_loss_changes_nothing),    cmocka_unit_test(a_label_that_is_no_class_is_refused),
      cmocka_unit_test(clipping_does_not_overflow),    cmocka_unit_test(a_step_that_cannot_be_scaled_says_so),
      cmocka_unit_test(variables_are_checked_by_name), cmocka_unit_test(no_answer_that_is_not_finite),
      cmocka_unit_test(no_trace_that_is_not_finite),   IN_FOLDER(the_last_step_is_looked_at),
      IN_FOLDER(a_lost_square_does_not_pass),          cmocka_unit_test(other_classes_are_refused),
      cmocka_unit_test(failed_trainings_are_doubted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
