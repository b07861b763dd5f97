/* helper.h: runs one of Ocellus's own programs as a child process, and exchanges bytes with it through a
 * socket.
 *
 *   oc_helper h;
 *   TRY(oc_helper_start(program, path, &h, err));
 *   oc_helper_send(&h, bytes, size);
 *   oc_helper_receive(&h, &answer, sizeof answer);
 *   const oc_helper_end end = oc_helper_finish(&h);
 *
 * Nothing here has state, so any number of threads may have children of their own. */
#ifndef OC_DATA_DECODE_HELPER_H
#define OC_DATA_DECODE_HELPER_H
#include "ocellus/status.h"
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct oc_helper {
  pid_t pid;
  int socket;
  int64_t deadline; /* of a monotonic clock, in ms */
  bool late;        /* the deadline passed */
  bool ended;       /* it sends no more: it ended, or is late */
} oc_helper;

typedef struct oc_helper_end {
  int code;   /* of its exit; -1: it did not exit by itself, or the code was lost */
  int signal; /* that ended it; 0: none */
} oc_helper_end;

enum { OC_HELPER_PATH = 4096 };

/* Finds the program `name`: next to the file with this code (the program, or the shared library), or in
 * libexec of the installation that the file belongs to. OC_E_UNSUPPORTED: it is in neither; the message
 * begins with `what`, such as "HEIC". */
oc_status oc_helper_find(const char *name, const char *what, const char *where, char path[OC_HELPER_PATH],
                         oc_error *err);
/* Starts the program with the socket as its standard input, and /dev/null as the other two. It is in a
 * process group of its own: Ctrl-C is for the library's caller alone. OC_E_UNSUPPORTED: it cannot be run.
 * OC_E_MEMORY. */
oc_status oc_helper_start(const char *program, const char *where, oc_helper *out, oc_error *err);
/* From now on, the following calls wait for at most so many seconds, together. */
void oc_helper_allow(oc_helper *h, int64_t seconds);
/* Sends all bytes. False if the program does not take them; it may have answered already. */
bool oc_helper_send(oc_helper *h, const void *bytes, size_t size);
/* Receives exactly so many bytes. False if there are fewer. */
bool oc_helper_receive(oc_helper *h, void *to, size_t size);
/* Ends the program, if it has not ended, and waits for it. */
oc_helper_end oc_helper_finish(oc_helper *h);

#endif
