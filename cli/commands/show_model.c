/* show_model.c: shows the layers of a model, their cost, and the model's provenance. */
#include "core/document.h"
#include "core/json.h"
#include "core/page.h"
#include "commands/answers.h"
#include "commands/show.h"
#include "core/target.h"
#include "ocellus/rule.h"
#include <stdlib.h>
#include <string.h>

/* ---- text ---------------------------------------------------------------------------------------------- */

/* The command that made the model, as one would type it; "" if the file has none. To be freed; NULL: no
 * memory. */
static char *command_text(const oc_model *m) {
  const char *facts_text = oc_model_metadata(m, "provenance"), *name;
  json_t *facts = facts_text ? cli_json_parse(facts_text, strlen(facts_text), NULL) : NULL, *value;
  const json_t *command = json_object_get(facts, "command");
  const char *data = json_string_value(json_object_get(command, "data"));
  char word[512];
  cli_document text;
  const bool open = cli_document_open(&text, NULL) == OC_OK;
  if (open && data) {
    fprintf(text.stream, "ocellus train %s", cli_shell_word(data, word, sizeof word));
    json_object_foreach(json_object_get(command, "options"), name, value) {
      const char *typed = json_string_value(value);
      fprintf(text.stream, " --%s%s%s", name, typed ? " " : "",
              typed ? cli_shell_word(typed, word, sizeof word) : "");
    }
  }
  json_decref(facts);
  return open ? cli_document_take(&text) : NULL;
}

static char *classes_text(const oc_model *m) {
  cli_document text;
  if (cli_document_open(&text, NULL) != OC_OK) return NULL;
  fprintf(text.stream, "%d:", oc_model_classes(m));
  for (int c = 0; c < oc_model_classes(m) && c < 20; c++)
    fprintf(text.stream, " %s", oc_model_class_name(m, c));
  if (oc_model_classes(m) > 20) fprintf(text.stream, " ..");
  return cli_document_take(&text);
}

/* Prints how images of other shapes become the model's. */
static void print_rule(const cli_terminal *t, const oc_model *m) {
  static const char *const how[] = {[OC_RESIZE_PAD] = "with a border",
                                    [OC_RESIZE_CROP] = "without their ends",
                                    [OC_RESIZE_STRETCH] = "by stretching"};
  const oc_preprocessing p = oc_model_preprocessing(m);
  char text[160], background[64] = "the background of each image is chosen";
  if (!oc_model_has_rule(m)) {
    cli_page_labeled(t, "Images   ", "the file does not say how they become the input: `ocellus import`");
    return;
  }
  if (p.shape.channels != 1 && p.shape.channels != 3) return;
  if (p.background_set)
    snprintf(background, sizeof background, "background #%02x%02x%02x", p.background[0], p.background[1],
             p.background[2]);
  snprintf(text, sizeof text, "of %s are fitted into %lldx%lld %s %s (%s); %s",
           oc_model_mixed_sizes(m) ? "any size" : "other sizes", (long long)p.shape.height,
           (long long)p.shape.width, p.shape.channels == 1 ? "gray" : "color", how[p.resize],
           oc_resize_mode_name(p.resize), background);
  cli_page_labeled(t, "Images   ", text);
}

static void print_pixels(const cli_terminal *t, const oc_model *m) {
  const oc_standardizer *s = oc_model_standardizer(m);
  char text[256];
  int n = snprintf(text, sizeof text, "each minus its mean over the training images, divided by %g",
                   oc_model_stddev(m));
  if (!oc_model_has_rule(m)) return;
  if (s->how == OC_STANDARDIZE_NONE) snprintf(text, sizeof text, "divided by 255");
  if (s->how == OC_STANDARDIZE_CHANNEL)
    n = snprintf(text, sizeof text, "each minus the mean of its channel, divided by the standard deviation:");
  for (int64_t c = 0; s->how == OC_STANDARDIZE_CHANNEL && c < s->channels && c < 4; c++)
    n += snprintf(text + n, sizeof text - (size_t)n, "%s %.4g, %.4g", c ? ";" : "", (double)s->mean[c],
                  s->deviations[c]);
  cli_page_labeled(t, "Pixels   ", text);
}

static oc_status print_head(const cli_terminal *t, const oc_model *m, oc_error *err) {
  char text[128];
  const char *epochs = oc_model_metadata(m, "trained_epochs"),
             *accuracy = oc_model_metadata(m, "valid_accuracy");
  const bool one_class = cli_answers_one_class(m);
  char *classes = one_class ? classes_text(m) : cli_outputs_text(m), *command = command_text(m);
  if (classes && command) {
    cli_page_labeled(t, "Input    ", cli_size_text(oc_model_image_shape(m), text, sizeof text));
    print_rule(t, m);
    print_pixels(t, m);
    cli_page_labeled(t, one_class ? "Classes  " : "Outputs  ", classes);
    cli_page_labeled(t, "Net      ", *oc_model_net(m) ? oc_model_net(m) : "none; made as a graph");
    int n = snprintf(text, sizeof text, "to epoch %.20s", epochs ? epochs : "");
    if (accuracy)
      snprintf(text + n, sizeof text - (size_t)n, ", validation accuracy %.4f", strtod(accuracy, NULL));
    if (epochs) cli_page_labeled(t, "Trained  ", text);
    if (oc_model_converted(m)) {
      snprintf(text, sizeof text, "of type %s, converted, not verified", oc_model_converted(m));
      cli_page_labeled(t, "Weights  ", text);
    }
    if (*command) cli_page_labeled(t, "Command  ", command);
  }
  oc_status status = classes && command ? OC_OK : cli_fail_memory(err);
  free(classes);
  free(command);
  return status;
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static json_t *rule_json(const oc_model *m) {
  const oc_preprocessing p = oc_model_preprocessing(m);
  char background[8];
  snprintf(background, sizeof background, "#%02x%02x%02x", p.background[0], p.background[1], p.background[2]);
  return json_pack("{s:[I,I,I], s:s, s:s?, s:b}", "shape", (json_int_t)p.shape.height,
                   (json_int_t)p.shape.width, (json_int_t)p.shape.channels, "resize",
                   oc_resize_mode_name(p.resize), "background", p.background_set ? background : NULL,
                   "mixed_sizes", oc_model_mixed_sizes(m));
}

/* The means and deviations of channels; those of pixels are too many. */
static json_t *standardizer_json(const oc_model *m) {
  const oc_standardizer *s = oc_model_standardizer(m);
  json_t *means = s->deviations ? json_array() : json_null(),
         *deviations = s->deviations ? json_array() : json_null();
  for (int64_t c = 0; s->deviations && c < s->channels; c++) {
    (void)json_array_append_new(means, cli_json_real((double)s->mean[c]));
    (void)json_array_append_new(deviations, cli_json_real(s->deviations[c]));
  }
  return json_pack("{s:s, s:o, s:o}", "how", oc_standardize_name(s->how), "means", means, "deviations",
                   deviations);
}

static oc_status print_json(const oc_model *m, const oc_layer_summary *layers, int count, oc_error *err) {
  oc_image_shape size = oc_model_image_shape(m);
  const cli_totals sum = cli_layers_sum(layers, count);
  json_t *classes = json_array();
  for (int c = 0; c < oc_model_classes(m); c++)
    (void)json_array_append_new(classes, json_string(oc_model_class_name(m, c)));
  const char *text = oc_model_metadata(m, "provenance"), *accuracy = oc_model_metadata(m, "valid_accuracy");
  const char *epochs = oc_model_metadata(m, "trained_epochs");
  json_t *provenance = text ? cli_json_parse(text, strlen(text), NULL) : NULL;
  return cli_json_print(
      json_pack("{s:s, s:s, s:s?, s:[I,I,I], s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:s?, s:f, s:o, "
                "s:o, s:o}",
                "schema", "ocellus.show/3", "type", "model", "net", *oc_model_net(m) ? oc_model_net(m) : NULL,
                "input", (json_int_t)size.height, (json_int_t)size.width, (json_int_t)size.channels,
                "classes", classes, "layers", cli_layers_json(layers, count), "parameters",
                (json_int_t)sum.parameters, "multiply_adds", (json_int_t)sum.multiply_adds,
                "activation_bytes", (json_int_t)sum.bytes, "trained_epochs",
                epochs ? json_integer(atoll(epochs)) : json_null(), "valid_accuracy",
                accuracy ? cli_json_real(strtod(accuracy, NULL)) : json_null(), "provenance",
                provenance ? provenance : json_null(), "converted", oc_model_converted(m), "stddev",
                oc_model_stddev(m), "outputs", cli_outputs_json(m), "preprocessing",
                oc_model_has_rule(m) ? rule_json(m) : json_null(), "standardize", standardizer_json(m)),
      err);
}

oc_status cli_show_model(const cli_call *call, const oc_model *m, oc_error *err) {
  oc_layer_summary *layers = NULL;
  int count = 0;
  oc_status status = OC_OK;
  CLI_TRY(oc_model_layers(m, &layers, &count, err));
  if (cli_get(call, CLI_SHOW_JSON)->given) {
    status = print_json(m, layers, count, err);
  } else {
    status = print_head(&call->out, m, err);
    if (status == OC_OK) cli_layers_print(&call->out, layers, count, true);
  }
  oc_free(layers);
  return status;
}
