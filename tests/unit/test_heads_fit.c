/* Runs with several heads, or another one than the lecture's: they resume with the same bits, keep what they
 * were last trained for, and are shown head by head. */
#include "heads_fixture.h"
#include "base/file.h"
#include "ocellus/tensorboard.h"
#include <dirent.h>
#include <math.h>

/* ---- a run --------------------------------------------------------------------------------------------- */

typedef struct stopper {
  int step; /* of the whole run after which it ends; 0: none */
  int seen, epochs;
  double lowest;
  bool best_was_lowest;
} stopper;

static bool watch(void *context, const oc_event *e) {
  stopper *s = context;
  s->seen += e->kind == OC_EVENT_STEP;
  if (e->kind == OC_EVENT_EPOCH) {
    assert_int_equal(e->head_count, 2);
    assert_string_equal(e->valid_heads[1].loss_name, "mean_squared_error");
    assert_float_equal(e->valid_loss, e->valid_heads[0].loss + 0.25 * e->valid_heads[1].loss, 1e-5);
    assert_float_equal(e->train_loss, e->train_heads[0].loss + 0.25 * e->train_heads[1].loss, 1e-5);
    assert_float_equal(e->valid_accuracy, e->valid_heads[0].metrics[0], 1e-6);
    assert_float_equal(e->train_accuracy, e->train_heads[0].metrics[0], 1e-6);
    s->best_was_lowest = s->best_was_lowest && e->best == (e->valid_loss < s->lowest);
    s->lowest = fmin(s->lowest, e->valid_loss);
    s->epochs++;
  }
  return !s->step || s->seen < s->step;
}

static char *read_text(const char *path) {
  unsigned char *bytes;
  size_t count;
  oc_error err;
  assert_ok(oc_file_read(path, 1 << 20, &bytes, &count, &err), err);
  char *text = calloc(1, count + 1);
  assert_non_null(text);
  memcpy(text, bytes, count);
  oc_memory_free(bytes);
  return text;
}

/* Two numbers after a key, one in each text, however often it is there. */
static void same_numbers(const char *a, const char *b, const char *key) {
  int found = 0;
  for (; (a = strstr(a, key)) && (b = strstr(b, key)); found++) {
    a += strlen(key), b += strlen(key);
    assert_true(strtod(a, NULL) == strtod(b, NULL));
  }
  assert_true(found >= EPOCHS);
}

static void resumes_with_the_same_bits(void **state) {
  (void)state;
  const training *t = &trainings[BOTH];
  samples s;
  oc_error err;
  oc_dataset *d = data_of(&s, t);
  oc_model *whole = make_model(t), *cut = make_model(t), *loaded;
  oc_fit_options o = options_of(t);
  stopper all = {.lowest = INFINITY, .best_was_lowest = true}, first = all;
  float a[MOST_HEADS][N * MOST], b[MOST_HEADS][N * MOST];
  o.on_event = watch;
  o.context = &all;
  o.out = "whole";
  o.optimizer = "adam";
  assert_ok(oc_model_fit(whole, d, d, &o, &err), err);
  assert_true(all.best_was_lowest);
  o.out = "cut";
  o.context = &first;
  first.step = 2 * STEPS + 2; /* in the middle of the third epoch */
  assert_fails(oc_model_fit(cut, d, d, &o, &err), OC_E_INTERRUPTED, err, "epoch 3 of 5 after step 2");
  o.resume = true;
  first = (stopper){.lowest = INFINITY};
  o.heads = &(oc_head){.output = "digit"};
  o.head_count = 1;
  assert_fails(oc_model_fit(cut, d, d, &o, &err), OC_E_ARGUMENT, err, "heads is [{\"output\":");
  o.heads = heads_of[BOTH];
  o.head_count = 2;
  assert_ok(oc_model_fit(cut, d, d, &o, &err), err);
  answers_of(whole, s.pixels, N, a);
  answers_of(cut, s.pixels, N, b);
  assert_memory_equal(a, b, sizeof a);
  assert_ok(oc_model_load("cut/last.safetensors", NULL, &loaded, &err), err);
  assert_int_equal(loaded->heads.count, 2);
  assert_true(loaded->heads.list[1].weight == 0.25);
  char *x = read_text("whole/metrics.jsonl"), *y = read_text("cut/metrics.jsonl");
  assert_non_null(strstr(x, "\"train_heads\":[{\"output\":\"digit\",\"target\":\"digit\",\"loss_name\":"));
  same_numbers(x, y, "\"accuracy\":");
  same_numbers(x, y, "\"mean_absolute_error\":");
  same_numbers(x, y, "\"loss\":");
  char *run = read_text("whole/run.json");
  assert_non_null(strstr(run, "\"weight\": 0.25"));
  free(x), free(y), free(run);
  oc_model_free(whole), oc_model_free(cut), oc_model_free(loaded);
  oc_dataset_free(d);
}

/* ---- chosen by the fit --------------------------------------------------------------------------------- */

/* One model, trained for one head and then for the other: it keeps what it was last trained for. */
static void the_last_fit_counts(void **state) {
  (void)state;
  static const char *const none[] = {NULL};
  samples s;
  oc_error err;
  oc_evaluation e;
  oc_dataset *d = data_of(&s, &trainings[BOTH]);
  oc_model *m = make_model(&trainings[BOTH]), *again;
  oc_fit_options o = options_of(&trainings[BOTH]);
  const oc_head place = {.output = "place", .weight = 3, .metrics = none}, digit = {.target = "digit"};
  o.epochs = 1;
  o.head_count = 1;
  o.heads = &place;
  for (int round = 0; round < 3; round++) { /* place, digit, digit because it was last */
    assert_ok(oc_model_fit(m, d, NULL, &o, &err), err);
    assert_ok(oc_model_evaluate(m, d, &e, &err), err);
    assert_int_equal(e.head_count, 1);
    assert_string_equal(e.heads[0].output, round ? "digit" : "place");
    assert_int_equal(e.heads[0].metric_count, round ? 1 : 0);
    assert_float_equal(e.loss, (round ? 1 : 3) * e.heads[0].loss, 1e-5);
    oc_evaluation_release(&e);
    assert_ok(oc_model_save(m, "m.safetensors", &err), err);
    assert_ok(oc_model_load("m.safetensors", NULL, &again, &err), err);
    assert_true(oc_heads_equal(&m->heads, &again->heads));
    oc_model_free(again);
    o.heads = round ? NULL : &digit;
    o.head_count = round ? 0 : 1;
  }
  oc_model_free(m);
  oc_dataset_free(d);
}

static bool stop(void *context, const oc_event *e) {
  (void)context;
  return e->kind != OC_EVENT_START;
}

/* A model that is trained alternately for two targets does not grow, nor one whose runs end before they
 * began. */
static void alternating_adds_nothing(void **state) {
  (void)state;
  samples s;
  oc_error err;
  oc_evaluation e;
  oc_dataset *d = data_of(&s, &trainings[BOTH]);
  oc_model *m = make_model(&trainings[BOTH]);
  oc_fit_options o = options_of(&trainings[BOTH]);
  const oc_head heads[] = {{.output = "place"}, {.output = "digit"}, {.output = "place", .weight = 7}};
  int nodes = 0;
  o.epochs = 1;
  o.head_count = 1;
  for (int i = 0; i < 6; i++) {
    o.heads = &heads[i % 2];
    assert_ok(oc_model_fit(m, d, NULL, &o, &err), err);
    if (i == 1) nodes = oc_graph_op_count(oc_model_graph(m));
  }
  assert_int_equal(oc_graph_op_count(oc_model_graph(m)), nodes);
  o.heads = &heads[2];
  o.learning_rate = 1e30;
  assert_fails(oc_model_fit(m, d, d, &o, &err), OC_E_NOT_FINITE, err, "");
  assert_int_equal(oc_graph_op_count(oc_model_graph(m)), nodes);
  assert_ok(oc_model_evaluate(m, d, &e, &err), err);
  assert_string_equal(e.heads[0].output, "digit");
  oc_evaluation_release(&e);
  o.on_event = stop; /* with the weights of this moment the model takes the heads, too */
  assert_fails(oc_model_fit(m, d, NULL, &o, &err), OC_E_INTERRUPTED, err, "");
  assert_true(oc_graph_op_count(oc_model_graph(m)) > nodes);
  assert_true(m->heads.list[0].weight == 7);
  oc_model_free(m);
  oc_dataset_free(d);
}

/* The second of two outputs, with more classes than the first, is what the run counts; TensorBoard shows
 * it. */
static void counts_the_classes_of_its_head(void **state) {
  (void)state;
  samples s;
  oc_error err;
  oc_graph *g;
  oc_model *m;
  oc_evaluation e;
  oc_tensorboard *board;
  int32_t second[N];
  if (oc_tensorboard_open("try", 0, &board, &err) == OC_E_UNSUPPORTED) skip();
  assert_ok(oc_tensorboard_close(board, &err), err);
  make_samples(&s, &trainings[BOTH]);
  for (int i = 0; i < N; i++) second[i] = i % 9;
  s.targets[1] = (oc_target){"more", OC_TARGET_CLASS, 9, NULL, second};
  oc_dataset *d;
  assert_ok(oc_dataset_from_memory(s.pixels, &s.o, &d, &err), err);
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, SIDE, SIDE, 1)),
                flat = oc_flatten(g, x);
  const oc_init init = oc_init_of(OC_INIT_HE_NORMAL);
  const oc_node a = oc_matmul(g, flat, oc_variable(g, "a", OC_SHAPE(PIXELS, 5), init), false, false),
                b = oc_matmul(g, flat, oc_variable(g, "b", OC_SHAPE(PIXELS, 9), init), false, false);
  const oc_output outputs[] = {{a, {.name = "digit", .kind = OC_TARGET_CLASS}},
                               {b, {.name = "more", .kind = OC_TARGET_CLASS}}};
  assert_ok(oc_model_from_outputs(g, x, outputs, 2, NULL, &m, &err), err);
  const oc_fit_options o = {.epochs = 1,
                            .heads = &(oc_head){.output = "more"},
                            .head_count = 1,
                            .callbacks = &(oc_callback_setting){"tensorboard", "logs"},
                            .callback_count = 1};
  assert_ok(oc_model_fit(m, d, d, &o, &err), err);
  assert_ok(oc_model_evaluate(m, d, &e, &err), err);
  assert_int_equal(e.classes, 9);
  assert_int_equal(e.per_class[8].count, 2);
  oc_evaluation_release(&e);
  oc_model_free(m);
  oc_graph_free(g);
  oc_dataset_free(d);
}

/* The bytes of the one file of a folder, in which a text is looked for. */
static bool folder_has(const char *folder, const char *text) {
  bool found = false;
  DIR *d = opendir(folder);
  assert_non_null(d);
  for (struct dirent *e; (e = readdir(d));) {
    char path[1024];
    unsigned char *bytes;
    size_t count;
    snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
    if (e->d_name[0] == '.' || oc_file_read(path, 1 << 24, &bytes, &count, NULL) != OC_OK) continue;
    found = found || memmem(bytes, count, text, strlen(text));
    oc_memory_free(bytes);
  }
  closedir(d);
  return found;
}

static void tensorboard_shows_each_head(void **state) {
  (void)state;
  samples s;
  oc_error err;
  oc_tensorboard *board;
  if (oc_tensorboard_open("try", 0, &board, &err) == OC_E_UNSUPPORTED) skip();
  assert_ok(oc_tensorboard_close(board, &err), err);
  for (int i = 0; i < TRAININGS; i++) {
    oc_dataset *d = data_of(&s, &trainings[i]);
    oc_model *m = make_model(&trainings[i]);
    oc_fit_options o = options_of(&trainings[i]);
    char tag[96];
    o.epochs = 1;
    o.callbacks = &(oc_callback_setting){"tensorboard", trainings[i].name};
    o.callback_count = 1;
    assert_ok(oc_model_fit(m, d, d, &o, &err), err);
    snprintf(tag, sizeof tag, "%s/%s/validation", trainings[i].heads[0].name, m->heads.list[0].loss->name);
    assert_true(folder_has(trainings[i].name, tag));
    snprintf(tag, sizeof tag, "%s/%s/training_running_mean", trainings[i].heads[0].name,
             m->heads.list[0].metrics[0]->name);
    assert_true(folder_has(trainings[i].name, tag));
    oc_model_free(m);
    oc_dataset_free(d);
  }
}

/* A net text answers whatever the one target of its data is. */
static void net_texts_answer_numbers(void **state) {
  (void)state;
  samples s;
  oc_error err;
  oc_model *m, *again;
  oc_evaluation before, after;
  const oc_model_options how = {.net = "conv 3x3x4 relu | dense CLASSES"};
  for (int i = 0; i < 2; i++) {
    oc_dataset *d = data_of(&s, &trainings[i]);
    assert_ok(oc_model_create(d, &how, &m, &err), err);
    assert_ok(oc_model_evaluate(m, d, &before, &err), err);
    const oc_fit_options o = {.epochs = 100, .learning_rate = 1e-2, .batch = BATCH};
    assert_ok(oc_model_fit(m, d, d, &o, &err), err);
    assert_ok(oc_model_evaluate(m, d, &after, &err), err);
    assert_true(after.loss < 0.7 * before.loss);
    assert_ok(oc_model_save(m, "net.safetensors", &err), err);
    assert_ok(oc_model_load("net.safetensors", NULL, &again, &err), err);
    assert_string_equal(oc_model_net(again), oc_model_net(m));
    assert_string_equal(oc_model_output(again, 0)->name, trainings[i].heads[0].name);
    oc_evaluation_release(&before);
    oc_evaluation_release(&after);
    oc_model_free(again);
    oc_model_free(m);
    oc_dataset_free(d);
  }
  oc_dataset *both = data_of(&s, &trainings[BOTH]);
  assert_fails(oc_model_create(both, &how, &m, &err), OC_E_DATA, err, "expected one target");
  oc_dataset_free(both);
}

int main(void) {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, harness_enter_folder, harness_leave_folder)
  const struct CMUnitTest tests[] = {
      IN_FOLDER(resumes_with_the_same_bits),  IN_FOLDER(the_last_fit_counts),
      IN_FOLDER(alternating_adds_nothing),    IN_FOLDER(counts_the_classes_of_its_head),
      IN_FOLDER(tensorboard_shows_each_head), IN_FOLDER(net_texts_answer_numbers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
