/* two_heads.c: one network with two answers: which digit an image shows, and how much ink is in each half of
 * it. The images and their targets come from a function of ours. Usage: two_heads */
#include "ocellus/model.h"
#include <stdio.h>
#include <string.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, COUNT = 3000 };
#define CHECK(call)                                                                                          \
  if ((call) != OC_OK) return fprintf(stderr, "%s: %s\n%s\n", err.where, err.message, err.hint), 1

/* How bright the upper and the lower half are, 0 to 1. */
static void measure_ink(const uint8_t *pixels, float *ink) {
  ink[0] = ink[1] = 0;
  for (int i = 0; i < PIXELS; i++) ink[i >= PIXELS / 2] += (float)pixels[i] / 255 / (PIXELS / 2);
}

/* Called from several threads at once: it only reads `context`, a dataset of digits. */
static oc_status read_images(void *context, const int64_t *indices, int64_t count, uint8_t *pixels,
                             void *const *targets, oc_error *err) {
  uint8_t image[PIXELS];
  for (int64_t i = 0; i < count; i++) {
    int32_t *label = targets[0] ? (int32_t *)targets[0] + i : NULL;
    const oc_status status = oc_dataset_read(context, indices[i], 1, image, label, err);
    if (status != OC_OK) return status;
    if (pixels) memcpy(pixels + i * PIXELS, image, PIXELS);
    if (targets[1]) measure_ink(image, (float *)targets[1] + 2 * i);
  }
  return OC_OK;
}

static oc_node dense(oc_graph *g, const char *name, oc_node x, int64_t units) {
  const oc_shape w = OC_SHAPE(oc_node_shape(g, x).dim[1], units);
  return oc_matmul(g, x, oc_variable(g, name, w, oc_init_of(OC_INIT_GLOROT_UNIFORM)), false, false);
}

int main(void) {
  oc_error err;
  oc_data digits;
  oc_dataset *data;
  oc_graph *g;
  oc_model *model;
  oc_evaluation e;
  CHECK(oc_data_open("digits:3000:500", &(oc_data_options){.valid = "0"}, &digits, &err));
  const oc_target targets[] = {{.name = "digit", .kind = OC_TARGET_CLASS, .size = 10},
                               {.name = "ink", .kind = OC_TARGET_VECTOR, .size = 2}};
  const oc_dataset_options own = {
      .count = COUNT, .size = {SIDE, SIDE, 1}, .targets = targets, .target_count = 2};
  CHECK(oc_dataset_from_callback(read_images, digits.train, &own, &data, &err));
  CHECK(oc_graph_create(NULL, &g, &err));
  const oc_node x = oc_placeholder(g, "image", OC_F32, OC_SHAPE(OC_BATCH, SIDE, SIDE, 1));
  oc_node trunk;
  CHECK(oc_net_build(g, x, "conv 5x5x8 relu | maxpool 2 | dense CLASSES relu", 64, NULL, &trunk, &err));
  const oc_output outputs[] = {{dense(g, "digit_w", trunk, 10), targets[0]},
                               {dense(g, "ink_w", trunk, 2), targets[1]}};
  const oc_graph_model_options like = {.train_data = data};
  CHECK(oc_model_from_outputs(g, x, outputs, 2, &like, &model, &err));
  oc_graph_free(g);
  const oc_head heads[] = {{.output = "digit"}, {.output = "ink", .weight = 10}};
  const oc_fit_options options = {.epochs = 10, .learning_rate = 1e-3, .heads = heads, .head_count = 2};
  CHECK(oc_model_fit(model, data, NULL, &options, &err));
  CHECK(oc_model_evaluate(model, data, &e, &err));
  for (int i = 0; i < e.head_count; i++)
    printf("%s: %s %.4f, %s %.4f\n", e.heads[i].output, e.heads[i].loss_name, e.heads[i].loss,
           e.heads[i].metric_names[0], e.heads[i].metrics[0]);
  CHECK(oc_model_save(model, "two_heads.safetensors", &err));
  uint8_t image[PIXELS];
  float probabilities[10], ink[2], truth[2];
  int32_t label;
  CHECK(oc_dataset_read(digits.test, 0, 1, image, &label, &err));
  CHECK(oc_model_predict_outputs(model, image, 1, (float *const[]){probabilities, ink}, &err));
  measure_ink(image, truth);
  printf("a %d is taken for a %d; its ink %.2f %.2f for %.2f %.2f\n", label, oc_best_class(probabilities, 10),
         ink[0], ink[1], truth[0], truth[1]);
  oc_evaluation_release(&e), oc_model_free(model), oc_dataset_free(data), oc_data_close(&digits);
}
