/* array.c: see array.h. */
#include "array.h"
#include "message.h"
#include "ocellus/data.h"
#include "target.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const cli_levels_choices[] = {"clamp", "absolute", "middle", "stretch", NULL};

oc_status cli_array_create(int rank, int64_t planes, int64_t rows, int64_t columns, cli_array *out,
                           oc_error *err) {
  oc_matrix m;
  CLI_TRY(oc_matrix_create(3, (const int64_t[]){planes, rows, columns}, &m, err));
  *out = (cli_array){rank, false, planes, rows, columns, 1, m.data};
  return OC_OK;
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

/* ---- reading ------------------------------------------------------------------------------------------------ */

/* The planes of a matrix, whose elements lie together in it. */
static oc_status split(const oc_matrix *m, cli_array *out, oc_error *err) {
  const int64_t planes = m->channels * m->outputs, size = m->rows * m->columns;
  CLI_TRY(cli_array_create(m->rank, planes, m->rows, m->columns, out, err));
  out->outputs = m->outputs;
  for (int64_t i = 0; i < size; i++)
    for (int64_t p = 0; p < planes; p++)
      out->data[(p % m->outputs * m->channels + p / m->outputs) * size + i] = m->data[i * planes + p];
  return OC_OK;
}

/* Takes the numbers out of `m`. */
static oc_status of_matrix(oc_matrix *m, cli_array *out, oc_error *err) {
  if (m->channels * m->outputs > 1) return split(m, out, err);
  const bool list = m->rank <= 2 && (m->rows == 1 || m->columns == 1);
  *out = (cli_array){list ? 1 : m->rank, false, 1, m->rows, m->columns, 1, m->data};
  m->data = NULL;
  return OC_OK;
}

static oc_status of_picture(const oc_picture *picture, cli_array *out, oc_error *err) {
  const oc_picture_size size = picture->size;
  CLI_TRY(cli_array_create(size.channels > 1 ? 3 : 2, size.channels, size.height, size.width, out, err));
  out->picture = true;
  for (int64_t i = 0; i < size.height * size.width; i++)
    for (int64_t c = 0; c < size.channels; c++)
      out->data[c * size.height * size.width + i] = picture->pixels[i * size.channels + c];
  return OC_OK;
}

static bool begins_as_picture(const void *bytes, size_t size) {
  const unsigned char *b = bytes;
  return (size > 8 && memcmp(b, "\x89PNG\r\n\x1a\n", 8) == 0) ||
         (size > 2 && b[0] == 'P' && b[1] >= '2' && b[1] <= '6');
}

static oc_status of_bytes(const char *where, const void *bytes, size_t size, cli_array *out, oc_error *err) {
  oc_matrix m;
  if (begins_as_picture(bytes, size)) {
    oc_picture picture;
    CLI_TRY(oc_picture_decode(where, bytes, size, NULL, &picture, err));
    oc_status status = of_picture(&picture, out, err);
    oc_picture_release(&picture);
    return status;
  }
  CLI_TRY(oc_matrix_parse(where, bytes, size, &m, err));
  oc_status status = of_matrix(&m, out, err);
  oc_matrix_release(&m);
  return status;
}

static oc_status of_argument(const char *option, const char *text, cli_array *out, oc_error *err) {
  oc_matrix m;
  CLI_TRY(oc_matrix_parse_argument(option, text, &m, err));
  oc_status status = of_matrix(&m, out, err);
  oc_matrix_release(&m);
  return status;
}

/* All of a stream; files of more bytes than the largest matrix takes as text are refused. */
static oc_status read_stream(FILE *stream, const char *where, char **bytes, size_t *size, oc_error *err) {
  size_t capacity = 0, most = (size_t)1 << 31;
  *bytes = NULL;
  *size = 0;
  for (;;) {
    if (*size == capacity) {
      capacity = capacity ? 2 * capacity : 65536;
      char *grown = capacity <= most ? realloc(*bytes, capacity) : NULL;
      if (!grown)
        return cli_fail(err, OC_E_MEMORY, where, "use a smaller file", "is too large to be held in memory");
      *bytes = grown;
    }
    size_t got = fread(*bytes + *size, 1, capacity - *size, stream);
    if (got == 0) break;
    *size += got;
  }
  return ferror(stream) ? cli_fail(err, OC_E_IO, where, "", "cannot be read: %s", strerror(errno)) : OC_OK;
}

static oc_status of_stream(FILE *stream, const char *where, cli_array *out, oc_error *err) {
  char *bytes;
  size_t size;
  oc_status status = read_stream(stream, where, &bytes, &size, err);
  if (status == OC_OK) status = of_bytes(where, bytes, size, out, err);
  free(bytes);
  return status;
}

static bool names_file(const char *what) {
  const char *dot = strrchr(what, '.');
  return oc_picture_named(what) ||
         (dot && (strcmp(dot, ".npy") == 0 || strcmp(dot, ".csv") == 0 || strcmp(dot, ".txt") == 0));
}

oc_status cli_array_read(const char *option, const char *what, cli_array *out, oc_error *err) {
  *out = (cli_array){0};
  if (strcmp(what, "-") == 0) return of_stream(stdin, "standard input", out, err);
  if (cli_is_folder(what)) return cli_fail(err, OC_E_NO_INPUT, what, "name a file inside it", "is a folder");
  if (!cli_is_file(what) && !names_file(what)) {
    if (strpbrk(what, "0123456789") || !strpbrk(what, "./")) return of_argument(option, what, out, err);
  }
  FILE *stream = fopen(what, "rb");
  if (!stream)
    return cli_fail(err, OC_E_NO_INPUT, what, "give numbers, as in 1,3,2, or the name of a file",
                    "cannot open: %s", strerror(errno));
  oc_status status = of_stream(stream, what, out, err);
  fclose(stream);
  return status;
}

/* ---- pictures and files ------------------------------------------------------------------------------------- */

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

static oc_status save_picture(const cli_array *a, const char *path, cli_levels levels, oc_error *err) {
  const oc_picture_size size = {a->rows, a->columns, a->planes};
  uint8_t *pixels = cli_array_pixels(a, levels);
  if (!pixels) return cli_fail_memory(err);
  oc_status status = oc_picture_save(path, size, pixels, err);
  free(pixels);
  return status;
}

oc_status cli_array_save(const cli_array *a, const char *path, cli_levels levels, oc_error *err) {
  oc_matrix m;
  if (oc_picture_named(path)) return save_picture(a, path, levels, err);
  if (!names_file(path))
    return cli_fail(err, OC_E_ARGUMENT, path, "",
                    "the name must end in .png, .pgm, .ppm, .npy, .csv or .txt");
  const int64_t sizes[3] = {a->rank == 1 ? a->columns : a->rows, a->columns, a->planes};
  CLI_TRY(oc_matrix_create(a->rank, sizes, &m, err));
  for (int64_t i = 0; i < a->rows * a->columns; i++)
    for (int64_t c = 0; c < a->planes; c++) m.data[i * a->planes + c] = a->data[c * a->rows * a->columns + i];
  oc_status status = oc_matrix_save(&m, path, err);
  oc_matrix_release(&m);
  return status;
}

/* ---- printing ----------------------------------------------------------------------------------------------- */

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

/* ---- pairs and padding -------------------------------------------------------------------------------------- */

/* Up to 4 whole numbers with `separator` between them; how many, 0 if the text is anything else. */
static int read_list(const char *text, char separator, int64_t v[4]) {
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

oc_status cli_pair_read(const char *option, const char *text, int64_t v[2], oc_error *err) {
  int64_t list[4];
  int count = read_list(text, 'x', list);
  if (count != 1 && count != 2)
    return cli_fail(err, OC_E_ARGUMENT, option, "",
                    "'%s' is neither a whole number nor two with an x between them, as in 2 or 2x1", text);
  v[0] = list[0];
  v[1] = list[count - 1];
  return OC_OK;
}

oc_status cli_pad_read(const char *option, const char *text, bool line, int64_t v[4], oc_error *err) {
  int64_t list[4];
  int count = read_list(text, 'x', list);
  if (count == 1 || (count == 2 && !line)) {
    v[0] = v[1] = list[0];
    v[2] = v[3] = list[count - 1];
    return OC_OK;
  }
  count = read_list(text, ',', list);
  if (count == (line ? 2 : 4)) {
    for (int i = 0; i < 4; i++) v[i] = list[line ? i % 2 : i];
    return OC_OK;
  }
  return cli_fail(err, OC_E_ARGUMENT, option, "", "'%s' is no padding: it must be %s", text,
                  line ? "N on both sides, or BEFORE,AFTER" : "N, ROWSxCOLUMNS, or TOP,BOTTOM,LEFT,RIGHT");
}
