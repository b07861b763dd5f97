/* session.h: values for a graph's variables, and runs of it.
 *
 *   define (graph.h) -> plan -> bind -> run
 *
 * A session holds the variables of one graph. A plan fixes what is computed, for at most how many samples, with which
 * kernels, in which order and in which memory; every error comes before the run, and a run allocates nothing.
 * oc_run is the short way: it makes the plans it needs and keeps them.
 *
 * Threads: different sessions are independent. Of one session (with its plans), calls that take it const may run beside each
 * other and beside runs of plans that change no variable: oc_variable_count, _name, _trainable, _index, _view, _get,
 * oc_session_save, _save_memory, _threads, _isa. Every other call, and a run that trains, needs the session alone. A plan is
 * for one caller at a time. A session uses `threads` threads of its own inside a run. Results have the same bits for any
 * number of threads. */
#ifndef OCELLUS_SESSION_H
#define OCELLUS_SESSION_H
#include "graph.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_session oc_session;
typedef struct oc_plan oc_plan;

/* Instruction-set levels, each containing those before it. OC_ISA_AUTO, in options: oc_isa_best(). */
typedef enum oc_isa { OC_ISA_AUTO = 0, OC_ISA_PORTABLE = 1, OC_ISA_AVX2 = 2, OC_ISA_AVX512 = 3 } oc_isa;
OC_API const char *oc_isa_name(oc_isa isa); /* "portable", "avx2", "avx512"; "auto" */
/* The level used by default: what this CPU and operating system offer, capped by OCELLUS_CPU=portable|avx2|avx512. (And
 * OCELLUS_REFUSE=word,word keeps kernels whose names hold a word out of new plans, for comparisons: results get other bits.) */
OC_API oc_isa oc_isa_best(void);
/* Are the values of OCELLUS_CPU, OCELLUS_REFUSE and OCELLUS_TRACE (plan, run, all) known ones? OC_E_ARGUMENT with the list
 * of those that are. oc_session_create asks too; an empty value is as none. */
OC_API oc_status oc_environment_check(oc_error *err);

typedef struct oc_session_options {
  uint64_t seed;  /* for initial values and dropout; default 123 */
  bool seed_set;  /* a seed of 0 is meant */
  int threads;    /* 1..256; 0 (default): one for each CPU this process may use */
  oc_isa isa;     /* a level to force it; OC_ISA_AUTO (default): oc_isa_best() */
  bool plain;     /* true: only the plain C definitions of the operations (slow; for checks); default false */
  bool no_fusion; /* true: every operation is its own step (for checks); default false */
  /* Kernels to be taken instead of the planner's first choice, "STEP=KERNEL;STEP=KERNEL;..": STEP is the
   * name of an operation in the graph, KERNEL of a kernel for it. An entry whose kernel cannot do the step has no effect.
   * Results get other bits, the same for the same text. NULL (default): none. Copied. */
  const char *kernels;
} oc_session_options;
OC_API oc_session_options oc_session_defaults(void);

/* Variables get their initial values. The graph must outlive the session and may still grow (new operations are seen,
 * new variables initialized, by later plans). OC_E_ARGUMENT if isa is above what the CPU has, or kernels is no such text. */
OC_API oc_status oc_session_create(oc_graph *g, const oc_session_options *options, oc_session **out,
                                   oc_error *err);
OC_API void oc_session_free(oc_session *s);
OC_API int oc_session_threads(const oc_session *s);
OC_API oc_isa oc_session_isa(const oc_session *s);

/* ---- variables ----------------------------------------------------------------------------------------- */

/* All variables, trainable or not, in the order they were added to the graph. */
OC_API int oc_variable_count(const oc_session *s);
OC_API const char *oc_variable_name(const oc_session *s, int index);
OC_API bool oc_variable_trainable(const oc_session *s, int index);
/* -1 if there is none of this name. */
OC_API int oc_variable_index(const oc_session *s, const char *name);

/* Copies a variable's value out, or another in: `bytes` must be those of all its elements (oc_dtype_size times the product of
 * its shape), which lie row by row. The copy is yours. OC_E_ARGUMENT if there is no such variable, or it has other bytes. */
OC_API oc_status oc_variable_get(const oc_session *s, int index, void *values, size_t bytes, oc_error *err);
OC_API oc_status oc_variable_set(oc_session *s, int index, const void *values, size_t bytes, oc_error *err);
/* The value where it lies, without a copy, to look at: as it is until the next run that trains or the next change. Then take
 * it again: what an old view shows by then may be the new value for one variable, and for another, which a training step
 * keeps transposed, be in no order at all. `data` is NULL if there is no such variable. */
OC_API oc_tensor_view oc_variable_view(const oc_session *s, int index);
/* The same to write to. Plans keep what they made from the weights (packed, transformed) until this is called: so call it
 * before each change. */
OC_API oc_tensor oc_variable_value(oc_session *s, int index);

/* All variables, optimizer state too, under their names in one safetensors file; replaced whole or not at all.
 * OC_E_NOT_FINITE, naming the variable, if one holds NaN or infinity: nothing is written. */
OC_API oc_status oc_session_save(const oc_session *s, const char *path, oc_error *err);
/* The same bytes into memory: *bytes is freed with oc_free. */
OC_API oc_status oc_session_save_memory(const oc_session *s, void **bytes, size_t *size, oc_error *err);
/* Into a session whose graph has just these variables (names, shapes, types), such as a second graph that the same code
 * built. OC_E_DATA if the file is damaged or of another graph, or holds a value that is not finite: no variable has
 * changed then. Variables that the graph gets later are not in the file: build first, then load. */
OC_API oc_status oc_session_load(oc_session *s, const char *path, oc_error *err);
OC_API oc_status oc_session_load_memory(oc_session *s, const void *bytes, size_t size, oc_error *err);

/* The lecture's save and load by epoch: oc_session_save into, and load from, "cnn-model.ckpt-EPOCH.safetensors" in `folder`
 * (NULL: the slide's "./model/"), which save makes if it is not there. `epoch` (0 or more) is a name and nothing else. */
OC_API oc_status oc_session_save_epoch(const oc_session *s, int epoch, const char *folder, oc_error *err);
OC_API oc_status oc_session_load_epoch(oc_session *s, int epoch, const char *folder, oc_error *err);
/* The path of that file, for messages; the caller frees *path with oc_free. */
OC_API oc_status oc_session_epoch_path(int epoch, const char *folder, char **path, oc_error *err);

/* OC_E_NOT_FINITE, with its name, for the first variable that holds a NaN or an infinity: weights, or the state of an optimizer, such as
 * Adam's squares of gradients, which stop a weight for good when they overflow, without a sign in the loss. Reads all variables; a
 * training of one's own calls it now and then, oc_model_fit does after each epoch. */
OC_API oc_status oc_session_check_finite(const oc_session *s, oc_error *err);

/* ---- plans --------------------------------------------------------------------------------------------- */

typedef struct oc_plan_options {
  int64_t batch; /* most samples of a run; >= 1; 0: 64 (default) */
  bool training; /* dropout drops, batch norm uses the batch; default false */
  bool timed;    /* note how long each step takes: see oc_plan_step_time; default false */
} oc_plan_options;
OC_API oc_plan_options oc_plan_defaults(void);

/* A plan that computes fetches[0..count-1]. A fetch may be an operation without a result (a training step).
 * The caller frees it, before the session. */
OC_API oc_status oc_plan_create(oc_session *s, const oc_node *fetches, int count,
                                const oc_plan_options *options, oc_plan **out, oc_error *err);
OC_API void oc_plan_free(oc_plan *plan);

/* Binds the memory of a placeholder: `data` is read at each run until bound again; it must hold the run's samples.
 * A placeholder that this plan does not need is fine. OC_E_ARGUMENT if the node is not a placeholder. */
OC_API oc_status oc_plan_bind(oc_plan *plan, oc_node placeholder, const void *data, oc_error *err);

/* Where a run stands, which is all that randomness depends on besides the seed. */
typedef struct oc_rng_counter {
  uint64_t epoch;  /* 0, 1, .. */
  uint64_t sample; /* index in the epoch's order of the batch's first sample */
} oc_rng_counter;

/* Computes all fetches for `samples` (1..batch) samples. OC_E_ARGUMENT if an input is not bound. A variable changes
 * after everything that reads it was computed; and if the loss that was given to oc_minimize is NaN or infinite,
 * whether it is fetched or not, none changes at all: OC_E_NOT_FINITE, with the results of the run. The same where clipped
 * gradients cannot be scaled to their norm. OC_E_DATA if a label that is fed to oc_one_hot is not a class. */
OC_API oc_status oc_plan_run(oc_plan *plan, int64_t samples, oc_rng_counter position, oc_error *err);
/* The i-th fetch of the last run, as a view that the next run overwrites; axis 0 is the run's samples. */
OC_API oc_tensor oc_plan_result(const oc_plan *plan, int index);

/* Bytes that runs use: the arena, all threads' scratch, prepared weights. */
OC_API size_t oc_plan_memory(const oc_plan *plan);
/* The plan as text, one call of `line` a line (no newline in it): each step with its kernel, why better ones were
 * refused, chunks, flops, bytes, memory offsets. */
typedef void (*oc_line_fn)(void *context, const char *line);
OC_API oc_status oc_plan_print(const oc_plan *plan, oc_line_fn line, void *context, oc_error *err);

/* One step of a plan: what it is, and its share of the runs so far. */
typedef struct oc_step_time {
  const char *name; /* of the operation in the graph */
  const char *
      operation; /* "conv_block"; "sum" adds the chunks' sums over samples, "prepare" packs or transforms weights */
  const char *kernel;  /* "plain" for the plain C definition */
  int segment;         /* steps of one segment share the threads */
  double seconds;      /* of one run, all threads together; 0 unless the plan is timed */
  double flops, bytes; /* of one run of a full batch, of the direct method; 0 where nothing is known */
} oc_step_time;
/* The index-th step in the order of running; false past the last. Names live as long as the plan. */
OC_API bool oc_plan_step_time(const oc_plan *plan, int index, oc_step_time *out);

/* ---- the short way: feed and fetch by name ------------------------------------------------------------- */

typedef struct oc_feed {
  const char *name; /* "tf_x:0" or "tf_x" */
  oc_tensor value;
} oc_feed;
/* Runs what is needed for fetches[0..count-1] ("cross_entropy_loss:0", "train_op"); results[i] becomes a view that is
 * valid until the next oc_run. The number of samples is taken from the feeds. Plans are made on first use and kept
 * (training = true for those that fetch a training step). `results` may be NULL. */
OC_API oc_status oc_run(oc_session *s, const oc_feed *feeds, int feed_count, const char *const *fetches,
                        int count, oc_tensor *results, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
