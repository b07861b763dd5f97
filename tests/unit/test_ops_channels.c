/* Operations in which each channel, the last axis, has a number of its own: values against formulas written
 * out, in float and double, in chunks. */
#include "harness.h"
#include "base/random.h"
#include "op_case.h"

enum { BATCH = 5, PLACES = 6, CHANNELS = 7, COUNT = BATCH * PLACES * CHANNELS };

/* The inputs of an operation, as it reads them: x and dy with some zeros, a slope for each channel. */
typedef struct inputs {
  double x[COUNT], dy[COUNT], slope[CHANNELS], factor[BATCH * CHANNELS];
} inputs;

static double rounded(oc_dtype type, double value) {
  return type == OC_F32 ? (double)(float)value : value;
}

static inputs inputs_of(oc_dtype type) {
  inputs in;
  for (int i = 0; i < COUNT; i++) {
    in.x[i] = i % 11 ? rounded(type, 3 * case_noise(1, i)) : 0;
    in.dy[i] = rounded(type, case_noise(2, i));
  }
  for (int i = 0; i < CHANNELS; i++) in.slope[i] = rounded(type, case_noise(3, i));
  for (int i = 0; i < BATCH * CHANNELS; i++) in.factor[i] = rounded(type, case_noise(4, i));
  return in;
}

static void check_close(const op_case *c, int64_t i, double wanted) {
  const double tolerance = c->info.out[0].dtype == OC_F32 ? 1e-5 : 1e-13;
  if (!(fabs(case_get(c, 0, i) - wanted) <= tolerance))
    fail_msg("%s: element %d is %.17g, not %.17g", c->info.op->name, (int)i, case_get(c, 0, i), wanted);
}

static void check_prelu(oc_dtype type, int64_t chunk) {
  const inputs in = inputs_of(type);
  const oc_shape shape = OC_SHAPE(OC_BATCH, PLACES, CHANNELS);
  double sums[CHANNELS] = {0};
  op_case y, dx, dslope;
  case_begin(&y, "prelu", type, NULL, BATCH);
  case_input(&y, type, shape, in.x);
  case_input(&y, type, OC_SHAPE(CHANNELS), in.slope);
  case_begin(&dx, "prelu_grad_x", type, NULL, BATCH);
  case_input(&dx, type, shape, in.x);
  case_input(&dx, type, OC_SHAPE(CHANNELS), in.slope);
  case_input(&dx, type, shape, in.dy);
  case_begin(&dslope, "prelu_grad_slope", type, NULL, BATCH);
  case_input(&dslope, type, shape, in.x);
  case_input(&dslope, type, shape, in.dy);
  case_run(&y, chunk);
  case_run(&dx, chunk);
  case_run(&dslope, chunk);
  for (int i = 0; i < COUNT; i++) {
    const double slope = in.slope[i % CHANNELS], below = fmin(in.x[i], 0);
    check_close(&y, i, fmax(in.x[i], 0) + slope * below);
    check_close(&dx, i, in.dy[i] * (in.x[i] > 0 ? 1 : slope)); /* at 0 the slope, as PyTorch has it */
    sums[i % CHANNELS] += below * in.dy[i];
  }
  for (int j = 0; j < CHANNELS; j++) check_close(&dslope, j, sums[j]);
  case_end(&y);
  case_end(&dx);
  case_end(&dslope);
}

static void check_channel_scale(oc_dtype type, int64_t chunk) {
  const inputs in = inputs_of(type);
  const oc_shape shape = OC_SHAPE(OC_BATCH, PLACES / 2, 2, CHANNELS);
  double sums[BATCH * CHANNELS] = {0};
  op_case y, ds;
  case_begin(&y, "channel_scale", type, NULL, BATCH);
  case_input(&y, type, shape, in.x);
  case_input(&y, type, OC_SHAPE(OC_BATCH, CHANNELS), in.factor);
  case_begin(&ds, "channel_scale_grad", type, NULL, BATCH);
  case_input(&ds, type, shape, in.x);
  case_input(&ds, type, shape, in.dy);
  case_run(&y, chunk);
  case_run(&ds, chunk);
  for (int i = 0; i < COUNT; i++) {
    const int of = i / (PLACES * CHANNELS) * CHANNELS + i % CHANNELS;
    check_close(&y, i, in.x[i] * in.factor[of]);
    sums[of] += in.x[i] * in.dy[i];
  }
  for (int i = 0; i < BATCH * CHANNELS; i++) check_close(&ds, i, sums[i]);
  case_end(&y);
  case_end(&ds);
}

static void values(void **state) {
  (void)state;
  for (int64_t chunk = 1; chunk <= BATCH; chunk++)
    for (int i = 0; i < 2; i++) {
      check_prelu(i ? OC_F32 : OC_F64, chunk);
      check_channel_scale(i ? OC_F32 : OC_F64, chunk);
    }
}

/* Whole channels are dropped, by the mask of dropout over the channels; the gradient drops the same ones. */
static void spatial_dropout_mask(void **state) {
  (void)state;
  const oc_dropout_grad_attrs attrs = {1000};
  const double keep_prob = 0.6;
  double *x = case_noises(1, BATCH * PLACES * CHANNELS);
  for (int64_t chunk = 1; chunk <= BATCH; chunk++)
    for (int gradient = 0; gradient < 2; gradient++) {
      op_case c;
      case_begin(&c, gradient ? "spatial_dropout_grad" : "spatial_dropout", OC_F32, gradient ? &attrs : NULL,
                 BATCH);
      c.state = (oc_run_state){.seed = 7, .epoch = 3, .sample = 5, .training = true};
      if (gradient) c.info.stream = 2000; /* its own, which must not count */
      case_input(&c, OC_F32, OC_SHAPE(OC_BATCH, PLACES, 1, CHANNELS), x);
      case_input(&c, OC_F32, OC_SCALAR_SHAPE, &keep_prob);
      case_run(&c, chunk);
      const oc_random_key key = oc_random_key_of(7, 1000);
      for (uint64_t i = 0; i < BATCH * PLACES * CHANNELS; i++) {
        const uint64_t sample = 5 + i / (PLACES * CHANNELS), e = i % CHANNELS;
        uint32_t word[4];
        oc_random_block(key, (uint32_t)(e / 4), (uint32_t)sample, 0, 3, word);
        const bool kept = oc_dropout_keeps(word[e % 4], (double)(float)keep_prob);
        const double wanted = kept ? (double)((float)x[i] * (1 / (float)keep_prob)) : 0;
        if (case_get(&c, 0, (int64_t)i) != wanted) fail_msg("element %d", (int)i);
      }
      c.state.training = false;
      case_run(&c, chunk);
      for (int64_t i = 0; i < BATCH * PLACES * CHANNELS; i++)
        assert_true(case_get(&c, 0, i) == (double)(float)x[i]);
      case_end(&c);
    }
  free(x);
}

/* Channels have their own slope, factors their own channel: the wrong shape is refused. */
static void shapes_of_channels(void **state) {
  (void)state;
  const struct {
    const char *op;
    oc_shape x, other;
    const char *part;
  } wrong[] = {
      {"prelu", OC_SHAPE(OC_BATCH, 3, 4), OC_SHAPE(3), "slope"},
      {"prelu", OC_SHAPE(OC_BATCH), OC_SHAPE(1), "no axis of channels"},
      {"prelu", OC_SCALAR_SHAPE, OC_SHAPE(1), "no axis of channels"},
      {"spatial_dropout", OC_SCALAR_SHAPE, OC_SCALAR_SHAPE, "no axis of channels"},
      {"spatial_dropout", OC_SHAPE(OC_BATCH), OC_SCALAR_SHAPE, "no axis of channels"},
      {"spatial_dropout", OC_SHAPE(OC_BATCH, 3), OC_SHAPE(3), "keep_prob"},
      {"channel_scale", OC_SHAPE(OC_BATCH, 2, 2, 3), OC_SHAPE(3), "s of channel_scale has the shape"},
      {"channel_scale", OC_SHAPE(OC_BATCH, 2, 2, 3), OC_SHAPE(OC_BATCH, 2),
       "s of channel_scale has the shape"},
      {"channel_scale", OC_SHAPE(OC_BATCH, 3), OC_SHAPE(OC_BATCH, 3), "(n, rows, columns, channels)"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    op_case c;
    case_begin(&c, wrong[i].op, OC_F32, NULL, 1);
    case_input(&c, OC_F32, wrong[i].x, NULL);
    case_input(&c, OC_F32, wrong[i].other, NULL);
    assert_fails(case_infer(&c), OC_E_NET, c.err, wrong[i].part);
    case_end(&c);
  }
}

/* The last axis is that of the channels, also where there is no other but the batch. */
static void channels_alone(void **state) {
  (void)state;
  const char *const ops[] = {"prelu", "spatial_dropout"};
  const oc_shape shapes[] = {OC_SHAPE(3), OC_SHAPE(OC_BATCH, 3)};
  for (int i = 0; i < 4; i++) {
    op_case c;
    case_begin(&c, ops[i / 2], OC_F64, NULL, 2);
    case_input_noise(&c, OC_F64, shapes[i % 2], 1);
    case_input(&c, OC_F64, i / 2 ? OC_SCALAR_SHAPE : OC_SHAPE(3), (double[]){1, 1, 1});
    case_run(&c, 1);
    for (int64_t k = 0; k < case_count(&c, 0); k++)
      assert_true(case_get(&c, 0, k) == case_load(OC_F64, c.in[0], k));
    case_end(&c);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values),
      cmocka_unit_test(spatial_dropout_mask),
      cmocka_unit_test(channels_alone),
      cmocka_unit_test(shapes_of_channels),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
