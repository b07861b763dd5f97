#!/usr/bin/env bash
# Does a large JPEG get the same prediction as a file and as an item of a folder, where it is decoded at a smaller scale?
. "$(dirname "$0")/_lib.sh"

# Writes a gray JPEG whose 8x8 blocks each have one brightness: a baseline file with DC coefficients alone.
python3 - <<'P'
import os, random, struct
r = random.Random(1)
def jpeg(path, height, width, low, high):
    bits, before = [], 0
    for _ in range(height // 8 * (width // 8)):
        value = r.randrange(low, high) - 128
        change, before = value - before, value
        size = abs(change).bit_length()
        bits.append(format(size, "04b"))  # sizes 0 to 11 have codes of 4 bits
        if size: bits.append(format(change if change > 0 else change + 2**size - 1, "0%db" % size))
        bits.append("0")                  # end of block, the only symbol of the other table
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    data = bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8)).replace(b"\xff", b"\xff\0")
    def part(kind, body): return bytes([255, kind]) + struct.pack(">H", len(body) + 2) + body
    file = (b"\xff\xd8" + part(0xDB, b"\0" + bytes([8] * 64)) + part(0xC0, struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0)) +
            part(0xC4, b"\0" + bytes([0, 0, 0, 12] + [0] * 12) + bytes(range(12))) +
            part(0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\0") + part(0xDA, bytes([1, 1, 0, 0, 63, 0])) + data + b"\xff\xd9")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "wb").write(file)
for i in range(6):
    jpeg(f"photos/train/dark/{i}.jpg", 480, 640, 10, 120)
    jpeg(f"photos/train/light/{i}.jpg", 480, 640, 100, 250)
jpeg("photos/test/dark/0.jpg", 1504, 2000, 10, 150)
jpeg("photos/test/light/0.jpg", 768, 1024, 90, 250)
P
run show photos
if [ "$code" -ne 0 ]; then
  skip "this build decodes no JPEG"
  passed=1
  finish
fi
run train photos --net 'conv 3x3x4 relu | dense CLASSES' --size 24 --epochs 2 --quiet --out run
has_code 0 "train"
run predict run photos --json --proba
has_code 0 "predict a folder"
folder=$(json '[x["probabilities"] for x in o]')
run predict run photos/test/dark/0.jpg photos/test/light/0.jpg --json --proba
has_code 0 "predict files"
check "the same probabilities" test "$folder" = "$(json '[x["probabilities"] for x in o]')"
json_is 'len(o), o[0]["probabilities"] != o[1]["probabilities"]' "(2, True)" "of two images"
finish
