/* Does every row of the lists of data and training have what it needs: words for help, sound ranges, a
 * file that it reads, a loss that it lowers? */
#include "harness.h"
#include "registry_words.h"
#include "data/augment/transform.h"
#include "data/decode/decoder.h"
#include "data/source/source.h"
#include "ocellus/file.h"
#include "ocellus/model.h"
#include "ocellus/train.h"
#include "train/callback.h"
#include "train/lr_schedule.h"
#include "train/optimizer.h"
#include <math.h>

/* ---- data ---------------------------------------------------------------------------------------------- */

static void sources(void **state) {
  (void)state;
  const char *syntax, *summary;
  for (int i = 0; oc_data_source(i, &syntax, &summary); i++) {
    assert_true(syntax && *syntax);
    is_help("source", syntax, summary);
  }
}

/* There is a good file of each format among those of tests/bad/data, and only its own decoder accepts it. */
static void decoders(void **state) {
  (void)state;
  const char *source = getenv("OCELLUS_SOURCE");
  const oc_decoder *decoder;
  char folder[1024], path[2048];
  oc_error err;
  if (!source) skip();
  snprintf(folder, sizeof folder, "%s/tests/bad/data", source);
  for (int i = 0; (decoder = oc_decoder_at(i)); i++) {
    int good = 0;
    is_name("decoder", decoder->name);
    is_help("decoder", decoder->name, decoder->formats);
    if (!decoder->known || !decoder->decode) fail_msg("decoder %s knows or decodes nothing", decoder->name);
    if (!decoder->endings[0]) fail_msg("decoder %s has no ending of file names", decoder->name);
    for (int k = 0; decoder->endings[k]; k++) {
      snprintf(path, sizeof path, "A.b%s", decoder->endings[k]);
      if (!oc_decoder_has_ending(path)) fail_msg("decoder %s: %s is not an ending", decoder->name, path);
    }
    assert_false(decoder->known((const unsigned char *)"", 0));
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
      void *bytes;
      size_t size;
      oc_image image;
      snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
      if (strncmp(e->d_name, "good", 4) != 0 || oc_file_load(path, 1u << 20, &bytes, &size, NULL) != OC_OK)
        continue;
      if (decoder->known(bytes, size)) {
        assert_ptr_equal(oc_decoder_for(bytes, size), decoder);
        assert_true(oc_image_is_known(bytes, size < OC_IMAGE_MAGIC ? size : OC_IMAGE_MAGIC));
        const oc_status status = oc_image_decode(e->d_name, bytes, size, NULL, &image, &err);
        good += status == OC_OK || status == OC_E_UNSUPPORTED; /* a build without its library */
        oc_image_release(&image);
      }
      oc_free(bytes);
    }
    closedir(d);
    if (!good) fail_msg("there is no tests/bad/data/good* for the decoder %s", decoder->name);
  }
}

/* ---- training ------------------------------------------------------------------------------------------ */

typedef struct seen {
  const oc_hyperparameter *rows[64];
  const char *owners[64];
  int count;
} seen;

/* One name is one option of the program: it means the same wherever it is. */
static void add_hyperparameter(seen *s, const char *owner, const oc_hyperparameter *h) {
  check_hyperparameter(owner, h);
  for (int i = 0; i < s->count; i++) {
    const oc_hyperparameter *o = s->rows[i];
    if (strcmp(o->name, h->name) != 0) continue;
    if (o->low != h->low || o->high != h->high || o->above != h->above || o->below != h->below ||
        strcmp(o->help, h->help) != 0)
      fail_msg("%s means one thing for %s and another for %s", h->name, s->owners[i], owner);
  }
  assert_true(s->count < 64);
  s->rows[s->count] = h;
  s->owners[s->count++] = owner;
}

/* loss = mean of (w - 1)^2 over four weights; every optimizer brings it down. */
static void lowers_a_loss(const char *name) {
  oc_graph *g;
  oc_session *s;
  oc_error err;
  float x[4] = {1, 1, 1, 1};
  oc_tensor loss;
  float first = NAN, last = NAN;
  const oc_optimizer_options how = {.name = name, .learning_rate = 1e-3};
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node one = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 4));
  const oc_node w = oc_variable(g, "w", OC_SHAPE(4, 4), oc_init_of(OC_INIT_ONES));
  const oc_node y = oc_matmul(g, one, w, false, false);
  oc_named(g, oc_reduce_mean(g, oc_multiply(g, y, y), 0), "loss");
  oc_minimize(g, oc_find(g, "loss"), &how);
  assert_ok(oc_graph_status(g, &err), err);
  assert_ok(oc_session_create(g, NULL, &s, &err), err);
  for (int i = 0; i < 20; i++) {
    const oc_feed feed = {"x", {OC_F32, OC_SHAPE(1, 4), x}};
    const char *fetch[] = {"train_op", "loss"};
    oc_tensor results[2];
    assert_ok(oc_run(s, &feed, 1, fetch, 2, results, &err), err);
    loss = results[1];
    last = *(const float *)loss.data;
    if (i == 0) first = last;
  }
  if (!(last < first))
    fail_msg("optimizer %s: the loss went from %g to %g", name, (double)first, (double)last);
  oc_session_free(s);
  oc_graph_free(g);
}

/* A transform draws its numbers, and moves pixels, changes them or mixes images; or it picks others. The
 * script has a case for it. */
static void transforms(void **state) {
  (void)state;
  char *oracle = read_tests("oracle", "test_augment.py");
  const oc_transform *t;
  for (int i = 0; (t = oc_transform_at(i)); i++) {
    const oc_hyperparameter *h;
    is_name("transform", t->name);
    is_help("transform", t->name, t->summary);
    assert_ptr_equal(oc_transform_find(t->name, strlen(t->name)), t); /* so names are unique */
    for (int k = 0; (h = oc_hyperparameter_row(t->hyperparameters, k)); k++) check_hyperparameter(t->name, h);
    if (!!t->map + !!t->change + !!t->mix + !!t->pick != 1 || !t->draw == !t->pick)
      fail_msg("transform %s draws nothing, or has not one of map, change, mix and pick", t->name);
    for (int k = 0; k < OC_WORDS_MAX && t->words[k]; k++) is_name("word", t->words[k]);
    if (!mentions(oracle, t->name)) fail_msg("tests/oracle/test_augment.py has no case of %s", t->name);
  }
  free(oracle);
  const char *preset;
  for (int i = 0; (preset = oc_augmentation_preset_name(i)); i++) {
    is_name("augmentation", preset);
    is_help("augmentation", preset, oc_augmentation_preset_summary(preset));
    if (oc_transform_find(preset, strlen(preset))) fail_msg("a transform and a preset are called %s", preset);
  }
}

static void optimizers_and_schedules(void **state) {
  (void)state;
  const char *name;
  const oc_hyperparameter *h;
  seen s = {.count = 0};
  for (int i = 0; (name = oc_optimizer_name(i)); i++) {
    is_name("optimizer", name);
    is_help("optimizer", name, oc_optimizer_summary(name));
    for (int k = 0; (h = oc_optimizer_hyperparameter_at(name, k)); k++) add_hyperparameter(&s, name, h);
    lowers_a_loss(name);
  }
  for (int i = 0; (name = oc_lr_schedule_name(i)); i++) {
    const oc_lr_schedule *schedule;
    double values[OC_HYPERPARAMETERS_MAX] = {0};
    oc_error err;
    is_name("schedule", name);
    is_help("schedule", name, oc_lr_schedule_summary(name));
    assert_ok(oc_lr_schedule_find(name, &schedule, &err), err);
    for (int k = 0; (h = oc_lr_schedule_hyperparameter_at(name, k)); k++) {
      add_hyperparameter(&s, name, h);
      values[k] = h->fallback;
    }
    for (int step = 0; step <= 100; step++) {
      const oc_lr_position at = {step / 100.0, step / 10.0, 10, step, 101};
      const oc_lr_position more = {step / 200.0, step / 10.0, 20, step, 201};
      const double factor = schedule->factor(&at, values);
      if (!(factor >= 0 && isfinite(factor))) fail_msg("schedule %s: a factor of %g", name, factor);
      if (schedule->extends && factor != schedule->factor(&more, values))
        fail_msg("schedule %s depends on the number of epochs, but says that it does not", name);
    }
  }
}

static void callbacks(void **state) {
  (void)state;
  const oc_callback_info *info;
  for (int i = 0; (info = oc_callback_at(i)); i++) {
    is_name("callback", info->name);
    is_help("callback", info->name, info->help);
    if (!info->value || !*info->value) fail_msg("callback %s: its value has no name for help", info->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sources),    cmocka_unit_test(decoders),
      cmocka_unit_test(transforms), cmocka_unit_test(optimizers_and_schedules),
      cmocka_unit_test(callbacks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
