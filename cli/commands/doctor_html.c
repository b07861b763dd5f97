/* doctor_html.c: writes the findings of `ocellus doctor` as a page: one file without script and network.
 * Images are BMP, uncompressed, in base64: browsers read it, and no library is needed to write it. */
#include "commands/doctor.h"
#include "core/document.h"
#include "core/message.h"
#include "core/web.h"
#include <stdlib.h>
#include <string.h>

enum { SIDE = 64, HEAD = 54, ROW = SIDE * 3, MAX = 40, MAX_IMAGES = 400 };

static const char style[] = "main{max-width:70rem}ul{list-style:none;padding:0;display:grid;"
                            "grid-template-columns:repeat(auto-fill,minmax(16rem,1fr));gap:1rem}"
                            "li{overflow-wrap:anywhere;font-size:.8rem}img{width:96px;height:96px;image-"
                            "rendering:pixelated;margin-right:.25rem}";

static void put_base64(FILE *f, const unsigned char *bytes, size_t size) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < size; i += 3) {
    const unsigned a = bytes[i], b = i + 1 < size ? bytes[i + 1] : 0, c = i + 2 < size ? bytes[i + 2] : 0;
    fputc(letters[a >> 2], f);
    fputc(letters[(a & 3) << 4 | b >> 4], f);
    fputc(i + 1 < size ? letters[(b & 15) << 2 | c >> 6] : '=', f);
    fputc(i + 2 < size ? letters[c & 63] : '=', f);
  }
}

static void put_number(unsigned char *to, unsigned value) {
  for (int i = 0; i < 4; i++) to[i] = (unsigned char)(value >> 8 * i);
}

/* 24 bits, from the last row to the first, blue before red. */
static void put_bmp(FILE *f, const oc_image *image) {
  unsigned char bmp[HEAD + SIDE * ROW] = {'B', 'M'};
  put_number(bmp + 2, sizeof bmp);
  put_number(bmp + 10, HEAD);
  put_number(bmp + 14, HEAD - 14);
  put_number(bmp + 18, SIDE);
  put_number(bmp + 22, SIDE);
  bmp[26] = 1;
  bmp[28] = 24;
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      for (int c = 0; c < 3; c++)
        bmp[HEAD + (SIDE - 1 - y) * ROW + 3 * x + c] = image->pixels[y * ROW + 3 * x + 2 - c];
  put_base64(f, bmp, sizeof bmp);
}

/* Nothing for a finding without that image, or one that cannot be read. */
static int put_image(FILE *f, const oc_doctor *report, int64_t index, bool other, const char *name) {
  oc_image image;
  if (oc_doctor_image(report, index, other, SIDE, &image, NULL) != OC_OK) return 0;
  fputs("<img alt=\"", f);
  cli_web_text(f, name);
  fputs("\" src=\"data:image/bmp;base64,", f);
  put_bmp(f, &image);
  fputs("\">", f);
  oc_image_release(&image);
  return 1;
}

static int put_finding(FILE *f, const oc_doctor *report, int64_t index, const oc_finding *found,
                       bool images) {
  int drawn = 0;
  fputs("<li>", f);
  if (images && *found->file) drawn += put_image(f, report, index, false, found->file);
  if (images && *found->other) drawn += put_image(f, report, index, true, found->other);
  fputs("<br>", f);
  cli_web_text(f, found->file);
  fputs(*found->file && *found->other ? " and " : "", f);
  cli_web_text(f, found->other);
  fputs(*found->file || *found->other ? ": " : "", f);
  cli_web_text(f, found->detail);
  fputs("</li>\n", f);
  return drawn;
}

static void put_kind(FILE *f, const oc_doctor *report, const char *kind, const char *summary, int *drawn) {
  oc_finding found;
  int64_t count = 0;
  for (int64_t i = 0; oc_doctor_finding(report, i, &found); i++) {
    if (strcmp(found.kind, kind) != 0) continue;
    if (count == 0) fprintf(f, "<h2>%s</h2>\n<p>%s</p>\n<ul>\n", kind, summary);
    if (count++ < MAX) *drawn += put_finding(f, report, i, &found, *drawn < MAX_IMAGES);
  }
  if (count) fputs("</ul>\n", f);
  if (count > MAX) fprintf(f, "<p>and %lld more</p>\n", (long long)(count - MAX));
}

oc_status cli_doctor_html(const oc_doctor *report, const char *data, const char *path, oc_error *err) {
  const char *kind, *summary;
  cli_document d;
  int drawn = 0;
  CLI_TRY(cli_document_open(&d, err));
  cli_web_begin(d.stream, data, style);
  fprintf(d.stream, "<p>%lld images</p>\n", (long long)oc_doctor_images(report));
  for (int k = 0; oc_doctor_kind(k, &kind, &summary); k++) put_kind(d.stream, report, kind, summary, &drawn);
  cli_web_end(d.stream);
  return cli_document_save(&d, path, err);
}
