/* trace_field.c: computes the receptive field: from an element back to the pixels, a rectangle for each
 * operation on the way. Nodes stand in the order they were made, so one pass from the last to the first meets
 * each after all that use it. */
#include "base/checked.h"
#include "inspect/trace.h"
#include "ops/ops.h"
#include <string.h>

typedef struct region {
  bool used;
  int64_t first[2], last[2]; /* rows, columns; only of tensors with four axes */
} region;

static void join(region *r, const region *more) {
  if (!r->used) *r = *more;
  for (int i = 0; i < 2; i++) {
    r->first[i] = oc_min_i64(r->first[i], more->first[i]);
    r->last[i] = oc_max_i64(r->last[i], more->last[i]);
  }
}

static region whole(const oc_shape *s) {
  return (region){true, {0, 0}, {s->rank == 4 ? s->dim[1] - 1 : 0, s->rank == 4 ? s->dim[2] - 1 : 0}};
}

/* The range that windows of `size` elements read for positions first .. last, cut off at the image's edge. */
static region through(const region *y, const oc_shape *x, const int64_t *size, const int64_t *stride,
                      const int64_t *pad) {
  region r = {.used = true};
  for (int i = 0; i < 2; i++) {
    r.first[i] = oc_max_i64(0, y->first[i] * stride[i] - pad[2 * i]);
    r.last[i] = oc_min_i64(x->dim[i + 1] - 1, y->last[i] * stride[i] - pad[2 * i] + size[i] - 1);
  }
  return r;
}

static region needed(const oc_op_info *info, const region *y) {
  const oc_shape *x = &info->in[0].shape;
  if (info->op->terms == OC_TERMS_CONVOLUTION) {
    const oc_conv2d_attrs *a = info->attrs;
    const int64_t extent[2] = {(a->kernel[0] - 1) * a->dilation[0] + 1,
                               (a->kernel[1] - 1) * a->dilation[1] + 1};
    return through(y, x, extent, a->stride, a->pad);
  }
  if (info->op->terms == OC_TERMS_LARGEST || info->op->terms == OC_TERMS_MEAN) {
    const oc_pool_attrs *a = info->attrs;
    return through(y, x, a->size, a->stride, a->pad);
  }
  const bool same = x->rank == 4 && oc_shape_equal(x, &info->out[0].shape);
  return same ? *y : whole(x);
}

oc_status oc_trace_field(const oc_graph *g, oc_node node, const int64_t *index, oc_node x, oc_trace *t,
                         oc_error *err) {
  region *regions = oc_memory_array((size_t)oc_node_index(node) + 1, sizeof *regions);
  if (!regions) return oc_fail_memory(err, ((size_t)oc_node_index(node) + 1) * sizeof *regions);
  const oc_shape shape = oc_node_shape(g, node);
  regions[oc_node_index(node)] =
      shape.rank == 4 ? (region){true, {index[0], index[1]}, {index[0], index[1]}} : whole(&shape);
  for (int32_t op = oc_node_index(node); op > oc_node_index(x); op--) {
    const oc_op_info *info = oc_graph_info(g, op);
    if (!regions[op].used) continue;
    for (int i = 0; i < info->n_in; i++)
      if (oc_tensor_desc_batched(&info->in[i])) {
        const region r = needed(info, &regions[op]);
        join(&regions[oc_node_index(oc_graph_input(g, op, i))], &r);
      }
  }
  memcpy(t->rows, (int64_t[]){regions[oc_node_index(x)].first[0], regions[oc_node_index(x)].last[0]},
         sizeof t->rows);
  memcpy(t->columns, (int64_t[]){regions[oc_node_index(x)].first[1], regions[oc_node_index(x)].last[1]},
         sizeof t->columns);
  oc_memory_free(regions);
  return OC_OK;
}
