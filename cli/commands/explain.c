/* explain.c: `ocellus explain xo`: the lecture's walk-through as a story. */
#include "lecture/explain.h"
#include "core/command.h"
#include "core/json.h"
#include "core/images.h"
#include "core/progress.h"
#include "core/suggest.h"
#include <stdlib.h>
#include <string.h>

enum {
  OPTION_KIND = CLI_COMMON_COUNT,
  OPTION_LETTER,
  OPTION_AT,
  OPTION_SEED,
  OPTION_THREADS,
  OPTION_HTML,
  OPTION_BACKGROUND,
  OPTION_JSON,
};

/* In the order of oc_xo_kind; a test compares the names. */
static const char *const kinds[] = {"clean", "shifted", "rotated", "scaled", "thick", "noisy", NULL};
static const char *const letters[] = {"X", "O", NULL};

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_KIND] = {.name = "kind",
                     .kind = CLI_CHOICE,
                     .value = "KIND",
                     .fallback = "clean",
                     .choices = kinds,
                     .help = "variant of the letter; --seed selects another of its kind"},
    [OPTION_LETTER] = {.name = "letter",
                       .kind = CLI_CHOICE,
                       .value = "LETTER",
                       .fallback = "X",
                       .choices = letters,
                       .help = "letter to explain"},
    [OPTION_AT] = {.name = "at",
                   .kind = CLI_TEXT,
                   .value = "ROW,COLUMN",
                   .fallback = "1,1",
                   .help = "row and column of the window to show, each 0 to 6"},
    [OPTION_SEED] = {.name = "seed",
                     .kind = CLI_WHOLE,
                     .value = "N",
                     .fallback = "123",
                     .low = 0,
                     .high = CLI_WHOLE_MAX,
                     .help = "seed for the generated images and for training"},
    [OPTION_THREADS] = CLI_THREADS_ROW("number of worker threads"),
    [OPTION_HTML] = {.name = "html",
                     .kind = CLI_TEXT,
                     .value = "FILE",
                     .help = "output file for a page on which every image and position can be selected"},
    [OPTION_BACKGROUND] = CLI_BACKGROUND_ROW,
    [OPTION_JSON] = {.name = "json", .help = "print a JSON object with every value"},
};

static const char *const examples[] = {
    "ocellus explain xo",
    "ocellus explain xo --kind shifted --letter O",
    "ocellus explain xo 'xo[3]' --at 2,4",
    "ocellus explain xo --html xo.html",
    NULL,
};

static const char text[] =
    "Explains how a convolutional network tells an X from an O, with every value. It shows "
    "the image in +1 and -1, three features that slide over it, and the maps of their "
    "matches. ReLU and pooling follow, the same again on top, and the vote. The first "
    "network has features made by hand and votes fitted by least squares. The second has the "
    "same shape and is trained by this command. Both are tested on 1,000 images that are "
    "shifted, rotated, scaled, thick or noisy.\n\n"
    "IMAGE is an image of 9x9 pixels, white on black, or a built-in one: 'xo[3]' is the "
    "fourth of the test set. Without it, the command explains the clean X, or the letter "
    "that --kind and --letter select.";

enum {
  TRAINED_ON = 6000,
  TESTED_ON = 1000,
  PART = 8 /* of the images generated here; the data has its own */
};

/* ---- the request --------------------------------------------------------------------------------------- */

static oc_status read_place(const char *at, cli_xo_story *s, oc_error *err) {
  char end;
  if (sscanf(at, "%d,%d%c", &s->row, &s->column, &end) == 2 && s->row >= 0 && s->row < OC_XO_MATCH &&
      s->column >= 0 && s->column < OC_XO_MATCH)
    return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "--at", "Use, for example, --at 3,3, the middle of the image.",
                  "must be ROW,COLUMN, each 0 to %d, got '%s'", OC_XO_MATCH - 1, at);
}

static void draw_version(uint64_t seed, int label, oc_xo_kind kind, cli_xo_case *c) {
  c->name = oc_xo_kind_name(kind);
  c->label = label;
  oc_xo_draw(seed, PART, 0, label, kind, c->pixels);
}

static int choice_of(const cli_call *call, int option) {
  int i = 0;
  while (strcmp(options[option].choices[i], cli_get(call, option)->text) != 0) i++;
  return i;
}

static oc_status read_told(const cli_call *call, uint64_t seed, cli_xo_case *told, oc_error *err) {
  const int chosen = cli_get(call, OPTION_KIND)->given ? OPTION_KIND : OPTION_LETTER;
  uint8_t *pixels = NULL;
  draw_version(seed, choice_of(call, OPTION_LETTER), (oc_xo_kind)choice_of(call, OPTION_KIND), told);
  if (call->arguments.operand_count < 2) return OC_OK;
  if (cli_get(call, chosen)->given)
    return cli_fail(err, OC_E_ARGUMENT, chosen == OPTION_KIND ? "--kind" : "--letter",
                    "Leave out one of the two.", "needs no image, got '%s'", cli_operand(call, 1));
  told->label = -1;
  told->name = cli_operand(call, 1);
  const cli_image_place place = {.size = {OC_XO_SIDE, OC_XO_SIDE, 1}};
  CLI_TRY(cli_image_open(call, told->name, place, &pixels, err));
  memcpy(told->pixels, pixels, sizeof told->pixels);
  free(pixels);
  return OC_OK;
}

static oc_status check_subject(const char *subject, oc_error *err) {
  if (strcmp(subject, "xo") == 0) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "", "Use `ocellus explain xo`.", "no walkthrough for '%s'", subject);
}

/* ---- working it out ------------------------------------------------------------------------------------ */

static bool on_event(void *context, const oc_event *event) {
  cli_progress_draw(context, event);
  return true;
}

static oc_status train(const cli_call *call, const cli_xo_story *s, const oc_dataset *d, oc_model **m,
                       oc_error *err) {
  cli_progress progress = {.terminal = &call->err, .enabled = call->err.live};
  oc_model_options model_options = oc_model_defaults();
  oc_fit_options fit = oc_fit_defaults();
  const cli_value *threads = cli_get(call, OPTION_THREADS);
  model_options.net = OC_XO_NET;
  oc_session_options session = oc_session_defaults();
  session.seed = fit.seed = s->seed;
  session.threads = threads->given ? (int)threads->whole : 0;
  model_options.session = &session;
  fit.epochs = OC_XO_EPOCHS;
  fit.learning_rate = OC_XO_LEARNING_RATE;
  fit.on_event = on_event;
  fit.context = &progress;
  CLI_TRY(oc_model_create(d, &model_options, m, err));
  const oc_status status = oc_model_fit(*m, d, NULL, &fit, err);
  cli_progress_clear(&progress);
  return status;
}

static oc_status read_both(oc_model *m, const cli_xo_story *s, cli_xo_case *c, oc_error *err) {
  oc_xo_read(c->pixels, &s->hand, &c->hand);
  return oc_xo_read_model(m, c->pixels, &c->learned, err);
}

static oc_status read_all(oc_model *m, cli_xo_story *s, oc_error *err) {
  CLI_TRY(read_both(m, s, &s->told, err));
  for (int i = 0; i < CLI_XO_VERSIONS; i++) {
    cli_xo_case *c = &s->versions[i];
    draw_version(s->seed, i / OC_XO_KINDS, (oc_xo_kind)(i % OC_XO_KINDS), c);
    CLI_TRY(read_both(m, s, c, err));
  }
  return OC_OK;
}

static oc_status test(oc_model *m, cli_xo_story *s, const oc_dataset *d, oc_error *err) {
  oc_evaluation e;
  CLI_TRY(oc_xo_score(d, &s->hand, &s->hand_correct, err));
  CLI_TRY(oc_model_evaluate(m, d, &e, err));
  s->learned_correct = e.correct;
  s->tested_on = e.count;
  oc_evaluation_release(&e);
  return OC_OK;
}

static oc_status work_out(const cli_call *call, cli_xo_story *s, oc_error *err) {
  const oc_data_options data_options = {
      .valid = "0", .seed = s->seed, .seed_set = true, .max_bytes = (size_t)1 << 30};
  char name[64];
  oc_data data = {0};
  oc_model *m = NULL;
  snprintf(name, sizeof name, "xo:%d:%d", TRAINED_ON, TESTED_ON);
  CLI_TRY(oc_data_open(name, &data_options, &data, err));
  s->trained_on = oc_dataset_count(data.train);
  oc_status status = train(call, s, data.train, &m, err);
  if (status == OC_OK) status = oc_xo_votes_fit(data.train, &s->hand, err);
  if (status == OC_OK) status = oc_xo_learned(m, s->features, &s->learned, err);
  if (status == OC_OK) status = test(m, s, data.test, err);
  if (status == OC_OK) status = read_all(m, s, err);
  oc_model_free(m);
  oc_data_close(&data);
  return status;
}

/* ---- the command --------------------------------------------------------------------------------------- */

static oc_status tell(const cli_call *call, cli_xo_story *s, oc_error *err) {
  const cli_value *html = cli_get(call, OPTION_HTML);
  s->seed = (uint64_t)cli_get(call, OPTION_SEED)->whole;
  CLI_TRY(check_subject(cli_operand(call, 0), err));
  CLI_TRY(cli_background_check(call, 1, err));
  CLI_TRY(read_place(cli_get(call, OPTION_AT)->text, s, err));
  CLI_TRY(read_told(call, s->seed, &s->told, err));
  CLI_TRY(work_out(call, s, err));
  if (html->given) CLI_TRY(cli_xo_html(s, html->text, err));
  if (cli_get(call, OPTION_JSON)->given) return cli_xo_json(s, err);
  cli_xo_print(&call->out, s);
  return OC_OK;
}

static oc_status cmd_explain(const cli_call *call, oc_error *err) {
  cli_xo_story *s = calloc(1, sizeof *s);
  const oc_status status = s ? tell(call, s, err) : cli_fail_memory(err);
  free(s);
  return status;
}

CLI_COMMAND(explain, .summary = "explain how a network tells an X from an O, value by value",
            .operands = "xo [IMAGE]", .least = 1, .most = 2, .text = text, .options = options,
            .option_count = CLI_OPTION_COUNT(options), .examples = examples, .run = cmd_explain);
