/* heads.c: see heads.h. */
#include "base/error.h"
#include "data/dataset.h"
#include "model/model.h"
#include <math.h>
#include <string.h>

/* ---- targets ------------------------------------------------------------------------------------------- */

/* Returns the index of a target in the list, and adds a new one; -1: a different target has this name, or
 * there is no room. */
static int take_target(oc_heads *h, const char *name, const oc_target *like) {
  for (int i = 0; i < h->target_count; i++) {
    if (strcmp(h->targets[i].name, name) != 0) continue;
    return h->targets[i].kind == like->kind && h->targets[i].size == like->size ? i : -1;
  }
  if (h->target_count == OC_TARGETS_MAX) return -1;
  struct oc_head_target *t = &h->targets[h->target_count];
  (void)snprintf(t->name, sizeof t->name, "%s", name);
  t->kind = like->kind;
  t->size = like->size;
  return h->target_count++;
}

/* ---- a head -------------------------------------------------------------------------------------------- */

static int find_output(const oc_model *m, const oc_head *head) {
  const char *name = head->output ? head->output : head->target;
  for (int i = 0; name && i < m->output_count; i++)
    if (strcmp(m->outputs[i].name, name) == 0) return i;
  return !head->output && m->output_count == 1 ? 0 : -1;
}

static oc_status fail_output(const oc_model *m, const oc_head *head, oc_error *err) {
  char hint[256] = "Name one of the model's outputs:";
  for (int i = 0; i < m->output_count; i++) {
    const size_t used = strlen(hint);
    (void)snprintf(hint + used, sizeof hint - used, "%s %.60s%s", i ? "," : "", m->outputs[i].name,
                   i + 1 == m->output_count ? "." : "");
  }
  const char *name = head->output ? head->output : head->target;
  return oc_fail(err, OC_E_ARGUMENT, "heads", hint, "unknown output '%.60s'", name ? name : "");
}

static oc_status take_metrics(oc_head_row *row, const oc_head *head, oc_target_kind kind, oc_error *err) {
  const char *const usual[] = {row->loss->metric};
  const char *const *names = head->metrics ? head->metrics : usual;
  row->metric_count = head->metrics ? head->metric_count : 1;
  if (row->metric_count < 0 || row->metric_count > OC_METRICS_MAX)
    return oc_fail(err, OC_E_ARGUMENT, "metrics", "", "must be at most %d, got %d", OC_METRICS_MAX,
                   row->metric_count);
  for (int i = 0; i < row->metric_count; i++)
    TRY(oc_metric_find(names[i] ? names[i] : "", kind, &row->metrics[i], err));
  return OC_OK;
}

static oc_status take_head(const oc_model *m, const oc_head *head, oc_heads *h, oc_error *err) {
  oc_head_row *row = &h->list[h->count];
  row->output = find_output(m, head);
  if (row->output < 0) return fail_output(m, head, err);
  const oc_target *output = &m->outputs[row->output];
  const char *target = head->target ? head->target : output->name;
  row->weight = head->weight == 0 ? 1 : head->weight;
  if (!(row->weight > 0 && isfinite(row->weight)))
    return oc_fail(err, OC_E_ARGUMENT, "heads", "Remove the values that must not count.",
                   "the weight of output '%s' must be greater than 0 and finite, got %g", output->name,
                   row->weight);
  TRY(oc_loss_find(head->loss, output->kind, &row->loss, err));
  TRY(take_metrics(row, head, output->kind, err));
  if (!oc_target_name_is_sound(target))
    return oc_fail(err, OC_E_ARGUMENT, "heads", "Use the name of one of the dataset's targets.",
                   "the name of target '%.60s' must be letters, digits and _, at most 63", target);
  row->target = take_target(h, target, output);
  if (row->target < 0)
    return oc_fail(err, OC_E_ARGUMENT, "heads", "Compare outputs of one kind and size with one target.",
                   "target '%.60s' differs in kind or size from output '%s'", target, output->name);
  h->count++;
  return OC_OK;
}

/* ---- the list ------------------------------------------------------------------------------------------ */

oc_status oc_heads_read(const oc_model *m, const oc_head *list, int count, oc_heads *out, oc_error *err) {
  *out = (oc_heads){0};
  if (count < 1 || count > OC_HEADS_MAX || !list)
    return oc_fail(err, OC_E_ARGUMENT, "heads", "", "expected an array of 1 to %d, got %d in %s",
                   OC_HEADS_MAX, count, list ? "one" : "NULL");
  for (int i = 0; i < count; i++) TRY(take_head(m, &list[i], out, err));
  return OC_OK;
}

void oc_heads_default(const oc_model *m, oc_heads *out) {
  *out = (oc_heads){0};
  for (int i = 0; i < m->output_count; i++) /* names are each its own, and each kind has a loss */
    (void)take_head(m, &(oc_head){.output = m->outputs[i].name}, out, NULL);
}

static bool rows_equal(const oc_head_row *a, const oc_head_row *b) {
  bool equal = a->output == b->output && a->target == b->target && a->loss == b->loss &&
               a->weight == b->weight && a->metric_count == b->metric_count;
  for (int i = 0; equal && i < a->metric_count; i++) equal = a->metrics[i] == b->metrics[i];
  return equal;
}

bool oc_heads_equal(const oc_heads *a, const oc_heads *b) {
  bool equal = a->count == b->count && a->target_count == b->target_count;
  for (int i = 0; equal && i < a->count; i++) equal = rows_equal(&a->list[i], &b->list[i]);
  for (int i = 0; equal && i < a->target_count; i++)
    equal = strcmp(a->targets[i].name, b->targets[i].name) == 0;
  return equal;
}

bool oc_heads_plain(const oc_model *m, const oc_heads *h) {
  oc_heads usual;
  if (!oc_model_plain(m)) return false;
  oc_heads_default(m, &usual);
  return oc_heads_equal(h, &usual);
}

bool oc_heads_count(const oc_heads *h) {
  return h->targets[h->list[0].target].kind == OC_TARGET_CLASS;
}

int oc_heads_classes(const oc_heads *h) {
  return oc_heads_count(h) ? (int)h->targets[h->list[0].target].size : 0;
}

const char *oc_heads_class_name(const oc_model *m, const oc_heads *h, int label) {
  return label >= 0 && label < oc_heads_classes(h) ? m->outputs[h->list[0].output].class_names[label] : "";
}

bool oc_heads_by_accuracy(const oc_heads *h) {
  return h->count == 1 && oc_heads_count(h);
}

/* ---- scores -------------------------------------------------------------------------------------------- */

int oc_heads_score_count(const oc_heads *h) {
  int count = 0;
  for (int i = 0; i < h->count; i++) count += 1 + h->list[i].metric_count;
  return count;
}

void oc_heads_scores(const oc_model *m, const oc_heads *h, const double *sums, double count,
                     oc_head_score out[OC_HEADS_MAX]) {
  for (int i = 0; i < h->count; i++) {
    const oc_head_row *row = &h->list[i];
    oc_head_score *s = &out[i];
    *s = (oc_head_score){.output = m->outputs[row->output].name,
                         .loss_name = row->loss->name,
                         .weight = row->weight,
                         .loss = *sums++ / count,
                         .metric_count = row->metric_count};
    (void)snprintf(s->target, sizeof s->target, "%s", h->targets[row->target].name);
    for (int k = 0; k < row->metric_count; k++) {
      s->metric_names[k] = row->metrics[k]->name;
      s->metrics[k] = *sums++ / count;
    }
  }
}
