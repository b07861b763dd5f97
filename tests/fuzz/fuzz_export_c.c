/* fuzz_export_c.c: any bytes as the graph of a model file, exported to C and quantized. What is accepted
 * becomes two texts in which nothing of the graph's names ends a comment early; what is refused says why. */
#include "export/export.h"
#include "formats/graph_text.h"
#include "ocellus/int8.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

/* So that weights and tables stay small. */
static bool is_small(const oc_graph *g) {
  for (int32_t op = 0; op < g->count; op++)
    for (int i = 0; i < g->nodes[op].info.n_out; i++)
      if (oc_tensor_desc_row(&g->nodes[op].info.out[i]) > 1 << 12) return false;
  return g->count < 100;
}

static size_t occurrences(const char *text, const char *of) {
  size_t count = 0;
  for (const char *at = text; (at = strstr(at, of)); at += strlen(of)) count++;
  return count;
}

static void export_model(const oc_model *m, bool self_test) {
  const oc_c_export_options o = {.struct_size = sizeof o, .prefix = "model", .self_test = self_test};
  oc_c_export_figures figures;
  char *source, *header;
  oc_error err = {0};
  if (oc_c_text_of(m, &o, &source, &header, &figures, &err) != OC_OK) {
    require(err.message[0] && err.where[0] && !source && !header);
    return;
  }
  require(occurrences(source, "/*") == occurrences(source, "*/"));
  require(occurrences(header, "/*") == occurrences(header, "*/"));
  require(figures.scratch_bytes > 0 && figures.constant_bytes > 0);
  oc_memory_free(source);
  oc_memory_free(header);
}

/* Quantized on images of one color and of all values, and written. */
static void export_int8(const oc_model *m) {
  const oc_image_shape s = oc_model_image_shape(m);
  const size_t image = (size_t)(s.height * s.width * s.channels);
  const oc_dataset_options how = {.struct_size = sizeof how, .count = 2, .size = s};
  uint8_t *pixels = malloc(2 * image);
  oc_int8_model *q = NULL;
  oc_dataset *d = NULL;
  oc_error err = {0};
  float *probabilities = malloc((size_t)oc_model_classes(m) * sizeof *probabilities);
  require(pixels && probabilities);
  for (size_t i = 0; i < 2 * image; i++) pixels[i] = (uint8_t)(i < image ? 200 : i);
  oc_status status = oc_dataset_from_memory(pixels, &how, &d, &err);
  if (status == OC_OK) status = oc_model_quantize(m, d, 0, &q, &err);
  if (status == OC_OK) status = oc_int8_predict(q, pixels + image, 1, probabilities, &err);
  require(status == OC_OK || (err.message[0] && !q));
  oc_int8_free(q);
  oc_dataset_free(d);
  free(pixels);
  free(probabilities);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1);
  oc_graph_reading r;
  oc_model *m;
  oc_error err = {0};
  if (!text) return 0;
  memcpy(text, data, size);
  text[size] = 0;
  if (oc_graph_read(text, NULL, &r, &err) == OC_OK && is_small(r.g) &&
      oc_model_from_graph(r.g, r.input, r.outputs[0], NULL, &m, &err) == OC_OK) {
    export_model(m, false);
    export_model(m, true);
    export_int8(m);
    oc_model_free(m);
  }
  oc_graph_free(r.g);
  free(text);
  return 0;
}
