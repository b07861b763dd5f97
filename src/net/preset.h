/* preset.h: defines presets: a descriptor in its own file, and a row in presets.def. */
#ifndef OC_NET_PRESET_H
#define OC_NET_PRESET_H
#include "ocellus/net.h"

enum { OC_PRESET_OPTIONS_MAX = 8 };

typedef struct oc_preset {
  const char *name;
  const char *summary; /* one line for help, without a period */
  const char *net;     /* its net text */
  /* Training options that suit it: options of `ocellus train` as typed; the others have their defaults.
   * Closed by a row without a name. */
  oc_preset_option options[OC_PRESET_OPTIONS_MAX];
} oc_preset;

#define OC_ROW(name) extern const oc_preset oc_preset_##name;
#include "net/presets.def"
#undef OC_ROW

#endif
