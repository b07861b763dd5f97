/* heads.h (internal): what a model is trained for and scored by. A head is an output of the model, the target
 * that it is compared to, a loss and metrics; the objective is the sum of the losses, each times its weight.
 *
 *   heads.c        from the caller's list, or the default
 *   heads_json.c   in model files and in the record of a run
 *   heads_data.c   the targets of a dataset that heads need
 *   head_nodes.c   the operations of heads, on top of a network */
#ifndef OC_MODEL_HEADS_H
#define OC_MODEL_HEADS_H
#include "net/loss.h"
#include "ocellus/model.h"
#include <jansson.h>

enum { OC_TARGET_NAME = 64, OC_SCORES_MAX = OC_HEADS_MAX * (1 + OC_METRICS_MAX) };

typedef struct oc_head_row {
  int output, target; /* of the model; of the list below */
  const oc_loss *loss;
  double weight;
  const oc_metric *metrics[OC_METRICS_MAX];
  int metric_count;
} oc_head_row;

typedef struct oc_heads {
  oc_head_row list[OC_HEADS_MAX];
  int count;
  struct oc_head_target {
    char name[OC_TARGET_NAME];
    oc_target_kind kind;
    int64_t size;
  } targets[OC_TARGETS_MAX]; /* each once: what a batch is fed */
  int target_count;
} oc_heads;

/* ---- heads.c ------------------------------------------------------------------------------------------- */

/* A head for each output, with the target of its name and the default loss of its kind. */
void oc_heads_default(const oc_model *m, oc_heads *out);
/* As in oc_fit_options.heads. OC_E_ARGUMENT: no such output, loss or metric, a weight out of range, one
 * target of two kinds. */
oc_status oc_heads_read(const oc_model *m, const oc_head *list, int count, oc_heads *out, oc_error *err);
bool oc_heads_equal(const oc_heads *a, const oc_heads *b);
/* True for the lecture's: one output, a class called "label", with cross-entropy and accuracy. */
bool oc_heads_plain(const oc_model *m, const oc_heads *h);
/* True if the first head's target is a class, so that right answers are counted. */
bool oc_heads_count(const oc_heads *h);
/* The classes of the first head, with which it counts; 0 if it does not. */
int oc_heads_classes(const oc_heads *h);
/* A name of one of them. */
const char *oc_heads_class_name(const oc_model *m, const oc_heads *h, int label);
/* True if epochs are compared by their accuracy, false if by their loss. */
bool oc_heads_by_accuracy(const oc_heads *h);
/* Of head i, for the caller: names, and the numbers sums[..]/count in the order of oc_head_nodes_scores. */
void oc_heads_scores(const oc_model *m, const oc_heads *h, const double *sums, double count,
                     oc_head_score out[OC_HEADS_MAX]);
/* How many numbers that are: a loss and the metrics of each head. */
int oc_heads_score_count(const oc_heads *h);

/* ---- heads_json.c -------------------------------------------------------------------------------------- */

/* A list of objects; NULL: no memory. */
json_t *oc_heads_json(const oc_model *m, const oc_heads *h);
/* From such a list. OC_E_DATA. */
oc_status oc_heads_parse(const oc_model *m, const json_t *list, oc_heads *out, oc_error *err);

/* ---- heads_data.c -------------------------------------------------------------------------------------- */

/* Checks that the model can be scored by these heads on `d` (size, targets, not empty). `what` names it in
 * messages; index[i] becomes the number in `d` of target i of the heads. */
oc_status oc_heads_check_data(const oc_model *m, const oc_heads *h, const oc_dataset *d, const char *what,
                              int index[OC_TARGETS_MAX], oc_error *err);
/* The same for training: its classes must be the model's, or the first of them; numbers for names are
 * none. */
oc_status oc_heads_check_training(const oc_model *m, const oc_heads *h, const oc_dataset *d, const char *what,
                                  int index[OC_TARGETS_MAX], oc_error *err);

#endif
