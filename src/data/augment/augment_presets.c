/* augment_presets.c: lists the named augmentations. */
#include "data/augment/transform.h"
#include <string.h>

typedef struct preset {
  const char *name, *summary, *text;
} preset;

#define OC_ROW(name, summary, text) {#name, summary, text},
static const preset presets[] = {
#include "data/augment/augment_presets.def"
};
#undef OC_ROW
enum { PRESETS = sizeof presets / sizeof *presets };

static const preset *find_preset(const char *name) {
  for (int i = 0; name && i < PRESETS; i++)
    if (strcmp(presets[i].name, name) == 0) return &presets[i];
  return NULL;
}

const char *oc_augmentation_preset_name(int index) {
  return index >= 0 && index < PRESETS ? presets[index].name : NULL;
}

const char *oc_augmentation_preset_summary(const char *name) {
  const preset *p = find_preset(name);
  return p ? p->summary : NULL;
}

const char *oc_augmentation_preset_text(const char *name) {
  const preset *p = find_preset(name);
  return p ? p->text : NULL;
}
