#!/usr/bin/env python3
"""Writes the bad model files of this folder, and expected.txt: file, status, part of the message.

Each file is the same tiny good model (a 2x2 gray image, two classes, one dense layer) with one thing wrong; those whose
names begin with "3-" are of format 3, with a graph, those with "2-" of format 2, the others of format 1, where only the
data has a sum, so that a wrong header reaches the checks of what it says.
Run it after a change of the format; the files are committed so that tests need no Python.
"""
import hashlib
import json
import math
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = {"F32": 4, "F64": 8, "F16": 2}
rows = []


def tensors():
    f = lambda *v: struct.pack(f"<{len(v)}f", *v)
    return {
        "input/deviation": ["F64", [], struct.pack("<d", 64.5)],
        "fc_1/_weights": ["F32", [4, 2], f(0.5, -0.5, 0.25, -0.25, 1, -1, 0, 0)],
        "fc_1/_biases": ["F32", [2], f(0.1, -0.1)],
        "input/mean": ["F32", [2, 2, 1], f(1, 2, 3, 4)],
    }


def metadata():
    return {
        "format": "ocellus", "format_version": "1", "kind": "model", "version": "0.1.0", "net": "dense 2",
        "picture": "2x2x1", "classes": '["X","O"]',
    }


def build(t, meta, hash_it=True):
    """Header (a dict) and data, contiguous and with the right hash."""
    data, header = b"", {"__metadata__": meta}
    for name, (dtype, shape, content) in t.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    if hash_it:
        meta["sha256"] = hashlib.sha256(data).hexdigest()
    return header, data


def sums(t, meta):
    """The two sums of formats 2 and 3, as docs/formats.md defines them."""
    covered = ["classes", "format", "format_version", "kind", "metrics", "net", "options", "progress", "provenance",
               "trained_epochs", "valid_accuracy", "version"]
    covered = sorted(covered + (["picture"] if meta["format_version"] == "2" else ["graph", "heads", "image_shape", "outputs"]))
    covered = sorted(covered + (["preprocessing", "training_images"] if meta["format_version"] == "4" else []))
    one, two = hashlib.sha256(), hashlib.sha256()
    for name in sorted(t):
        dtype, shape, content = t[name]
        one.update(f"{name}\0{dtype}\0{'x'.join(map(str, shape))}\0".encode() + content)
    for key in covered:
        if key in meta:
            two.update(f"{key}\0{meta[key]}\0".encode())
    return {"sha256": one.hexdigest(), "metadata_sha256": two.hexdigest()}


def second():
    """Tensors and metadata of the good model of format 2."""
    t, meta = tensors(), metadata()
    meta["format_version"] = "2"
    meta.update(sums(t, meta))
    return t, meta


def pack(header, data, size=None):
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 8)
    return struct.pack("<Q", len(text) if size is None else size) + text + data


def put(name, content, status, message):
    with open(os.path.join(HERE, name + ".safetensors"), "wb") as f:
        f.write(content)
    rows.append(f"{name}.safetensors\t{status}\t{message}\n")


def good():
    return build(tensors(), metadata())


def bad_header(name, change, message):
    """`change` alters the header of the good file, or returns the bytes to put in its place."""
    header, data = good()
    replaced = change(header)
    put(name, pack(replaced if isinstance(replaced, bytes) else header, data), "OC_E_DATA", message)


def bad_tensors(name, change, message):
    t = tensors()
    change(t)
    put(name, pack(*build(t, metadata())), "OC_E_DATA", message)


def bad_metadata(name, change, message, status="OC_E_DATA", hash_it=True):
    m = metadata()
    change(m)
    put(name, pack(*build(tensors(), m, hash_it)), status, message)


def frame():
    header, data = good()
    whole = pack(header, data)
    put("empty", b"", "OC_E_DATA", "too few")
    put("five-bytes", whole[:5], "OC_E_DATA", "too few")
    put("truncated-header", whole[:60], "OC_E_DATA", "truncated")
    put("truncated-data", whole[:-4], "OC_E_DATA", "truncated")
    put("header-of-2-to-63", pack(header, data, 1 << 63), "OC_E_DATA", "9223372036854775808")
    put("header-over-limit", pack(header, data, 100_000_001), "OC_E_DATA", "the limit is 100000000")
    put("header-empty", struct.pack("<Q", 0) + data, "OC_E_DATA", "must begin with '{'")
    put("header-begins-with-space", pack(b" {}", b""), "OC_E_DATA", "must begin with '{'")
    put("header-is-a-list", pack(b"[1,2]  ", b""), "OC_E_DATA", "must begin with '{'")
    put("not-json", pack(b'{"a": nothing}', data), "OC_E_DATA", "invalid JSON")
    put("two-objects", pack(b"{}{}", b""), "OC_E_DATA", "invalid JSON")
    put("deep-json", pack(b'{"a":' * 5000 + b"1" + b"}" * 5000, data), "OC_E_DATA", "invalid JSON")
    put("nan-offset", pack(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[NaN,1]}}', b"x"), "OC_E_DATA", "invalid JSON")
    put("trailing-bytes", whole + b"more", "OC_E_DATA", "belong to no tensor")
    put("tensors-only", pack(*build(tensors(), {}, False)), "OC_E_DATA", "not an Ocellus model")


def headers():
    def entry(**values):
        return lambda h: h["fc_1/_weights"].update(values)

    text = json.dumps(good()[0]).encode()
    twice = text[:-1] + b', "input/mean": ' + json.dumps(good()[0]["input/mean"]).encode() + b"}"
    bad_header("duplicate-tensor", lambda h: twice, "invalid JSON: duplicate")
    bad_header("overlap", lambda h: h["fc_1/_biases"].update(data_offsets=[32, 40]), "overlaps")
    bad_header("hole", lambda h: h.pop("fc_1/_biases"), "a gap precedes it")
    bad_header("offset-negative", entry(data_offsets=[-8, 24]), "data_offsets must be")
    bad_header("offset-real", entry(data_offsets=[8.0, 40.0]), "data_offsets must be")
    bad_header("offset-backwards", entry(data_offsets=[40, 8]), "end before they begin")
    bad_header("offset-beyond", entry(data_offsets=[8, 1 << 40]), "needs 32")
    bad_header("offsets-beyond", entry(data_offsets=[1 << 40, (1 << 40) + 32]), "a gap precedes it")
    bad_header("offset-over-64-bits", entry(data_offsets=[8, 1 << 64]), "invalid JSON")
    bad_header("offsets-three", entry(data_offsets=[8, 16, 40]), "data_offsets must be")
    bad_header("shape-overflow", entry(shape=[1 << 62, 8]), "too large")
    bad_header("shape-other-size", entry(shape=[4, 3]), "needs 48")
    bad_header("shape-negative", entry(shape=[-4, -2]), "integers")
    bad_header("shape-rank-9", entry(shape=[1] * 7 + [4, 2]), "too many axes: 9")
    bad_header("shape-missing", lambda h: h["fc_1/_weights"].pop("shape"), "nothing else")
    bad_header("dtype-unknown", entry(dtype="I16"), "unsupported dtype I16")
    bad_header("dtype-of-16-bits", entry(dtype="BF16"), "BF16 (4, 2) needs 16")
    bad_header("dtype-number", entry(dtype=4), "dtype is missing")
    bad_header("entry-has-more", entry(more=1), "nothing else")
    bad_header("entry-is-text", lambda h: h.update({"fc_1/_weights": "none"}), "must be an object")
    bad_header("metadata-number", lambda h: h["__metadata__"].update(epochs=20), "must be a string")
    bad_header("metadata-list", lambda h: h.update(__metadata__=[]), "must be an object with string values")
    bad_header("name-with-escape", lambda h: h.update({"\x1b[2J": h.pop("input/mean")}), "control character")


def contents():
    f = lambda *v: struct.pack(f"<{len(v)}f", *v)
    bad_tensors("wrong-shape", lambda t: t["fc_1/_weights"].__setitem__(1, [2, 4]), "the network needs float32 (4, 2)")
    bad_tensors("wrong-dtype", lambda t: t.update({"fc_1/_biases": ["I32", [2], struct.pack("<2i", 0, 0)]}),
                "the network needs float32 (2,)")
    bad_tensors("missing-tensor", lambda t: t.pop("fc_1/_biases"), "'fc_1/_biases' is missing")
    bad_tensors("missing-mean", lambda t: t.pop("input/mean"), "'input/mean' is missing")
    bad_tensors("nan-weight", lambda t: t.update({"fc_1/_biases": ["F32", [2], f(0, math.nan)]}), "not finite")
    bad_tensors("infinite-mean", lambda t: t.update({"input/mean": ["F32", [2, 2, 1], f(0, math.inf, 0, 0)]}), "not finite")
    bad_tensors("nan-deviation", lambda t: t.update({"input/deviation": ["F64", [], struct.pack("<d", math.nan)]}),
                "not finite")
    bad_tensors("zero-deviation", lambda t: t.update({"input/deviation": ["F64", [], struct.pack("<d", 0)]}),
                "greater than 0")


def metadatas():
    def key(name, value):
        return lambda m: m.update({name: value})

    def without(name):
        return lambda m: m.pop(name)

    bad_metadata("newer-version", key("format_version", "5"), "format version 5", "OC_E_UNSUPPORTED")
    bad_metadata("version-huge", key("format_version", "99999999999"), "invalid format_version")
    bad_metadata("version-text", key("format_version", "one"), "invalid format_version")
    bad_metadata("version-negative", key("format_version", "-1"), "invalid format_version")
    bad_metadata("no-version", without("format_version"), "invalid format_version")
    bad_metadata("other-format", key("format", "pt"), "not an Ocellus model")
    bad_metadata("checkpoint", key("kind", "checkpoint"), "invalid 'progress'")
    bad_metadata("checkpoint-progress", lambda m: m.update(kind="checkpoint", progress='{"epoch": "two"}'),
                 "invalid 'progress'")
    bad_metadata("checkpoint-negative", lambda m: m.update(kind="checkpoint", progress='{"epoch": -1}'),
                 "invalid 'progress'")
    bad_metadata("other-kind", key("kind", "song"), "kind 'song'")
    bad_metadata("no-kind", without("kind"), "no kind")
    bad_metadata("wrong-hash", key("sha256", "0" * 64), "SHA-256", hash_it=False)
    bad_metadata("no-hash", lambda m: None, "no sha256", hash_it=False)
    bad_metadata("no-net", without("net"), "no net")
    bad_metadata("unknown-layer", key("net", "dance 2"), "dance")
    bad_metadata("other-net", key("net", "dense 3 relu | dense 2"), "the network needs")
    bad_metadata("huge-net", key("net", "dense 2000000000 | dense 2"), "must be 1 to 16777216")
    bad_metadata("large-net", key("net", "dense 16777216 | dense 2"), "the network needs")
    bad_metadata("no-image", without("picture"), "no picture")
    bad_metadata("image-two-numbers", key("picture", "2x2"), "picture must be")
    bad_metadata("image-zero", key("picture", "0x2x1"), "picture must be")
    bad_metadata("image-huge", key("picture", "65536x65536x65536"), "at most 2^40")
    bad_metadata("image-large", key("picture", "4096x4096x64"), "the network needs")
    bad_metadata("no-classes", without("classes"), "no classes")
    bad_metadata("one-class", key("classes", '["X"]'), "list of 2")
    bad_metadata("classes-no-list", key("classes", '{"X":1}'), "list of 2")
    bad_metadata("class-name-number", key("classes", '["X",1]'), "is not a string")
    bad_metadata("class-name-with-escape", key("classes", '["X","\\u001b"]'), "control characters")
    bad_metadata("three-classes", key("classes", '["X","O","T"]'), "3")


def bad_second(name, change, message, then=None):
    """`change` alters tensors and metadata after the sums were made, `then` before."""
    t, meta = tensors(), metadata()
    meta["format_version"] = "2"
    if then:
        then(t, meta)
    meta.update(sums(t, meta))
    change(t, meta)
    put("2-" + name, pack(*build(t, meta, False)), "OC_E_DATA", message)


def seconds():
    f = lambda *v: struct.pack(f"<{len(v)}f", *v)
    none = lambda t, m: None
    half = lambda values: b"".join(struct.pack("<e", v) for v in values)
    bad_second("no-sum", lambda t, m: m.pop("sha256"), "no sha256")
    bad_second("no-metadata-sum", lambda t, m: m.pop("metadata_sha256"), "no metadata_sha256")
    bad_second("class-renamed", lambda t, m: m.update(classes='["X","Q"]'), "metadata SHA-256")
    bad_second("key-removed", lambda t, m: m.pop("version"), "metadata SHA-256")
    bad_second("key-added", lambda t, m: m.update(valid_accuracy="1"), "metadata SHA-256")
    bad_second("tensor-renamed", lambda t, m: t.update({"fc_1/biases": t.pop("fc_1/_biases")}), "tensor SHA-256")
    bad_second("tensor-added", lambda t, m: t.update({"more": ["F32", [1], f(0)]}), "tensor SHA-256")
    bad_second("reshaped", lambda t, m: t["input/mean"].__setitem__(1, [1, 4, 1]), "tensor SHA-256")
    bad_second("values-swapped", lambda t, m: t["fc_1/_biases"].__setitem__(2, f(-0.1, 0.1)), "tensor SHA-256")
    bad_second("nan-weight", none, "'fc_1/_biases' has a value that is not finite",
               then=lambda t, m: t["fc_1/_biases"].__setitem__(2, f(0, math.nan)))
    bad_second("converted-and-nan", lambda t, m: t.update({"fc_1/_biases": ["F16", [2], half([0, math.nan])]}),
               "'fc_1/_biases' has a value that is not finite")
    bad_second("converted-too-large", lambda t, m: t.update({"fc_1/_biases": ["F64", [2], struct.pack("<2d", 0, 1e300)]}),
               "'fc_1/_biases' has a value that is not finite")
    bad_second("converted-and-more", lambda t, m: t.update({"fc_1/_biases": ["F16", [2], half([0, 0])], "x": ["F32", [1], f(0)]}),
               "unexpected tensor")
    bad_second("converted-and-reshaped", lambda t, m: t.update({"fc_1/_biases": ["F16", [1, 2], half([0, 0])]}),
               "tensor SHA-256")
    bad_second("converted-and-renamed", lambda t, m: (t.update({"fc_1/_biases": ["F16", [2], half([0, 0])]}),
                                                      m.update(classes='["X","Q"]')), "metadata SHA-256")
    bad_second("integers", lambda t, m: t.update({"fc_1/_biases": ["I32", [2], struct.pack("<2i", 0, 0)]}),
               "tensor SHA-256")


def graph():
    """The graph of good(): dense 2 of a 2x2 image."""
    real = lambda *shape: {"dtype": "float32", "shape": list(shape)}
    node = lambda op, name, shape, **more: {"op": op, "name": name, **more, **real(*shape)}
    return {"input": "tf_x", "outputs": ["fc_1/net_pre-activation"], "nodes": [
        node("placeholder", "tf_x", [-1, 2, 2, 1]),
        node("reshape", "fc_1/Reshape", [-1, 4], inputs=["tf_x"], attributes={"shape": [-1, 4]}),
        node("variable", "fc_1/_weights", [4, 2]),
        node("matmul", "fc_1/MatMul", [-1, 2], inputs=["fc_1/Reshape", "fc_1/_weights"],
             attributes={"transpose_a": False, "transpose_b": False}),
        node("variable", "fc_1/_biases", [2]),
        node("bias_add", "fc_1/net_pre-activation", [-1, 2], inputs=["fc_1/MatMul", "fc_1/_biases"]),
    ]}


def third(change=lambda g: None, then=lambda m: None):
    """Tensors and metadata of the good model of format 3; `change` alters its graph, `then` its metadata, before the sums."""
    t, meta, g = tensors(), metadata(), graph()
    changed = change(g)
    g = changed if isinstance(changed, str) else g
    meta.update(format_version="3", image_shape=meta.pop("picture"), graph=g if isinstance(g, str) else json.dumps(g))
    then(meta)
    meta.update(sums(t, meta))
    return t, meta


def bad_graph(name, change, message, then=lambda m: None):
    t, meta = third(change, then)
    put("3-" + name, pack(*build(t, meta, False)), "OC_E_DATA", message)


def bad_images(name, key, text):
    """The good graph in format 4, with this in its metadata."""
    t, meta = third(lambda g: None, lambda m: m.update({"format_version": "4", key: text}))
    put("4-" + name, pack(*build(t, meta, False)), "OC_E_DATA", "invalid" if text[0] == "{" else "JSON")


def fourths():
    for i, text in enumerate(('{"resize": "auto"}', '{"resize": 1}', "{}", '{"resize": "pad", "background": "#12345"}',
                              '{"resize": "pad", "background": "#12345g"}', '{"resize": "pad", "background": 5}', "pad")):
        bad_images(f"preprocessing-{i}", "preprocessing", text)
    levels = '"brightness": [1, 2, 3], "border": [1, 2, 3], "contrast": '
    for i, text in enumerate(('{"images": 0, ' + levels + "[1, 2, 3]}", '{"images": 9, ' + levels + "[3, 2, 1]}",
                              '{"images": 9, ' + levels + "[1, 2]}", '{"images": 9, ' + levels + "[1, 2, 256]}",
                              '{"images": 9, ' + levels + '[1, 2, 3], "aspect": [2, 1]}', '{"images": 9}')):
        bad_images(f"training-images-{i}", "training_images", text)


def bad_outputs(name, outputs, message, classes=None):
    """The good graph, of which the metadata says that it has these outputs."""
    def then(meta):
        meta.pop("classes")
        meta.pop("net", None)
        meta.update(outputs=json.dumps(outputs), **({"classes": classes} if classes else {}))
    bad_graph("outputs-" + name, lambda g: None, message, then=then)


def bad_heads(name, heads, message):
    bad_graph("heads-" + name, lambda g: None, message, then=lambda m: m.update(heads=json.dumps(heads)))


def thirds():
    def nodes(*more, last="fc_1/net_pre-activation", at=None):
        def change(g):
            g["nodes"][at if at is not None else len(g["nodes"]):at if at is not None else len(g["nodes"])] = more
            g["outputs"] = [last]
        return change

    relu = lambda name, of: {"op": "relu", "name": name, "inputs": [of]}
    other = lambda index, **more: lambda g: g["nodes"][index].update(more)
    attribute = lambda index, **more: lambda g: g["nodes"][index]["attributes"].update(more)
    bad_graph("no-graph", lambda g: None, "no graph", then=lambda m: m.pop("graph"))
    bad_graph("graph-no-json", lambda g: "{", "invalid JSON")
    bad_graph("graph-list", lambda g: "[]", "nodes must be a list")
    bad_graph("no-nodes", lambda g: g.update(nodes=[]), "nodes must be a list of 1 to 16384, got 0")
    bad_graph("node-no-object", lambda g: g["nodes"].append(1), "node 6 has no name")
    bad_graph("name-number", other(2, name=1), "node 2 has no name")
    bad_graph("name-blank", other(2, name="a b"), "invalid name")
    bad_graph("name-long", other(2, name="n" * 400), "invalid name")
    bad_graph("name-twice", nodes(relu("fc_1/MatMul", "fc_1/MatMul")), "two nodes have the name 'fc_1/MatMul'")
    bad_graph("op-unknown", nodes(dict(relu("r", "tf_x"), op="relo")), "unknown operation 'relo'")
    bad_graph("op-of-training", nodes({"op": "apply_sgd", "name": "r", "inputs": ["fc_1/_biases"] * 3}), "unknown operation 'apply_sgd'")
    bad_graph("op-gradient", nodes({"op": "relu_grad", "name": "r", "inputs": ["fc_1/_biases"] * 2}), "unknown operation 'relu_grad'")
    bad_graph("op-fused", nodes({"op": "dense_block", "name": "r", "inputs": ["tf_x"] * 3}), "unknown operation 'dense_block'")
    bad_graph("op-missing", nodes({"name": "r"}), "unknown operation ''")
    bad_graph("input-of-itself", nodes(relu("r", "r")), "expected an earlier node, got 'r'")
    bad_graph("circle", nodes(relu("a", "b"), relu("b", "a")), "expected an earlier node, got 'b'")
    bad_graph("input-unknown", nodes(relu("r", "tf_z")), "expected an earlier node, got 'tf_z'")
    bad_graph("input-number", nodes({"op": "relu", "name": "r", "inputs": [1]}), "expected an earlier node")
    bad_graph("input-other-output", nodes(relu("r", "fc_1/MatMul:1")), "expected an earlier node")
    bad_graph("inputs-none", nodes({"op": "relu", "name": "r"}), "needs a list of inputs")
    bad_graph("inputs-empty", nodes({"op": "concat", "name": "r", "inputs": []}), "needs a list of inputs")
    bad_graph("inputs-too-many", nodes({"op": "relu", "name": "r", "inputs": ["tf_x", "tf_x"]}), "got 2 inputs, expected 1")
    bad_graph("inputs-too-few", nodes({"op": "add", "name": "r", "inputs": ["tf_x"]}), "expected 2")
    bad_graph("inputs-many", nodes({"op": "add", "name": "r", "inputs": ["tf_x"] * 300}), "expected 2")
    bad_graph("source-with-inputs", other(2, inputs=["tf_x"]), "a variable has no inputs")
    bad_graph("shape-overflow", other(2, shape=[1 << 40, 1 << 40]), "for a variable")
    bad_graph("shape-batch", other(2, shape=[-1, 2]), "for a variable")
    bad_graph("shape-negative", other(2, shape=[4, -2]), "for a variable")
    bad_graph("shape-rank", other(2, shape=[1] * 40), "a list of at most")
    bad_graph("shape-missing", lambda g: g["nodes"][2].pop("shape"), "must be a type and a list")
    bad_graph("shape-huge", lambda g: (g["nodes"][2].update(shape=[4, 1 << 38]), g["nodes"][3].pop("shape")), "must be a type and a list")
    bad_graph("shape-lies", other(3, shape=[-1, 3]), "got float32 (?, 3), but its inputs give float32 (?, 2)")
    bad_graph("dtype-unknown", other(2, dtype="float8"), "must be a type and a list")
    bad_graph("dtype-of-variable", other(2, dtype="int32"), "a variable must be float32, got int32")
    bad_graph("reshape-other-size", attribute(1, shape=[-1, 5]), "cannot reshape")
    bad_graph("attribute-unknown", attribute(1, order=1), "unknown attribute 'order' of reshape")
    bad_graph("attribute-type", attribute(3, transpose_a=1), "attribute 'transpose_a' of matmul has another type")
    bad_graph("attributes-list", other(3, attributes=[]), "expected a JSON object")
    pool = lambda **a: nodes({"op": "max_pool", "name": "r", "inputs": ["tf_x"], "attributes": {"size": [2, 2], "stride": [2, 2], **a}})
    bad_graph("stride-0", pool(stride=[0, 2]), "stride 0 of the rows")
    bad_graph("stride-missing", nodes({"op": "max_pool", "name": "r", "inputs": ["tf_x"]}), "pooling size 0 of the rows")
    bad_graph("stride-of-three", pool(stride=[2, 2, 2]), "attribute 'stride' of max_pool has another type or length")
    bad_graph("pad-negative", pool(pad=[-1, 0, 0, 0]), "padding -1 of the rows")
    bad_graph("stride-beyond", lambda g: json.dumps(g).replace('"shape": [-1, 4]}', '"shape": [-1, 9223372036854775808]}'), "invalid JSON")
    bad_graph("axes-beyond", nodes({"op": "reduce_sum", "name": "r", "inputs": ["tf_x"], "attributes": {"axes": [31]}}), "bits beyond")
    bad_graph("axes-negative", nodes({"op": "reduce_sum", "name": "r", "inputs": ["tf_x"], "attributes": {"axes": [-1]}}), "attribute 'axes'")
    bad_graph("update-of-no-variable", nodes({"op": "update_moving", "name": "r", "inputs": ["fc_1/MatMul", "fc_1/MatMul"],
                                              "attributes": {"momentum": 0.9}}), "which must be a variable")
    bad_graph("update-read", nodes({"op": "update_moving", "name": "u", "inputs": ["fc_1/_biases", "fc_1/_biases"],
                                    "attributes": {"momentum": 0.9}}, relu("r", "u")), "node 'u' has no such output")
    bad_graph("constant-short", nodes({"op": "constant", "name": "c", "dtype": "float32", "shape": [3], "values": [1, 2]}), "one value per element")
    bad_graph("constant-huge", nodes({"op": "constant", "name": "c", "dtype": "float32", "shape": [1 << 40], "values": []}), "one value per element")
    bad_graph("constant-text", nodes({"op": "constant", "name": "c", "dtype": "float32", "shape": [1], "values": ["1"]}), "value 0 is not a float32")
    bad_graph("stream-missing", nodes({"op": "constant", "name": "c", "dtype": "float32", "shape": [], "values": [1]},
                                      {"op": "dropout", "name": "d", "inputs": ["tf_x", "c"]}), "stream must be")
    bad_graph("trainable-number", other(2, trainable=1), "trainable must be true or false")
    bad_graph("more-placeholders", nodes({"op": "placeholder", "name": "p", "dtype": "float32", "shape": [-1, 2]}), "a placeholder that is not the input")
    bad_graph("no-input", lambda g: g.pop("input") and None, "expected an earlier node")
    bad_graph("input-computed", lambda g: g.update(input="fc_1/MatMul"), "a placeholder that is not the input")
    bad_graph("no-outputs", lambda g: g.update(outputs=[]), "outputs must be a list of 1 to 64")
    bad_graph("two-outputs", lambda g: g["outputs"].append("tf_x"), "got 2 outputs, expected 1")
    bad_graph("output-unknown", lambda g: g.update(outputs=["x"]), "expected an earlier node")
    bad_graph("output-other-shape", lambda g: g.update(outputs=["fc_1/Reshape"]), "the output is float32 (?, 4), but must be float32 (?, 2)")
    bad_graph("input-other-shape", lambda g: None, "the input is float32 (?, 2, 2, 1), but must be float32 (?, 4, 1, 1)",
              then=lambda m: m.update(image_shape="4x1x1"))
    bad_graph("variable-without-tensor", nodes({"op": "variable", "name": "more", "dtype": "float32", "shape": [3]}), "tensor 'more' is missing")
    bad_graph("image-too-large", lambda g: (g["nodes"][0].update(shape=[-1, 2, 2, 1 << 40]), None)[1], "to (?, 4)")
    bad_graph("deep-lists", lambda g: "[" * 10000, "invalid JSON")
    bad_graph("net-of-another-form", lambda g: None, "not in its canonical form", then=lambda m: m.update(net="dense CLASSES"))
    bad_graph("net-no-net", lambda g: None, "dance", then=lambda m: m.update(net="dance 2"))
    bad_graph("net-list", lambda g: None, "no image_shape", then=lambda m: m.pop("image_shape"))
    label = {"name": "label", "kind": "class", "classes": ["a", "b"]}
    bad_outputs("not-a-list", {"name": "label"}, "outputs must be a list")
    bad_outputs("none", [], "outputs must be a list")
    bad_outputs("no-name", [{"kind": "vector", "size": 2}], "an output needs a name and a kind")
    bad_outputs("bad-name", [{"name": "a/b", "kind": "vector", "size": 2}], "the name of output 0 must be letters")
    bad_outputs("other-kind", [{"name": "label", "kind": "box", "size": 2}], "an output needs a name and a kind")
    bad_outputs("twice", [label, label], "two outputs are called 'label'")
    bad_outputs("too-many", [{"name": f"v{i}", "kind": "vector", "size": 2} for i in range(17)], "too many outputs: the limit is 16")
    bad_outputs("one-class", [{"name": "label", "kind": "class", "classes": ["a"]}], "a list of 2 to")
    bad_outputs("class-no-text", [{"name": "label", "kind": "classes", "classes": ["a", 7]}], "class name 1 is not a string")
    bad_outputs("no-size", [{"name": "place", "kind": "vector"}], "size must be 1 to 65536, got 0")
    bad_outputs("size-beyond", [{"name": "place", "kind": "vector", "size": 1 << 40}], "size must be 1 to 65536")
    bad_outputs("size-of-no-node", [{"name": "place", "kind": "vector", "size": 3}], "must be float32 (?, 3)")
    bad_outputs("two-of-one", [label, {"name": "place", "kind": "vector", "size": 2}], "got 1 outputs, expected 2")
    bad_outputs("and-classes", [label], "both classes and outputs", classes='["a","b"]')
    head = {"output": "label", "target": "label", "loss": "softmax_cross_entropy", "weight": 2.5, "metrics": []}
    for name, change, message in (
            ("loss", {"loss": "least_words"}, "unknown loss 'least_words'"), ("other-loss", {"loss": "mean_squared_error"}, "does not take a class"),
            ("output", {"output": "place"}, "unknown output 'place'"), ("weight-negative", {"weight": -1}, "must be greater than 0"),
            ("weight-text", {"weight": "1"}, "a head needs an output"), ("metric", {"metrics": ["luck"]}, "unknown metric 'luck'"),
            ("metrics-many", {"metrics": ["accuracy"] * 9}, "a head needs an output"), ("target-long", {"target": "t" * 64}, "must be letters"), ("target-path", {"target": "a/b"}, "must be letters")):
        bad_heads(name, [{**head, **change}], message)
    bad_heads("not-a-list", {"output": "label"}, "\"heads\" must be a list")
    bad_heads("many", [head] * 17, "\"heads\" must be a list")


def good_files():
    f = lambda *v: struct.pack(f"<{len(v)}f", *v)
    more = tensors()
    more["conv_9/_weights"] = ["F32", [1], f(0)]
    half = lambda t: {n: ["F16", s, b"".join(struct.pack("<e", v[0]) for v in struct.iter_unpack("<f", c))] if d == "F32" else [d, s, c]
                      for n, (d, s, c) in t.items()}
    brain = lambda t: {n: ["BF16", s, b"".join(c[i + 2:i + 4] for i in range(0, len(c), 4))] if d == "F32" else [d, s, c]
                       for n, (d, s, c) in t.items()}
    no_text = third(then=lambda m: m.pop("net"))
    t, meta = second()
    again = dict(second()[1], **{"of another program": "x", "format_version": "2"})
    return {
        "good": good(), "3-good": build(*third(), False), "3-no-text": build(*no_text, False), 
        "2-good": build(t, meta, False), "more-tensors": build(more, metadata()),
        "2-reordered": build(dict(reversed(list(t.items()))), meta, False), "2-more-keys": build(t, again, False),
        "2-f16": build(half(t), meta, False), "2-bf16": build(brain(t), meta, False),
    }


def main():
    for name, file in good_files().items():
        with open(os.path.join(HERE, name + ".safetensors"), "wb") as f:
            f.write(pack(*file))
    frame()
    headers()
    contents()
    metadatas()
    seconds()
    thirds()
    fourths()
    with open(os.path.join(HERE, "expected.txt"), "w") as f:
        f.writelines(rows)


main()
