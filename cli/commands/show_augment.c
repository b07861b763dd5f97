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
  uint8_t *pixels; /* the image, then what the first epochs make of it */
  void *scratch;
  uint64_t seed;
} variants;

/* An image and its variants, side by side. */
static oc_status draw_image(const cli_terminal *t, const variants *v, const oc_dataset *set, int64_t index,
                            oc_error *err) {
  cli_drawing drawings[1 + VARIANTS] = {{0}};
  int32_t label;
  char words[64];
  CLI_TRY(oc_dataset_read(set, index, 1, v->pixels, &label, err));
  for (int i = 0; i <= VARIANTS; i++) {
    uint8_t *image = v->pixels + (size_t)i * v->bytes;
    drawings[i].pixels = image;
    int n = snprintf(words, sizeof words, "[%lld]  %.10s", (long long)index,
                     CLI_SHOWN(oc_dataset_class_name(set, label)));
    if (i > 0) {
      const oc_augment_key key = {v->seed, (uint64_t)i - 1, (uint64_t)index};
      memcpy(image, v->pixels, v->bytes);
      oc_augmentation_apply(v->augmentation, &key, image, v->scratch);
      n = snprintf(words, sizeof words, "epoch %d", i);
    }
    cli_draw_caption(&drawings[i], 0, n, "%s", words);
  }
  cli_draw(t, v->shape, drawings, 1 + VARIANTS);
  return OC_OK;
}

static oc_status draw_images(const cli_terminal *t, variants *v, const oc_dataset *set,
                             const int64_t range[2], oc_error *err) {
  oc_status status = OC_OK;
  v->bytes = (size_t)(v->shape.height * v->shape.width * v->shape.channels);
  v->pixels = calloc(1 + VARIANTS, v->bytes);
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
  oc_augmentation *a;
  const int64_t range[] = {first, count};
  CLI_TRY(oc_augmentation_create(cli_get(call, CLI_SHOW_AUGMENT)->text, v.shape, NULL, &a, err));
  v.augmentation = a;
  fprintf(call->out.stream, "Augmented by %s\n", oc_augmentation_text(a));
  const oc_status status = draw_images(&call->out, &v, set, range, err);
  oc_augmentation_free(a);
  return status;
}
