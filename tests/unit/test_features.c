/* Are filters the model's weights, and features what the formula makes of them? Convolution and ReLU are
 * computed here in float64 with the library's own definition by hand (convolve.h), which is compared with
 * SciPy elsewhere. */
#include "harness.h"
#include "ocellus/convolve.h"
#include "ocellus/features.h"
#include <math.h>

static oc_model *make(const char *net) {
  oc_data data;
  oc_model *m;
  oc_error err;
  oc_model_options how = oc_model_defaults();
  how.net = net;
  assert_ok(oc_data_open("digits:20:10", NULL, &data, &err), err);
  assert_ok(oc_model_create(data.train, &how, &m, &err), err);
  oc_data_close(&data);
  return m;
}

static void an_image(uint8_t *pixels) {
  for (int i = 0; i < 784; i++) pixels[i] = (uint8_t)(i * 37 % 256);
}

static void assert_shape(const oc_layer_values *v, oc_shape wanted) {
  assert_true(oc_shape_equal(&v->values.shape, &wanted));
}

static void features_are_what_filters_make(void **state) {
  (void)state;
  enum { SIDE = 28, OUT = 26, MAPS = 3 };
  oc_model *m = make("conv 3x3x3 relu valid | dense CLASSES");
  oc_layer_values w = {0}, x = {0}, y = {0};
  uint8_t pixels[SIDE * SIDE];
  double in[SIDE * SIDE], kernel[9], map[OUT * OUT];
  oc_convolve2d_options how = oc_convolve2d_defaults();
  oc_error err;
  how.mode = OC_CONVOLVE_VALID;
  how.correlate = true;
  an_image(pixels);
  assert_ok(oc_model_filters(m, NULL, &w, &err), err);
  assert_ok(oc_model_features(m, pixels, "tf_x", &x, &err), err);
  assert_ok(oc_model_features(m, pixels, NULL, &y, &err), err);
  assert_string_equal(w.name, "conv_1/_weights");
  assert_string_equal(y.name, "conv_1/activation");
  assert_shape(&w, OC_SHAPE(3, 3, 1, MAPS));
  assert_shape(&y, OC_SHAPE(OUT, OUT, MAPS));
  for (int i = 0; i < SIDE * SIDE; i++) in[i] = (double)((const float *)x.values.data)[i];
  for (int k = 0; k < MAPS; k++) {
    for (int i = 0; i < 9; i++) kernel[i] = (double)((const float *)w.values.data)[i * MAPS + k];
    const oc_convolve2d_sizes sizes = {1, SIDE, SIDE, 1, 3, 3, 1};
    assert_ok(oc_convolve2d(&sizes, in, kernel, &how, map, &err), err);
    for (int i = 0; i < OUT * OUT; i++) {
      const double got = (double)((const float *)y.values.data)[i * MAPS + k], wanted = fmax(0, map[i]);
      if (fabs(got - wanted) > 1e-5 * (1 + wanted)) fail_msg("map %d at %d: %g is not %g", k, i, got, wanted);
    }
  }
  oc_layer_values_release(&w);
  oc_layer_values_release(&x);
  oc_layer_values_release(&y);
  oc_model_free(m);
}

static void values_are_copies(void **state) {
  (void)state;
  oc_model *m = make("dense CLASSES");
  oc_layer_values w = {0};
  oc_error err;
  assert_ok(oc_model_filters(m, "fc_1", &w, &err), err);
  assert_shape(&w, OC_SHAPE(28, 28, 1, 10)); /* of each pixel, for each class */
  const float first = *(float *)w.values.data;
  *(float *)w.values.data = first + 1;
  oc_layer_values_release(&w);
  oc_layer_values_release(&w);
  assert_ok(oc_model_filters(m, "fc_1", &w, &err), err);
  assert_true(*(float *)w.values.data == first);
  oc_layer_values_release(&w);
  oc_layer_values_release(NULL);
  oc_model_free(m);
}

static void what_is_not_there_is_refused(void **state) {
  (void)state;
  oc_model *m = make("conv 3x3x3 relu | maxpool 2 | dense CLASSES");
  oc_layer_values v = {0};
  uint8_t pixels[784];
  oc_error err;
  an_image(pixels);
  assert_int_equal(oc_model_filters(m, "maxpool_1", &v, &err), OC_E_ARGUMENT);
  assert_non_null(strstr(err.hint, "conv_1/_weights"));
  assert_int_equal(oc_model_filters(NULL, NULL, &v, &err), OC_E_ARGUMENT);
  assert_int_equal(oc_model_features(m, NULL, "conv_1", &v, &err), OC_E_ARGUMENT);
  assert_int_equal(oc_model_features(m, pixels, "conv", &v, &err), OC_E_ARGUMENT);
  assert_int_equal(oc_model_features(m, pixels, "labels", &v, &err), OC_E_ARGUMENT);
  assert_int_equal(oc_model_features(m, pixels, "", &v, &err), OC_E_ARGUMENT);
  assert_null(v.values.data);
  oc_model_free(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(features_are_what_filters_make),
      cmocka_unit_test(values_are_copies),
      cmocka_unit_test(what_is_not_there_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
