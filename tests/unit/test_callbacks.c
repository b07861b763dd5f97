/* Does every callback of callbacks.def write what it should, and leave the trained weights' bits as they
 * are? A row without a case fails. */
#include "fit_fixture.h"
#include "ocellus/file.h"
#include "ocellus/train.h"
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The only file of a folder, as bytes; the caller frees them. */
static void *read_only_file(const char *folder, size_t *size) {
  char path[512] = "";
  void *bytes = NULL;
  oc_error err;
  DIR *d = opendir(folder);
  assert_non_null(d);
  for (struct dirent *e; (e = readdir(d));)
    if (e->d_name[0] != '.') snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
  closedir(d);
  assert_ok(oc_file_load(path, 1 << 26, &bytes, size, &err), err);
  return bytes;
}

/* The losses of the epochs stand in TensorBoard's file as float32 values, in the protobuf field after their
 * tag. */
static void check_tensorboard(const char *value, const double *losses, int epochs) {
  size_t size;
  char *bytes = read_only_file(value, &size);
  const char tag[] = "loss/epoch", *at = bytes;
  for (int i = 0; i < epochs; i++) {
    const float loss = (float)losses[i];
    at = memmem(at, size - (size_t)(at - bytes), tag, sizeof tag - 1);
    assert_non_null(at);
    at += sizeof tag - 1;
    const void *found = memmem(at, 32, &loss, sizeof loss);
    if (!found) fail_msg("the loss %g of epoch %d does not follow its tag", losses[i], i + 1);
  }
  oc_free(bytes);
}

static const struct {
  const char *name;
  void (*check)(const char *value, const double *losses, int epochs);
} cases[] = {
    {"tensorboard", check_tensorboard},
};
enum { CASES = sizeof cases / sizeof *cases, EPOCHS = 3 };

static bool keep_loss(void *data, const oc_event *e) {
  if (e->kind == OC_EVENT_EPOCH) ((double *)data)[e->epoch - 1] = e->loss;
  return true;
}

static void train(const oc_callback_setting *callback, double *losses, char hex[65]) {
  oc_error err;
  fixture f = make(&plain, NULL);
  f.o.on_event = keep_loss;
  f.o.context = losses;
  f.o.callbacks = callback;
  f.o.callback_count = callback ? 1 : 0;
  assert_ok(oc_model_fit(f.m, f.train, f.valid, &f.o, &err), err);
  hash_of_model(f.m, hex);
  release(&f);
}

static void check_case(const char *name, int row) {
  char folder[] = "/tmp/callback-XXXXXX", value[64], with[65], without[65], command[64];
  double losses[EPOCHS] = {0}, others[EPOCHS] = {0};
  assert_non_null(mkdtemp(folder));
  snprintf(value, sizeof value, "%s/%s", folder, name);
  train(&(oc_callback_setting){name, value}, losses, with);
  train(NULL, others, without);
  assert_string_equal(with, without);
  assert_memory_equal(losses, others, sizeof losses);
  cases[row].check(value, losses, EPOCHS);
  snprintf(command, sizeof command, "rm -r %s", folder);
  assert_int_equal(system(command), 0);
}

static void callbacks_write_and_change_nothing(void **state) {
  (void)state;
  const oc_callback_info *info;
#if !OC_HAVE_PROTOBUF_C
  skip(); /* tensorboard refuses to write there */
#endif
  for (int i = 0; (info = oc_callback_at(i)); i++) {
    int row = 0;
    while (row < CASES && strcmp(cases[row].name, info->name) != 0) row++;
    if (row == CASES) fail_msg("callback %s has no case", info->name);
    check_case(info->name, row);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(callbacks_write_and_change_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
