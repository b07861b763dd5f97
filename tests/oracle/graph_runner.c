/* graph_runner: runs small graphs in a session, with plans, kernels and fusions as any program has them, for
 * test_figures.py. Requests and answers are as in runner.h.
 *
 *   grad NAME          inputs of the operation, then r of its result's shape. Answers y, and the gradient of
 *                      sum(y * r) for the first `wanted` inputs. NAME may be "block":
 *                      max_pool(relu(bias_add(conv2d(x, w), b))).
 *   train NAME         a step of an optimizer: w (a,b), b (b), then the gradients of each step, (steps,a,b)
 *                      and (steps,b). Options are those of oc_optimizer_options. Answers w and b after each
 *                      step.
 *   norm batch_norm    x (steps,n,h,w,c), gamma, beta; epsilon, momentum. Answers for each step y and both
 *                      moving averages, then y of the last x without training. */
#include "oracle/runner.h"
#include "ocellus/session.h"
#include "ocellus/train.h"

typedef struct job {
  const request *r;
  oc_graph *g;
  oc_session *s;
  oc_tensor_desc desc[CASE_INPUTS];
  void *data[CASE_INPUTS];
  oc_node in[CASE_INPUTS];
} job;

static void expect_ok(oc_status status, const oc_error *err, const char *what) {
  if (status != OC_OK) die(what, err->message);
}

static double number(const request *r, const char *key, double value) {
  option(r, key, &value, 1);
  return value;
}

/* ---- gradients ----------------------------------------------------------------------------------------- */

typedef oc_node (*one_input)(oc_graph *g, oc_node x);
static const struct {
  const char *name;
  one_input make;
} simple[] = {{"relu6", oc_relu6},
              {"silu", oc_silu},
              {"hard_swish", oc_hard_swish},
              {"relu", oc_relu},
              {"sigmoid", oc_sigmoid},
              {"tanh", oc_tanh},
              {"gelu", oc_gelu},
              {"softplus", oc_softplus},
              {"softmax", oc_softmax},
              {"flatten", oc_flatten},
              {"l2_penalty", oc_l2_penalty},
              {"log_softmax", oc_log_softmax},
              {"global_mean_pool", oc_global_mean_pool}};

static oc_node norm_of(job *j, oc_node x, oc_node gamma, oc_node beta, oc_node moving[2]) {
  const oc_shape c = oc_node_shape(j->g, gamma);
  oc_init start = oc_init_of(OC_INIT_ZEROS);
  start.not_trainable = true;
  moving[0] = oc_variable(j->g, "moving_mean", c, start);
  start.kind = OC_INIT_ONES;
  moving[1] = oc_variable(j->g, "moving_variance", c, start);
  const oc_batch_norm_options o = {.gamma = gamma,
                                   .beta = beta,
                                   .moving_mean = moving[0],
                                   .moving_variance = moving[1],
                                   .epsilon = number(j->r, "epsilon", 1e-3),
                                   .momentum = number(j->r, "momentum", 0.99),
                                   .momentum_set = true};
  return oc_batch_norm(j->g, x, &o);
}

static oc_node block_of(job *j) {
  const oc_pool_options two = {.size = {2, 2}};
  return oc_max_pool(j->g, oc_relu(j->g, oc_bias_add(j->g, conv2d_of(j->g, j->r, j->in), j->in[2])), &two);
}

static oc_node result_of(job *j) {
  const char *op = j->r->op;
  oc_node moving[2];
  for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
    if (strcmp(op, simple[i].name) == 0) return simple[i].make(j->g, j->in[0]);
  if (strcmp(op, "block") == 0) return block_of(j);
  if (strcmp(op, "conv2d") == 0) return conv2d_of(j->g, j->r, j->in);
  if (strcmp(op, "max_pool") == 0 || strcmp(op, "mean_pool") == 0) return pool_of(j->g, j->r, j->in);
  if (strcmp(op, "matmul") == 0)
    return oc_matmul(j->g, j->in[0], j->in[1], false, number(j->r, "transpose_b", 0) != 0);
  if (strcmp(op, "bias_add") == 0) return oc_bias_add(j->g, j->in[0], j->in[1]);
  if (strcmp(op, "prelu") == 0) return oc_prelu(j->g, j->in[0], j->in[1]);
  if (strcmp(op, "channel_scale") == 0) return oc_channel_scale(j->g, j->in[0], j->in[1]);
  if (strcmp(op, "leaky_relu") == 0) return oc_leaky_relu(j->g, j->in[0], number(j->r, "slope", 0));
  if (strcmp(op, "clip") == 0)
    return oc_clip(j->g, j->in[0], number(j->r, "low", 0), number(j->r, "high", 0));
  if (strcmp(op, "softmax_cross_entropy") == 0) return oc_softmax_cross_entropy(j->g, j->in[0], j->in[1]);
  if (strcmp(op, "batch_norm") == 0) return norm_of(j, j->in[0], j->in[1], j->in[2], moving);
  die("no such operation", op);
  return OC_NO_NODE;
}

static void start_session(job *j) {
  oc_error err;
  expect_ok(oc_graph_status(j->g, &err), &err, "graph");
  expect_ok(oc_session_create(j->g, NULL, &j->s, &err), &err, "session");
}

static void write_results(const oc_plan *plan, int count) {
  for (int i = 0; i < count; i++) {
    const oc_tensor t = oc_plan_result(plan, i);
    int64_t elements;
    if (oc_shape_count(&t.shape, 1, &elements, NULL) != OC_OK) die("result", "shape");
    write_array(t.dtype, t.shape, t.data, (size_t)elements * oc_dtype_size(t.dtype));
  }
}

static void answer_grad(job *j) {
  oc_error err;
  oc_node fetches[CASE_INPUTS + 1];
  const int last = j->r->inputs - 1;
  const int wanted = (int)number(j->r, "wanted", last);
  oc_plan *plan;
  for (int i = 0; i <= last; i++) j->in[i] = oc_placeholder(j->g, "in", j->desc[i].dtype, j->desc[i].shape);
  fetches[0] = result_of(j);
  oc_gradients(j->g, oc_reduce_sum(j->g, oc_multiply(j->g, fetches[0], j->in[last]), 0), j->in, wanted,
               fetches + 1);
  start_session(j);
  const oc_plan_options how = {.batch = j->r->batch, .training = true};
  expect_ok(oc_plan_create(j->s, fetches, wanted + 1, &how, &plan, &err), &err, "plan");
  for (int i = 0; i <= last; i++) expect_ok(oc_plan_bind(plan, j->in[i], j->data[i], &err), &err, "bind");
  expect_ok(oc_plan_run(plan, j->r->batch, (oc_rng_counter){0, 0}, &err), &err, "run");
  printf("ok %d\n", wanted + 1);
  write_results(plan, wanted + 1);
  oc_plan_free(plan);
}

/* ---- training steps ------------------------------------------------------------------------------------ */

/* A variable with the value of input i. */
static oc_node variable_of(job *j, const char *name, int i) {
  return j->in[i] = oc_variable(j->g, name, j->desc[i].shape, oc_init_of(OC_INIT_ZEROS));
}
static void set_variable(job *j, int i) {
  oc_error err;
  const int index = oc_variable_index(j->s, oc_node_name(j->g, j->in[i]));
  expect_ok(oc_variable_set(j->s, index, j->data[i], case_bytes(&j->desc[i], 1), &err), &err, "variable");
}
static void write_variable(job *j, oc_node v) {
  const oc_tensor_view t = oc_variable_view(j->s, oc_variable_index(j->s, oc_node_name(j->g, v)));
  int64_t elements;
  if (oc_shape_count(&t.shape, 1, &elements, NULL) != OC_OK) die("variable", "shape");
  write_array(t.dtype, t.shape, t.data, (size_t)elements * oc_dtype_size(t.dtype));
}

/* The optimizer's hyperparameters that the request gives, into settings[]; the rest has its default. */
static oc_optimizer_options optimizer_of(const request *r, oc_setting *settings) {
  int count = 0;
  const oc_hyperparameter *h;
  for (int i = 0; (h = oc_optimizer_hyperparameter_at(r->op, i)) != NULL; i++) {
    const double value = number(r, h->name, NAN);
    if (!isnan(value)) settings[count++] = (oc_setting){h->name, value};
  }
  return (oc_optimizer_options){.name = r->op,
                                .learning_rate = number(r, "learning_rate", 0),
                                .clip_norm = number(r, "clip_norm", 0),
                                .settings = settings,
                                .setting_count = count};
}

/* The shape of one step of input i, whose axis 0 counts the steps. */
static oc_shape step_shape(const job *j, int i) {
  return oc_shape_make(j->desc[i].shape.rank - 1, j->desc[i].shape.dim + 1);
}
static const void *step_data(const job *j, int i, int64_t step) {
  return (const char *)j->data[i] +
         (size_t)step * case_bytes(&j->desc[i], 1) / (size_t)j->desc[i].shape.dim[0];
}

/* loss = sum(w * gw) + sum(b * gb): its gradients are those that were given. */
static void answer_train(job *j) {
  oc_error err;
  oc_plan *plan;
  oc_setting settings[16];
  const oc_optimizer_options how = optimizer_of(j->r, settings);
  const int64_t steps = j->desc[2].shape.dim[0];
  variable_of(j, "w", 0);
  variable_of(j, "b", 1);
  oc_node parts[2];
  for (int i = 0; i < 2; i++) {
    j->in[2 + i] = oc_placeholder(j->g, "g", j->r->real_type, step_shape(j, 2 + i));
    parts[i] = oc_reduce_sum(j->g, oc_multiply(j->g, j->in[i], j->in[2 + i]), 0);
  }
  const oc_node train_op = oc_minimize(j->g, oc_add(j->g, parts[0], parts[1]), &how);
  start_session(j);
  for (int i = 0; i < 2; i++) set_variable(j, i);
  expect_ok(oc_plan_create(j->s, &train_op, 1, &(oc_plan_options){.batch = 1, .training = true}, &plan, &err),
            &err, "plan");
  printf("ok %lld\n", (long long)(2 * steps));
  for (int64_t step = 0; step < steps; step++) {
    for (int i = 2; i < 4; i++)
      expect_ok(oc_plan_bind(plan, j->in[i], step_data(j, i, step), &err), &err, "bind");
    expect_ok(oc_plan_run(plan, 1, (oc_rng_counter){0, (uint64_t)step}, &err), &err, "run");
    for (int i = 0; i < 2; i++) write_variable(j, j->in[i]);
  }
  oc_plan_free(plan);
}

static oc_plan *norm_plan(job *j, const oc_node *fetches, int count, bool training, int64_t batch) {
  oc_error err;
  oc_plan *plan;
  expect_ok(oc_plan_create(j->s, fetches, count, &(oc_plan_options){.batch = batch, .training = training},
                           &plan, &err),
            &err, "plan");
  return plan;
}

/* The moving averages belong to a training step; its learning rate is too small to change gamma or beta. */
static void answer_norm(job *j) {
  oc_error err;
  oc_node moving[2], fetches[2];
  const int64_t steps = j->desc[0].shape.dim[0], n = j->desc[0].shape.dim[1];
  oc_shape x = step_shape(j, 0);
  x.dim[0] = OC_BATCH;
  j->in[0] = oc_placeholder(j->g, "x", j->r->real_type, x);
  fetches[0] = norm_of(j, j->in[0], variable_of(j, "gamma", 1), variable_of(j, "beta", 2), moving);
  fetches[1] = oc_minimize(j->g, oc_reduce_mean(j->g, fetches[0], 0),
                           &(oc_optimizer_options){.name = "sgd", .learning_rate = 1e-30});
  start_session(j);
  for (int i = 1; i < 3; i++) set_variable(j, i);
  oc_plan *plans[2] = {norm_plan(j, fetches, 2, true, n), norm_plan(j, fetches, 1, false, n)};
  printf("ok %lld\n", (long long)(3 * steps + 1));
  for (int64_t step = 0; step <= steps; step++) {
    oc_plan *plan = plans[step == steps];
    const void *data = step_data(j, 0, step < steps ? step : steps - 1);
    expect_ok(oc_plan_bind(plan, j->in[0], data, &err), &err, "bind");
    expect_ok(oc_plan_run(plan, n, (oc_rng_counter){0, 0}, &err), &err, "run");
    write_results(plan, 1);
    for (int i = 0; i < 2 && step < steps; i++) write_variable(j, moving[i]);
  }
  for (int i = 0; i < 2; i++) oc_plan_free(plans[i]);
}

int main(void) {
  request r;
  while (read_request(&r)) {
    job j = {.r = &r};
    if (oc_graph_create(&(oc_graph_options){.real = r.real_type}, &j.g, NULL) != OC_OK)
      die("memory", "none left");
    for (int i = 0; i < r.inputs; i++) {
      j.desc[i] = read_value_line();
      const size_t bytes = case_bytes(&j.desc[i], r.batch);
      j.data[i] = case_alloc(bytes);
      if (fread(j.data[i], 1, bytes, stdin) != bytes) die("input", "ended early");
    }
    if (strcmp(r.word, "grad") == 0)
      answer_grad(&j);
    else if (strcmp(r.word, "train") == 0)
      answer_train(&j);
    else if (strcmp(r.word, "norm") == 0)
      answer_norm(&j);
    else
      die("no such request", r.word);
    fflush(stdout);
    oc_session_free(j.s);
    oc_graph_free(j.g);
    for (int i = 0; i < r.inputs; i++) free(j.data[i]);
  }
  return 0;
}
