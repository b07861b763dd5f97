/* choice.c: chooses size, preset and epochs by the cost of a network at a stated speed.
 *
 * The time of an epoch is images * (multiply-adds / RATE + bytes / BANDWIDTH). A run may have as many epochs
 * as fit; it needs those in which the weights change often enough. Of the rows below, from the best network
 * to the fastest, and of each from the largest size to the smallest, the first that fits is chosen. */
#include "train/choice.h"
#include "base/checked.h"
#include "base/memory.h"
#include "base/options.h"
#include "data/dataset.h"
#include "ocellus/network.h"
#include "ocellus/net.h"
#include <math.h>
#include <string.h>

/* The machine that every choice is made for: two cores at 3 GHz that begin two multiply-adds of 8 floats in a
 * cycle, as far as convolutions reach that. These numbers never follow from the machine that runs. */
#define RATE      80e9 /* multiply-adds per second */
#define BANDWIDTH 20e9 /* bytes per second, of tensors that are mostly in cache */
/* Of the time, what is left for reading, validation and test. */
#define SHARE   0.8
#define MINUTES 20
enum {
  SIDE_MAX = 65536,
  LONGEST_SIDE = 1024,
  LEAST_SIDE = 16,
  SMALL_SIDE = 48,
  LONGEST = 4,
  LABELS_AT_A_TIME = 4096
};
/* Training steps: enough to be worth it, and when more hardly help. */
#define LEAST_STEPS 3000
#define MOST_STEPS  12000

static const int64_t sizes[] = {224, 160, 128, 96, 80, 64, 48, 32};
#define COUNT(list) (sizeof(list) / sizeof *(list))

/* ---- the data ------------------------------------------------------------------------------------------ */

static oc_status count_labels(const oc_dataset *train, int64_t *counts, oc_error *err) {
  int32_t labels[LABELS_AT_A_TIME];
  const int64_t total = oc_dataset_count(train);
  for (int64_t first = 0; first < total; first += LABELS_AT_A_TIME) {
    const int64_t n = oc_min_i64(LABELS_AT_A_TIME, total - first);
    TRY(oc_dataset_read(train, first, n, NULL, labels, err));
    for (int64_t i = 0; i < n; i++) counts[labels[i]]++;
  }
  return OC_OK;
}

/* 0 is the default. */
static oc_status check_minutes(double minutes, oc_error *err) {
  if (minutes >= 0 && isfinite(minutes)) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "minutes", "Use, for example, 20.", "must be above 0, got %g", minutes);
}

oc_status oc_choose_describe(const oc_dataset *train, oc_choose_options *options, oc_error *err) {
  NEED(train, options);
  TRY(check_minutes(options->minutes, err));
  const int classes = oc_dataset_classes(train);
  if (classes < 1)
    return oc_fail(err, OC_E_ARGUMENT, "dataset", "Give images with labels.", "the images have no classes");
  int64_t *counts = oc_memory_array((size_t)classes, sizeof *counts);
  if (!counts) return oc_fail_memory(err, (size_t)classes * sizeof *counts);
  const oc_status status = count_labels(train, counts, err);
  int64_t smallest = 0, largest = 0;
  for (int c = 0; c < classes; c++) {
    largest = oc_max_i64(largest, counts[c]);
    if (counts[c] && (!smallest || counts[c] < smallest)) smallest = counts[c];
  }
  oc_memory_free(counts);
  TRY(status);
  options->images = oc_dataset_count(train);
  options->typical = oc_dataset_typical(train, &options->uniform);
  options->classes = classes;
  options->smallest = smallest;
  options->largest = largest;
  return OC_OK;
}

/* ---- candidates ---------------------------------------------------------------------------------------- */

static const char *given_net(const oc_choose_options *o) {
  return o->net ? o->net : o->preset;
}

/* The length of the other side where all images have one shape. */
static int64_t longer_side(const oc_choose_options *o, int64_t shorter) {
  const double a = (double)o->typical.height, b = (double)o->typical.width;
  const double ratio = fmin(LONGEST, fmax(a, b) / fmin(a, b));
  return oc_min_i64(LONGEST_SIDE, (int64_t)round((double)shorter * ratio));
}

/* Images of one shape keep it, so that nothing of them is cut off. */
static void set_shape(const oc_choose_options *o, int64_t shorter, oc_choice_plan *p) {
  p->height = p->width = shorter;
  if (o->size) {
    p->width = o->width ? o->width : o->size;
  } else if (o->uniform) {
    int64_t *longer = o->typical.height > o->typical.width ? &p->height : &p->width;
    *longer = longer_side(o, shorter);
  }
}

/* The shorter sides that a network may have: the one given, that of small images, which lose by any other, or
 * those of the table up to the images' own. 0 past the end. */
static int64_t size_at(const oc_choose_options *o, size_t i) {
  const int64_t side = oc_min_i64(o->typical.height, o->typical.width);
  if (o->size || side <= SMALL_SIDE) return i ? 0 : o->size ? o->size : oc_max_i64(side, LEAST_SIDE);
  size_t first = 0;
  while (sizes[first] > side) first++;
  return first + i < COUNT(sizes) ? sizes[first + i] : 0;
}

static int64_t epochs_for(double steps, const oc_choose_options *o, const char *net) {
  return (int64_t)fmin(1e6, ceil(steps * (double)oc_choice_batch(o, net) / (double)o->images));
}

/* Seconds of an epoch; OC_E_NET if the network does not take images of this size. */
static oc_status time_epoch(const oc_choose_options *o, oc_choice_plan *p, oc_error *err) {
  const oc_network n = {
      .net = p->net, .input = {p->height, p->width, o->typical.channels}, .classes = o->classes};
  oc_cost forward, backward;
  TRY(oc_network_cost(&n, &forward, &backward, err));
  const double multiply_adds = (forward.flops + backward.flops) / 2, bytes = forward.bytes + backward.bytes;
  p->seconds = (double)o->images * (multiply_adds / RATE + bytes / BANDWIDTH);
  return OC_OK;
}

/* Sets how many epochs a run has, and whether enough of them fit. */
static void set_epochs(const oc_choose_options *o, oc_choice_plan *p) {
  const double budget = o->minutes * 60 * SHARE;
  const int64_t most = oc_max_i64(10, oc_min_i64(200, epochs_for(MOST_STEPS, o, p->net)));
  const int64_t least = oc_max_i64(5, oc_min_i64(most, epochs_for(LEAST_STEPS, o, p->net)));
  const int64_t affordable = (int64_t)fmin(budget / p->seconds, 1e6);
  p->epochs = o->epochs ? o->epochs : oc_max_i64(1, oc_min_i64(most, affordable));
  p->fits = affordable >= (o->epochs ? o->epochs : least);
}

/* ---- the search ---------------------------------------------------------------------------------------- */

/* Tries the sizes of a network; *best is the first candidate that fits, or else the fastest so far. A size
 * that the network does not take is passed by, and its error is in *err. */
static oc_status try_net(const oc_choose_options *o, const char *net, const oc_choice_row *row,
                         oc_choice_plan *best, oc_error *err) {
  for (size_t i = 0; size_at(o, i) && !best->fits; i++) {
    oc_choice_plan p = {.net = net};
    if (row && !given_net(o) && (size_at(o, i) < row->smallest || size_at(o, i) > row->largest)) continue;
    set_shape(o, size_at(o, i), &p);
    const oc_status status = time_epoch(o, &p, err);
    if (status == OC_E_NET) continue;
    TRY(status);
    set_epochs(o, &p);
    if (p.fits || !best->net || p.seconds < best->seconds) *best = p;
  }
  return OC_OK;
}

static bool row_suits(const oc_choose_options *o, const oc_choice_row *row) {
  return o->images >= row->images && (!row->gray_only || o->typical.channels == 1);
}

static oc_status search(const oc_choose_options *o, oc_choice_plan *best, oc_error *err) {
  const oc_choice_row *row;
  if (given_net(o)) return try_net(o, given_net(o), NULL, best, err);
  for (int r = 0; (row = oc_choice_row_at(r)) && !best->fits; r++)
    if (row_suits(o, row)) TRY(try_net(o, row->preset, row, best, err));
  return best->net ? OC_OK : try_net(o, "fast", NULL, best, err); /* a size that no row suits */
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static oc_status check_choose_options(const oc_choose_options *o, oc_error *err) {
  TRY(oc_options_check(o->struct_size, sizeof *o, "oc_choose_options", err));
  const oc_image_shape s = o->typical;
  if (o->images < 1 || o->classes < 2 || s.height < 1 || s.width < 1 || (s.channels != 1 && s.channels != 3))
    return oc_fail(err, OC_E_ARGUMENT, "oc_choose", "Describe the training set.",
                   "cannot choose for %lld images of %lldx%lldx%lld in %d classes", (long long)o->images,
                   (long long)s.height, (long long)s.width, (long long)s.channels, o->classes);
  TRY(check_minutes(o->minutes, err));
  if (o->size < 0 || o->size > SIDE_MAX || o->epochs < 0)
    return oc_fail(err, OC_E_ARGUMENT, "oc_choose", "Use 0 for what is to be chosen.",
                   "size must be 0 to 65536 and epochs at least 0, got %lld and %lld", (long long)o->size,
                   (long long)o->epochs);
  if (o->width < 0 || o->width > SIDE_MAX || (o->width && !o->size) || o->batch < 0)
    return oc_fail(err, OC_E_ARGUMENT, "oc_choose", "Use 0 for what is to be chosen.",
                   "width must be 0 to 65536, with a size, and batch at least 0, got %lld and %lld",
                   (long long)o->width, (long long)o->batch);
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
  if (o.transfer) {
    *count = oc_choice_transfer(&o, out);
    return OC_OK;
  }
  oc_choice_plan best = {0};
  oc_error problem = {0};
  const oc_status status = search(&o, &best, &problem);
  if (status != OC_OK || !best.net) {
    if (err) *err = problem;
    return status != OC_OK ? status : OC_E_NET;
  }
  *count = oc_choice_list(&o, &best, out);
  return OC_OK;
}
