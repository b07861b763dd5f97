/* status.h: reports the errors of every Ocellus function.
 *
 * A function that can fail returns an oc_status and takes an `oc_error *err` as its last argument. `err` may
 * be NULL; otherwise it is filled when (and only when) the returned status is not OC_OK. The library never
 * prints, exits or aborts on a caller's error.
 *
 * Threads: all functions here may be called from any thread, at any time: they hold no state.
 *
 * Codes: every function that returns an oc_status may return OC_E_ARGUMENT for an argument that is NULL or
 * out of range, and OC_E_MEMORY. Its comment names these where it adds detail, and all other codes with their
 * cause. A function that reads a file returns OC_E_NO_INPUT (cannot be opened), OC_E_IO (cannot be read) or
 * OC_E_DATA (damaged, or of another kind). A function that writes a file returns OC_E_CANT_CREATE (cannot be
 * created) or OC_E_IO (cannot be written); a file is replaced whole or not at all. After a failure a function
 * owns nothing of the caller's, and `*out` is empty or NULL unless its comment states otherwise.
 *
 * NULL: an argument may be NULL only where its function allows it; `err`, options and a callback's context
 * always may. Else a function that returns an oc_status gives OC_E_ARGUMENT and names the argument; one that
 * builds a graph marks the graph as failed (of a NULL graph all nodes are invalid); one that gives a value
 * gives the empty one (0, false, "", NULL, -1 for an index, the invalid node); one that frees or gives
 * nothing does nothing.
 *
 * Options are structs (oc_x_options) that functions read and do not keep. A zeroed one means the defaults, so
 * `oc_x_options o = {.epochs = 5};` sets one thing; oc_x_defaults() gives the same with the values filled in.
 * The first member is the struct's size, by which later versions can add options; 0 means the struct of
 * version 0.1, and oc_x_defaults() sets it. A number for which 0 is a choice of its own has a flag next to it
 * (`seed`, `seed_set`): 0 without the flag is the default, any other value needs no flag, and oc_x_defaults()
 * sets the flag wherever the default is a number. */
#ifndef OCELLUS_STATUS_H
#define OCELLUS_STATUS_H

#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef OC_API
#if defined(__GNUC__)
#define OC_API __attribute__((visibility("default")))
#else
#define OC_API
#endif
#endif

/* Version of these headers; see docs/api.md for what may change between versions. */
#define OC_VERSION_MAJOR 0
#define OC_VERSION_MINOR 1
#define OC_VERSION_PATCH 0

/* name, pinned value, process exit code (sysexits.h), short text */
#define OC_STATUS_LIST(X)                                                                                    \
  X(OC_OK, 0, 0, "ok")                                                                                       \
  X(OC_E_ARGUMENT, 1, 64, "bad argument")                                                                    \
  X(OC_E_DATA, 2, 65, "bad data")                                                                            \
  X(OC_E_NO_INPUT, 3, 66, "cannot open input")                                                               \
  X(OC_E_INTERNAL, 4, 70, "internal error")                                                                  \
  X(OC_E_MEMORY, 5, 71, "out of memory")                                                                     \
  X(OC_E_CANT_CREATE, 6, 73, "cannot create output")                                                         \
  X(OC_E_IO, 7, 74, "input/output error")                                                                    \
  X(OC_E_NET, 8, 78, "bad network")                                                                          \
  X(OC_E_NOT_FINITE, 9, 1, "value is not finite")                                                            \
  X(OC_E_INTERRUPTED, 10, 130, "interrupted")                                                                \
  X(OC_E_UNSUPPORTED, 11, 69, "not supported by this build")

typedef enum oc_status {
#define OC_STATUS_ENUM(name, value, exit_code, text) name = value,
  OC_STATUS_LIST(OC_STATUS_ENUM)
#undef OC_STATUS_ENUM
} oc_status;

/* One error record, owned by the caller, no heap inside.
 * where:   file, layer, option or node the error is about ("" if none)
 * message: the offending value and the rule it breaks
 * hint:    what to do next ("" if there is none) */
typedef struct oc_error {
  oc_status code;
  char where[256];
  char message[512];
  char hint[256];
} oc_error;

/* "OC_E_DATA" for OC_E_DATA; "OC_E_?" for a value outside the list. Static storage. */
OC_API const char *oc_status_name(oc_status status);
/* "bad data" for OC_E_DATA. Static storage. */
OC_API const char *oc_status_text(oc_status status);
/* Returns the process exit code that `ocellus` uses for this status (sysexits.h), 70 for a value outside
 * the list. */
OC_API int oc_status_exit_code(oc_status status);

/* Fills `err` (NULL: nothing) with `code` and the texts, and returns `code` as it is, any OC_E_ of the
 * list. `where` and `hint` may be "", and all strings may be those of `err` itself: they are copied. What is
 * harmful for a terminal is escaped, as by oc_escape, except the line ends of the message. */
OC_API oc_status oc_error_fill(oc_error *err, oc_status code, const char *where, const char *hint,
                               const char *format, va_list arguments) __attribute__((format(printf, 5, 0)));
/* Copies `text`, from a file or a person, into `out` for a terminal. Control characters, bytes that are
 * not UTF-8 and characters that reverse the direction of writing become visible (\x1b, \n, \u202e). Copies
 * what fits into `size` bytes, whole characters only, and a closing 0. Returns `out`, the caller's. */
OC_API char *oc_escape(const char *text, char *out, size_t size);
/* Bytes that one character takes at most, escaped, with its closing 0. */
#define OC_ESCAPE_ROOM 16
/* The next character of *text alone, into `piece` with a closing 0; moves *text past it. Returns the bytes, 0
 * at the end. */
/* Copies the next character of *text alone, escaped likewise, into `piece` with a closing 0, and moves
 * *text past it. Returns the number of bytes, 0 at the end. The caller owns both. */
OC_API size_t oc_escape_next(const char **text, char piece[OC_ESCAPE_ROOM]);

/* Frees what a function of the library handed out "freed with oc_free". NULL is fine. */
OC_API void oc_free(void *memory);

/* Returns the version of the library at run time, "MAJOR.MINOR.PATCH". Static storage. A program built
 * with other headers sees the difference by OC_VERSION_MAJOR and so on. */
OC_API const char *oc_version(void);

/* Returns the number of the library's arithmetic, from 1 on: it grows when a version changes the order of a
 * sum, and so the last bits of weights that training ends with. Runs record it; what has none was made with
 * number 1. 2: sums over the samples of a batch follow a fixed binary tree. Any thread may call it. */
OC_API int oc_arithmetic(void);

/* Asked now and then, on the caller's thread, by calls that can take long: false ends the call, which then
 * returns OC_E_INTERRUPTED. */
typedef bool (*oc_go_on_fn)(void *context);

#ifdef __cplusplus
}
#endif
#endif
