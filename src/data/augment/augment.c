/* augment.c: applies an augmentation to an image. */
#include "base/checked.h"
#include "base/memory.h"
#include "base/options.h"
#include "data/augment/transform.h"
#include "data/transform/rule.h"
#include <stdio.h>
#include <string.h>

enum { MAX_SIDE = 65536, PLANES = 3 };

oc_augmentation_options oc_augmentation_defaults(void) {
  return (oc_augmentation_options){.struct_size = sizeof(oc_augmentation_options)};
}

oc_augmentation_options oc_augmentation_options_for(const oc_preprocessing *rule) {
  oc_augmentation_options o = oc_augmentation_defaults();
  if (!rule) return o;
  o.background_of_image = !rule->background_set;
  if (rule->background_set) memcpy(o.background, rule->background, sizeof o.background);
  if (rule->background_set && rule->shape.channels == 1)
    (void)oc_image_convert(o.background, (oc_image_shape){1, 1, 3}, 1, o.background, NULL);
  return o;
}

const char *oc_augmentation_uncovers(const oc_augmentation *a, char text[16]) {
  const uint8_t *c = a->background;
  const bool gray = a->shape.channels == 1;
  bool any = false;
  for (int i = 0; i < a->count; i++) {
    const oc_transform *t = a->steps[i].transform;
    any = any || (oc_transform_moves(t) && !t->inside);
  }
  if (any && !a->chooses)
    (void)snprintf(text, 16, "#%02x%02x%02x", c[0], c[gray ? 0 : 1], c[gray ? 0 : 2]);
  else
    (void)snprintf(text, 16, "%s", any ? "each image" : "");
  return text;
}

static oc_status check_shape(oc_image_shape s, oc_error *err) {
  const bool sides = s.height >= 1 && s.height <= MAX_SIDE && s.width >= 1 && s.width <= MAX_SIDE;
  if (sides && (s.channels == 1 || s.channels == 3)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "augment", "Leave augmentation out for these images.",
                 "images must have 1 or 3 channels and sides of 1 to %d, got %lldx%lldx%lld", MAX_SIDE,
                 (long long)s.height, (long long)s.width, (long long)s.channels);
}

oc_status oc_augmentation_create(const char *text, oc_image_shape shape,
                                 const oc_augmentation_options *options, oc_augmentation **out,
                                 oc_error *err) {
  NEED(text, out);
  *out = NULL;
  oc_augmentation_options o = oc_augmentation_defaults();
  if (options) OC_OPTIONS_READ(o, options);
  TRY(oc_options_check(o.struct_size, sizeof o, "oc_augmentation_options", err));
  TRY(check_shape(shape, err));
  oc_augmentation *a = oc_memory_alloc(sizeof *a);
  if (!a) return oc_fail_memory(err, sizeof *a);
  a->shape = shape;
  memcpy(a->background, o.background, sizeof a->background);
  a->chooses = o.background_of_image;
  const oc_status status = oc_augmentation_parse(a, text, err);
  if (status == OC_OK)
    *out = a;
  else
    oc_augmentation_free(a);
  return status;
}

void oc_augmentation_free(oc_augmentation *a) {
  if (!a) return;
  oc_memory_free(a->text);
  oc_memory_free(a);
}

const char *oc_augmentation_text(const oc_augmentation *a) {
  return a ? a->text : "";
}

/* Bytes of an image, up to a multiple of what numbers are aligned to. */
static size_t image_bytes(const oc_augmentation *a) {
  const size_t bytes = (size_t)(a->shape.height * a->shape.width * a->shape.channels);
  return (bytes + 15) / 16 * 16;
}

size_t oc_augmentation_scratch(const oc_augmentation *a) {
  if (!a) return 0;
  return image_bytes(a) + PLANES * (size_t)(a->shape.height * a->shape.width) * sizeof(float);
}

/* ---- an image ------------------------------------------------------------------------------------------ */

oc_random oc_augment_random(const oc_augment_key *key, uint64_t stream) {
  return oc_random_at(key->seed, stream + (key->occurrence << 32), key->epoch, key->item);
}

/* Transforms that move pixels wait until another one needs the pixels. */
typedef struct pass {
  oc_canvas canvas;
  oc_map waiting;
  bool waits;
} pass;

static void move_pixels(pass *p) {
  if (p->waits) oc_map_apply(&p->waiting, &p->canvas);
  p->waits = false;
}

static void apply_drawn(pass *p, const oc_drawn *d) {
  if (!d->transform) return;
  if (!d->transform->map) {
    move_pixels(p);
    d->transform->change(&p->canvas, d->values);
    return;
  }
  const oc_map map = d->transform->map(p->canvas.shape, d->values);
  p->waiting = p->waits ? oc_map_join(&p->waiting, &map) : map;
  p->waits = true;
}

static void apply_step(pass *p, const oc_step *step) {
  const oc_transform *t = step->transform;
  const oc_image_shape shape = p->canvas.shape;
  oc_drawn d = {.transform = t};
  if (t->pick)
    for (int round = 0; t->pick(p->canvas.random, step->values, shape, round, &d); round++)
      apply_drawn(p, &d);
  else if (t->draw(p->canvas.random, step->values, shape, d.values))
    apply_drawn(p, &d);
}

static void choose_background(const oc_augmentation *a, const uint8_t *pixels, uint8_t color[3]) {
  if (a->chooses && a->moves)
    memset(color, oc_edges_are_light(a->shape, pixels) ? 255 : 0, 3);
  else
    memcpy(color, a->background, 3);
}

void oc_augmentation_apply(const oc_augmentation *a, const oc_augment_key *key, uint8_t *pixels,
                           void *scratch) {
  uint8_t background[3];
  if (!a || !key || !pixels || !scratch) return;
  choose_background(a, pixels, background);
  pass p = {.canvas = {.shape = a->shape,
                       .pixels = pixels,
                       .spare = scratch,
                       .planes = (float *)((char *)scratch + image_bytes(a)),
                       .background = background}};
  for (int i = 0; i < a->count - a->mixes; i++) {
    oc_random r = oc_augment_random(key, OC_STREAM_AUGMENT + (uint64_t)i);
    p.canvas.random = &r;
    apply_step(&p, &a->steps[i]);
  }
  move_pixels(&p);
  if (p.canvas.pixels != pixels)
    memcpy(pixels, p.canvas.pixels, (size_t)(a->shape.height * a->shape.width * a->shape.channels));
}
