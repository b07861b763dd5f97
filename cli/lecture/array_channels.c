/* array_channels.c: reads an array of several channels, from values or a file for each of them. */
#include "lecture/array.h"
#include "core/message.h"
#include "core/target.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_PARTS = 4096 };

/* "1 2; 3 4 | b.csv || ...", split in place: 0 ends each part. */
typedef struct part_list {
  char *text;
  const char *option, *background;
  const char *parts[MAX_PARTS];
  int count, outputs; /* parts; groups of them */
} part_list;

static char *trimmed(char *from, char *end) {
  while (from < end && strchr(" \n", *from)) from++;
  while (end > from && strchr(" \n", end[-1])) end--;
  *end = 0;
  return from;
}

static oc_status take_apart(part_list *l, oc_error *err) {
  l->outputs = 1;
  for (char *at = l->text;;) {
    char *end = at + strcspn(at, "|"), separator = *end;
    const bool output = separator && end[1] == '|';
    if (l->count == MAX_PARTS)
      return cli_fail(err, OC_E_ARGUMENT, l->option, "Use a .npy file of rank 3 or 4.",
                      "too many channels and outputs: the limit is %d", MAX_PARTS);
    l->parts[l->count] = trimmed(at, end);
    if (!*l->parts[l->count++])
      return cli_fail(err, OC_E_ARGUMENT, l->option,
                      "Put | between channels, and || between the outputs of a kernel.",
                      "channel %d is empty", l->count - 1);
    if (!separator) return OC_OK;
    l->outputs += output;
    at = end + 1 + output;
  }
}

/* Reads part `i` into its plane; the first one gives the size of all. */
static oc_status read_plane(const part_list *l, int i, cli_array *out, oc_error *err) {
  cli_array plane;
  const char *part = l->parts[i];
  CLI_TRY(cli_array_read(l->option, part, l->background, &plane, err));
  oc_status status = OC_OK;
  if (plane.planes > 1)
    status = cli_fail(err, OC_E_DATA, part, "Give each channel only rows and columns.",
                      "expected one channel, got %lld", (long long)plane.planes);
  if (status == OC_OK && !out->data) {
    status = cli_array_create(l->outputs > 1 ? 4 : 3, l->count, plane.rows, plane.columns, out, err);
    out->image = plane.image;
    out->outputs = l->outputs;
  }
  if (status == OC_OK && (plane.rows != out->rows || plane.columns != out->columns))
    status = cli_fail(err, OC_E_DATA, l->option, "Give every channel the same size.",
                      "channel %d is %lld x %lld, but channel 0 is %lld x %lld", i, (long long)plane.rows,
                      (long long)plane.columns, (long long)out->rows, (long long)out->columns);
  if (status == OC_OK && plane.transparent) {
    out->transparent = true;
    memcpy(out->background, plane.background, sizeof out->background);
  }
  if (status == OC_OK)
    memcpy(out->data + i * out->rows * out->columns, plane.data,
           (size_t)(out->rows * out->columns) * sizeof *out->data);
  cli_array_release(&plane);
  return status;
}

static oc_status read_planes(const part_list *l, cli_array *out, oc_error *err) {
  if (l->count % l->outputs)
    return cli_fail(err, OC_E_ARGUMENT, l->option,
                    "Give each output, between two ||, as many channels as x has.",
                    "%d channels do not divide evenly among %d outputs", l->count, l->outputs);
  oc_status status = OC_OK;
  for (int i = 0; i < l->count && status == OC_OK; i++) status = read_plane(l, i, out, err);
  if (status != OC_OK) cli_array_release(out);
  return status;
}

oc_status cli_array_read_channels(const char *option, const char *what, const char *background,
                                  cli_array *out, oc_error *err) {
  *out = (cli_array){0};
  if (!strchr(what, '|') || cli_is_file(what)) return cli_array_read(option, what, background, out, err);
  part_list *l = calloc(1, sizeof *l);
  if (!l) return cli_fail_memory(err);
  l->option = option;
  l->background = background;
  l->text = strdup(what);
  oc_status status = l->text ? take_apart(l, err) : cli_fail_memory(err);
  if (status == OC_OK) status = read_planes(l, out, err);
  free(l->text);
  free(l);
  return status;
}
