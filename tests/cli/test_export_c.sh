#!/usr/bin/env bash
# export --to c: a trained model as C, compiled, against predict; folders that exist; options.
. "$(dirname "$0")/_lib.sh"
python3 "$here/make_data.py" mnist mnist "$gz" 300 100
run train mnist --net 'conv 3x3x4 relu | maxpool 2 | dense CLASSES' --lr 1e-2 --epochs 2 --out run-1 --quiet

say "a program without Ocellus"
run export run-1 --to c --prefix digits --selftest --max-input 60x50
has_code 0 "export"
err_empty "export"
out_has '^Wrote  digits-c/digits\.c and digits\.h$' "it names the files"
out_has '^RAM    [0-9]+ bytes of scratch' "and the memory"
cat > main.c <<'END'
#include "digits.h"
#include <stdio.h>
#include <string.h>
static float scratch[DIGITS_SCRATCH_BYTES / sizeof(float)];
static unsigned char pixels[60 * 50];
/* Reads a PGM of 8 bits. */
int main(int argc, char **argv) {
  float p[DIGITS_CLASSES];
  int width = 0, height = 0;
  FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
  if (!f || digits_selftest(scratch) != 0 || fscanf(f, "P5 %d %d 255", &width, &height) != 2) return 1;
  fgetc(f);
  if (fread(pixels, 1, sizeof pixels, f) != (size_t)(width * height)) return 1;
  const int label = digits_classify(pixels, width, height, 1, p, scratch);
  if (label < 0) return 2;
  printf("%s  %.4f\n", digits_class_names[label], (double)p[label]);
  return 0;
}
END
check "it compiles without a warning" gcc -std=c99 -pedantic -Wall -Wextra -Werror -O2 -Idigits-c -o digits main.c digits-c/digits.c -lm
python3 - <<'END'
import random
random.seed(5)
for n, (w, h) in enumerate([(28, 28), (60, 50), (13, 37), (50, 20)]):
    open(f"image{n}.pgm", "wb").write(b"P5 %d %d 255\n" % (w, h) + bytes(random.randrange(256) for _ in range(w * h)))
END
for n in 0 1 2 3; do
  run predict run-1 "image$n.pgm" --invert no
  check "the answer of predict for image $n" test "$(./digits "image$n.pgm")" = "$(sed 's/^[^ ]*  //' .out)"
done

say "what exists stays"
cp digits-c/digits.c before.c
refused 73 "digits-c: already exists" export run-1 --to c --prefix digits
check "the files are as they were" cmp before.c digits-c/digits.c
run export run-1 --to c --prefix digits --selftest --max-input 60x50 --force
has_code 0 "--force"
check "the same model gives the same bytes" cmp before.c digits-c/digits.c
refused 73 "main\.c: already exists" export run-1 --to c --out main.c

say "options"
for size in 0x5 5x0 5 5x 5x5x5 x5 -5x5 5x99999999999999999999 16385x5; do
  refused 64 "--max-input: must be WIDTHxHEIGHT" export run-1 --to c --max-input "$size"
done
refused 64 "prefix: must be a letter" export run-1 --to c --prefix 1a
refused 64 "prefix: must not be the name of a header of C, got 'math'" export run-1 --to c --prefix math
refused 64 "opset: has no effect with --to c" export run-1 --to c --opset 13
refused 64 "prefix: has no effect with --to onnx" export run-1 --to onnx --prefix a -o a.onnx
finish
