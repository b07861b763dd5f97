/* options.h: options described by a table, read from the command line and checked against it.
 *
 *   enum { CLI_OPTION_EPOCHS = CLI_COMMON_COUNT, ... };
 *   static const cli_option options[] = {CLI_COMMON_OPTIONS,
 *       [OPTION_EPOCHS] = {.name = "epochs", .kind = CLI_WHOLE, .value = "N", .fallback = "20", .low = 1,
 * .high = 1e6, .help = "passes over the training images"}};
 *
 * The index in the table is the index of the value. Help and completion are made from the same rows. */
#ifndef OC_CLI_OPTIONS_H
#define OC_CLI_OPTIONS_H
#include "ocellus/status.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum cli_kind {
  CLI_FLAG = 0, /* given or not */
  CLI_WHOLE,    /* an integer in [low, high] */
  CLI_REAL,     /* a finite number in [low, high] */
  CLI_TEXT,     /* any text but the empty one */
  CLI_CHOICE    /* one of `choices` */
} cli_kind;

typedef struct cli_option {
  const char *name; /* "epochs" for --epochs */
  char letter;      /* 'q' for -q, 0 for none */
  cli_kind kind;
  const char *value;          /* what the value is called in help: "N" */
  const char *fallback;       /* default, as one would type it; NULL: none */
  const char *usual;          /* without a fallback: the default in words, for help; NULL: none */
  double low, high;           /* range of a number; at most 2^53 */
  bool above, below;          /* low, high are themselves outside the range */
  const char *const *choices; /* closed by NULL */
  const char *help;           /* a noun phrase, or an imperative one for a flag; no period */
  const char *setting;        /* of an option made from a list of the library: its name there; else NULL */
  const char *viewer;         /* of a callback: a command that shows what it wrote; NULL: none */
  bool looks_on;              /* a callback: what it is given changes no weight */
  bool repeats;               /* a text that may be given several times: see cli_arguments.repeated */
} cli_option;

typedef struct cli_value {
  bool given;       /* on the command line */
  const char *text; /* as typed, or the default; NULL if neither */
  int64_t whole;
  double real;
} cli_value;

#define CLI_OPTIONS_MAX  64
#define CLI_REPEATED_MAX 256
#define CLI_WHOLE_MAX    9007199254740991.0 /* 2^53 - 1: exact in a double, and so in any reader of JSON */

/* One of the values of an option that repeats. */
typedef struct cli_repeated {
  int option;
  const char *text;
} cli_repeated;

typedef struct cli_arguments {
  const cli_option *options;
  int option_count;
  cli_value values[CLI_OPTIONS_MAX];       /* of an option that repeats the last one */
  cli_repeated repeated[CLI_REPEATED_MAX]; /* in the order of the command line */
  int repeated_count;
  char **operands; /* pointers into argv, in order */
  int operand_count;
} cli_arguments;

/* Every command's table begins with these. */
enum { CLI_OPTION_HELP = 0, CLI_OPTION_COLOR, CLI_COMMON_COUNT };
extern const char *const cli_color_choices[];
#define CLI_COMMON_OPTIONS                                                                                   \
  [CLI_OPTION_HELP] = {.name = "help", .letter = 'h', .help = "print this page"},                            \
  [CLI_OPTION_COLOR] = {.name = "color",                                                                     \
                        .kind = CLI_CHOICE,                                                                  \
                        .value = "WHEN",                                                                     \
                        .fallback = "auto",                                                                  \
                        .choices = cli_color_choices,                                                        \
                        .help = "use of color: auto (on a terminal), always or never"}
/* The row of --threads, for the commands that compute. */
#define CLI_THREADS_ROW(text)                                                                                \
  {                                                                                                          \
    .name = "threads", .kind = CLI_WHOLE, .value = "N", .low = 1, .high = 256, .usual = "all processors",    \
    .help = (text)                                                                                           \
  }
/* The row of --background, for the commands that read images (see cli_background_check). */
#define CLI_BACKGROUND_ROW                                                                                   \
  {                                                                                                          \
    .name = "background", .kind = CLI_TEXT, .value = "COLOR",                                                \
    .help = "color behind transparent pixels: black, white, 0 to 255 or #rrggbb",                            \
    .usual = "black; white where the ink is dark"                                                            \
  }
/* The rows of --input and --classes, for the commands that take a network alone. */
#define CLI_INPUT_ROW                                                                                        \
  {                                                                                                          \
    .name = "input", .kind = CLI_TEXT, .value = "HxWxC", .fallback = "28x28x1",                              \
    .help = "shape of the input, if the operand is a network"                                                \
  }
#define CLI_CLASSES_ROW                                                                                      \
  {                                                                                                          \
    .name = "classes", .kind = CLI_WHOLE, .value = "N", .fallback = "10", .low = 2, .high = 65536,           \
    .help = "number of classes, if the operand is a network"                                                 \
  }
#define CLI_OPTION_COUNT(table)                                                                              \
  (int)(sizeof(table) / sizeof((table)[0]) +                                                                 \
        0 * sizeof(char[sizeof(table) / sizeof((table)[0]) <= CLI_OPTIONS_MAX ? 1 : -1]))

/* The option of this name; -1 if there is none. */
int cli_option_find(const cli_arguments *a, const char *name);
/* Sets every value to its default. */
void cli_arguments_begin(cli_arguments *a, const cli_option *options, int count);
/* Reads argv[0..argc-1] over the defaults; the later of two wins. Operands are moved to the front of argv.
 * With `stop`, the first operand ends it, and is left with all that follows in a->operands. */
oc_status cli_arguments_read(cli_arguments *a, int argc, char **argv, bool stop, oc_error *err);
/* Sets one option from text, with the checks of the command line. Marks nothing as given. */
oc_status cli_arguments_set(cli_arguments *a, int option, const char *text, oc_error *err);
/* The same for a value that stands for one on the command line: marks it as given. */
oc_status cli_arguments_give(cli_arguments *a, int option, const char *text, oc_error *err);
/* True if -h or --help is among argv, wherever it stands before "--". */
bool cli_asks_for_help(int argc, char **argv);
/* "1 to 256", "above 0", "0 or more, below 1"; "" for other kinds. Writes at most `size` bytes, returns
 * `text`. */
const char *cli_range_text(const cli_option *o, char *text, size_t size);

#endif
