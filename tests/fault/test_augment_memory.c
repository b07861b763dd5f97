/* Does making an augmentation come back with an error and nothing leaked, whichever allocation fails? */
#include "fault/alloc.h"
#include "harness.h"
#include "ocellus/augment.h"

static void creating_fails_in_words(void **state) {
  (void)state;
  oc_status status = OC_E_MEMORY;
  long n = 0;
  while (status != OC_OK) {
    oc_augmentation *a = NULL;
    oc_error err = {0};
    fault_fail_at(++n);
    status = oc_augmentation_create("shift 2, rotate 10, flip, mixup, cutmix", (oc_image_shape){8, 8, 3},
                                    NULL, &a, &err);
    fault_fail_at(0);
    if (status != OC_OK && (status != OC_E_MEMORY || a || !err.message[0]))
      fail_msg("allocation %ld: %s '%s'", n, oc_status_name(status), err.message);
    oc_augmentation_free(a);
  }
  assert_true(n > 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(creating_fails_in_words)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
