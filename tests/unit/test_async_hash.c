/* Is the hash that is made during reading that of the parts, however the bytes come and move, and can it be
 * stopped? */
#include "harness.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "formats/async_hash.h"

static unsigned char *bytes_of(size_t size) {
  unsigned char *bytes = malloc(size + 1);
  assert_non_null(bytes);
  for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)(i * 131 + i / 1001);
  return bytes;
}

static void hash_of(const oc_sum_part *parts, int count, const unsigned char *bytes, char hex[65]) {
  oc_sha256 s;
  oc_sha256_init(&s);
  for (int i = 0; i < count; i++) {
    oc_sha256_add(&s, parts[i].text, parts[i].text_size);
    if (parts[i].size)
      oc_sha256_add(&s, (parts[i].bytes ? parts[i].bytes : bytes + parts[i].begin), parts[i].size);
  }
  oc_sha256_hex(&s, hex);
}

/* Tells `size` bytes in pieces; every third time they move to memory of their own, and the old is
 * overwritten. */
static void tell_all(oc_async_hash *h, const unsigned char *all, size_t size, size_t piece, bool moves,
                     unsigned char **now) {
  *now = malloc(size + 1);
  assert_non_null(*now);
  for (size_t have = 0, turn = 0; have < size; turn++) {
    if (moves && turn % 3 == 2) {
      unsigned char *next = malloc(size + 1);
      assert_non_null(next);
      oc_async_hash_tell(h, NULL, 0);
      memcpy(next, *now, have);
      memset(*now, 0xff, size);
      free(*now);
      *now = next;
    }
    const size_t more = piece < size - have ? piece : size - have;
    memcpy(*now + have, all + have, more);
    have += more;
    oc_async_hash_tell(h, *now, have);
  }
}

static void check(const oc_sum_part *parts, int count, size_t size, size_t piece, bool moves) {
  unsigned char *all = bytes_of(size), *now;
  char want[65], got[65];
  hash_of(parts, count, all, want);
  oc_async_hash *h = oc_async_hash_create(parts, count);
  assert_non_null(h);
  tell_all(h, all, size, piece, moves, &now);
  oc_async_hash_hex(h, got);
  assert_string_equal(got, want);
  oc_async_hash_hex(h, got);
  assert_string_equal(got, want);
  oc_async_hash_free(h);
  free(now);
  free(all);
}

/* Parts in the order of the bytes, against it, with texts and without, with holes and without bytes; and none
 * at all. */
static void any_parts_and_pieces(void **state) {
  (void)state;
  static const size_t sizes[] = {100, 65544, 300000, 2000003}, pieces[] = {5000, 65536, 262144, 2000003};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++)
      for (int moves = 0; moves < 2; moves++) {
        const size_t n = sizes[i], third = n / 3;
        const oc_sum_part whole = {.begin = 0, .size = n};
        const oc_sum_part rest = {.begin = third, .size = n - third};
        const oc_sum_part mixed[] = {{"last", 5, NULL, 2 * third, n - 2 * third},
                                     {"none", 5, NULL, n, 0},
                                     {"first", 6, NULL, 1, third},
                                     {"memory", 3, (const unsigned char *)"elsewhere", 0, 9},
                                     {NULL, 0, NULL, third, third}};
        check(&whole, 1, n, pieces[k], moves);
        check(&rest, 1, n, pieces[k], moves);
        check(mixed, 5, n, pieces[k], moves);
      }
  check(NULL, 0, 300000, 65536, false);
}

/* Parts beyond the end of a file that is shorter than its header says: the hash is of no meaning, but there
 * is one. */
static void parts_beyond_the_end(void **state) {
  (void)state;
  static const size_t begins[] = {0, 400000, 500000, SIZE_MAX / 2};
  for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
    const oc_sum_part part = {.begin = begins[i], .size = SIZE_MAX / 2};
    unsigned char *all = bytes_of(400000), *now;
    char hex[65];
    oc_async_hash *h = oc_async_hash_create(&part, 1);
    assert_non_null(h);
    tell_all(h, all, 400000, 65536, false, &now);
    oc_async_hash_hex(h, hex);
    assert_int_equal(strlen(hex), 64);
    oc_async_hash_free(h);
    free(now);
    free(all);
  }
}

/* Bytes that never all come, as when reading fails. */
static void stops(void **state) {
  (void)state;
  for (size_t have = 0; have <= 1200000; have += 300000) {
    unsigned char *bytes = bytes_of(1200000);
    const oc_sum_part part = {.begin = 100, .size = 1199900};
    oc_async_hash *h = oc_async_hash_create(&part, 1);
    assert_non_null(h);
    if (have) oc_async_hash_tell(h, bytes, have);
    oc_async_hash_free(h);
    free(bytes);
  }
  oc_async_hash_free(NULL);
}

/* As a reader reports: more and more of the same bytes; and that they move, where a file is longer than it
 * declared. */
typedef struct seen {
  const unsigned char *bytes;
  size_t have;
  int calls, moves;
} seen;

static void look(void *context, const unsigned char *bytes, size_t have) {
  seen *s = context;
  s->calls++;
  if (!bytes) {
    s->moves++;
    s->bytes = NULL;
    return;
  }
  assert_true(!s->bytes || s->bytes == bytes);
  assert_true(have >= s->have);
  s->bytes = bytes;
  s->have = have;
}

static void read_watched(const char *path, size_t size, int least_calls, bool moves) {
  oc_error err;
  unsigned char *bytes;
  size_t got;
  seen s = {0};
  const oc_file_watch watch = {look, &s};
  assert_ok(oc_file_read_watched(path, 1 << 24, &watch, &bytes, &got, &err), err);
  assert_true(size == 0 || got == size);
  assert_int_equal(s.have, got);
  assert_ptr_equal(s.bytes, bytes);
  assert_true(s.calls >= least_calls);
  assert_int_equal(s.moves > 0, moves);
  oc_memory_free(bytes);
}

static void what_a_reader_tells(void **state) {
  (void)state;
  oc_error err;
  unsigned char *bytes = bytes_of(1000000);
  size_t size = 0;
  seen s = {0};
  const oc_file_watch watch = {look, &s};
  harness_write_file("f", bytes, 1000000);
  free(bytes);
  read_watched("f", 1000000, 4, false);
  read_watched("/proc/self/smaps", 0, 2, true); /* says that it is empty */
  assert_fails(oc_file_read_watched("f", 999999, &watch, &bytes, &size, &err), OC_E_DATA, err, "too large");
  assert_null(s.bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_parts_and_pieces),
      cmocka_unit_test(parts_beyond_the_end),
      cmocka_unit_test(stops),
      cmocka_unit_test_setup_teardown(what_a_reader_tells, harness_enter_folder, harness_leave_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
