/* c_decode.c: writes the part of a C file that makes the network's input of an image: the rule of
 * data/transform/preprocess.c, with the same bytes, and the standardizer in the
 * form of the network. Without a largest image it takes
 * images of the network's size alone, and no scratch. */
#include "export/c/c_source.h"
#include <decode_template.h>
#include <image_template.h>
#include <resize_template.h>

static bool resizes(const oc_c_unit *u) {
  return u->max_width > 0;
}

/* As resize.c.in lays out its work: first, end and sums of each column, and at most this many weights. */
int64_t oc_c_decode_count(const oc_model *m, int max_width, int max_height) {
  const int64_t columns = m->size.width;
  if (max_width == 0 || max_height == 0) return 0;
  return columns * (2 + m->size.channels) + 2 * (int64_t)max_width + 3 * columns;
}

static void put_rule(oc_c_text *t, const oc_model *m) {
  const oc_preprocessing *p = &m->preprocessing;
  uint8_t color[3] = {p->background[0], p->background[1], p->background[2]};
  const int mode = p->resize == OC_RESIZE_CROP ? 2 : p->resize == OC_RESIZE_STRETCH ? 3 : 1;
  if (m->size.channels == 1) (void)oc_image_convert(color, (oc_image_shape){1, 1, 3}, 1, color, NULL);
  oc_c_put(t, "\nenum { PAD = 1, CROP = 2, STRETCH = 3, RESIZE = %d, BACKGROUND_SET = %d };\n", mode,
           p->background_set);
  oc_c_put(t, "static const uint8_t background[CHANNELS] = {%d", color[0]);
  for (int64_t c = 1; c < m->size.channels; c++) oc_c_put(t, ", %d", color[c]);
  oc_c_put(t, "};\n");
}

void oc_c_put_decode(oc_c_text *t, const oc_c_unit *u) {
  const oc_model *m = u->model;
  oc_c_put(t, "\n/* ---- the image ---- */\n\n");
  oc_c_put(t, "enum { ROWS = %lld, COLUMNS = %lld, CHANNELS = %lld };\n", (long long)m->size.height,
           (long long)m->size.width, (long long)m->size.channels);
  u->form->put_standardized(t, u);
  oc_c_put_template(t, image_template);
  if (resizes(u)) put_rule(t, m);
  oc_c_put_template(t, resizes(u) ? resize_template : decode_template);
}
