/* reshape, transpose, concat, slice: which shapes come out, which are refused and why, and where elements go.
 */
#include "harness.h"
#include "graph/graph.h"
#include "op_case.h"

static oc_graph *new_graph(void) {
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(NULL, &g, &err), err);
  return g;
}

/* ---- reshape ------------------------------------------------------------------------------------------- */

/* `wanted` NULL: refused with `part` in the message. */
static void check_reshape(oc_shape from, oc_shape to, const oc_shape *wanted, const char *part) {
  oc_graph *g = new_graph();
  oc_error err = {0};
  const oc_shape got = oc_node_shape(g, oc_reshape(g, oc_placeholder(g, "x", OC_I32, from), to));
  if (wanted) {
    assert_ok(oc_graph_status(g, &err), err);
    assert_true(oc_shape_equal(&got, wanted));
  } else {
    assert_fails(oc_graph_status(g, &err), err.code, err, part);
  }
  oc_graph_free(g);
}

static void reshape_shapes(void **state) {
  (void)state;
  const oc_shape b6 = OC_SHAPE(OC_BATCH, 6), b23 = OC_SHAPE(OC_BATCH, 2, 3), m34 = OC_SHAPE(3, 4);
  const oc_shape empty = OC_SHAPE(0, 4), one = OC_SHAPE(1, 1), batch = OC_SHAPE(OC_BATCH);
  check_reshape(b6, b23, &b23, "");
  check_reshape(b6, OC_SHAPE(OC_BATCH, 2, -1), &b23, "");
  check_reshape(b23, OC_SHAPE(OC_BATCH, -1), &b6, "");
  check_reshape(OC_SHAPE(12), OC_SHAPE(3, -1), &m34, "");
  check_reshape(OC_SHAPE(12), OC_SHAPE(-1, 4), &m34, "");
  check_reshape(OC_SHAPE(2, 2, 0), empty, &empty, "");
  check_reshape(OC_SCALAR_SHAPE, one, &one, "");
  check_reshape(OC_SHAPE(OC_BATCH, 1), OC_SHAPE(OC_BATCH), &batch, "");
}

static void reshape_refusals(void **state) {
  (void)state;
  const oc_shape b6 = OC_SHAPE(OC_BATCH, 6);
  check_reshape(b6, OC_SHAPE(6, OC_BATCH), NULL, "Keep OC_BATCH as axis 0");
  check_reshape(b6, OC_SHAPE(32, 6), NULL, "cannot reshape (?, 6) to (32, 6)");
  check_reshape(b6, OC_SCALAR_SHAPE, NULL, "to ()");
  check_reshape(b6, OC_SHAPE(OC_BATCH, 7), NULL, "cannot reshape");
  check_reshape(b6, OC_SHAPE(OC_BATCH, 4, -1), NULL, "cannot reshape");
  check_reshape(b6, OC_SHAPE(OC_BATCH, -1, -1), NULL, "cannot reshape");
  check_reshape(OC_SHAPE(6), OC_SHAPE(-1, 0), NULL, "cannot reshape");
  check_reshape(OC_SHAPE(6), OC_SHAPE(-2, -3), NULL, "cannot reshape");
  check_reshape(OC_SHAPE(6), OC_SHAPE((int64_t)1 << 62, 4), NULL, "cannot reshape");
  check_reshape(OC_SHAPE(6), (oc_shape){.rank = 9}, NULL, "got 9");
}

/* 2^40 elements of a sample, and no more. */
static void largest_shapes(void **state) {
  (void)state;
  const int64_t most = (int64_t)1 << 40;
  const oc_shape largest = OC_SHAPE(OC_BATCH, most / 2, 2);
  check_reshape(OC_SHAPE(OC_BATCH, most), largest, &largest, "");
  oc_graph *g = new_graph();
  oc_error err;
  (void)oc_relu(g, oc_placeholder(g, "x", OC_F32, OC_SHAPE(most + 1)));
  assert_fails(oc_graph_status(g, &err), OC_E_NET, err, "(1099511627777,)");
  oc_graph_free(g);
}

static void flatten_shapes(void **state) {
  (void)state;
  oc_graph *g = new_graph();
  oc_error err;
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 4, 4, 64));
  const oc_shape y = oc_node_shape(g, oc_flatten(g, x)), wanted = OC_SHAPE(OC_BATCH, 1024);
  assert_true(oc_shape_equal(&y, &wanted));
  const oc_shape z = oc_node_shape(g, oc_flatten(g, oc_placeholder(g, "z", OC_F32, OC_SHAPE(3, 4, 5))));
  assert_true(z.rank == 2 && z.dim[0] == 3 && z.dim[1] == 20);
  assert_false(oc_node_valid(oc_flatten(g, oc_scalar(g, 1))));
  assert_fails(oc_graph_status(g, &err), OC_E_NET, err, "scalar");
  oc_graph_free(g);
}

/* ---- transpose ----------------------------------------------------------------------------------------- */

/* Every permutation of (4, 2, 3), with axis 0 batched where that is allowed, in every type. */
static void check_transpose(const int *perm, oc_dtype type, bool batched) {
  enum { N = 4, B = 2, C = 3 };
  const int64_t size[3] = {N, B, C}, step[3] = {B * C, C, 1};
  const oc_dtype real_type = type == OC_F64 ? OC_F64 : OC_F32;
  op_case c;
  double x[N * B * C];
  for (int i = 0; i < N * B * C; i++) x[i] = i;
  const int attrs[OC_MAX_RANK] = {perm[0], perm[1], perm[2]};
  case_begin(&c, "transpose", real_type, attrs, N);
  case_input(&c, type, OC_SHAPE(batched ? OC_BATCH : N, B, C), x);
  case_run(&c, 3);
  int64_t at = 0;
  for (int64_t i = 0; i < size[perm[0]]; i++)
    for (int64_t j = 0; j < size[perm[1]]; j++)
      for (int64_t k = 0; k < size[perm[2]]; k++, at++)
        assert_true(case_get(&c, 0, at) ==
                    (double)(i * step[perm[0]] + j * step[perm[1]] + k * step[perm[2]]));
  case_end(&c);
}

static void transposes(void **state) {
  (void)state;
  static const int perms[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  static const oc_dtype types[] = {OC_F32, OC_F64, OC_U8, OC_I32, OC_I64};
  for (int t = 0; t < 5; t++)
    for (int p = 0; p < 6; p++) {
      check_transpose(perms[p], types[t], false);
      if (perms[p][0] == 0) check_transpose(perms[p], types[t], true);
    }
}

/* As many axes as there may be, by the builder. */
static void transposes_all_axes(void **state) {
  (void)state;
  oc_graph *g = new_graph();
  oc_error err;
  const int perm[OC_MAX_RANK] = {0, 2, 1, 3, 4, 5, 7, 6};
  const oc_shape x = {.rank = OC_MAX_RANK, .dim = {OC_BATCH, 2, 3, 4, 5, 6, 7, 8}};
  const oc_shape wanted = {.rank = OC_MAX_RANK, .dim = {OC_BATCH, 3, 2, 4, 5, 6, 8, 7}};
  const oc_shape y = oc_node_shape(g, oc_transpose(g, oc_placeholder(g, "x", OC_F32, x), perm));
  assert_ok(oc_graph_status(g, &err), err);
  assert_true(oc_shape_equal(&y, &wanted));
  oc_graph_free(g);
}

static void transpose_refusals(void **state) {
  (void)state;
  static const struct {
    int perm[3];
    const char *part;
  } rows[] = {{{1, 0, 2}, "the batch must stay axis 0"},
              {{0, 1, 1}, "(0, 1, 1) for (?, 2, 3): each axis must be named once"},
              {{0, 1, 3}, "named once"},
              {{0, -1, 1}, "named once"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    oc_graph *g = new_graph();
    oc_error err;
    oc_transpose(g, oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 2, 3)), rows[i].perm);
    assert_fails(oc_graph_status(g, &err), OC_E_NET, err, rows[i].part);
    oc_graph_free(g);
  }
}

/* ---- concat and slice ---------------------------------------------------------------------------------- */

typedef struct slice_attrs { /* as in concat.c */
  int axis;
  int64_t begin, end;
} slice_attrs;

/* x (n,2,3) and y (n,4,3) joined along axis 1, and cut apart again. */
static void concat_and_slice(void **state) {
  (void)state;
  const int axis = 1;
  op_case c, s;
  case_begin(&c, "concat", OC_F32, &axis, 3);
  case_input_noise(&c, OC_F32, OC_SHAPE(OC_BATCH, 2, 3), 1);
  case_input_noise(&c, OC_F32, OC_SHAPE(OC_BATCH, 4, 3), 2);
  case_run(&c, 2);
  for (int64_t n = 0; n < 3; n++)
    for (int64_t i = 0; i < 18; i++) {
      const double wanted = i < 6 ? case_noise(1, n * 6 + i) : case_noise(2, n * 12 + i - 6);
      assert_true(case_get(&c, 0, n * 18 + i) == (double)(float)wanted);
    }
  const slice_attrs part = {1, 2, 5};
  case_begin(&s, "slice", OC_F32, &part, 3);
  case_input_noise(&s, OC_F32, OC_SHAPE(OC_BATCH, 6, 3), 3);
  case_run(&s, 2);
  for (int64_t n = 0; n < 3; n++)
    for (int64_t i = 0; i < 9; i++)
      assert_true(case_get(&s, 0, n * 9 + i) == (double)(float)case_noise(3, n * 18 + 6 + i));
  case_end(&c);
  case_end(&s);
}

/* What takes several nodes takes one. */
static void one_of_several(void **state) {
  (void)state;
  oc_graph *g = new_graph();
  oc_error err;
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 2, 3));
  const oc_shape wanted = oc_node_shape(g, x), y = oc_node_shape(g, oc_concat(g, &x, 1, 1));
  assert_ok(oc_graph_status(g, &err), err);
  assert_true(oc_shape_equal(&y, &wanted));
  assert_true(oc_node_valid(oc_group(g, &x, 1)));
  assert_false(oc_node_valid(oc_group(g, &x, 0)));
  assert_fails(oc_graph_status(g, &err), OC_E_ARGUMENT, err, "0 nodes in nodes");
  oc_graph_free(g);
}

static void concat_refusals(void **state) {
  (void)state;
  const struct {
    oc_shape second;
    oc_dtype type;
    int axis;
    const char *part;
  } rows[] = {{OC_SHAPE(OC_BATCH, 2, 3), OC_F32, 0, "axis 0 of (?, 2, 3) is the batch"},
              {OC_SHAPE(OC_BATCH, 2, 3), OC_F32, -3, "is the batch"},
              {OC_SHAPE(OC_BATCH, 2, 3), OC_F32, 3, "(?, 2, 3) has no axis 3"},
              {OC_SHAPE(OC_BATCH, 2, 3), OC_F32, -4, "has no axis"},
              {OC_SHAPE(OC_BATCH, 2, 4), OC_F32, 1,
               "shapes (?, 2, 3) and (?, 2, 4) do not match for joining along axis 1"},
              {OC_SHAPE(5, 2, 3), OC_F32, 1, "do not match for joining"},
              {OC_SHAPE(OC_BATCH, 2), OC_F32, 1, "do not match for joining"},
              {OC_SHAPE(OC_BATCH, 2, 3), OC_I32, 1, "oc_cast"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    oc_graph *g = new_graph();
    oc_error err;
    const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 2, 3));
    const oc_node y = oc_placeholder(g, "y", rows[i].type, rows[i].second);
    oc_concat(g, (oc_node[]){x, y}, 2, rows[i].axis);
    assert_fails(oc_graph_status(g, &err), OC_E_NET, err, rows[i].part);
    oc_graph_free(g);
  }
  oc_graph *g = new_graph();
  oc_error err;
  const oc_node x = oc_scalar(g, 1);
  oc_concat(g, &x, 0, 0);
  assert_fails(oc_graph_status(g, &err), OC_E_ARGUMENT, err, "count must be at least 1, got 0");
  oc_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reshape_shapes),      cmocka_unit_test(reshape_refusals),
      cmocka_unit_test(flatten_shapes),      cmocka_unit_test(transposes),
      cmocka_unit_test(transpose_refusals),  cmocka_unit_test(concat_and_slice),
      cmocka_unit_test(concat_refusals),     cmocka_unit_test(largest_shapes),
      cmocka_unit_test(transposes_all_axes), cmocka_unit_test(one_of_several),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
