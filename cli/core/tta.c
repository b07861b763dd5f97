/* tta.c: see tta.h. */
#include "core/tta.h"
#include "ocellus/tta.h"
#include <string.h>

const char *const cli_tta_choices[] = {"none", "flip", "shift", "flip-shift", NULL};

unsigned cli_tta_views(const char *choice) {
  return (strstr(choice, "flip") ? OC_TTA_FLIP : 0) | (strstr(choice, "shift") ? OC_TTA_SHIFT : 0);
}
