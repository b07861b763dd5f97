/* session.h (internal): values of a graph's variables, the threads, and the plans that oc_run keeps. */
#ifndef OC_PLAN_SESSION_H
#define OC_PLAN_SESSION_H
#include "base/thread_pool.h"
#include "graph/graph.h"
#include "ocellus/session.h"
#include <pthread.h>

/* The place of a variable's value: see variable_table.c. */
typedef struct oc_variable_row {
  int32_t block;   /* index in oc_session.blocks */
  int32_t slots;   /* number of its slots so far */
  size_t offset;   /* in the block: a multiple of OC_ALIGNMENT */
  bool transposed; /* true if the value is transposed now; see session_transposed.c */
} oc_variable_row;

enum {
  OC_BLOCK_TRAINABLE = 0, /* trainable variables, in their order */
  OC_BLOCK_STATE,         /* neither trainable nor a slot of a trainable variable */
  OC_BLOCK_SLOTS /* the first slot of each trainable variable, at its offset; the next block: the second */
};

typedef struct oc_variable_block {
  unsigned char *memory; /* NULL in a sketch */
  size_t bytes;
} oc_variable_block;

struct oc_session {
  oc_graph *g;
  oc_session_options options; /* kernels: the session's own copy, or NULL */
  oc_isa isa;
  oc_thread_pool *pool;
  bool sketch;           /* variables and plans have no memory: plans are made to be read */
  oc_variable_row *rows; /* [variable_count] */
  int variable_count;
  oc_variable_block *blocks;
  int block_count;
  uint64_t blocks_version; /* number of times that blocks were allocated */
  bool may_transpose;      /* true if any variable may be transposed */
  void *transpose_buffer;  /* for transpose_lock a matrix that is not square */
  size_t transpose_buffer_bytes;
  pthread_mutex_t transpose_lock;
  uint64_t variables_version;        /* how often variables changed, or were handed out to be */
  struct oc_cached_plan *plan_cache; /* of oc_run, the one used last first */
  uint64_t runs;                     /* of oc_run: the epoch of its positions */
};

/* The options with every default filled in; `given` may be NULL or zeroed. */
oc_session_options oc_session_resolve(const oc_session_options *given);
oc_plan_options oc_plan_resolve(const oc_plan_options *given);
/* As oc_session_create, but nothing gets memory: plans can be made and printed, and nothing else. */
oc_status oc_session_sketch(oc_graph *g, const oc_session_options *options, oc_session **out, oc_error *err);
/* choose.c: checks a text for oc_session_options.kernels. */
oc_status oc_kernels_check(const char *kernels, oc_error *err);

/* Threads that callers may use between runs, for reading the next batch. */
oc_thread_pool *oc_session_thread_pool(oc_session *s);
/* session_transposed.c: from now on a plan may need this matrix (float) transposed. */
oc_status oc_variable_allow_transposed(oc_session *s, int variable, oc_error *err);
/* Sets the layout of the value. Concurrent callers must set the same layout. */
void oc_variable_set_transposed(oc_session *s, int variable, bool transposed);
/* Copies the value in row order, whatever its layout. */
void oc_variable_copy_rows(const oc_session *s, int variable, void *to, size_t bytes);
/* variable_table.c: gives memory and initial values to variables that were added to the graph since. Blocks
 * that grow move. */
oc_status oc_session_update(oc_session *s, oc_error *err);
void oc_variable_table_release(oc_session *s);
static inline void *oc_variable_data(const oc_session *s, int variable) {
  const oc_variable_row *row = &s->rows[variable];
  unsigned char *block = s->blocks[row->block].memory;
  return block ? block + row->offset : NULL;
}
/* variables.c: copies the first `count` variables, which both sessions have. */
void oc_variables_copy(oc_session *to, const oc_session *from, int count);
/* variable_average.c: the first `count` variables of `average`, which both sessions have as float32, become
 * keep * themselves + (1 - keep) * those of `of`. Prepared once, when the plans of `of` are there. */
oc_status oc_variables_average_prepare(oc_session *average, const oc_session *of, int count, oc_error *err);
void oc_variables_average(oc_session *average, const oc_session *of, int count, double keep);
/* session_hooks.c: checks whether a long call may continue. OC_E_INTERRUPTED if go_on returns false; `s` may
 * be NULL. */
oc_status oc_session_go_on(const oc_session *s, const char *where, oc_error *err);
/* True if lines of this topic, OC_LOG_PLAN or OC_LOG_RUN, are logged. And logs one of them. */
bool oc_session_logs(const oc_session *s, unsigned topic);
void oc_session_log(const oc_session *s, unsigned topic, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
