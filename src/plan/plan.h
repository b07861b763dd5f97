/* plan.h (internal): a plan is steps over values, put into segments.
 *
 *   build.c     nodes that the fetches need -> steps and values (views vanish)
 *   gradients.c places for the gradients of training steps, if they are kept
 *   fuse/       several steps -> one, where a kernel does them together
 *   choose.c    a kernel for each step, and why better ones were refused
 *   schedule.c  segments: what runs between two barriers; partial sums and prepacked weights become steps
 *   assign_memory.c     memory: one arena by lifetime, and a small one for each worker
 *   run.c       runs it; print.c shows it
 *
 * Two kinds of segment. In a chunked one a worker takes a chunk of samples through all its steps, depth
 * first, while they are in cache. In a split one the steps are independent of each other and cut themselves
 * into parts. */
#ifndef OC_PLAN_PLAN_H
#define OC_PLAN_PLAN_H
#include "base/checked.h"
#include "kernels/kernel.h"
#include "plan/session.h"

/* Sums that a chunked segment stores of each value, at most. */
#define OC_MAX_PARTIALS 16

typedef enum oc_storage {
  OC_STORE_NONE = 0,   /* made by a step without memory (a training step) */
  OC_STORE_FEED,       /* bound by the caller */
  OC_STORE_PERSISTENT, /* variable or constant */
  OC_STORE_ARENA,      /* whole batch, in the arena */
  OC_STORE_LOCAL       /* one chunk, in the worker's own memory */
} oc_storage;

typedef struct oc_plan_value {
  oc_tensor_desc type;
  const char *name; /* of the node, for messages */
  int32_t op;       /* node it came from, -1 for values that fusion made */
  int32_t view_of;  /* value whose memory this is, or -1 */
  int32_t producer; /* step, or -1 for inputs */
  oc_storage storage;
  const void *data; /* OC_STORE_PERSISTENT, or what is bound (OC_STORE_FEED) */
  size_t offset;    /* OC_STORE_ARENA, OC_STORE_LOCAL */
  size_t partial;   /* in the arena: the partial sums, if `summed` */
  int64_t partials; /* at most: one a group of chunks, or as many as the kernel makes */
  size_t joining;   /* in the memory of a worker: sums of a group's chunks that wait to be added to others */
  bool summed;      /* made of partial sums */
  bool transposed;  /* a variable with rows and columns changed over, as `type` says */
  bool fetched;
  bool placed;     /* a kept gradient: `offset` is given */
  int first, last; /* segments of its life, with that of its partial sums */
} oc_plan_value;

typedef enum oc_step_kind { OC_STEP_OP = 0, OC_STEP_SUM, OC_STEP_PREPACK } oc_step_kind;

typedef struct oc_plan_step {
  oc_step_kind kind;
  oc_op_info info; /* OC_STEP_PREPACK: of the step it prepacks */
  /* [info.n_in], as info.in in the plan's arena; those of OC_STEP_PREPACK are those of its step */
  int32_t *in;
  int32_t out[OC_MAX_OUT];
  const oc_kernel *kernel; /* NULL: the reference implementation */
  /* of the kernel: the first that suits what a run feeds takes its place */
  const oc_kernel *variants[OC_MAX_VARIANTS];
  int variant_count;
  const char *refused; /* why not better ones, "" if none was */
  bool removed;        /* fused into another */
  int32_t only_for;    /* step before which it runs, in the same segment, or -1 */
  bool chunked;        /* cut by samples */
  bool updates;        /* changes a variable */
  int64_t parts;       /* if not chunked */
  size_t scratch;
  int32_t prepack; /* OC_STEP_OP: step that prepacks for it, or -1 */
  int32_t update;  /* OC_STEP_SUM: step that follows each part of it immediately, or -1 */
  bool follows;    /* it is such a step */
  bool once;       /* made of variables alone: runs again only after they have changed */
  /* each worker prepacks for itself at its first chunk of a run, instead of in a separate step */
  bool prepacks;
  size_t prepacked; /* offset in the plan's prepacked memory, or in the worker's, after the scratch */
  size_t prepacked_bytes;
  int segment;
} oc_plan_step;

typedef struct oc_segment {
  bool chunked;
  int32_t begin, end; /* in plan->order */
  int64_t chunk;      /* samples, if chunked */
  int64_t group; /* chunks that a worker takes one after the other, a power of two; their sums become one */
  int64_t parts; /* if split: of all steps together */
  bool prepares; /* only steps that run once, or only prepacks for kernels */
} oc_segment;

/* A value that is looked at before variables change. */
typedef struct oc_plan_guard {
  int32_t value;
  bool factor; /* of clipped gradients: must be at least FLT_MIN; else a loss: must be finite */
} oc_plan_guard;

/* What a worker has begun: its parts of one sum of one step. */
typedef struct oc_begun {
  const oc_plan_step *step; /* NULL: nothing */
  int64_t sum;
  const oc_kernel *kernel; /* the step's, or a variant */
} oc_begun;

struct oc_plan {
  oc_session *s;
  oc_plan_options options;
  oc_arena arena; /* attributes of fused steps, texts */
  oc_plan_value *values;
  int32_t value_count;
  int64_t value_capacity;
  oc_plan_step *steps;
  int32_t step_count;
  int64_t step_capacity;
  int32_t *order; /* steps, segment by segment */
  int32_t order_count;
  oc_segment *segments;
  int32_t segment_count;
  int32_t *fetches;
  int fetch_count;
  oc_plan_guard *guards; /* of the training steps in it */
  int guard_count;
  unsigned char *memory, *prepacked, *workers;
  size_t memory_bytes, prepacked_bytes;
  size_t gradient_bytes; /* of the block of gradients at the start of the arena; 0: they are not kept */
  size_t local_bytes, scratch_bytes, own_bytes, joining_bytes, worker_bytes; /* of a worker: consecutive */
  double *seconds; /* OCELLUS_TRACE=run: [threads][step_count], else NULL */
  int64_t runs;    /* so far */
  bool measured;   /* without memory: see oc_plan_measure */
  int64_t chunk;   /* samples of a leaf of the tree along which sums over the batch are added */
  bool changes_variables;
  bool prepack_once;          /* what is prepared follows from variables and constants alone */
  uint64_t prepacked_version; /* the session's changes when it was prepacked, + 1; 0: not yet */
  /* of the run that is going on */
  const void **call_inputs; /* [threads][call_inputs_stride]: oc_call.in of each worker */
  size_t call_inputs_stride;
  oc_begun *begun;        /* for each worker */
  int64_t *prepacked_run; /* for each worker, each step: the run that it prepacked for last, counted from 1 */
  int64_t samples;
  oc_run_state state;
  oc_run_failure failure;
  bool ran;
  uint64_t blocks_version; /* that of the session when the values took the addresses of variables */
};

/* For each node of the graph: whether the plan needs it, and the value of its output 0. Its other outputs
 * follow. */
typedef struct oc_plan_nodes {
  bool *needed;
  int32_t *value;
} oc_plan_nodes;

/* Groups of chunks of a chunked segment, in a run of `samples`. */
static inline int64_t oc_segment_groups(const oc_segment *g, int64_t samples) {
  return oc_ceil_div(oc_ceil_div(samples, g->chunk), g->group);
}

/* Bytes of a value, in whole lines of a cache. */
static inline size_t oc_plan_value_bytes(const oc_plan_value *v, int64_t samples) {
  return oc_round_up((size_t)oc_value_count(&v->type, samples) * oc_dtype_size(v->type.dtype) + 1,
                     OC_ALIGNMENT);
}

/* The value that holds the memory of `value`. */
static inline int32_t oc_plan_root(const oc_plan *p, int32_t value) {
  while (p->values[value].view_of >= 0) value = p->values[value].view_of;
  return value;
}

/* The variable whose memory a value is, or -1. */
static inline int oc_plan_variable(const oc_plan *p, int32_t value) {
  const oc_plan_value *v = &p->values[oc_plan_root(p, value)];
  return v->storage == OC_STORE_PERSISTENT && v->op >= 0 ? p->s->g->nodes[v->op].variable : -1;
}

/* True if a value is a variable or a constant, or made of them by a step that runs once. */
static inline bool oc_plan_persistent(const oc_plan *p, int32_t value) {
  const oc_plan_value *v = &p->values[oc_plan_root(p, value)];
  return v->storage == OC_STORE_PERSISTENT || (v->producer >= 0 && p->steps[v->producer].once);
}

/* True if all inputs of the step without batch axis are of this kind. */
static inline bool oc_plan_reads_only_persistent(const oc_plan *p, const oc_plan_step *s) {
  for (int k = 0; k < s->info.n_in; k++)
    if (!oc_tensor_desc_batched(&s->info.in[k]) && !oc_plan_persistent(p, s->in[k])) return false;
  return true;
}

/* True if no run changes a variable: predictions, unless a training step is planned without training. */
static inline bool oc_plan_keeps_variables(const oc_plan *p) {
  for (int32_t i = 0; i < p->step_count; i++)
    if (!p->steps[i].removed && p->steps[i].updates) return false;
  return !p->options.training;
}

/* plan.c: bytes that a plan would take; nothing is allocated for it. */
oc_status oc_plan_measure(oc_session *s, const oc_node *fetches, int count, const oc_plan_options *options,
                          size_t *bytes, oc_error *err);

oc_status oc_plan_build(oc_plan *p, const oc_node *fetches, int count, oc_error *err);
/* gradients.c */
oc_status oc_plan_place_gradients(oc_plan *p, const oc_plan_nodes *nodes, oc_error *err);
oc_status oc_plan_fuse(oc_plan *p, oc_error *err);
oc_status oc_plan_choose(oc_plan *p, oc_error *err);
oc_status oc_plan_schedule(oc_plan *p, oc_error *err);
oc_status oc_plan_assign_memory(oc_plan *p, oc_error *err);

/* time.c: with OCELLUS_TRACE=run, the time that each step took, said when the plan is freed. */
oc_status oc_plan_time_begin(oc_plan *p, oc_error *err);
void oc_plan_time_say(const oc_plan *p);
double oc_plan_clock(void);

/* grow.c: growing the arrays; -1 when there is no memory. */
int32_t oc_plan_add_value(oc_plan *p, const oc_plan_value *value);
int32_t oc_plan_add_step(oc_plan *p, const oc_plan_step *step);
/* Gives the step lists of its own, in the plan's arena, with room for n_in inputs: what it had, as far as it
 * fits. So a copy of a step can be changed without changing the step. */
oc_status oc_plan_own_inputs(oc_plan *p, oc_plan_step *step, int n_in, oc_error *err);

/* choose.c: the best kernel for one use of an operation, NULL if only the reference implementation can.
 * `refused` (may be NULL) gets "kernel: reason; .." of the better ones, at most `size` bytes. Never a
 * variant. */
const oc_kernel *oc_plan_kernel_for(const oc_plan *p, const oc_op_info *info, char *refused, size_t size);
/* True if the session's options name kernel k (NULL: none) for this use. */
bool oc_plan_names(const oc_plan *p, const oc_op_info *info, const oc_kernel *k);

#endif
