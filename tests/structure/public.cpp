// public.cpp: a program in C++11 that uses what the headers offer as macros and structs: each must mean what it means in C.
#include <ocellus/ocellus.h>
#include <cstdio>

static int mistakes;

static void expect(bool holds, const char *what) {
  if (holds) return;
  std::printf("not so: %s\n", what);
  mistakes++;
}

static void shapes() {
  const int rows = 5;
  const oc_shape kernel = OC_SHAPE(rows, 5, static_cast<int64_t>(1), 32u), scalar = OC_SCALAR_SHAPE;
  const int64_t dims[] = {5, 5, 1, 32};
  const oc_shape same = oc_shape_make(4, dims), list = OC_SHAPE(OC_BATCH);
  expect(oc_shape_equal(&kernel, &same), "OC_SHAPE(5, 5, 1, 32)");
  expect(list.rank == 1 && list.dim[0] == OC_BATCH, "OC_SHAPE(OC_BATCH)");
  expect(scalar.rank == 0, "OC_SCALAR_SHAPE");
}

static void zeroed(oc_graph *g) {
  oc_error err;
  oc_session *s = nullptr;
  oc_session_options options = {};
  options.threads = 1;
  expect(oc_session_create(g, &options, &s, &err) == OC_OK, "a session with zeroed options");
  expect(oc_session_isa(s) == oc_isa_best() && oc_session_threads(s) == 1, "the defaults");
  oc_session_free(s);
  const oc_optimizer_options sgd = {};
  expect(!oc_node_valid(sgd.learning_rate_node), "no node in zeroed options");
}

int main() {
  oc_error err;
  oc_graph *g = nullptr;
  if (oc_graph_create(nullptr, &g, &err) != OC_OK) return 1;
  const oc_node x = oc_placeholder(g, "x", OC_F32, OC_SHAPE(OC_BATCH, 4));
  const oc_node w = oc_variable(g, "w", OC_SHAPE(4, 2), oc_init_of(OC_INIT_ONES));
  expect(oc_node_valid(oc_matmul(g, x, w, false, false)), "a product");
  expect(!oc_node_valid(OC_NO_NODE), "OC_NO_NODE");
  expect(!oc_node_valid(oc_find(g, "y")), "a name that is not there");
  expect(oc_graph_status(g, &err) == OC_OK, "the graph");
  shapes();
  zeroed(g);
  oc_graph_free(g);
  return mistakes ? 1 : 0;
}
