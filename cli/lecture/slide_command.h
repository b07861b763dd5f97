/* slide_command.h: declares the common part of `ocellus conv` and `ocellus pool`: options, input and output
 * of a sliding window. Each command has these options at indices of its own; they are found by name. */
#ifndef OC_CLI_SLIDE_COMMAND_H
#define OC_CLI_SLIDE_COMMAND_H
#include "core/command.h"
#include "lecture/slide.h"

#define CLI_SLIDE_X_ROW                                                                                      \
  { .name = "x", .kind = CLI_TEXT, .value = "X", .help = "input, instead of the operand X" }
#define CLI_SLIDE_PAD_ROW                                                                                    \
  {                                                                                                          \
    .name = "pad", .kind = CLI_TEXT, .value = "P",                                                           \
    .help = "explicit padding: P on each side, RxC for rows and columns, or TOP,BOTTOM,LEFT,RIGHT "          \
            "(BEFORE,AFTER for a list)"                                                                      \
  }
#define CLI_SLIDE_AT_ROW                                                                                     \
  {                                                                                                          \
    .name = "at", .kind = CLI_TEXT, .value = "POSITION",                                                     \
    .help =                                                                                                  \
        "only window to show, by its position in the result: I of a list, ROW,COLUMN or ROW,COLUMN,CHANNEL"  \
  }
#define CLI_SLIDE_OUT_ROW                                                                                    \
  {                                                                                                          \
    .name = "out", .letter = 'o', .kind = CLI_TEXT, .value = "FILE",                                         \
    .help = "output file for the result: .png, .pgm, .ppm, .npy, .csv or .txt"                               \
  }
#define CLI_SLIDE_HTML_ROW                                                                                   \
  {                                                                                                          \
    .name = "html", .kind = CLI_TEXT, .value = "FILE",                                                       \
    .help = "output file for a page to click through the windows"                                            \
  }
#define CLI_SLIDE_JSON_ROW                                                                                   \
  { .name = "json", .help = "print a JSON object" }
#define CLI_SLIDE_QUIET_ROW                                                                                  \
  { .name = "quiet", .letter = 'q', .help = "print only the values of the result, with all digits" }

/* The input: the operand or --x. */
typedef struct cli_slide_input {
  const char *where, *text; /* "X" or "--x", and its value */
} cli_slide_input;
/* OC_E_ARGUMENT, with the hint, unless there is exactly one. */
oc_status cli_slide_input_of(const cli_call *call, const char *hint, cli_slide_input *x, oc_error *err);
/* Reads --pad, which excludes --mode. */
oc_status cli_slide_pad(const cli_call *call, const cli_slide *s, int64_t pad[4], oc_error *err);
/* Refuses options that have no effect next to --json, --quiet and --steps. `shown`: indices of those that
 * only print text or JSON, closed by 0. */
oc_status cli_slide_check_effects(const cli_call *call, const int *shown, oc_error *err);

/* What a command adds to the output of its slide. */
typedef struct cli_slide_output {
  cli_levels levels; /* of the result as an image */
  oc_status (*print_more)(const cli_call *call, const void *context, oc_error *err);
  oc_status (*add_json)(json_t *object, const cli_call *call, const void *context, oc_error *err);
  const void *context;
} cli_slide_output;
/* Writes the files of --html and --out, and prints the slide as text, as JSON or as values alone. */
oc_status cli_slide_show(const cli_call *call, const cli_slide *s, const cli_slide_output *o, oc_error *err);

#endif
