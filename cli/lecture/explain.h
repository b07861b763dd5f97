/* explain.h: prints the X or O walk-through as text, as JSON, and as a page. */
#ifndef OC_CLI_EXPLAIN_H
#define OC_CLI_EXPLAIN_H
#include "ocellus/xo.h"
#include "core/terminal.h"

/* One image, read in both ways. */
typedef struct cli_xo_case {
  const char *name; /* "rotated", or the name of a file */
  int label;        /* 0: X, 1: O, -1: not known */
  uint8_t pixels[OC_XO_PIXELS];
  oc_xo_reading hand, learned;
} cli_xo_case;

enum { CLI_XO_VERSIONS = OC_XO_KINDS * 2 };

typedef struct cli_xo_story {
  uint64_t seed;
  int row, column;                       /* where windows are shown */
  cli_xo_case told;                      /* the image of the story */
  cli_xo_case versions[CLI_XO_VERSIONS]; /* each kind of X, then of O */
  oc_xo_votes hand, learned;
  double features[OC_XO_FEATURES][OC_XO_FEATURE][OC_XO_FEATURE]; /* learned */
  int64_t trained_on, tested_on, hand_correct, learned_correct;
} cli_xo_story;

void cli_xo_print(const cli_terminal *t, const cli_xo_story *s);
oc_status cli_xo_json(const cli_xo_story *s, oc_error *err);
/* One file, no network. */
oc_status cli_xo_html(const cli_xo_story *s, const char *path, oc_error *err);

#endif
