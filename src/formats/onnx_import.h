/* onnx_import.h: makes a graph of an ONNX file.
 *
 * The file is untrusted. Its messages are counted before they are unpacked, memory is limited by the size of
 * the file, and every rule is checked in one pass over the nodes. What is not supported is refused, named by
 * node, operator and opset. */
#ifndef OC_FORMATS_ONNX_IMPORT_H
#define OC_FORMATS_ONNX_IMPORT_H
#include "formats/metadata.h"
#include "graph/graph.h"
#include "ocellus/run.h"

enum { OC_ONNX_MAX_ITEMS = 100000, OC_ONNX_IMPORT_OUTPUTS = 16 };

/* Values of a variable: those of its shape, in the import's memory. */
typedef struct oc_onnx_weight {
  oc_node variable;
  const float *values;
} oc_onnx_weight;

/* A result of a run: a node, whose axes are those of ONNX, or the elements of a constant. */
typedef struct oc_onnx_result {
  const char *name;
  oc_node node;
  oc_shape shape; /* of a constant */
  const float *real;
  const int64_t *whole;
} oc_onnx_result;

typedef struct oc_onnx_import {
  oc_graph *g;
  oc_node input; /* the image, (batch, height, width, channels), after standardization if there is one */
  oc_node outputs[OC_ONNX_IMPORT_OUTPUTS];
  const char *output_names[OC_ONNX_IMPORT_OUTPUTS];
  int output_count;
  oc_onnx_weight *weights;
  int64_t weight_count, weight_capacity;
  /* (x - mean) / deviation at the beginning of the file, which the graph does not have; NULL: none. Means of
   * pixels (h,w,c) with one deviation, or of channels with as many deviations. */
  const float *mean, *deviation;
  bool per_channel;
  oc_metadata metadata;
  /* of oc_onnx_import_run: for each feed its placeholder, OC_NO_NODE: it became a constant; and the
   * results */
  oc_node *fed;
  oc_onnx_result *results;
  int result_count;
  oc_arena arena;
} oc_onnx_import;

/* Reads `bytes`, which may be freed afterwards, and data in other files of `folder` (NULL: none); `where` is
 * for messages. The caller releases; after a failure *out is empty. OC_E_DATA: a rule is broken.
 * OC_E_UNSUPPORTED: it needs more than is supported, or this build has no protobuf-c. OC_E_MEMORY. */
oc_status oc_onnx_import_bytes(const void *bytes, size_t size, const char *where, const char *folder,
                               oc_onnx_import *out, oc_error *err);

typedef struct oc_onnx_bytes {
  const void *bytes;
  size_t size;
  const char *where, *folder; /* as of oc_onnx_import_bytes */
} oc_onnx_bytes;

/* Reads what a run (ocellus/run.h) needs of a file, with the shapes of its feeds; the feeds' elements must
 * live as long as *out. `batched`: axis 0 of the first feed of reals is the batch, and all other feeds are
 * constants; else every size is fixed, and a feed of reals is a constant only where nothing else will do.
 * The caller releases; after a failure *out is empty. Errors as of oc_run_file. */
oc_status oc_onnx_import_run(const oc_onnx_bytes *from, const oc_run_request *request, bool batched,
                             oc_onnx_import *out, oc_error *err);
/* Copies the weights into a session of the graph. */
oc_status oc_onnx_import_set(const oc_onnx_import *from, oc_session *s, oc_error *err);
void oc_onnx_import_release(oc_onnx_import *import);

#endif
