/* c_source.h: the two files of an export, as text. */
#ifndef OC_EXPORT_C_SOURCE_H
#define OC_EXPORT_C_SOURCE_H
#include "export/c/c_network.h"
#include "ocellus/export.h"

/* Images of the self-test, made of random numbers of its own, and what it compares. */
enum { OC_C_GOLDEN = 4 };
typedef struct oc_c_golden {
  float *probabilities; /* OC_C_GOLDEN x classes */
  uint32_t checksum;    /* of all weights and constants, in the order of oc_c_visit_arrays */
} oc_c_golden;

/* What the files are made of. */
typedef struct oc_c_unit {
  const oc_c_network *network;
  const char *prefix;
  int max_width, max_height; /* 0: images of the network's size alone */
  const oc_c_golden *golden; /* NULL: no self-test */
  char sha256[65];           /* of the model's tensors */
} oc_c_unit;

/* Calls `visit` for each array of numbers in the file, in its order. */
typedef void (*oc_c_array_fn)(void *context, const char *name, const float *values, int64_t count);
void oc_c_visit_arrays(const oc_c_network *n, oc_c_array_fn visit, void *context);

/* c_decode.c: numbers of scratch that decoding takes, and its part of the file. */
int64_t oc_c_decode_count(const oc_model *m, int max_width, int max_height);
void oc_c_put_decode(oc_c_text *t, const oc_c_unit *u);
/* Bytes of its means, deviations and background. */
int64_t oc_c_decode_bytes(const oc_model *m);

/* c_golden.c: computes what the reference implementation answers for the images of the self-test. The caller
 * frees golden->probabilities with oc_memory_free. */
oc_status oc_c_golden_compute(const oc_c_network *n, oc_c_golden *golden, oc_error *err);

/* What the code takes: what the header says of it. */
oc_c_export_figures oc_c_figures(const oc_c_unit *u);
/* c_source.c: NAME.c and NAME.h, for oc_memory_free; OC_E_MEMORY. */
oc_status oc_c_write_source(const oc_c_unit *u, char **source, char **header, oc_error *err);

#endif
