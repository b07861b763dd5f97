/* Does batch normalization that is fused with the residual sum and the activation after it, and with their
 * gradients, give the bits of separate steps; and is it fused exactly where nothing else needs what
 * vanishes? */
#include "plan_fixture.h"

typedef struct norm_net {
  const char *net;
  bool block, again,
      given;   /* batch_norm_block; .._grad_x, so that dz is not stored; .._grad_z, so that it is */
  bool left;   /* a batch_norm stays */
  bool folded; /* in predictions: all are parts of convolutions */
} norm_net;

static const norm_net nets[] = {
    {"conv 3x3x8 same nobias | batchnorm | relu | dense 10 nobias", true, true, false, false, true},
    {"conv 3x3x21 same nobias | batchnorm | leakyrelu 0.1 | maxpool 2 | dense 10 nobias", true, true, false,
     false, true},
    {"depthwise 3x3 same nobias | batchnorm | relu | conv 1x1x70 nobias | batchnorm | relu | dense 10 nobias",
     true, true, false, false, true},
    {"dense 33 nobias | batchnorm | relu | dense 10 nobias", true, true, false, false, false},
    /* the sum, and dz for the branch and the shortcut */
    {"conv 3x3x8 same nobias | residual { conv 3x3x8 same nobias | batchnorm } | relu | dense 10 nobias",
     true, false, true, false, false},
    /* two gradients of y, added on their way */
    {"conv 3x3x8 same nobias | residual { conv 3x3x8 same nobias | batchnorm } | relu | residual { conv "
     "3x3x8 "
     "same nobias | batchnorm } | leakyrelu | dense 10 nobias",
     true, false, true, false, false},
    /* a sum without an activation has no dz of its own; of two batch_norm in a sum, one stays */
    {"conv 3x3x8 same nobias | residual { conv 3x3x8 same nobias | batchnorm } | conv 3x3x4 nobias | dense "
     "10",
     true, false, false, false, false},
    {"conv 3x3x8 same nobias | residual { conv 3x3x9 stride 2 same nobias | batchnorm } project | relu | "
     "dense 10 nobias",
     true, false, true, true, false},
    /* activations that are not fused */
    {"conv 3x3x8 same nobias | batchnorm | sigmoid | dense 10 nobias", false, false, false, true, true},
    {"conv 3x3x8 same nobias | batchnorm | dense 10 nobias", false, false, false, true, true},
};

static void check_steps(const oc_plan *plan, const norm_net *n, bool fusion) {
  assert_int_equal(has_step(plan, "batch_norm_block"), fusion && n->block);
  assert_int_equal(has_step(plan, "batch_norm_block_grad_sums"), fusion && n->again);
  assert_int_equal(has_step(plan, "batch_norm_block_grad_x"), fusion && n->again);
  assert_int_equal(has_step(plan, "batch_norm_block_grad_z"), fusion && n->given);
  assert_int_equal(has_step(plan, "batch_norm"), !fusion || n->left);
  if (fusion && (n->again || n->given))
    assert_false(has_step(plan, "relu_grad") || has_step(plan, "leaky_relu_grad"));
}

static void fused_steps_have_the_same_bits(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
    for (int isa = OC_ISA_PORTABLE; isa <= (int)oc_isa_best(); isa++) {
      fixture *f[2];
      for (int fusion = 0; fusion < 2; fusion++) {
        oc_session_options o = oc_session_defaults();
        o.isa = (oc_isa)isa;
        o.threads = 1 + fusion;
        o.no_fusion = !fusion;
        f[fusion] = make(nets[i].net, 11, 3, &o);
        check_steps(f[fusion]->plan, &nets[i], fusion);
      }
      compare(f[0], f[1], 0, nets[i].net);
      release(f[0]);
      release(f[1]);
    }
}

/* Predictions read the moving averages. They have the same bits where nothing is folded into weights, and
 * nearly the same where it is. */
static void check_predictions(const norm_net *n, const float *separate, const float *fused) {
  if (!n->folded) assert_memory_equal(separate, fused, SEEN * CLASSES * sizeof *fused);
  for (int i = 0; i < SEEN * CLASSES; i++) assert_float_equal(separate[i], fused[i], 1e-5);
}

static void predictions_agree(void **state) {
  (void)state;
  float y[2][SEEN * CLASSES];
  for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
    for (int fusion = 0; fusion < 2; fusion++) {
      oc_session_options o = oc_session_defaults();
      o.no_fusion = !fusion;
      fixture *f = make(nets[i].net, 11, 3, &o);
      oc_plan *plan = predictor(f);
      predict(plan, SEEN, y[fusion]);
      assert_int_equal(has_step(plan, "batch_norm_block"), fusion && nets[i].block && !nets[i].folded);
      assert_int_equal(has_step(plan, "fold_batch_norm"), fusion && nets[i].folded);
      assert_true(!fusion || !nets[i].folded || !has_step(plan, "batch_norm"));
      oc_plan_free(plan);
      release(f);
    }
    check_predictions(&nets[i], y[0], y[1]);
  }
}

/* What was folded is folded again after a training step, and only then. */
static void training_changes_predictions(void **state) {
  (void)state;
  float y[SEEN * CLASSES];
  oc_error err = {0};
  fixture *f = make(nets[0].net, 11, 3, NULL);
  const oc_node minimize = oc_minimize(f->g, f->fetches[0], NULL);
  const oc_plan_options o = {.batch = BATCH, .training = true};
  oc_plan *train, *plan;
  check(oc_plan_create(f->s, &minimize, 1, &o, &train, &err), &err);
  check(oc_plan_bind(train, f->tf_x, f->x, &err), &err);
  check(oc_plan_bind(train, f->tf_y, f->y, &err), &err);
  plan = predictor(f);
  predict(plan, SEEN, y);
  expect_as_fresh(f, plan, false);
  check(oc_plan_run(train, BATCH, (oc_rng_counter){0, 0}, &err), &err);
  expect_as_fresh(f, plan, true);
  expect_as_fresh(f, plan, false);
  oc_plan_free(plan);
  oc_plan_free(train);
  release(f);
}

/* What is fetched does not vanish in a block; what a block makes may be fetched. */
static void fetched_values_are_kept(void **state) {
  static const struct {
    const char *node;
    bool block, relu; /* whether there is a block, and a separate relu */
  } cases[] = {{"residual_1/batchnorm_1/FusedBatchNorm", false, true},
               {"residual_1/add", true, true},
               {"relu_1/Relu", true, false}};
  (void)state;
  fixture *f = make(nets[4].net, 11, 3, NULL);
  oc_error err = {0};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    oc_node fetches[MAX_VARIABLES + 2];
    memcpy(fetches, f->fetches, sizeof f->fetches);
    fetches[f->count] = oc_find(f->g, cases[i].node);
    assert_true(oc_node_valid(fetches[f->count]));
    oc_plan *plan;
    const oc_plan_options o = {.batch = BATCH, .training = true};
    check(oc_plan_create(f->s, fetches, f->count + 1, &o, &plan, &err), &err);
    assert_int_equal(has_step(plan, "batch_norm_block"), cases[i].block);
    assert_int_equal(has_step(plan, "relu"), cases[i].relu);
    oc_plan_free(plan);
  }
  release(f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fused_steps_have_the_same_bits),
      cmocka_unit_test(predictions_agree),
      cmocka_unit_test(training_changes_predictions),
      cmocka_unit_test(fetched_values_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
