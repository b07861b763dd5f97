/* callbacks.c: lists the kinds of callbacks, and makes those of a run. */
#include "base/memory.h"
#include "train/fit.h"
#include <string.h>

#define OC_ROW(name) &oc_callback_##name,
static const oc_callback_kind *const kinds[] = {
#include "train/callbacks.def"
};
#undef OC_ROW
enum { KINDS = sizeof kinds / sizeof *kinds };

const oc_callback_info *oc_callback_at(int index) {
  return index >= 0 && index < KINDS ? &kinds[index]->info : NULL;
}

static oc_status find_callback(const char *name, const oc_callback_kind **out, oc_error *err) {
  char hint[256] = "Use one of";
  for (int i = 0; i < KINDS; i++) {
    const size_t used = strlen(hint);
    *out = kinds[i];
    if (name && strcmp(kinds[i]->info.name, name) == 0) return OC_OK;
    (void)snprintf(hint + used, sizeof hint - used, "%s %s", i ? "," : "", kinds[i]->info.name);
  }
  return oc_fail(err, OC_E_ARGUMENT, "callbacks", hint, "unknown callback '%.60s'", name ? name : "(NULL)");
}

oc_status oc_callbacks_keep_gradients(oc_fit *f, oc_error *err) {
  oc_callbacks *c = &f->callbacks;
  const oc_graph *g = f->model->graph; /* its variables are the run's first */
  oc_memory_free(c->gradients);
  c->gradient_count = 0;
  for (int i = 0; i < oc_graph_variable_count(g); i++) c->gradient_count += oc_fit_trains(f, g, i);
  c->gradients = oc_memory_array((size_t)c->gradient_count, sizeof *c->gradients);
  return c->gradients ? OC_OK : oc_fail_memory(err, (size_t)c->gradient_count * sizeof *c->gradients);
}

static oc_status keep_scores(oc_fit *f, oc_error *err) {
  oc_callbacks *c = &f->callbacks;
  const int classes = oc_heads_classes(&f->heads);
  const bool counts = f->valid && oc_heads_count(&f->heads);
  const size_t scored = counts ? (size_t)oc_dataset_count(f->valid) : 0;
  const size_t cells = counts && classes <= OC_CALLBACK_MAX_CLASSES ? (size_t)(classes * classes) : 0;
  if (scored && !c->predictions) c->predictions = oc_memory_array(scored, sizeof *c->predictions);
  if (cells && !c->confusion) c->confusion = oc_memory_array(cells, sizeof *c->confusion);
  if ((c->predictions || !scored) && (c->confusion || !cells)) return OC_OK;
  return oc_fail_memory(err, scored * sizeof *c->predictions + cells * sizeof *c->confusion);
}

oc_status oc_callbacks_create(oc_fit *f, oc_error *err) {
  const oc_callback_kind *kind;
  oc_callbacks *c = &f->callbacks;
  if (f->o.callback_count < 0 || f->o.callback_count > OC_CALLBACKS_MAX ||
      (f->o.callback_count > 0 && !f->o.callbacks))
    return oc_fail(err, OC_E_ARGUMENT, "callbacks", "", "expected an array of at most %d, got %d in %s",
                   OC_CALLBACKS_MAX, f->o.callback_count, f->o.callbacks ? "one" : "NULL");
  for (int i = 0; i < f->o.callback_count; i++) {
    const oc_callback_setting *s = &f->o.callbacks[i];
    TRY(find_callback(s->name, &kind, err));
    if (!s->value) return oc_fail(err, OC_E_ARGUMENT, s->name, "", "expected %s, got NULL", kind->info.value);
    TRY(kind->create(s->value, &c->list[c->count], err));
    c->count++;
    if (kind->keeps_gradients) TRY(oc_callbacks_keep_gradients(f, err));
    if (kind->keeps_scores) TRY(keep_scores(f, err));
  }
  return OC_OK;
}

oc_status oc_callbacks_begin(const oc_fit *f, oc_error *err) {
  for (int i = 0; i < f->callbacks.count; i++) {
    oc_fit_callback *w = f->callbacks.list[i];
    if (w->begin) TRY(w->begin(w, f, err));
  }
  return OC_OK;
}

void oc_callbacks_step(const oc_fit *f, const oc_event *e) {
  for (int i = 0; i < f->callbacks.count; i++) {
    oc_fit_callback *w = f->callbacks.list[i];
    if (w->step) w->step(w, f, e);
  }
}

oc_status oc_callbacks_epoch(const oc_fit *f, const oc_event *e, oc_error *err) {
  oc_status first = OC_OK;
  for (int i = 0; i < f->callbacks.count; i++) {
    oc_fit_callback *w = f->callbacks.list[i];
    const oc_status status = w->epoch ? w->epoch(w, f, e, first == OC_OK ? err : NULL) : OC_OK;
    if (first == OC_OK) first = status;
  }
  return first;
}

void oc_callbacks_release(oc_callbacks *c) {
  for (int i = 0; i < c->count; i++) c->list[i]->end(c->list[i]);
  oc_memory_free(c->gradients);
  oc_memory_free(c->confusion);
  oc_memory_free(c->predictions);
}
