/* run_hash.h: by which tests see that two training runs ended with the same bits. */
#ifndef TESTS_RUN_HASH_H
#define TESTS_RUN_HASH_H
#include "harness.h"
#include "model/model.h"

/* Weights, optimizer state and best weights of the run in a folder. */
static inline void hash_of_run(const char *folder, char hex[65]) {
  char path[256];
  oc_model_source file;
  oc_error err;
  (void)snprintf(path, sizeof path, "%s/last.safetensors", folder);
  assert_ok(oc_model_read(path, "checkpoint", &file, &err), err);
  (void)snprintf(hex, 65, "%s", oc_metadata_get(&file.file.metadata, "sha256")); /* which was checked */
  oc_model_source_release(&file);
}

#endif
