/* network.c: builds a network without a model, for oc_network_layers and oc_network_plan. */
#include "model/model.h"

enum { CLASSES = 10 };

const char *oc_network_text(const oc_network *n) {
  return n->net ? n->net : "lecture";
}

int oc_network_classes(const oc_network *n) {
  return n->classes ? n->classes : CLASSES;
}

oc_status oc_network_check(const oc_network *n, oc_error *err) {
  const oc_image_shape s = n->input;
  if (s.height < 1 || s.width < 1 || s.channels < 1)
    return oc_fail(err, OC_E_ARGUMENT, "oc_network.input", "Use sizes of 1 or more.",
                   "images of %lldx%lldx%lld have no pixels", (long long)s.height, (long long)s.width,
                   (long long)s.channels);
  if (oc_network_classes(n) >= 2) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "oc_network.classes", "Use 2 or more.",
                 "expected at least 2 classes, got %d", n->classes);
}

static oc_status fill_model(oc_model *m, const oc_network *n, oc_error *err) {
  m->size = n->input;
  const oc_target labels = {.name = "label", .kind = OC_TARGET_CLASS, .size = oc_network_classes(n)};
  TRY(oc_model_add_output(m, &labels, err));
  m->options = oc_session_resolve(n->session);
  const oc_net_options net = {.registry = m->options.registry};
  TRY(oc_net_canonicalize(oc_network_text(n), oc_network_classes(n), &net, &m->net, err));
  return oc_model_build(m, err);
}

oc_status oc_network_graph(const oc_network *n, oc_graph **out, oc_error *err) {
  NEED(n, out);
  if (!n || !out) return oc_fail(err, OC_E_ARGUMENT, "oc_network_graph", "", "arguments must not be NULL");
  *out = NULL;
  oc_model *m;
  TRY(oc_network_model(n, &m, err));
  *out = m->graph;
  m->graph = NULL;
  oc_model_free(m);
  return OC_OK;
}

oc_status oc_network_model(const oc_network *n, oc_model **out, oc_error *err) {
  *out = NULL;
  TRY(oc_network_check(n, err));
  oc_model *m;
  TRY(oc_model_new(&m, err));
  const oc_status status = fill_model(m, n, err);
  if (status == OC_OK)
    *out = m;
  else
    oc_model_free(m);
  return status;
}
