/* kind.c: identifies a file by its first bytes. One row per kind: offset of its mark, the mark, its name, a
 * hint. Marks are from the formats' own descriptions. CIFAR's binary files, CSV and HTML have none and are
 * recognized by their content. */
#include "base/kind.h"
#include <string.h>
#include <strings.h>

/* Of every format of images: a reader of images has its own words for one that it cannot read. */
static const char IMAGE[] = "Use it where an image is expected.";
static const char UNPACK[] = "Unpack it first.";
static const char NUMBERS[] =
    "Use `ocellus conv` or `pool` for numbers, and IDX, MNIST's format, for images with labels.";

static const oc_kind csv = {"a table of text (CSV)", NUMBERS};

typedef struct row {
  size_t at, size;
  const char *mark;
  oc_kind kind;
} row;

static const row rows[] = {
    {0, 3, "\xff\xd8\xff", {"a JPEG image", IMAGE}},
    {8, 4, "WEBP", {"a WebP image", IMAGE}},
    {0, 4, "GIF8", {"a GIF image", IMAGE}},
    {0, 4, "II*\0", {"a TIFF image", IMAGE}},
    {0, 4, "MM\0*", {"a TIFF image", IMAGE}},
    {4, 7, "ftyphei", {"a HEIC image", IMAGE}},
    {4, 7, "ftyphev", {"a HEIC image", IMAGE}},
    {4, 8, "ftypmif1", {"a HEIC image", IMAGE}},
    {4, 8, "ftypmsf1", {"a HEIC image", IMAGE}},
    {4, 7, "ftypavi", {"an AVIF image", IMAGE}},
    {4, 4, "ftyp", {"a video", "Extract single images from it, as PNG."}},
    {0, 8, "\x89PNG\r\n\x1a\n", {"a PNG image", IMAGE}},
    {0, 4, "PK\3\4", {"a zip archive (as .npz, .docx and PyTorch's files are)", UNPACK}},
    {257, 5, "ustar", {"a tar archive", "Unpack it with `tar xf`, and give the folder."}},
    {0, 2, "\x1f\x8b", {"a file compressed with gzip", UNPACK}},
    {0, 3, "BZh", {"a file compressed with bzip2", UNPACK}},
    {0,
     6,
     "\xfd"
     "7zXZ\0",
     {"a file compressed with xz", UNPACK}},
    {0, 4, "\x28\xb5\x2f\xfd", {"a file compressed with zstd", UNPACK}},
    {0, 6, "7z\xbc\xaf\x27\x1c", {"a 7z archive", UNPACK}},
    {0, 4, "Rar!", {"a RAR archive", UNPACK}},
    {0, 6, "\x93NUMPY", {"an array of NumPy (.npy)", NUMBERS}},
    {0,
     8,
     "\x89HDF\r\n\x1a\n",
     {"an HDF5 file (as Keras's .h5 files are)", "Export its content to another format."}},
    {0, 4, "PAR1", {"a Parquet table", "Export the images in it to IDX or PNG."}},
    {0, 4, "%PDF", {"a PDF document", "Convert its pages to PNG first."}},
    {0,
     38,
     "version https://git-lfs.github.com/spec",
     {"a pointer of Git LFS, not the file itself", "`git lfs pull` fetches the file."}},
    {8, 2, "{\"", {"a safetensors file, as models are", "Use it where a model is expected."}},
    {0, 2, "\x80\x02", {"a Python pickle", "Export its content to another format."}},
    {0, 2, "\x80\x03", {"a Python pickle", "Export its content to another format."}},
    {0, 2, "\x80\x04", {"a Python pickle", "Export its content to another format."}},
    {0, 2, "\x80\x05", {"a Python pickle", "Export its content to another format."}},
    {0, 3, "\0\0\x08", {"an IDX file, as MNIST's are", "Use it where data is expected."}},
};

static bool is_pnm(const unsigned char *b, size_t got) {
  return got > 2 && b[0] == 'P' && b[1] >= '1' && b[1] <= '7' &&
         (b[2] == '#' || (b[2] <= ' ' && b[2] >= '\t'));
}

static bool is_bmp(const unsigned char *b, size_t got) {
  return got > 14 && memcmp(b, "BM", 2) == 0 && memcmp(b + 6, "\0\0\0\0", 4) == 0;
}

static bool is_html(const char *text, size_t got) {
  static const char *const begins[] = {"<!doctype html", "<html", "<head", "<?xml", "<svg"};
  size_t at = 0;
  while (at < got && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r'))) at++;
  for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
    if (got - at >= strlen(begins[i]) && strncasecmp(text + at, begins[i], strlen(begins[i])) == 0)
      return true;
  return false;
}

/* A label and 32x32 pixels in three planes, again and again; CIFAR-100 has two labels. */
static bool is_cifar(const unsigned char *b, size_t got, uint64_t size) {
  const bool ten = size % 3073 == 0 && got > 0 && b[0] < 10;
  return size > 0 && (ten || (size % 3074 == 0 && got > 1 && b[0] < 20 && b[1] < 100));
}

/* A first line of printable characters with numbers or words between commas, semicolons or tabs. */
static bool is_csv(const unsigned char *b, size_t got) {
  size_t between = 0, i = 0;
  for (; i < got && b[i] != '\n' && b[i] != '\r'; i++) {
    if (b[i] != '\t' && (b[i] < ' ' || b[i] == 127)) return false;
    between += b[i] == ',' || b[i] == ';' || b[i] == '\t';
  }
  return between > 0 && (i < got || got == OC_KIND_BYTES || between > 1);
}

/* A number of at most 10 bytes of 7 bits, the lowest first; false if it does not end before `got`. */
static bool read_varint(const unsigned char *b, size_t got, size_t *at, uint64_t *out) {
  *out = 0;
  for (int shift = 0; *at < got && shift < 64; shift += 7) {
    *out |= (uint64_t)(b[*at] & 127) << shift;
    if (!(b[(*at)++] & 128)) return true;
  }
  return false;
}

/* ONNX has no mark: a message whose field 1 is a small number, followed by fields with the numbers and types
 * of a model, up to its graph (7), none longer than the file. A graph that is longer was cut off, if other
 * fields come before it. */
bool oc_kind_is_onnx(const void *first, size_t got, uint64_t size) {
  enum { VERSION_MAX = 64, GRAPH = 7 };
  const unsigned char *b = first;
  uint64_t tag, value;
  int others = 0;
  if (got < 4 || b[0] != 8 || b[1] < 1 || b[1] > VERSION_MAX) return false;
  for (size_t at = 2; at < got;) {
    if (!read_varint(b, got, &at, &tag) || !read_varint(b, got, &at, &value)) return at >= got;
    const uint64_t field = tag >> 3;
    if (field == 5 && (tag & 7) == 0) continue;
    const bool known = (field >= 2 && field <= 8) || field == 14 || field == 20 || field == 25;
    if (!known || field == 5 || (tag & 7) != 2) return false;
    if (field == GRAPH) return value <= size - at || others > 0;
    if (value > size - at) return false;
    others++;
    if (value > got - at) return true;
    at += (size_t)value;
  }
  return true;
}

const oc_kind *oc_kind_of(const void *first, size_t got, uint64_t size) {
  static const oc_kind pnm = {"a PBM, PGM or PPM image", IMAGE}, bmp = {"a BMP image", IMAGE},
                       html = {"an HTML or XML page, not the file itself",
                               "Fetch the file again; the page may explain the problem."},
                       onnx = {"an ONNX file", "Use it where a model is expected."},
                       cifar = {"a binary file of CIFAR", "Use it where data is expected."};
  const unsigned char *b = first;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (got >= rows[i].at + rows[i].size && memcmp(b + rows[i].at, rows[i].mark, rows[i].size) == 0)
      return &rows[i].kind;
  if (is_pnm(b, got)) return &pnm;
  if (is_bmp(b, got)) return &bmp;
  if (is_html(first, got)) return &html;
  if (is_cifar(b, got, size)) return &cifar;
  if (oc_kind_is_onnx(b, got, size)) return &onnx;
  return is_csv(b, got) ? &csv : NULL;
}

bool oc_kind_is_image(const oc_kind *kind) {
  return kind->hint == IMAGE;
}

bool oc_kind_is_table(const oc_kind *kind) {
  return kind == &csv;
}
