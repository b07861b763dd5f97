/* session.h: holds the values of a graph's variables, and plans and runs its operations.
 *
 *   define (graph.h) -> plan -> bind -> run
 *
 * A session holds the variables of one graph. A plan fixes the fetches, the batch capacity, the kernels,
 * their order and all memory. Creating it reports every error; running it allocates nothing. oc_run is the
 * short form: it makes the plans it needs and caches them.
 *
 * Threads: different sessions are independent. Of one session (with its plans), calls that take it const may
 * run concurrently with each other and with runs of plans that change no variable: oc_variable_count, _name,
 * _trainable, _index, _entry, _view, _get, oc_trainable_bytes, _get, oc_session_save, _save_memory, _threads,
 * _isa. Every other call, and a run that trains, requires exclusive use of the session. A plan is for one
 * caller at a time. A session uses `threads` threads of its own inside a run. Results have the same bits for
 * any number of threads. */
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
/* "portable", "avx2", "avx512", "auto"; "unknown" for other values. Static storage. */
OC_API const char *oc_isa_name(oc_isa isa);
/* The level used by default: the highest that this CPU and operating system support, capped by
 * OCELLUS_CPU=portable|avx2|avx512. (OCELLUS_REFUSE=word,word excludes kernels whose names contain a word
 * from new plans, for comparisons; this changes the bits of results.) */
OC_API oc_isa oc_isa_best(void);
/* Checks that the values of OCELLUS_CPU, OCELLUS_REFUSE and OCELLUS_TRACE (plan, run, all) are known.
 * OC_E_ARGUMENT, with the list of known ones. oc_session_create also calls it; an empty value counts as
 * unset. */
OC_API oc_status oc_environment_check(oc_error *err);

/* Takes one line of a text, without its end; the text lives during the call. */
typedef void (*oc_line_fn)(void *context, const char *line);

/* Topics of a session's log: how each plan is made (as oc_plan_print prints it), and the time of its
 * steps. */
enum { OC_LOG_PLAN = 1, OC_LOG_RUN = 2 };

typedef struct oc_session_options {
  size_t struct_size; /* sizeof(oc_session_options); 0: that of version 0.1 */
  uint64_t seed;      /* for initial values and dropout; default 123 */
  bool seed_set;      /* true if a seed of 0 is intended */
  int threads;        /* 1..256; 0 (default): one for each CPU this process may use */
  oc_isa isa;         /* a level to force it; OC_ISA_AUTO (default): oc_isa_best() */
  /* true: only the reference implementations of the operations (slow; for checks); default false */
  bool reference_only;
  bool no_fusion; /* true: every operation is its own step (for checks); default false */
  /* Kernels to use instead of the planner's first choice, "STEP=KERNEL;STEP=KERNEL;..": STEP is the name of
   * an operation in the graph, KERNEL of a kernel for it. An entry whose kernel cannot do the step has no
   * effect. Results get other bits, the same for the same text. NULL (default): none. Copied. */
  const char *kernels;
  /* Maximum number of plans that oc_run caches, 1 or more; 0: 32 (default). The least recently used plan is
   * freed first. */
  int cached_plans;
  /* Called between the pieces of oc_model_predict, oc_model_predict_f32, oc_model_classify and
   * oc_model_evaluate on a model with this session: false ends the call with OC_E_INTERRUPTED. A run of a
   * plan is one piece; oc_model_fit calls on_event instead. For a model with several callers it must be
   * thread safe. NULL (default): never. */
  oc_go_on_fn go_on;
  /* Gets the lines "plan,.." and "run,.." that OCELLUS_TRACE would otherwise send to stderr, on the thread
   * that makes or frees the plan; for a model with several callers it must be thread safe. NULL (default):
   * stderr. */
  oc_line_fn log;
  unsigned log_topics; /* for `log`: OC_LOG_PLAN | OC_LOG_RUN; 0 (default): as in OCELLUS_TRACE */
  void *context;       /* of go_on and log */
  /* for models: operations, layers and optimizers of the caller (registry.h) for the net text or the file;
   * the model's graph keeps a share. oc_session_create ignores it. NULL (default): none */
  struct oc_registry *registry;
} oc_session_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_session_options oc_session_defaults(void);

/* Makes a session, whose variables have their initial values. The graph must outlive the session and may
 * still grow (new operations are seen, new variables initialized, by later plans). `options` may be NULL. The
 * caller frees *out with oc_session_free; on failure it is NULL. OC_E_ARGUMENT: isa is above the CPU's level,
 * threads is out of range, kernels is invalid, or oc_environment_check fails. Other codes: that of a graph
 * that has failed. OC_E_MEMORY. */
OC_API oc_status oc_session_create(oc_graph *g, const oc_session_options *options, oc_session **out,
                                   oc_error *err);
/* Frees a session with its variables and the plans of oc_run. NULL is fine. Plans of oc_plan_create must
 * be freed before. */
OC_API void oc_session_free(oc_session *s);
/* Number of threads that runs use, 1 to 256; 0 for NULL. */
OC_API int oc_session_threads(const oc_session *s);
/* The instruction-set level that its kernels use. */
OC_API oc_isa oc_session_isa(const oc_session *s);

/* ---- variables ----------------------------------------------------------------------------------------- */

/* Number of variables, trainable or not, in the order they were added to the graph. */
OC_API int oc_variable_count(const oc_session *s);
/* Full name, "conv_1/_weights"; "" for an index out of range. The graph owns it, until it changes. */
OC_API const char *oc_variable_name(const oc_session *s, int index);
/* True if oc_minimize trains it; false for moving averages, optimizer state, and an index out of range. */
OC_API bool oc_variable_trainable(const oc_session *s, int index);
/* The index of the variable of this name, -1 if there is none. */
OC_API int oc_variable_index(const oc_session *s, const char *name);

/* A row of the table of variables. Values are in a few blocks of memory, each at an offset that is a
 * multiple of 64 bytes and never changes. The variables that oc_minimize trains are in one block, in the
 * order in which they were added to the graph. The first slot that an optimizer keeps for each of them (such
 * as Adam's moving average) is at the same offset in a second block, the next slot in a third one. All other
 * variables are in a block of their own. */
typedef struct oc_variable_info {
  const char *name; /* as of oc_variable_name */
  oc_dtype dtype;
  oc_shape shape;
  bool trainable; /* true if it is in the block of oc_trainable_get */
  int slot_of;    /* of a trainable variable's slot: the index of that variable; else -1 */
  int slot;       /* its number among the slots of that variable, from 1; else 0 */
  size_t offset;  /* in its block, in bytes */
  size_t bytes;   /* of the value */
} oc_variable_info;
/* Fills *out with row `index`. Returns false for an index out of range, with a row of 0 bytes. */
OC_API bool oc_variable_entry(const oc_session *s, int index, oc_variable_info *out);

/* Copies a variable's value out: `bytes` must be those of all its elements (oc_dtype_size times the
 * product of its shape), which lie row by row. The copy is the caller's. OC_E_ARGUMENT: no such variable,
 * or other bytes. */
OC_API oc_status oc_variable_get(const oc_session *s, int index, void *values, size_t bytes, oc_error *err);
/* Copies a value in, likewise. Errors as of oc_variable_get; the variable is then as it was. */
OC_API oc_status oc_variable_set(oc_session *s, int index, const void *values, size_t bytes, oc_error *err);
/* Returns the size in bytes of the block of all trainable variables, a multiple of 64; 0 if there is none. It
 * grows with the graph. */
OC_API size_t oc_trainable_bytes(const oc_session *s);
/* Copies the block of all trainable variables out: each value at its offset (oc_variable_entry) in row order,
 * and 0 between them. `bytes` must be oc_trainable_bytes. So an average of several sessions of one graph is
 * one loop over floats. The copy is the caller's. OC_E_ARGUMENT: other bytes. */
OC_API oc_status oc_trainable_get(const oc_session *s, void *values, size_t bytes, oc_error *err);
/* Copies such a block in. Bytes between the variables are not read. OC_E_ARGUMENT: other bytes; no variable
 * has changed then. */
OC_API oc_status oc_trainable_set(oc_session *s, const void *values, size_t bytes, oc_error *err);
/* Returns a read-only view of the value, without a copy, valid until the next run that trains, the next
 * change, or the next plan after variables were added to the graph. Then take it again: an old view may show
 * the new value for one variable and a transposed one for another. `data` is NULL if there is no such
 * variable. */
OC_API oc_tensor_view oc_variable_view(const oc_session *s, int index);
/* Like oc_variable_view, but writable. Plans reuse their prepacked weights until this is called, so call it
 * before each change. */
OC_API oc_tensor oc_variable_value(oc_session *s, int index);

/* Writes all variables, optimizer state too, under their names in one safetensors file; replaced whole or
 * not at all. OC_E_NOT_FINITE: a variable holds NaN or infinity; `where` names it, and nothing is written.
 * OC_E_CANT_CREATE, OC_E_IO: as of oc_file_save. OC_E_MEMORY. */
OC_API oc_status oc_session_save(const oc_session *s, const char *path, oc_error *err);
/* The same bytes into memory: the caller frees *bytes with oc_free; on failure it is NULL.
 * OC_E_NOT_FINITE: as of oc_session_save. OC_E_MEMORY. */
OC_API oc_status oc_session_save_memory(const oc_session *s, void **bytes, size_t *size, oc_error *err);
/* Reads such a file into a session whose graph has just these variables (names, shapes, types), such as a
 * second graph that the same code built. Variables that the graph gets later are not in the file: build
 * first, then load. OC_E_NO_INPUT, OC_E_IO: the file cannot be opened or read. OC_E_DATA: damaged, of
 * another graph, or with a value that is not finite: no variable has changed then. OC_E_MEMORY. */
OC_API oc_status oc_session_load(oc_session *s, const char *path, oc_error *err);
/* The same from bytes, which stay the caller's. OC_E_DATA, OC_E_MEMORY: as of oc_session_load. */
OC_API oc_status oc_session_load_memory(oc_session *s, const void *bytes, size_t size, oc_error *err);

/* The lecture's save by epoch: oc_session_save into "cnn-model.ckpt-EPOCH.safetensors" in `folder` (NULL:
 * the slide's "./model/"), which is made if it is not there. `epoch` (0 or more) is a name and nothing
 * else. OC_E_ARGUMENT: an epoch below 0. Others: errors as of oc_session_save. */
OC_API oc_status oc_session_save_epoch(const oc_session *s, int epoch, const char *folder, oc_error *err);
/* The lecture's load by epoch, from the same file. OC_E_ARGUMENT: an epoch below 0. Others: errors as of
 * oc_session_load. */
OC_API oc_status oc_session_load_epoch(oc_session *s, int epoch, const char *folder, oc_error *err);
/* The path of that file, for messages. The caller frees *path with oc_free; on failure it is NULL.
 * OC_E_ARGUMENT: an epoch below 0. OC_E_MEMORY. */
OC_API oc_status oc_session_epoch_path(int epoch, const char *folder, char **path, oc_error *err);

/* OC_E_NOT_FINITE, with its name, for the first variable that holds a NaN or an infinity: weights, or the
 * state of an optimizer, such as Adam's squares of gradients, which stop a weight forever when they overflow,
 * without a sign in the loss. Reads all variables; a A custom training loop calls it now and then;
 * oc_model_fit calls it after each epoch. */
OC_API oc_status oc_session_check_finite(const oc_session *s, oc_error *err);

/* ---- plans --------------------------------------------------------------------------------------------- */

typedef struct oc_plan_options {
  size_t struct_size; /* sizeof(oc_plan_options); 0: that of version 0.1 */
  int64_t batch;      /* maximum number of samples of a run; >= 1; 0: 64 (default) */
  bool training;      /* dropout drops, batch norm uses the batch; default false */
  bool timed;         /* measure the time of each step: see oc_plan_step_time; default false */
  /* The gradients of the training steps in the plan are in one block: see oc_plan_gradients. This takes
   * memory, and time where an update would otherwise be fused with its gradient. Values have the same bits.
   * Default false. */
  bool keep_gradients;
  /* A computed tensor, the only result of its operation, that is bound (oc_plan_bind) like a placeholder
   * instead of being computed; what only it needs is left out. Default none. */
  oc_node feed;
} oc_plan_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_plan_options oc_plan_defaults(void);

/* Makes a plan that computes fetches[0..count-1]. A fetch may be an operation without a result (such as a
 * training step). The plan needs the session, which must outlive it; `fetches` is copied. The caller frees
 * *out with oc_plan_free; on failure it is NULL. OC_E_ARGUMENT: no fetch, one that is not of this graph, a
 * feed that is not the only result of an operation of this graph, or a batch out of range. OC_E_MEMORY: the
 * values of a batch are larger than memory can be. Other codes: that of a graph that has failed. */
OC_API oc_status oc_plan_create(oc_session *s, const oc_node *fetches, int count,
                                const oc_plan_options *options, oc_plan **out, oc_error *err);
/* Frees a plan and the memory of its results. NULL is fine. */
OC_API void oc_plan_free(oc_plan *plan);

/* Binds the memory of a placeholder: `data` is read at each run until bound again; it must hold the run's
 * samples, and stays the caller's. A placeholder that this plan does not need is fine. The tensor that the
 * plan's options name as `feed` is bound in the same way. OC_E_ARGUMENT: the node is neither that nor a
 * placeholder of this graph. */
OC_API oc_status oc_plan_bind(oc_plan *plan, oc_node placeholder, const void *data, oc_error *err);

/* Selects the random numbers of a run, together with the seed. */
typedef struct oc_rng_counter {
  uint64_t epoch;  /* 0, 1 and so on */
  uint64_t sample; /* index in the epoch's order of the batch's first sample */
} oc_rng_counter;

/* Computes all fetches for `samples` (1..batch) samples. OC_E_ARGUMENT if an input is not bound. A variable
 * changes after everything that reads it was computed; and if the loss that was given to oc_minimize is NaN
 * or infinite, whether it is fetched or not, none changes at all: OC_E_NOT_FINITE, with the results of the
 * run. The same where clipped gradients cannot be scaled to their norm. OC_E_DATA if a label that is fed to
 * oc_one_hot is not a class. */
OC_API oc_status oc_plan_run(oc_plan *plan, int64_t samples, oc_rng_counter position, oc_error *err);
/* The i-th fetch of the last run, as a view of the plan's memory that lives until the next run; axis 0 is
 * the run's samples. An empty tensor for an index out of range, or a fetch without a result. */
OC_API oc_tensor oc_plan_result(const oc_plan *plan, int index);
/* Returns the gradients of the last run of a plan with keep_gradients as one block, laid out as that of
 * oc_trainable_get: the gradient of each trainable variable is at the variable's offset (oc_variable_entry).
 * They are as before clipping to a norm, and 0 for a variable that the plan does not train. *bytes (may be
 * NULL) becomes the size of the block: oc_trainable_bytes when the plan was made. The plan owns it; the next
 * run changes it. NULL before the first run, and for a plan without keep_gradients. */
OC_API const void *oc_plan_gradients(const oc_plan *plan, size_t *bytes);

/* Bytes that runs use: the arena, all threads' scratch, prepacked weights. */
OC_API size_t oc_plan_memory(const oc_plan *plan);
/* Prints the plan as text, one call of `line` per line (no newline in it): each step with its kernel and why
 * better ones were refused, chunks, FLOPs, bytes, memory offsets. `line` is called on this thread.
 * OC_E_MEMORY. */
OC_API oc_status oc_plan_print(const oc_plan *plan, oc_line_fn line, void *context, oc_error *err);

/* One step of a plan, and its time in the runs so far. */
typedef struct oc_step_time {
  const char *name; /* of the operation in the graph */
  /* "conv_block"; "sum" adds the chunks' sums over samples, "prepare" packs or transforms weights */
  const char *operation;
  const char *kernel;  /* "reference" for the reference implementation */
  int segment;         /* steps of one segment share the threads */
  double seconds;      /* of one run, all threads together; 0 unless the plan is timed */
  double flops, bytes; /* of one run of a full batch, of the direct method; 0 where nothing is known */
} oc_step_time;
/* The index-th step in the order of running; false past the last. Names live as long as the plan. */
OC_API bool oc_plan_step_time(const oc_plan *plan, int index, oc_step_time *out);

/* ---- the short form: feed and fetch by name ----------------------------------------------------------- */

typedef struct oc_feed {
  const char *name; /* "tf_x:0" or "tf_x" */
  oc_tensor_view value;
} oc_feed;
/* Runs the operations for fetches[0..count-1] ("cross_entropy_loss:0", "train_op"). The number of samples is
 * taken from the feeds, whose data stays the caller's. results[i] becomes a view that the session owns, valid
 * until the next oc_run; `results` may be NULL. Plans are made on first use and cached, at most
 * oc_session_options.cached_plans (training = true for those that fetch a training step). OC_E_ARGUMENT: no
 * such name, or feeds of wrong type, shape or number of samples. Others: errors as of oc_plan_create and
 * oc_plan_run. */
OC_API oc_status oc_run(oc_session *s, const oc_feed *feeds, int feed_count, const char *const *fetches,
                        int count, oc_tensor *results, oc_error *err);
/* Frees the plans that oc_run has kept, and with them the results of its last run. The next oc_run makes the
 * plan that it needs again; its results are the same. Needs the session alone. NULL is fine. */
OC_API void oc_session_purge_plans(oc_session *s);

#ifdef __cplusplus
}
#endif
#endif
