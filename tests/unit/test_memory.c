/* Is memory aligned, zeroed and refused on overflow, and does an arena keep its pieces apart? */
#include "harness.h"
#include "base/checked.h"
#include "base/memory.h"

static void assert_zero(const void *memory, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) assert_int_equal(((const unsigned char *)memory)[i], 0);
}

static void aligned_and_zeroed(void **state) {
  (void)state;
  for (size_t bytes = 0; bytes < 300; bytes += 7) {
    unsigned char *p = oc_memory_alloc(bytes);
    assert_non_null(p);
    assert_int_equal((uintptr_t)p % OC_ALIGNMENT, 0);
    assert_zero(p, bytes);
    memset(p, 0xff, bytes); /* the next one may get the same memory, and must not see this */
    oc_memory_free(p);
  }
  oc_memory_free(NULL);
}

static void overflow_is_refused(void **state) {
  (void)state;
  assert_null(oc_memory_array(SIZE_MAX / 2, 3));
  assert_null(oc_memory_alloc(SIZE_MAX));
  assert_null(oc_memory_alloc((size_t)PTRDIFF_MAX + 1));
  oc_arena arena = {0};
  assert_null(oc_arena_alloc(&arena, SIZE_MAX));
  assert_null(oc_arena_alloc(&arena, PTRDIFF_MAX));
  oc_arena_free(&arena);
}

static void grow_keeps_the_old(void **state) {
  (void)state;
  char *p = oc_memory_copy("abcdef", 6);
  p = oc_memory_grow(p, 6, 100);
  assert_memory_equal(p, "abcdef", 6);
  assert_zero(p + 6, 94);
  assert_null(oc_memory_grow(p, 100, SIZE_MAX)); /* p is still ours */
  assert_memory_equal(p, "abcdef", 6);
  oc_memory_free(p);
  p = oc_memory_grow(NULL, 0, 4);
  assert_zero(p, 4);
  oc_memory_free(p);
}

static void copies(void **state) {
  (void)state;
  char *text = oc_memory_string("h\xc3\xa9");
  assert_string_equal(text, "h\xc3\xa9");
  oc_memory_free(text);
  void *nothing = oc_memory_copy(NULL, 0);
  assert_non_null(nothing);
  oc_memory_free(nothing);
}

static void arena_pieces_do_not_overlap(void **state) {
  (void)state;
  enum { PIECES = 400 };
  unsigned char *piece[PIECES];
  size_t size[PIECES];
  oc_arena arena = {0};
  for (int i = 0; i < PIECES; i++) {
    size[i] = i % 50 == 49 ? 20000 : (size_t)(i * 37 % 400); /* some larger than a block */
    piece[i] = oc_arena_alloc(&arena, size[i]);
    assert_non_null(piece[i]);
    assert_int_equal((uintptr_t)piece[i] % 16, 0);
    assert_zero(piece[i], size[i]);
    memset(piece[i], i % 251, size[i]);
  }
  for (int i = 0; i < PIECES; i++)
    for (size_t k = 0; k < size[i]; k++) assert_int_equal(piece[i][k], i % 251);
  assert_string_equal(oc_arena_string(&arena, "name"), "name");
  assert_memory_equal(oc_arena_copy(&arena, "a\0b", 3), "a\0b", 3);
  oc_arena_free(&arena);
  assert_null(arena.blocks);
  oc_arena_free(&arena);
}

static void checked_arithmetic(void **state) {
  (void)state;
  int64_t a = 7;
  assert_true(oc_mul_i64(INT64_MAX, 1, &a) && a == INT64_MAX);
  assert_false(oc_mul_i64(INT64_MAX, 2, &a));
  assert_false(oc_add_i64(INT64_MAX, 1, &a));
  assert_true(a == INT64_MAX);
  size_t s = 3;
  assert_false(oc_mul_size(SIZE_MAX, 2, &s));
  assert_false(oc_add_size(SIZE_MAX, 1, &s));
  assert_int_equal(s, 3);
  assert_int_equal(oc_ceil_div(7, 3), 3);
  assert_int_equal(oc_round_up(65, 64), 128);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(aligned_and_zeroed),          cmocka_unit_test(overflow_is_refused),
      cmocka_unit_test(grow_keeps_the_old),          cmocka_unit_test(copies),
      cmocka_unit_test(arena_pieces_do_not_overlap), cmocka_unit_test(checked_arithmetic),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
