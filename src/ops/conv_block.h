/* conv_block.h: computes sizes for conv_block and conv_block_grad. z: the output of the convolution, y: after
 * pooling. */
#ifndef OC_OPS_CONV_BLOCK_H
#define OC_OPS_CONV_BLOCK_H
#include "ops/activate.h"
#include "ops/reference.h"
#include "ops/window.h"

typedef struct oc_conv_block_dims {
  oc_conv_dims conv;
  oc_pool_dims pool; /* only if pooled */
} oc_conv_block_dims;

static inline oc_pool_attrs oc_conv_block_pool(const oc_conv_block_attrs *a) {
  return (oc_pool_attrs){.size = {a->pool[0], a->pool[1]}, .stride = {a->pool[0], a->pool[1]}};
}

/* Shapes of z and y, all attributes checked. */
static inline oc_status oc_conv_block_shapes(const oc_conv_block_attrs *a, const oc_shape *x,
                                             const oc_shape *w, const char *where, oc_shape *z, oc_shape *y,
                                             oc_error *err) {
  TRY(oc_conv2d_shape(&a->conv, x, w, where, z, err));
  *y = *z;
  if (!oc_activation_fusable(a->act))
    return oc_fail(err, OC_E_INTERNAL, where, "Keep the activation as its own operation.",
                   "unsupported activation %d: its derivative does not follow from its result", (int)a->act);
  if (!a->pooled) return OC_OK;
  const oc_pool_attrs pool = oc_conv_block_pool(a);
  TRY(oc_pool_shape(&pool, z, where, y, err));
  if (a->pool[0] <= 255 / a->pool[1]) return OC_OK;
  return oc_fail(err, OC_E_INTERNAL, where, "Keep the pooling as its own operation.",
                 "unsupported window of %lldx%lld: the limit is 255 elements", (long long)a->pool[0],
                 (long long)a->pool[1]);
}

/* After the shape rule has passed. */
static inline oc_conv_block_dims oc_conv_block_dims_of(const oc_conv_block_attrs *a, const oc_shape *x,
                                                       const oc_shape *w) {
  oc_shape z = OC_SCALAR_SHAPE, y = OC_SCALAR_SHAPE;
  oc_conv_block_shapes(a, x, w, "", &z, &y, NULL);
  oc_conv_block_dims d = {.conv = oc_conv_dims_of(&a->conv, x, &z)};
  const oc_pool_attrs pool = oc_conv_block_pool(a);
  if (a->pooled) d.pool = oc_pool_dims_of(&pool, &z, &y);
  return d;
}

/* Elements of y, and of arg, for one image. */
static inline int64_t oc_conv_block_y_size(const oc_conv_block_attrs *a, const oc_conv_block_dims *d) {
  return a->pooled ? oc_pool_y_size(&d->pool) : oc_conv_y_size(&d->conv);
}

#endif
