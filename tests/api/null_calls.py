#!/usr/bin/python3
"""Writes a C program that calls every public function with wrong arguments, each call in a child process: an error or a neutral
answer, never a signal (status.h). The prototypes and structs are read from the headers, so that a new function is called without
hand work. The calls: all pointers NULL and all else 0; and, with valid values for all the rest,

  each pointer NULL in turn (refused, except those that may be NULL);
  each number in turn far out of range, each real number NaN or infinite, each node none or of nowhere;
  each number in the options likewise, refused where it is NaN.

Usage: null_calls.py INCLUDE_FOLDER > null_calls.c"""
import pathlib
import re
import sys

# Arguments for which NULL is a choice of its own, by name, or by function and name.
CHOICE = {"err", "options", "session", "context", "class_names", "cache", "measured", "results", "folder", "background"}
CHOICE_OF = {
    "oc_model_filters": {"layer"}, "oc_model_features": {"layer"}, "oc_convolve_activate": {"h"},
    "oc_background_check": {"text"},
    "oc_dataset_read": {"pixels", "labels"}, "oc_dataset_read_targets": {"pixels"}, "oc_batch_read": {"pixels", "labels"},
    "oc_model_fit": {"valid"}, "oc_convnn_train": {"valid"}, "oc_file_save": {"bytes"}, "oc_image_decode": {"bytes"},
    "oc_matrix_parse": {"bytes"}, "oc_tensorboard_close": {"t"}, "oc_graph_custom_op": {"attributes"},
}
SKIPPED = {"oc_error_fill", "oc_graph_fail"}  # arguments after a format

# Valid values, by type, or by name where one type means several things.
BY_KIND = {
    "oc_graph *": "f.g", "oc_model *": "f.m", "oc_session *": "f.s", "oc_plan *": "f.plan", "oc_dataset *": "f.data.train",
    "oc_augmentation *": "f.augmentation", "oc_augment_key *": "&f.key", "oc_convnn *": "f.c", "oc_tensorboard *": "f.board", "oc_chart *": "f.chart", "oc_chart *const *": "(const oc_chart *const[]){f.chart}",
    "oc_chart_form *": '&(oc_chart_form){.title = "t"}', "oc_mark *": "&(oc_mark){.count = 0}", "oc_chart_view *": "&(oc_chart_view){80, 0, false}", "oc_data *": "&f.data", "oc_standardizer *": "&f.standardizer",
    "oc_error *": "&f.err", "oc_matrix *": "&f.matrix", "oc_network *": "&f.network", "oc_shape *": "&f.shape",
    "oc_tensor *": "&f.tensor", "oc_image_shape": "(oc_image_shape){28, 28, 1}", "oc_node": "f.x", "oc_shape": "OC_SHAPE(2)",
    "oc_feed *": "&f.feed", "float *": "f.room", "oc_node *": "f.nodes", "char *const *": "f.names", "oc_line_fn": "line",
    "oc_event_fn": "NULL", "oc_read_fn": "give", "oc_dataset_options *": "&(oc_dataset_options){.count = 1, .size = {28, 28, 1}}", "bool": "true", "double": "0.5", "void *": "f.room", "oc_trace *": "f.trace", "oc_int8_model *": "f.int8",
    "oc_registry *": "f.registry", "oc_custom_op *": "&op", "oc_custom_layer *": "&layer", "oc_custom_optimizer *": "&optimizer",
    "oc_custom_source *": "&source", "oc_op_info *": "NULL", "oc_call *": "NULL", "oc_layer *": "NULL", "oc_minimizer *": "NULL",
    "oc_trace_gradient *": "f.gradient", "oc_preprocessing *": "&(oc_preprocessing){.shape = {28, 28, 1}}", "oc_image *": "&f.picture", "oc_hyperparameter *": 'oc_optimizer_hyperparameter_at("adam", 0)',
}
BY_NAME = {"count": "1", "size": "1", "bytes": "4", "batch": "4", "samples": "1", "classes": "10", "channels": "1", "rank": "1",
           "threads": "1", "epoch": "1", "depth": "3", "index": "0", "label": "1", "views": "1"}
TEXT = {"path": '"absent/file"', "where": '"xo:40:8"', "text": '"tiny"', "name": '"tf_x"', "layer": '"conv_1"', "key": '"net"',
        "address": '"probabilities[1]"', "folder": '"."', "tag": '"tag"', "markdown": '"text"', "net": '"tiny"'}
# Where these are not valid, by function.
VALID_OF = {
    "oc_image_decode": {"background": '"black"', "bytes": '"P5 1 1 255 x"', "size": "12"},
    "oc_background_check": {"text": '"white"'}, "oc_image_load": {"background": '"black"', "path": '"saved.pgm"'},
    "oc_image_save": {"path": '"new.pgm"'}, "oc_dataset_open_file": {"path": '"saved.pgm"'}, "oc_file_save": {"path": '"new"'}, "oc_chart_save": {"path": '"new.svg"'},
    "oc_file_load": {"path": '"saved.pgm"', "limit": "(size_t)100000"}, "oc_matrix_save": {"path": '"new.csv"'},
    "oc_matrix_load": {"path": '"saved.csv"'}, "oc_matrix_parse": {"bytes": '"1 2"', "size": "3"},
    "oc_matrix_parse_argument": {"text": '"1 2; 3 4"'}, "oc_augmentation_create": {"text": '"flip"'}, "oc_matrix_create": {"sizes": "(const int64_t[]){3}"},
    "oc_model_verify": {"path": '"saved.safetensors"'}, "oc_model_save": {"path": '"new.safetensors"'}, "oc_model_load": {"path": '"saved.safetensors"'},
    "oc_model_load_memory": {"bytes": "f.file", "size": "f.file_bytes"},
    "oc_session_save": {"path": '"new.safetensors"'}, "oc_session_load": {"path": '"session.safetensors"'},
    "oc_convnn_save": {"path": '"new.safetensors"'}, "oc_convnn_load": {"path": '"saved.safetensors"'},
    "oc_variable_get": {"bytes": "(size_t)48"}, "oc_variable_set": {"bytes": "(size_t)48"}, "oc_find": {"name": '"x"'},
    "oc_conv2d": {"x": "f.image", "w": "f.kernel"}, "oc_bias_add": {"b": "f.bias"}, "oc_max_pool": {"x": "f.image"},
    "oc_mean_pool": {"x": "f.image"}, "oc_global_mean_pool": {"x": "f.image"},
    "oc_matmul": {"b": "f.w", "transpose_a": "false", "transpose_b": "false"},
    "oc_reshape": {"shape": "OC_SHAPE(OC_BATCH, 2, 2)"}, "oc_transpose": {"perm": "(const int[]){0, 1}"},
    "oc_concat": {"axis": "1"}, "oc_one_hot": {"labels": "f.labels"}, "oc_equal": {"a": "f.labels", "b": "f.labels"},
    "oc_dropout": {"keep_prob": "f.loss"}, "oc_minimize": {"loss": "f.loss"}, "oc_gradients": {"loss": "f.loss"},
    "oc_batch_norm": {"gamma": "f.bias", "beta": "f.bias", "moving_mean": "f.mean", "moving_variance": "f.variance"},
    "oc_net_build": {"x": "f.images"}, "oc_trace_gradient_create": {"address": '"conv_1/_weights[0,0,0,0]"'},
    "oc_xo_votes_fit": {"d": "f.letters.train"}, "oc_xo_score": {"d": "f.letters.train"},
    "oc_xo_read_model": {"m": "f.reader"}, "oc_xo_learned": {"m": "f.reader"},
    "oc_run": {"feed_count": "1"}, "oc_session_load_memory": {"bytes": "f.variables", "size": "f.variables_bytes"},
    "oc_graph_custom_op": {"name": '"mine.op"', "inputs": "f.nodes"},
    "oc_convolve1d_axis": {"n": "8", "m": "3"}, "oc_convolve1d": {"n": "8", "m": "3"},
    "oc_convolve2d_axes": {"sizes": "&(oc_convolve2d_sizes){1, 8, 8, 2, 3, 3, 2}"},
    "oc_convolve2d": {"sizes": "&(oc_convolve2d_sizes){1, 8, 8, 2, 3, 3, 2}"},
    "oc_convolve_activate": {"places": "4", "outputs": "2"}, "oc_pool2d": {"sizes": "&(oc_pool2d_sizes){1, 8, 8, 2}"},
    "oc_pool2d_axes": {"sizes": "&(oc_pool2d_sizes){1, 8, 8, 2}"},
}
# What is freed ends with the call; arguments that say how long a buffer of the caller's is.
LENGTHS = {"places", "outputs", "count", "size", "bytes", "rank", "images", "n", "m", "first", "classes", "channels", "index"}
CHECKED_LENGTHS = {("oc_dataset_read", "index"), ("oc_dataset_read", "count"), ("oc_dataset_read_targets", "index"), ("oc_dataset_read_targets", "count"), ("oc_model_class_name", "label"),
                   ("oc_variable_name", "index"), ("oc_variable_view", "index"), ("oc_variable_get", "index"),
                   ("oc_variable_get", "bytes"), ("oc_variable_set", "bytes"), ("oc_node_at", "index"), ("oc_one_hot", "depth"),
                   ("oc_dataset_target", "index"), ("oc_plan_result", "index"), ("oc_plan_step_time", "index"),
                   ("oc_image_convert", "channels"), ("oc_xo_feature_at", "index"), ("oc_net_preset_name", "index"),
                   ("oc_lr_schedule_name", "index"), ("oc_optimizer_name", "index"), ("oc_loss_name", "index"), ("oc_metric_name", "index"), ("oc_optimizer_hyperparameter_at", "index"),
                   ("oc_lr_schedule_hyperparameter_at", "index"), ("oc_net_layer_name", "index"),
                   ("oc_net_layer_hyperparameter_at", "index"), ("oc_net_init_name", "index"), ("oc_image_format", "index"), ("oc_library_at", "index"), ("oc_net_preset_option_at", "index"), ("oc_data_source", "index"),
                   ("oc_graph_custom_op", "count"), ("oc_chart_save", "count"), ("oc_variable_value", "index"), ("oc_variable_entry", "index"), ("oc_trainable_get", "bytes"), ("oc_trainable_set", "bytes"), ("oc_variable_trainable", "index"), ("oc_concat", "count")}
INTEGERS = {"int": ("-1", "INT_MIN", "INT_MAX"), "int32_t": ("-1", "INT32_MIN", "INT32_MAX"),
            "int64_t": ("-1", "INT64_MIN", "INT64_MAX"), "unsigned": ("UINT_MAX",), "uint64_t": ("UINT64_MAX",),
            "size_t": ("SIZE_MAX",)}
REALS = ("NAN", "INFINITY", "-1.0", "1e300")
NODES = ("OC_NO_NODE", "(oc_node){-1, 0}", "(oc_node){1, -1}", "(oc_node){INT32_MAX, 0}", "(oc_node){1, 1000}")
STRUCTS = {
    "oc_shape": ("(oc_shape){-1, {0}}", "(oc_shape){99, {0}}", "OC_SHAPE(-5)", "OC_SHAPE(INT64_MAX, INT64_MAX)", "OC_SHAPE(0)"),
    "oc_image_shape": ("(oc_image_shape){-1, 28, 1}", "(oc_image_shape){0}",
                        "(oc_image_shape){INT64_MAX, INT64_MAX, 3}", "(oc_image_shape){28, 28, INT64_MAX}"),
    "oc_init": ("(oc_init){(oc_init_kind)99, 0, false}", "(oc_init){OC_INIT_CONSTANT, NAN, false}"),
    "oc_node": NODES,
    "double": REALS,
}
ENUMS = {"oc_target_kind", "oc_dtype", "oc_init_kind", "oc_isa", "oc_padding", "oc_resize_mode", "oc_xo_kind", "oc_status"}
# Values out of range of these are found later: convnn.h.
LATER = {"oc_convnn_create"}
# Real numbers in options that may be any: what lies beyond the edge.
ANY = {"fill"}
# What says that a call was refused, by the type of the result.
REFUSED = {"oc_status": "{} != OC_OK", "oc_node": "!oc_node_valid({})"}
# Numbers of options that only make the work long or large, as the caller intends.
WORK = {"epochs", "max_bytes", "keep"}


def source(path):
    return re.sub(r"/\*.*?\*/", " ", path.read_text(encoding="utf-8"), flags=re.S)


def prototypes(folder):
    for path in sorted(pathlib.Path(folder).glob("*.h")):
        for match in re.finditer(r"OC_API\s+([^;#]*?)\b(oc_\w+)\(([^;#]*)\)[^;()]*;", source(path)):
            arguments = [] if match[3].strip() == "void" else [" ".join(a.split()) for a in match[3].split(",")]
            yield " ".join(match[1].split()), match[2], arguments


def options(folder):
    """The members of each struct of options: {struct: [(type, member)]}."""
    found = {}
    for path in sorted(pathlib.Path(folder).glob("*.h")):
        for match in re.finditer(r"typedef struct (oc_\w+_options|oc_network)\s*\{(.*?)\}", source(path), re.S):
            members = found.setdefault(match[1], [])
            for kind, names in re.findall(r"\b(int|int64_t|double|oc_isa|oc_padding|oc_dtype)\s+([^;*()]+);", match[2]):
                members += [(kind, name.strip().replace("[2]", "[0]").replace("[4]", "[0]")) for name in names.split(",")]
    return found


def split(argument):
    """The type and the name of a parameter; an array is a pointer."""
    array = re.match(r"(.*?)(\w+)\s*((?:\[[^\]]*\])+)$", argument)
    if array:
        return array[1].strip() + " *", array[2]
    plain = re.match(r"(.*?[\s*])(\w+)$", argument)
    return (plain[1].strip(), plain[2]) if plain else (argument, "")


def is_pointer(kind):
    return "*" in kind or re.fullmatch(r"oc_\w+_fn", kind) is not None


def check(text, function, result, refusal):
    call = f"(void){text}"
    if refusal and result in REFUSED:
        call = f"refused = {REFUSED[result].format(text)}"
    return f'  CHECK("{function}", {call});'


def all_null(result, name, kinds):
    values = ["NULL" if is_pointer(kind) else f"({kind}){{0}}" for kind, _ in kinds]
    needed = any(is_pointer(kind) and n not in CHOICE | CHOICE_OF.get(name, set()) for kind, n in kinds)
    return check(f"{name}({', '.join(values)})", name, result, needed)


def valid(kind, name, function):
    if name in VALID_OF.get(function, {}):
        return VALID_OF[function][name]
    plain = kind.replace("const ", "", 1) if kind.startswith("const ") else kind
    if plain == "char *":
        return TEXT.get(name, '"x"') if kind.startswith("const") else "(char *)f.room"
    if plain in BY_KIND:
        return BY_KIND[plain]
    if is_pointer(kind):
        return "f.room"
    return f"({kind}){BY_NAME.get(name, '0')}" if kind in INTEGERS else f"({kind}){{0}}"


def wrong_values(name, kind, argument):
    """Values of an argument, none of which may end the process."""
    if kind in STRUCTS:
        return STRUCTS[kind]
    if kind in ENUMS:
        return (f"({kind})99", f"({kind})-1")
    if kind in INTEGERS and (argument not in LENGTHS or (name, argument) in CHECKED_LENGTHS):
        return INTEGERS[kind]
    return tuple(v for v in INTEGERS.get(kind, ()) if v.startswith("-") or v.endswith("MIN"))


def in_turn(result, name, kinds):
    good = [valid(kind, n, name) for kind, n in kinds]
    for i, (kind, argument) in enumerate(kinds):
        if is_pointer(kind):
            needed = argument not in CHOICE | CHOICE_OF.get(name, set())
            text = f"{name}({', '.join([*good[:i], 'NULL', *good[i + 1:]])})"
            yield check(text, f"{name}, {argument} NULL", result, needed)
        for value in wrong_values(name, kind, argument):
            text = f"{name}({', '.join([*good[:i], f'({kind}){value}' if kind in INTEGERS else value, *good[i + 1:]])})"
            yield check(text, f"{name}, {argument} {value}", result, False)


def wrong_options(result, name, kinds, structs):
    good = [valid(kind, n, name) for kind, n in kinds]
    for i, (kind, argument) in enumerate(kinds):
        struct = kind.replace("const ", "").replace(" *", "")
        for member_kind, member in structs.get(struct, ()):
            values = ("NAN", "-INFINITY") if member_kind == "double" else INTEGERS.get(member_kind, ("-1", "99"))
            for value in values:
                if member in WORK and "MAX" in value:
                    continue
                base = ".input = {28, 28, 1}, " if struct == "oc_network" else ""
                changed = f"&({struct}){{{base}.{member} = {'' if member_kind not in ('oc_isa', 'oc_padding', 'oc_dtype') else f'({member_kind})'}{value}}}"
                text = f"{name}({', '.join([*good[:i], changed, *good[i + 1:]])})"
                yield check(text, f"{name}, {argument}.{member} {value}", result, value == "NAN" and name not in LATER and member not in ANY)


PROGRAM = r"""#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int failed;

/* Valid arguments. Made before the children are, with one thread, since threads do not come along into a child. */
static struct fixture {
  oc_error err;
  oc_data data, letters;
  oc_graph *g;
  oc_node x, w, image, kernel, bias, mean, variance, labels, loss, images, nodes[8];
  oc_session *s;
  oc_plan *plan;
  oc_model *m, *reader;
  void *file, *variables;
  size_t file_bytes, variables_bytes;
  oc_augmentation *augmentation;
  oc_augment_key key;
  oc_convnn *c;
  oc_tensorboard *board;
  oc_standardizer standardizer;
  oc_matrix matrix;
  oc_network network;
  oc_shape shape;
  oc_tensor tensor;
  oc_image picture;
  oc_feed feed;
  oc_trace *trace;
  oc_trace_gradient *gradient;
  oc_chart *chart;
  oc_int8_model *int8;
  oc_registry *registry;
  const char *names[16];
  void *room;
} f;

static void line(void *context, const char *text) {
  (void)context, (void)text;
}

static oc_status give(void *context, const int64_t *indices, int64_t count, uint8_t *pixels, void *const *targets, oc_error *err) {
  (void)context, (void)indices, (void)count, (void)pixels, (void)targets, (void)err;
  return OC_OK;
}

static void must(oc_status status) {
  if (status == OC_OK) return;
  printf("fixture: %s: %s\n", f.err.where, f.err.message);
  exit(2);
}

static oc_status rule(oc_op_info *info, oc_error *err) {
  (void)err;
  oc_op_set_output(info, 0, oc_op_input_dtype(info, 0), oc_op_input_shape(info, 0));
  return OC_OK;
}
static oc_status compute(const oc_call *call, oc_error *err) {
  (void)call, (void)err;
  return OC_OK;
}
static oc_node build(oc_graph *g, const oc_layer *l, oc_node x) {
  (void)g, (void)l;
  return x;
}
static oc_node apply(oc_graph *g, oc_minimizer *m, oc_node variable, oc_node gradient, double decay) {
  (void)m, (void)decay;
  return oc_assign(g, variable, gradient);
}
static oc_status open_data(void *context, const char *where, const oc_data_options *options, oc_data *out, oc_error *err) {
  (void)context, (void)where;
  return oc_data_open("xo:40:8", options, out, err);
}
static const oc_custom_op op = {.name = "mine.op", .infer = rule, .run_f32 = compute, .run_f64 = compute};
static const oc_custom_layer layer = {.name = "mine.layer", .build = build};
static const oc_custom_optimizer optimizer = {.name = "mine.optimizer", .apply = apply};
static const oc_custom_source source = {.name = "mine.source", .open = open_data};

static void make_graph(void) {
  oc_registry *rows;
  must(oc_registry_create(&f.registry, &f.err)); /* open for rows */
  must(oc_registry_create(&rows, &f.err));
  must(oc_registry_add_op(rows, &op, &f.err));
  const oc_graph_options with = {.registry = rows};
  must(oc_graph_create(&with, &f.g, &f.err));
  oc_registry_free(rows);
  f.x = oc_placeholder(f.g, "x", OC_F32, OC_SHAPE(OC_BATCH, 4));
  const oc_init ones = oc_init_of(OC_INIT_ONES), kept = {OC_INIT_ONES, 0, true};
  f.w = oc_variable(f.g, "w", OC_SHAPE(4, 3), ones);
  f.kernel = oc_variable(f.g, "kernel", OC_SHAPE(3, 3, 2, 4), ones);
  f.bias = oc_variable(f.g, "bias", OC_SHAPE(4), ones);
  f.mean = oc_variable(f.g, "mean", OC_SHAPE(4), kept);
  f.variance = oc_variable(f.g, "variance", OC_SHAPE(4), kept);
  f.image = oc_placeholder(f.g, "image", OC_F32, OC_SHAPE(OC_BATCH, 8, 8, 2));
  f.images = oc_placeholder(f.g, "images", OC_F32, OC_SHAPE(OC_BATCH, 28, 28, 1));
  f.labels = oc_placeholder(f.g, "labels", OC_I32, OC_SHAPE(OC_BATCH));
  const oc_node y = oc_named(f.g, oc_matmul(f.g, f.x, f.w, false, false), "y");
  f.loss = oc_reduce_mean(f.g, y, 0);
  for (int i = 0; i < 8; i++) f.nodes[i] = y;
  for (int i = 0; i < 16; i++) f.names[i] = "y";
  must(oc_graph_status(f.g, &f.err));
  const oc_session_options one = {.threads = 1};
  must(oc_session_create(f.g, &one, &f.s, &f.err));
  must(oc_plan_create(f.s, f.nodes, 1, NULL, &f.plan, &f.err));
  must(oc_plan_bind(f.plan, f.x, f.room, &f.err));
  f.tensor = (oc_tensor){OC_F32, OC_SHAPE(1, 4), f.room};
  f.feed = (oc_feed){"x", {OC_F32, OC_SHAPE(1, 4), f.room}};
}

static void make_model(void) {
  const oc_data_options parts = {.valid = "16"};
  const oc_session_options one = {.threads = 1};
  const oc_model_options tiny = {.net = "tiny", .session = &one};
  must(oc_data_open("digits:64:16", &parts, &f.data, &f.err));
  must(oc_standardizer_fit(f.data.train, &f.standardizer, &f.err));
  must(oc_model_create(f.data.train, &tiny, &f.m, &f.err));
  const oc_convnn_options how = {.net = "tiny", .threads = 1, .epochs = 1};
  must(oc_convnn_create(&how, &f.c, &f.err));
  must(oc_convnn_build(f.c, f.data.train, &f.err));
  must(oc_convnn_save_epoch(f.c, 1, ".", &f.err));
  must(oc_model_save(f.m, "saved.safetensors", &f.err));
  must(oc_model_save_memory(f.m, &f.file, &f.file_bytes, &f.err));
  must(oc_session_save_memory(f.s, &f.variables, &f.variables_bytes, &f.err));
  must(oc_session_save(f.s, "session.safetensors", &f.err));
  must(oc_image_save("saved.pgm", (oc_image_shape){28, 28, 1}, f.room, &f.err));
  must(oc_matrix_save(&f.matrix, "saved.csv", &f.err));
  const oc_model_options letters = {.net = OC_XO_NET, .session = &one};
  must(oc_data_open("xo:64:16", &parts, &f.letters, &f.err));
  must(oc_model_create(f.letters.train, &letters, &f.reader, &f.err));
  must(oc_trace_create(f.m, f.room, "conv_1/activation[0,0,0]", &f.trace, &f.err));
  must(oc_trace_gradient_create(f.m, f.room, "conv_1/_weights[0,0,0,0]", 1, &f.gradient, &f.err));
  must(oc_model_quantize(f.m, f.data.train, 1, &f.int8, &f.err));
}

static void make(void) {
  f.room = calloc(1, 1 << 24);
  if (!f.room) exit(2);
  f.shape = OC_SHAPE(2, 3);
  f.picture = (oc_image){.size = {28, 28, 1}, .pixels = f.room};
  must(oc_augmentation_create("shift 2", (oc_image_shape){28, 28, 1}, NULL, &f.augmentation, &f.err));
  f.network = (oc_network){.input = {28, 28, 1}};
  must(oc_matrix_create(2, (const int64_t[]){2, 2}, &f.matrix, &f.err));
  must(oc_chart_create(&(oc_chart_form){.title = "t"}, &f.chart, &f.err));
  const oc_status board = oc_tensorboard_open("board", 0, &f.board, &f.err);
  if (board != OC_E_UNSUPPORTED) must(board);
  make_graph();
  make_model();
}

static void judge(const char *name, int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  failed++;
  printf("%s: %s %d\n", name, WIFSIGNALED(status) ? "signal" : "not refused", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

#define CHECK(name, call)        \
  do {                           \
    int refused = 1, status = 0; \
    fflush(stdout);              \
    const pid_t child = fork();  \
    if (child == 0) {            \
      alarm(300);                \
      call;                      \
      _exit(refused ? 0 : 3);    \
    }                            \
    waitpid(child, &status, 0);  \
    judge(name, status);         \
  } while (0)
"""


def main():
    structs = options(sys.argv[1])
    functions = []
    for result, name, arguments in prototypes(sys.argv[1]):
        if name in SKIPPED:
            continue
        kinds = [split(a) for a in arguments]
        calls = [all_null(result, name, kinds), *in_turn(result, name, kinds), *wrong_options(result, name, kinds, structs)]
        functions.append((name, calls))
    print("/* Made by null_calls.py. */")
    print("\n".join(f"#include <ocellus/{p.name}>" for p in sorted(pathlib.Path(sys.argv[1]).glob("*.h"))))
    print(PROGRAM)
    for name, calls in functions:
        print(f"static void call_{name}(void) {{\n" + "\n".join(calls) + "\n}\n")
    print("int main(void) {\n  make();\n" + "\n".join(f"  call_{name}();" for name, _ in functions))
    print(f'  printf("{len(functions)} functions, {sum(len(c) for _, c in functions)} calls, %d failed\\n", failed);\n'
          "  return failed ? 1 : 0;\n}")


main()
