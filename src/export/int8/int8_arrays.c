/* int8_arrays.c: see int8_arrays.h. */
#include "export/int8/int8_arrays.h"
#include <stddef.h>
#include <string.h>

enum { TABLE = 256 };

oc_int8_array oc_int8_array_of(const oc_int8_layer *l, int k) {
  const layer *c = &l->code;
  const oc_int8_array all[OC_INT8_ARRAYS] = {
      {.name = "weights", .bytes = c->weights, .count = l->weights},
      {.name = "biases", .words = c->biases, .count = l->weights ? l->channels : 0},
      {.name = "multipliers", .words = c->multipliers, .count = l->channels},
      {.name = "shifts", .bytes = c->shifts, .count = l->channels},
      {.name = "table", .bytes = c->table, .count = c->table ? TABLE : 0},
  };
  return all[k];
}

int64_t oc_int8_array_bytes(const oc_int8_array *a) {
  const bool words = strcmp(a->name, "biases") == 0 || strcmp(a->name, "multipliers") == 0;
  return a->count * (words ? 4 : 1);
}

bool oc_int8_field_of(const oc_int8_layer *l, int k, oc_int8_field *out) {
#define FIELD(name)                                                                                          \
  { #name, offsetof(layer, name), sizeof(((layer *)0)->name) }
  static const struct {
    const char *name;
    size_t offset, size;
  } fields[] = {
      FIELD(ih),       FIELD(iw),         FIELD(ic),       FIELD(oh),        FIELD(ow),     FIELD(oc),
      FIELD(x_at),     FIELD(x2_at),      FIELD(y_at),     FIELD(window_at), FIELD(x_rows), FIELD(y_rows),
      FIELD(x2_pixel), FIELD(x2_channel), FIELD(group_in), FIELD(group_out), FIELD(offset), FIELD(chain),
      FIELD(kh),       FIELD(kw),         FIELD(sh),       FIELD(sw),        FIELD(dil_h),  FIELD(dil_w),
      FIELD(ph),       FIELD(pw),         FIELD(x_zero),   FIELD(x2_zero),   FIELD(y_zero), FIELD(low),
      FIELD(high),
  };
#undef FIELD
  if (k >= (int)(sizeof fields / sizeof *fields)) return false;
  const char *at = (const char *)&l->code + fields[k].offset;
  int16_t few;
  *out = (oc_int8_field){.name = fields[k].name, .size = fields[k].size};
  if (out->size == sizeof few) {
    memcpy(&few, at, sizeof few);
    out->value = few;
  } else {
    memcpy(&out->value, at, sizeof out->value);
  }
  return true;
}
