#!/usr/bin/env bash
# docs/lecture/*.md: each ```console block is a command behind "$ " and what it prints, to the letter. The commands are
# `ocellus` and the programs of examples/lecture.
. "$(dirname "$0")/_lib.sh"
mkdir bin
ln -s "$OCELLUS" bin/ocellus
PATH=$work/bin:$(dirname "$OCELLUS")/examples/lecture:$PATH
for page in "$here"/../../docs/lecture/*.md; do
  if [ "$minimal" = 1 ] && [ "$(basename "$page")" = 10-tensorboard.md ]; then
    skip "$(basename "$page") needs protobuf-c, which this build does without"
    continue
  fi
  python3 - "$page" > blocks << 'END'
import re, sys
for block in re.findall(r"^```console\n(.*?)^```$", open(sys.argv[1]).read(), re.M | re.S):
    command, _, output = block.partition("\n")
    assert command.startswith("$ "), command
    print(command[2:] + "\0" + output, end="\0")
END
  count=0
  while IFS= read -r -d '' command && IFS= read -r -d '' wanted; do
    count=$((count + 1))
    bash -c "$command" > .out 2> .err < /dev/null
    code=$?
    check "$(basename "$page"): $command" cmp .out <(printf '%s' "$wanted")
  done < blocks
  check "$(basename "$page") has commands" test "$count" -gt 0
done
finish
