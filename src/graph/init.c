/* init.c: computes initial values: Glorot and Bengio (2010), eq. 16; He et al. (2015), eq. 10. */
#include "graph/init.h"
#include "base/random.h"
#include <math.h>

/* How many inputs an output sums over, and how many outputs an input goes to. The last two axes are input and
 * output channels, those before them the window; a vector is square in this sense, a scalar 1. */
typedef struct fan {
  double in, out;
} fan;

static fan fan_of(const oc_shape *shape) {
  if (shape->rank == 0) return (fan){1, 1};
  if (shape->rank == 1) return (fan){(double)shape->dim[0], (double)shape->dim[0]};
  double window = 1;
  for (int i = 0; i < shape->rank - 2; i++) window *= (double)shape->dim[i];
  return (fan){window * (double)shape->dim[shape->rank - 2], window * (double)shape->dim[shape->rank - 1]};
}

/* What elements are drawn from: low + (high - low) * uniform, or deviation * normal. */
typedef struct distribution {
  bool normal;
  double low, high, deviation;
} distribution;

static distribution uniform_distribution(double limit) {
  return (distribution){.low = -limit, .high = limit};
}
static distribution normal_distribution(double variance) {
  return (distribution){.normal = true, .deviation = sqrt(variance)};
}
static distribution fixed(double value) {
  return (distribution){.low = value, .high = value};
}

static bool distribution_of(const oc_init *init, const oc_shape *shape, distribution *out) {
  const fan f = fan_of(shape);
  switch (init->kind) {
  case OC_INIT_ZEROS:
    *out = fixed(0);
    return true;
  case OC_INIT_ONES:
    *out = fixed(1);
    return true;
  case OC_INIT_CONSTANT:
    *out = fixed(init->value);
    return true;
  case OC_INIT_GLOROT_UNIFORM:
    *out = uniform_distribution(sqrt(6 / (f.in + f.out)));
    return true;
  case OC_INIT_GLOROT_NORMAL:
    *out = normal_distribution(2 / (f.in + f.out));
    return true;
  case OC_INIT_HE_UNIFORM:
    *out = uniform_distribution(sqrt(6 / f.in));
    return true; /* variance limit^2 / 3 */
  case OC_INIT_HE_NORMAL:
    *out = normal_distribution(2 / f.in);
    return true;
  }
  return false;
}

static double draw_value(const distribution *l, oc_random *r) {
  return l->normal ? l->deviation * oc_random_normal(r) : oc_random_range(r, l->low, l->high);
}

static void fill_drawn(const distribution *l, oc_random r, oc_dtype real, void *data, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    const double value = draw_value(l, &r);
    if (real == OC_F64)
      ((double *)data)[i] = value;
    else
      ((float *)data)[i] = (float)value;
  }
}

/* A loop of its own, which is as fast as memory: a model that is loaded has all its variables filled so,
 * first. */
static void fill_fixed(double value, oc_dtype real, void *data, int64_t count) {
  for (int64_t i = 0; i < count && real == OC_F64; i++) ((double *)data)[i] = value;
  for (int64_t i = 0; i < count && real != OC_F64; i++) ((float *)data)[i] = (float)value;
}

oc_status oc_init_fill(const oc_init *init, const oc_shape *shape, oc_dtype real, uint64_t seed,
                       uint64_t variable_index, void *data, oc_error *err) {
  distribution l;
  int64_t count;
  TRY(oc_shape_count(shape, 1, &count, err));
  if (!distribution_of(init, shape, &l))
    return oc_fail(err, OC_E_ARGUMENT, "oc_init.kind", "Use one of the OC_INIT_ values.", "unknown kind %d",
                   (int)init->kind);
  if (!l.normal && l.low == l.high)
    fill_fixed(l.low, real, data, count);
  else
    fill_drawn(&l, oc_random_at(seed, OC_STREAM_INIT, 0, variable_index), real, data, count);
  return OC_OK;
}
