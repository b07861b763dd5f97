#!/usr/bin/env bash
# Every row of every list that the program shows can be requested, explained and run; no row and no count is named here.
. "$(dirname "$0")/_lib.sh"

rows() { sed -n 's/^  \([a-z0-9_]*\)$/\1/p'; }

say "commands"
commands=$("$OCELLUS" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
check "there are commands" test -n "$commands"
for command in $commands; do
  run help "$command"
  has_code 0 "help $command"
  out_has "^ocellus $command: ." "$command: what it does"
  out_has '^Usage: ocellus ' "$command: how it is called"
  check "$command: an example" bash -c "sed -n '/^Examples:/,\$p' .out | grep -q '^  ocellus $command'"
  check "$command: in docs/cli.md" grep -q "^## ocellus $command\$" "$OCELLUS_SOURCE/docs/cli.md"
  options=$("$OCELLUS" help "$command" | sed -n 's/^  \(-[a-zA-Z], \|    \)--\([a-z0-9-]*\).*/\2/p' | sort)
  check "$command: no two options of one name" test "$(uniq -d <<< "$options")" = ""
done

say "topics"
for topic in $("$OCELLUS" help | sed -n 's/^  help \([a-z]*\) .*/\1/p'); do
  run help "$topic"
  has_code 0 "help $topic"
  check "$topic: in docs/cli.md" grep -q "^## help $topic: " "$OCELLUS_SOURCE/docs/cli.md"
done

say "optimizers, schedules and what they take"
"$OCELLUS" help optimizers > .list
train=(train digits:60:10 --net 'dense CLASSES' --epochs 1 --valid 0 --quiet --force --out r)
each() { # each KIND SECTION: a training run with each row of a section, and with each hyperparameter that it lists
  local name option
  for name in $(sed -n "/^$2:/,/^[A-Z]/p" .list | rows); do
    run "${train[@]}" --"$1" "$name"
    has_code 0 "$1 $name"
    for option in $(sed -n "/^$2:/,/^[A-Z]/p" .list | sed -n "/^  $name\$/,/^  [a-z0-9_]*\$/s/^      \([a-z0-9_]*\): .*/\1/p" | grep -vx default); do
      value=$("$OCELLUS" help optimizers | tr -s ' \n' ' ' | sed "s/.* $name .* $option: [^()]*([^()]*default: \([^()]*\)).*/\1/")
      run "${train[@]}" --"$1" "$name" "--${option//_/-}" "$value"
      has_code 0 "$1 $name: --${option//_/-} with its default $value"
      check "$name: $option is recorded" grep -q "\"$option\":" r/run.json
    done
  done
}
each optimizer Optimizers
each schedule Schedules

say "presets"
for preset in $("$OCELLUS" help net | sed -n '/^Presets:/,$p' | rows); do
  run show "$preset"
  has_code 0 "show $preset"
  run "${train[@]}" --preset "$preset"
  has_code 0 "--preset $preset"
done

say "layers"
check "every layer is listed with what it is" python3 - "$OCELLUS" <<'PYTHON'
import subprocess, sys
lines = subprocess.run([sys.argv[1], "help", "net"], capture_output=True, text=True, check=True).stdout.splitlines()
start, end = lines.index("Layers:"), lines.index("Presets:")
assert end > start + 4
assert any(line.startswith("  ACT:") for line in lines[start:end]) and any(line.startswith("  INIT:") for line in lines[start:end])
PYTHON

say "callbacks"
for callback in $("$OCELLUS" help --markdown | sed -n 's/^| `--\([a-z]*\) [A-Z]*` | .*the weights do not depend on it.*/\1/p'); do
  check "--$callback is explained in a page of its own" test -f "$OCELLUS_SOURCE/docs/$callback.md"
done

say "data"
for source in $("$OCELLUS" help data | sed -n 's/^  \([a-z]*\)\[.*/\1/p'); do
  run show "$source"
  has_code 0 "show $source"
done
finish
