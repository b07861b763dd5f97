/* Is the hash that is made beside reading that of the elements, however the bytes come and move, and can it be stopped? */
#include "harness.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "formats/hash_aside.h"

static unsigned char *bytes_of(size_t header, size_t size) {
  unsigned char *bytes = malloc(size + 1);
  assert_non_null(bytes);
  for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)(i * 131 + i / 1001);
  for (size_t i = 0; i < 8 && i < size; i++) bytes[i] = (unsigned char)(header >> 8 * i);
  return bytes;
}

static void hash_of(const unsigned char *bytes, size_t size, char hex[65]) {
  oc_sha256 s;
  oc_sha256_init(&s);
  oc_sha256_add(&s, bytes, size);
  oc_sha256_hex(&s, hex);
}

/* Tells `size` bytes in pieces; every third time they move to memory of their own, and the old is overwritten. */
static void check(size_t header, size_t size, size_t piece, bool moves) {
  unsigned char *all = bytes_of(header, size), *now = malloc(size + 1);
  char want[65], got[65];
  const size_t begin = size < 8 || header > size - 8 ? size : header + 8;
  oc_hash_aside *h = oc_hash_aside_create();
  assert_non_null(h);
  assert_non_null(now);
  hash_of(all + begin, size - begin, want);
  for (size_t have = 0, turn = 0; have < size; turn++) {
    if (moves && turn % 3 == 2) {
      unsigned char *next = malloc(size + 1);
      assert_non_null(next);
      oc_hash_aside_tell(h, NULL, 0);
      memcpy(next, now, have);
      memset(now, 0xff, size);
      free(now);
      now = next;
    }
    const size_t more = piece < size - have ? piece : size - have;
    memcpy(now + have, all + have, more);
    have += more;
    oc_hash_aside_tell(h, now, have);
  }
  oc_hash_aside_hex(h, got);
  assert_string_equal(got, want);
  oc_hash_aside_hex(h, got);
  assert_string_equal(got, want);
  oc_hash_aside_free(h);
  free(now);
  free(all);
}

static void any_pieces(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 7, 8, 9, 100, 65544, 300000, 2000003};
  static const size_t pieces[] = {5000, 65536, 262144, 2000003};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++)
      for (int moves = 0; moves < 2; moves++) {
        check(0, sizes[i], pieces[k], moves);
        check(2000, sizes[i], pieces[k], moves);
      }
}

/* A size of the header that no file has: there are no elements. */
static void absurd_headers(void **state) {
  (void)state;
  static const size_t headers[] = {400000, SIZE_MAX / 2, SIZE_MAX - 8, SIZE_MAX - 7, SIZE_MAX};
  for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) check(headers[i], 400000, 65536, false);
}

/* Bytes that never all come, as when reading fails. */
static void stops(void **state) {
  (void)state;
  for (size_t have = 0; have <= 1200000; have += 300000) {
    unsigned char *bytes = bytes_of(100, 1200000);
    oc_hash_aside *h = oc_hash_aside_create();
    assert_non_null(h);
    if (have) oc_hash_aside_tell(h, bytes, have);
    oc_hash_aside_free(h);
    free(bytes);
  }
  oc_hash_aside_free(NULL);
}

/* What a reader tells: ever more of the same bytes; and that they move, where a file is longer than it said. */
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
  unsigned char *bytes = bytes_of(100, 1000000);
  size_t size = 0;
  seen s = {0};
  const oc_file_watch watch = {look, &s};
  harness_write_file("f", bytes, 1000000);
  free(bytes);
  read_watched("f", 1000000, 4, false);
  read_watched("/proc/self/smaps", 0, 2, true); /* says that it is empty */
  assert_fails(oc_file_read_watched("f", 999999, &watch, &bytes, &size, &err), OC_E_DATA, err, "more than");
  assert_null(s.bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_pieces),
      cmocka_unit_test(absurd_headers),
      cmocka_unit_test(stops),
      cmocka_unit_test_setup_teardown(what_a_reader_tells, harness_enter_folder, harness_leave_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
