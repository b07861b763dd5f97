/* trace_page.h: writes a trace as a page for a browser: one file, no network, no script. */
#ifndef OC_CLI_TRACE_PAGE_H
#define OC_CLI_TRACE_PAGE_H
#include "ocellus/trace.h"

typedef struct cli_trace_page {
  const oc_trace_step *steps;
  int count;
  const uint8_t *pixels; /* the image, HWC */
  oc_image_shape size;
  int64_t rows[2], columns[2]; /* a frame in the image: first and last */
  const char *about;           /* a sentence without < and & */
} cli_trace_page;

/* "[3,5,17]". Returns `out`. */
const char *cli_trace_place(const int64_t *index, int rank, char *out, size_t size);
oc_status cli_trace_html(const cli_trace_page *page, const char *path, oc_error *err);

#endif
