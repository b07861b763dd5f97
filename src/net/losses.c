/* losses.c: lists the losses and the metrics. */
#include "net/loss.h"
#include <stdio.h>
#include <string.h>

#define OC_ROW(name) &oc_loss_##name,
static const oc_loss *const losses[] = {
#include "net/losses.def"
};
#undef OC_ROW
enum { LOSSES = sizeof losses / sizeof *losses };

#define OC_ROW(name) &oc_metric_##name,
static const oc_metric *const metrics[] = {
#include "net/metrics.def"
};
#undef OC_ROW
enum { METRICS = sizeof metrics / sizeof *metrics };

const oc_loss *oc_loss_at(int index) {
  return index >= 0 && index < LOSSES ? losses[index] : NULL;
}
const oc_metric *oc_metric_at(int index) {
  return index >= 0 && index < METRICS ? metrics[index] : NULL;
}

const char *oc_target_kind_words(oc_target_kind kind) {
  return kind == OC_TARGET_CLASS ? "a class" : kind == OC_TARGET_CLASSES ? "classes" : "a vector";
}

/* ---- by name ------------------------------------------------------------------------------------------- */

static const oc_loss *find_loss(const char *name) {
  for (int i = 0; name && i < LOSSES; i++)
    if (strcmp(losses[i]->name, name) == 0) return losses[i];
  return NULL;
}

static const oc_metric *find_metric(const char *name) {
  for (int i = 0; name && i < METRICS; i++)
    if (strcmp(metrics[i]->name, name) == 0) return metrics[i];
  return NULL;
}

/* "Use one of a, b." of the names for a kind. */
typedef struct hint {
  char text[256];
  int count;
} hint;

static void add_choice(hint *h, const char *name) {
  const size_t used = strlen(h->text);
  (void)snprintf(h->text + used, sizeof h->text - used, "%s %s", h->count ? "," : "Use", name);
  h->count++;
}

static oc_status refuse_name(const char *what, const char *name, bool known, oc_target_kind kind, hint *h,
                             oc_error *err) {
  const size_t used = strlen(h->text);
  if (used) (void)snprintf(h->text + used, sizeof h->text - used, ".");
  if (!known) return oc_fail(err, OC_E_ARGUMENT, what, h->text, "unknown %s '%.60s'", what, name);
  return oc_fail(err, OC_E_ARGUMENT, what, h->text, "%s does not take %s", name, oc_target_kind_words(kind));
}

oc_status oc_loss_find(const char *name, oc_target_kind kind, const oc_loss **out, oc_error *err) {
  hint h = {.count = 0};
  *out = NULL;
  for (int i = 0; i < LOSSES; i++) {
    if (!(losses[i]->kinds & OC_KIND(kind))) continue;
    if (!*out && (!name || strcmp(losses[i]->name, name) == 0)) *out = losses[i];
    add_choice(&h, losses[i]->name);
  }
  if (*out) return OC_OK;
  return refuse_name("loss", name ? name : "", find_loss(name) != NULL, kind, &h, err);
}

oc_status oc_metric_find(const char *name, oc_target_kind kind, const oc_metric **out, oc_error *err) {
  hint h = {.count = 0};
  *out = NULL;
  for (int i = 0; i < METRICS; i++) {
    if (!(metrics[i]->kinds & OC_KIND(kind))) continue;
    if (!*out && (!name || strcmp(metrics[i]->name, name) == 0)) *out = metrics[i];
    add_choice(&h, metrics[i]->name);
  }
  if (*out) return OC_OK;
  return refuse_name("metric", name ? name : "", find_metric(name) != NULL, kind, &h, err);
}

/* ---- for help ------------------------------------------------------------------------------------------ */

const char *oc_loss_name(int index) {
  const oc_loss *l = oc_loss_at(index);
  return l ? l->name : NULL;
}
const char *oc_loss_summary(const char *name) {
  const oc_loss *l = find_loss(name);
  return l ? l->summary : NULL;
}
bool oc_loss_takes(const char *name, oc_target_kind kind) {
  const oc_loss *l = find_loss(name);
  return l && (unsigned)kind <= OC_TARGET_VECTOR && (l->kinds & OC_KIND(kind));
}
const char *oc_metric_name(int index) {
  const oc_metric *m = oc_metric_at(index);
  return m ? m->name : NULL;
}
const char *oc_metric_summary(const char *name) {
  const oc_metric *m = find_metric(name);
  return m ? m->summary : NULL;
}
bool oc_metric_takes(const char *name, oc_target_kind kind) {
  const oc_metric *m = find_metric(name);
  return m && (unsigned)kind <= OC_TARGET_VECTOR && (m->kinds & OC_KIND(kind));
}
