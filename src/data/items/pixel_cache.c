/* pixel_cache.c: keeps the first images that are read, until the cache is full. An epoch reads each image
 * once in an order of its own, so whichever are kept, their share of all need not be decoded again. Nothing
 * is ever replaced, and so a reader needs no lock. */
#include "base/memory.h"
#include "data/items/item_store.h"
#include <stdatomic.h>
#include <string.h>

struct oc_pixel_cache {
  int64_t count;
  size_t image_bytes;
  atomic_size_t room; /* bytes that may still be taken */
  _Atomic(uint8_t *) *images;
};

oc_status oc_pixel_cache_create(int64_t count, size_t image_bytes, size_t most, oc_pixel_cache **out,
                                oc_error *err) {
  oc_pixel_cache *c = oc_memory_alloc(sizeof *c);
  *out = c;
  if (!c) return oc_fail_memory(err, sizeof *c);
  c->count = count;
  c->image_bytes = image_bytes;
  atomic_init(&c->room, most);
  c->images = oc_memory_array((size_t)count, sizeof *c->images);
  if (c->images) return OC_OK;
  oc_pixel_cache_free(c);
  *out = NULL;
  return oc_fail_memory(err, (size_t)count * sizeof *c->images);
}

void oc_pixel_cache_free(oc_pixel_cache *c) {
  if (!c) return;
  for (int64_t i = 0; c->images && i < c->count; i++)
    oc_memory_free(atomic_load_explicit(&c->images[i], memory_order_relaxed));
  oc_memory_free(c->images);
  oc_memory_free(c);
}

bool oc_pixel_cache_get(const oc_pixel_cache *c, int64_t i, uint8_t *pixels) {
  const uint8_t *kept = atomic_load_explicit(&c->images[i], memory_order_acquire);
  if (kept) memcpy(pixels, kept, c->image_bytes);
  return kept != NULL;
}

/* Takes the bytes of an image from the room; false: it is full. */
static bool take_room(oc_pixel_cache *c) {
  size_t room = atomic_load(&c->room);
  while (room >= c->image_bytes)
    if (atomic_compare_exchange_weak(&c->room, &room, room - c->image_bytes)) return true;
  return false;
}

void oc_pixel_cache_put(oc_pixel_cache *c, int64_t i, const uint8_t *pixels) {
  uint8_t *none = NULL;
  if (atomic_load(&c->images[i]) || !take_room(c)) return;
  uint8_t *copy = oc_memory_copy(pixels, c->image_bytes);
  if (copy && atomic_compare_exchange_strong(&c->images[i], &none, copy)) return;
  oc_memory_free(copy); /* another thread was first, or there is no memory */
  atomic_fetch_add(&c->room, c->image_bytes);
}
