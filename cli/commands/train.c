/* train.c: `ocellus train`. */
#include "commands/train.h"
#include "core/data.h"
#include "core/target.h"
#include <math.h>
#include <string.h>

static const char *const train_metrics[] = {"running", "full", NULL}, *const channels[] = {"1", "3", NULL},
                         *const resizing[] = {"pad", "crop", "stretch", NULL},
                         *const standardizing[] = {"pixel", "channel", "none", NULL};

static const char *const batch_norms[] = {"frozen", "trained", NULL};
static const char *const sampling[] = {"uniform", "balanced", NULL};
static const char *const class_weights[] = {"none", "balanced", NULL};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [CLI_TRAIN_PRESET] =
        {.name = "preset",
         .kind = CLI_CHOICE,
         .value = "NAME",
         .help = "network of this name with the training options that suit it, see `ocellus help net`"},
    [CLI_TRAIN_NET] = {.name = "net",
                       .kind = CLI_TEXT,
                       .value = "NET",
                       .fallback = "lecture",
                       .help = "network: a preset or a net text, see `ocellus help net`"},
    [CLI_TRAIN_EPOCHS] = {.name = "epochs",
                          .kind = CLI_WHOLE,
                          .value = "N",
                          .fallback = "20",
                          .low = 1,
                          .high = 1e6,
                          .help = "number of passes over the training images"},
    [CLI_TRAIN_PATIENCE] = {.name = "patience",
                            .kind = CLI_WHOLE,
                            .value = "N",
                            .fallback = "0",
                            .low = 0,
                            .high = 1e6,
                            .help = "end after N epochs in a row that are not better on the validation set; "
                                    "0: never"},
    [CLI_TRAIN_BATCH] = {.name = "batch",
                         .kind = CLI_WHOLE,
                         .value = "N",
                         .fallback = "64",
                         .low = 1,
                         .high = 1e6,
                         .help = "images per training step"},
    [CLI_TRAIN_LR] = {.name = "lr",
                      .kind = CLI_REAL,
                      .value = "X",
                      .fallback = "1e-4",
                      .low = 0,
                      .above = true,
                      .high = INFINITY,
                      .help = "learning rate"},
    [CLI_TRAIN_SCHEDULE] = {.name = "schedule",
                            .kind = CLI_CHOICE,
                            .value = "NAME",
                            .fallback = "constant",
                            .help = "learning-rate schedule, see `ocellus help optimizers`"},
    [CLI_TRAIN_OPTIMIZER] = {.name = "optimizer",
                             .kind = CLI_CHOICE,
                             .value = "NAME",
                             .fallback = "adam",
                             .help = "optimizer, see `ocellus help optimizers`"},
    [CLI_TRAIN_CLIP_NORM] = {.name = "clip-norm",
                             .kind = CLI_REAL,
                             .value = "X",
                             .fallback = "0",
                             .low = 0,
                             .high = INFINITY,
                             .help = "largest norm of the gradients, which are scaled down to it; 0: none"},
    [CLI_TRAIN_DROPOUT] = {.name = "dropout",
                           .kind = CLI_REAL,
                           .value = "X",
                           .low = 0,
                           .high = 1,
                           .below = true,
                           .help = "rate of every dropout layer, instead of the rate in the network"},
    [CLI_TRAIN_L2] = {.name = "l2",
                      .kind = CLI_REAL,
                      .value = "X",
                      .fallback = "0",
                      .low = 0,
                      .high = INFINITY,
                      .help = "L2 penalty: adds X * sum(w^2) / 2 to the loss"},
    [CLI_TRAIN_SEED] = {.name = "seed",
                        .kind = CLI_WHOLE,
                        .value = "N",
                        .fallback = "123",
                        .low = 0,
                        .high = CLI_WHOLE_MAX,
                        .help = "seed for initial weights, shuffling and dropout"},
    [CLI_TRAIN_THREADS] = CLI_THREADS_ROW("number of worker threads, which does not affect the result"),
    [CLI_TRAIN_KERNELS] =
        {.name = "kernels",
         .kind = CLI_TEXT,
         .value = "TEXT",
         .help = "kernels to use instead of the planner's choice: STEP=KERNEL;STEP=KERNEL, as `ocellus "
                 "plan` names them; recorded in the run, to get the same bits on another machine"},
    [CLI_TRAIN_VALID] =
        {.name = "valid",
         .kind = CLI_TEXT,
         .value = "SPLIT",
         .help = "validation set: 0 (none), last:N (the last N training images) or stratified:N (the same "
                 "fraction of each class, drawn with --seed, or with S in stratified:N:S); N alone is "
                 "last:N for MNIST and built-in data, otherwise stratified:N",
         .usual = "10000, or a sixth of a small set"},
    [CLI_TRAIN_TEST] =
        {.name = "test",
         .kind = CLI_TEXT,
         .value = "SPLIT",
         .help = "test set of data without one of its own, split off the training images: as in --valid; "
                 "`ocellus test RUN DATA` takes the same images",
         .usual = "a tenth of the images of each class, and so for the validation set; 0 for MNIST and "
                  "built-in data"},
    [CLI_TRAIN_PER_CLASS] = {.name = "per-class",
                             .kind = CLI_WHOLE,
                             .value = "N",
                             .low = 1,
                             .high = 1e9,
                             .help = "training images of each class, drawn with --seed after the validation "
                                     "and test sets are split off",
                             .usual = "all"},
    [CLI_TRAIN_MINUTES] =
        {.name = "minutes",
         .kind = CLI_REAL,
         .value = "M",
         .fallback = "20",
         .low = 0,
         .above = true,
         .high = 1e5,
         .help = "choose what is not given so that training takes at most M minutes on two cores; MNIST and "
                 "built-in data have the defaults of each option unless this is given"},
    [CLI_TRAIN_FROM] =
        {.name = "from",
         .kind = CLI_TEXT,
         .value = "MODEL",
         .help = "trained model that gives its layers, except the last, and the form of the images: a run, a "
                 "file, or efficientnet-lite0 after `make backbone`"},
    [CLI_TRAIN_FREEZE] = {.name = "freeze",
                          .kind = CLI_TEXT,
                          .value = "LAYERS",
                          .help = "layers of --from that stay as they are: all, or those with the numbers 1 "
                                  "to N in `ocellus show`; 0: "
                                  "none",
                          .usual = "all"},
    [CLI_TRAIN_FINE_TUNE] = {.name = "fine-tune",
                             .kind = CLI_WHOLE,
                             .value = "EPOCHS",
                             .usual = "0",
                             .low = 0,
                             .high = 1e6,
                             .help = "epochs after those of --epochs in which all layers are trained"},
    [CLI_TRAIN_FINE_TUNE_LR] = {.name = "fine-tune-lr",
                                .kind = CLI_REAL,
                                .value = "X",
                                .usual = "1e-5",
                                .low = 0,
                                .above = true,
                                .high = INFINITY,
                                .help = "learning rate of --fine-tune"},
    [CLI_TRAIN_FINE_TUNE_BN] =
        {.name = "fine-tune-bn",
         .kind = CLI_CHOICE,
         .value = "HOW",
         .usual = "frozen",
         .choices = batch_norms,
         .help =
             "batch normalization in --fine-tune: frozen keeps the moving averages (and drops nothing, as "
             "in prediction); trained uses those of the batch and updates them"},
    [CLI_TRAIN_SKIP] = CLI_SKIP_ROW,
    [CLI_TRAIN_TRUNCATED] = CLI_TRUNCATED_ROW,
    [CLI_TRAIN_CACHE] = {.name = "cache",
                         .kind = CLI_BYTES,
                         .value = "BYTES",
                         .fallback = "512M",
                         .low = 1,
                         .high = CLI_CACHE_MOST,
                         .help = "memory for decoded images, and as much for features of --freeze, with K, M "
                                 "or G: the rest is decoded or computed again in each epoch"},
    [CLI_TRAIN_WORKERS] = CLI_WORKERS_ROW,
    [CLI_TRAIN_SIZE] = {.name = "size",
                        .kind = CLI_TEXT,
                        .value = "SIZE",
                        .help = "size of the images for the network: N (square) or HxW",
                        .usual = "that of the data"},
    [CLI_TRAIN_CHANNELS] = {.name = "channels",
                            .kind = CLI_CHOICE,
                            .value = "N",
                            .choices = channels,
                            .help = "1: gray images, 3: color images",
                            .usual = "those of the data"},
    [CLI_TRAIN_RESIZE] =
        {.name = "resize",
         .kind = CLI_CHOICE,
         .value = "HOW",
         .choices = resizing,
         .help = "how images of another aspect ratio get the size: pad (whole, with a border), crop (the "
                 "largest part from the center) or stretch",
         .usual = "pad for gray, crop for color"},
    [CLI_TRAIN_BACKGROUND] =
        {.name = "background",
         .kind = CLI_TEXT,
         .value = "COLOR",
         .help = "color of borders, of what --augment uncovers and behind transparent pixels: "
                 "black, white, 0 to 255 or #rrggbb",
         .usual = "chosen for each image"},
    [CLI_TRAIN_STANDARDIZE] =
        {.name = "standardize",
         .kind = CLI_CHOICE,
         .value = "HOW",
         .choices = standardizing,
         .help = "what is subtracted from pixels, and what they are divided by: pixel (the mean of each "
                 "pixel, one standard deviation), channel (the mean and deviation of each channel) or none "
                 "(0 and 255)",
         .usual = "pixel for gray images of at most 32x32, otherwise channel"},
    [CLI_TRAIN_NO_SHUFFLE] = {.name = "no-shuffle", .help = "read the images in the order of the file"},
    [CLI_TRAIN_SAMPLING] =
        {.name = "sampling",
         .kind = CLI_CHOICE,
         .value = "HOW",
         .fallback = "uniform",
         .choices = sampling,
         .help = "images of an epoch: uniform is each image once; balanced is as many of each class, so that "
                 "images of small classes come again"},
    [CLI_TRAIN_CLASS_WEIGHTS] =
        {.name = "class-weights",
         .kind = CLI_CHOICE,
         .value = "HOW",
         .fallback = "none",
         .choices = class_weights,
         .help = "weight of each class in the loss: balanced is images / (classes * images of the class)"},
    [CLI_TRAIN_AUGMENT] = {.name = "augment",
                           .kind = CLI_TEXT,
                           .value = "TEXT",
                           .fallback = "none",
                           .help = "changes of the training images at random, such as \"shift 2, rotate "
                                   "10\", see `ocellus help augment`"},
    [CLI_TRAIN_METRICS] =
        {.name = "train-metrics",
         .kind = CLI_CHOICE,
         .value = "HOW",
         .fallback = "running",
         .choices = train_metrics,
         .help = "training loss and accuracy: running is the mean over the epoch while the weights change "
                 "(Avg.), at no cost; full is measured after the epoch with its last weights, which takes "
                 "as long as a validation of as many images"},
    [CLI_TRAIN_KEEP] =
        {.name = "keep",
         .kind = CLI_TEXT,
         .value = "WHICH",
         .help = "epochs to keep as separate models, such as RUN/epoch-20.safetensors: all, the last N, "
                 "or the best",
         .usual = "none"},
    [CLI_TRAIN_OUT] = {.name = "out",
                       .letter = 'o',
                       .kind = CLI_TEXT,
                       .value = "RUN",
                       .help = "output folder",
                       .usual = "the first unused name among run-1, run-2 and so on"},
    [CLI_TRAIN_FORCE] = {.name = "force", .letter = 'f', .help = "replace an existing run in --out"},
    [CLI_TRAIN_RESUME] = {.name = "resume",
                          .kind = CLI_TEXT,
                          .value = "RUN",
                          .help = "run to resume, with its data and options; --threads, --keep, --patience, "
                                  "--train-metrics, --tensorboard and DATA (if it has moved) may be given "
                                  "again, and --epochs where the "
                                  "schedule allows it, see `ocellus help optimizers`"},
    [CLI_TRAIN_ANY_ISA] =
        {.name = "any-isa",
         .help = "resume at another instruction-set level than the run had, or a run of a version with "
                 "another arithmetic; the bits then differ from those of an uninterrupted run"},
    [CLI_TRAIN_JSON] = {.name = "json", .help = "print one JSON object per line instead of text"},
    [CLI_TRAIN_QUIET] = {.name = "quiet",
                         .letter = 'q',
                         .help = "print only results and warnings, without the live line"},
};

static const char *const examples[] = {
    "ocellus train mnist",
    "ocellus train mnist --net lenet5 --lr 1e-3 --epochs 5 --out lenet",
    "ocellus train xo --net 'conv 3x3x8 relu | maxpool 2 | dense CLASSES' --epochs 2 --quiet",
    "ocellus train digits:4000:1000 --net tiny --lr 1e-3 --epochs 3 --json",
    "ocellus train --resume lenet --epochs 8",
    "ocellus train digits:600:100 --net tiny --epochs 3 --keep all --train-metrics full",
    "ocellus train digits:600:100 --net tiny --epochs 3 --lr 1e-2 --schedule onecycle --label-smoothing 0.1 "
    "--ema 0.99",
    "ocellus train digits:600:100 --net tiny --epochs 9 --warmup 1 --schedule cosine --patience 3",
    "ocellus train digits:600:100 --net tiny --epochs 2 --sampling balanced",
    "ocellus train digits:600:100 --minutes 0.01",
    "ocellus train xo:400:80 --from lenet --per-class 20",
    NULL,
};

static const char text[] =
    "Trains a network on the training set of DATA (see `ocellus help data`). Evaluates it on "
    "the validation set after each epoch and on the test set at the end. Writes to RUN: "
    "model.safetensors (the best epoch), last.safetensors (the last epoch and the state for "
    "resuming; also a model), metrics.jsonl (one line per epoch) and run.json (the "
    "configuration).\n\n"
    "MNIST and built-in data are trained as in the lecture, by the defaults of the options. For other data, "
    "what is not given (size, network, epochs, batch, optimizer, learning rate, schedule, augmentation and "
    "more) is chosen from the data: from the number, size and classes of the images and the computation that "
    "a network needs, at a stated speed, so every machine chooses the same. The choice is printed first, as "
    "a "
    "command that gives the same weights, with reasons. Images are never mirrored unasked: add flip to "
    "--augment where left and right do not matter.\n\n"
    "Few images are enough for the last layer of a network that has learned from many: with --from, the "
    "layers of another model are taken, and what they make of each image is computed once. The page "
    "docs/transfer.md shows it.\n\n"
    "Ctrl-C finishes the step, saves, and prints how to resume. A resumed run ends with the "
    "same bits as an uninterrupted one. A second Ctrl-C quits immediately.";

/* ---- the last words ------------------------------------------------------------------------------------ */

/* A file with images of the test part, or the data's own name where it is not a folder. */
static const char *test_images(const cli_training *t, char path[CLI_PATH_MAX]) {
  static const char *const names[] = {"t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte"};
  if (!cli_is_folder(t->data_name)) return t->data_name;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (cli_path_join(t->data_name, names[i], path, NULL) == OC_OK && cli_is_file(path)) return path;
  return t->data_name;
}

/* What can be predicted: images of the data's own test set, or else the first file of the one that was split
 * off. False where neither has a name. */
static bool test_image_name(const cli_training *t, char path[CLI_PATH_MAX], char images[CLI_PATH_MAX + 16]) {
  if (!*oc_dataset_split(t->data.test)) {
    snprintf(images, CLI_PATH_MAX + 16, "%s[0:10]", test_images(t, path));
    return true;
  }
  const char *item = oc_dataset_item_name(t->data.test, 0);
  return *item && cli_path_join(t->data_name, item, path, NULL) == OC_OK && cli_is_file(path) &&
         snprintf(images, CLI_PATH_MAX + 16, "%s", path) > 0;
}

static void print_next(const cli_training *t) {
  FILE *stream = t->call->err.stream;
  const char *program = t->call->program;
  char path[CLI_PATH_MAX], images[CLI_PATH_MAX + 16], run[CLI_PATH_MAX], word[CLI_PATH_MAX + 16];
  cli_shell_word(t->folder.path, run, sizeof run);
  fprintf(stream, "Next:\n");
  if (t->data.test) {
    fprintf(stream, "  %s test %s %s\n", program, run, cli_shell_word(t->data_name, word, sizeof word));
    if (test_image_name(t, path, images))
      fprintf(stream, "  %s predict %s %s\n", program, run, cli_shell_word(images, word, sizeof word));
  }
  fprintf(stream, "  %s show %s\n", program, run);
  for (int i = CLI_TRAIN_COUNT; i < t->call->command->option_count; i++) {
    const char *viewer = t->call->command->options[i].viewer, *text_of = cli_get(t->call, i)->text;
    if (viewer && text_of) fprintf(stream, "  %s %s\n", viewer, cli_shell_word(text_of, word, sizeof word));
  }
}

static oc_status cmd_train(const cli_call *call, oc_error *err) {
  cli_call own = *call;
  cli_training t = {0};
  oc_status status = cli_training_run(&t, &own, err);
  bool only_results = cli_get(&own, CLI_TRAIN_QUIET)->given || cli_get(&own, CLI_TRAIN_JSON)->given;
  if (status == OC_OK && !only_results) print_next(&t);
  cli_training_release(&t);
  return status;
}

CLI_COMMAND(train, .summary = "train a network on images", .operands = "DATA", .least = 0, .most = 1,
            .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options), .examples = examples,
            .run = cmd_train, .extend = cli_train_extend);
