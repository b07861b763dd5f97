/* show_augment.c: draws images of data next to what training with --augment would make of them. */
#include "commands/show.h"
#include "core/drawing.h"
#include "core/images.h"
#include "ocellus/augment.h"
#include <stdlib.h>
#include <string.h>

enum { VARIANTS = 3 };

typedef struct variants {
  const oc_augmentation *augmentation;
  oc_image_shape shape;
  size_t bytes;    /* of an image */
  uint8_t *pixels; /* the image, what the first epochs make of it, and room for a second image of a mixture */
  void *scratch;
  uint64_t seed;
} variants;

/* Mixes with another image of the data, as if all of it was one batch; the caption gets both labels. */
static oc_status mix(const variants *v, const oc_dataset *set, const oc_augment_key *key, cli_drawing *d,
                     uint8_t *image, oc_error *err) {
  const int64_t count = oc_dataset_count(set), index = (int64_t)key->item;
  const oc_augment_key batch = {key->seed, key->epoch, 0, 0};
  const int64_t second = (index + oc_augmentation_partner(v->augmentation, &batch, count)) % count;
  const oc_augment_key its = {key->seed, key->epoch, (uint64_t)second, 0};
  uint8_t *other = v->pixels + (1 + VARIANTS) * v->bytes;
  int32_t labels[2];
  CLI_TRY(oc_dataset_read(set, index, 1, NULL, &labels[0], err));
  CLI_TRY(oc_dataset_read(set, second, 1, other, &labels[1], err));
  oc_augmentation_apply(v->augmentation, &its, other, v->scratch);
  const double share = oc_augmentation_mix(v->augmentation, key, other, image);
  for (int i = 0; i < 2; i++) {
    char words[64];
    const int n = snprintf(words, sizeof words, "%3.0f%% %.10s", 100 * (i ? 1 - share : share),
                           CLI_SHOWN(oc_dataset_class_name(set, labels[i])));
    cli_draw_caption(d, 1 + i, n, "%s", words);
  }
  return OC_OK;
}

/* What epoch `epoch`, counted from 0, makes of an image. */
static oc_status draw_variant(const variants *v, const oc_dataset *set, int64_t index, int epoch,
                              cli_drawing *d, oc_error *err) {
  uint8_t *image = v->pixels + (size_t)(1 + epoch) * v->bytes;
  const oc_augment_key key = {v->seed, (uint64_t)epoch, (uint64_t)index, 0};
  memcpy(image, v->pixels, v->bytes);
  oc_augmentation_apply(v->augmentation, &key, image, v->scratch);
  d->pixels = image;
  cli_draw_caption(d, 0, epoch < 9 ? 7 : 8, "epoch %d", epoch + 1);
  return oc_augmentation_mixes(v->augmentation) ? mix(v, set, &key, d, image, err) : OC_OK;
}

/* An image and its variants, side by side. */
static oc_status draw_image(const cli_terminal *t, const variants *v, const oc_dataset *set, int64_t index,
                            oc_error *err) {
  cli_drawing drawings[1 + VARIANTS] = {{0}};
  int32_t label;
  char words[64];
  CLI_TRY(oc_dataset_read(set, index, 1, v->pixels, &label, err));
  const int n = snprintf(words, sizeof words, "[%lld]  %.10s", (long long)index,
                         CLI_SHOWN(oc_dataset_class_name(set, label)));
  drawings[0].pixels = v->pixels;
  cli_draw_caption(&drawings[0], 0, n, "%s", words);
  for (int i = 0; i < VARIANTS; i++) CLI_TRY(draw_variant(v, set, index, i, &drawings[1 + i], err));
  cli_draw(t, v->shape, drawings, 1 + VARIANTS);
  return OC_OK;
}

static oc_status draw_images(const cli_terminal *t, variants *v, const oc_dataset *set,
                             const int64_t range[2], oc_error *err) {
  oc_status status = OC_OK;
  v->bytes = (size_t)(v->shape.height * v->shape.width * v->shape.channels);
  v->pixels = calloc(2 + VARIANTS, v->bytes);
  v->scratch = malloc(oc_augmentation_scratch(v->augmentation));
  if (!v->pixels || !v->scratch) status = cli_fail_memory(err);
  for (int64_t i = 0; i < range[1] && status == OC_OK; i++) {
    if (i > 0) fputc('\n', t->stream);
    status = draw_image(t, v, set, range[0] + i, err);
  }
  free(v->pixels);
  free(v->scratch);
  return status;
}

oc_status cli_show_augment_check(const cli_call *call, const oc_dataset *set, oc_error *err) {
  oc_augmentation *a = NULL;
  if (!cli_get(call, CLI_SHOW_AUGMENT)->given) return OC_OK;
  const oc_status status = oc_augmentation_create(cli_get(call, CLI_SHOW_AUGMENT)->text,
                                                  oc_dataset_image_shape(set), NULL, &a, err);
  oc_augmentation_free(a);
  return status;
}

oc_status cli_show_augmented(const cli_call *call, const oc_dataset *set, int64_t first, int64_t count,
                             oc_error *err) {
  variants v = {.shape = oc_dataset_image_shape(set), .seed = (uint64_t)cli_get(call, CLI_SHOW_SEED)->whole};
  const oc_preprocessing rule = oc_dataset_preprocessing(set);
  const oc_augmentation_options how = oc_augmentation_options_for(&rule);
  oc_augmentation *a;
  const int64_t range[] = {first, count};
  CLI_TRY(oc_augmentation_create(cli_get(call, CLI_SHOW_AUGMENT)->text, v.shape, &how, &a, err));
  v.augmentation = a;
  fprintf(call->out.stream, "Augmented by %s\n", oc_augmentation_text(a));
  const oc_status status = draw_images(&call->out, &v, set, range, err);
  oc_augmentation_free(a);
  return status;
}
