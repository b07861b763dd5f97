/* onnx_scan.c: counts nodes and tensors in the bytes of a file, so that one with too many is refused before
 * memory is taken. A table lists the fields that hold messages, four deep; all others are skipped by their
 * length. Format: protobuf.dev, "Encoding". */
#include "formats/onnx/onnx_reader.h"

enum { DEPTH = 4, VARINT = 0, BITS_64 = 1, BYTES = 2, BITS_32 = 5 };

/* A field that holds a message of the kind `into`, and whether it is counted. */
typedef enum kind { MODEL, GRAPH, NODE, ATTRIBUTE, TENSOR } kind;
static const struct {
  kind of;
  uint64_t field;
  kind into;
} rows[] = {
    {MODEL, 7, GRAPH}, {GRAPH, 1, NODE}, {GRAPH, 5, TENSOR}, {NODE, 5, ATTRIBUTE}, {ATTRIBUTE, 5, TENSOR}};

typedef struct cursor {
  const unsigned char *at, *end;
} cursor;

static bool read_varint(cursor *c, uint64_t *out) {
  *out = 0;
  for (int shift = 0; shift < 64 && c->at < c->end; shift += 7) {
    const unsigned char byte = *c->at++;
    *out |= (uint64_t)(byte & 127) << shift;
    if (!(byte & 128)) return true;
  }
  return false;
}

/* Past the value of a field; of bytes, `content` is what they hold. */
static bool skip(cursor *c, unsigned type, cursor *content) {
  uint64_t value;
  size_t size = type == BITS_64 ? 8 : 4;
  if (type == VARINT) return read_varint(c, &value);
  if (type == BYTES) {
    if (!read_varint(c, &value) || value > (size_t)(c->end - c->at)) return false;
    size = (size_t)value;
    *content = (cursor){c->at, c->at + size};
  } else if (type != BITS_64 && type != BITS_32) {
    return false;
  }
  if (size > (size_t)(c->end - c->at)) return false;
  c->at += size;
  return true;
}

static bool kind_inside(kind of, uint64_t field, kind *into) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (rows[i].of == of && rows[i].field == field) return *into = rows[i].into, true;
  return false;
}

oc_status oc_onnx_scan(const void *bytes, size_t size, const char *where, oc_error *err) {
  cursor stack[DEPTH + 1] = {{bytes, (const unsigned char *)bytes + size}};
  kind kinds[DEPTH + 1] = {MODEL};
  int64_t counts[TENSOR + 1] = {0};
  for (int depth = 0; depth >= 0;) {
    cursor *c = &stack[depth], content = {0};
    uint64_t tag;
    kind into;
    if (c->at == c->end) {
      depth--;
      continue;
    }
    if (!read_varint(c, &tag) || !skip(c, tag & 7, &content))
      return oc_fail(err, OC_E_DATA, where, "Export or copy the model again.",
                     "not an ONNX file, or truncated: no field at byte %zu",
                     (size_t)(c->at - (const unsigned char *)bytes));
    if ((tag & 7) != BYTES || !kind_inside(kinds[depth], tag >> 3, &into)) continue;
    if (++counts[into] > OC_ONNX_MAX_ITEMS)
      return oc_fail(err, OC_E_UNSUPPORTED, where, "Export a smaller network.",
                     "too many nodes, attributes or tensors: the limit is %d of each", OC_ONNX_MAX_ITEMS);
    stack[++depth] = content;
    kinds[depth] = into;
  }
  return OC_OK;
}
