/* data.h: opens data for a command: with the progress of a scan on the terminal, the user's cache folder, and
 * a note of what was understood or left out. */
#ifndef OC_CLI_DATA_H
#define OC_CLI_DATA_H
#include "core/command.h"
#include "core/progress.h"
#include "core/target.h"
#include "ocellus/data.h"

/* The rows of --cache, --workers and --skip, for the commands that read many images. */
#define CLI_CACHE_MOST 1e15 /* bytes: more than there are */
#define CLI_CACHE_ROW                                                                                        \
  {                                                                                                          \
    .name = "cache", .kind = CLI_BYTES, .value = "BYTES", .fallback = "512M", .low = 1,                      \
    .high = CLI_CACHE_MOST,                                                                                  \
    .help = "memory for decoded images, with K, M or G: the rest is decoded again in each epoch"             \
  }
#define CLI_WORKERS_ROW                                                                                      \
  {                                                                                                          \
    .name = "workers", .kind = CLI_WHOLE, .value = "N", .low = 1, .high = 256, .usual = "all processors",    \
    .help = "number of threads that decode images, which does not affect the result"                         \
  }
#define CLI_SKIP_ROW                                                                                         \
  {                                                                                                          \
    .name = "skip", .kind = CLI_TEXT, .value = "FILE",                                                       \
    .help = "file with the name of an image to leave out on each line"                                       \
  }
#define CLI_TRUNCATED_ROW                                                                                    \
  {                                                                                                          \
    .name = "truncated", .kind = CLI_CHOICE, .value = "HOW", .fallback = "refuse",                           \
    .choices = cli_truncated_choices,                                                                        \
    .help = "a JPEG without its end: refuse it, or accept it with gray in the place of what is missing"      \
  }
extern const char *const cli_truncated_choices[];

/* What reading many images needs: the line of progress, and the folder for what is worth keeping. */
typedef struct cli_data_watch {
  cli_progress progress;
  double begun;
  char folder[CLI_PATH_MAX];
} cli_data_watch;
/* Takes the options above into *options, with `w`, which stays valid as long as they are used. */
void cli_data_watch_begin(const cli_call *call, cli_data_watch *w, oc_data_options *options);
/* Takes the line of progress away, and `w` out of *options. */
void cli_data_watch_end(cli_data_watch *w, oc_data_options *options);

/* Opens what the operand `name` names, and prints what there is to say of it. Those of the options above that
 * the command has are taken into *options, which stay valid as long as the call. The caller closes *out. */
oc_status cli_data_open(const cli_call *call, const char *name, oc_data_options *options, oc_data *out,
                        oc_error *err);
/* Prints what there is to say of data. */
void cli_data_note(const cli_call *call, const char *name, const oc_data *data);
/* cli_data_open, but it says nothing. */
oc_status cli_data_read(const cli_call *call, const char *name, oc_data_options *options, oc_data *out,
                        oc_error *err);

/* The training set; without one, the test set or else the validation set. */
oc_dataset *cli_data_any(const oc_data *data);

#endif
