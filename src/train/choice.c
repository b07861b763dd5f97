/* choice.c: chooses size, preset and epochs by the cost of a network at a stated speed.
 *
 * The time of an epoch is images * (multiply-adds / RATE + bytes / BANDWIDTH). A run may have as many epochs
 * as fit; it needs those in which the weights change often enough. Of the rows below, from the best network
 * to the fastest, and of each from the largest size to the smallest, the first that fits is chosen. */
#include "ocellus/choose.h"
#include "base/checked.h"
#include "base/options.h"
#include "ocellus/network.h"
#include "ocellus/net.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The machine that every choice is made for: two cores at 3 GHz that begin two multiply-adds of 8 floats in a
 * cycle, as far as convolutions reach that. These numbers never follow from the machine that runs. */
#define RATE      80e9 /* multiply-adds per second */
#define BANDWIDTH 20e9 /* bytes per second, of tensors that are mostly in cache */
/* Of the time, what is left for reading, validation and test. */
#define SHARE   0.8
#define MINUTES 20
enum { BATCH = 64, CHOOSE_SIDE_MAX = 1024, LEAST_SIDE = 16, SMALL_SIDE = 48 };
/* Training steps: enough to be worth it, and when more hardly help. */
#define LEAST_STEPS 1000
#define MOST_STEPS  12000

typedef struct choose_row {
  const char *preset;
  int64_t smallest, largest; /* sides of images that it suits */
  int64_t images;            /* that it needs */
  bool gray;                 /* for gray images alone */
} choose_row;

static const choose_row choose_rows[] = {
    {"best", 20, 32, 2000, true},      {"mobile", 96, 224, 10000, false}, {"vgg", 32, 96, 0, false},
    {"resnet20", 24, 48, 5000, false}, {"fast", 16, 32, 0, false},
};
static const int64_t choose_sizes[] = {224, 160, 128, 96, 80, 64, 48, 32};
#define COUNT(list) (sizeof(list) / sizeof *(list))

/* A candidate. */
typedef struct plan_of_run {
  const char *preset;
  int64_t size;
  double seconds; /* of an epoch */
  int64_t epochs;
} plan_of_run;

static int64_t side_of(const oc_choose_options *o) {
  return oc_min_i64(o->typical.height, o->typical.width);
}

static int64_t epochs_for(double steps, const oc_choose_options *o) {
  return (int64_t)ceil(steps * BATCH / (double)o->images);
}

/* Seconds of an epoch; OC_E_NET if the preset does not take images of this size. */
static oc_status time_epoch(const oc_choose_options *o, plan_of_run *p, oc_error *err) {
  const oc_network n = {
      .net = p->preset, .input = {p->size, p->size, o->typical.channels}, .classes = o->classes};
  oc_cost forward, backward;
  TRY(oc_network_cost(&n, &forward, &backward, err));
  const double multiply_adds = (forward.flops + backward.flops) / 2, bytes = forward.bytes + backward.bytes;
  p->seconds = (double)o->images * (multiply_adds / RATE + bytes / BANDWIDTH);
  return OC_OK;
}

/* True if a run of enough epochs fits; sets how many it has. */
static bool run_fits(const oc_choose_options *o, plan_of_run *p) {
  const double budget = o->minutes * 60 * SHARE;
  const int64_t most = oc_max_i64(10, oc_min_i64(200, epochs_for(MOST_STEPS, o)));
  const int64_t least = oc_max_i64(5, oc_min_i64(most, epochs_for(LEAST_STEPS, o)));
  const int64_t affordable = (int64_t)fmin(budget / p->seconds, 1e6);
  p->epochs = o->epochs ? o->epochs : oc_max_i64(1, oc_min_i64(most, affordable));
  return affordable >= (o->epochs ? o->epochs : least);
}

static bool row_suits(const oc_choose_options *o, const choose_row *row, int64_t size) {
  if (o->preset) return strcmp(o->preset, row->preset) == 0;
  return size >= row->smallest && size <= row->largest && o->images >= row->images &&
         (!row->gray || o->typical.channels == 1);
}

/* Tries a candidate; *best is the first that fits, or else the fastest so far. */
static oc_status try_candidate(const oc_choose_options *o, plan_of_run p, plan_of_run *best, bool *found,
                               oc_error *err) {
  TRY(time_epoch(o, &p, err));
  *found = run_fits(o, &p);
  if (*found || !best->preset || p.seconds < best->seconds) *best = p;
  return OC_OK;
}

/* The sizes that a row may have: the one given, that of small images, which lose by any other, or those of
 * the table up to the images' own. 0 past the end. */
static int64_t size_at(const oc_choose_options *o, size_t i) {
  const int64_t side = side_of(o);
  if (o->size || side <= SMALL_SIDE) return i ? 0 : o->size ? o->size : oc_max_i64(side, LEAST_SIDE);
  size_t first = 0;
  while (choose_sizes[first] > side) first++;
  return first + i < COUNT(choose_sizes) ? choose_sizes[first + i] : 0;
}

static oc_status search_rows(const oc_choose_options *o, plan_of_run *best, bool *found, oc_error *err) {
  for (size_t r = 0; r < COUNT(choose_rows); r++)
    for (size_t i = 0; size_at(o, i) && !*found; i++)
      if (row_suits(o, &choose_rows[r], size_at(o, i)))
        TRY(try_candidate(o, (plan_of_run){choose_rows[r].preset, size_at(o, i), 0, 0}, best, found, err));
  return OC_OK;
}

/* A preset without a row, or a size that no row suits. */
static oc_status search_rest(const oc_choose_options *o, plan_of_run *best, bool *found, oc_error *err) {
  const char *preset = o->preset ? o->preset : "fast";
  for (size_t i = 0; size_at(o, i) && !best->preset; i++)
    TRY(try_candidate(o, (plan_of_run){preset, size_at(o, i), 0, 0}, best, found, err));
  return OC_OK;
}

/* ---- the list ------------------------------------------------------------------------------------------ */

typedef struct choice_list {
  oc_choice *out;
  int count;
} choice_list;

static oc_choice *next_choice(choice_list *l, const char *option) {
  oc_choice *c = &l->out[l->count++];
  *c = (oc_choice){.option = option};
  return c;
}

static void list_network(const oc_choose_options *o, const plan_of_run *p, bool fits, choice_list *l) {
  oc_choice *c;
  if (!o->size) {
    c = next_choice(l, "size");
    (void)snprintf(c->value, sizeof c->value, "%lld", (long long)p->size);
    (void)snprintf(c->reason, sizeof c->reason, "images are typically %lldx%lld",
                   (long long)o->typical.height, (long long)o->typical.width);
  }
  if (!o->preset) {
    c = next_choice(l, "preset");
    (void)snprintf(c->value, sizeof c->value, "%s", p->preset);
    (void)snprintf(c->reason, sizeof c->reason, "%s", oc_net_preset_summary(p->preset));
  }
  if (o->epochs) return;
  c = next_choice(l, "epochs");
  (void)snprintf(c->value, sizeof c->value, "%lld", (long long)p->epochs);
  (void)snprintf(c->reason, sizeof c->reason, "about %.3g minutes, %s %g",
                 p->seconds * (double)p->epochs / 60,
                 fits ? "of at most" : "although no run of enough epochs fits", o->minutes);
}

static void list_recipe(const oc_choose_options *o, const plan_of_run *p, choice_list *l) {
  const bool gray = o->typical.channels == 1;
  const long long shift = (long long)oc_max_i64(1, p->size / 12);
  oc_choice *c = next_choice(l, "schedule");
  (void)snprintf(c->value, sizeof c->value, "onecycle");
  (void)snprintf(c->reason, sizeof c->reason, "the number of epochs is fixed");
  c = next_choice(l, "augment");
  (void)snprintf(c->value, sizeof c->value, gray ? "shift %lld, rotate 10" : "shift %lld", shift);
  (void)snprintf(c->reason, sizeof c->reason,
                 "%lld training images are seen %lld times; what they show stays", (long long)o->images,
                 (long long)p->epochs);
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static oc_status check_choose_options(const oc_choose_options *o, oc_error *err) {
  TRY(oc_options_check(o->struct_size, sizeof *o, "oc_choose_options", err));
  const oc_image_shape s = o->typical;
  if (o->images < 1 || o->classes < 2 || s.height < 1 || s.width < 1 || (s.channels != 1 && s.channels != 3))
    return oc_fail(err, OC_E_ARGUMENT, "oc_choose", "Describe the training set.",
                   "cannot choose for %lld images of %lldx%lldx%lld in %d classes", (long long)o->images,
                   (long long)s.height, (long long)s.width, (long long)s.channels, o->classes);
  if (!(o->minutes > 0 && isfinite(o->minutes)))
    return oc_fail(err, OC_E_ARGUMENT, "minutes", "Use, for example, 20.", "must be above 0, got %g",
                   o->minutes);
  if (o->size < 0 || o->size > CHOOSE_SIDE_MAX || o->epochs < 0)
    return oc_fail(err, OC_E_ARGUMENT, "oc_choose", "Use 0 for what is to be chosen.",
                   "size must be 0 to 1024 and epochs at least 0, got %lld and %lld", (long long)o->size,
                   (long long)o->epochs);
  if (o->preset && !oc_net_preset(o->preset))
    return oc_fail(err, OC_E_ARGUMENT, "preset", "See `ocellus help net`.", "unknown preset '%.60s'",
                   o->preset);
  return OC_OK;
}

oc_choose_options oc_choose_defaults(void) {
  return (oc_choose_options){.struct_size = sizeof(oc_choose_options), .minutes = MINUTES};
}

oc_status oc_choose(const oc_choose_options *options, oc_choice out[OC_CHOICES_MAX], int *count,
                    oc_error *err) {
  NEED(options, out, count);
  oc_choose_options o = oc_choose_defaults();
  OC_OPTIONS_READ(o, options);
  if (o.minutes == 0) o.minutes = MINUTES;
  *count = 0;
  TRY(check_choose_options(&o, err));
  plan_of_run best = {0};
  bool found = false;
  TRY(search_rows(&o, &best, &found, err));
  if (!best.preset) TRY(search_rest(&o, &best, &found, err));
  choice_list list = {out, 0};
  list_network(&o, &best, found, &list);
  list_recipe(&o, &best, &list);
  *count = list.count;
  return OC_OK;
}
