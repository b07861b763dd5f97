/* document.h: writes a text to a stream in memory, then saves or returns it as a whole. The standard
 * open_memstream does not report that its memory could not grow; this does. */
#ifndef OC_CLI_DOCUMENT_H
#define OC_CLI_DOCUMENT_H
#include "ocellus/status.h"
#include <stdbool.h>
#include <stdio.h>

typedef struct cli_document {
  FILE *stream; /* to write to */
  char *bytes;
  size_t size, capacity;
  bool failed;       /* memory ran out: later output is lost */
  char buffer[4096]; /* of the stream, so that it allocates no memory */
} cli_document;

/* OC_E_MEMORY. After OC_OK the caller ends with one of the others. */
oc_status cli_document_open(cli_document *d, oc_error *err);
/* Closes it and returns the text, to be freed with free; NULL if any of it was lost. */
char *cli_document_take(cli_document *d);
/* Closes it, saves it whole or not at all, and frees everything. OC_E_MEMORY if anything that was written got
 * lost. */
oc_status cli_document_save(cli_document *d, const char *path, oc_error *err);
/* Closes it and frees everything. */
void cli_document_drop(cli_document *d);

#endif
