/* array.c: see array.h. */
#include "lecture/array.h"
#include "core/message.h"
#include "ocellus/data.h"
#include "ocellus/file.h"
#include "core/target.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES ((size_t)1 << 31) /* of a file or a stream */

const char *const cli_levels_choices[] = {"clamp", "absolute", "middle", "stretch", NULL};

oc_status cli_array_create(int rank, int64_t planes, int64_t rows, int64_t columns, cli_array *out,
                           oc_error *err) {
  oc_matrix m;
  CLI_TRY(oc_matrix_create(3, (const int64_t[]){planes, rows, columns}, &m, err));
  *out = (cli_array){
      .rank = rank, .planes = planes, .rows = rows, .columns = columns, .outputs = 1, .data = m.data};
  return OC_OK;
}

/* Modes and moderate padding make a result of at most a few times its inputs; 4 million more are allowed for
 * the rest. */
oc_status cli_array_create_result(int rank, int64_t planes, int64_t rows, int64_t columns, int64_t inputs,
                                  cli_array *out, oc_error *err) {
  const int64_t most = ((int64_t)1 << 22) + 16 * inputs;
  const double count = (double)planes * (double)rows * (double)columns;
  if (count <= (double)most) return cli_array_create(rank, planes, rows, columns, out, err);
  return cli_fail(err, OC_E_ARGUMENT, "result", "Use less padding, a smaller dilation or a larger stride.",
                  "the result has too many values: %.0f from %lld; the limit is %lld", count,
                  (long long)inputs, (long long)most);
}

void cli_array_release(cli_array *a) {
  oc_free(a->data);
  *a = (cli_array){0};
}

void cli_array_lie_down(cli_array *a) {
  if (a->rank != 1) return;
  a->columns *= a->rows;
  a->rows = 1;
}

/* ---- reading ------------------------------------------------------------------------------------------- */

/* Where number `n` of a matrix stands among the planes. */
static int64_t place_in_planes(const oc_matrix *m, int64_t n) {
  const int64_t planes = m->channels * m->outputs, plane = n % planes;
  return (plane % m->outputs * m->channels + plane / m->outputs) * m->rows * m->columns + n / planes;
}

/* In place, one cycle of values after another, because a second copy of a large file would be too much. */
static oc_status move_to_planes(oc_matrix *m, oc_error *err) {
  const int64_t count = oc_matrix_count(m);
  uint8_t *moved = calloc((size_t)count / 8 + 1, 1);
  if (!moved) return cli_fail_memory(err);
  for (int64_t start = 0; start < count; start++) {
    double carried = m->data[start];
    for (int64_t n = start; !(moved[n / 8] >> n % 8 & 1);) {
      moved[n / 8] |= (uint8_t)(1 << n % 8);
      n = place_in_planes(m, n);
      const double next = m->data[n];
      m->data[n] = carried;
      carried = next;
    }
  }
  free(moved);
  return OC_OK;
}

oc_status cli_array_split(oc_matrix *m, cli_array *out, oc_error *err) {
  const bool list = m->rank <= 2 && (m->rows == 1 || m->columns == 1);
  const int64_t planes = m->channels * m->outputs;
  if (planes > 1) CLI_TRY(move_to_planes(m, err));
  *out = (cli_array){.rank = list ? 1 : m->rank,
                     .planes = planes,
                     .rows = m->rows,
                     .columns = m->columns,
                     .outputs = m->outputs,
                     .data = m->data};
  m->data = NULL;
  return OC_OK;
}

oc_status cli_array_join(const cli_array *a, oc_matrix *out, oc_error *err) {
  const int64_t channels = a->planes / a->outputs, size = a->rows * a->columns;
  CLI_TRY(oc_matrix_create(4, (const int64_t[]){a->rows, a->columns, channels, a->outputs}, out, err));
  for (int64_t i = 0; i < size; i++)
    for (int64_t p = 0; p < a->planes; p++)
      out->data[i * a->planes + p % channels * a->outputs + p / channels] = a->data[p * size + i];
  out->rank = a->outputs > 1 ? 4 : a->rank;
  return OC_OK;
}

static oc_status of_image(const oc_image *image, cli_array *out, oc_error *err) {
  const oc_image_shape size = image->size;
  CLI_TRY(cli_array_create(size.channels > 1 ? 3 : 2, size.channels, size.height, size.width, out, err));
  out->image = true;
  out->transparent = image->transparent;
  memcpy(out->background, image->background, sizeof out->background);
  for (int64_t i = 0; i < size.height * size.width; i++)
    for (int64_t c = 0; c < size.channels; c++)
      out->data[c * size.height * size.width + i] = image->pixels[i * size.channels + c];
  return OC_OK;
}

/* Reading takes at most four times a file's bytes and READ_ROOM. Besides the file itself an image takes nine
 * bytes a value: one as it was decoded, eight as a number. */
enum { READ_ROOM = 200 * 1000 * 1000, IMAGE_VALUE = 9 };

static oc_status check_room(const char *where, const oc_image *image, size_t file, oc_error *err) {
  const oc_image_shape s = image->size;
  const double needs = (double)s.height * (double)s.width * (double)s.channels * IMAGE_VALUE;
  const double may = 3.0 * (double)file + READ_ROOM;
  if (needs <= may) return OC_OK;
  return cli_fail(err, OC_E_DATA, where, "Scale the image down first.",
                  "%lldx%lldx%lld values need %.0f MB; for a file of %.1f MB the limit is %.0f MB",
                  (long long)s.height, (long long)s.width, (long long)s.channels, needs / 1e6,
                  (double)file / 1e6, may / 1e6);
}

static oc_status of_bytes(const char *where, const void *bytes, size_t size, const char *background,
                          cli_array *out, oc_error *err) {
  oc_matrix m;
  if (oc_image_is_known(bytes, size)) {
    oc_image image;
    CLI_TRY(oc_image_decode(where, bytes, size, background, &image, err));
    oc_status status = check_room(where, &image, size, err);
    if (status == OC_OK) status = of_image(&image, out, err);
    oc_image_release(&image);
    return status;
  }
  CLI_TRY(oc_matrix_parse(where, bytes, size, &m, err));
  oc_status status = cli_array_split(&m, out, err);
  oc_matrix_release(&m);
  return status;
}

static oc_status of_argument(const char *option, const char *text, cli_array *out, oc_error *err) {
  oc_matrix m;
  CLI_TRY(oc_matrix_parse_argument(option, text, &m, err));
  oc_status status = cli_array_split(&m, out, err);
  oc_matrix_release(&m);
  return status;
}

/* All of a stream; files of more bytes than the largest matrix takes as text are refused. */
static oc_status read_stream(FILE *stream, const char *where, char **bytes, size_t *size, oc_error *err) {
  size_t capacity = 0;
  *bytes = NULL;
  *size = 0;
  for (;;) {
    if (*size == capacity) {
      capacity = capacity ? 2 * capacity : 65536;
      char *grown = capacity <= MAX_BYTES ? realloc(*bytes, capacity) : NULL;
      if (!grown) return cli_fail(err, OC_E_MEMORY, where, "Use a smaller file.", "too large for memory");
      *bytes = grown;
    }
    size_t got = fread(*bytes + *size, 1, capacity - *size, stream);
    if (got == 0) break;
    *size += got;
  }
  return ferror(stream) ? cli_fail(err, OC_E_IO, where, "", "cannot read: %s", strerror(errno)) : OC_OK;
}

static oc_status of_stream(FILE *stream, const char *where, const char *background, cli_array *out,
                           oc_error *err) {
  char *bytes;
  size_t size;
  oc_status status = read_stream(stream, where, &bytes, &size, err);
  if (status == OC_OK) status = of_bytes(where, bytes, size, background, out, err);
  free(bytes);
  return status;
}

static oc_status of_file(const char *path, const char *background, cli_array *out, oc_error *err) {
  void *bytes;
  size_t size;
  oc_status status = oc_file_load(path, MAX_BYTES, &bytes, &size, err);
  if (status == OC_E_NO_INPUT && err && !cli_is_file(path))
    snprintf(err->hint, sizeof err->hint, "Give numbers, as in 1,3,2, or the name of a file.");
  CLI_TRY(status);
  status = of_bytes(path, bytes, size, background, out, err);
  oc_free(bytes);
  return status;
}

static bool names_file(const char *what) {
  const char *dot = strrchr(what, '.');
  return oc_image_has_extension(what) ||
         (dot && (strcmp(dot, ".npy") == 0 || strcmp(dot, ".csv") == 0 || strcmp(dot, ".txt") == 0));
}

oc_status cli_array_read(const char *option, const char *what, const char *background, cli_array *out,
                         oc_error *err) {
  *out = (cli_array){0};
  if (strcmp(what, "-") == 0) return of_stream(stdin, "standard input", background, out, err);
  if (cli_is_folder(what))
    return cli_fail(err, OC_E_NO_INPUT, what, "Name a file inside it.", "expected a file, got a folder");
  if (!cli_is_file(what) && !names_file(what)) {
    if (strpbrk(what, "0123456789") || !strpbrk(what, "./")) return of_argument(option, what, out, err);
  }
  return of_file(what, background, out, err);
}

/* ---- images and files ---------------------------------------------------------------------------------- */

cli_levels cli_levels_of(const char *choice) {
  int i = 0;
  while (strcmp(cli_levels_choices[i], choice) != 0) i++;
  return (cli_levels)i;
}

uint8_t *cli_array_pixels(const cli_array *a, cli_levels levels) {
  const int64_t count = cli_array_count(a), plane = a->rows * a->columns;
  double low = INFINITY, high = -INFINITY;
  uint8_t *pixels = calloc((size_t)count, 1);
  for (int64_t i = 0; pixels && i < count; i++) {
    low = fmin(low, a->data[i]);
    high = fmax(high, a->data[i]);
  }
  for (int64_t i = 0; pixels && i < count; i++) {
    double v = a->data[i];
    if (levels == CLI_LEVELS_ABSOLUTE) v = fabs(v);
    if (levels == CLI_LEVELS_MIDDLE) v += 128;
    if (levels == CLI_LEVELS_STRETCH) v = high > low ? (v - low) / (high - low) * 255 : 0;
    v = v > 0 ? fmin(v, 255) : 0; /* NaN is black */
    pixels[i % plane * a->planes + i / plane] = (uint8_t)lround(v);
  }
  return pixels;
}

static oc_status save_image(const cli_array *a, const char *path, cli_levels levels, oc_error *err) {
  const oc_image_shape size = {a->rows, a->columns, a->planes};
  uint8_t *pixels = cli_array_pixels(a, levels);
  if (!pixels) return cli_fail_memory(err);
  oc_status status = oc_image_save(path, size, pixels, err);
  free(pixels);
  return status;
}

oc_status cli_array_save(const cli_array *a, const char *path, cli_levels levels, oc_error *err) {
  oc_matrix m;
  if (oc_image_has_extension(path)) return save_image(a, path, levels, err);
  if (!names_file(path))
    return cli_fail(err, OC_E_ARGUMENT, path, "",
                    "the name must end in .png, .pgm, .ppm, .npy, .csv or .txt");
  CLI_TRY(cli_array_join(a, &m, err));
  oc_status status = oc_matrix_save(&m, path, err);
  oc_matrix_release(&m);
  return status;
}

/* ---- printing ------------------------------------------------------------------------------------------ */

const char *cli_number(double value, char *text, size_t size) {
  if (isnan(value))
    snprintf(text, size, "nan");
  else if (fabs(value) < 1e15 && value == floor(value))
    snprintf(text, size, "%.0f", value + 0.0);
  else
    snprintf(text, size, "%.6g", value);
  return text;
}

int cli_numbers_width(const double *values, int64_t count) {
  char text[32];
  int width = 1;
  for (int64_t i = 0; i < count; i++) {
    int n = (int)strlen(cli_number(values[i], text, sizeof text));
    if (n > width) width = n;
  }
  return width;
}

void cli_numbers_print(FILE *stream, const double *values, int64_t count, int width) {
  char text[32];
  for (int64_t i = 0; i < count; i++)
    fprintf(stream, "%s%*s", i ? " " : "", width, cli_number(values[i], text, sizeof text));
}

void cli_array_print(FILE *stream, const cli_array *a) {
  char text[32];
  for (int64_t i = 0; i < cli_array_count(a); i++)
    fprintf(stream, "%s%s", oc_number_text(a->data[i], text, sizeof text), (i + 1) % a->columns ? " " : "\n");
}

/* ---- pairs and padding --------------------------------------------------------------------------------- */

int cli_list_read(const char *text, char separator, int64_t v[4]) {
  int count = 0;
  for (;; text++) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || errno || count == 4) return 0;
    v[count++] = value;
    text = end;
    if (!*text) return count;
    if (*text != separator) return 0;
  }
}

oc_status cli_pair_read(const char *option, const char *text, bool line, int64_t v[2], oc_error *err) {
  int64_t list[4];
  int count = cli_list_read(text, 'x', list);
  if (count != 1 && count != 2)
    return cli_fail(err, OC_E_ARGUMENT, option, "",
                    "expected an integer or two with an x between them, such as 2 or 2x1, got '%s'", text);
  if (line && count == 2 && list[0] != 1)
    return cli_fail(err, OC_E_ARGUMENT, option, "", "expected one number for a list, got '%s'", text);
  v[0] = line ? 1 : list[0];
  v[1] = list[count - 1];
  if (v[0] == 0 || v[1] == 0) /* which the library takes for its default */
    return cli_fail(err, OC_E_ARGUMENT, option, "", "%s must be at least 1, got 0",
                    option + strspn(option, "-"));
  return OC_OK;
}

oc_status cli_pad_read(const char *option, const char *text, bool line, int64_t v[4], oc_error *err) {
  int64_t list[4];
  int count = cli_list_read(text, 'x', list);
  if (count == 1 || (count == 2 && !line)) {
    v[0] = v[1] = list[0];
    v[2] = v[3] = list[count - 1];
    return OC_OK;
  }
  count = cli_list_read(text, ',', list);
  if (count == (line ? 2 : 4)) {
    for (int i = 0; i < 4; i++) v[i] = list[line ? i % 2 : i];
    return OC_OK;
  }
  return cli_fail(err, OC_E_ARGUMENT, option, "", "must be %s, got '%s'",
                  line ? "N on both sides, or BEFORE,AFTER" : "N, ROWSxCOLUMNS, or TOP,BOTTOM,LEFT,RIGHT",
                  text);
}
