/* predict.c: `ocellus predict`: one line an image, or one JSON object. */
#include "core/command.h"
#include "core/json.h"
#include "core/images.h"
#include "commands/answers.h"
#include "commands/prediction.h"
#include "commands/unlike.h"
#include "core/target.h"
#include "core/tta.h"
#include "ocellus/tta.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
  OPTION_TOP = CLI_COMMON_COUNT,
  OPTION_PROBA,
  OPTION_DRAW,
  OPTION_TTA,
  OPTION_THREADS,
  OPTION_BACKGROUND,
  OPTION_INVERT,
  OPTION_JSON,
};

static const char *const invert_choices[] = {"auto", "yes", "no", NULL};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_TOP] = {.name = "top",
                    .kind = CLI_WHOLE,
                    .value = "N",
                    .fallback = "1",
                    .low = 1,
                    .high = 65536,
                    .help = "number of classes to print for each image, the most probable first"},
    [OPTION_PROBA] = {.name = "proba",
                      .help = "print the probabilities of all classes, in the order of the classes"},
    [OPTION_DRAW] = {.name = "draw", .help = "draw the images with their predictions in the terminal"},
    [OPTION_TTA] = CLI_TTA_ROW,
    [OPTION_THREADS] = CLI_THREADS_ROW("number of worker threads"),
    [OPTION_BACKGROUND] = CLI_BACKGROUND_ROW,
    [OPTION_INVERT] = {.name = "invert",
                       .kind = CLI_CHOICE,
                       .value = "WHEN",
                       .fallback = "auto",
                       .choices = invert_choices,
                       .help = "exchange dark and light: auto (where only that makes an image like those of "
                               "the training), yes or no"},
    [OPTION_JSON] = {.name = "json", .help = "print one JSON object per image"},
};

static const char *const examples[] = {
    "ocellus predict run-1 't10k-images-idx3-ubyte.gz[0:10]'",
    "ocellus predict run-1 't10k-images-idx3-ubyte.gz[-4:]' --draw",
    "ocellus predict run-1/model.safetensors seven.png --top 3",
    "ocellus predict run-1 seven.png 'digits[5]' --json",
    "ocellus predict run-1 mnist",
    NULL,
};

static const char text[] =
    "Prints the most probable class of each image. MODEL is a run folder or a .safetensors "
    "file. DATA is an IDX images file (gzipped or not) or an image (see `ocellus help "
    "data`). It can also be the folder or built-in data that a model was trained on, which stands for its "
    "test set. [5], [0:10], [:10] or [-10:] after its name selects images. Quote the name, "
    "because shells interpret brackets.\n\n"
    "A line has the image, its class and the probability of that class, separated by two "
    "spaces. If the model predicts vectors or several classes, or has more than one output, "
    "the line has each output by its name. On a terminal, a long line continues in the next "
    "one. An image of another size, or of gray instead of color, is fitted as those of the training "
    "were (see `ocellus show MODEL`). One that is unlike the training images, such as an inverted or an "
    "empty "
    "one, is reported. If the model has a threshold (`ocellus test --threshold-for`), an answer below it is "
    "marked as unknown.\n\n"
    "If one of several DATA cannot be read, its line gives the reason, and the others are "
    "classified. The exit code is that of the first failure.";

enum { IMAGES_AT_A_TIME = 64 };

typedef struct job {
  const cli_call *call;
  oc_model *model;
  oc_image_shape size; /* the model's */
  int classes, top;
  const char *file; /* without [..] */
  int failed;       /* of the operands */
  oc_error first;   /* why the first of them failed */
  bool said;        /* what transparent parts show */
  bool numbered;    /* lines name the index of the image too */
  oc_dataset *set;
  uint8_t *pixels; /* IMAGES_AT_A_TIME images */
  cli_fitted fitted;
  cli_unlike unlike;
  cli_unlike_image images[IMAGES_AT_A_TIME]; /* of `pixels` */
  float *probabilities;
  int *labels;         /* top */
  bool one_class;      /* all that the model answers; then the two above are used, */
  cli_answers answers; /* else this */
} job;

/* ---- output -------------------------------------------------------------------------------------------- */

static json_t *top_json(const job *j, const float *p) {
  json_t *list = json_array();
  for (int i = 0; i < j->top; i++)
    (void)json_array_append_new(list, json_pack("{s:i, s:s, s:o}", "label", j->labels[i], "class",
                                                oc_model_class_name(j->model, j->labels[i]), "probability",
                                                cli_json_real((double)p[j->labels[i]])));
  return list;
}

/* "unlike" and "inverted", where they say anything. */
static void add_unlike(json_t *object, const cli_unlike_image *image) {
  if (object && image->how) (void)json_object_set_new(object, "unlike", cli_unlike_json(image));
  if (object && image->inverted) (void)json_object_set_new(object, "inverted", json_true());
}

/* False if the model's threshold makes the answer an unknown one. */
static bool is_known(const job *j, const float *p) {
  return (double)p[j->labels[0]] >= oc_model_threshold(j->model);
}

static void add_threshold(json_t *object, const job *j, const float *p) {
  if (!object || oc_model_threshold(j->model) == 0) return;
  (void)json_object_set_new(object, "threshold", cli_json_real(oc_model_threshold(j->model)));
  (void)json_object_set_new(object, "known", json_boolean(is_known(j, p)));
}

static oc_status print_json(const job *j, int64_t index, int64_t i, const float *p, oc_error *err) {
  int best = j->labels[0];
  json_t *object =
      json_pack("{s:s, s:o, s:I, s:i, s:s, s:o}", "schema", "ocellus.predict/1", "file",
                cli_json_text(j->file), "index", (json_int_t)index, "label", best, "class",
                oc_model_class_name(j->model, best), "probability", cli_json_real((double)p[best]));
  if (object && cli_get(j->call, OPTION_TOP)->given) (void)json_object_set_new(object, "top", top_json(j, p));
  if (object && cli_get(j->call, OPTION_PROBA)->given) {
    json_t *all = json_array();
    for (int c = 0; c < j->classes; c++) (void)json_array_append_new(all, cli_json_real((double)p[c]));
    (void)json_object_set_new(object, "probabilities", all);
  }
  add_unlike(object, &j->images[i]);
  add_threshold(object, j, p);
  return cli_json_print(object, err);
}

/* The line of an operand without an answer. */
static oc_status print_failure(const job *j, const char *name, const oc_error *why, oc_error *err) {
  if (cli_get(j->call, OPTION_JSON)->given)
    return cli_json_print(json_pack("{s:s, s:o, s:o, s:o}", "schema", "ocellus.predict/1", "file",
                                    cli_json_text(name), "error", cli_json_text(why->message), "hint",
                                    cli_json_text(why->hint)),
                          err);
  cli_put(stdout, name);
  printf("  error: %s\n", why->message);
  return OC_OK;
}

/* Prints the line of an image. On a terminal it is broken to fit, with an indent of two more spaces. */
static oc_status print_line(const job *j, int64_t index, int64_t at, const float *p, oc_error *err) {
  if (cli_get(j->call, OPTION_JSON)->given) return print_json(j, index, at, p, err);
  const int room = j->call->out.live ? j->call->out.columns : INT_MAX;
  char number[32] = "";
  cli_put(stdout, j->file);
  if (j->numbered) snprintf(number, sizeof number, "[%lld]", (long long)index);
  fputs(number, stdout);
  size_t used = strlen(j->file) + strlen(number);
  bool all = cli_get(j->call, OPTION_PROBA)->given;
  for (int i = 0; i < (all ? j->classes : j->top); i++) {
    const int label = all ? i : j->labels[i];
    const char *name = oc_model_class_name(j->model, label);
    const size_t length = strlen(CLI_SHOWN(name)) + strlen("    0.1234");
    const bool breaks = i > 0 && used + length > (size_t)room;
    fputs(breaks ? "\n    " : "  ", stdout);
    cli_put(stdout, name);
    printf("  %.4f", (double)p[label]);
    used = breaks ? length + 2 : used + length;
  }
  if (!is_known(j, p)) printf("  unknown: below %.4f", oc_model_threshold(j->model));
  putchar('\n');
  return OC_OK;
}

static oc_status draw_images(const job *j, int64_t count, oc_error *err) {
  cli_drawing *drawings = calloc((size_t)count, sizeof *drawings);
  if (!drawings) return cli_fail_memory(err);
  int width = cli_draw_columns(&j->call->out, j->size, (int)count);
  size_t image = (size_t)(j->size.height * j->size.width * j->size.channels);
  for (int64_t i = 0; i < count; i++)
    drawings[i] = cli_draw_prediction(&j->call->out, j->model, j->pixels + (size_t)i * image,
                                      j->probabilities + i * j->classes, -1, width);
  cli_draw(&j->call->out, j->size, drawings, (int)count);
  free(drawings);
  return OC_OK;
}

static oc_status print_answers(const job *j, int64_t index, int64_t i, oc_error *err) {
  if (cli_get(j->call, OPTION_JSON)->given) {
    json_t *object =
        json_pack("{s:s, s:o, s:I, s:o}", "schema", "ocellus.predict/1", "file", cli_json_text(j->file),
                  "index", (json_int_t)index, "outputs", cli_answers_json(&j->answers, i));
    add_unlike(object, &j->images[i]);
    return cli_json_print(object, err);
  }
  cli_put(stdout, j->file);
  if (j->numbered) printf("[%lld]", (long long)index);
  cli_answers_print(&j->answers, i);
  putchar('\n');
  return OC_OK;
}

static oc_status print_chunk(const job *j, int64_t first, int64_t count, oc_error *err) {
  for (int64_t i = 0; !j->one_class && i < count; i++) CLI_TRY(print_answers(j, first + i, i, err));
  for (int64_t i = 0; j->one_class && i < count; i++) {
    const float *p = j->probabilities + i * j->classes;
    cli_best_labels(p, j->classes, j->top, j->labels);
    CLI_TRY(print_line(j, first + i, i, p, err));
  }
  return cli_get(j->call, OPTION_DRAW)->given ? draw_images(j, count, err) : OC_OK;
}

/* ---- images ------------------------------------------------------------------------------------------ */

/* What is unusual of each image, which may be inverted for it. */
static void look_at(job *j, int64_t first, int64_t count) {
  const oc_image_shape original = oc_dataset_original_shape(j->set), s = j->size;
  char name[CLI_SHOWN_ROOM];
  for (int64_t i = 0; i < count; i++) {
    uint8_t *pixels = j->pixels + i * s.height * s.width * s.channels;
    snprintf(name, sizeof name, j->numbered ? "%.200s[%lld]" : "%.200s", j->file, (long long)(first + i));
    j->images[i] = cli_unlike_look(&j->unlike, j->call, j->model, pixels, original, name);
  }
}

static oc_status predict_images(job *j, int64_t first, int64_t count, oc_error *err) {
  while (count > 0) {
    int64_t n = count < IMAGES_AT_A_TIME ? count : IMAGES_AT_A_TIME;
    CLI_TRY(oc_dataset_read(j->set, first, n, j->pixels, NULL, err));
    look_at(j, first, n);
    if (j->one_class)
      CLI_TRY(oc_tta_predict(j->model, j->pixels, n, cli_tta_views(cli_get(j->call, OPTION_TTA)->text),
                             j->probabilities, err));
    else
      CLI_TRY(oc_model_predict_outputs(j->model, j->pixels, n, j->answers.values, err));
    CLI_TRY(print_chunk(j, first, n, err));
    first += n;
    count -= n;
  }
  return OC_OK;
}

/* No rule makes images of other than 1 or 3 channels. */
static oc_status check_shape(const job *j, const char *file, oc_error *err) {
  const oc_image_shape s = oc_dataset_image_shape(j->set), m = j->size;
  char is[64], wanted[64];
  if (s.height == m.height && s.width == m.width && s.channels == m.channels) return OC_OK;
  return cli_fail(err, OC_E_DATA, file, "", "image shape is %s, but the model expects %s",
                  cli_size_text(s, is, sizeof is), cli_size_text(m, wanted, sizeof wanted));
}

/* The images of one operand: opened, checked for their size, and in range. */
static oc_status open_file(job *j, const cli_slice *slice, int64_t *first, int64_t *count, oc_error *err) {
  CLI_TRY(cli_images_open(j->call, slice->path, j->model, &j->set, err));
  CLI_TRY(check_shape(j, slice->path, err));
  CLI_TRY(cli_slice_resolve(slice, oc_dataset_count(j->set), first, count, err));
  cli_fitted_add(&j->fitted, j->model, j->set, *count);
  j->numbered = slice->given || oc_dataset_count(j->set) > 1;
  j->said = j->said || cli_background_note(j->call, j->set, slice->path);
  return OC_OK;
}

/* True if a failure concerns one operand alone, so that the others can be classified. */
static bool is_of_operand(const job *j, oc_status status) {
  return j->call->arguments.operand_count > 2 && status != OC_E_MEMORY && status != OC_E_INTERNAL;
}

static oc_status predict_file(job *j, const char *name, oc_error *err) {
  cli_slice slice;
  int64_t first, count;
  oc_error why = {0};
  oc_status status = cli_slice_read(name, &slice, &why);
  j->file = slice.path;
  if (status == OC_OK) status = open_file(j, &slice, &first, &count, &why);
  if (status == OC_OK) {
    status = predict_images(j, first, count, err);
  } else if (is_of_operand(j, status)) {
    if (j->failed++ == 0) j->first = why;
    status = print_failure(j, name, &why, err);
  } else if (err) {
    *err = why;
  }
  oc_dataset_free(j->set);
  j->set = NULL;
  return status;
}

/* OC_OK if all were answered. */
static oc_status tell_failures(const job *j, oc_error *err) {
  const int operands = j->call->arguments.operand_count - 1;
  if (j->failed == 0) return OC_OK;
  return cli_fail(err, j->first.code, "", j->first.hint, "%d of %d images failed; the first: %s: %s",
                  j->failed, operands, j->first.where, j->first.message);
}

/* ---- the command --------------------------------------------------------------------------------------- */

/* Options that are about one class. */
static oc_status prepare_answers(job *j, oc_error *err) {
  static const int about_classes[] = {OPTION_TOP, OPTION_PROBA, OPTION_DRAW, OPTION_TTA, 0};
  CLI_TRY(cli_no_effects(j->call, about_classes, "with a model that does not predict one class", err));
  return cli_answers_create(j->model, IMAGES_AT_A_TIME, &j->answers, err);
}

static oc_status prepare(job *j, oc_error *err) {
  const cli_value *threads = cli_get(j->call, OPTION_THREADS);
  CLI_TRY(cli_model_load(cli_operand(j->call, 0), threads->given ? (int)threads->whole : 0, &j->model, err));
  j->size = oc_model_image_shape(j->model);
  j->classes = oc_model_classes(j->model);
  j->top = (int)cli_get(j->call, OPTION_TOP)->whole;
  j->one_class = cli_answers_one_class(j->model);
  if (!j->one_class) CLI_TRY(prepare_answers(j, err));
  if (j->one_class && j->top > j->classes)
    return cli_fail(err, OC_E_ARGUMENT, "--top", "", "must be at most %d, the number of classes, got %d",
                    j->classes, j->top);
  size_t plane = (size_t)(j->size.height * j->size.width);
  j->pixels = calloc(IMAGES_AT_A_TIME * plane, (size_t)j->size.channels);
  j->probabilities = calloc((size_t)(IMAGES_AT_A_TIME * j->classes) + 1, sizeof *j->probabilities);
  j->labels = calloc((size_t)j->top, sizeof *j->labels);
  return j->pixels && j->probabilities && j->labels ? OC_OK : cli_fail_memory(err);
}

static oc_status check_options(const cli_call *call, oc_error *err) {
  const bool json = cli_get(call, OPTION_JSON)->given, all = cli_get(call, OPTION_PROBA)->given;
  if (json) CLI_TRY(cli_no_effect(call, OPTION_DRAW, "with --json", err));
  if (all && !json) CLI_TRY(cli_no_effect(call, OPTION_TOP, "with --proba, which prints all classes", err));
  return cli_background_check(call, 1, err);
}

static oc_status cmd_predict(const cli_call *call, oc_error *err) {
  job j = {.call = call};
  CLI_TRY(check_options(call, err));
  oc_status status = prepare(&j, err);
  for (int i = 1; i < call->arguments.operand_count && status == OC_OK; i++)
    status = predict_file(&j, cli_operand(call, i), err);
  if (j.model) cli_fitted_note(&j.fitted, j.model, call);
  cli_unlike_sum(&j.unlike, call);
  if (status == OC_OK) status = tell_failures(&j, err);
  free(j.pixels);
  free(j.probabilities);
  free(j.labels);
  cli_answers_release(&j.answers);
  oc_model_free(j.model);
  return status;
}

CLI_COMMAND(predict, .summary = "classify images", .operands = "MODEL DATA...", .least = 2, .most = -1,
            .text = text, .options = options, .option_count = CLI_OPTION_COUNT(options), .examples = examples,
            .run = cmd_predict);
