/* Does filling a batch report the first image that cannot be read, whichever thread meets it, and leave
 * nothing undefined? */
#include "base/thread_pool.h"
#include "data/input.h"
#include "harness.h"
#include "ocellus/data.h"
#include <string.h>

enum { COUNT = 64 };

static void the_first_failure_is_reported(void **state) {
  (void)state;
  oc_error err;
  oc_data data;
  assert_ok(oc_data_open("digits", NULL, &data, &err), err);
  oc_standardizer standardizer;
  assert_ok(oc_standardizer_fit(data.train, &standardizer, &err), err);
  const oc_image_shape shape = oc_dataset_image_shape(data.train);
  int64_t order[COUNT];
  for (int64_t i = 0; i < COUNT; i++) order[i] = i < 21 ? i : 900000 + i;
  for (int threads = 1; threads <= 3; threads++) {
    oc_thread_pool *pool;
    oc_input input;
    assert_ok(oc_thread_pool_create(threads, &pool, &err), err);
    assert_ok(oc_input_create(COUNT, shape, NULL, 0, &input, &err), err);
    memset(input.pixels, 77, (size_t)(COUNT * input.image));
    const oc_images from = {.data = data.train, .order = order};
    assert_int_equal(oc_input_fill(&input, &from, 0, COUNT, &standardizer, pool, &err), OC_E_ARGUMENT);
    assert_non_null(strstr(err.message, "900021"));
    assert_int_equal(input.pixels[COUNT * input.image - 1], 0);
    assert_ok(oc_input_fill(&input, &from, 0, 21, &standardizer, pool, &err), err);
    oc_input_release(&input);
    oc_thread_pool_free(pool);
  }
  oc_standardizer_release(&standardizer);
  oc_data_close(&data);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_first_failure_is_reported)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
