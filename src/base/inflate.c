/* inflate.c: see inflate.h. Empty without zlib. */
#if OC_HAVE_ZLIB
#include "base/inflate.h"
#include "base/memory.h"
#include <limits.h>
#include <stdint.h>

static voidpf allocate(voidpf unused, uInt count, uInt size) {
  (void)unused;
  return oc_memory_array(count, size);
}

static void release(voidpf unused, voidpf memory) {
  (void)unused;
  oc_memory_free(memory);
}

z_stream oc_zlib_stream(void) {
  return (z_stream){.zalloc = allocate, .zfree = release};
}

oc_status oc_inflate(const unsigned char *from, size_t size, unsigned char *to, size_t most,
                     const char **problem, oc_error *err) {
  static const char wrong[] = "corrupt: it cannot be inflated to the size that the archive says";
  z_stream z = oc_zlib_stream();
  *problem = wrong;
  if (size > UINT_MAX || most >= UINT_MAX) return OC_OK;
  z.next_in = (Bytef *)(uintptr_t)from; /* zlib only reads it */
  z.avail_in = (uInt)size;
  z.next_out = to;
  z.avail_out = (uInt)most + 1;
  if (inflateInit2(&z, -MAX_WBITS) != Z_OK) return oc_fail_memory(err, sizeof z);
  const int result = inflate(&z, Z_FINISH);
  if (result == Z_STREAM_END && z.total_out == most) *problem = NULL;
  inflateEnd(&z);
  return result == Z_MEM_ERROR ? oc_fail_memory(err, sizeof z) : OC_OK;
}
#else
typedef int oc_no_zlib; /* a file must not be empty */
#endif
