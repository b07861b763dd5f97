/* run_folder.h (internal): claims, locks and exchanges the folder of a run, which belongs to one training run
 * at a time and holds one whole run.
 *
 * The folder itself is locked (flock), so the lock ends with its process and leaves no file. On a network
 * file system such a lock may hold for one machine only.
 *
 * A run that replaces another is built next to it, in .NAME.ocellus-new, until its first epoch is saved; then
 * the two are exchanged in one step (renameat2, RENAME_EXCHANGE), and what belonged to the old run is
 * removed. Where the file system cannot do that, the old run becomes .NAME.ocellus-old first; a process that
 * dies between those two renames leaves no NAME, and the next training run there puts the new one in its
 * place. All other files of the old folder move to the new one. */
#ifndef OC_TRAIN_RUN_FOLDER_H
#define OC_TRAIN_RUN_FOLDER_H
#include "base/error.h"
#include <stdbool.h>

typedef enum oc_run_kind { OC_RUN_NEW, OC_RUN_REPLACE, OC_RUN_RESUME } oc_run_kind;

typedef struct oc_run_folder {
  char *path;         /* the caller's name; NULL: there is no folder */
  char *work;         /* where files are written now: `path`, or the folder next to it */
  char *real;         /* absolute path of a run that is replaced, else NULL */
  int lock, old_lock; /* of `work` and of the run that is replaced; -1: none */
  bool made;          /* `work` was made for this run */
  bool filled;        /* the files of a run in `work` are this run's, and new */
  bool two_renames;   /* as where RENAME_EXCHANGE is not supported: for tests */
} oc_run_folder;
#define OC_NO_RUN_FOLDER ((oc_run_folder){.lock = -1, .old_lock = -1})

/* Makes the folder if need be, and takes it. OC_E_CANT_CREATE if another training run has it, or if it holds
 * a run and `kind` is OC_RUN_NEW. Close it whatever is returned. */
oc_status oc_run_folder_open(const char *path, oc_run_kind kind, oc_run_folder *r, oc_error *err);
/* True if this run has not taken its place yet. */
bool oc_run_folder_waits(const oc_run_folder *r);
/* Puts it there; `work` is `path` then. */
oc_status oc_run_folder_take_place(oc_run_folder *r, oc_error *err);
/* Gives the folder back. Without `keep`, and while it waits, the files of the run are removed, and the folder
 * if it was made. */
void oc_run_folder_close(oc_run_folder *r, bool keep);

#endif
