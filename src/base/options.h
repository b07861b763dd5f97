/* options.h: reads a caller's struct of options. Its first member is `size_t struct_size`: the caller's
 * sizeof, by which a program built with older or newer headers is understood; 0 means the struct of version
 * 0.1 (docs/api.md). */
#ifndef OC_BASE_OPTIONS_H
#define OC_BASE_OPTIONS_H
#include "base/error.h"
#include <stddef.h>

/* Copies *given into *out of `size` bytes, of which version 0.1 had `first`. What the caller's struct lacks
 * becomes 0, the default. What it has more must be 0. If it is not, or the struct is shorter than that of
 * 0.1, out->struct_size is not `size` afterwards. */
void oc_options_read(void *out, size_t size, size_t first, const void *given);

/* OC_E_ARGUMENT unless oc_options_read could read it. `name` is that of the struct. */
oc_status oc_options_check(size_t struct_size, size_t size, const char *name, oc_error *err);

/* Reads into a variable. A struct that has grown since 0.1 calls oc_options_read with its old size. */
#define OC_OPTIONS_READ(out, given) oc_options_read(&(out), sizeof(out), sizeof(out), given)
#endif
