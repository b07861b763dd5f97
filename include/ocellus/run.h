/* run.h: runs a graph of a file with any tensors, and reads and writes them.
 *
 *   oc_tensor x;
 *   oc_run_results results;
 *   oc_tensor_load("input_0.pb", &x, &err);
 *   const oc_feed feed = {"x", {x.dtype, x.shape, x.data}};
 *   const oc_run_request request = {.feeds = &feed, .feed_count = 1};
 *   oc_run_file("model.onnx", &request, &results, &err);
 *   const oc_tensor *y = &results.values[0].value;
 *   const oc_tensor_view view = {y->dtype, y->shape, y->data};
 *   oc_tensor_save(&view, "y.npy", &err);
 *   oc_run_results_release(&results);
 *   oc_tensor_release(&x);
 *
 * Threads: all functions may be called from any thread. */
#ifndef OCELLUS_RUN_H
#define OCELLUS_RUN_H
#include "session.h"
#ifdef __cplusplus
extern "C" {
#endif

/* ---- files of tensors ---------------------------------------------------------------------------------- */

/* Reads a tensor of up to OC_MAX_RANK axes: a .npy file of NumPy, or a TensorProto of ONNX, as its first
 * bytes say. Elements of float16, bfloat16, float32 and float64 become float32, integers and bool int64.
 * The caller frees *out with oc_tensor_release; on failure it is empty. OC_E_NO_INPUT, OC_E_IO: the file
 * cannot be opened or read. OC_E_DATA: it is damaged, or an integer is larger than 2^63-1.
 * OC_E_UNSUPPORTED: another type of elements, or a TensorProto in a build without protobuf-c. OC_E_MEMORY. */
OC_API oc_status oc_tensor_load(const char *path, oc_tensor *out, oc_error *err);
/* Writes a tensor: .npy if `path` ends so, a TensorProto if it ends in .pb. The old file is replaced whole or
 * not at all. OC_E_ARGUMENT: another ending, or not a tensor. OC_E_CANT_CREATE, OC_E_IO: as of oc_file_save.
 * OC_E_UNSUPPORTED: .pb in a build without protobuf-c, or with 2 GiB. OC_E_MEMORY. */
OC_API oc_status oc_tensor_save(const oc_tensor_view *tensor, const char *path, oc_error *err);

/* ---- runs ---------------------------------------------------------------------------------------------- */

/* What a run takes and gives. */
typedef struct oc_run_request {
  const oc_feed *feeds; /* each name once; float32 or float64, or integers, as the file has them */
  int feed_count;
  const char *const *fetches; /* names of tensors; NULL with fetch_count 0: the outputs of the file */
  int fetch_count;
  const oc_session_options *session; /* threads and so on; NULL: the defaults */
} oc_run_request;

/* A result: float32, or int64. */
typedef struct oc_named_tensor_value {
  const char *name;
  oc_tensor value;
} oc_named_tensor_value;

typedef struct oc_run_results {
  oc_named_tensor_value *values; /* in the order of the fetches */
  int count;
} oc_run_results;

/* Runs the graph of a file once: of a model's file, with the names and axes that `ocellus show --graph`
 * lists; of an ONNX file, with the names and axes of that file.
 *
 * In an ONNX file any value may be fed and fetched. Integers that are fed are constants when the graph is
 * read, as an initializer would be, so they may decide shapes; of real numbers, those for which an
 * operator needs a constant (such as the weights of Conv). Axis 0 of the first fed tensor of reals is a
 * batch where the graph allows it: then the kernels of a prediction compute it. Otherwise all sizes are
 * those of the feeds.
 *
 * The caller frees *out with oc_run_results_release; on failure it is empty. OC_E_ARGUMENT: no such name,
 * a tensor that is missing, or one of another type or shape than the graph needs. OC_E_DATA,
 * OC_E_UNSUPPORTED, OC_E_NO_INPUT, OC_E_IO: as of oc_model_load. OC_E_MEMORY. */
OC_API oc_status oc_run_file(const char *path, const oc_run_request *request, oc_run_results *out,
                             oc_error *err);
/* Frees the results and empties *results. An empty one or NULL is fine. */
OC_API void oc_run_results_release(oc_run_results *results);

#ifdef __cplusplus
}
#endif
#endif
