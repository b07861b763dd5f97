/* heads_json.c: heads as a list: [{"output": "digit", "target": "digit", "loss": "softmax_cross_entropy",
 * "weight": 1.0, "metrics": ["accuracy"]}]. The text is untrusted. */
#include "base/error.h"
#include "model/model.h"

static json_t *head_json(const oc_model *m, const oc_heads *h, const oc_head_row *row) {
  json_t *metrics = json_array();
  for (int i = 0; i < row->metric_count; i++)
    (void)json_array_append_new(metrics, json_string(row->metrics[i]->name));
  return json_pack("{s:s, s:s, s:s, s:f, s:o}", "output", m->outputs[row->output].name, "target",
                   h->targets[row->target].name, "loss", row->loss->name, "weight", row->weight, "metrics",
                   metrics);
}

json_t *oc_heads_json(const oc_model *m, const oc_heads *h) {
  json_t *list = json_array();
  for (int i = 0; i < h->count; i++) {
    if (json_array_append_new(list, head_json(m, h, &h->list[i])) == 0) continue;
    json_decref(list);
    return NULL;
  }
  return list;
}

static bool read_names(const json_t *list, const char **names) {
  if (!json_is_array(list) || json_array_size(list) > OC_METRICS_MAX) return false;
  for (size_t i = 0; i < json_array_size(list); i++) {
    names[i] = json_string_value(json_array_get(list, i));
    if (!names[i]) return false;
  }
  return true;
}

static oc_status refuse_heads(oc_error *err, const char *why) {
  return oc_fail(err, OC_E_DATA, "heads", "Use a newer Ocellus, if one wrote it.", "%s", why);
}

oc_status oc_heads_parse(const oc_model *m, const json_t *list, oc_heads *out, oc_error *err) {
  oc_head heads[OC_HEADS_MAX];
  const char *names[OC_HEADS_MAX][OC_METRICS_MAX];
  const size_t count = json_array_size(list);
  oc_error why = {0};
  if (!json_is_array(list) || count < 1 || count > OC_HEADS_MAX)
    return refuse_heads(err, "\"heads\" must be a list of 1 to 16");
  for (size_t i = 0; i < count; i++) {
    const json_t *o = json_array_get(list, i), *metrics = json_object_get(o, "metrics");
    heads[i] = (oc_head){.output = json_string_value(json_object_get(o, "output")),
                         .target = json_string_value(json_object_get(o, "target")),
                         .loss = json_string_value(json_object_get(o, "loss")),
                         .weight = json_number_value(json_object_get(o, "weight")),
                         .metrics = names[i],
                         .metric_count = (int)json_array_size(metrics)};
    if (!heads[i].output || !heads[i].target || !heads[i].loss || heads[i].weight == 0 ||
        !read_names(metrics, names[i]))
      return refuse_heads(err, "a head needs an output, a target, a loss, a weight and metrics");
  }
  if (oc_heads_read(m, heads, (int)count, out, &why) == OC_OK) return OC_OK;
  return refuse_heads(err, why.message);
}
