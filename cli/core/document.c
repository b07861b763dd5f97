/* document.c: see document.h. */
#include "core/document.h"
#include "core/message.h"
#include "ocellus/file.h"
#include <stdlib.h>
#include <string.h>

static bool reserve(cli_document *d, size_t more) {
  if (more <= d->capacity - d->size) return true;
  size_t capacity = d->capacity ? d->capacity : 1 << 16;
  while (capacity - d->size < more) capacity *= 2;
  char *bytes = realloc(d->bytes, capacity);
  if (!bytes) return false;
  d->bytes = bytes;
  d->capacity = capacity;
  return true;
}

/* A cookie_write_function_t: how many bytes were taken, 0 for an error. */
static ssize_t append_to_document(void *document, const char *bytes, size_t size) {
  cli_document *d = document;
  d->failed |= !reserve(d, size);
  if (d->failed) return 0;
  memcpy(d->bytes + d->size, bytes, size);
  d->size += size;
  return (ssize_t)size;
}

oc_status cli_document_open(cli_document *d, oc_error *err) {
  *d = (cli_document){0};
  d->stream = fopencookie(d, "w", (cookie_io_functions_t){.write = append_to_document});
  if (!d->stream) return cli_fail_memory(err);
  setvbuf(d->stream, d->buffer, _IOFBF, sizeof d->buffer);
  return OC_OK;
}

/* True if all that was written is there. */
static bool close_document(cli_document *d) {
  const bool broken = ferror(d->stream) != 0;
  return fclose(d->stream) == 0 && !broken && !d->failed;
}

char *cli_document_take(cli_document *d) {
  fputc(0, d->stream);
  if (close_document(d)) return d->bytes;
  free(d->bytes);
  return NULL;
}

void cli_document_drop(cli_document *d) {
  (void)close_document(d);
  free(d->bytes);
}

oc_status cli_document_save(cli_document *d, const char *path, oc_error *err) {
  const oc_status status =
      close_document(d) ? oc_file_save(path, d->bytes, d->size, err) : cli_fail_memory(err);
  free(d->bytes);
  return status;
}
