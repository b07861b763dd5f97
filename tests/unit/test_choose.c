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
      {{.images = 1600, .typical = {200, 300, 3}, .classes = 20}, "vgg", "64", true},
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

/* Of layers of another model only training is chosen: more and larger steps for one layer than for all. */
static void only_training_of_taken_layers_is_chosen(void **state) {
  (void)state;
  oc_choose_options o = {.images = 400, .typical = {200, 300, 3}, .classes = 20, .transfer = true};
  oc_choice all[OC_CHOICES_MAX], last[OC_CHOICES_MAX];
  oc_error err;
  int count, of_last;
  assert_ok(oc_choose(&o, all, &count, &err), err);
  o.frozen = true;
  assert_ok(oc_choose(&o, last, &of_last, &err), err);
  for (int i = 0; i < of_last; i++) assert_true(last[i].value[0] && last[i].reason[0]);
  assert_null(value_of(last, of_last, "preset"));
  assert_null(value_of(last, of_last, "size"));
  assert_null(value_of(last, of_last, "augment"));
  assert_true(atof(value_of(last, of_last, "lr")) > atof(value_of(all, count, "lr")));
  assert_true(atoi(value_of(last, of_last, "epochs")) > atoi(value_of(all, count, "epochs")));
  o.epochs = 3;
  o.optimizer = "momentum";
  assert_ok(oc_choose(&o, last, &of_last, &err), err);
  assert_null(value_of(last, of_last, "epochs"));
  assert_string_equal(value_of(last, of_last, "lr"), "0.05");
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

static int choose(const oc_choose_options *o, oc_choice list[OC_CHOICES_MAX]) {
  oc_error err;
  int count;
  assert_ok(oc_choose(o, list, &count, &err), err);
  assert_true(count <= OC_CHOICES_MAX);
  return count;
}

/* What is chosen and then given is not chosen again, and what is left to choose stays the same. */
static void chosen_once(void **state) {
  (void)state;
  static const oc_choose_options rows[] = {
      {.images = 300, .typical = {300, 200, 3}, .classes = 2},
      {.images = 1600, .typical = {200, 300, 3}, .classes = 20, .smallest = 10, .largest = 200},
      {.images = 60000, .typical = {28, 28, 1}, .classes = 10, .minutes = 0.001},
      {.images = 100000, .typical = {500, 400, 3}, .classes = 1000, .minutes = 1e5},
      {.images = 1, .typical = {1, 100000, 1}, .classes = 2, .uniform = true},
      {.images = 5000, .typical = {40, 30, 3}, .classes = 7, .uniform = true},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    oc_choice list[OC_CHOICES_MAX], rest[OC_CHOICES_MAX];
    oc_choose_options o = rows[i];
    const int count = choose(&o, list);
    long long height = 0, width = 0;
    o.preset = value_of(list, count, "preset");
    if (sscanf(value_of(list, count, "size"), "%lldx%lld", &height, &width) < 2) width = height;
    o.size = height, o.width = width;
    o.epochs = atoll(value_of(list, count, "epochs"));
    o.batch = atoll(value_of(list, count, "batch"));
    o.optimizer = value_of(list, count, "optimizer");
    o.schedule = value_of(list, count, "schedule");
    const int left = choose(&o, rest);
    for (int k = 0; k < left; k++) assert_string_equal(value_of(list, count, rest[k].option), rest[k].value);
    assert_int_equal(left, count - 6);
    for (int k = 0; k < count; k++) assert_true(list[k].reason[0] && list[k].value[0]);
  }
}

static const struct {
  oc_choose_options o;
  const char *option, *value;
} follows[] = {
    {{.images = 100, .typical = {20, 30, 3}, .classes = 2, .uniform = true}, "size", "20x30"},
    {{.images = 100, .typical = {30, 20, 3}, .classes = 2, .uniform = true}, "size", "30x20"},
    {{.images = 100, .typical = {20, 30, 3}, .classes = 2}, "size", "20"},
    {{.images = 100, .typical = {10, 4000, 1}, .classes = 2, .uniform = true}, "size", "16x64"},
    {{.images = 100, .typical = {20, 30, 3}, .classes = 2, .size = 9, .net = "dense CLASSES"}, "size", NULL},
    {{.images = 10000, .typical = {20, 30, 3}, .classes = 2}, "batch", "64"},
    {{.images = 100, .typical = {20, 30, 3}, .classes = 2}, "batch", "8"},
    {{.images = 1, .typical = {20, 30, 3}, .classes = 2}, "batch", "8"},
    {{.images = 100, .typical = {20, 30, 3}, .classes = 2, .batch = 5}, "batch", NULL},
    {{.images = 100, .typical = {20, 30, 3}, .classes = 2, .optimizer = "sgd"}, "lr", "0.1"},
    {{.images = 100, .typical = {20, 30, 3}, .classes = 2, .optimizer = "mine"}, "lr", "1e-3"},
    {{.images = 100, .typical = {32, 32, 3}, .classes = 2, .preset = "resnet20"}, "l2", "1e-4"},
    {{.images = 100, .typical = {32, 32, 3}, .classes = 2, .preset = "resnet20", .optimizer = "adam"},
     "l2",
     NULL},
    {{.images = 100, .typical = {32, 32, 3}, .classes = 2, .preset = "resnet8"}, "lr", "2e-3"},
    {{.images = 100, .typical = {32, 32, 3}, .classes = 2, .preset = "resnet8"}, "schedule", "cosine"},
    {{.images = 100, .typical = {32, 32, 3}, .classes = 2, .net = "dense CLASSES"}, "preset", NULL},
    {{.images = 9, .typical = {9, 9, 1}, .classes = 2, .smallest = 10, .largest = 30}, "class-weights", NULL},
    {{.images = 9, .typical = {9, 9, 1}, .classes = 2, .smallest = 10, .largest = 31},
     "class-weights",
     "balanced"},
    {{.images = 9, .typical = {9, 9, 1}, .classes = 2, .smallest = 10, .largest = 99},
     "class-weights",
     "balanced"},
    {{.images = 9, .typical = {9, 9, 1}, .classes = 2, .smallest = 10, .largest = 100},
     "class-weights",
     NULL},
    {{.images = 9, .typical = {9, 9, 1}, .classes = 2, .smallest = 10, .largest = 100},
     "sampling",
     "balanced"},
    {{.images = 9, .typical = {9, 9, 1}, .classes = 2, .smallest = 1, .largest = INT64_MAX},
     "sampling",
     "balanced"},
    {{.images = 9, .typical = {9, 9, 1}, .classes = 2, .largest = 100}, "sampling", NULL},
    {{.images = 9, .typical = {32, 32, 3}, .classes = 2, .uniform = true}, "augment", "crop 4"},
    {{.images = 9, .typical = {32, 32, 3}, .classes = 2, .uniform = true, .preset = "fast"},
     "augment",
     "shift 2"},
    {{.images = 9, .typical = {32, 32, 3}, .classes = 2},
     "augment",
     "resizedcrop 0.4, brightness 0.2, contrast 0.2, saturation 0.2"},
    {{.images = 9, .typical = {64, 64, 3}, .classes = 2, .uniform = true, .preset = "fast"},
     "augment",
     "resizedcrop 0.4"},
    {{.images = 9, .typical = {32, 32, 1}, .classes = 2}, "augment", "shift 2, rotate 10"},
    {{.images = INT64_MAX, .typical = {32, 32, 3}, .classes = 65536}, "epochs", "1"},
};

/* The options of the choice that follow from single numbers. */
static void choices_follow_from(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof follows / sizeof *follows; i++) {
    oc_choice list[OC_CHOICES_MAX];
    const int count = choose(&follows[i].o, list);
    const char *value = value_of(list, count, follows[i].option);
    if (!value != !follows[i].value || (value && strcmp(value, follows[i].value) != 0))
      fail_msg("row %d: %s %s", (int)i, follows[i].option, value ? value : "(none)");
  }
}

/* Every value that a row can give is one that training takes. */
static void values_are_sound(void **state) {
  (void)state;
  const char *preset;
  for (int i = 0; (preset = oc_net_preset_name(i)); i++)
    for (int channels = 1; channels <= 3; channels += 2) {
      oc_choice list[OC_CHOICES_MAX];
      oc_augmentation *augmentation;
      oc_error err;
      const oc_choose_options o = {
          .images = 100, .typical = {64, 64, channels}, .classes = 3, .preset = preset};
      const int count = choose(&o, list);
      const char *optimizer = value_of(list, count, "optimizer"),
                 *schedule = value_of(list, count, "schedule");
      bool known = false;
      for (int k = 0; oc_optimizer_name(k); k++)
        known = known || strcmp(oc_optimizer_name(k), optimizer) == 0;
      assert_true(known);
      known = false;
      for (int k = 0; oc_lr_schedule_name(k); k++)
        known = known || strcmp(oc_lr_schedule_name(k), schedule) == 0;
      assert_true(known);
      assert_true(strtod(value_of(list, count, "lr"), NULL) > 0);
      assert_ok(
          oc_augmentation_create(value_of(list, count, "augment"), o.typical, NULL, &augmentation, &err),
          err);
      oc_augmentation_free(augmentation);
      for (int k = 0; k < count; k++) assert_null(strstr(list[k].value, "flip"));
    }
}

static void described(void **state) {
  (void)state;
  oc_data data;
  oc_error err;
  oc_choose_options o = oc_choose_defaults();
  assert_ok(oc_data_open("digits:47:3", NULL, &data, &err), err);
  assert_ok(oc_choose_describe(data.train, &o, &err), err);
  assert_int_equal(o.images, 40);
  assert_int_equal(o.classes, 10);
  assert_int_equal(o.smallest, 4);
  assert_int_equal(o.largest, 4);
  assert_true(o.typical.height == 28 && o.typical.width == 28 && o.typical.channels == 1 && o.uniform);
  oc_data_close(&data);
  const uint8_t pixels[2] = {1, 2};
  const oc_dataset_options plain = {.count = 2, .size = {1, 1, 1}};
  oc_dataset *d;
  assert_ok(oc_dataset_from_memory(pixels, &plain, &d, &err), err);
  assert_fails(oc_choose_describe(d, &o, &err), OC_E_ARGUMENT, err, "no classes");
  oc_dataset_free(d);
}

/* No size that the net takes: the error is the net's own. */
static void nets_that_do_not_fit(void **state) {
  (void)state;
  static const char *const nets[] = {"conv 9x", "conv 99x99x1 | dense CLASSES", "dense 7"};
  for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
    const oc_choose_options o = {.images = 9, .typical = {90, 90, 1}, .classes = 2, .net = nets[i]};
    oc_choice list[OC_CHOICES_MAX];
    oc_error err;
    int count;
    assert_fails(oc_choose(&o, list, &count, &err), OC_E_NET, err, "");
    assert_int_equal(count, 0);
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
              {{.images = 9, .typical = {8, 8, 1}, .classes = 2, .width = 20}, "got 20 and 0"},
              {{.images = 9, .typical = {8, 8, 1}, .classes = 2, .batch = -1}, "got 0 and -1"},
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
                                     cmocka_unit_test(only_training_of_taken_layers_is_chosen),
                                     cmocka_unit_test(minutes_and_repetition),
                                     cmocka_unit_test(refusals),
                                     cmocka_unit_test(chosen_once),
                                     cmocka_unit_test(choices_follow_from),
                                     cmocka_unit_test(values_are_sound),
                                     cmocka_unit_test(described),
                                     cmocka_unit_test(nets_that_do_not_fit),
                                     cmocka_unit_test(cost_of_a_network)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
