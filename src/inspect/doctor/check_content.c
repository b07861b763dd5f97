/* check_content.c: images without content, and sizes and colors that differ. */
#include "inspect/doctor/doctor.h"
#include <stdio.h>

enum { FLAT = 3 }; /* the largest range of values that shows nothing */

typedef struct extremes {
  int64_t images, gray, alpha;
  oc_image_shape least, most; /* by pixels */
  bool differ;
} extremes;

static int64_t pixels(const oc_image_shape *s) {
  return s->height * s->width;
}

static void add(extremes *e, const oc_features *f) {
  const oc_image_shape s = f->size;
  if (e->images++ == 0) e->least = e->most = s;
  e->differ = e->differ || s.height != e->least.height || s.width != e->least.width;
  if (pixels(&s) < pixels(&e->least)) e->least = s;
  if (pixels(&s) > pixels(&e->most)) e->most = s;
  e->gray += s.channels < 3;
  e->alpha += s.channels % 2 == 0;
}

static oc_status tell_sizes(oc_doctor *d, const extremes *e, oc_error *err) {
  char detail[160];
  if (e->differ) {
    (void)snprintf(detail, sizeof detail, "%lldx%lld to %lldx%lld pixels (height x width)",
                   (long long)e->least.height, (long long)e->least.width, (long long)e->most.height,
                   (long long)e->most.width);
    TRY(oc_doctor_add_class(d, "mixed-sizes", "", detail, err));
  }
  if (e->gray > 0 && e->gray < e->images) {
    (void)snprintf(detail, sizeof detail, "%lld of %lld images are gray, the others in color",
                   (long long)e->gray, (long long)e->images);
    TRY(oc_doctor_add_class(d, "mixed-channels", "", detail, err));
  }
  return OC_OK;
}

static oc_status run(oc_doctor *d, oc_error *err) {
  extremes e = {0};
  for (int64_t i = 0; i < d->items.count; i++) {
    const oc_features *f = &d->features[i];
    if (f->state != OC_FILE_GOOD) continue;
    add(&e, f);
    if (f->range <= FLAT)
      TRY(oc_doctor_add_item(d, &(oc_doctor_about){"constant", i, -1}, err, "its values differ by at most %d",
                             f->range));
  }
  return tell_sizes(d, &e, err);
}

OC_DEFINE_CHECK(content,
                .kinds = {{"constant", "one color alone"},
                          {"mixed-sizes", "images of several sizes"},
                          {"mixed-channels", "images in color and in gray"}},
                .run = run);
