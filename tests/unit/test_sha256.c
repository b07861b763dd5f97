/* Are the hashes those of FIPS 180-4, however the bytes are cut? */
#include "harness.h"
#include "base/sha256.h"

static void assert_hash(const void *bytes, size_t size, const char *expected) {
  oc_sha256 s;
  char hex[65];
  oc_sha256_init(&s);
  oc_sha256_add(&s, bytes, size);
  oc_sha256_hex(&s, hex);
  assert_string_equal(hex, expected);
}

static void known_answers(void **state) {
  (void)state;
  assert_hash("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert_hash("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert_hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void a_million_letters(void **state) {
  (void)state;
  char *letters = malloc(1000000);
  memset(letters, 'a', 1000000);
  assert_hash(letters, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  free(letters);
}

/* The whole in one piece goes through the fast path where the CPU has one, small pieces through plain C. */
static void cuts_do_not_matter(void **state) {
  (void)state;
  unsigned char bytes[5000];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 131 + i / 7);
  for (size_t size = 4900; size < sizeof bytes; size++) {
    oc_sha256 whole, pieces;
    char a[65], b[65];
    oc_sha256_init(&whole);
    oc_sha256_add(&whole, bytes, size);
    oc_sha256_hex(&whole, a);
    oc_sha256_init(&pieces);
    for (size_t at = 0, step = 1; at < size; at += step, step = step * 5 % 193 + 1) {
      if (step > size - at) step = size - at;
      oc_sha256_add(&pieces, bytes + at, step);
    }
    oc_sha256_hex(&pieces, b);
    assert_string_equal(a, b);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_answers),
      cmocka_unit_test(a_million_letters),
      cmocka_unit_test(cuts_do_not_matter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
