/* events_message.c: summaries as messages. Messages are made of structs on the stack, which protobuf-c only
 * reads. */
#include "formats/events_message.h"
#include "base/error.h"
#include <time.h>

#if OC_HAVE_PROTOBUF_C

static double wall_time(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_REALTIME, &t); /* cannot fail with this clock */
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

oc_status oc_events_add(oc_tensorboard *t, OcPb__Event *event, oc_error *err) {
  uint8_t *record;
  event->wall_time = wall_time();
  const size_t size = oc_pb__event__get_packed_size(event);
  TRY(oc_events_begin(t, size, &record, err));
  oc_pb__event__pack(event, record);
  return oc_events_end(t, size, err);
}

/* protobuf-c's structs have no const, though packing changes nothing. */
static char *text_of(const char *text) {
  return (char *)(uintptr_t)text;
}

oc_status oc_events_add_start(oc_tensorboard *t, int64_t step, oc_error *err) {
  OcPb__Event version, start;
  OcPb__SessionLog session;
  oc_pb__event__init(&version);
  version.what_case = OC_PB__EVENT__WHAT_FILE_VERSION;
  version.file_version = text_of("brain.Event:2");
  TRY(oc_events_add(t, &version, err));
  oc_pb__session_log__init(&session);
  session.status = OC_PB__SESSION_LOG__SESSION_STATUS__START;
  oc_pb__event__init(&start);
  start.step = step;
  start.what_case = OC_PB__EVENT__WHAT_SESSION_LOG;
  start.session_log = &session;
  return oc_events_add(t, &start, err);
}

/* ---- summaries ----------------------------------------------------------------------------------------- */

/* What a summary's value points to. */
typedef struct parts {
  OcPb__HistogramProto histogram;
  OcPb__Summary__Image image;
  OcPb__TensorProto tensor;
  OcPb__TensorShapeProto shape;
  OcPb__SummaryMetadata metadata;
  OcPb__SummaryMetadata__PluginData plugin;
  ProtobufCBinaryData bytes;
} parts;

static void set_histogram(OcPb__Summary__Value *value, const oc_histogram *h, parts *p) {
  oc_pb__histogram_proto__init(&p->histogram);
  p->histogram.min = h->min;
  p->histogram.max = h->max;
  p->histogram.num = h->count;
  p->histogram.sum = h->sum;
  p->histogram.sum_squares = h->sum_squares;
  p->histogram.n_bucket_limit = p->histogram.n_bucket = (size_t)h->buckets;
  p->histogram.bucket_limit = (double *)(uintptr_t)h->limit;
  p->histogram.bucket = (double *)(uintptr_t)h->bucket;
  value->value_case = OC_PB__SUMMARY__VALUE__VALUE_HISTO;
  value->histo = &p->histogram;
}

static void set_image(OcPb__Summary__Value *value, oc_image_shape size, parts *p) {
  oc_pb__summary__image__init(&p->image);
  p->image.height = (int32_t)size.height;
  p->image.width = (int32_t)size.width;
  p->image.colorspace = (int32_t)size.channels;
  p->image.encoded_image_string = p->bytes;
  value->value_case = OC_PB__SUMMARY__VALUE__VALUE_IMAGE;
  value->image = &p->image;
}

/* A text is a tensor of one string, and its tag names the plugin that shows it. */
static void set_text(OcPb__Summary__Value *value, parts *p) {
  oc_pb__summary_metadata__plugin_data__init(&p->plugin);
  p->plugin.plugin_name = text_of("text");
  oc_pb__summary_metadata__init(&p->metadata);
  p->metadata.plugin_data = &p->plugin;
  oc_pb__tensor_shape_proto__init(&p->shape);
  oc_pb__tensor_proto__init(&p->tensor);
  p->tensor.dtype = OC_PB__DATA_TYPE__DT_STRING;
  p->tensor.tensor_shape = &p->shape;
  p->tensor.n_string_val = 1;
  p->tensor.string_val = &p->bytes;
  value->metadata = &p->metadata;
  value->value_case = OC_PB__SUMMARY__VALUE__VALUE_TENSOR;
  value->tensor = &p->tensor;
}

static void set_value(OcPb__Summary__Value *value, const oc_summary *s, parts *p) {
  p->bytes = (ProtobufCBinaryData){s->byte_count, (uint8_t *)(uintptr_t)s->bytes};
  switch (s->kind) {
  case OC_SUMMARY_SCALAR:
    value->value_case = OC_PB__SUMMARY__VALUE__VALUE_SIMPLE_VALUE;
    value->simple_value = (float)s->scalar;
    break;
  case OC_SUMMARY_HISTOGRAM:
    set_histogram(value, s->histogram, p);
    break;
  case OC_SUMMARY_IMAGE:
    set_image(value, s->size, p);
    break;
  case OC_SUMMARY_TEXT:
    set_text(value, p);
    break;
  }
}

oc_status oc_events_add_summary(oc_tensorboard *t, const oc_summary *s, oc_error *err) {
  parts p;
  OcPb__Event event;
  OcPb__Summary summary;
  OcPb__Summary__Value value, *values[] = {&value};
  oc_pb__summary__value__init(&value);
  value.tag = text_of(s->tag);
  set_value(&value, s, &p);
  oc_pb__summary__init(&summary);
  summary.n_value = 1;
  summary.value = values;
  oc_pb__event__init(&event);
  event.step = s->step;
  event.what_case = OC_PB__EVENT__WHAT_SUMMARY;
  event.summary = &summary;
  return oc_events_add(t, &event, err);
}

#else

static oc_status unsupported(oc_error *err) {
  return oc_fail(err, OC_E_UNSUPPORTED, "tensorboard",
                 "Build with protobuf-c (Debian: libprotobuf-c-dev, protobuf-c-compiler).",
                 "TensorBoard is unsupported: this build has no protobuf-c");
}
oc_status oc_events_add_start(oc_tensorboard *t, int64_t step, oc_error *err) {
  (void)t, (void)step;
  return unsupported(err);
}
oc_status oc_events_add_summary(oc_tensorboard *t, const oc_summary *s, oc_error *err) {
  (void)t, (void)s;
  return unsupported(err);
}
oc_status oc_events_add_graph(oc_tensorboard *t, const oc_graph *g, oc_error *err) {
  (void)t, (void)g;
  return unsupported(err);
}

#endif
