/* mixing.c: mixtures of two images of a batch, which were augmented before. */
#include "data/augment/transform.h"

bool oc_augmentation_mixes(const oc_augmentation *a) {
  return a && a->mixes > 0;
}

int64_t oc_augmentation_partner(const oc_augmentation *a, const oc_augment_key *batch, int64_t count) {
  if (!oc_augmentation_mixes(a) || !batch || count < 2) return 0;
  oc_random r = oc_augment_random(batch, OC_STREAM_PARTNER);
  return 1 + (int64_t)oc_random_below(&r, (uint64_t)count - 1);
}

double oc_augmentation_mix(const oc_augmentation *a, const oc_augment_key *key, const uint8_t *other,
                           uint8_t *pixels) {
  if (!oc_augmentation_mixes(a) || !key || !other || !pixels) return 1;
  oc_random choice = oc_augment_random(key, OC_STREAM_MIXING);
  const int place = a->count - a->mixes + (int)oc_random_below(&choice, (uint64_t)a->mixes);
  const oc_step *step = &a->steps[place];
  oc_random r = oc_augment_random(key, OC_STREAM_AUGMENT + (uint64_t)place);
  double drawn[OC_DRAWN_MAX] = {0};
  if (!step->transform->draw(&r, step->values, a->shape, drawn)) return 1;
  return step->transform->mix(a->shape, drawn, other, pixels);
}
