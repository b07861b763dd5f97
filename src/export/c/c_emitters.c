/* c_emitters.c: the table of emitters.def, and what the files of emitters share. */
#include "export/c/c_network.h"
#include <string.h>

#define OC_ROW(name) extern const oc_c_emitter oc_c_emit_##name;
#include "export/c/emitters.def"
#undef OC_ROW

static const oc_c_emitter *const emitters[] = {
#define OC_ROW(name) &oc_c_emit_##name,
#include "export/c/emitters.def"
#undef OC_ROW
};

const oc_c_emitter *oc_c_emitter_of(const char *op) {
  for (size_t i = 0; i < sizeof emitters / sizeof emitters[0]; i++)
    if (strcmp(emitters[i]->op, op) == 0) return emitters[i];
  return NULL;
}
