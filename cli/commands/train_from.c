/* train_from.c: --from: training that takes its layers from another model, which then decides how images
 * look; and --freeze. */
#include "commands/train.h"
#include "core/target.h"
#include <stdlib.h>
#include <string.h>

static const int decided[] = {
    CLI_TRAIN_PRESET,     CLI_TRAIN_NET,     CLI_TRAIN_SIZE,        CLI_TRAIN_CHANNELS, CLI_TRAIN_RESIZE,
    CLI_TRAIN_BACKGROUND, CLI_TRAIN_DROPOUT, CLI_TRAIN_STANDARDIZE, CLI_TRAIN_MINUTES,  -1};

bool cli_train_has_from(const cli_call *call) {
  return cli_get(call, CLI_TRAIN_FROM)->text != NULL;
}

/* ---- the options --------------------------------------------------------------------------------------- */

/* all, or a number. */
oc_status cli_train_freeze(const cli_call *call, int *layers, oc_error *err) {
  const char *text = cli_get(call, CLI_TRAIN_FREEZE)->text;
  char *end;
  *layers = cli_train_has_from(call) ? OC_FREEZE_ALL : 0;
  if (!text || strcmp(text, "all") == 0) return OC_OK;
  const long n = strtol(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end || n > 1000000)
    return cli_fail(err, OC_E_ARGUMENT, "--freeze",
                    "Use, for example, --freeze all, or --freeze 0 to train all layers.",
                    "must be all or a number of layers, got '%.60s'", text);
  *layers = (int)n;
  return OC_OK;
}

static oc_status check_options(const cli_call *call, oc_error *err) {
  int layers;
  char option[64];
  if (cli_get(call, CLI_TRAIN_FREEZE)->given && !cli_train_has_from(call))
    return cli_fail(err, OC_E_ARGUMENT, "--freeze", "Give a trained model too, or leave it out.",
                    "requires --from: the layers of a new network have learned nothing yet");
  const bool tunes =
      cli_get(call, CLI_TRAIN_FINE_TUNE)->text && cli_get(call, CLI_TRAIN_FINE_TUNE)->whole > 0;
  for (int i = CLI_TRAIN_FINE_TUNE_LR; i <= CLI_TRAIN_FINE_TUNE_BN; i++)
    if (cli_get(call, i)->given && !tunes)
      return cli_fail(err, OC_E_ARGUMENT, i == CLI_TRAIN_FINE_TUNE_LR ? "--fine-tune-lr" : "--fine-tune-bn",
                      "Give --fine-tune EPOCHS too.", "has no effect without --fine-tune");
  for (const int *i = decided; cli_train_has_from(call) && *i >= 0; i++) {
    if (!cli_get(call, *i)->given) continue;
    snprintf(option, sizeof option, "--%s", call->command->options[*i].name);
    return cli_fail(err, OC_E_ARGUMENT, option, "Leave it out.",
                    "has no effect with --from: network and form of the images are those of that model, and "
                    "its time follows from them");
  }
  return cli_train_freeze(call, &layers, err);
}

/* ---- the model ----------------------------------------------------------------------------------------- */

/* $XDG_DATA_HOME/ocellus/NAME or ~/.local/share/ocellus/NAME, if that is a folder. */
static bool find_installed(const char *name, char path[CLI_PATH_MAX]) {
  const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
  const bool has_data = data && data[0] == '/';
  if (strchr(name, '/') || (!has_data && (!home || home[0] != '/'))) return false;
  const int n = snprintf(path, CLI_PATH_MAX, "%s%s/ocellus/%s", has_data ? data : home,
                         has_data ? "" : "/.local/share", name);
  return n < CLI_PATH_MAX && cli_is_folder(path);
}

static oc_status load_base(cli_training *t, const char *name, oc_error *err) {
  char path[CLI_PATH_MAX];
  const cli_value *threads = cli_get(t->call, CLI_TRAIN_THREADS);
  const bool is_there = cli_is_folder(name) || cli_is_file(name);
  const char *from = !is_there && find_installed(name, path) ? path : name;
  const oc_status status = cli_model_load(from, threads->text ? (int)threads->whole : 0, &t->from, err);
  if (status == OC_E_NO_INPUT && err && !is_there)
    snprintf(err->hint, sizeof err->hint,
             "Give a run, a model file, or efficientnet-lite0 after `make backbone`.");
  return status;
}

oc_status cli_train_from_load(cli_training *t, oc_error *err) {
  CLI_TRY(check_options(t->call, err));
  return cli_train_has_from(t->call) ? load_base(t, cli_get(t->call, CLI_TRAIN_FROM)->text, err) : OC_OK;
}

oc_status cli_train_from_resume(cli_training *t, const oc_session_options *session, oc_error *err) {
  char path[CLI_PATH_MAX];
  if (!cli_train_has_from(t->call)) return OC_OK;
  CLI_TRY(cli_path_join(t->folder.path, "last.safetensors", path, err));
  return oc_model_load(path, session, &t->from, err);
}

oc_status cli_train_from_create(cli_training *t, const oc_session_options *session, oc_error *err) {
  if (!t->record) return oc_model_transfer(t->from, t->data.train, session, &t->model, err);
  t->model = t->from;
  t->from = NULL;
  return OC_OK;
}

/* ---- what is printed of it ----------------------------------------------------------------------------- */

/* "3.9 billion" */
static const char *large_text(double n, char text[32]) {
  const bool billions = n >= 1e9;
  snprintf(text, 32, "%.3g %s", n / (billions ? 1e9 : 1e6), billions ? "billion" : "million");
  return text;
}

/* "3.5 MB" */
static const char *bytes_text(int64_t bytes, char text[32]) {
  const bool small = bytes < 1000000;
  snprintf(text, 32, "%.1f %s", (double)bytes / (small ? 1e3 : 1e6), small ? "kB" : "MB");
  return text;
}

void cli_train_print_frozen(const cli_reporter *r, const oc_event *e) {
  FILE *to = r->err->stream;
  char number[32];
  fprintf(to, "Frozen %d layer%s, ", e->frozen_layers, e->frozen_layers == 1 ? "" : "s");
  if (e->features_kept) {
    fprintf(to, "whose features of the images are computed once and kept (%s)\n",
            bytes_text(e->feature_bytes, number));
    return;
  }
  fprintf(to, "which compute each training image again in each epoch (%s multiply-adds)\n",
          large_text(e->frozen_multiply_adds, number));
  if (r->augments)
    fputs("      because --augment changes the images; without it once is enough\n", to);
  else
    fprintf(to, "      because features need %s, more than --cache allows\n",
            bytes_text(e->feature_bytes, number));
}
