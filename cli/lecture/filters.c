/* filters.c: kernels by name. The small ones are a table; box and gaussian are computed. */
#include "lecture/filters.h"
#include "core/message.h"
#include "core/suggest.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 3x3, divided by `divisor`; as they are usually printed, which is for cross-correlation. */
static const struct small {
  const char *name;
  double divisor, values[9];
} smalls[] = {
    {"identity", 1, {0, 0, 0, 0, 1, 0, 0, 0, 0}},     {"blur", 16, {1, 2, 1, 2, 4, 2, 1, 2, 1}},
    {"sharpen", 1, {0, -1, 0, -1, 5, -1, 0, -1, 0}},  {"edges", 1, {-1, -1, -1, -1, 8, -1, -1, -1, -1}},
    {"laplace", 1, {0, 1, 0, 1, -4, 1, 0, 1, 0}},     {"emboss", 1, {-2, -1, 0, -1, 1, 1, 0, 1, 2}},
    {"sobel-x", 1, {-1, 0, 1, -2, 0, 2, -1, 0, 1}},   {"sobel-y", 1, {-1, -2, -1, 0, 0, 0, 1, 2, 1}},
    {"prewitt-x", 1, {-1, 0, 1, -1, 0, 1, -1, 0, 1}}, {"prewitt-y", 1, {-1, -1, -1, 0, 0, 0, 1, 1, 1}},
};
enum { SMALLS = sizeof smalls / sizeof smalls[0], MAX_BOX = 255 };
static const double most_sigma = 40;

static oc_status make_small(const struct small *s, cli_array *out, oc_error *err) {
  CLI_TRY(cli_array_create(2, 1, 3, 3, out, err));
  for (int i = 0; i < 9; i++) out->data[i] = s->values[i] / s->divisor;
  return OC_OK;
}

/* The number after the colon. */
static oc_status read_number(const char *name, const char *text, double least, double most, double *out,
                             oc_error *err) {
  char *end;
  *out = strtod(text, &end);
  if (end != text && !*end && *out >= least && *out <= most) return OC_OK;
  return cli_fail(err, OC_E_ARGUMENT, "--kernel", "", "'%s': the parameter must be %g to %g", name, least,
                  most);
}

static oc_status make_box(const char *name, const char *number, cli_array *out, oc_error *err) {
  double size = 3;
  if (number) CLI_TRY(read_number(name, number, 1, MAX_BOX, &size, err));
  const int64_t n = (int64_t)size;
  if ((double)n != size)
    return cli_fail(err, OC_E_ARGUMENT, "--kernel", "", "'%s': the size of a box must be an integer", name);
  CLI_TRY(cli_array_create(2, 1, n, n, out, err));
  for (int64_t i = 0; i < n * n; i++) out->data[i] = 1 / (double)(n * n);
  return OC_OK;
}

/* exp(-(x^2 + y^2) / (2 sigma^2)) out to three sigma, made to sum to 1. */
static oc_status make_gaussian(const char *name, const char *number, cli_array *out, oc_error *err) {
  double sigma = 1, sum = 0;
  if (number) CLI_TRY(read_number(name, number, 0.1, most_sigma, &sigma, err));
  const int64_t radius = (int64_t)ceil(3 * sigma), n = 2 * radius + 1;
  CLI_TRY(cli_array_create(2, 1, n, n, out, err));
  for (int64_t i = 0; i < n * n; i++) {
    const double y = (double)(i / n - radius), x = (double)(i % n - radius);
    sum += out->data[i] = exp(-(x * x + y * y) / (2 * sigma * sigma));
  }
  for (int64_t i = 0; i < n * n; i++) out->data[i] /= sum;
  return OC_OK;
}

oc_status cli_kernel_make(const char *name, cli_array *out, oc_error *err) {
  char word[64], hint[256] = "See the kernels with `ocellus help conv`.";
  const char *colon = strchr(name, ':'), *number = colon ? colon + 1 : NULL;
  snprintf(word, sizeof word, "%.*s", (int)(colon ? colon - name : (ptrdiff_t)strlen(name)), name);
  cli_suggestion near = {.word = word};
  for (int i = 0; i < SMALLS; i++) {
    if (!number && strcmp(smalls[i].name, word) == 0) return make_small(&smalls[i], out, err);
    cli_suggest(&near, smalls[i].name);
  }
  if (strcmp(word, "box") == 0) return make_box(name, number, out, err);
  if (strcmp(word, "gaussian") == 0) return make_gaussian(name, number, out, err);
  cli_suggest(&near, "box");
  cli_suggest(&near, "gaussian");
  if (near.best && number && strcmp(near.best, word) == 0)
    return cli_fail(err, OC_E_ARGUMENT, "--kernel", "", "'%s': %s takes no parameter", name, word);
  if (near.best)
    snprintf(hint, sizeof hint, "Did you mean %s? See the kernels with `ocellus help conv`.", near.best);
  return cli_fail(err, OC_E_ARGUMENT, "--kernel", hint, "unknown kernel '%s'", name);
}
