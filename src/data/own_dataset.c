/* own_dataset.c: makes a dataset of the caller's own images, copied from memory or read by a function of the
 * caller. */
#include "base/checked.h"
#include "base/error.h"
#include "base/options.h"
#include "data/dataset.h"
#include <string.h>

enum { MAX_CLASSES = 65536 };

oc_dataset_options oc_dataset_defaults(void) {
  return (oc_dataset_options){.struct_size = sizeof(oc_dataset_options)};
}

/* ---- checks -------------------------------------------------------------------------------------------- */

static oc_status check_images(const oc_dataset_options *o, size_t *image, oc_error *err) {
  const oc_image_shape size = o->size;
  int64_t bytes = size.channels, all;
  if (o->count < 1 || size.height < 1 || size.width < 1 || size.channels < 1 ||
      !oc_mul_i64(bytes, size.height, &bytes) || !oc_mul_i64(bytes, size.width, &bytes) ||
      !oc_mul_i64(bytes, o->count, &all))
    return oc_fail(err, OC_E_ARGUMENT, "size", "Give at least one image of at least 1x1x1.",
                   "invalid dataset: %lld images of %lldx%lldx%lld", (long long)o->count,
                   (long long)size.height, (long long)size.width, (long long)size.channels);
  *image = (size_t)bytes;
  return OC_OK;
}

bool oc_target_name_is_sound(const char *name) {
  const size_t size = strlen(name);
  for (size_t i = 0; i < size; i++) {
    const char c = name[i];
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (i && c >= '0' && c <= '9') || c == '_'))
      return false;
  }
  return size > 0 && size < 64;
}

static oc_status check_name(const oc_dataset_options *o, int index, oc_error *err) {
  const char *name = o->targets[index].name;
  if (!name || !oc_target_name_is_sound(name))
    return oc_fail(err, OC_E_ARGUMENT, "targets", "Use a name such as age or left_eye.",
                   "the name of target %d must be letters, digits and _, at most 63, and begin with a letter",
                   index);
  for (int i = 0; i < index; i++)
    if (strcmp(o->targets[i].name, name) == 0)
      return oc_fail(err, OC_E_ARGUMENT, "targets", "Give each target its own name.",
                     "targets %d and %d are both called '%s'", i, index, name);
  return OC_OK;
}

static oc_status check_target(const oc_dataset_options *o, int index, oc_error *err) {
  const oc_target *t = &o->targets[index];
  int64_t values;
  TRY(check_name(o, index, err));
  if (t->kind != OC_TARGET_CLASS && t->kind != OC_TARGET_CLASSES && t->kind != OC_TARGET_VECTOR)
    return oc_fail(err, OC_E_ARGUMENT, t->name, "", "unknown kind of target %d", (int)t->kind);
  if (t->size < 1 || t->size > MAX_CLASSES)
    return oc_fail(err, OC_E_ARGUMENT, t->name, "", "%s must be 1 to %d, got %lld",
                   t->kind == OC_TARGET_VECTOR ? "size" : "classes", MAX_CLASSES, (long long)t->size);
  if (!oc_mul_i64(o->count, (int64_t)oc_target_bytes(t), &values))
    return oc_fail(err, OC_E_ARGUMENT, t->name, "", "too many values: %lld for each of %lld images",
                   (long long)t->size, (long long)o->count);
  for (int64_t i = 0; t->class_names && t->kind != OC_TARGET_VECTOR && i < t->size; i++)
    if (!t->class_names[i])
      return oc_fail(err, OC_E_ARGUMENT, t->name, "", "class %lld has no name", (long long)i);
  return OC_OK;
}

static oc_status check_options(const oc_dataset_options *o, size_t *image, oc_error *err) {
  TRY(oc_options_check(o->struct_size, sizeof *o, "oc_dataset_options", err));
  TRY(check_images(o, image, err));
  if (o->target_count < 0 || o->target_count > OC_TARGETS_MAX || (o->target_count > 0 && !o->targets))
    return oc_fail(err, OC_E_ARGUMENT, "targets", "", "expected an array of at most %d, got %d in %s",
                   OC_TARGETS_MAX, o->target_count, o->targets ? "one" : "NULL");
  for (int i = 0; i < o->target_count; i++) TRY(check_target(o, i, err));
  return OC_OK;
}

/* ---- making -------------------------------------------------------------------------------------------- */

/* Makes a store by the options; the caller adds the images. */
static oc_status make_store(const oc_dataset_options *o, oc_store **out, oc_error *err) {
  size_t image = 0;
  *out = NULL;
  TRY(check_options(o, &image, err));
  oc_store *s = oc_store_create();
  if (!s) return oc_fail_memory(err, sizeof *s);
  s->count = o->count;
  s->size = o->size;
  s->image_bytes = image;
  oc_status status = OC_OK;
  for (int i = 0; i < o->target_count && status == OC_OK; i++)
    status = oc_store_add_target(s, &o->targets[i], err);
  if (status == OC_OK)
    *out = s;
  else
    oc_store_release(s);
  return status;
}

static oc_status copy_values(oc_store *s, int index, const void *values, oc_error *err) {
  const oc_target *t = &s->targets[index];
  const size_t bytes = (size_t)s->count * oc_target_bytes(t);
  if (!values) return oc_fail(err, OC_E_ARGUMENT, t->name, "", "values must not be NULL");
  TRY(oc_target_check(t, values, NULL, s->count, err));
  s->values[index] = oc_memory_copy(values, bytes);
  return s->values[index] ? OC_OK : oc_fail_memory(err, bytes);
}

static oc_status copy_all(oc_store *s, const uint8_t *pixels, const oc_target *targets, oc_error *err) {
  const size_t bytes = (size_t)s->count * s->image_bytes;
  for (int i = 0; i < s->target_count; i++) TRY(copy_values(s, i, targets[i].values, err));
  s->pixels = oc_memory_copy(pixels, bytes);
  return s->pixels ? OC_OK : oc_fail_memory(err, bytes);
}

oc_status oc_dataset_from_memory(const uint8_t *pixels, const oc_dataset_options *options, oc_dataset **out,
                                 oc_error *err) {
  NEED(pixels, options, out);
  oc_dataset_options o;
  oc_store *s;
  *out = NULL;
  OC_OPTIONS_READ(o, options);
  TRY(make_store(&o, &s, err));
  oc_status status = copy_all(s, pixels, o.targets, err);
  if (status == OC_OK) status = oc_dataset_view(s, 0, s->count, out, err);
  oc_store_release(s);
  return status;
}

oc_status oc_dataset_from_callback(oc_read_fn read, void *context, const oc_dataset_options *options,
                                   oc_dataset **out, oc_error *err) {
  NEED(read, options, out);
  oc_dataset_options o;
  oc_store *s;
  *out = NULL;
  OC_OPTIONS_READ(o, options);
  TRY(make_store(&o, &s, err));
  s->read = read;
  s->context = context;
  s->serial = o.serial;
  s->identity = o.identity ? oc_memory_string(o.identity) : NULL;
  oc_status status = o.identity && !s->identity ? oc_fail_memory(err, strlen(o.identity) + 1)
                                                : oc_dataset_view(s, 0, s->count, out, err);
  oc_store_release(s);
  return status;
}
