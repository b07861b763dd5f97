/* class_names.c: names the classes of a model, also by the lines of a text file. */
#include "base/file.h"
#include "model/model.h"
#include "ocellus/rule.h"
#include <string.h>

enum { FILE_MAX = 16 << 20 };

/* ---- names --------------------------------------------------------------------------------------------- */

static oc_status check_count(const oc_model *m, int count, const char *where, oc_error *err) {
  const oc_target *t = &m->outputs[0];
  if (t->kind == OC_TARGET_VECTOR)
    return oc_fail(err, OC_E_UNSUPPORTED, where, "", "the first output of the model has no classes");
  if (count == t->size) return OC_OK;
  return oc_fail(err, OC_E_DATA, where, "Give a name for each class, in the order of the output.",
                 "%d names for the model's %lld classes", count, (long long)t->size);
}

static oc_status check_names(const char *const *names, int count, const char *where, oc_error *err) {
  for (int i = 0; i < count; i++)
    if (!names[i] || !*names[i] || !oc_class_name_is_sound(names[i]))
      return oc_fail(err, OC_E_DATA, where, "Name classes in UTF-8, without control characters.",
                     "the name of class %d is empty, not valid UTF-8, or has control characters", i);
  return OC_OK;
}

static oc_status set_names(oc_model *m, const char *const *names, int count, const char *where,
                           oc_error *err) {
  oc_target *t = &m->outputs[0];
  TRY(check_count(m, count, where, err));
  TRY(check_names(names, count, where, err));
  const char *const *before = t->class_names;
  const char **copies = oc_arena_alloc(&m->names, (size_t)count * sizeof *copies);
  if (!copies) return oc_fail_memory(err, (size_t)count * sizeof *copies);
  for (int i = 0; i < count; i++)
    if (!(copies[i] = oc_arena_string(&m->names, names[i]))) return oc_fail_memory(err, strlen(names[i]) + 1);
  t->class_names = copies;
  const oc_status status = oc_outputs_note(m, err);
  if (status != OC_OK) t->class_names = before;
  return status;
}

oc_status oc_model_set_class_names(oc_model *m, const char *const *names, int count, oc_error *err) {
  NEED(m, names);
  return set_names(m, names, count, "class names", err);
}

/* ---- a file -------------------------------------------------------------------------------------------- */

static int count_lines(const char *text, size_t size) {
  int lines = 0;
  for (const char *at = text; (at = memchr(at, '\n', size - (size_t)(at - text))); at++) lines++;
  return lines + (size > 0 && text[size - 1] != '\n');
}

/* Ends the name that begins at `line` where its spaces begin, and returns it without those in front. */
static char *trim(char *line, size_t size) {
  static const char spaces[] = " \t\r";
  while (size > 0 && line[size - 1] && strchr(spaces, line[size - 1])) size--;
  line[size] = 0;
  return line + strspn(line, spaces);
}

static void split_lines(char *text, size_t size, const char **names, int count) {
  for (int i = 0; i < count; i++) {
    char *end = memchr(text, '\n', size);
    const size_t line = end ? (size_t)(end - text) : size;
    const bool has_zero = memchr(text, 0, line) != NULL;
    names[i] = has_zero ? NULL : trim(text, line);
    text += line + (end != NULL);
    size -= line + (end != NULL);
  }
}

oc_status oc_model_class_names_of(oc_model *m, char *text, size_t size, const char *where, oc_error *err) {
  const size_t mark = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* of UTF-8 */
  text += mark;
  size -= mark;
  const int count = count_lines(text, size);
  TRY(check_count(m, count, where, err));
  const char **names = oc_memory_array((size_t)count, sizeof *names);
  if (!names) return oc_fail_memory(err, (size_t)count * sizeof *names);
  split_lines(text, size, names, count);
  const oc_status status = set_names(m, names, count, where, err);
  oc_memory_free(names);
  return status;
}

oc_status oc_model_load_class_names(oc_model *m, const char *path, oc_error *err) {
  unsigned char *bytes;
  size_t size;
  NEED(m, path);
  TRY(oc_file_read(path, FILE_MAX, &bytes, &size, err));
  const oc_status status = oc_model_class_names_of(m, (char *)bytes, size, path, err);
  oc_memory_free(bytes);
  return status;
}
