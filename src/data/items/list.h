/* list.h: makes items of lists, tables of text with the path and the label of an image in each row.
 *
 *   csv.c         the rows and their fields
 *   list.c        the columns; from rows to items
 *   list_find.c   the file of a path in a list
 *   list_choose.c which lists in a folder or an archive are used */
#ifndef OC_DATA_ITEMS_LIST_H
#define OC_DATA_ITEMS_LIST_H
#include "data/items/csv.h"
#include "data/items/items.h"

/* One list. Its bytes are kept until all lists are read: the labels lie in them. */
typedef struct oc_list {
  char where[256]; /* for messages */
  char name[256];  /* without its folder */
  unsigned char *bytes;
  size_t size;
  oc_split_part part; /* of its images, unless a column says */
  bool optional;      /* it may be without labels, and is left out then */
} oc_list;

/* Where the files of a list are looked for. */
typedef struct oc_list_place {
  const oc_container *container;
  const oc_data_options *options;
  const oc_items *files; /* of the container, by path; NULL: the system looks each path up */
  const char *folder;    /* of the list: its paths begin there; "" or with a '/' at its end */
  /* What precedes and follows the paths of the list, as in train/ID.tif; found for its first one. */
  char before[256], after[32];
} oc_list_place;

/* True for the path of a list: a regular file with the ending .csv or .tsv. */
bool oc_list_accepts(const char *path);
bool oc_list_is_named(const char *path); /* the ending alone */
/* The part that the first word of a list's name says, as in train_labels.csv; `otherwise`, if none. */
oc_split_part oc_list_part(const char *name, oc_split_part otherwise);

/* list.c: fills the empty items, whose container is open and which are named, from `count` lists, skipping
 * options.skip. OC_E_DATA: a table that is not a list, a file that is not there, a file with two labels. */
oc_status oc_items_from_lists(oc_items *items, oc_list *lists, int count, oc_list_place *place,
                              oc_error *err);

/* list_find.c: finds out, for a path of a list, what precedes and follows it. *found: its file is there.
 * OC_E_DATA: several files fit. */
oc_status oc_list_locate(oc_list_place *place, const oc_list *list, const char *path, bool *found,
                         oc_error *err);
/* Finds the file of a path. `room` holds the path that entry->path then is. False: there is none. */
bool oc_list_find(const oc_list_place *place, const char *path, char room[4096], oc_entry *entry);

/* list_choose.c: fills an empty list of items from the list at `where`, as oc_items_open. */
oc_status oc_list_open(const char *where, const oc_data_options *options, oc_items *out, oc_error *err);
/* Reads the lists among `tables` (paths of a container) that say the labels of its images, of
 * those that lie in `folder`. `out` has room for OC_PARTS; the caller frees their bytes. *count 0: there is
 * none. OC_E_DATA: several could be meant. */
oc_status oc_lists_choose(const oc_items *tables, const oc_container *container, const char *folder,
                          oc_list *out, int *count, oc_error *err);

#endif
