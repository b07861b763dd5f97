/* item_store.h: makes datasets of a list of images. */
#ifndef OC_DATA_ITEMS_ITEM_STORE_H
#define OC_DATA_ITEMS_ITEM_STORE_H
#include "data/dataset.h"
#include "data/items/items.h"

/* Makes the splits of a list, which is taken over, also on failure: *items is empty afterwards. Scans the
 * images. OC_E_DATA: an image that cannot be read.
 * Other errors as of oc_data_open. */
oc_status oc_items_to_data(oc_items *items, const oc_data_options *options, oc_data *out, oc_error *err);

/* pixel_cache.c: keeps preprocessed images up to a number of bytes. From any thread. */
typedef struct oc_pixel_cache oc_pixel_cache;
oc_status oc_pixel_cache_create(int64_t count, size_t image_bytes, size_t most, oc_pixel_cache **out,
                                oc_error *err);
void oc_pixel_cache_free(oc_pixel_cache *c); /* NULL is fine */
/* Copies image i into `pixels`; false: it is not there. */
bool oc_pixel_cache_get(const oc_pixel_cache *c, int64_t i, uint8_t *pixels);
/* Keeps a copy while there is room and memory. */
void oc_pixel_cache_put(oc_pixel_cache *c, int64_t i, const uint8_t *pixels);

#endif
