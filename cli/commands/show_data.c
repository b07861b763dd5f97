/* show_data.c: shows the splits of a data source, their classes, and some images. */
#include "core/data.h"
#include "core/drawing.h"
#include "core/json.h"
#include "core/images.h"
#include "commands/show.h"
#include "core/target.h"
#include <stdlib.h>
#include <string.h>

enum { PARTS = 3, LABELS_AT_A_TIME = 4096, BAR = 20 };

typedef struct part {
  const char *name;
  const oc_dataset *set;
  int64_t *counts; /* of each class; NULL without labels */
} part;

/* ---- counting ------------------------------------------------------------------------------------------ */

static oc_status count_labels(part *p, oc_error *err) {
  int32_t labels[LABELS_AT_A_TIME];
  int classes = oc_dataset_classes(p->set);
  int64_t total = oc_dataset_count(p->set);
  if (classes < 1) return OC_OK;
  p->counts = calloc((size_t)classes, sizeof *p->counts);
  if (!p->counts) return cli_fail_memory(err);
  for (int64_t first = 0; first < total; first += LABELS_AT_A_TIME) {
    int64_t n = total - first < LABELS_AT_A_TIME ? total - first : LABELS_AT_A_TIME;
    CLI_TRY(oc_dataset_read(p->set, first, n, NULL, labels, err));
    for (int64_t i = 0; i < n; i++)
      if (labels[i] >= 0 && labels[i] < classes) p->counts[labels[i]]++;
  }
  return OC_OK;
}

static int collect(const oc_data *data, part parts[PARTS]) {
  const part all[PARTS] = {
      {"training", data->train, NULL}, {"validation", data->valid, NULL}, {"test", data->test, NULL}};
  int count = 0;
  for (int i = 0; i < PARTS; i++)
    if (all[i].set) parts[count++] = all[i];
  return count;
}

/* ---- text ---------------------------------------------------------------------------------------------- */

static int64_t most_of(const part *parts, int count) {
  int64_t most = 1;
  for (int p = 0; p < count; p++)
    for (int c = 0; parts[p].counts && c < oc_dataset_classes(parts[p].set); c++)
      if (parts[p].counts[c] > most) most = parts[p].counts[c];
  return most;
}

/* The part with the most classes names them all. */
static const oc_dataset *widest_of(const part *parts, int count) {
  const oc_dataset *widest = parts[0].set;
  for (int p = 1; p < count; p++)
    if (oc_dataset_classes(parts[p].set) > oc_dataset_classes(widest)) widest = parts[p].set;
  return widest;
}

static int64_t count_in(const part *p, int label) {
  return p->counts && label < oc_dataset_classes(p->set) ? p->counts[label] : 0;
}

static void print_classes(const cli_terminal *t, const part *parts, int count) {
  const oc_dataset *names = widest_of(parts, count);
  const int64_t most = most_of(parts, count);
  char bar[3 * BAR + 1];
  fprintf(t->stream, "\n%s%-12s", cli_style(t, CLI_BOLD), "class");
  for (int p = 0; p < count; p++) fprintf(t->stream, "  %10s", parts[p].name);
  fprintf(t->stream, "%s\n", cli_style(t, CLI_PLAIN));
  for (int c = 0; c < oc_dataset_classes(names); c++) {
    fprintf(t->stream, "%-12.24s", CLI_SHOWN(oc_dataset_class_name(names, c)));
    for (int p = 0; p < count; p++) fprintf(t->stream, "  %10lld", (long long)count_in(&parts[p], c));
    cli_bar(t, (double)count_in(&parts[0], c) / (double)most, BAR, bar, sizeof bar);
    fprintf(t->stream, "  %s%s%s\n", cli_style(t, CLI_GREEN), bar, cli_style(t, CLI_PLAIN));
  }
}

static oc_status draw_samples(const cli_terminal *t, const oc_dataset *set, int64_t first, int64_t count,
                              oc_error *err) {
  oc_image_shape size = oc_dataset_image_shape(set);
  size_t bytes = (size_t)(size.height * size.width * size.channels);
  uint8_t *pixels = calloc((size_t)count, bytes);
  int32_t *labels = calloc((size_t)count, sizeof *labels);
  cli_drawing *drawings = calloc((size_t)count, sizeof *drawings);
  oc_status status = pixels && labels && drawings ? OC_OK : cli_fail_memory(err);
  if (status == OC_OK) status = oc_dataset_read(set, first, count, pixels, labels, err);
  for (int64_t i = 0; i < count && status == OC_OK; i++) {
    char words[64];
    drawings[i].pixels = pixels + (size_t)i * bytes;
    int n = snprintf(words, sizeof words, "[%lld]  %.10s", (long long)(first + i),
                     CLI_SHOWN(oc_dataset_class_name(set, labels[i])));
    cli_draw_caption(&drawings[i], 0, n, "%s", words);
  }
  if (status == OC_OK) cli_draw(t, size, drawings, (int)count);
  free(pixels);
  free(labels);
  free(drawings);
  return status;
}

static void print_parts(FILE *stream, const char *name, const part *parts, int count) {
  char size[64];
  fputs("Data     ", stream);
  cli_put(stream, name);
  fprintf(stream, "\nImage  %s (height x width x channels)\n",
          cli_size_text(oc_dataset_image_shape(parts[0].set), size, sizeof size));
  for (int p = 0; p < count; p++)
    fprintf(stream, "%s%s %lld", p ? ", " : "Parts    ", parts[p].name,
            (long long)oc_dataset_count(parts[p].set));
  fprintf(stream, "\nClasses  %d%s\n", oc_dataset_classes(parts[0].set),
          oc_dataset_labeled(parts[0].set) ? "" : " (the images have no labels)");
}

static oc_status print_samples(const cli_call *call, const cli_slice *slice, const part *from,
                               oc_error *err) {
  int64_t total = oc_dataset_count(from->set), wanted = cli_get(call, CLI_SHOW_SAMPLES)->whole;
  int64_t first = 0, count = wanted < total ? wanted : total;
  if (slice->given) CLI_TRY(cli_slice_resolve(slice, total, &first, &count, err));
  if (count == 0) return OC_OK;
  if (count > 1000)
    return cli_fail(err, OC_E_ARGUMENT, slice->path, "", "too many images to draw: %lld; the limit is 1000",
                    (long long)count);
  fprintf(call->out.stream, "\n%s images\n", from->name);
  if (cli_get(call, CLI_SHOW_AUGMENT)->given) return cli_show_augmented(call, from->set, first, count, err);
  return draw_samples(&call->out, from->set, first, count, err);
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static json_t *part_json(const part *p) {
  json_t *counts = json_array();
  for (int c = 0; p->counts && c < oc_dataset_classes(p->set); c++)
    (void)json_array_append_new(counts, json_integer(p->counts[c]));
  const char *hash = oc_dataset_hash(p->set);
  return json_pack("{s:s, s:I, s:o, s:s?}", "split", p->name, "count", (json_int_t)oc_dataset_count(p->set),
                   "per_class", counts, "sha256", hash);
}

static oc_status print_json(const char *name, const part *parts, int count, oc_error *err) {
  oc_image_shape size = oc_dataset_image_shape(parts[0].set);
  json_t *classes = json_array(), *list = json_array();
  for (int c = 0; c < oc_dataset_classes(parts[0].set); c++)
    (void)json_array_append_new(classes, cli_json_text(oc_dataset_class_name(parts[0].set, c)));
  for (int p = 0; p < count; p++) (void)json_array_append_new(list, part_json(&parts[p]));
  return cli_json_print(json_pack("{s:s, s:s, s:o, s:[I,I,I], s:o, s:o}", "schema", "ocellus.show/3", "type",
                                  "data", "data", cli_json_text(name), "image_shape", (json_int_t)size.height,
                                  (json_int_t)size.width, (json_int_t)size.channels, "classes", classes,
                                  "splits", list),
                        err);
}

/* ---- the command --------------------------------------------------------------------------------------- */

static oc_status show_parts(const cli_call *call, const cli_slice *slice, part *parts, int count,
                            oc_error *err) {
  CLI_TRY(cli_show_augment_check(call, parts[0].set, err));
  for (int p = 0; p < count; p++) CLI_TRY(count_labels(&parts[p], err));
  if (cli_get(call, CLI_SHOW_JSON)->given) return print_json(slice->path, parts, count, err);
  if (!slice->given) print_parts(call->out.stream, slice->path, parts, count);
  if (!slice->given && oc_dataset_labeled(parts[0].set)) print_classes(&call->out, parts, count);
  /* as in `ocellus predict`, indices are of the test part */
  return print_samples(call, slice, &parts[slice->given ? count - 1 : 0], err);
}

/* Images in files may have transparent parts; others have none. */
static oc_status check_background(const cli_call *call, const oc_dataset *set, oc_error *err) {
  return *oc_dataset_item_name(set, 0) ? OC_OK : cli_background_check(call, 0, err);
}

oc_status cli_show_data(const cli_call *call, const char *name, oc_error *err) {
  cli_slice slice;
  oc_data data = {0};
  part parts[PARTS] = {{0}};
  oc_data_options options = oc_data_defaults();
  oc_preprocessing rule = oc_preprocessing_defaults();
  options.background = cli_get(call, CLI_SHOW_BACKGROUND)->text;
  if (options.background && cli_get(call, CLI_SHOW_AUGMENT)->given)
    options.preprocessing = &rule; /* has it */
  CLI_TRY(cli_slice_read(name, &slice, err));
  if (slice.given)
    CLI_TRY(cli_no_effect(call, CLI_SHOW_SAMPLES, "with [...], which selects the images", err));
  CLI_TRY(cli_data_open(call, slice.path, &options, &data, err));
  int count = collect(&data, parts);
  if (data.test) (void)cli_background_note(call, data.test, slice.path);
  oc_status status = count ? check_background(call, parts[0].set, err)
                           : cli_fail(err, OC_E_DATA, slice.path, "", "has no images");
  if (status == OC_OK) status = show_parts(call, &slice, parts, count, err);
  for (int p = 0; p < count; p++) free(parts[p].counts);
  oc_data_close(&data);
  return status;
}
