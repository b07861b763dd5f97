/* unlike.c: see unlike.h. */
#include "commands/unlike.h"
#include <string.h>

enum { NAMED = 3 };
/* In the order of the bits of oc_unlike. */
static const struct {
  const char *name, *text;
} kinds[CLI_UNLIKE_KINDS] = {{"inverted", "inverted (dark and light exchanged)"},
                             {"empty", "empty"},
                             {"brighter", "much brighter"},
                             {"darker", "much darker"},
                             {"aspect", "of another aspect ratio"}};

static void exchange(uint8_t *pixels, oc_image_shape s) {
  for (int64_t i = 0; i < s.height * s.width * s.channels; i++) pixels[i] = (uint8_t)(255 - pixels[i]);
}

/* "seven.png: inverted .., unlike the training images; it was inverted back" */
static void note_image(const cli_call *call, const cli_unlike_image *image, const char *name) {
  char text[160] = "";
  for (int k = 0; k < CLI_UNLIKE_KINDS; k++) {
    const size_t used = strlen(text);
    if (image->how >> k & 1)
      snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "", kinds[k].text);
  }
  cli_note(&call->err, call->command->name, "%s: %s, unlike the training images%s", CLI_SHOWN(name), text,
           image->inverted ? "; read with light for dark, which --invert no switches off" : "");
}

cli_unlike_image cli_unlike_look(cli_unlike *u, const cli_call *call, const oc_model *m, uint8_t *pixels,
                                 oc_image_shape original, const char *name) {
  const char *when = cli_get_named(call, "invert")->text;
  cli_unlike_image image = {.how = oc_model_unlike(m, pixels, original)};
  image.inverted =
      strcmp(when, "yes") == 0 || (strcmp(when, "auto") == 0 && (image.how & OC_UNLIKE_INVERTED) != 0);
  if (image.inverted) exchange(pixels, oc_model_image_shape(m));
  if (strcmp(when, "yes") == 0) image.how = oc_model_unlike(m, pixels, original);
  u->images++;
  u->unlike += image.how != 0;
  for (int k = 0; k < CLI_UNLIKE_KINDS; k++) u->counts[k] += image.how >> k & 1;
  if (image.how && u->unlike <= NAMED) note_image(call, &image, name);
  return image;
}

void cli_unlike_sum(const cli_unlike *u, const cli_call *call) {
  char text[160] = "";
  if (u->unlike <= NAMED) return;
  for (int k = 0; k < CLI_UNLIKE_KINDS; k++) {
    const size_t used = strlen(text);
    if (u->counts[k])
      snprintf(text + used, sizeof text - used, "%s%lld %s", used ? ", " : "", (long long)u->counts[k],
               kinds[k].text);
  }
  cli_note(&call->err, call->command->name, "%lld of %lld images are unlike the training images: %s",
           (long long)u->unlike, (long long)u->images, text);
}

json_t *cli_unlike_json(const cli_unlike_image *image) {
  json_t *list = json_array();
  for (int k = 0; k < CLI_UNLIKE_KINDS; k++)
    if (image->how >> k & 1) (void)json_array_append_new(list, json_string(kinds[k].name));
  return list;
}
