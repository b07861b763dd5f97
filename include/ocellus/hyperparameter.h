/* hyperparameter.h: describes a number that an optimizer, a learning-rate schedule or a layer takes.
 *
 * Everything that reads such a number follows from these rows: the options of `ocellus train` and their
 * help, the grammar of net texts, the record of a run, and the checks of the library.
 *
 * Threads: all functions may be called from any thread. */
#ifndef OCELLUS_HYPERPARAMETER_H
#define OCELLUS_HYPERPARAMETER_H
#include "status.h"
#include <stdbool.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_hyperparameter {
  const char *name;  /* "weight_decay"; as an option of the program: --weight-decay */
  const char *unit;  /* "epochs"; NULL: a pure number */
  double low, high;  /* range; both finite, but high may be infinite */
  bool above, below; /* low, high are themselves outside the range */
  bool required;     /* there is no default (the rate of dropout) */
  double fallback;   /* default */
  const char *help;  /* one line: a noun phrase, without a period */
  bool whole;        /* an integer */
} oc_hyperparameter;

/* The value of one of them, by name: see oc_optimizer_options and oc_fit_options. */
typedef struct oc_setting {
  const char *name;
  double value;
} oc_setting;

/* True if `value` is finite and in the range of `h`. */
OC_API bool oc_hyperparameter_allows(const oc_hyperparameter *h, double value);
/* Writes the range in words, "at least 0 and below 1", "above 0 and finite", cut to `size` bytes with the
 * closing 0. Returns `text`, the caller's. */
OC_API char *oc_hyperparameter_range(const oc_hyperparameter *h, char *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif
