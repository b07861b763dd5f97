/* convnn.h: the lecture's class ConvNN: options, build, train, save, load, predict.
 *
 *   oc_convnn_options options = oc_convnn_defaults();
 *   options.random_seed = 123;
 *   oc_convnn *cnn;
 *   oc_convnn_create(&options, &cnn, &err);
 *   oc_convnn_train(cnn, data.train, data.valid, true, &err);
 *   oc_convnn_save_epoch(cnn, 20, NULL, &err);
 *   oc_convnn_predict(cnn, pixels, 10, labels, &err);
 *   oc_convnn_free(cnn);
 *
 * A thin layer over model.h for readers of the lecture ("Implementing a CNN in the TensorFlow Layers
 * API"); oc_convnn_model returns the model for everything else.
 *
 * Threads: one oc_convnn belongs to one caller at a time; different ones are independent. */
#ifndef OCELLUS_CONVNN_H
#define OCELLUS_CONVNN_H
#include "model.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_convnn oc_convnn;

typedef struct oc_convnn_options {
  size_t struct_size;    /* sizeof(oc_convnn_options); 0: that of version 0.1 */
  int64_t batchsize;     /* images per step; >= 1; 0: 64 (default) */
  int epochs;            /* >= 1; 0: 20 (default) */
  double learning_rate;  /* of Adam; > 0 and finite; 0: 1e-4 (default) */
  double dropout_rate;   /* fraction of the hidden units that training drops; in [0,1); default 0.5 */
  bool dropout_rate_set; /* true if a rate of 0 is intended */
  bool no_shuffle;       /* true: the order of the data in each epoch; default false: a new order each time */
  /* Seed for weights, order and dropout; default 123 (the slide has none, so each run differs). */
  uint64_t random_seed;
  bool random_seed_set; /* true if a seed of 0 is intended */
  /* Train ends with the last epoch's weights, as on the slide; default false: with the best epoch's. */
  bool keep_last;
  const char *net;      /* net text or preset; NULL: "lecture" (default); not copied: keep it until build */
  int threads;          /* 1..256; 0 (default): one for each CPU. Results are the same for any number */
  oc_event_fn on_event; /* as in oc_fit_options; NULL (default): none */
  void *context;        /* for on_event */
} oc_convnn_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_convnn_options oc_convnn_defaults(void);

/* Keeps the options; `options` may be NULL for the defaults. Values out of range are found by build and
 * train. The caller frees *out with oc_convnn_free; on failure it is NULL. OC_E_MEMORY. */
OC_API oc_status oc_convnn_create(const oc_convnn_options *options, oc_convnn **out, oc_error *err);
/* Frees it with its model. NULL is fine. */
OC_API void oc_convnn_free(oc_convnn *c);

/* Makes the network with fresh weights, for the image shape and classes of `train_data`, whose pixels also
 * give the standardization. Building again starts over. Errors as of oc_model_create; `c` is then as it
 * was. */
OC_API oc_status oc_convnn_build(oc_convnn *c, const oc_dataset *train_data, oc_error *err);
/* Trains for options.epochs epochs. initialize = true: with fresh weights, so that no oc_convnn_build is
 * needed before; false: from the present ones, with a new optimizer. `valid` may be NULL; with it, the
 * weights of the best epoch are kept, unless options.keep_last. OC_E_ARGUMENT: there are no present
 * weights. Others: errors as of oc_model_create and oc_model_fit. */
OC_API oc_status oc_convnn_train(oc_convnn *c, const oc_dataset *train, const oc_dataset *valid,
                                 bool initialize, oc_error *err);
/* The mean training loss of each epoch, *count of them, first to last (the slide's train_cost_): of the last
 * call of train, preceded by those of earlier calls if it did not initialize. Owned by `c`, valid until its
 * next train, or until it is freed. */
OC_API const double *oc_convnn_losses(const oc_convnn *c, int *count);
/* Writes one model file. OC_E_ARGUMENT: nothing was built or loaded. Others: errors as of oc_model_save. */
OC_API oc_status oc_convnn_save(const oc_convnn *c, const char *path, oc_error *err);
/* Reads one model file; no build is needed before. Errors as of oc_model_load; `c` is then as it was. */
OC_API oc_status oc_convnn_load(oc_convnn *c, const char *path, oc_error *err);
/* The slide's save(epoch, path): a model file "model.ckpt-EPOCH.safetensors" in `folder` (NULL: the slide's
 * "./tflayers-model/"), which is made if it is not there. `epoch` (0 or more) is only a name. OC_E_ARGUMENT:
 * an epoch below 0. Others: errors as of oc_convnn_save. */
OC_API oc_status oc_convnn_save_epoch(const oc_convnn *c, int epoch, const char *folder, oc_error *err);
/* The slide's load(epoch, path), from the same file. OC_E_ARGUMENT: an epoch below 0. Others: errors as of
 * oc_convnn_load. */
OC_API oc_status oc_convnn_load_epoch(oc_convnn *c, int epoch, const char *folder, oc_error *err);
/* The path of that file, for messages. The caller frees *path with oc_free; on failure it is NULL.
 * OC_E_ARGUMENT: an epoch below 0. OC_E_MEMORY. */
OC_API oc_status oc_convnn_epoch_path(int epoch, const char *folder, char **path, oc_error *err);
/* Writes the most probable class of each of `count` images (uint8 HWC) into labels[count]; the first of
 * equal ones. OC_E_ARGUMENT: nothing was built or loaded. Others: errors as of oc_model_classify. */
OC_API oc_status oc_convnn_predict(oc_convnn *c, const uint8_t *pixels, int64_t count, int32_t *labels,
                                   oc_error *err);
/* Writes all probabilities, count x classes, float32. OC_E_ARGUMENT: nothing was built or loaded. Others:
 * errors as of oc_model_predict. */
OC_API oc_status oc_convnn_predict_proba(oc_convnn *c, const uint8_t *pixels, int64_t count,
                                         float *probabilities, oc_error *err);
/* Returns its model, NULL before build or load. `c` owns it, until the next build, load or free. */
OC_API oc_model *oc_convnn_model(oc_convnn *c);

#ifdef __cplusplus
}
#endif
#endif
