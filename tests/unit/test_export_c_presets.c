/* Does the C source of each preset answer as the engine does? The compilers read megabytes of weights, so
 * this has the label `once`; what the export writes is the same in every build. */
#include "exported_fixture.h"

static void presets_answer_as_the_engine(void **state) {
  (void)state;
  for (int i = 0; oc_net_preset_name(i); i++) {
    const char *name = oc_net_preset_name(i);
    const bool color = strstr("vgg resnet8 resnet20 mobile", name) != NULL;
    check_network(&(network){name, color ? (oc_image_shape){32, 32, 3} : (oc_image_shape){28, 28, 1}, 10}, i);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(presets_answer_as_the_engine, harness_enter_folder,
                                      harness_leave_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
