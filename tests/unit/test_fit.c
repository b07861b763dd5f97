/* Does training learn, report truly, save what it must, and say what goes wrong? */
#include "fit_journal.h"

static void it_learns_and_reports(void **state) {
  (void)state;
  fixture f = make(&plain, "run");
  journal l = {.best = -1};
  oc_error err;
  oc_evaluation e;
  f.o.epochs = 12;
  f.o.on_event = on_event;
  f.o.context = &l;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_int_equal(l.kinds[OC_EVENT_START], 1);
  assert_int_equal(l.kinds[OC_EVENT_STEP], 12 * STEPS);
  assert_int_equal(l.kinds[OC_EVENT_EPOCH], 12);
  assert_int_equal(l.kinds[OC_EVENT_END], 1);
  const oc_event *step = &l.last[OC_EVENT_STEP], *epoch = &l.last[OC_EVENT_EPOCH],
                 *end = &l.last[OC_EVENT_END];
  assert_int_equal(step->epoch, 12);
  assert_int_equal(step->step, STEPS);
  assert_int_equal(step->steps, STEPS);
  assert_true(step->seconds_left < 1);
  assert_int_equal(epoch->epoch, 12);
  assert_true(epoch->step_ms > 0 && epoch->train_seconds > 0 && epoch->images_per_second > 0);
  assert_true(epoch->loss < 0.7);
  /* The model that is left is the best one, and as good as the events say. */
  assert_true(end->valid_accuracy == l.best);
  assert_ok(oc_model_evaluate(f.m, f.valid, &e, &err), err);
  assert_true(e.accuracy == l.best);
  assert_true(e.accuracy > 0.9);
  oc_evaluation_release(&e);
  release(&f);
}

static void the_model_file_is_the_best_model(void **state) {
  (void)state;
  fixture f = make(&plain, "deep/run");
  oc_error err;
  oc_model *m;
  char kept[65], saved[65];
  f.o.epochs = 4;
  f.o.provenance = "{\"author\": \"test\", \"version\": \"not this\"}";
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_ok(oc_model_load("deep/run/model.safetensors", NULL, &m, &err), err);
  hash_of_model(f.m, kept);
  hash_of_model(m, saved);
  assert_string_equal(kept, saved);
  json_t *facts = json_loads(oc_model_metadata(m, "provenance"), 0, NULL);
  assert_string_equal(json_string_value(json_object_get(facts, "author")), "test");
  assert_string_equal(json_string_value(json_object_get(facts, "version")), oc_version());
  const json_t *training = json_object_get(facts, "training");
  assert_string_equal(json_string_value(json_object_get(training, "train_data")), oc_dataset_hash(f.train));
  assert_int_equal(json_integer_value(json_object_get(training, "arithmetic")), oc_arithmetic());
  json_decref(facts);
  json_t *record = json_load_file("deep/run/run.json", 0, NULL);
  assert_string_equal(json_string_value(json_object_get(record, "status")), "finished");
  assert_int_equal(json_integer_value(json_object_get(record, "epochs_done")), 4);
  assert_string_equal(oc_model_metadata(m, "kind"), "model");
  char trained[16];
  (void)snprintf(trained, sizeof trained, "%d",
                 (int)json_integer_value(json_object_get(record, "best_epoch")));
  assert_string_equal(oc_model_metadata(m, "trained_epochs"), trained);
  json_decref(record);
  oc_model_free(m);
  release(&f);
}

/* The checkpoint as a model: the weights of the last epoch, whatever epoch was best. */
static void a_checkpoint_is_a_model_of_the_last_epoch(void **state) {
  (void)state;
  const setting quick = {"dense 8 tanh | dense CLASSES", "adam", 1, 3e-2, 0};
  fixture f = make(&quick, "run");
  oc_model *m;
  oc_model_source file;
  oc_error err;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_ok(oc_model_load("run/last.safetensors", NULL, &m, &err), err);
  assert_ok(oc_model_read("run/last.safetensors", "checkpoint", &file, &err), err);
  assert_string_equal(oc_model_metadata(m, "trained_epochs"), "3");
  assert_null(oc_model_metadata(m, "valid_accuracy"));
  assert_null(oc_model_metadata(m, "metrics"));
  const oc_tensor_view now = oc_variable_view(oc_model_session(m), 0);
  const oc_named_tensor *saved = oc_safetensors_find(&file.file, oc_variable_name(oc_model_session(m), 0));
  assert_memory_equal(now.data, saved->tensor.data, 4 * now.shape.dim[0] * now.shape.dim[1]);
  assert_ok(oc_model_save(m, "last.model.safetensors", &err), err);
  oc_model_source_release(&file);
  oc_model_free(m);
  assert_ok(oc_model_load("last.model.safetensors", NULL, &m, &err), err);
  oc_model_free(m);
  release(&f);
}

/* The mean over the images, the short last batch with its own weight: what evaluation says too. */
static void the_loss_is_the_mean_over_all_images(void **state) {
  (void)state;
  const setting still = {"dense 8 tanh | dense CLASSES", "sgd", 1, 1e-30, 0};
  fixture f = make(&still, NULL);
  journal l = {.best = -1};
  oc_error err;
  oc_evaluation e;
  f.o.epochs = 1;
  f.o.on_event = on_event;
  f.o.context = &l;
  assert_ok(oc_model_fit(f.m, f.train, NULL, &f.o, &err), err);
  assert_ok(oc_model_evaluate(f.m, f.train, &e, &err), err);
  assert_true(fabs(l.last[OC_EVENT_EPOCH].loss - e.loss) < 1e-6);
  assert_true(isnan(l.last[OC_EVENT_EPOCH].valid_accuracy));
  assert_int_equal(l.last[OC_EVENT_EPOCH].best_epoch, 1);
  oc_evaluation_release(&e);
  release(&f);
}

static void l2_penalty_is_part_of_the_loss(void **state) {
  (void)state;
  const setting still = {"dense CLASSES", "sgd", 1, 1e-30, 0.5};
  fixture f = make(&still, NULL);
  journal l = {.best = -1};
  oc_error err;
  oc_evaluation e;
  f.o.epochs = 1;
  f.o.on_event = on_event;
  f.o.context = &l;
  assert_ok(oc_model_fit(f.m, f.train, NULL, &f.o, &err), err);
  assert_ok(oc_model_evaluate(f.m, f.train, &e, &err), err);
  const oc_session *s = oc_model_session(f.m);
  const float *w = oc_variable_view(s, oc_variable_index(s, "fc_1/_weights")).data;
  double squares = 0;
  for (int i = 0; i < PIXELS * CLASSES; i++) squares += (double)w[i] * w[i];
  assert_true(squares > 0.1);
  assert_true(fabs(l.last[OC_EVENT_EPOCH].loss - e.loss - 0.5 * squares / 2) < 1e-5);
  oc_evaluation_release(&e);
  release(&f);
}

/* ---- same bits ----------------------------------------------------------------------------------------- */

static void threads_change_no_bit(void **state) {
  (void)state;
  const int threads[] = {1, 2, 3, 8};
  char first[65], hex[65];
  for (int i = 0; i < 4; i++) {
    setting s = plain;
    s.threads = threads[i];
    fixture f = make(&s, NULL);
    oc_error err;
    f.o.epochs = 1;
    assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
    hash_of_model(f.m, i ? hex : first);
    if (i) assert_string_equal(hex, first);
    release(&f);
  }
}

/* ---- what goes wrong ----------------------------------------------------------------------------------- */

static void assert_finite(const oc_model *m) {
  const oc_session *s = oc_model_session((oc_model *)(uintptr_t)m);
  for (int i = 0; i < oc_variable_count(s); i++) {
    const oc_tensor_view t = oc_variable_view(s, i);
    int64_t n = 0;
    assert_int_equal(oc_shape_count(&t.shape, 1, &n, NULL), OC_OK);
    for (int64_t k = 0; k < n; k++) assert_true(isfinite(((const float *)t.data)[k]));
  }
}

/* What the system calls the processor, without spaces at its ends; "" if it does not say. */
static void system_cpu_name(char name[256]) {
  char line[256];
  FILE *file = fopen("/proc/cpuinfo", "r");
  name[0] = '\0';
  while (file && !name[0] && fgets(line, sizeof line, file))
    (void)sscanf(line, "model name : %255[^\n]", name);
  if (file) (void)fclose(file);
}

static void a_record_names_the_processor(void **state) {
  (void)state;
  fixture f = make(&plain, "run");
  char name[256];
  oc_error err;
  f.o.epochs = 1;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  json_t *record = json_load_file("run/run.json", 0, NULL);
  const char *recorded = json_string_value(json_object_get(json_object_get(record, "machine"), "cpu"));
  system_cpu_name(name);
  assert_non_null(recorded);
#if OC_X86
  assert_non_null(strstr(recorded, name));
#else
  assert_string_equal(recorded, "unknown");
#endif
  json_decref(record);
  release(&f);
}

static void a_loss_that_is_not_finite_names_layer_and_step(void **state) {
  (void)state;
  const setting hot = {"dense 16 relu | dense 16 relu | dense CLASSES", "sgd", 2, 1e30, 0};
  fixture f = make(&hot, "run");
  oc_error err;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_NOT_FINITE, err, "learning rate 1e+30");
  assert_non_null(strstr(err.where, "fc_"));
  assert_non_null(strstr(err.message, "epoch 1, step "));
  assert_finite(f.m);
  oc_model_source file;
  assert_ok(oc_model_read("run/last.safetensors", "checkpoint", &file, &err), err);
  oc_model_source_release(&file);
  json_t *record = json_load_file("run/run.json", 0, NULL);
  assert_string_equal(json_string_value(json_object_get(record, "status")), "failed");
  json_decref(record);
  release(&f);
}

static void the_first_bad_layer_is_named(void **state) {
  (void)state;
  const setting s = {"dense 4 relu | dense 4 relu | dense CLASSES", "sgd", 1, 1e-3, 0};
  fixture f = make(&s, NULL);
  oc_error err;
  oc_session *session = oc_model_session(f.m);
  float *w = oc_variable_value(session, oc_variable_index(session, "fc_2/_weights")).data;
  w[0] = w[1] = w[2] = w[3] = 3e38f, w[4] = w[8] = w[12] = 3e38f;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_NOT_FINITE, err,
               "epoch 1, step 1 of 10");
  assert_string_equal(err.where, "fc_2");
  release(&f);
}

static void options_are_checked(void **state) {
  (void)state;
  fixture f = make(&plain, NULL);
  const oc_fit_options good = f.o;
  oc_error err;
#define REFUSE(change, words)                                                                                \
  do {                                                                                                       \
    f.o = good;                                                                                              \
    f.o.change;                                                                                              \
    assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, words);                \
  } while (0)
  REFUSE(epochs = -1, "must be at least 1, got -1");
  REFUSE(batch = -5, "must be at least 1, got -5");
  REFUSE(learning_rate = NAN, "must be greater than 0 and finite, got nan");
  REFUSE(learning_rate = -1, "must be greater than 0 and finite, got -1");
  REFUSE(learning_rate = INFINITY, "must be greater than 0 and finite, got inf");
  f.o = good;
  f.o.settings = (oc_setting[]){{"weight_decay", -0.1}};
  f.o.setting_count = 1;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err,
               "weight_decay: must be at least 0 and finite, got -0.1");
  f.o.settings = (oc_setting[]){{"momentum", 0.5}};
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err,
               "momentum: the optimizer adam and the schedule constant have no momentum");
  f.o.settings = (oc_setting[]){{"end_factor", 0.5}};
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err,
               "Use the schedule linear or cosine.");
  REFUSE(l2 = NAN, "at least 0 and finite, got nan");
  REFUSE(clip_norm = -1, "at least 0 and finite, got -1");
  REFUSE(optimizer = "magic", "magic");
  REFUSE(optimizer = "magic", "adamw");
  REFUSE(provenance = "[1]", "JSON object");
  REFUSE(provenance = "{", "JSON object");
  REFUSE(resume = true, "no folder");
  f.o = good;
  assert_fails(oc_model_fit(NULL, f.train, f.valid, &f.o, &err), OC_E_ARGUMENT, err, "NULL");
  assert_fails(oc_model_fit(f.m, NULL, f.valid, &f.o, &err), OC_E_ARGUMENT, err, "train must not be NULL");
  release(&f);
}

static void a_batch_may_be_larger_than_the_data(void **state) {
  (void)state;
  fixture f = make(&plain, NULL);
  journal l = {.best = -1};
  oc_error err;
  f.o.batch = INT64_MAX;
  f.o.on_event = on_event;
  f.o.context = &l;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  assert_int_equal(l.last[OC_EVENT_STEP].steps, 1);
  release(&f);
}

static void limit_files(rlim_t bytes) {
  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static bool fill_the_disk(void *context, const oc_event *e) {
  (void)context;
  if (e->kind == OC_EVENT_STEP && e->epoch == 2) limit_files(2000);
  return true;
}

static void a_full_disk_stops_the_run_and_keeps_its_files(void **state) {
  (void)state;
  char first[65], last[65];
  fixture f = make(&plain, "run");
  oc_error err;
  f.o.epochs = 1;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  hash_of_run("run", first);
  f.o.epochs = 3;
  f.o.resume = true;
  f.o.on_event = fill_the_disk;
  const oc_status status = oc_model_fit(f.m, f.train, f.valid, &f.o, &err);
  limit_files(RLIM_INFINITY);
  assert_int_equal(status, OC_E_CANT_CREATE);
  assert_non_null(strstr(err.where, "run/"));
  hash_of_run("run", last);
  assert_string_equal(first, last);
  f.o.on_event = NULL;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err); /* training continues */
  release(&f);
}

static void a_folder_that_cannot_be_written_shows_at_once(void **state) {
  (void)state;
  journal l = {.best = -1};
  oc_error err;
  harness_write_file("file", "x", 1);
  fixture f = make(&plain, "file/run");
  f.o.on_event = on_event;
  f.o.context = &l;
  assert_fails(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), OC_E_CANT_CREATE, err, "file");
  assert_int_equal(l.events, 0);
  release(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(it_learns_and_reports),
      IN_FOLDER(the_model_file_is_the_best_model),
      IN_FOLDER(a_checkpoint_is_a_model_of_the_last_epoch),
      cmocka_unit_test(the_loss_is_the_mean_over_all_images),
      cmocka_unit_test(l2_penalty_is_part_of_the_loss),
      cmocka_unit_test(threads_change_no_bit),
      IN_FOLDER(a_record_names_the_processor),
      IN_FOLDER(a_loss_that_is_not_finite_names_layer_and_step),
      cmocka_unit_test(the_first_bad_layer_is_named),
      cmocka_unit_test(options_are_checked),
      cmocka_unit_test(a_batch_may_be_larger_than_the_data),
      IN_FOLDER(a_full_disk_stops_the_run_and_keeps_its_files),
      IN_FOLDER(a_folder_that_cannot_be_written_shows_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
