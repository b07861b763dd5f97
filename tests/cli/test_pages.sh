#!/usr/bin/env bash
# docs/lecture/*.md: each ```console block is a command after "$ " and what it prints, to the letter; after the comment
# <!-- within 0.05 --> decimal numbers may differ by that share. Each line of a ```sh block is a command that runs. The
# commands are `ocellus` and the programs of examples/lecture, in a folder where FOLDER has images like MNIST's.
. "$(dirname "$0")/_lib.sh"
mkdir bin
ln -s "$OCELLUS" bin/ocellus
PATH=$work/bin:$(dirname "$OCELLUS")/examples/lecture:$PATH
[ "$minimal" = 1 ] || python3 "$here/make_data.py" mnist FOLDER .gz 300 100

# A page's blocks: kind, share, command, output, each ended by a zero byte.
blocks() {
  python3 - "$1" << 'END'
import re, sys
text = open(sys.argv[1]).read()
for within, kind, block in re.findall(r"^(?:<!-- within (\S+) -->\n)?```(console|sh)\n(.*?)^```$", text, re.M | re.S):
    lines = block.split("\n", 1) if kind == "console" else [line for line in block.split("\n") if line]
    for line in lines[:1] if kind == "console" else lines:
        assert kind == "sh" or line.startswith("$ "), line
        output = lines[1] if kind == "console" else ""
        print(kind, within or "-", line.removeprefix("$ "), output, sep="\0", end="\0")
END
}

for page in $(printf '%s\n' "$here"/../../docs/lecture/*.md | sort -V); do # in the reader's order
  name=$(basename "$page")
  if [ "$minimal" = 1 ] && [ "$name" = 10-tensorboard.md ]; then
    skip "$name needs protobuf-c, which this build does without"
    continue
  fi
  blocks "$page" > blocks
  count=0
  while IFS= read -r -d '' kind && IFS= read -r -d '' share && IFS= read -r -d '' command && IFS= read -r -d '' wanted; do
    count=$((count + 1))
    case $command in
      tensorboard* | firefox*) skip "$name: $command" && continue ;; # waits for a browser
      *FOLDER*) if [ "$minimal" = 1 ]; then skip "$name: $command (gzip)" && continue; fi ;;
    esac
    bash -c "$command" > .out 2> .err < /dev/null
    code=$?
    if [ "$kind" = sh ]; then
      has_code 0 "$name: $command"
      continue
    fi
    printf '%s' "$wanted" > .wanted
    [ "$share" = - ] || set -- --within "$share"
    check "$name: $command" python3 "$here/../golden/compare.py" .out .wanted "$@"
    set --
  done < blocks
  check "$name has commands" test "$count" -gt 0
  check "$name: every figure is drawn by a command of the page" python3 - "$page" << 'END'
import re, sys
text = open(sys.argv[1]).read()
blocks = "\n".join(re.findall(r"^```(?:console|sh)\n(.*?)^```$", text, re.M | re.S))
frames = re.findall(r"<iframe", text)
figures = re.findall(r"^<!-- figure: (.*) -->\n<iframe src=", text, re.M)
assert len(frames) == len(figures), "a figure does not say what draws it"
for command in figures:
    lines = [line.removeprefix("$ ") for line in blocks.split("\n")]
    assert any(re.fullmatch(re.escape(command) + r"(| .*)", line) for line in lines), command
END
done
finish
