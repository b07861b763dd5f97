/* presets.c: lists the presets. */
#include "net/preset.h"
#include <string.h>

#define OC_ROW(name) &oc_preset_##name,
static const oc_preset *const presets[] = {
#include "net/presets.def"
};
#undef OC_ROW
#define COUNT ((int)(sizeof presets / sizeof *presets))

static const oc_preset *find_preset(const char *name) {
  for (int i = 0; name && i < COUNT; i++)
    if (strcmp(presets[i]->name, name) == 0) return presets[i];
  return NULL;
}

const char *oc_net_preset(const char *name) {
  const oc_preset *p = find_preset(name);
  return p ? p->net : NULL;
}

const char *oc_net_preset_name(int index) {
  return index >= 0 && index < COUNT ? presets[index]->name : NULL;
}

const char *oc_net_preset_summary(const char *name) {
  const oc_preset *p = find_preset(name);
  return p ? p->summary : NULL;
}

const oc_preset_option *oc_net_preset_option_at(const char *name, int index) {
  const oc_preset *p = find_preset(name);
  for (int i = 0; p && i <= index && i < OC_PRESET_OPTIONS_MAX && p->options[i].name; i++)
    if (i == index) return &p->options[i];
  return NULL;
}
