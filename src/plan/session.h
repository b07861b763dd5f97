/* session.h (internal): values of a graph's variables, the threads, and the plans that oc_run keeps. */
#ifndef OC_PLAN_SESSION_H
#define OC_PLAN_SESSION_H
#include "base/pool.h"
#include "graph/graph.h"
#include "ocellus/session.h"

/* A variable that a plan stores transposed (session_transposed.c): either copy holds its value, or both do. */
typedef struct oc_transposed {
  void *memory; /* NULL for most variables: there is no other copy */
  bool stale, plain_stale;
} oc_transposed;

struct oc_session {
  oc_graph *g;
  oc_session_options options; /* kernels: the session's own copy, or NULL */
  oc_isa isa;
  oc_pool *pool;
  void **values;             /* [variable_count] into blocks */
  oc_transposed *transposed; /* [variable_count] */
  int transposed_count;      /* with memory */
  int variable_count;
  uint64_t changes; /* how often variables changed, or were handed out to be */
  oc_arena blocks;
  struct oc_kept_plan *kept; /* of oc_run, newest first */
  uint64_t runs;             /* of oc_run: the epoch of its positions */
};

/* choose.c: is this a text for oc_session_options.kernels? */
oc_status oc_kernels_check(const char *kernels, oc_error *err);

/* Threads that callers may use between runs, for reading the next batch. */
oc_pool *oc_session_pool(oc_session *s);
/* session_transposed.c: memory for a copy of a matrix (float) with rows and columns changed over; once for all plans. */
oc_status oc_transposed_make(oc_session *s, int variable, oc_error *err);
/* That copy, or the variable itself, has the value from now on, until the other one changes. */
void oc_transposed_bring(oc_session *s, int variable, bool transposed);
/* That one has changed, so that the other no longer has the value. */
void oc_transposed_change(oc_session *s, int variable, bool transposed);
/* Gives memory and initial values to variables that were added to the graph since. */
oc_status oc_session_update(oc_session *s, oc_error *err);
/* shortcut.c: frees the plans that oc_run kept. */
void oc_session_free_kept(oc_session *s);

#endif
