"""Adds an activation (operation and layer), a learning-rate schedule, an optimizer, a decoder and a fusion to a scratch copy of the
source tree. Each new source file may cost exactly one line of an existing file; help, options, records, checks, plans and traces
must follow from it. The copy is built once, without optimization, and used.

Usage: test_additions.py SOURCE C_COMPILER [LAUNCHER ..], in an empty folder; standard library only."""
import difflib
import math
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

SOURCE, COMPILER, LAUNCHER = pathlib.Path(sys.argv[1]), sys.argv[2], [a for a in sys.argv[3:] if a]
FOLDERS = ("src", "helper", "cli", "include", "cmake", "tests")
# As deep as the build of the tree itself: a compiler cache then sees the same relative paths.
COPY = pathlib.Path.cwd() / "copy"
BUILD = COPY / "build" / "release"
PROGRAM = BUILD / "ocellus"

# What is added: kind: {new file: its text}, and {list: the rows that it gets}.
NEW = {}
ROWS = {
    "src/ops/ops.def": ["OC_ROW(swish)", "OC_ROW(swish_twice)"],
    "src/net/layers.def": ["OC_ROW(swish)"],
    "src/train/schedules.def": ["OC_ROW(decay)"],
    "src/train/optimizers.def": ["OC_ROW(glide)"],
    "src/data/decode/decoders.def": ["OC_ROW(tst)"],
    "src/plan/fuse/fusions.def": ["OC_ROW(swish_twice)"],
}
# Cases of the tests, which are files of their own; they belong to the additions, but not to the sources.
CASES = {}

NEW["src/ops/swish.c"] = r"""/* swish: y = x / (1 + exp(-x)) (Ramachandran et al. 2017). */
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <tgmath.h>

/* dx = dy (s + y (1 - s)), s the sigmoid of x: of operations that there are. */
static void swish_gradient(oc_graph *g, int32_t node, const oc_node *dy, oc_node *dx) {
  const oc_node s = oc_sigmoid(g, oc_graph_input(g, node, 0)), y = oc_node_of(node, 0);
  const oc_node less = oc_multiply(g, oc_multiply(g, y, s), oc_scalar(g, -1));
  dx[0] = oc_multiply(g, dy[0], oc_add(g, oc_add(g, s, y), less));
}

static oc_cost swish_cost(const oc_op_info *info, int64_t batch) {
  return oc_cost_each(info, batch, 11);
}

static void swish_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) y[i] = x[i] / (1 + exp(-x[i]));
}

OC_DEFINE_OP(swish, .inputs = 1, .terms = OC_TERMS_FUNCTION, .tf_name = "Swish", .infer = oc_infer_same,
             .gradient = swish_gradient, .cost = swish_cost, .parts = oc_elementwise_parts, .run = swish_run);
"""
NEW["src/ops/swish_twice.c"] = r"""/* swish_twice: swish of swish, which the planner makes. */
#include "ops/elementwise.h"
#include "ops/ops.h"
#include <tgmath.h>

static void swish_twice_run(const oc_call *c) {
  const real *x = c->in[0];
  real *y = c->out[0];
  const oc_span s = oc_call_span(c, &c->info->in[0]);
  for (int64_t i = s.begin; i < s.end; i++) {
    const real once = x[i] / (1 + exp(-x[i]));
    y[i] = once / (1 + exp(-once));
  }
}

OC_DEFINE_OP(swish_twice, .tf_name = "SwishTwice", .infer = oc_infer_same, .parts = oc_elementwise_parts,
             .run = swish_twice_run);
"""
NEW["src/net/layer_swish.c"] = r"""/* layer_swish.c: the activation swish. */
#include "net/net.h"
#include "ops/ops.h"

static oc_node swish_activate(oc_graph *g, oc_node x) {
  return oc_graph_add(g, OC_OP(g, swish), &x, 1, NULL);
}
static oc_node swish_build(oc_graph *g, const oc_layer *l, oc_node x) {
  (void)l;
  return swish_activate(g, x);
}

const oc_layer_kind oc_layer_swish = {.name = "swish",
                                      .summary = "x / (1 + exp(-x)) (Ramachandran et al. 2017)",
                                      .scope = "swish",
                                      .build = swish_build,
                                      .activate = swish_activate};
"""
NEW["src/train/schedule_decay.c"] = r"""/* schedule_decay.c: the learning rate shrinks by a factor after each epoch. */
#include "train/lr_schedule.h"
#include <math.h>

static double decay_factor(const oc_lr_position *at, const double *values) {
  return pow(values[0], floor(at->epoch));
}

const oc_lr_schedule oc_lr_schedule_decay = {.name = "decay",
                                             .summary = "shrinks by a factor after each epoch",
                                             .extends = true,
                                             .hyperparameters = {{.name = "decay_rate",
                                                                  .above = true,
                                                                  .high = 1,
                                                                  .fallback = 0.9,
                                                                  .help = "factor of an epoch"}},
                                             .factor = decay_factor};
"""
NEW["src/train/glide.c"] = r"""/* glide.c: momentum that is told by its friction. */
#include "train/optimizer.h"

static oc_node glide_apply(oc_minimizer *m, oc_node variable, oc_node gradient, double decay) {
  const oc_apply_momentum_attrs attrs = {1 - m->values[0], decay, false};
  const oc_node slot = oc_minimizer_slot(m, variable, "Momentum");
  const oc_node in[] = {variable, slot, gradient, m->learning_rate, m->scale};
  return oc_graph_add(m->g, OC_OP(m->g, apply_momentum), in, 5, &attrs);
}

const oc_optimizer oc_optimizer_glide = {
    .name = "glide",
    .summary = "m = (1 - friction) m + g; w -= lr m",
    .hyperparameters = {{.name = "friction", .above = true, .high = 1, .fallback = 0.1, .help = "share of m that is lost"}},
    .apply = glide_apply};
"""
NEW["src/data/decode/tst.c"] = r"""/* tst.c: a format of this test: "TST1", width and height as bytes, gray pixels. */
#include "base/error.h"
#include "base/memory.h"
#include "data/decode/decoder.h"
#include <string.h>

static bool tst_known(const unsigned char *first, size_t got) {
  return got >= 4 && memcmp(first, "TST1", 4) == 0;
}

static oc_status tst_decode(const char *path, const unsigned char *bytes, size_t size, const oc_decode_options *how,
                            oc_decoded *out, oc_error *err) {
  (void)how;
  const size_t count = size < 6 ? 0 : (size_t)bytes[4] * bytes[5];
  if (count == 0 || size != 6 + count) return oc_fail(err, OC_E_DATA, path, "", "expected %zu pixels", count);
  uint8_t *pixels = oc_memory_alloc(count);
  if (!pixels) return oc_fail_memory(err, count);
  memcpy(pixels, bytes + 6, count);
  *out = (oc_decoded){.size = {bytes[5], bytes[4], 1}, .pixels = pixels};
  return OC_OK;
}

OC_DEFINE_DECODER(tst, .formats = "TST", .endings = {".tst"}, .known = tst_known, .decode = tst_decode);
"""
NEW["src/plan/fuse/fuse_swish_twice.c"] = r"""/* fuse_swish_twice.c: swish of swish becomes swish_twice. */
#include "plan/fuse/fuse.h"

static oc_status swish_twice_apply(oc_plan *p, int32_t at, oc_error *err) {
  (void)err;
  const int32_t next = oc_only_user(p, p->steps[at].out[0], "swish");
  if (next < 0) return OC_OK;
  p->steps[at].info.op = oc_ops_find(OC_F32, "swish_twice");
  p->steps[at].out[0] = p->steps[next].out[0];
  p->values[p->steps[at].out[0]].producer = at;
  p->steps[next].removed = true;
  return OC_OK;
}

OC_DEFINE_FUSION(swish_twice, .op = "swish", .apply = swish_twice_apply, .summary = "swish + swish: swish_twice");
"""
CASES["tests/gradients/test_grad_swish.c"] = r"""/* The gradient of swish against finite differences, and its values. */
#include "harness.h"
#include "graph_eval.h"

static void gradient(void **state) {
  (void)state;
  oc_graph *g;
  oc_error err;
  assert_ok(oc_graph_create(&(oc_graph_options){.real = OC_F64}, &g, &err), err);
  const oc_node x = oc_placeholder(g, "x", OC_F64, OC_SHAPE(OC_BATCH, 3, 4));
  const oc_node loss = eval_loss_of(g, oc_graph_add(g, OC_OP(g, swish), &x, 1, NULL));
  assert_ok(oc_graph_status(g, &err), err);
  const double error = eval_gradient_error(g, loss, &x, 1, (eval_way){5, true, 1e-5});
  assert_true(error < 1e-8);
  oc_graph_free(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(gradient)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
"""
CASES["tests/unit/test_ops_swish.c"] = "/* Cases of swish and swish_twice, in the net text \"swish | swish\": see test_additions.py. */\nint main(void) {\n  return 0;\n}\n"
# Rows of the lists of cases of tests/unit/test_row_values.c and test_fusions.c.
IMAGE = [(i * 7 % 11 - 5) / 4 for i in range(18)]
VALUES = {
    "tests/unit/layer_cases.def": 'OC_ROW("swish", "swish", %s)' % ", ".join("%.9g" % (x / (1 + math.exp(-x))) for x in IMAGE),
    "tests/unit/schedule_cases.def": 'OC_ROW("decay", 0.5, 2, 0.81, 0.9)',
    "tests/unit/fusion_cases.def": 'OC_ROW("swish_twice", "dense 20 | swish | swish | dense 10", 6, 1, "swish_twice", NULL, NULL, 1)',
}
CASES["tests/unit/test_net_swish.c"] = CASES["tests/unit/test_ops_swish.c"]
GOOD_IMAGE = b"TST1" + bytes([28, 28]) + bytes(i % 256 for i in range(28 * 28))
BEFORE = {}  # the text of each file of the copy before anything was added
NET = "conv 3x3x4 swish | swish | maxpool 2 | dense CLASSES"


def run(*command, code=0, env=None):
    done = subprocess.run([str(a) for a in command], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env={**os.environ, **(env or {})})
    if done.returncode != code:
        raise AssertionError("%s: exit code %d\n%s\n%s" % (" ".join(map(str, command)), done.returncode,
                                                        done.stdout[-3000:], done.stderr[-3000:]))
    return done.stdout + done.stderr


def make_copy():
    for folder in FOLDERS:
        shutil.copytree(SOURCE / folder, COPY / folder)
    shutil.copy(SOURCE / "CMakeLists.txt", COPY)
    for folder in FOLDERS[:4]:
        for path in (COPY / folder).rglob("*"):
            if path.is_file():
                BEFORE[str(path.relative_to(COPY))] = path.read_text(encoding="utf-8")
    for name, text in {**NEW, **CASES}.items():
        assert not (COPY / name).exists(), name + " is there already: choose another name in this test"
        (COPY / name).write_text(text)
    for name, rows in ROWS.items():
        with open(COPY / name, "a", encoding="utf-8") as f:
            f.writelines(row + "\n" for row in rows)
    for name, row in VALUES.items():
        with open(COPY / name, "a", encoding="utf-8") as f:
            f.write(row + "\n")
    (COPY / "tests/bad/data/good.tst").write_bytes(GOOD_IMAGE)


def build():
    run("cmake", "-S", COPY, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_C_FLAGS_DEBUG=-O0",
        "-DOCELLUS_PORTABLE=ON",  # none of the additions is a kernel
        "-DOCELLUS_MINIMAL=" + os.environ.get("OCELLUS_MINIMAL", "0"),
        "-DCMAKE_C_COMPILER=" + COMPILER, *(["-DCMAKE_C_COMPILER_LAUNCHER=" + ";".join(LAUNCHER)] if LAUNCHER else []))
    run("cmake", "--build", BUILD, "--target", "ocellus_program", "unit_test_registries", "unit_test_registries_of_runs",
        "unit_test_row_values", "unit_test_fusions", "gradients_test_grad_swish")


class Additions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(COPY, ignore_errors=True)
        start = time.monotonic()
        make_copy()
        build()
        print("copied and built in %.0f s" % (time.monotonic() - start), flush=True)
        pathlib.Path("image.tst").write_bytes(GOOD_IMAGE)
        run(PROGRAM, "train", "digits:200:20", "--net", NET, "--optimizer", "glide", "--friction", "0.5", "--schedule", "decay",
            "--decay-rate", "0.25", "--epochs", "2", "--quiet", "--force", "--out", "run")

    def test_a_file_costs_one_line(self):
        added = {}
        for folder in FOLDERS[:4]:
            for path in sorted((COPY / folder).rglob("*")):
                name = str(path.relative_to(COPY))
                if path.is_dir() or name in NEW:
                    continue
                old, new = BEFORE[name].splitlines(), path.read_text(encoding="utf-8").splitlines()
                for line in list(difflib.unified_diff(old, new, lineterm="", n=0))[2:]:
                    if not line.startswith("@@"):
                        self.assertEqual(line[0], "+", name)
                        added.setdefault(name, []).append(line[1:])
        self.assertEqual(added, ROWS)
        self.assertEqual(sum(map(len, added.values())), len(NEW))

    def test_the_lists_are_whole(self):
        env = {"OCELLUS_SOURCE": str(COPY)}
        self.assertIn("PASSED", run(BUILD / "unit_test_registries", env=env))
        self.assertIn("PASSED", run(BUILD / "unit_test_registries_of_runs", env=env))
        run(BUILD / "unit_test_row_values")
        run(BUILD / "unit_test_fusions")
        run(BUILD / "gradients_test_grad_swish")

    def test_help_follows(self):
        optimizers = run(PROGRAM, "help", "optimizers")
        for text in ("  glide\n", "friction: share of m that is lost (above 0 and at most 1; default: 0.1)", "  decay\n", "decay_rate:"):
            self.assertIn(text, optimizers)
        self.assertRegex(run(PROGRAM, "help", "train"), r"--friction X +share of m that is lost")
        net = run(PROGRAM, "help", "net")
        self.assertIn("  swish\n", net)
        self.assertRegex(net, "ACT:.* swish")
        self.assertRegex(run(PROGRAM, "help", "data"), "Images are read from .*TST")

    def test_a_training_uses_and_records_them(self):
        record = pathlib.Path("run/run.json").read_text(encoding="utf-8")
        for text in ('"optimizer": "glide"', '"friction": 0.5', '"schedule": "decay"', '"decay_rate": 0.25'):
            self.assertIn(text, record)
        shutil.copytree("run", "longer", dirs_exist_ok=True)
        run(PROGRAM, "train", "--resume", "longer", "--epochs", "3", "--quiet")
        error = run(PROGRAM, "train", "--resume", "longer", "--friction", "0.25", code=64)
        self.assertIn("--friction", error)

    def test_what_is_not_taken_is_refused(self):
        train = [PROGRAM, "train", "digits:200:20", "--net", NET, "--quiet"]
        self.assertIn("the optimizer sgd has no friction", run(*train, "--optimizer", "sgd", "--friction", "0.5", code=64))
        self.assertIn("the schedule linear has no decay-rate", run(*train, "--schedule", "linear", "--decay-rate", "0.5", code=64))
        self.assertIn("--friction", run(*train, "--optimizer", "glide", "--friction", "0", code=64))

    def test_the_new_format_is_read(self):
        run(PROGRAM, "predict", "run", "image.tst")
        self.assertIn("14 x 14 values", run(PROGRAM, "pool", "image.tst", "--size", "2"))
        for name in "ab":
            pathlib.Path("folder", name).mkdir(exist_ok=True, parents=True)
            shutil.copy("image.tst", f"folder/{name}/image.TST")
        self.assertIn("Classes  2", run(PROGRAM, "show", "folder", "--samples", "0"))
        pathlib.Path("cut.tst").write_bytes(GOOD_IMAGE[:-1])
        self.assertIn("expected 784 pixels", run(PROGRAM, "predict", "run", "cut.tst", code=65))

    def test_the_plan_shows_the_fused_step(self):
        self.assertIn("swish_twice", run(PROGRAM, "plan", "run", "--inference"))

    def test_the_activation_is_traced(self):
        trace = run(PROGRAM, "trace", "run", "image.tst", "--at", "swish_1/Swish[0,0,0]")
        self.assertIn("swish", trace)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
