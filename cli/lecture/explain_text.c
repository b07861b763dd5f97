/* explain_text.c: prints the X or O walk-through in a terminal: one chapter per function. Maps are side by
 * side as far as they fit. */
#include "lecture/explain.h"
#include "core/page.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CELL = 5, GAP = 3, MARGIN = 2, MAX_VOTERS = 6 };

typedef struct map { /* a square of numbers with a name */
  char name[64];
  const double *values;
  int side;
} map;

static void print_words(const cli_terminal *t, const char *words) {
  cli_page_text(t->stream, words, 0, t->columns < 80 ? t->columns : 80);
}

static void print_chapter(const cli_terminal *t, int number, const char *title) {
  fprintf(t->stream, "\n%s%d  %s%s\n", cli_style(t, CLI_BOLD), number, title, cli_style(t, CLI_PLAIN));
}

/* Without the sign that printf gives values that round to 0. */
static double hundredths(double value) {
  return round(value * 100) / 100 + 0.0;
}

/* ".77", "-.11", "1", "0": two digits are enough to follow. Into at least 16 bytes. */
static const char *brief(double value, char *out) {
  const double v = hundredths(value);
  if (v == round(v)) {
    snprintf(out, 16, "%.0f", v);
    return out;
  }
  snprintf(out, 16, "%.2f", v);
  char *zero = strchr(out, '0');
  if (fabs(v) < 1 && zero) memmove(zero, zero + 1, strlen(zero));
  return out;
}

static void print_value(const cli_terminal *t, double value) {
  char out[16];
  const cli_text_style look = value > 0.5 ? CLI_GREEN : value <= 0 ? CLI_DIM : CLI_PLAIN;
  fprintf(t->stream, "%s%*s%s", cli_style(t, look), CELL, brief(value, out), cli_style(t, CLI_PLAIN));
}

static int map_width(const map *m) {
  const int cells = CELL * m->side, name = (int)strlen(m->name);
  return cells > name ? cells : name;
}

static void print_row_of_maps(const cli_terminal *t, const map *maps, int count) {
  cli_repeat(t, " ", MARGIN);
  for (int i = 0; i < count; i++)
    fprintf(t->stream, "%s%-*s%s", cli_style(t, CLI_DIM), i + 1 < count ? map_width(&maps[i]) + GAP : 0,
            maps[i].name, cli_style(t, CLI_PLAIN));
  for (int row = 0; row < maps[0].side; row++) {
    fputc('\n', t->stream);
    cli_repeat(t, " ", MARGIN);
    for (int i = 0; i < count; i++) {
      for (int column = 0; column < maps[i].side; column++)
        print_value(t, maps[i].values[row * maps[i].side + column]);
      if (i + 1 < count) cli_repeat(t, " ", GAP + map_width(&maps[i]) - CELL * maps[i].side);
    }
  }
  fputc('\n', t->stream);
}

/* Prints maps of one size, as many side by side as fit. */
static void print_maps(const cli_terminal *t, const map *maps, int count) {
  int widest = 0;
  for (int i = 0; i < count; i++) widest = map_width(&maps[i]) > widest ? map_width(&maps[i]) : widest;
  int beside = (t->columns - MARGIN + GAP) / (widest + GAP);
  if (beside < 1) beside = 1;
  for (int i = 0; i < count; i += beside)
    print_row_of_maps(t, maps + i, count - i < beside ? count - i : beside);
}

static void print_three(const cli_terminal *t, const double *first, int side) {
  map maps[OC_XO_FEATURES];
  for (int f = 0; f < OC_XO_FEATURES; f++) {
    snprintf(maps[f].name, sizeof maps[f].name, "%s", oc_xo_feature_at(f)->name);
    maps[f].values = first + f * side * side;
    maps[f].side = side;
  }
  print_maps(t, maps, OC_XO_FEATURES);
}

/* ---- chapters ------------------------------------------------------------------------------------------ */

static void tell_image(const cli_terminal *t, const cli_xo_case *c) {
  print_chapter(t, 1, "The image: white is 1, black is -1");
  for (int i = 0; i < OC_XO_SIDE; i++) {
    cli_repeat(t, " ", MARGIN);
    for (int j = 0; j < OC_XO_SIDE; j++)
      fputs(c->hand.image[i][j] > 0 ? t->unicode ? "██" : "##" : t->unicode ? "··" : "..", t->stream);
    cli_repeat(t, " ", GAP);
    for (int j = 0; j < OC_XO_SIDE; j++) print_value(t, c->hand.image[i][j]);
    fputc('\n', t->stream);
  }
}

static void tell_features(const cli_terminal *t) {
  map maps[OC_XO_FEATURES];
  print_chapter(t, 2, "Three features, made by hand");
  print_words(t, "Small images of the parts of an X: two lines and their crossing.");
  for (int f = 0; f < OC_XO_FEATURES; f++) {
    snprintf(maps[f].name, sizeof maps[f].name, "%s", oc_xo_feature_at(f)->name);
    maps[f].values = oc_xo_feature_at(f)->pixels[0];
    maps[f].side = OC_XO_FEATURE;
  }
  print_maps(t, maps, OC_XO_FEATURES);
}

/* A window of the image, a feature, their products; and what these come to. */
static void print_match(const cli_terminal *t, const char *name, const double *window, int feature) {
  double products[9], total = 0;
  char mean[16], sum[16];
  map maps[3] = {{"", window, 3}, {"", oc_xo_feature_at(feature)->pixels[0], 3}, {"products", products, 3}};
  snprintf(maps[0].name, sizeof maps[0].name, "%s", name);
  snprintf(maps[1].name, sizeof maps[1].name, "%s", oc_xo_feature_at(feature)->name);
  for (int i = 0; i < 9; i++) total += products[i] = window[i] * maps[1].values[i];
  print_row_of_maps(t, maps, 3);
  fprintf(t->stream, "  sum %s, mean %s/9 = %s\n", brief(total, sum), sum, brief(total / 9, mean));
}

static void tell_window(const cli_terminal *t, const cli_xo_story *s) {
  const oc_xo_reading *r = &s->told.hand;
  char title[96];
  snprintf(title, sizeof title, "Each feature at row %d, column %d", s->row, s->column);
  print_chapter(t, 3, title);
  print_words(t, "Values on top of each other are multiplied: 1 where both agree, -1 where they do not. "
                 "The mean of the nine products says how well the feature matches: near 1 the feature is "
                 "there, near 0 it is not, near -1 its negative is. (--at ROW,COLUMN shows another "
                 "position.)");
  for (int f = 0; f < OC_XO_FEATURES; f++) {
    double window[9];
    for (int i = 0; i < 9; i++) window[i] = r->image[s->row + i / 3][s->column + i % 3];
    print_match(t, "image", window, f);
  }
  print_words(t, "And a window where all nine disagree: the negative of the falling line.");
  double negative[9];
  for (int i = 0; i < 9; i++) negative[i] = -oc_xo_feature_at(0)->pixels[i / 3][i % 3];
  print_match(t, "its negative", negative, 0);
}

static void tell_layers(const cli_terminal *t, const oc_xo_reading *r) {
  map maps[OC_XO_MAPS];
  const int places = OC_XO_FEATURES * OC_XO_MATCH * OC_XO_MATCH;
  int below = 0;
  char words[160];
  print_chapter(t, 4, "The maps of matches: every position, from -1 to 1");
  print_three(t, r->match[0][0], OC_XO_MATCH);
  print_chapter(t, 5, "ReLU: negative values become 0");
  for (int i = 0; i < places; i++) below += (&r->match[0][0][0])[i] < 0;
  snprintf(words, sizeof words,
           "In this image, %d of the %d values do. A missing match has no influence any more.", below,
           places);
  print_words(t, words);
  print_three(t, r->relu[0][0], OC_XO_MATCH);
  print_chapter(t, 6, "Pooling: the maximum of each 2x2 window");
  snprintf(words, sizeof words,
           "%d values become %d. From here on, the exact position of a match matters less.", places,
           OC_XO_FEATURES * OC_XO_POOLED * OC_XO_POOLED);
  print_words(t, words);
  print_three(t, r->pooled[0][0], OC_XO_POOLED);
  print_chapter(t, 7, "The same again, on top");
  print_words(t, "Each map is the next input (0 is -1 again, 1 stays 1), and the three features slide "
                 "over it, followed by ReLU. This gives nine 2x2 maps, which encode how lines are "
                 "arranged.");
  for (int i = 0; i < OC_XO_MAPS; i++) {
    snprintf(maps[i].name, sizeof maps[i].name, "%s in %s", oc_xo_feature_at(i % OC_XO_FEATURES)->name,
             oc_xo_feature_at(i / OC_XO_FEATURES)->name);
    maps[i].values = r->stacked[i][0];
    maps[i].side = OC_XO_STACKED;
  }
  print_maps(t, maps, OC_XO_MAPS);
}

typedef struct voter {
  int index;
  double product[2];
} voter;

static int by_weight(const void *a, const void *b) {
  const voter *x = a, *y = b;
  const double p = fabs(x->product[0] - x->product[1]), q = fabs(y->product[0] - y->product[1]);
  return p < q ? 1 : p > q ? -1 : x->index - y->index;
}

static void print_voter(const cli_terminal *t, const voter *v, const oc_xo_reading *r,
                        const oc_xo_votes *votes) {
  const int map_index = v->index % OC_XO_MAPS, place = v->index / OC_XO_MAPS;
  char name[64];
  snprintf(name, sizeof name, "%s in %s [%d,%d]", oc_xo_feature_at(map_index % OC_XO_FEATURES)->name,
           oc_xo_feature_at(map_index / OC_XO_FEATURES)->name, place / OC_XO_STACKED, place % OC_XO_STACKED);
  fprintf(t->stream, "  %-34s %4.2f * %5.2f = %5.2f   %4.2f * %5.2f = %5.2f\n", name, r->values[v->index],
          votes->weight[v->index][0], v->product[0], r->values[v->index], votes->weight[v->index][1],
          v->product[1]);
}

static void tell_votes(const cli_terminal *t, const oc_xo_reading *r, const oc_xo_votes *votes) {
  voter voters[OC_XO_VALUES];
  double rest[2] = {0, 0};
  print_chapter(t, 8, "The vote: 36 values, each with a weight for X and one for O");
  for (int i = 0; i < OC_XO_VALUES; i++)
    voters[i] = (voter){i, {r->values[i] * votes->weight[i][0], r->values[i] * votes->weight[i][1]}};
  qsort(voters, OC_XO_VALUES, sizeof *voters, by_weight);
  fprintf(t->stream, "  %s%-34s %-20s   %s%s\n", cli_style(t, CLI_DIM), "the largest", "for X", "for O",
          cli_style(t, CLI_PLAIN));
  for (int i = 0; i < MAX_VOTERS; i++) print_voter(t, &voters[i], r, votes);
  for (int i = MAX_VOTERS; i < OC_XO_VALUES; i++)
    for (int c = 0; c < 2; c++) rest[c] += voters[i].product[c];
  fprintf(t->stream, "  %-34s %20.2f   %20.2f\n", "the other 30", rest[0], rest[1]);
  fprintf(t->stream, "  %-34s %20.2f   %20.2f\n", "bias", votes->bias[0], votes->bias[1]);
  fprintf(t->stream, "  %stogether: it is an %-15c %20.2f   %20.2f%s\n", cli_style(t, CLI_BOLD),
          "XO"[r->verdict], hundredths(r->votes[0]), hundredths(r->votes[1]), cli_style(t, CLI_PLAIN));
}

static void print_verdict(const cli_terminal *t, const oc_xo_reading *r, int label) {
  const bool known = label >= 0, right = r->verdict == label;
  fprintf(t->stream, "   %6.2f %6.2f   %s%c%s%s", hundredths(r->votes[0]), hundredths(r->votes[1]),
          cli_style(t, !known  ? CLI_PLAIN
                       : right ? CLI_GREEN
                               : CLI_RED),
          "XO"[r->verdict],
          !known  ? ""
          : right ? " right"
                  : " wrong",
          cli_style(t, CLI_PLAIN));
}

static void tell_versions(const cli_terminal *t, const cli_xo_story *s) {
  print_chapter(t, 9, "Shifted, rotated, scaled, thick, noisy; and a trained network");
  print_words(t, "The same steps for other images (--kind and --letter choose one for the walk-through), "
                 "next to a network of the same shape that has learned its features. Its votes have "
                 "another scale: only the larger one counts.");
  fprintf(t->stream, "  %s%-13s   %-22s    %s%s\n  %s%-13s   %6s %6s   %-7s   %6s %6s%s\n",
          cli_style(t, CLI_DIM), "", "made by hand", "trained", cli_style(t, CLI_PLAIN),
          cli_style(t, CLI_DIM), "", "for X", "for O", "verdict", "for X", "for O", cli_style(t, CLI_PLAIN));
  for (int i = 0; i < CLI_XO_VERSIONS; i++) {
    const cli_xo_case *c = &s->versions[i];
    fprintf(t->stream, "  %c %-11s", "XO"[c->label], c -> name);
    print_verdict(t, &c->hand, c->label);
    print_verdict(t, &c->learned, c->label);
    fputc('\n', t->stream);
  }
}

static void tell_learned(const cli_terminal *t, const cli_xo_story *s) {
  double beside[2 * OC_XO_FEATURES][OC_XO_FEATURE * OC_XO_FEATURE];
  map maps[2 * OC_XO_FEATURES];
  print_chapter(t, 10, "The features that it has learned");
  for (int f = 0; f < OC_XO_FEATURES; f++) {
    map *own = &maps[f], *learned = &maps[OC_XO_FEATURES + f];
    memcpy(beside[f], oc_xo_feature_at(f)->pixels, sizeof beside[f]);
    memcpy(beside[OC_XO_FEATURES + f], s->features[f], sizeof beside[f]);
    snprintf(own->name, sizeof own->name, "%s", oc_xo_feature_at(f)->name);
    snprintf(learned->name, sizeof learned->name, "learned %d", f + 1);
    own->values = beside[f];
    learned->values = beside[OC_XO_FEATURES + f];
    own->side = learned->side = OC_XO_FEATURE;
  }
  print_maps(t, maps, OC_XO_FEATURES);
  print_maps(t, maps + OC_XO_FEATURES, OC_XO_FEATURES);
  fprintf(t->stream,
          "\n  made by hand, votes by least squares  %lld of %lld right\n"
          "  trained on %lld images             %lld of %lld right\n",
          (long long)s->hand_correct, (long long)s->tested_on, (long long)s->trained_on,
          (long long)s->learned_correct, (long long)s->tested_on);
}

static void tell_told_by_learned(const cli_terminal *t, const cli_xo_case *c) {
  if (c->label >= 0) return;
  fprintf(t->stream, "  The image above: an %c with features made by hand, an %c for the trained network.\n",
          "XO"[c->hand.verdict], "XO"[c->learned.verdict]);
}

void cli_xo_print(const cli_terminal *t, const cli_xo_story *s) {
  fprintf(t->stream, "%sX or O?%s\n", cli_style(t, CLI_BOLD), cli_style(t, CLI_PLAIN));
  print_words(t, "Everything here is multiplying, adding and comparing.");
  tell_image(t, &s->told);
  tell_features(t);
  tell_window(t, s);
  tell_layers(t, &s->told.hand);
  tell_votes(t, &s->told.hand, &s->hand);
  tell_versions(t, s);
  tell_learned(t, s);
  tell_told_by_learned(t, &s->told);
}
