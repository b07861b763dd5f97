/* explain_json.c: writes the X or O walk-through as one object, also inside a page (cli/pages/xo.html, made
 * into pages/xo.h by the build), where only this object changes. */
#include "lecture/explain.h"
#include "core/document.h"
#include "core/json.h"
#include "pages/xo.h"
#include <stdlib.h>
#include <string.h>

/* Where the object goes in the page. */
static const char mark[] = "/*STORY*/";

/* `rank` sizes, `size` each: numbers in lists of lists. */
static json_t *numbers(const double *values, int rank, const int *sizes) {
  json_t *list = json_array();
  int step = 1;
  for (int i = 1; i < rank; i++) step *= sizes[i];
  for (int i = 0; i < sizes[0]; i++)
    (void)json_array_append_new(list, rank == 1 ? cli_json_real(values[i])
                                                : numbers(values + i * step, rank - 1, sizes + 1));
  return list;
}

static json_t *maps(const double *values, int count, int side) {
  return numbers(values, 3, (const int[]){count, side, side});
}

static json_t *reading(const oc_xo_reading *r) {
  return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "match",
                   maps(r->match[0][0], OC_XO_FEATURES, OC_XO_MATCH), "relu",
                   maps(r->relu[0][0], OC_XO_FEATURES, OC_XO_MATCH), "pooled",
                   maps(r->pooled[0][0], OC_XO_FEATURES, OC_XO_POOLED), "stacked",
                   maps(r->stacked[0][0], OC_XO_MAPS, OC_XO_STACKED), "values",
                   numbers(r->values, 1, (const int[]){OC_XO_VALUES}), "votes",
                   numbers(r->votes, 1, (const int[]){2}), "verdict", r->verdict ? "O" : "X");
}

static json_t *image(const cli_xo_case *c) {
  return json_pack("{s:o, s:s?, s:o, s:o, s:o}", "name", cli_json_text(c->name), "label",
                   c->label < 0 ? NULL
                   : c->label   ? "O"
                                : "X",
                   "image", numbers(c->hand.image[0], 2, (const int[]){OC_XO_SIDE, OC_XO_SIDE}), "hand",
                   reading(&c->hand), "learned", reading(&c->learned));
}

static json_t *eyes(const double *features, const oc_xo_votes *v, const char *const *names, int64_t correct) {
  json_t *list = json_array();
  for (int f = 0; names && f < OC_XO_FEATURES; f++) (void)json_array_append_new(list, json_string(names[f]));
  return json_pack("{s:o, s:o, s:o, s:o, s:I}", "names", list, "features",
                   maps(features, OC_XO_FEATURES, OC_XO_FEATURE), "weights",
                   numbers(v->weight[0], 2, (const int[]){OC_XO_VALUES, 2}), "bias",
                   numbers(v->bias, 1, (const int[]){2}), "correct", (json_int_t)correct);
}

static json_t *story(const cli_xo_story *s) {
  double by_hand[OC_XO_FEATURES][OC_XO_FEATURE][OC_XO_FEATURE];
  const char *names[OC_XO_FEATURES];
  json_t *versions = json_array();
  for (int f = 0; f < OC_XO_FEATURES; f++) {
    memcpy(by_hand[f], oc_xo_feature_at(f)->pixels, sizeof by_hand[f]);
    names[f] = oc_xo_feature_at(f)->name;
  }
  for (int i = 0; i < CLI_XO_VERSIONS; i++) (void)json_array_append_new(versions, image(&s->versions[i]));
  return json_pack("{s:s, s:I, s:[i,i], s:I, s:I, s:o, s:o, s:o, s:o}", "schema", "ocellus.explain-xo/3",
                   "seed", (json_int_t)s->seed, "at", s->row, s->column, "trained_on",
                   (json_int_t)s->trained_on, "tested_on", (json_int_t)s->tested_on, "hand",
                   eyes(by_hand[0][0], &s->hand, names, s->hand_correct), "learned",
                   eyes(s->features[0][0], &s->learned, NULL, s->learned_correct), "told", image(&s->told),
                   "versions", versions);
}

oc_status cli_xo_json(const cli_xo_story *s, oc_error *err) {
  return cli_json_print(story(s), err);
}

/* '<' occurs in strings only, where it must not begin or end an HTML tag. */
static void write_escaped(FILE *f, const char *json) {
  for (; *json; json++) {
    if (*json == '<')
      fputs("\\u003c", f);
    else
      fputc(*json, f);
  }
}

oc_status cli_xo_html(const cli_xo_story *s, const char *path, oc_error *err) {
  cli_document document;
  char *json = cli_json_line(story(s));
  const oc_status status = json ? cli_document_open(&document, err) : cli_fail_memory(err);
  if (status == OC_OK) {
    const char *at = strstr(page, mark);
    fwrite(page, 1, (size_t)(at - page), document.stream);
    write_escaped(document.stream, json);
    fputs(at + sizeof mark - 1, document.stream);
  }
  free(json);
  return status == OC_OK ? cli_document_save(&document, path, err) : status;
}
