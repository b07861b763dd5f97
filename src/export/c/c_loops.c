/* c_loops.c: loops over the axes of a value, and places in others that have some of its axes. */
#include "export/c/c_emit.h"
#include <stdio.h>

static int64_t size_of(const oc_shape *s, int axis) {
  return s->dim[axis] == OC_BATCH ? 1 : s->dim[axis];
}

void oc_c_put_loops(oc_c_text *t, const oc_shape *s) {
  for (int i = 0; i < s->rank; i++)
    if (size_of(s, i) > 1)
      oc_c_put(t, "  for (int a%d = 0; a%d < %lld; a%d++)\n", i, i, (long long)size_of(s, i), i);
}

void oc_c_steps(const oc_shape *s, int64_t steps[OC_MAX_RANK]) {
  int64_t below = 1;
  for (int i = s->rank - 1; i >= 0; i--) {
    steps[i] = size_of(s, i) > 1 ? below : 0;
    below *= size_of(s, i);
  }
}

const char *oc_c_place_of(const oc_shape *s, const int64_t *steps, char text[OC_C_PLACE]) {
  size_t used = 0;
  text[used++] = '0';
  text[used] = 0;
  for (int i = 0; i < s->rank; i++)
    if (size_of(s, i) > 1 && steps[i])
      used += (size_t)snprintf(text + used, OC_C_PLACE - used, " + a%d * %lld", i, (long long)steps[i]);
  return text;
}
