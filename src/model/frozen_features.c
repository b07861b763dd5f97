/* frozen_features.c: computes the features of images: what the frozen layers of a model make of them
 * (frozen.h). */
#include "base/checked.h"
#include "data/dataset.h"
#include "model/frozen.h"
#include <string.h>

/* ---- computing ----------------------------------------------------------------------------------------- */

/* A power of two: every run has as many images, and cuts them into the same pieces. */
static oc_status choose_piece(const oc_plan_request *plan, const oc_frozen_request *r, int64_t *piece,
                              oc_error *err) {
  TRY(oc_model_capacity(plan, r->model->size, piece, err));
  *piece = oc_min_i64(*piece, r->batch);
  while (*piece & (*piece - 1)) *piece &= *piece - 1;
  return OC_OK;
}

oc_status oc_frozen_use_create(const oc_frozen_request *r, oc_frozen_use *out, oc_error *err) {
  const oc_plan_request plan = {
      .session = r->session, .nodes = r->nodes, .fetches = &r->frozen->features, .count = 1};
  *out = (oc_frozen_use){.x = r->nodes->x,
                         .batch = r->batch,
                         .size = r->frozen->size,
                         .standardizer = &r->model->standardizer,
                         .pool = oc_session_thread_pool(r->session)};
  TRY(choose_piece(&plan, r, &out->piece, err));
  const int64_t room = oc_ceil_div(r->batch, out->piece) * out->piece;
  TRY(oc_model_input(r->model, room, r->heads, &out->images, err));
  const oc_plan_options options = {.batch = out->piece};
  return oc_plan_create(r->session, plan.fetches, plan.count, &options, &out->plan, err);
}

void oc_frozen_use_release(oc_frozen_use *u) {
  oc_plan_free(u->plan);
  oc_input_release(&u->images);
  *u = (oc_frozen_use){0};
}

oc_status oc_frozen_use_run(oc_frozen_use *u, int64_t count, float *features, oc_error *err) {
  for (int64_t first = 0; first < count; first += u->piece) {
    const int64_t n = oc_min_i64(u->piece, count - first);
    TRY(oc_plan_bind(u->plan, u->x, u->images.x + first * u->images.image, err));
    TRY(oc_plan_run(u->plan, u->piece, (oc_rng_counter){0, 0}, err));
    memcpy(features + first * u->size, oc_plan_result(u->plan, 0).data,
           (size_t)(n * u->size) * sizeof *features);
  }
  return OC_OK;
}

/* Row `first` of each target of an input. */
static void *target_at(const oc_input *in, int target, int64_t first) {
  return (char *)in->targets[target] + (size_t)first * in->target_bytes[target];
}

static oc_status take(oc_frozen_use *u, int64_t count, oc_input *in, int64_t first, oc_error *err) {
  for (int t = 0; t < in->target_count; t++)
    memcpy(target_at(in, t, first), u->images.targets[t], (size_t)count * in->target_bytes[t]);
  return oc_frozen_use_run(u, count, in->x + first * u->size, err);
}

oc_status oc_frozen_use_take(oc_frozen_use *u, int64_t count, oc_input *in, oc_error *err) {
  return take(u, count, in, 0, err);
}

/* ---- an input ------------------------------------------------------------------------------------------ */

oc_status oc_features_input(const oc_frozen *z, int64_t capacity, const oc_heads *heads, oc_input *out,
                            oc_error *err) {
  return oc_model_input_of((oc_image_shape){1, 1, z->size}, capacity, heads, out, err);
}

/* Rows of the table, and the targets from the dataset. */
static oc_status fill_kept(const oc_feature_source *s, oc_input *in, const oc_images *from, int64_t first,
                           int64_t count, oc_error *err) {
  oc_images_place to = {.target_count = in->target_count};
  for (int t = 0; t < in->target_count; t++) to.targets[t] = in->targets[t];
  TRY(oc_images_read(from, first, count, &to, 0, err));
  for (int64_t i = 0; i < count; i++) {
    const int64_t image = from->order ? from->order[first + i] : first + i;
    memcpy(in->x + i * in->image, s->kept + image * in->image, (size_t)in->image * sizeof *in->x);
  }
  return OC_OK;
}

oc_status oc_features_fill(const oc_feature_source *s, oc_input *in, const oc_images *from, int64_t first,
                           int64_t count, oc_error *err) {
  if (s->kept) return fill_kept(s, in, from, first, count, err);
  oc_frozen_use *u = s->use;
  for (int64_t done = 0; done < count; done += u->batch) {
    const int64_t n = oc_min_i64(u->batch, count - done);
    TRY(oc_input_fill(&u->images, from, first + done, n, u->standardizer, u->pool, err));
    TRY(take(u, n, in, done, err));
  }
  return OC_OK;
}
