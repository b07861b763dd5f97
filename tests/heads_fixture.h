/* heads_fixture.h: three training runs with other heads than the lecture's, by the rules of
 * tests/oracle/make_heads.py for images, targets and first weights, with the figures that PyTorch has for
 * them. */
#ifndef TESTS_HEADS_FIXTURE_H
#define TESTS_HEADS_FIXTURE_H
#include "harness.h"
#include "model/model.h"
#include "oracle/figures/heads.h"

enum { N = 22, SIDE = 6, PIXELS = SIDE * SIDE, CHANNELS = 4, FLAT = (SIDE - 2) * (SIDE - 2) * CHANNELS };
enum { BATCH = 8, STEPS = 3, EPOCHS = 5, MOST = 5, MOST_HEADS = 2 };
static const oc_image_shape size = {SIDE, SIDE, 1};

/* ---- the rules ----------------------------------------------------------------------------------------- */

typedef struct head_of {
  const char *name;
  oc_target_kind kind;
  int size;
  double weight;
} head_of;

/* A training run, and its result in PyTorch. */
typedef struct training {
  const char *name;
  head_of heads[MOST_HEADS];
  int count;
  const float *steps, *scores, *weights;
} training;

static const training trainings[] = {
    {"regression",
     {{"place", OC_TARGET_VECTOR, 3, 1}},
     1,
     regression_steps,
     regression_scores,
     regression_weights},
    {"labels", {{"tags", OC_TARGET_CLASSES, 4, 1}}, 1, labels_steps, labels_scores, labels_weights},
    {"both",
     {{"digit", OC_TARGET_CLASS, 5, 1}, {"place", OC_TARGET_VECTOR, 2, 0.25}},
     2,
     both_steps,
     both_scores,
     both_weights},
};
enum { TRAININGS = 3, BOTH = 2 };

typedef struct samples {
  uint8_t pixels[N * PIXELS];
  int32_t labels[MOST_HEADS][N];
  float numbers[MOST_HEADS][N * MOST];
  oc_target targets[MOST_HEADS];
  oc_dataset_options o;
} samples;

static inline void make_samples(samples *s, const training *t) {
  for (int i = 0; i < N; i++)
    for (int p = 0; p < PIXELS; p++)
      s->pixels[i * PIXELS + p] = (uint8_t)((i * 37 + p * 11 + i * p % 13 * 17) % 256);
  for (int h = 0; h < t->count; h++) {
    const head_of *head = &t->heads[h];
    for (int i = 0; i < N; i++) {
      s->labels[h][i] = (i * 3 + i / 5) % head->size;
      for (int k = 0; k < head->size; k++)
        s->numbers[h][i * head->size + k] = head->kind == OC_TARGET_CLASSES
                                                ? (float)((i * 5 + k * 3) % 7 < 3)
                                                : (float)((i * 13 + k * 7) % 21 - 10) / 8;
    }
    const void *values = head->kind == OC_TARGET_CLASS ? (const void *)s->labels[h] : s->numbers[h];
    s->targets[h] = (oc_target){head->name, head->kind, head->size, NULL, values};
  }
  s->o = (oc_dataset_options){.count = N, .size = size, .targets = s->targets, .target_count = t->count};
}

static inline oc_status give(void *context, const int64_t *indices, int64_t count, uint8_t *pixels,
                             void *const *targets, oc_error *err) {
  const samples *s = context;
  (void)err;
  for (int64_t i = 0; i < count; i++) {
    if (pixels) memcpy(pixels + i * PIXELS, s->pixels + indices[i] * PIXELS, PIXELS);
    for (int h = 0; h < s->o.target_count; h++) {
      const oc_target *t = &s->targets[h];
      const size_t bytes = t->kind == OC_TARGET_CLASS ? sizeof(int32_t) : (size_t)t->size * sizeof(float);
      if (targets[h])
        memcpy((char *)targets[h] + (size_t)i * bytes, (const char *)t->values + (size_t)indices[i] * bytes,
               bytes);
    }
  }
  return OC_OK;
}

/* Variable `number` as PyTorch starts with it. */
static inline void set_weights(oc_session *s, const char *name, int number) {
  oc_error err;
  int64_t count;
  const int index = oc_variable_index(s, name);
  const oc_tensor v = oc_variable_value(s, index);
  assert_ok(oc_shape_count(&v.shape, 1, &count, &err), err);
  for (int64_t k = 0; k < count; k++)
    ((float *)v.data)[k] = (float)((k * 7919 + number * 104729) % 2001 - 1000) / 4096;
}

/* The graph in C: a trunk, and an output for each head. */
static inline oc_model *make_model(const training *t) {
  const oc_init init = oc_init_of(OC_INIT_ZEROS);
  oc_output outputs[MOST_HEADS];
  oc_graph *g;
  oc_model *m;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  const oc_node x = oc_placeholder(g, "image", OC_F32, OC_SHAPE(OC_BATCH, SIDE, SIDE, 1));
  oc_scope_push(g, "trunk");
  oc_node y = oc_conv2d(g, x, oc_variable(g, "w", OC_SHAPE(3, 3, 1, CHANNELS), init), NULL);
  y = oc_relu(g, oc_bias_add(g, y, oc_variable(g, "b", OC_SHAPE(CHANNELS), init)));
  y = oc_flatten(g, oc_named(g, y, "features"));
  oc_scope_pop(g);
  for (int h = 0; h < t->count; h++) {
    const int units = t->heads[h].size;
    char scope[80];
    snprintf(scope, sizeof scope, "last_%s", t->heads[h].name);
    oc_scope_push(g, scope);
    const oc_node w = oc_variable(g, "w", OC_SHAPE(FLAT, units), init),
                  b = oc_variable(g, "b", OC_SHAPE(units), init);
    outputs[h] = (oc_output){oc_named(g, oc_bias_add(g, oc_matmul(g, y, w, false, false), b), "y"),
                             {.name = t->heads[h].name, .kind = t->heads[h].kind}};
    oc_scope_pop(g);
  }
  const oc_graph_model_options how = {.deviation = 255, .session = &(oc_session_options){.threads = 2}};
  assert_ok(oc_model_from_outputs(g, x, outputs, t->count, &how, &m, &err), err);
  oc_graph_free(g);
  set_weights(oc_model_session(m), "trunk/w", 0);
  set_weights(oc_model_session(m), "trunk/b", 1);
  for (int h = 0; h < t->count; h++) {
    char name[96];
    snprintf(name, sizeof name, "last_%s/w", t->heads[h].name);
    set_weights(oc_model_session(m), name, 2 + 2 * h);
    snprintf(name, sizeof name, "last_%s/b", t->heads[h].name);
    set_weights(oc_model_session(m), name, 3 + 2 * h);
  }
  return m;
}

static oc_head heads_of[TRAININGS][MOST_HEADS];

static inline oc_fit_options options_of(const training *t) {
  oc_fit_options o = oc_fit_defaults();
  oc_head *heads = heads_of[t - trainings];
  for (int h = 0; h < t->count; h++)
    heads[h] = (oc_head){.output = t->heads[h].name, .weight = t->heads[h].weight};
  o.optimizer = "sgd";
  o.learning_rate = 0.0625;
  o.batch = BATCH;
  o.epochs = EPOCHS;
  o.no_shuffle = true;
  o.heads = heads;
  o.head_count = t->count;
  return o;
}

static inline oc_dataset *data_of(samples *s, const training *t) {
  oc_dataset *d;
  oc_error err;
  make_samples(s, t);
  assert_ok(oc_dataset_from_memory(s->pixels, &s->o, &d, &err), err);
  return d;
}

static inline void answers_of(oc_model *m, const uint8_t *pixels, int64_t count,
                              float out[MOST_HEADS][N * MOST]) {
  float *answers[OC_TARGETS_MAX] = {out[0], out[1]};
  oc_error err;
  memset(out, 0, sizeof(float[MOST_HEADS][N * MOST]));
  assert_ok(oc_model_predict_outputs(m, pixels, count, answers, &err), err);
}

#endif
