/* Options of programs of other versions: is a struct of another size read, and refused where it cannot be? */
#include "option_rows.h"

/* As of the program of another version: with a size, with more after it, with less. */
static void sizes_are_read(void **state) {
  (void)state;
  int count;
  const row *list = rows(&count);
  for (int i = 0; i < count; i++) {
    unsigned char *larger = calloc(1, list[i].size + 64);
    const size_t size = list[i].size + 64;
    assert_non_null(larger);
    memcpy(larger, &size, sizeof size); /* a later version, whose options are not set */
    if (list[i].use(larger) != list[i].use(NULL)) fail_msg("a larger %s is not the default", list[i].name);
    memcpy(larger, &list[i].size, sizeof size);
    if (list[i].use(larger) != list[i].use(NULL))
      fail_msg("a %s with its size is not the default", list[i].name);
    free(larger);
  }
}

/* Of options that need no model; OC_OK for others. */
static oc_status refuse_alone(const char *name, const void *options, oc_error *err) {
  oc_graph *g;
  oc_data data;
  oc_convnn *c;
  if (strcmp(name, "oc_graph_options") == 0) return oc_graph_create(options, &g, err);
  if (strcmp(name, "oc_augmentation_options") == 0)
    return oc_augmentation_create("flip", (oc_image_shape){3, 3, 1}, options, &(oc_augmentation *){NULL},
                                  err);
  if (strcmp(name, "oc_data_options") == 0) return oc_data_open("xo:13:2", options, &data, err);
  if (strcmp(name, "oc_dataset_options") == 0) {
    oc_dataset *d;
    return oc_dataset_from_memory((const uint8_t *)"", options, &d, err);
  }
  if (strcmp(name, "oc_image_options") == 0) {
    oc_image_details details;
    return oc_image_probe("p", "P5 1 1 9 x", 10, options, &details, err);
  }
  if (strcmp(name, "oc_fetch_options") == 0) return oc_fetch("mnist", options, err);
  if (strcmp(name, "oc_doctor_options") == 0)
    return oc_doctor_examine("digits", options, &(oc_doctor *){NULL}, err);
  if (strcmp(name, "oc_convnn_options") == 0) return oc_convnn_create(options, &c, err);
  if (strcmp(name, "oc_convolve1d_options") == 0)
    return oc_convolve1d_axis(7, 3, options, &(oc_convolve_axis){0}, err);
  if (strcmp(name, "oc_convolve2d_options") == 0)
    return oc_convolve2d_axes(&(oc_convolve2d_sizes){1, 3, 4, 1, 2, 2, 1}, options, (oc_convolve_axis[2]){0},
                              err);
  if (strcmp(name, "oc_pool2d_options") == 0)
    return oc_pool2d_axes(&(oc_pool2d_sizes){1, 3, 4, 1}, options, (oc_convolve_axis[2]){0}, err);
  if (strcmp(name, "oc_activate_options") == 0)
    return oc_convolve_activate(ramp, 1, 1, options, (double[1]){0}, NULL, err);
  if (strcmp(name, "oc_net_options") == 0) {
    char *text;
    return oc_net_canonicalize("dense CLASSES", 3, options, &text, err);
  }
  if (strcmp(name, "oc_choose_options") == 0)
    return oc_choose(options, (oc_choice[OC_CHOICES_MAX]){{0}}, &(int){0}, err);
  if (strcmp(name, "oc_loading_options") == 0) {
    oc_data digits = open_digits();
    const oc_status status = oc_loading_measure(digits.train, options, &(oc_loading){0}, err);
    oc_data_close(&digits);
    return status;
  }
  return OC_OK;
}

static oc_status refuse(const char *name, const void *options, oc_error *err) {
  const oc_status alone = refuse_alone(name, options, err);
  if (alone != OC_OK) return alone;
  oc_graph *g;
  oc_session *session;
  oc_data digits = open_digits();
  oc_model *m = NULL, *wrong;
  oc_plan *plan;
  oc_error none;
  assert_ok(oc_model_create(digits.train, &(oc_model_options){.net = "dense CLASSES"}, &m, &none), none);
  g = oc_model_graph(m);
  const oc_node x = oc_find(g, "tf_x"),
                w = oc_variable(g, "w", OC_SHAPE(3, 2, 1, 6), oc_init_of(OC_INIT_ZEROS));
  const oc_node loss = oc_find(g, "cross_entropy_loss");
  oc_status status = OC_OK;
  if (strcmp(name, "oc_conv2d_options") == 0) oc_conv2d(g, x, w, options);
  if (strcmp(name, "oc_batch_norm_options") == 0) oc_batch_norm(g, x, options);
  if (strcmp(name, "oc_pool_options") == 0) oc_max_pool(g, x, options);
  if (strcmp(name, "oc_optimizer_options") == 0) oc_minimize(g, loss, options);
  if (strcmp(name, "oc_model_options") == 0) status = oc_model_create(digits.train, options, &wrong, err);
  if (strcmp(name, "oc_graph_model_options") == 0)
    status = oc_model_from_graph(g, x, oc_find(g, "fc_1/net_pre-activation"), options, &wrong, err);
  if (strcmp(name, "oc_c_export_options") == 0) status = oc_model_export_c(m, "unused", options, NULL, err);
  if (strcmp(name, "oc_fit_options") == 0) status = oc_model_fit(m, digits.train, NULL, options, err);
  if (strcmp(name, "oc_onnx_export_options") == 0)
    status = oc_model_export_onnx(m, "absent/file", options, err);
  if (strcmp(name, "oc_rule_options") == 0) status = oc_model_set_rule(m, options, err);
  if (strcmp(name, "oc_plan_options") == 0)
    status = oc_plan_create(oc_model_session(m), &loss, 1, options, &plan, err);
  if (strcmp(name, "oc_session_options") == 0) status = oc_session_create(g, options, &session, err);
  if (status == OC_OK) status = oc_graph_status(g, err);
  oc_model_free(m);
  oc_data_close(&digits);
  return status;
}

/* Options of a later version that are set, and a size that no version has. */
static void wrong_sizes_are_refused(void **state) {
  (void)state;
  int count;
  const row *list = rows(&count);
  for (int i = 0; i < count; i++)
    for (int less = 0; less < 2; less++) {
      const size_t size = less ? list[i].size - 1 : list[i].size + 64;
      unsigned char *options = calloc(1, list[i].size + 64);
      oc_error err = {0};
      assert_non_null(options);
      memcpy(options, &size, sizeof size);
      options[list[i].size + 7] = 1;
      const oc_status status = refuse(list[i].name, options, &err);
      free(options);
      if (status != OC_E_ARGUMENT || strcmp(err.where, list[i].name) != 0 ||
          !strstr(err.message, "struct_size"))
        fail_msg("%s of %zu bytes: status %d, %s: %s", list[i].name, size, (int)status, err.where,
                 err.message);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes_are_read),
      cmocka_unit_test(wrong_sizes_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
