/* onnx_unpack.c: unpacks an ONNX file with limited memory, which is freed as a whole. */
#include "formats/onnx/onnx_reader.h"

/* A few bytes can name a message that takes a hundred, so memory is limited by the size of the file. */
typedef struct limited {
  oc_arena *arena;
  size_t left;
  bool refused, exhausted; /* by the limit; by the system */
} limited;

static void *limited_alloc(void *context, size_t size) {
  enum { OVERHEAD = 16 };
  limited *l = context;
  if (size > SIZE_MAX - OVERHEAD || size + OVERHEAD > l->left) return l->refused = true, NULL;
  l->left -= size + OVERHEAD;
  void *memory = oc_arena_alloc(l->arena, size);
  l->exhausted = !memory;
  return memory;
}

static void limited_free(void *context, void *memory) {
  (void)context, (void)memory; /* with the arena */
}

static size_t limit_of(size_t size) {
  enum { TIMES = 4, BASE = 1 << 20 };
  return size > (SIZE_MAX - BASE) / TIMES ? SIZE_MAX : size * TIMES + BASE;
}

static oc_status unpack(const ProtobufCMessageDescriptor *kind, const void *bytes, size_t size,
                        const char *where, oc_arena *arena, ProtobufCMessage **out, oc_error *err) {
  limited l = {.arena = arena, .left = limit_of(size)};
  ProtobufCAllocator allocator = {limited_alloc, limited_free, &l};
  *out = protobuf_c_message_unpack(kind, &allocator, size, bytes);
  if (*out) return OC_OK;
  if (l.refused)
    return oc_fail(err, OC_E_UNSUPPORTED, where, "Export the model again, in another way.",
                   "its messages need more memory than 4 times the file and 1 MB");
  if (l.exhausted) return oc_fail_memory(err, size);
  const bool model = kind == &oc_onnx__model_proto__descriptor;
  return oc_fail(err, OC_E_DATA, where, model ? "Export or copy the model again." : "Copy the file again.",
                 "not an ONNX file%s, or damaged: a message does not decode",
                 model ? "" : " of a tensor, nor a .npy file");
}

oc_status oc_onnx_unpack(const void *bytes, size_t size, const char *where, oc_arena *arena,
                         OcOnnx__ModelProto **out, oc_error *err) {
  *out = NULL;
  TRY(oc_onnx_scan(bytes, size, where, err));
  return unpack(&oc_onnx__model_proto__descriptor, bytes, size, where, arena, (ProtobufCMessage **)out, err);
}

oc_status oc_onnx_unpack_tensor(const void *bytes, size_t size, const char *where, oc_arena *arena,
                                OcOnnx__TensorProto **out, oc_error *err) {
  *out = NULL;
  return unpack(&oc_onnx__tensor_proto__descriptor, bytes, size, where, arena, (ProtobufCMessage **)out, err);
}
