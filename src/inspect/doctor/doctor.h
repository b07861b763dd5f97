/* doctor.h (internal): what the checks of a set of images see. To add a check: a file with OC_DEFINE_CHECK at
 * its end, and a row in checks.def.
 *
 *   doctor.c    reads all images once, runs the checks, sorts the findings
 *   findings.c  keeps the findings
 *   thumbs.c    what is kept of an image
 *   check_*.c   the checks */
#ifndef OC_INSPECT_DOCTOR_DOCTOR_H
#define OC_INSPECT_DOCTOR_DOCTOR_H
#include "base/memory.h"
#include "base/registry.h"
#include "data/items/items.h"
#include "ocellus/doctor.h"

enum { OC_THUMB = 8, OC_THUMB_PIXELS = OC_THUMB * OC_THUMB };

/* Why an image has no pixels. */
typedef enum oc_file_state {
  OC_FILE_GOOD = 0,
  OC_FILE_EMPTY,
  OC_FILE_FOREIGN, /* of no known format */
  OC_FILE_TRUNCATED,
  OC_FILE_BAD
} oc_file_state;

/* What is kept of an image. */
typedef struct oc_features {
  oc_file_state state;
  const char *format;  /* name of the decoder */
  const char *problem; /* a message; NULL if it is good */
  uint8_t sum[32];     /* SHA-256 of the file */
  oc_image_shape size;
  uint8_t range;                  /* the largest difference of two values of a channel */
  uint8_t thumb[OC_THUMB_PIXELS]; /* gray means of 8x8 parts */
  float mean, deviation;          /* of the thumb */
} oc_features;

/* A finding, and the items that it is about (-1: none). */
typedef struct oc_doctor_row {
  oc_finding finding;
  int64_t index, other;
} oc_doctor_row;

struct oc_doctor {
  oc_items items;
  oc_features *features; /* of each item */
  oc_doctor_options options;
  const char *where;
  oc_doctor_row *rows;
  int64_t row_count, row_capacity;
  oc_arena text;
};

typedef struct oc_check_kind {
  const char *name, *summary;
} oc_check_kind;

typedef struct oc_check {
  const char *name;
  oc_check_kind kinds[7]; /* that it finds, then an empty one */
  oc_status (*run)(oc_doctor *d, oc_error *err);
} oc_check;
#define OC_DEFINE_CHECK(id, ...)                                                                             \
  extern const oc_check oc_check_##id;                                                                       \
  const oc_check oc_check_##id = {.name = #id, __VA_ARGS__}

/* Adds a finding; all texts but the kind are copied, and those of items come from their paths. */
oc_status oc_doctor_add(oc_doctor *d, const oc_doctor_row *row, oc_error *err);
/* About no item, but a class ("": all images). */
oc_status oc_doctor_add_class(oc_doctor *d, const char *kind, const char *name, const char *detail,
                              oc_error *err);
/* About an item, with a text like that of printf. */
typedef struct oc_doctor_about {
  const char *kind;
  int64_t index, other; /* -1: no other one */
} oc_doctor_about;
oc_status oc_doctor_add_item(oc_doctor *d, const oc_doctor_about *about, oc_error *err, const char *format,
                             ...) __attribute__((format(printf, 4, 5)));

/* thumbs.c: fills features[index] of all items. */
oc_status oc_doctor_read(oc_doctor *d, const oc_data_options *options, oc_error *err);

#endif
