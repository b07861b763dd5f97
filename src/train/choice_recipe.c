/* choice_recipe.c: networks with the recipes that suit them, and the list of choices, with reasons. */
#include "base/checked.h"
#include "ocellus/net.h"
#include "train/choice.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Left and right are never exchanged: whether mirrored images are as good does not follow from the data.
 * Images of one small size show their subject alike. In photographs it has any size, place and light. */
#define ADAM                                                                                                 \
  .optimizer = "adam", .schedule = "onecycle", .batch = "64", .color = "shift @12",                          \
  .gray = "shift @12, rotate 10", .photo = "resizedcrop 0.4"
/* Loshchilov and Hutter 2019, with label smoothing: measured on CIFAR-10 and caltech20 (docs/results.md). */
#define ADAMW                                                                                                \
  .optimizer = "adamw", .lr = "3e-3", .weight_decay = "0.05", .label_smoothing = "0.1",                      \
  .schedule = "onecycle", .batch = "64", .color = "crop @8", .gray = "shift @12, rotate 10",                 \
  .photo = "resizedcrop 0.4, brightness 0.2, contrast 0.2, saturation 0.2"
/* He et al. 2015. */
#define MOMENTUM                                                                                             \
  .optimizer = "momentum", .lr = "0.1", .l2 = "1e-4", .schedule = "onecycle", .batch = "128",                \
  .color = "crop @8", .gray = "shift @12, rotate 10", .photo = "resizedcrop 0.4"

static const oc_choice_row rows[] = {
    {"best", 20, 32, 2000, true, {ADAM, .lr = "3e-3"}},
    {"mobile", 96, 224, 10000, false, {ADAMW}},
    {"vgg", 32, 96, 0, false, {ADAMW}},
    {"resnet20", 24, 48, 5000, false, {MOMENTUM}},
    {"fast", 16, 32, 0, false, {ADAM, .lr = "4e-3"}},
};
/* Of a network without a row, as far as its preset says nothing. */
static const oc_choice_recipe usual = {ADAM, .lr = "1e-3"};
/* Of an optimizer that was given in the place of the recipe's. Adam's normalized steps need smaller rates. */
static const struct {
  const char *optimizer, *lr;
} rates[] = {{"sgd", "0.1"}, {"momentum", "0.05"}, {"nesterov", "0.05"}, {"adam", "1e-3"}, {"adamw", "1e-3"}};
#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

/* From these ratios of the largest class to the smallest, classes get weights; above the second one, of a
 * class in a batch there would be one image with a weight that outweighs all others. */
enum { PHOTO_SIDE = 49, UNEVEN = 3, VERY_UNEVEN = 10, LEAST_BATCH = 8, LEAST_BATCHES = 32 };

const oc_choice_row *oc_choice_row_at(int index) {
  return index >= 0 && index < COUNT(rows) ? &rows[index] : NULL;
}

/* ---- the recipe of a network --------------------------------------------------------------------------- */

static const char *preset_option(const char *net, const char *name) {
  const oc_preset_option *o;
  for (int i = 0; (o = oc_net_preset_option_at(net, i)); i++)
    if (strcmp(o->name, name) == 0) return o->value;
  return NULL;
}

/* *into becomes the preset's option where it has one. */
static void take_option(const char **into, const char *net, const char *name) {
  const char *value = preset_option(net, name);
  if (value) *into = value;
}

static oc_choice_recipe recipe_of(const char *net) {
  for (int i = 0; i < COUNT(rows); i++)
    if (strcmp(rows[i].preset, net) == 0) return rows[i].recipe;
  oc_choice_recipe r = usual;
  take_option(&r.optimizer, net, "optimizer");
  take_option(&r.lr, net, "lr");
  take_option(&r.schedule, net, "schedule");
  take_option(&r.l2, net, "l2");
  take_option(&r.batch, net, "batch");
  return r;
}

/* An epoch should have a few steps. */
int64_t oc_choice_batch(const oc_choose_options *o, const char *net) {
  if (o->batch) return o->batch;
  int64_t batch = strtoll(recipe_of(net).batch, NULL, 10);
  while (batch > LEAST_BATCH && o->images < LEAST_BATCHES * batch) batch /= 2;
  return batch;
}

/* True if `given` was given, and is another one than the recipe's. */
static bool replaces(const char *given, const char *of_recipe) {
  return given && strcmp(given, of_recipe) != 0;
}

/* What belongs to an optimizer or a schedule goes with it. */
static oc_choice_recipe fit_to_given(const oc_choose_options *o, oc_choice_recipe r) {
  if (replaces(o->optimizer, r.optimizer)) {
    r.l2 = r.weight_decay = NULL;
    r.lr = usual.lr;
    for (int i = 0; i < COUNT(rates); i++)
      if (strcmp(rates[i].optimizer, o->optimizer) == 0) r.lr = rates[i].lr;
  }
  if (replaces(o->schedule, r.schedule)) r.warmup = NULL;
  if (o->optimizer) r.optimizer = o->optimizer;
  return r;
}

/* ---- the list ------------------------------------------------------------------------------------------ */

typedef struct choice_list {
  oc_choice *out;
  int count;
} choice_list;

static oc_choice *add(choice_list *l, const char *option, const char *value) {
  oc_choice *c = &l->out[l->count++];
  *c = (oc_choice){.option = option};
  (void)snprintf(c->value, sizeof c->value, "%s", value);
  return c;
}

static oc_choice *add_number(choice_list *l, const char *option, int64_t value) {
  char text[24];
  (void)snprintf(text, sizeof text, "%lld", (long long)value);
  return add(l, option, text);
}

#define REASON(c, ...) (void)snprintf((c)->reason, sizeof(c)->reason, __VA_ARGS__)

static void list_size(const oc_choose_options *o, const oc_choice_plan *p, choice_list *l) {
  char text[48];
  (void)snprintf(text, sizeof text, p->height == p->width ? "%lld" : "%lldx%lld", (long long)p->height,
                 (long long)p->width);
  oc_choice *c = add(l, "size", text);
  REASON(c, "images are %s %lldx%lld, in %s", o->uniform ? "all" : "typically", (long long)o->typical.height,
         (long long)o->typical.width, o->typical.channels == 1 ? "gray" : "color");
}

static void list_network(const oc_choose_options *o, const oc_choice_plan *p, choice_list *l) {
  oc_choice *c;
  if (!o->size) list_size(o, p, l);
  if (!o->preset && !o->net) {
    c = add(l, "preset", p->net);
    REASON(c, "%s", oc_net_preset_summary(p->net));
  }
  if (o->epochs) return;
  c = add_number(l, "epochs", p->epochs);
  REASON(c, "about %.3g minutes, %s %g", p->seconds * (double)p->epochs / 60,
         p->fits ? "of at most" : "although no run of enough epochs fits", o->minutes);
}

static void list_batch(const oc_choose_options *o, const oc_choice_plan *p, choice_list *l) {
  const int64_t batch = oc_choice_batch(o, p->net);
  oc_choice *c = add_number(l, "batch", batch);
  REASON(c, "%lld training images make %lld steps in an epoch", (long long)o->images,
         (long long)(o->images / batch + (o->images % batch != 0)));
}

static void list_training(const oc_choose_options *o, const oc_choice_plan *p, const oc_choice_recipe *r,
                          choice_list *l) {
  oc_choice *c;
  if (!o->batch) list_batch(o, p, l);
  if (!o->optimizer) {
    c = add(l, "optimizer", r->optimizer);
    REASON(c, "in the recipe of the network");
  }
  c = add(l, "lr", r->lr);
  REASON(c, "for the optimizer %s", r->optimizer);
  if (o->schedule) return;
  c = add(l, "schedule", r->schedule);
  REASON(c, "the number of epochs is fixed");
}

static void list_recipe(const oc_choice_plan *p, const oc_choice_recipe *r, choice_list *l) {
  const struct {
    const char *option, *value, *reason;
  } all[] = {
      {"warmup", r->warmup && strtod(r->warmup, NULL) < (double)p->epochs ? r->warmup : NULL,
       "a low learning rate at first, because the first gradients are large"},
      {"l2", r->l2, "smaller weights overfit less"},
      {"weight-decay", r->weight_decay, "smaller weights overfit less"},
      {"label-smoothing", r->label_smoothing, "a network that is less certain overfits less"},
      {"ema", r->ema, "averaged weights are often better than the last ones"},
  };
  for (int i = 0; i < COUNT(all); i++)
    if (all[i].value) REASON(add(l, all[i].option, all[i].value), "%s", all[i].reason);
}

static void list_balance(const oc_choose_options *o, choice_list *l) {
  if (o->smallest < 1 || o->largest / UNEVEN < o->smallest) return;
  if (o->largest == UNEVEN * o->smallest) return;
  const bool very = o->largest / VERY_UNEVEN >= o->smallest;
  oc_choice *c = add(l, very ? "sampling" : "class-weights", "balanced");
  REASON(c, "the largest class has %lld images, the smallest %lld: %s", (long long)o->largest,
         (long long)o->smallest,
         very ? "too few for weights, so its images come again in an epoch" : "each class counts as much");
}

/* "shift @12" for images of 60 pixels is "shift 5". */
static void expand(const char *from, int64_t side, char *to, size_t size) {
  size_t used = 0;
  while (*from && used + 1 < size) {
    char *end;
    const int64_t parts = *from == '@' ? strtoll(from + 1, &end, 10) : 0;
    if (parts < 1) {
      to[used++] = *from++;
      continue;
    }
    from = end;
    (void)snprintf(to + used, size - used, "%lld", (long long)oc_max_i64(1, side / parts));
    used += strlen(to + used);
  }
  to[used] = 0;
}

static void list_augment(const oc_choose_options *o, const oc_choice_plan *p, const oc_choice_recipe *r,
                         choice_list *l) {
  char text[sizeof l->out->value];
  const bool photo = !o->uniform || oc_min_i64(o->typical.height, o->typical.width) >= PHOTO_SIDE;
  const char *augment = o->typical.channels == 1 ? r->gray : photo ? r->photo : r->color;
  if (!augment) return;
  expand(augment, oc_min_i64(p->height, p->width), text, sizeof text);
  oc_choice *c = add(l, "augment", text);
  REASON(c, "each image is another one in each of %lld epochs; add flip where mirrored images are as good",
         (long long)p->epochs);
}

int oc_choice_list(const oc_choose_options *o, const oc_choice_plan *p, oc_choice out[OC_CHOICES_MAX]) {
  const oc_choice_recipe r = fit_to_given(o, recipe_of(p->net));
  choice_list l = {out, 0};
  list_network(o, p, &l);
  list_training(o, p, &r, &l);
  list_recipe(p, &r, &l);
  list_balance(o, &l);
  list_augment(o, p, &r, &l);
  return l.count;
}

/* ---- layers of a trained model ------------------------------------------------------------------------- */

/* One layer on features that are kept costs next to nothing; all layers need few steps, and small ones, since
 * larger ones destroy what they have learned. */
enum { HEAD_STEPS = 1500, LAYERS_STEPS = 300, LEAST_EPOCHS = 10, MOST_EPOCHS = 100 };

static int64_t transfer_epochs(const oc_choose_options *o, int64_t batch) {
  const int64_t steps = o->frozen ? HEAD_STEPS : LAYERS_STEPS, each = (o->images + batch - 1) / batch;
  return oc_max_i64(LEAST_EPOCHS, oc_min_i64(MOST_EPOCHS, (steps + each - 1) / each));
}

int oc_choice_transfer(const oc_choose_options *o, oc_choice out[OC_CHOICES_MAX]) {
  oc_choice_recipe r = {.optimizer = "adam", .lr = o->frozen ? "1e-3" : "1e-4", .schedule = "cosine"};
  oc_choice_plan p = {.net = ""};
  choice_list l = {out, 0};
  r = fit_to_given(o, r);
  if (!o->epochs) {
    p.epochs = transfer_epochs(o, oc_choice_batch(o, p.net));
    REASON(add_number(&l, "epochs", p.epochs), "%s",
           o->frozen ? "the last layer alone is trained, on features that are computed once"
                     : "layers that were trained before need few steps");
  }
  list_training(o, &p, &r, &l);
  list_balance(o, &l);
  return l.count;
}
