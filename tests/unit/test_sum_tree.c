/* Are sums over the batch made along one binary tree of chunks? Then the sums of aligned groups of chunks,
 * made by separate plans with any number of threads and added along the tree, have the bits of the whole. */
#include "harness.h"
#include "base/memory.h"
#include "base/tree.h"
#include "ocellus/net.h"
#include "plan/plan.h"
#include <math.h>

enum { CLASSES = 10, MAX_FETCHES = 24, MAX_GROUPS = 512 };

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}
static int between(uint32_t *state, int least, int most) {
  return least + (int)(next_random(state) % (uint32_t)(most - least + 1));
}

/* ---- the tree ------------------------------------------------------------------------------------------ */

/* As it is defined: the largest power of two below n on the left. */
static float sum_of(const float *x, int n) {
  int left = 1;
  if (n == 1) return x[0];
  while (2 * left < n) left *= 2;
  return sum_of(x, left) + sum_of(x + left, n - left);
}

/* x[k * step ..] along the stack of tree.h; `count` numbers each, into the first ones. */
static void add_along_tree(float *x, int n, int64_t count) {
  for (int k = 0; k < n; k++) {
    int place = oc_tree_place(k);
    if (place != k) memcpy(x + place * count, x + k * count, (size_t)count * sizeof *x);
    for (int joins = oc_tree_joins(k, n); joins > 0; joins--, place--)
      for (int64_t i = 0; i < count; i++) x[(place - 1) * count + i] += x[place * count + i];
  }
}

static void the_stack_makes_the_tree(void **state) {
  (void)state;
  uint32_t random = 1;
  float x[300], copy[300];
  for (int n = 1; n <= 300; n++) {
    for (int i = 0; i < n; i++) x[i] = (float)next_random(&random) / 1e5f - 80;
    memcpy(copy, x, sizeof x);
    add_along_tree(copy, n, 1);
    const float want = sum_of(x, n);
    assert_memory_equal(&want, copy, sizeof want);
    for (int group = 1; group <= 64; group *= 2) { /* sums of groups, then of these */
      float sums[300];
      int groups = 0;
      for (int i = 0; i < n; i += group, groups++)
        sums[groups] = sum_of(x + i, n - i < group ? n - i : group);
      add_along_tree(sums, groups, 1);
      assert_memory_equal(&want, sums, sizeof want);
    }
  }
}

/* ---- gradients ----------------------------------------------------------------------------------------- */

typedef struct fixture {
  oc_graph *g;
  oc_session *s;
  oc_node tf_x, tf_y, fetches[MAX_FETCHES];
  int count;
  int64_t pixels;
  float *x;
  int32_t *y;
} fixture;

typedef struct network {
  const char *net;
  int size, channels;
} network;

static void make_graph(fixture *f, const network *n) {
  oc_error err = {0};
  oc_node logits, xs[MAX_FETCHES];
  assert_ok(oc_graph_create(NULL, &f->g, &err), err);
  f->tf_x = oc_placeholder(f->g, "tf_x", OC_F32, OC_SHAPE(OC_BATCH, n->size, n->size, n->channels));
  f->tf_y = oc_placeholder(f->g, "tf_y", OC_I32, OC_SHAPE(OC_BATCH));
  assert_ok(oc_net_build(f->g, f->tf_x, n->net, CLASSES, NULL, &logits, &err), err);
  f->fetches[0] =
      oc_reduce_sum(f->g, oc_softmax_cross_entropy(f->g, logits, oc_one_hot(f->g, f->tf_y, CLASSES)), 0);
  for (int i = 0; i < oc_graph_op_count(f->g); i++)
    if (strcmp(oc_node_op(f->g, oc_node_at(f->g, i)), "variable") == 0) {
      assert_true(f->count + 1 < MAX_FETCHES);
      xs[f->count++] = oc_node_at(f->g, i);
    }
  oc_gradients(f->g, f->fetches[0], xs, f->count++, f->fetches + 1);
  assert_ok(oc_graph_status(f->g, &err), err);
}

/* Images for `most` samples: numbers of either sign, half of them 0, so that some products are made from
 * lists. */
static fixture make(const network *n, int most, const oc_session_options *options) {
  fixture f = {.pixels = (int64_t)n->size * n->size * n->channels};
  oc_error err = {0};
  uint32_t random = 7;
  make_graph(&f, n);
  assert_ok(oc_session_create(f.g, options, &f.s, &err), err);
  f.x = oc_memory_array((size_t)(most * f.pixels), sizeof *f.x);
  f.y = oc_memory_array((size_t)most, sizeof *f.y);
  assert_true(f.x && f.y);
  for (int64_t i = 0; i < most * f.pixels; i++) {
    const float number = (float)next_random(&random) / 8388608.0f - 1;
    f.x[i] = next_random(&random) % 2 ? number : 0;
  }
  for (int i = 0; i < most; i++) f.y[i] = between(&random, 0, CLASSES - 1);
  return f;
}

static void release(fixture *f) {
  oc_session_free(f->s);
  oc_graph_free(f->g);
  oc_memory_free(f->x);
  oc_memory_free(f->y);
}

static int64_t count_of(oc_tensor t) {
  int64_t n = 0;
  assert_int_equal(oc_shape_count(&t.shape, 1, &n, NULL), OC_OK);
  return n;
}

/* Loss and gradients, one after the other, of samples [first, first + n) by a plan for `capacity`. Returns
 * how many. */
static int64_t run(const fixture *f, int64_t first, int64_t n, int64_t capacity, float **out) {
  const oc_plan_options o = {.batch = capacity, .training = true};
  oc_error err = {0};
  oc_plan *plan;
  int64_t all = 0, at = 0;
  assert_ok(oc_plan_create(f->s, f->fetches, f->count, &o, &plan, &err), err);
  assert_ok(oc_plan_bind(plan, f->tf_x, f->x + first * f->pixels, &err), err);
  assert_ok(oc_plan_bind(plan, f->tf_y, f->y + first, &err), err);
  assert_ok(oc_plan_run(plan, n, (oc_rng_counter){3, 100 + (uint64_t)first}, &err), err);
  for (int i = 0; i < f->count; i++) all += count_of(oc_plan_result(plan, i));
  *out = oc_memory_array((size_t)all, sizeof **out);
  assert_non_null(*out);
  for (int i = 0; i < f->count; i++) {
    const oc_tensor t = oc_plan_result(plan, i);
    memcpy(*out + at, t.data, (size_t)count_of(t) * sizeof **out);
    at += count_of(t);
  }
  oc_plan_free(plan);
  return all;
}

static int64_t chunk_of(const fixture *f) {
  const oc_plan_options o = {.batch = 1, .training = true};
  oc_error err = {0};
  oc_plan *plan;
  assert_ok(oc_plan_create(f->s, f->fetches, f->count, &o, &plan, &err), err);
  const int64_t chunk = plan->chunk;
  oc_plan_free(plan);
  return chunk;
}

static void same_bits(const float *want, const float *have, int64_t count, const char *what) {
  for (int64_t i = 0; i < count; i++)
    if (memcmp(want + i, have + i, sizeof *want) != 0 || !isfinite(want[i]))
      fail_msg("%s: number %lld of %lld is %a, but the sum of the groups %a", what, (long long)i,
               (long long)count, (double)want[i], (double)have[i]);
}

/* The whole by one session; groups of `chunks` chunks each, by other plans of another one, with other
 * threads. */
static void check_groups(const network *n, oc_session_options o, int batch, int chunks, uint32_t *random) {
  char what[300];
  o.threads = between(random, 1, 4);
  fixture a = make(n, batch, &o);
  o.threads = between(random, 1, 4);
  fixture b = make(n, batch, &o);
  float *whole, *sums = NULL, *part;
  const int64_t count = run(&a, 0, batch, batch < 8 ? 8 : batch, &whole), samples = chunk_of(&a) * chunks;
  int groups = 0;
  snprintf(what, sizeof what, "%s, %s, %s%s, batch %d, groups of %lld", n->net, oc_isa_name(o.isa),
           o.reference_only ? "reference" : "kernels", o.no_fusion ? ", unfused" : "", batch,
           (long long)samples);
  for (int64_t first = 0; first < batch; first += samples, groups++) {
    const int64_t left = batch - first < samples ? batch - first : samples;
    assert_int_equal(run(&b, first, left, samples < 8 ? 8 : samples, &part), count);
    sums = realloc(sums, (size_t)((groups + 1) * count) * sizeof *sums);
    assert_non_null(sums);
    memcpy(sums + groups * count, part, (size_t)count * sizeof *sums);
    oc_memory_free(part);
  }
  add_along_tree(sums, groups, count);
  same_bits(whole, sums, count, what);
  oc_memory_free(whole);
  free(sums);
  release(&a);
  release(&b);
}

/* Every kind of kernel that sums over samples: by tiles, Winograd's, gathered, dense by blocks and by lists,
 * biases. None normalizes, since a group would have other statistics. Of the last one, chunks have fewer
 * samples. */
static const network networks[] = {
    {"conv 5x5x8 relu | maxpool 2 | conv 5x5x12 relu | maxpool 2 | dense 40 relu | dropout 0.5 | dense 10",
     28, 1},
    {"conv 3x3x16 same relu | conv 3x3x16 same | meanpool 2 | conv 3x3x9 stride 2 tanh | dense 10", 12, 3},
    {"dense 300 relu | dropout 0.6 | dense 160 relu | dense 10", 15, 1},
    {"depthwise 3x3 same sigmoid | conv 1x1x9 gelu | residual { conv 3x3x9 same relu } | globalmeanpool | "
     "dense 10",
     11, 3},
    {"{ conv 3x3x5 same relu ; conv 1x1x3 ; } concat | { conv 3x3x9 same ; conv 1x1x9 } add | relu | dense "
     "10",
     9, 2},
    {"conv 3x3x12 relu same | maxpool 4 | conv 3x3x4 stride 3 relu | dense 10", 80, 1},
};
#define NETWORKS ((int)(sizeof networks / sizeof *networks))

static void groups_make_the_whole(void **state) {
  (void)state;
  uint32_t random = 11;
  for (int i = 0; i < NETWORKS; i++)
    for (int isa = OC_ISA_PORTABLE; isa <= (int)oc_isa_best(); isa++)
      for (int trial = 0; trial < 4; trial++) {
        const oc_session_options o = {.isa = (oc_isa)isa, .no_fusion = trial == 3};
        check_groups(&networks[i], o, between(&random, 1, 100), 1 << between(&random, 0, 3), &random);
      }
}

/* So do those of the reference implementations, which the plan cuts likewise. */
static void groups_of_the_reference_make_the_whole(void **state) {
  (void)state;
  static const network small = {"conv 3x3x4 relu | maxpool 2 | dense 20 relu | dropout 0.5 | dense 10", 8, 1};
  const oc_session_options o = {.reference_only = true};
  uint32_t random = 5;
  for (int trial = 0; trial < 6; trial++)
    check_groups(&small, o, between(&random, 1, 100), 1 << between(&random, 0, 3), &random);
}

/* Workers join the chunks of groups, and dense products slices of samples. */
static void groups_of_large_batches_make_the_whole(void **state) {
  (void)state;
  static const network small[] = {{"conv 3x3x4 relu | maxpool 2 | dense 40 relu | dense 10", 8, 1},
                                  {"dense 180 relu | dropout 0.5 | dense 10", 6, 1}};
  static const int batches[] = {129, 250, 513, 1000, 4096};
  uint32_t random = 3;
  for (int i = 0; i < 2; i++)
    for (size_t k = 0; k < sizeof batches / sizeof *batches; k++)
      check_groups(&small[i], (oc_session_options){.isa = oc_isa_best()}, batches[k],
                   1 << between(&random, 0, 6), &random);
}

/* ---- what it takes ------------------------------------------------------------------------------------- */

static void note_sums(void *context, const char *line) {
  const char *at = strstr(line, " in ");
  long long sums;
  if (at && strstr(at, " sums at ") && sscanf(at, " in %lld sums", &sums) == 1 &&
      sums > *(long long *)context)
    *(long long *)context = sums;
}

static oc_plan *plan_for(const fixture *f, int64_t batch) {
  const oc_plan_options o = {.batch = batch, .training = true};
  oc_error err = {0};
  oc_plan *plan;
  assert_ok(oc_plan_create(f->s, f->fetches, f->count, &o, &plan, &err), err);
  return plan;
}

/* The lecture's network: at least 8 chunks of a batch of 64, at most OC_MAX_PARTIALS stored sums of a batch
 * of 4096, and no more memory for the sums of 4096 samples than for those of 1024 and one more level of the
 * tree. */
static void sums_of_a_large_batch_take_little_memory(void **state) {
  (void)state;
  static const network lecture = {"lecture", 28, 1};
  fixture f = make(&lecture, 1, &(oc_session_options){.threads = 2});
  assert_int_equal(chunk_of(&f), 8);
  static const struct {
    int64_t batch;
    long long sums;
  } cases[] = {{64, 8}, {128, 16}, {136, 9}, {256, 16}, {4096, 16}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    long long sums = 0;
    oc_error err = {0};
    oc_plan *plan = plan_for(&f, cases[i].batch);
    assert_ok(oc_plan_print(plan, note_sums, &sums, &err), err);
    assert_int_equal(sums, cases[i].sums);
    for (int32_t k = 0; k < plan->step_count;
         k++) /* dense gradients of the batch are never stored in pieces */
      if (plan->steps[k].kind == OC_STEP_OP && !plan->steps[k].removed && plan->steps[k].kernel &&
          strstr(plan->steps[k].kernel->name, "columns_sum"))
        assert_false(plan->values[plan->steps[k].out[0]].summed);
    oc_plan_free(plan);
  }
  oc_plan *small = plan_for(&f, 1024), *large = plan_for(&f, 4096);
  assert_true(large->joining_bytes > small->joining_bytes && large->joining_bytes < 2 * small->joining_bytes);
  oc_plan_free(small);
  oc_plan_free(large);
  release(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_stack_makes_the_tree),
      cmocka_unit_test(groups_make_the_whole),
      cmocka_unit_test(groups_of_the_reference_make_the_whole),
      cmocka_unit_test(groups_of_large_batches_make_the_whole),
      cmocka_unit_test(sums_of_a_large_batch_take_little_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
