/* scan.h: computes what must be known of all images of a list before training: whether each can be read, its
 * size, whether it has colors, and the SHA-256 of its bytes. One pass on all threads. The results are kept in
 * a file (oc_data_options.cache_folder), and used again for each image whose size and time are unchanged. */
#ifndef OC_DATA_ITEMS_SCAN_H
#define OC_DATA_ITEMS_SCAN_H
#include "data/items/items.h"

enum {
  OC_SCAN_COLOR = 1,
  OC_SCAN_TRANSPARENT = 2,
  OC_SCAN_DARK_INK = 4,
  OC_SCAN_UNREADABLE = 8,
  OC_SCAN_TRUNCATED = 16
};

typedef struct oc_scan_row {
  uint8_t sum[32]; /* SHA-256 */
  int32_t height, width;
  uint32_t flags;
} oc_scan_row;

typedef struct oc_scan {
  oc_scan_row *rows; /* one for each item, in their order */
  int64_t count;
  int64_t unreadable, first_unreadable; /* their number, the index of the first */
  bool accept_truncated;                /* else a truncated image is unreadable */
  oc_error first_error;
} oc_scan;

/* Scans all items; the caller releases *out. Images that cannot be read are counted. OC_E_INTERRUPTED: go_on
 * returned false. OC_E_MEMORY. */
oc_status oc_scan_items(const oc_items *items, const oc_data_options *options, oc_scan *out, oc_error *err);
void oc_scan_release(oc_scan *scan); /* an empty one is fine */

/* scan_file.c: marks with done[i] the rows that the cache folder has for unchanged items, and keeps the rows.
 * Both do nothing where there is no folder, and where it cannot be used: then the scan takes its time. */
void oc_scan_load(const oc_items *items, const oc_data_options *options, oc_scan *scan, bool *done);
void oc_scan_save(const oc_items *items, const oc_data_options *options, const oc_scan *scan);

#endif
