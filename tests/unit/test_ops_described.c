/* Does every operation that describes itself give TensorBoard's graph its attributes, under the names and in
 * the form that TensorFlow has for them? An operation without a case fails. */
#include "harness.h"
#include "op_case.h"

/* ---- attributes as text: "key=value key=value"
 * ---------------------------------------------------------- */

static void add_key(void *to, const char *key) {
  char *text = to;
  snprintf(text + strlen(text), 512 - strlen(text), "%s%s=", *text ? " " : "", key);
}
static void add_text(void *to, const char *key, const char *value) {
  add_key(to, key);
  snprintf((char *)to + strlen(to), 512 - strlen(to), "%s", value);
}
static void add_flag(void *to, const char *key, bool value) {
  add_text(to, key, value ? "true" : "false");
}
static void add_real(void *to, const char *key, double value) {
  add_key(to, key);
  snprintf((char *)to + strlen(to), 512 - strlen(to), "%g", value);
}
static void add_wholes(void *to, const char *key, const int64_t *values, size_t count) {
  add_key(to, key);
  for (size_t i = 0; i < count; i++)
    snprintf((char *)to + strlen(to), 512 - strlen(to), "%s%lld", i ? "," : "", (long long)values[i]);
}
static void add_whole(void *to, const char *key, int64_t value) {
  add_wholes(to, key, &value, 1);
}
static void add_type(void *to, const char *key, oc_dtype value) {
  add_text(to, key, oc_dtype_name(value));
}

/* ---- cases --------------------------------------------------------------------------------------------- */

static const oc_apply_adam_attrs adam = {.beta1 = 0.75, .beta2 = 0.875, .epsilon = 0.125},
                                 adamw = {0.75, 0.875, 0.125, 0.01};
static const oc_leaky_relu_attrs slope = {0.25};
static const oc_batch_norm_attrs norm = {0.125};
static const oc_cast_attrs to_i32 = {OC_I32};
static const oc_matmul_attrs first = {true, false}, second = {false, true};

/* As OC_SHAPE, but constant. */
#define SHAPE(...)                                                                                           \
  {                                                                                                          \
    .rank = sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), .dim = { __VA_ARGS__ }                       \
  }
#define IMAGES SHAPE(OC_BATCH, 9, 8, 4)
#define FILTER SHAPE(3, 5, 2, 6)
#define VALID  {3, 5}, {2, 3}, {1, 1}, {0, 0, 0, 0}, 1, false
#define SAME   {3, 5}, {1, 1}, {2, 1}, {2, 2, 2, 2}, 2, false
#define PADS   {3, 5}, {1, 1}, {1, 1}, {1, 0, 2, 2}, 2, true
static const oc_conv2d_attrs valid = {VALID, FILTER}, same = {SAME, IMAGES}, pads = {PADS, FILTER};
static const oc_pool_attrs pool = {{2, 3}, {1, 2}, {0, 0, 0, 0}, IMAGES},
                           odd = {{2, 3}, {2, 3}, {1, 0, 0, 1}, IMAGES},
                           full = {{2, 3}, {1, 2}, {0, 1, 0, 1}, IMAGES};

#define F32(...)                                                                                             \
  { OC_F32, SHAPE(__VA_ARGS__) }
#define SCALAR F32()
#define VECTOR F32(4)
static const struct {
  const char *op;
  const void *attrs;
  int inputs;
  oc_tensor_desc in[7];
  const char *text;
} cases[] = {
    {"apply_adam",
     &adam,
     7,
     {VECTOR, VECTOR, VECTOR, VECTOR, SCALAR, SCALAR, SCALAR},
     "beta1=0.75 beta2=0.875 epsilon=0.125"},
    {"apply_adam",
     &adamw,
     7,
     {VECTOR, VECTOR, VECTOR, VECTOR, SCALAR, SCALAR, SCALAR},
     "beta1=0.75 beta2=0.875 epsilon=0.125 weight_decay=0.01"},
    {"leaky_relu", &slope, 1, {VECTOR}, "alpha=0.25"},
    {"bias_add", NULL, 2, {{OC_F32, IMAGES}, VECTOR}, "data_format=NHWC"},
    {"bias_grad", NULL, 1, {{OC_F32, IMAGES}}, "data_format=NHWC"},
    {"cast", &to_i32, 1, {VECTOR}, "SrcT=float32 DstT=int32"},
    {"batch_norm",
     &norm,
     7,
     {{OC_F32, IMAGES}, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR},
     "epsilon=0.125"},
    {"matmul", &first, 2, {F32(4, 3), F32(4, 2)}, "transpose_a=true transpose_b=false"},
    {"matmul", &second, 2, {F32(3, 4), F32(2, 4)}, "transpose_a=false transpose_b=true"},
    {"conv2d",
     &valid,
     2,
     {{OC_F32, IMAGES}, F32(3, 5, 4, 6)},
     "strides=1,2,3,1 dilations=1,1,1,1 padding=VALID data_format=NHWC"},
    {"conv2d",
     &same,
     2,
     {{OC_F32, IMAGES}, {OC_F32, FILTER}},
     "strides=1,1,1,1 dilations=1,2,1,1 padding=SAME data_format=NHWC groups=2"},
    {"conv2d",
     &pads,
     2,
     {{OC_F32, IMAGES}, {OC_F32, FILTER}},
     "strides=1,1,1,1 dilations=1,1,1,1 padding=EXPLICIT explicit_paddings=0,0,1,0,2,2,0,0 data_format=NHWC "
     "groups=2 flip=true"},
    {"conv2d_grad_x",
     &same,
     2,
     {F32(OC_BATCH, 9, 8, 6), {OC_F32, FILTER}},
     "strides=1,1,1,1 dilations=1,2,1,1 padding=SAME data_format=NHWC groups=2"},
    {"conv2d_grad_w",
     &pads,
     2,
     {{OC_F32, IMAGES}, F32(OC_BATCH, 8, 8, 6)},
     "strides=1,1,1,1 dilations=1,1,1,1 padding=EXPLICIT explicit_paddings=0,0,1,0,2,2,0,0 data_format=NHWC "
     "groups=2 flip=true"},
    {"max_pool",
     &pool,
     1,
     {{OC_F32, IMAGES}},
     "ksize=1,2,3,1 strides=1,1,2,1 padding=VALID data_format=NHWC"},
    {"max_pool_grad",
     &odd,
     3,
     {{OC_F32, IMAGES}, F32(OC_BATCH, 5, 3, 4), F32(OC_BATCH, 5, 3, 4)},
     "ksize=1,2,3,1 strides=1,2,3,1 padding=EXPLICIT explicit_paddings=0,0,1,0,0,1,0,0 data_format=NHWC"},
    {"mean_pool",
     &full,
     1,
     {{OC_F32, IMAGES}},
     "ksize=1,2,3,1 strides=1,1,2,1 padding=SAME data_format=NHWC"},
    {"mean_pool_grad",
     &full,
     1,
     {F32(OC_BATCH, 9, 4, 4)},
     "ksize=1,2,3,1 strides=1,1,2,1 padding=SAME data_format=NHWC"},
};

static void check_case(size_t i) {
  char text[512] = "";
  const oc_attribute_sink sink = {text, add_text, add_flag, add_real, add_whole, add_wholes, add_type};
  op_case c;
  case_begin(&c, cases[i].op, OC_F32, cases[i].attrs, 1);
  for (int k = 0; k < cases[i].inputs; k++) case_input(&c, cases[i].in[k].dtype, cases[i].in[k].shape, NULL);
  if (case_infer(&c) != OC_OK) fail_msg("%s, case %d: %s", cases[i].op, (int)i, c.err.message);
  c.info.op->describe(&c.info, &sink);
  if (strcmp(text, cases[i].text) != 0)
    fail_msg("%s, case %d: \"%s\", not \"%s\"", cases[i].op, (int)i, text, cases[i].text);
  case_end(&c);
}

static void attributes_have_tensorflows_names(void **state) {
  (void)state;
  int count;
  const oc_op *const *list = oc_ops_list(OC_F32, &count);
  const size_t rows = sizeof cases / sizeof *cases;
  for (size_t i = 0; i < rows; i++) check_case(i);
  for (int k = 0; k < count; k++) {
    size_t found = 0;
    while (found < rows && strcmp(cases[found].op, list[k]->name) != 0) found++;
    if (list[k]->describe && found == rows) fail_msg("%s describes itself, but has no case", list[k]->name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(attributes_have_tensorflows_names)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
