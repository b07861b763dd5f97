/* items.h: defines the list of images that a source finds before any is decoded.
 *
 *   items.c       the list, its order and its classes
 *   layout.c      from the paths in a container to items: folders of classes, with or without splits
 *   list.h        the same from tables with a path and a label in each row
 *   part.c        the names of splits, and of classes in their order
 *   skip.c        leaves out what a list names
 *   decode_item.c an item as the image that a rule makes of it
 *   visit.c       calls a function for each item, on all threads
 *   item_store.c  the images of a list, decoded when they are read
 *   scan.c        what must be known of all of them: sizes, channels, hashes
 *
 * A list takes about 100 bytes for each image. */
#ifndef OC_DATA_ITEMS_ITEMS_H
#define OC_DATA_ITEMS_ITEMS_H
#include "base/memory.h"
#include "data/container/container.h"

typedef enum oc_split_part { OC_PART_TRAIN = 0, OC_PART_VALID, OC_PART_TEST, OC_PARTS } oc_split_part;

typedef struct oc_item {
  const char *path; /* in the container */
  uint64_t bytes;
  int64_t modified;
  uint64_t position;
  int32_t label;
  uint8_t part;
} oc_item;

typedef struct oc_items {
  oc_container container;
  const char *where; /* what was opened: the container's path, or that of a list in it */
  oc_item *list;     /* by part, class and path */
  int64_t count, capacity;
  const char **classes; /* in natural order, fit for a model: UTF-8 without control characters */
  int class_count;
  oc_arena text;
  char note[512]; /* what was understood or left out; "" if there is nothing to say */
} oc_items;

/* Keeps a copy of `where`. */
oc_status oc_items_locate(oc_items *items, const char *where, oc_error *err);
/* Adds to the note where it fits whole. */
void oc_items_note(oc_items *items, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Frees the list and closes the container. An empty one is fine. */
void oc_items_release(oc_items *items);
/* Adds an item; the path is copied. */
oc_status oc_items_add(oc_items *items, const oc_entry *entry, int32_t label, oc_split_part part,
                       oc_error *err);
/* Sorts by part, class and path. */
void oc_items_sort(oc_items *items);
/* The entry of an item, as its container read it. */
oc_entry oc_item_entry(const oc_item *item);
/* Reads the file of an item. `where` names it for messages, also after a failure; the caller frees *bytes. */
oc_status oc_item_read(const oc_items *items, int64_t index, char where[256], unsigned char **bytes,
                       size_t *size, oc_error *err);
/* decode_item.c: decodes an item and makes it the image that the rule says: shape.height * width * channels
 * bytes. Training and the checks of a model see the same pixels. */
oc_status oc_item_pixels(const oc_items *items, int64_t index, const struct oc_preprocessing *rule,
                         bool accept_truncated, uint8_t *pixels, oc_error *err);
/* Compares as people count: "2" before "10", and else byte by byte. */
int oc_natural_compare(const char *a, const char *b);
/* part.c: the part that a name such as "val" says; false, and *part as it was: none. */
bool oc_part_of(const char *name, size_t size, oc_split_part *part);
/* Sorts names in natural order and keeps each once; returns how many are left. */
int64_t oc_names_sort(const char **names, int64_t count);
/* The index of a name among sorted ones, -1: it is not there. */
int oc_names_find(const char *const *names, int count, const char *name);
/* Fills items->classes from `count` names, in their order, made fit for a model. OC_E_DATA: more than
 * 65,536. */
oc_status oc_items_name_classes(oc_items *items, const char *const *names, int count, oc_error *err);

/* skip.c: drops the items whose escaped paths stand in a file, one on each line; *dropped is their number. */
oc_status oc_items_skip(oc_items *items, const char *path, int64_t *dropped, oc_error *err);

/* layout.c: true for what oc_items_open opens: a container, or a list. */
bool oc_items_accept(const char *where);
/* Fills an empty list from the paths of `where`, and its note. OC_E_NO_INPUT, OC_E_DATA: no folders
 * with images, or too many. */
oc_status oc_items_open(const char *where, const oc_data_options *options, oc_items *out, oc_error *err);
/* OC_E_DATA: what no classifier can learn: one class only, a class that the training part lacks. */
oc_status oc_items_check(const oc_items *items, oc_error *err);

#endif
