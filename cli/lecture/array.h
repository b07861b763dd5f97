/* array.h: reads and writes the arrays of a user: typed, from a file, from standard input, from an image. */
#ifndef OC_CLI_ARRAY_H
#define OC_CLI_ARRAY_H
#include "ocellus/convolve.h"
#include "ocellus/matrix.h"
#include "core/terminal.h"

struct cli_call;

/* Planes of rows x columns: the channels of an image in order, otherwise one plane. Of a kernel for several
 * outputs, the channels of output 0, then those of output 1, and so on. */
typedef struct cli_array {
  int rank;   /* 1: a list, of one row or one column; 2: rows and columns; 3: and channels; 4: and outputs */
  bool image; /* numbers 0..255, made from an image */
  bool transparent;                       /* an image parts of which show a background */
  uint8_t background[3];                  /* red, green, blue */
  int64_t planes, rows, columns, outputs; /* planes: channels * outputs */
  double *data;                           /* owned */
} cli_array;

/* `what` is numbers ("1,3,2" or "1 3; 2 4"), the name of a file (.npy, .csv or text, an image) or "-". A
 * file of that name comes first. `option` is its name in messages. `background`: of images, as in
 * oc_data_options. */
oc_status cli_array_read(const char *option, const char *what, const char *background, cli_array *out,
                         oc_error *err);
/* The same, or several channels with | between them, each numbers or a file: "1 2; 3 4 | 5 6; 7 8", "r.csv |
 * g.csv". A kernel has || before the channels of each further output. */
oc_status cli_array_read_channels(const char *option, const char *what, const char *background,
                                  cli_array *out, oc_error *err);
oc_status cli_array_create(int rank, int64_t planes, int64_t rows, int64_t columns, cli_array *out,
                           oc_error *err);
/* The same for the result of a computation: OC_E_ARGUMENT if it has more numbers than `inputs`, those that
 * were given, justify. */
oc_status cli_array_create_result(int rank, int64_t planes, int64_t rows, int64_t columns, int64_t inputs,
                                  cli_array *out, oc_error *err);
void cli_array_release(cli_array *a);
/* Planes as a matrix whose elements lie together, as the library takes them; and back, which takes the
 * numbers out of the matrix. */
oc_status cli_array_join(const cli_array *a, oc_matrix *out, oc_error *err);
oc_status cli_array_split(oc_matrix *m, cli_array *out, oc_error *err);
/* Makes a list one row, which is its form without a matrix next to it. */
void cli_array_lie_down(cli_array *a);
static inline int64_t cli_array_count(const cli_array *a) {
  return a->planes * a->rows * a->columns;
}

/* How numbers become the gray of an image, 0..255: cut off; without their sign; with 128 for 0; from least to
 * most. */
typedef enum cli_levels {
  CLI_LEVELS_CLAMP,
  CLI_LEVELS_ABSOLUTE,
  CLI_LEVELS_MIDDLE,
  CLI_LEVELS_STRETCH
} cli_levels;
extern const char *const cli_levels_choices[];
cli_levels cli_levels_of(const char *choice);
/* The bytes of an image, to be freed with free(); NULL if there is no memory. */
uint8_t *cli_array_pixels(const cli_array *a, cli_levels levels);
/* As an image, .npy or CSV, by the end of the name. */
oc_status cli_array_save(const cli_array *a, const char *path, cli_levels levels, oc_error *err);

/* 5, 4.6, 0.333333: for reading; cli_array_save keeps all digits. Into at least 32 bytes. Returns `text`. */
const char *cli_number(double value, char *text, size_t size);
/* Columns that the widest of them takes. */
int cli_numbers_width(const double *values, int64_t count);
/* One row, each number in `width` columns, a blank before each but the first. */
void cli_numbers_print(FILE *stream, const double *values, int64_t count, int width);

/* Every row on a line, every number with all its digits, for other programs. */
void cli_array_print(FILE *stream, const cli_array *a);

/* After reading x: refuses --background where there is no image, and reports once the color of transparent
 * pixels. */
oc_status cli_array_background(const struct cli_call *call, const char *name, const cli_array *x,
                               oc_error *err);

/* Reads up to 4 integers with `separator` between them. Returns their number, 0 for any other text. */
int cli_list_read(const char *text, char separator, int64_t v[4]);
/* "2", "2x3": one integer or two with an x, into v[2]. `option` is its name in messages. `line`: for a list,
 * which has no rows; v[0] is then 1. */
oc_status cli_pair_read(const char *option, const char *text, bool line, int64_t v[2], oc_error *err);
/* Padding: N; RxC (each on both sides); a,b (before and after, in one dimension); t,b,l,r. Into v[4]. */
oc_status cli_pad_read(const char *option, const char *text, bool line, int64_t v[4], oc_error *err);

#endif
