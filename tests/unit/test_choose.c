/* What oc_choose chooses for data: does the estimate stay under the minutes, and do the choices follow from
 * the data as documented? */
#include "harness.h"
#include "ocellus/ocellus.h"

static const char *value_of(const oc_choice *list, int count, const char *option) {
  for (int i = 0; i < count; i++)
    if (strcmp(list[i].option, option) == 0) return list[i].value;
  return NULL;
}

/* The seconds of the chosen run at the stated speed, computed here once more. */
static double seconds_of(const oc_choose_options *o, const char *preset, int64_t size, int64_t epochs) {
  const oc_network n = {.net = preset, .input = {size, size, o->typical.channels}, .classes = o->classes};
  oc_cost forward, backward;
  oc_error err;
  assert_ok(oc_network_cost(&n, &forward, &backward, &err), err);
  const double each = (forward.flops + backward.flops) / 2 / 80e9 + (forward.bytes + backward.bytes) / 20e9;
  return each * (double)o->images * (double)epochs;
}

static void chosen_runs_fit(void **state) {
  (void)state;
  static const struct {
    oc_choose_options o;
    const char *preset, *size;
    bool fits;
  } rows[] = {
      {{.images = 60000, .typical = {28, 28, 1}, .classes = 10}, "best", "28", true},
      {{.images = 50000, .typical = {32, 32, 3}, .classes = 10}, "vgg", "32", true},
      {{.images = 1600, .typical = {200, 300, 3}, .classes = 20}, "vgg", "80", true},
      {{.images = 300, .typical = {15, 40, 1}, .classes = 2}, "fast", "16", true},
      {{.images = 50000, .typical = {32, 32, 3}, .classes = 10, .minutes = 0.01}, "fast", NULL, false},
      {{.images = 50000, .typical = {32, 32, 3}, .classes = 10, .preset = "resnet8"}, NULL, "32", true},
      {{.images = 50000, .typical = {32, 32, 3}, .classes = 10, .size = 24}, "resnet20", NULL, true},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const oc_choose_options *o = &rows[i].o;
    oc_choice list[OC_CHOICES_MAX];
    oc_error err;
    int count;
    assert_ok(oc_choose(o, list, &count, &err), err);
    const char *preset = value_of(list, count, "preset"), *size = value_of(list, count, "size");
    const char *epochs = value_of(list, count, "epochs");
    assert_non_null(epochs);
    if (!rows[i].preset != !preset || (preset && strcmp(preset, rows[i].preset) != 0))
      fail_msg("row %d: preset %s", (int)i, preset ? preset : "(none)");
    if (rows[i].size && strcmp(size, rows[i].size) != 0) fail_msg("row %d: size %s", (int)i, size);
    const double seconds =
        seconds_of(o, preset ? preset : o->preset, size ? atoll(size) : o->size, atoll(epochs));
    const double most = (o->minutes > 0 ? o->minutes : 20) * 60;
    if ((seconds <= most) != rows[i].fits) fail_msg("row %d: %s epochs take %g s", (int)i, epochs, seconds);
    for (int k = 0; k < count; k++) assert_true(list[k].option[0] && list[k].value[0] && list[k].reason[0]);
  }
}

/* More minutes never mean fewer epochs of the same network, and the same question has the same answer. */
static void minutes_and_repetition(void **state) {
  (void)state;
  int64_t before = 0;
  for (double minutes = 5; minutes <= 40; minutes *= 2) {
    const oc_choose_options o = {.images = 50000,
                                 .typical = {32, 32, 3},
                                 .classes = 10,
                                 .minutes = minutes,
                                 .preset = "vgg",
                                 .size = 32};
    oc_choice list[OC_CHOICES_MAX], again[OC_CHOICES_MAX];
    oc_error err;
    int count, same;
    assert_ok(oc_choose(&o, list, &count, &err), err);
    assert_ok(oc_choose(&o, again, &same, &err), err);
    assert_int_equal(count, same);
    for (int i = 0; i < count; i++) assert_string_equal(list[i].value, again[i].value);
    const int64_t epochs = atoll(value_of(list, count, "epochs"));
    assert_true(epochs >= before);
    before = epochs;
    assert_null(value_of(list, count, "size"));
    assert_null(value_of(list, count, "preset"));
  }
}

static void refusals(void **state) {
  (void)state;
  static const struct {
    oc_choose_options o;
    const char *part;
  } rows[] = {{{.images = 0, .typical = {8, 8, 1}, .classes = 2}, "cannot choose for 0 images"},
              {{.images = 9, .typical = {8, 8, 2}, .classes = 2}, "8x8x2"},
              {{.images = 9, .typical = {8, 8, 1}, .classes = 1}, "in 1 classes"},
              {{.images = 9, .typical = {8, 8, 1}, .classes = 2, .minutes = -1}, "must be above 0, got -1"},
              {{.images = 9, .typical = {8, 8, 1}, .classes = 2, .size = 70000}, "got 70000 and 0"},
              {{.images = 9, .typical = {8, 8, 1}, .classes = 2, .preset = "none"}, "unknown preset 'none'"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    oc_choice list[OC_CHOICES_MAX];
    oc_error err;
    int count;
    assert_fails(oc_choose(&rows[i].o, list, &count, &err), OC_E_ARGUMENT, err, rows[i].part);
  }
}

/* Of a dense layer: two flops for each weight forward and for its gradient; none for the image's. */
static void cost_of_a_network(void **state) {
  (void)state;
  const oc_network n = {.net = "dense 100 relu | dense CLASSES", .input = {20, 20, 1}, .classes = 10};
  oc_cost forward, backward;
  oc_error err;
  assert_ok(oc_network_cost(&n, &forward, &backward, &err), err);
  const double products = 2 * (400 * 100 + 100 * 10), gradients = products + 2 * 100 * 10;
  assert_true(forward.flops >= products && forward.flops < products + 2000);
  assert_true(backward.flops >= gradients && backward.flops < gradients + 2000);
  assert_true(forward.bytes > 4 * 510 && backward.bytes > 4 * 510);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(chosen_runs_fit),
                                     cmocka_unit_test(minutes_and_repetition), cmocka_unit_test(refusals),
                                     cmocka_unit_test(cost_of_a_network)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
