"""Small WebP, GIF, TIFF, HEIC and AVIF files, put together by hand, good and bad. Standard library only."""
import struct


class Bits:
    """A stream of bits, the lowest first."""

    def __init__(self):
        self.value, self.count = 0, 0

    def add(self, value, bits):
        self.value |= value << self.count
        self.count += bits

    def bytes(self):
        return self.value.to_bytes((self.count + 7) // 8, "little")


# ---- WebP ---------------------------------------------------------------------------------------------------------------

def riff(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_chunk(name, data):
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def vp8l(width, height, color=(9, 99, 200, 255)):
    """All pixels of one color (red, green, blue, alpha), by codes of one symbol each, which take no bits."""
    b = Bits()
    b.add(0x2F, 8)
    b.add(width - 1, 14)
    b.add(height - 1, 14)
    b.add(color[3] < 255, 1)
    b.add(0, 3 + 1 + 1 + 1)  # version; no transform, color cache or groups of codes
    for symbol in (color[1], color[0], color[2], color[3], 0):
        b.add(0b101, 3)  # a simple code of one symbol of 8 bits
        b.add(symbol, 8)
    return webp_chunk(b"VP8L", b.bytes())


# 3 x 2 pixels of one color, by libwebp at quality 50
VP8 = bytes.fromhex("56503820280000009001009d012a0300020002c04c25a002"
                    "74ba00039800feed4ddebbc5a51affe7a67f5b7f1ff8c800")


def vp8_of_size(width, height):
    return VP8[:14] + struct.pack("<HH", width, height) + VP8[18:]


def vp8x(width, height, flags=0):
    return webp_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3])


def anmf(x, y, width, height, *chunks):
    numbers = (x // 2, y // 2, width - 1, height - 1, 100)
    return webp_chunk(b"ANMF", b"".join(struct.pack("<I", n)[:3] for n in numbers) + b"\0" + b"".join(chunks))


def animation(canvas, *frames):
    return riff(vp8x(*canvas, 2), webp_chunk(b"ANIM", bytes(6)), *frames)


# ---- GIF ----------------------------------------------------------------------------------------------------------------

def lzw(indices, bits):
    """Never a code for more than one pixel: the table is cleared before the codes grow."""
    b = Bits()
    for i, index in enumerate(indices):
        if i % (2 ** bits - 2) == 0:
            b.add(2 ** bits, bits + 1)
        b.add(index, bits + 1)
    b.add(2 ** bits + 1, bits + 1)
    data = b.bytes()
    blocks = b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))
    return bytes([bits]) + blocks + b"\0"


def gif(width, height, data, palette=(255, 0, 0, 0, 255, 0, 0, 0, 255, 7, 7, 7), screen=None, place=(0, 0), transparent=None, interlace=0, end=b";"):
    """A frame with a palette of 4 colors for the file."""
    control = b"" if transparent is None else b"!\xf9\4\1\0\0" + bytes([transparent]) + b"\0"
    head = b"GIF89a" + struct.pack("<HH", *(screen or (width, height))) + (b"\x91" if palette else b"\x11") + b"\0\0" + bytes(palette or ())
    return head + control + b"," + struct.pack("<4HB", *place, width, height, interlace << 6) + data + end


# ---- TIFF ---------------------------------------------------------------------------------------------------------------

SIZES = {3: "H", 4: "I"}


def tiff(tags, data=b"", order="<"):
    """The tags are {number: (kind, values)} of shorts (3) and longs (4); `data` begins at byte 8."""
    entries, later = b"", b""
    start = 8 + len(data) + len(data) % 2
    end = start + 2 + 12 * len(tags) + 4
    for number, (kind, values) in sorted(tags.items()):
        value = struct.pack(order + str(len(values)) + SIZES[kind], *values)
        if len(value) > 4:
            at = struct.pack(order + "I", end + len(later))
            later += value
        else:
            at = value.ljust(4, b"\0")
        entries += struct.pack(order + "HHI", number, kind, len(values)) + at
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, start)
    return head + data + b"\0" * (len(data) % 2) + struct.pack(order + "H", len(tags)) + entries + bytes(4) + later


def tiff_tags(width, height, size, bits=8, samples=1, photometric=1, compression=1, **more):
    """Those of one strip of `size` bytes; more: tNUMBER=(kind, values)."""
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * samples), 259: (3, [compression]), 262: (3, [photometric]),
            273: (4, [8]), 277: (3, [samples]), 278: (4, [height]), 279: (4, [size])}
    tags.update({int(number[1:]): value for number, value in more.items()})
    return {number: value for number, value in tags.items() if value is not None}


# ---- HEIC and AVIF ------------------------------------------------------------------------------------------------------

# (type of the item, its configuration, its data) of images of four quarters: 64 x 64 pixels by x265, 16 high and 24 wide by
# libaom, through libheif 1.15. Their samples are those of QUARTERS: of 10 bits as they are, times 4 of 12 bits, and a quarter
# of them, rounded down, of 8 bits.
QUARTERS = [[(1000, 40, 13), (33, 901, 77)], [(20, 61, 990), (1023, 512, 0)]]
ALPHA_QUARTERS = [[200, 1023], [512, 0]]
HEVC_8 = (b"hvc1", bytes.fromhex(
    "0104080000000000000000001ef000fcfff8f800000f03200001001740010c01ffff0408000003009e3800000300001eba0240210001002a42010104"
    "08000003009e3800000300001e90041020b2dd492535cdc0808181000003000100000300010822000100084401c172860c0224"), bytes.fromhex(
    "0000003d2801af067860f67cdff5f35fffffb3d3fe43fad580e9b2ff5c973fff970c7fffd641e2a39ff62016f1fde7191fff9b7d79426f397bbff2f1"
    "2ebf9f4db6"))
HEVC_10 = (b"hvc1", bytes.fromhex(
    "0104080000000000000000001ef000fcfffafa00000f03200001001740010c01ffff0408000003009c3800000300001eba0240210001002b42010104"
    "08000003009c3800000300001e900410209b2dd492535cdc08081810000003001000000300108022000100084401c172860c0224"), bytes.fromhex(
    "0000003d2801af067860f67cdff5f35fffffb397fe43facfdde9b2ff5c973fff9916ffffd62432a39ff6071af1fde63dbfff9af429426f3f837ff2f1"
    "2ebf9f4db6"))
HEVC_ALPHA = (b"hvc1", bytes.fromhex(
    "0104080000000000000000001ef000fcfcf8f800000f03200001001740010c01ffff0408000003009ff800000300001eba0240210001002642010104"
    "08000003009ff800000300001ec08204165ba924a6b9b0200000030020000003002122000100074401c172b02240"), bytes.fromhex(
    "0000001c2801ae0cf07739eebfe0723d40dff93aff1130fe8b9d4337ff84b8fc"))
AV1_8 = (b"av01", bytes.fromhex("81200200"), bytes.fromhex(
    "12000a083810efec204040d2321b440000dc80c71584cc7db023caf440e941eb339edd25e04a6e31c5"))
AV1_12 = (b"av01", bytes.fromhex("81406200"), bytes.fromhex(
    "12000a095810efec68101034403221440000dc80c49e64c61c33b804876e0af440e941f6c5b57185b4d34bfc9bee31c5"))
AV1_ALPHA = (b"av01", bytes.fromhex("81001c00"), bytes.fromhex("12000a051810efec2a320e440000de35a18ffb94109a094984"))


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full_box(kind, version, *parts):
    return box(kind, bytes([version, 0, 0, 0]), *parts)


def rotated(quarters):
    return box(b"irot", bytes([quarters]))


def mirrored(axis):
    return box(b"imir", bytes([axis]))


def item_entry(number, kind):
    return full_box(b"infe", 2, struct.pack(">HH4sx", number, 0, kind))


def reference(kind, start, to):
    return box(kind, struct.pack(">HHH", start, 1, to))


def heif(image, size, *turns, alpha=None, premultiplied=False, exif=None, brand=None, primary=1, claimed=None, cut=0, extra=b""):
    """A file with one image of `size` (width, height), turned by the boxes `turns`; it may have an image of alpha, and EXIF data.
    claimed: the length of the image's data, if it is a lie; cut: bytes without which the file ends; extra: boxes in meta."""
    items = [(1, image[0], image[2])]
    properties = [full_box(b"ispe", 0, struct.pack(">II", *size)), config_box(image), *turns]
    uses = [(1, list(range(1, len(properties) + 1)))]
    references = []
    if alpha:
        items.append((2, alpha[0], alpha[2]))
        first = len(properties) + 1
        properties += [config_box(alpha), full_box(b"auxC", 0, b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")]
        uses.append((2, [1, first, first + 1] + list(range(3, 3 + len(turns)))))
        references.append(reference(b"auxl", 2, 1))
        if premultiplied:
            references.append(reference(b"prem", 1, 2))
    if exif:
        items.append((3, b"Exif", bytes(4) + exif))
        references.append(reference(b"cdsc", 3, 1))
    data = b"".join(item[2] for item in items)

    def meta(start):
        places = b""
        for number, _, content in items:
            length = claimed if number == 1 and claimed is not None else len(content)
            places += struct.pack(">HHHII", number, 0, 1, start, length)
            start += len(content)
        entries = b"".join(item_entry(number, kind) for number, kind, _ in items)
        associations = b"".join(struct.pack(">HB", number, len(of)) + bytes(i | 128 for i in of) for number, of in uses)
        return full_box(b"meta", 0, full_box(b"hdlr", 0, bytes(4), b"pict", bytes(13)),
                        full_box(b"pitm", 0, struct.pack(">H", primary)),
                        full_box(b"iloc", 0, b"\x44\0", struct.pack(">H", len(items)), places),
                        full_box(b"iinf", 0, struct.pack(">H", len(items)), entries),
                        box(b"iprp", box(b"ipco", *properties), full_box(b"ipma", 0, struct.pack(">I", len(uses)), associations)),
                        full_box(b"iref", 0, *references) if references else b"", extra)

    name = brand or (b"heic" if image[0] == b"hvc1" else b"avif")
    head = box(b"ftyp", name, bytes(4), b"mif1", name)
    file = head + meta(len(head) + len(meta(0)) + 8) + box(b"mdat", data)
    return file[:len(file) - cut]


def config_box(image):
    return box(b"hvcC" if image[0] == b"hvc1" else b"av1C", image[1])
