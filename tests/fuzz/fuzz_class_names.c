/* Any bytes as the names of three classes: either an error with a message, and the names are as before, or
 * three names that are not empty. */
#include "model/model.h"
#include "ocellus/rule.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

static void read_names(oc_model *m, const uint8_t *bytes, size_t size) {
  oc_error err = {0};
  char *text = oc_memory_alloc(size + 1);
  require(text != NULL);
  if (size) memcpy(text, bytes, size);
  const oc_status status = oc_model_class_names_of(m, text, size, "names.txt", &err);
  oc_memory_free(text);
  if (status != OC_OK) {
    require(status == OC_E_DATA && err.message[0]);
    require(strcmp(oc_model_class_name(m, 2), "2") == 0);
    return;
  }
  for (int i = 0; i < 3; i++) {
    const char *name = oc_model_class_name(m, i);
    require(*name && oc_class_name_is_sound(name));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  const oc_target target = {.name = "label", .kind = OC_TARGET_CLASS, .size = 3};
  oc_model *m;
  require(oc_model_new(&m, NULL) == OC_OK && oc_model_add_output(m, &target, NULL) == OC_OK);
  read_names(m, bytes, size);
  oc_model_free(m);
  return 0;
}
