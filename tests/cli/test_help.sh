#!/usr/bin/env bash
# Help: every command explains itself, from the tables, on 80 columns; and docs/cli.md is that same help.
. "$(dirname "$0")/_lib.sh"
"$OCELLUS" completion bash > completion || exit 1
# "    train) words='--help ..';;" gives the options of a command by another road than its help page
commands=$(sed -n "s/^    \([a-z]*\)) words='.*/\1/p" completion)
options_of() { sed -n "s/^    $1) words='\(.*\)';;/\1/p" completion; }

say "the overview"
run help
has_code 0 "ocellus help"
err_empty "ocellus help"
for c in $commands; do out_has "^  $c " "the overview lists $c"; done
cp .out overview
run --help
check "ocellus --help prints the same" cmp .out overview
run -h
check "ocellus -h prints the same" cmp .out overview

say "each command"
for c in $commands; do
  run help "$c"
  has_code 0 "ocellus help $c"
  err_empty "ocellus help $c"
  cp .out page
  check "ocellus help $c fits 80 columns" python3 -c 'import re
text = open("page").read().split("Examples:")[0] # an example is one line, however long
assert all(len(line) <= 80 for line in text.splitlines())'
  for o in $(options_of "$c"); do out_has "^ +(-., )?$o( |\$)" "help of $c lists $o"; done
  out_has "^Examples:" "help of $c has examples"
  run "$c" --help
  check "ocellus $c --help prints the same page" cmp .out page
  run "$c" --no-such-option -h
  check "ocellus $c .. -h prints the same page, whatever else is there" cmp .out page
done

say "topics"
run help net
out_has "^  lecture" "help net lists the presets"
run help data
out_has "^  digits" "help data lists the sources"
run help exit
out_has "^ +65 " "help exit lists the codes"

say "version"
run --version
out_has '^ocellus [0-9]+\.[0-9]+\.[0-9]+$' "ocellus --version"
run version --json
json_is 'o[0]["schema"]' ocellus.version/1 "ocellus version --json"

say "completion"
check "the completion script is sound" bash -n completion
check "it completes a command" bash -c 'source completion; COMP_WORDS=(ocellus trai); COMP_CWORD=1; _ocellus; [ "${COMPREPLY[*]}" = train ]'
check "it completes an option" bash -c 'source completion; COMP_WORDS=(ocellus train --epo); COMP_CWORD=2; _ocellus; [ "${COMPREPLY[*]}" = --epochs ]'
for shell in zsh fish; do
  run completion $shell
  has_code 0 "completion $shell"
  cp .out "completion.$shell"
  if command -v $shell >/dev/null; then
    check "the completion script for $shell is sound" $shell -n "completion.$shell"
  else
    skip "the completion script for $shell: there is no $shell"
  fi
  for command in train predict conv; do
    check "it knows the options of $command" grep -q -- "--json\|-l json" "completion.$shell"
  done
done
if command -v fish >/dev/null; then
  check "fish completes a choice" bash -c 'fish -c "source completion.fish; complete -C \"ocellus train --schedule c\"" | grep -q ^cosine'
fi
refused 64 'tcsh: unknown shell' completion tcsh

say "the manual page"
run help --man
cp .out ocellus.1
if command -v groff >/dev/null; then
  check "roff has nothing to say about it" bash -c '[ -z "$(groff -man -Tutf8 -ww -P -cbou ocellus.1 2>&1 >page)" ]'
  for option in $(options_of train); do check "it has $option" grep -q -e "$option" page; done
else
  skip "the manual page: there is no groff"
fi

say "docs/cli.md"
run help --markdown
check "docs/cli.md is what ocellus help --markdown prints" cmp .out "$here/../../docs/cli.md"
finish
