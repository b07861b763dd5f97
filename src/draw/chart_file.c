/* chart_file.c: saves charts as a file of the kind that its name ends in; and the hash by which a page allows
 * a style. */
#include "base/error.h"
#include "base/sha256.h"
#include "draw/cairo.h"
#include "draw/svg.h"
#include "ocellus/file.h"
#include <stdio.h>
#include <string.h>

static bool ends_in(const char *path, const char *ending) {
  const size_t length = strlen(path), tail = strlen(ending);
  return length > tail && strcmp(path + length - tail, ending) == 0;
}

static oc_status save_png(const oc_chart *const *charts, int count, const char *path, oc_error *err) {
  oc_text png = {0};
  oc_status status = oc_cairo_png(charts, count, path, &png, err);
  if (status == OC_OK && png.failed) status = oc_fail_memory(err, 1);
  if (status == OC_OK) status = oc_file_save(path, png.data, png.size, err);
  oc_text_release(&png);
  return status;
}

oc_status oc_chart_save(const oc_chart *const *charts, int count, const char *path, oc_error *err) {
  NEED(charts, path);
  if (count < 1 || count > OC_CHART_MAX_MARKS)
    return oc_fail(err, OC_E_ARGUMENT, "count", "", "must be 1 to %d, got %d", OC_CHART_MAX_MARKS, count);
  for (int i = 0; i < count; i++) NEED(charts[i]);
  if (ends_in(path, ".png")) return save_png(charts, count, path, err);
  if (!ends_in(path, ".svg"))
    return oc_fail(err, OC_E_ARGUMENT, path, "Choose a name such as -o curves.svg.",
                   "the name must end in .svg or .png");
  char *svg = oc_svg_file(charts, count);
  if (!svg) return oc_fail_memory(err, 1);
  const oc_status status = oc_file_save(path, svg, strlen(svg), err);
  oc_memory_free(svg);
  return status;
}

/* Base64 (RFC 4648) of the 32 bytes of the sum: ten groups of three, and one of two. */
const char *oc_page_hash(const char *text, char out[OC_PAGE_HASH]) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  enum { BYTES = 32 };
  uint8_t sum[BYTES + 1] = {0};
  if (!out) return "";
  oc_sha256_of(text ? text : "", text ? strlen(text) : 0, sum);
  char *to = out + snprintf(out, OC_PAGE_HASH, "sha256-");
  for (int i = 0; i < BYTES; i += 3) {
    const unsigned bits =
        (unsigned)sum[i] << 16 | (unsigned)sum[i + 1] << 8 | (i + 2 < BYTES ? sum[i + 2] : 0u);
    for (int k = 0; k < 4; k++) *to++ = letters[bits >> (18 - 6 * k) & 63];
  }
  to[-1] = '=';
  *to = 0;
  return out;
}
