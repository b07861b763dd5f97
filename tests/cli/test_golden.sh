#!/usr/bin/env bash
# Files of earlier formats stay readable: models, checkpoints and whole run folders that are never made again.
. "$(dirname "$0")/_lib.sh"
golden=$here/../golden
export OCELLUS_CPU=portable # which the runs were made at

# same_answers FILE MODEL: `ocellus predict` says of xo[0:6] what FILE says.
same_answers() {
  "$OCELLUS" predict "$2" 'xo[0:6]' --json > .now 2> .err < /dev/null
  python3 -c 'import json, sys
old, now = ([json.loads(line) for line in open(f)] for f in sys.argv[1:])
assert len(old) == len(now) == 6
for a, b in zip(old, now):
    assert (a["index"], a["label"], a["class"]) == (b["index"], b["label"], b["class"]), (a, b)
    assert abs(a["probability"] - b["probability"]) < 1e-5, (a, b)' "$1" .now
}
# near_tensors A B: the weights of two orders of the same sums.
near_tensors() { python3 "$here/tensors.py" near "$1" "$2" 1e-4; }

for format in "$golden"/format-*; do
  name=$(basename "$format")
  say "$name"
  cp -r "$format/run" "$name"
  check "$name: the model gives the same answers" same_answers "$format/predictions.jsonl" "$name"
  check "$name: so does the checkpoint" same_answers "$format/predictions-last.jsonl" "$name/last.safetensors"
  run show "$name"
  has_code 0 "$name: show"
  out_has 'validation accuracy 0\.9995' "$name: what was trained"
  out_has 'ocellus train xo:12000:100' "$name: how"
  run train --resume "$name" --json
  has_code 64 "$name: an interrupted run has another arithmetic"
  err_has '^ocellus train: error: arithmetic: .* number 2, but the run in .* had number 1' "$name: which the error says"
  run train --resume "$name" --json --any-isa
  has_code 0 "$name: it goes on with --any-isa"
  json_is 'o[0]["earlier_arithmetic"]' 1 "$name: and says what it was"
  json_is '[x["epoch"] for x in o if x["type"] == "epoch"]' '[2, 3]' "$name: with the epochs that were left"
  check "$name: nearly to the weights of the uninterrupted run" near_tensors "$format/whole.safetensors" "$name/last.safetensors"
  check "$name: its metrics go on" python3 -c 'import json, sys
old, now = ([json.loads(line) for line in open(f)] for f in sys.argv[1:])
assert [m["epoch"] for m in now] == [1, 2, 3] and old[0]["loss"] == now[0]["loss"]' "$format/run/metrics.jsonl" "$name/metrics.jsonl"
  check "$name: the model is of today's format" python3 -c 'import json, struct, sys
b = open(sys.argv[1], "rb").read()
n, = struct.unpack("<Q", b[:8])
meta = json.loads(b[8:8 + n])["__metadata__"]
assert meta["format_version"] == "4" and meta["image_shape"] == "9x9x1" and "picture" not in meta, meta
assert json.loads(meta["graph"])["input"] == "tf_x"' "$name/model.safetensors"
  check "$name: run.json too" grep -q '"status": "finished"' "$name/run.json"
done
finish
