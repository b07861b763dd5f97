/* split.c: splits a training set into training and validation set.
 *
 * last: the end of the file, as the lecture does with MNIST. stratified: the same fraction of each class,
 * drawn by a seed; both sets are in the order of the file. A class of n images gets its fraction rounded
 * down, and the remaining images go to the largest remainders (Hamilton's method), so that the sets have
 * exactly the requested sizes. The images of a class are drawn one by one: with probability (still needed) /
 * (still to come) (selection sampling, Knuth 3.4.2). */
#include "base/checked.h"
#include "base/error.h"
#include "base/random.h"
#include "base/sha256.h"
#include "data/dataset.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MNIST_COUNT = 60000, MAX_STRATIFIED = 1 << 28, DEFAULT_SEED = 123 };
/* SHA-256 of MNIST's training labels, a byte each. */
static const char mnist_labels[] = "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13";

typedef enum kind { ANY, LAST, STRATIFIED } kind;
typedef struct split {
  kind kind;
  int64_t count; /* -1: the default */
  uint64_t seed;
} split;

/* ---- the text ------------------------------------------------------------------------------------------ */

static bool accept_word(const char **at, const char *word) {
  const size_t n = strlen(word);
  if (strncmp(*at, word, n) != 0) return false;
  *at += n;
  return true;
}

static bool take_number(const char **at, uint64_t most, uint64_t *out) {
  char *end;
  if (**at < '0' || **at > '9') return false;
  errno = 0;
  const unsigned long long n = strtoull(*at, &end, 10);
  *at = end;
  *out = n;
  return errno == 0 && n <= most;
}

static oc_status parse_split(const char *text, split *s, oc_error *err) {
  const char *at = text ? text : "auto";
  uint64_t count = 0;
  *s = (split){.count = -1, .seed = DEFAULT_SEED};
  if (accept_word(&at, "last:"))
    s->kind = LAST;
  else if (accept_word(&at, "stratified:"))
    s->kind = STRATIFIED;
  bool good = true;
  if (!accept_word(&at, "auto")) {
    good = take_number(&at, INT64_MAX, &count);
    s->count = (int64_t)count;
  }
  if (good && s->kind != LAST && accept_word(&at, ":")) good = take_number(&at, UINT64_MAX, &s->seed);
  if (good && *at == 0) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "valid",
                 "Give 0, a number of images N, last:N, stratified:N or stratified:N:SEED.",
                 "invalid validation split '%.60s'", text ? text : "");
}

/* ---- reading the option -------------------------------------------------------------------------------- */

/* The lecture's 10,000 of 60,000; a sixth of a smaller set, but one image at least where there are two. */
static int64_t default_count(int64_t count) {
  const int64_t sixth = oc_min_i64(count / 6, 10000);
  return sixth == 0 && count >= 2 ? 1 : sixth;
}

static oc_status read_labels(const oc_dataset *d, int32_t **labels, oc_error *err) {
  const size_t count = (size_t)oc_dataset_count(d);
  *labels = oc_memory_array(count, sizeof **labels);
  if (!*labels) return oc_fail_memory(err, count * sizeof **labels);
  const oc_status status = oc_dataset_read(d, 0, (int64_t)count, NULL, *labels, err);
  if (status == OC_OK) return OC_OK;
  oc_memory_free(*labels);
  *labels = NULL;
  return status;
}

static oc_status is_mnist(const oc_dataset *d, bool *yes, oc_error *err) {
  int32_t *labels;
  char hex[65];
  oc_sha256 sum;
  *yes = false;
  if (oc_dataset_count(d) != MNIST_COUNT) return OC_OK;
  TRY(read_labels(d, &labels, err));
  oc_sha256_init(&sum);
  for (int i = 0; i < MNIST_COUNT; i++) oc_sha256_add(&sum, &(unsigned char){(unsigned char)labels[i]}, 1);
  oc_sha256_hex(&sum, hex);
  oc_memory_free(labels);
  *yes = strcmp(hex, mnist_labels) == 0;
  return OC_OK;
}

/* Resolves a number alone: the end of the file for MNIST, for images in random order (each ten generated
 * images have each class once), and for images without a class label; otherwise stratified. */
static oc_status settle(const oc_dataset *all, split *s, oc_error *err) {
  const int64_t count = oc_dataset_count(all);
  if (s->count < 0) s->count = default_count(count);
  if (s->count >= count)
    return oc_fail(err, OC_E_ARGUMENT, "valid", "Ask for fewer, or give more images.",
                   "%lld validation images leave none for training: the data has %lld", (long long)s->count,
                   (long long)count);
  if (s->kind == ANY) {
    bool last = oc_dataset_is_generated(all) || !oc_dataset_labeled(all);
    if (!last) TRY(is_mnist(all, &last, err));
    s->kind = last ? LAST : STRATIFIED;
  }
  if (s->kind == STRATIFIED && s->count > 0 && !oc_dataset_labeled(all))
    return oc_fail(err, OC_E_ARGUMENT, "valid", "Use last:N.", "a stratified split needs labels");
  if (s->kind == STRATIFIED && count > MAX_STRATIFIED)
    return oc_fail(err, OC_E_ARGUMENT, "valid", "Use last:N.",
                   "too many images for a stratified split: %lld; the limit is %d", (long long)count,
                   MAX_STRATIFIED);
  return OC_OK;
}

/* ---- stratified ---------------------------------------------------------------------------------------- */

/* Of each class: how many images are still to come, and how many of them are still wanted. */
typedef struct quota {
  int64_t left, wanted;
  int64_t remainder; /* of wanted's exact value, times the number of all images */
} quota;

/* Turns the numbers of images in q[].left into numbers wanted that add up to `count` of `all`. */
static void share_out(quota *q, int classes, int64_t count, int64_t all) {
  int64_t rest = count;
  for (int c = 0; c < classes; c++) {
    q[c].wanted = count * q[c].left / all; /* both below 2^28 */
    q[c].remainder = count * q[c].left % all;
    rest -= q[c].wanted;
  }
  for (; rest > 0; rest--) { /* fewer than there are classes with a remainder */
    int largest = 0;
    for (int c = 1; c < classes; c++)
      if (q[c].remainder > q[largest].remainder) largest = c;
    q[largest].wanted++;
    q[largest].remainder = -1;
  }
}

static void draw_images(quota *q, const int32_t *labels, int64_t all, uint64_t seed, int64_t *train,
                        int64_t *valid) {
  for (int64_t i = 0; i < all; i++) {
    quota *c = &q[labels[i]];
    oc_random r = oc_random_at(seed, OC_STREAM_SPLIT, 0, (uint64_t)i);
    const bool drawn = oc_random_below(&r, (uint64_t)c->left) < (uint64_t)c->wanted;
    c->left--;
    c->wanted -= drawn;
    if (drawn)
      *valid++ = i;
    else
      *train++ = i;
  }
}

static oc_status stratify(const oc_dataset *all, const split *s, int64_t **train, int64_t **valid,
                          oc_error *err) {
  const int64_t count = oc_dataset_count(all);
  const int classes = oc_dataset_classes(all);
  int32_t *labels;
  TRY(read_labels(all, &labels, err));
  quota *q = oc_memory_array((size_t)classes, sizeof *q);
  *train = oc_memory_array((size_t)(count - s->count), sizeof **train);
  *valid = oc_memory_array((size_t)s->count, sizeof **valid);
  const bool whole = q && *train && *valid;
  if (whole) {
    for (int64_t i = 0; i < count; i++) q[labels[i]].left++;
    share_out(q, classes, s->count, count);
    draw_images(q, labels, count, s->seed, *train, *valid);
  }
  oc_memory_free(labels);
  oc_memory_free(q);
  return whole ? OC_OK : oc_fail_memory(err, (size_t)count * sizeof **train);
}

/* ---- the parts ----------------------------------------------------------------------------------------- */

static void text_of(const split *s, char text[OC_SPLIT_TEXT]) {
  if (s->count == 0)
    (void)snprintf(text, OC_SPLIT_TEXT, "0");
  else if (s->kind == LAST)
    (void)snprintf(text, OC_SPLIT_TEXT, "last:%lld", (long long)s->count);
  else
    (void)snprintf(text, OC_SPLIT_TEXT, "stratified:%lld:%llu", (long long)s->count,
                   (unsigned long long)s->seed);
}

static oc_status make_parts(oc_dataset *all, const split *s, oc_dataset **train, oc_dataset **valid,
                            oc_error *err) {
  const int64_t count = oc_dataset_count(all), kept = count - s->count;
  char text[OC_SPLIT_TEXT];
  int64_t *index[2] = {NULL, NULL};
  text_of(s, text);
  oc_status status = OC_OK;
  if (s->kind == STRATIFIED && s->count > 0) status = stratify(all, s, &index[0], &index[1], err);
  if (status == OC_OK) status = oc_dataset_part(all, 0, kept, text, train, err);
  if (status == OC_OK && s->count > 0) status = oc_dataset_part(all, kept, s->count, text, valid, err);
  if (status == OC_OK) {
    oc_dataset_take_index(*train, index[0]);
    if (*valid) oc_dataset_take_index(*valid, index[1]);
  } else {
    oc_memory_free(index[0]);
    oc_memory_free(index[1]);
  }
  return status;
}

oc_status oc_dataset_divide(oc_dataset **all, const char *text, oc_dataset **train, oc_dataset **valid,
                            oc_error *err) {
  split s;
  *train = *valid = NULL;
  TRY(parse_split(text, &s, err));
  TRY(settle(*all, &s, err));
  const oc_status status = make_parts(*all, &s, train, valid, err);
  if (status != OC_OK) {
    oc_dataset_free(*train);
    oc_dataset_free(*valid);
    *train = *valid = NULL;
    return status;
  }
  oc_dataset_free(*all);
  *all = NULL;
  return OC_OK;
}
