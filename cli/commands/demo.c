/* demo.c: `ocellus demo`: a first look that needs nothing: `ocellus train` on built-in handwriting, then some
 * answers. */
#include "commands/prediction.h"
#include "commands/report.h"
#include "core/target.h"
#include "commands/train.h"
#include <stdlib.h>

enum {
  OPTION_IMAGES = CLI_COMMON_COUNT,
  OPTION_EPOCHS,
  OPTION_THREADS,
  OPTION_OUT,
  OPTION_FORCE,
};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_IMAGES] = {.name = "images",
                       .kind = CLI_WHOLE,
                       .value = "N",
                       .fallback = "20000",
                       .low = 100,
                       .high = 1e6,
                       .help = "number of training images, generated from a seed"},
    [OPTION_EPOCHS] = {.name = "epochs",
                       .kind = CLI_WHOLE,
                       .value = "N",
                       .fallback = "3",
                       .low = 1,
                       .high = 1e6,
                       .help = "number of passes over the training images"},
    [OPTION_THREADS] = CLI_THREADS_ROW("number of worker threads"),
    [OPTION_OUT] = {.name = "out",
                    .letter = 'o',
                    .kind = CLI_TEXT,
                    .value = "RUN",
                    .help = "output folder",
                    .usual = "the first unused name among run-1, run-2 and so on"},
    [OPTION_FORCE] = {.name = "force", .letter = 'f', .help = "replace an existing run in --out"},
};

static const char *const examples[] = {"ocellus demo --images 2000 --epochs 1", NULL};

static const char text[] =
    "Trains the lecture's network on handwritten digits that the program generates. Prints "
    "its accuracy and some predictions, and writes a report to the run folder. It reads no files and takes "
    "one or two minutes on "
    "two cores.";

enum { TEST_IMAGES = 2000, SHOWN = 8 };
#define LEARNING_RATE "1e-3" /* ten times the lecture's: better after so few steps */

/* ---- some answers -------------------------------------------------------------------------------------- */

static oc_status draw_answers(const cli_terminal *t, cli_training *training, oc_error *err) {
  oc_image_shape size = oc_model_image_shape(training->model);
  int classes = oc_model_classes(training->model), width = cli_draw_columns(t, size, SHOWN);
  size_t bytes = (size_t)(size.height * size.width * size.channels);
  int32_t labels[SHOWN];
  cli_drawing drawings[SHOWN];
  uint8_t *pixels = calloc(SHOWN, bytes);
  float *probabilities = calloc(SHOWN * (size_t)classes, sizeof *probabilities);
  oc_status status = pixels && probabilities ? OC_OK : cli_fail_memory(err);
  if (status == OC_OK) status = oc_dataset_read(training->data.test, 0, SHOWN, pixels, labels, err);
  if (status == OC_OK) status = oc_model_predict(training->model, pixels, SHOWN, probabilities, err);
  for (int i = 0; i < SHOWN && status == OC_OK; i++)
    drawings[i] = cli_draw_prediction(t, training->model, pixels + (size_t)i * bytes,
                                      probabilities + i * classes, labels[i], width);
  if (status == OC_OK) cli_draw(t, size, drawings, SHOWN);
  free(pixels);
  free(probabilities);
  return status;
}

/* Next to the model of the run. */
static oc_status write_report(const char *folder, oc_error *err) {
  char path[CLI_PATH_MAX];
  cli_runs runs;
  CLI_TRY(cli_path_join(folder, "report.html", path, err));
  oc_status status = cli_runs_load(&folder, 1, &runs, err);
  if (status == OC_OK) status = cli_report_save(&runs, path, err);
  cli_runs_release(&runs);
  CLI_TRY(status);
  fputs("\nWrote ", stdout);
  cli_put(stdout, path);
  puts(": a page on this run, for a browser");
  return OC_OK;
}

static void print_next(const cli_call *call, const char *run) {
  static const char mnist[] = "../shared/data/mnist";
  const char *program = call->program, *folder = cli_is_folder(mnist) ? mnist : "path/to/mnist";
  char word[CLI_PATH_MAX];
  cli_shell_word(run, word, sizeof word);
  printf("\n"
         "Try next:\n"
         "  %s train %s\n"
         "      the lecture's training, on any folder with MNIST\n"
         "  %s predict %s image.png\n"
         "      classify your own image (28x28, white on black)\n"
         "  %s show %s\n"
         "      the layers of this network\n"
         "  %s help\n"
         "      everything else\n",
         program, folder, program, word, program, word, program);
}

/* ---- the command --------------------------------------------------------------------------------------- */

static oc_status copy_option(cli_call *to, int to_option, const cli_call *from, int from_option,
                             oc_error *err) {
  const char *value = cli_get(from, from_option)->text;
  if (!value) return OC_OK;
  CLI_TRY(cli_arguments_set(&to->arguments, to_option, value, err));
  to->arguments.values[to_option].given = cli_get(from, from_option)->given;
  return OC_OK;
}

/* The call of `ocellus train` that the demonstration is. */
static oc_status prepare(cli_call *train, const cli_call *call, char **data, oc_error *err) {
  *train = *call;
  train->command = cli_command_find(call->book, "train");
  cli_arguments_begin(&train->arguments, train->command->options, train->command->option_count);
  train->arguments.operands = data;
  train->arguments.operand_count = 1;
  CLI_TRY(cli_arguments_set(&train->arguments, CLI_TRAIN_LR, LEARNING_RATE, err));
  CLI_TRY(copy_option(train, CLI_TRAIN_EPOCHS, call, OPTION_EPOCHS, err));
  CLI_TRY(copy_option(train, CLI_TRAIN_THREADS, call, OPTION_THREADS, err));
  CLI_TRY(copy_option(train, CLI_TRAIN_OUT, call, OPTION_OUT, err));
  return copy_option(train, CLI_TRAIN_FORCE, call, OPTION_FORCE, err);
}

static oc_status cmd_demo(const cli_call *call, oc_error *err) {
  cli_training training = {0};
  cli_call train;
  char name[64], *data = name;
  if (!cli_get(call, OPTION_OUT)->given)
    CLI_TRY(cli_no_effect(call, OPTION_FORCE, "without --out: a new run folder is made", err));
  snprintf(name, sizeof name, "digits:%lld:%d", (long long)cli_get(call, OPTION_IMAGES)->whole, TEST_IMAGES);
  CLI_TRY(prepare(&train, call, &data, err));
  oc_status status = cli_training_run(&training, &train, err);
  if (status == OC_OK) {
    printf("\n"
           "Some test images with the predicted class and its probability:\n\n");
    status = draw_answers(&call->out, &training, err);
  }
  if (status == OC_OK) status = write_report(training.folder.path, err);
  if (status == OC_OK) print_next(call, training.folder.path);
  cli_training_release(&training);
  return status;
}

CLI_COMMAND(demo, .summary = "train on built-in handwriting and show some predictions", .operands = "",
            .least = 0, .most = 0, .text = text, .options = options,
            .option_count = CLI_OPTION_COUNT(options), .examples = examples, .run = cmd_demo);
