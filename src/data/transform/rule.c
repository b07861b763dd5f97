/* rule.c: see rule.h. */
#include "data/transform/rule.h"
#include "base/error.h"
#include "base/options.h"

enum { MAX_SIDE = 65536 };

oc_preprocessing oc_preprocessing_defaults(void) {
  return (oc_preprocessing){.struct_size = sizeof(oc_preprocessing)};
}

const char *oc_resize_mode_name(oc_resize_mode mode) {
  static const char *const names[] = {"auto", "pad", "crop", "stretch"};
  return (unsigned)mode < sizeof names / sizeof names[0] ? names[mode] : NULL;
}

oc_status oc_preprocessing_check(const oc_preprocessing *given, oc_error *err) {
  oc_preprocessing p;
  OC_OPTIONS_READ(p, given);
  const oc_image_shape s = p.shape;
  TRY(oc_options_check(p.struct_size, sizeof p, "oc_preprocessing", err));
  if (s.height < 0 || s.width < 0 || s.height > MAX_SIDE || s.width > MAX_SIDE)
    return oc_fail(err, OC_E_ARGUMENT, "shape", "", "each side must be 1 to %d, got %lldx%lld", MAX_SIDE,
                   (long long)s.height, (long long)s.width);
  if (s.channels != 0 && s.channels != 1 && s.channels != 3)
    return oc_fail(err, OC_E_ARGUMENT, "shape", "", "channels must be 1 or 3, got %lld",
                   (long long)s.channels);
  if (oc_resize_mode_name(p.resize)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "resize", "", "unknown mode %d", (int)p.resize);
}

oc_preprocessing oc_preprocessing_resolve(const oc_preprocessing *given, oc_image_shape natural) {
  oc_preprocessing p;
  OC_OPTIONS_READ(p, given);
  if (!p.shape.height) p.shape.height = natural.height;
  if (!p.shape.width) p.shape.width = natural.width;
  if (!p.shape.channels) p.shape.channels = natural.channels;
  if (p.resize == OC_RESIZE_AUTO) p.resize = p.shape.channels == 3 ? OC_RESIZE_CROP : OC_RESIZE_PAD;
  return p;
}
