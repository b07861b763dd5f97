/* plain_locale.c: reads numbers in the same way in every locale. */
#include "numeric/matrix.h"

locale_t oc_plain_locale_begin(locale_t *before) {
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (plain) *before = uselocale(plain);
  return plain;
}

void oc_plain_locale_end(locale_t plain, locale_t before) {
  if (!plain) return;
  uselocale(before);
  freelocale(plain);
}
