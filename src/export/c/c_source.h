/* c_source.h: the two files of an export, as text. */
#ifndef OC_EXPORT_C_SOURCE_H
#define OC_EXPORT_C_SOURCE_H
#include "export/c/c_text.h"
#include "model/model.h"
#include "ocellus/export.h"

/* Images of the self-test, made of random numbers of its own, and what it compares. */
enum { OC_C_GOLDEN = 4 };
typedef struct oc_c_golden {
  float *probabilities; /* OC_C_GOLDEN x classes */
  uint32_t checksum;    /* of all weights and constants, in their order */
} oc_c_golden;

struct oc_c_unit;

/* The numbers of a network: float32 or int8. */
typedef struct oc_c_form {
  const char *number; /* in C: "float" */
  int64_t number_size;
  /* Weights, tables, and `static void network(const number *input, float *probabilities, number *s)`. */
  void (*put_network)(oc_c_text *t, const struct oc_c_unit *u);
  /* `static number standardized(int value, int i)`: see templates/standardized.c.in. */
  void (*put_standardized)(oc_c_text *t, const struct oc_c_unit *u);
  /* `static uint32_t checksum(void)` over all weights. */
  void (*put_checksum)(oc_c_text *t, const struct oc_c_unit *u);
  /* Functions that only this form has, and what the header says of them. NULL: none. */
  void (*put_functions)(oc_c_text *t, const struct oc_c_unit *u);
  void (*put_declarations)(oc_c_text *t, const struct oc_c_unit *u);
} oc_c_form;

/* What the files are made of. */
typedef struct oc_c_unit {
  const oc_model *model;
  const oc_c_form *form;
  const void *network; /* of the form */
  bool math;           /* needs math.h */
  /* In numbers: places in the scratch, what decoding takes of it, and all of it. */
  int64_t input_at, decode_at, decode_count, scratch_count;
  int64_t constant_bytes; /* without the self-test's */
  int64_t multiply_adds;
  const char *prefix;
  int max_width, max_height; /* 0: images of the network's size alone */
  const oc_c_golden *golden; /* NULL: no self-test */
  char sha256[65];           /* of the model's tensors */
} oc_c_unit;

/* c_decode.c: numbers of 32 bits of scratch that decoding takes, and its part of the file. */
int64_t oc_c_decode_count(const oc_model *m, int max_width, int max_height);
void oc_c_put_decode(oc_c_text *t, const oc_c_unit *u);

/* c_golden.c: image `number` of the self-test, as selftest.c.in makes it; *random is 1 at first. */
void oc_c_golden_image(uint32_t *random, int number, uint8_t *pixels, int64_t count);

/* What the code takes: what the header says of it. */
oc_c_export_figures oc_c_figures(const oc_c_unit *u);
/* c_source.c: NAME.c and NAME.h, for oc_memory_free; OC_E_MEMORY. */
oc_status oc_c_write_source(const oc_c_unit *u, char **source, char **header, oc_error *err);

#endif
