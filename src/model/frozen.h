/* frozen.h (internal): the first layers of a model as a function from images to features. Features are the
 * values of the last of these layers, and all that the rest of the model reads of them, so that training
 * which leaves the layers as they are needs no images.
 *
 *   frozen.c            which operations are frozen
 *   frozen_features.c   the features of images */
#ifndef OC_MODEL_FROZEN_H
#define OC_MODEL_FROZEN_H
#include "model/model.h"

/* The product by which the model's last dense layer computes its only output, a class; features: what it
 * reads, (n, size). OC_E_UNSUPPORTED: the model has another output, or does not end in a dense layer. */
typedef struct oc_last_dense {
  int32_t product; /* the operation */
  oc_node features;
} oc_last_dense;
oc_status oc_last_dense_find(const oc_model *m, oc_last_dense *out, oc_error *err);

typedef struct oc_frozen {
  int layers;              /* 0: none */
  oc_node features;        /* of the model's graph and of copies of it */
  int64_t size;            /* of them: numbers of an image */
  bool *operations;        /* [operation_count]: true for what leads to them */
  int32_t operation_count; /* of the model's network */
} oc_frozen;

/* Of the first `layers` in the order of oc_model_layers; OC_FREEZE_ALL: all before the last dense layer. The
 * caller releases. OC_E_ARGUMENT: there are fewer, or later layers read more than the features.
 * OC_E_UNSUPPORTED: OC_FREEZE_ALL of a model that does not end in a dense layer. */
oc_status oc_frozen_find(const oc_model *m, int layers, oc_frozen *out, oc_error *err);
void oc_frozen_release(oc_frozen *z);
/* True if variable `index` of the model's graph, or of a copy, is frozen. */
bool oc_frozen_has(const oc_frozen *z, const oc_graph *g, int index);
/* Takes the updates of frozen moving averages out of a copy of the model's graph. */
void oc_frozen_stop_updates(const oc_frozen *z, oc_graph *copy);

/* Computes features. `images` has room for a batch and a bit more: each run takes `piece` images, of which
 * the last may be any, so that what is computed of an image does not depend on how many others there are. */
typedef struct oc_frozen_use {
  oc_plan *plan;
  oc_node x;
  oc_input images;
  int64_t batch, piece; /* images: at most; of each run */
  int64_t size;         /* of the features of one */
  const oc_standardizer *standardizer;
  oc_thread_pool *pool;
} oc_frozen_use;

/* For batches of images of m with the targets of `heads`, in a session of m's graph or of a copy. */
typedef struct oc_frozen_request {
  const oc_model *model;
  const oc_frozen *frozen;
  oc_session *session;
  const oc_model_nodes *nodes;
  const oc_heads *heads;
  int64_t batch;
} oc_frozen_request;
/* The caller releases, also after a failure. */
oc_status oc_frozen_use_create(const oc_frozen_request *r, oc_frozen_use *out, oc_error *err);
void oc_frozen_use_release(oc_frozen_use *u);
/* The features of the first `count` images of u->images into `features`. */
oc_status oc_frozen_use_run(oc_frozen_use *u, int64_t count, float *features, oc_error *err);
/* The same, and their targets, into an input of features. */
oc_status oc_frozen_use_take(oc_frozen_use *u, int64_t count, oc_input *in, oc_error *err);

/* The features of a dataset. */
struct oc_feature_source {
  oc_frozen_use *use;
  float *kept; /* of each image in the order of the dataset; NULL: computed when they are needed */
};
/* Memory for the features of a batch and the targets of heads. */
oc_status oc_features_input(const oc_frozen *z, int64_t capacity, const oc_heads *heads, oc_input *out,
                            oc_error *err);
/* The features and targets of images first .. first+count-1 of `from` into an input of features. Kept ones
 * are those of images that are not augmented. */
oc_status oc_features_fill(const oc_feature_source *s, oc_input *in, const oc_images *from, int64_t first,
                           int64_t count, oc_error *err);

#endif
