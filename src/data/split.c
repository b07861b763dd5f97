/* split.c: splits a training set into training and validation set, and if the text says so a test set before
 * that.
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

static const char test_word[] = ",test:"; /* between the two splits of a text */

typedef enum kind { ANY, LAST, STRATIFIED } kind;
typedef struct split {
  kind kind;
  int64_t count; /* -1: the default */
  uint64_t seed;
  uint64_t draw; /* number of the draw with this seed: 0 is that of the validation set */
} split;

/* What is split off the training images. */
typedef struct splits {
  split valid, test;
} splits;

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

static bool take_split(const char **at, split *s) {
  uint64_t count = 0;
  *s = (split){.count = -1, .seed = DEFAULT_SEED};
  if (accept_word(at, "last:"))
    s->kind = LAST;
  else if (accept_word(at, "stratified:"))
    s->kind = STRATIFIED;
  bool good = true;
  if (!accept_word(at, "auto")) {
    good = take_number(at, INT64_MAX, &count);
    s->count = (int64_t)count;
  }
  if (good && s->kind != LAST && accept_word(at, ":")) good = take_number(at, UINT64_MAX, &s->seed);
  return good;
}

/* The wrong split ends where the other begins. */
static oc_status fail_split(const char *field, const char *what, const char *text, oc_error *err) {
  const char *next = strstr(text, test_word);
  const int size = next ? (int)oc_min_i64(60, next - text) : 60;
  return oc_fail(err, OC_E_ARGUMENT, field,
                 "Give 0, a number of images N, last:N, stratified:N or stratified:N:SEED.",
                 "invalid %s split '%.*s'", what, size, text);
}

/* "VALID" or "VALID,test:TEST". */
static oc_status parse_splits(const char *text, splits *s, oc_error *err) {
  const char *at = text ? text : "auto", *test = NULL;
  s->test = (split){0};
  bool good = take_split(&at, &s->valid);
  if (good && accept_word(&at, test_word)) {
    test = at;
    good = take_split(&at, &s->test);
  }
  if (good && *at == 0) return OC_OK;
  return test ? fail_split("test", "test", test, err)
              : fail_split("valid", "validation", text ? text : "", err);
}

/* ---- reading the option -------------------------------------------------------------------------------- */

/* The lecture's 10,000 of 60,000; a sixth of a smaller set, but one image at least where there are two. */
static int64_t default_count(int64_t count) {
  const int64_t sixth = oc_min_i64(count / 6, 10000);
  return sixth == 0 && count >= 2 ? 1 : sixth;
}

static oc_status is_mnist(const oc_dataset *d, bool *yes, oc_error *err) {
  int32_t *labels;
  char hex[65];
  oc_sha256 sum;
  *yes = false;
  if (oc_dataset_count(d) != MNIST_COUNT) return OC_OK;
  TRY(oc_dataset_labels(d, &labels, err));
  oc_sha256_init(&sum);
  for (int i = 0; i < MNIST_COUNT; i++) oc_sha256_add(&sum, &(unsigned char){(unsigned char)labels[i]}, 1);
  oc_sha256_hex(&sum, hex);
  oc_memory_free(labels);
  *yes = strcmp(hex, mnist_labels) == 0;
  return OC_OK;
}

/* Resolves a number alone: the end of the file for MNIST, for images in random order (each ten generated
 * images have each class once), and for images without a class label; otherwise stratified. */
static oc_status settle_kind(const oc_dataset *all, split *s, const char *field, oc_error *err) {
  const int64_t count = oc_dataset_count(all);
  if (s->kind == ANY) {
    bool last = oc_dataset_is_generated(all) || !oc_dataset_labeled(all);
    if (!last) TRY(is_mnist(all, &last, err));
    s->kind = last ? LAST : STRATIFIED;
  }
  if (s->kind == STRATIFIED && s->count > 0 && !oc_dataset_labeled(all))
    return oc_fail(err, OC_E_ARGUMENT, field, "Use last:N.", "a stratified split needs labels");
  if (s->kind == STRATIFIED && count > MAX_STRATIFIED)
    return oc_fail(err, OC_E_ARGUMENT, field, "Use last:N.",
                   "too many images for a stratified split: %lld; the limit is %d", (long long)count,
                   MAX_STRATIFIED);
  return OC_OK;
}

/* `left` images are there. */
static oc_status check_count(const split *s, int64_t left, const char *field, const char *what,
                             oc_error *err) {
  if (s->count < left) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, field, "Ask for fewer, or give more images.",
                 "%lld %s images leave none for training: the data has %lld", (long long)s->count, what,
                 (long long)left);
}

/* A tenth each for validation and test, or where no test set is split off a sixth for validation. */
static oc_status settle(const oc_dataset *all, splits *s, oc_error *err) {
  const int64_t count = oc_dataset_count(all), tenth = oc_min_i64(count / 10, 10000);
  if (s->test.count < 0) s->test.count = tenth;
  TRY(check_count(&s->test, count, "test", "test", err));
  if (s->valid.count < 0) s->valid.count = s->test.count > 0 && tenth > 0 ? tenth : default_count(count);
  TRY(check_count(&s->valid, count - s->test.count, "valid", "validation", err));
  if (s->test.count > 0) TRY(settle_kind(all, &s->test, "test", err));
  return settle_kind(all, &s->valid, "valid", err);
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

static void draw_images(quota *q, const int32_t *labels, int64_t all, const split *s, int64_t *train,
                        int64_t *valid) {
  for (int64_t i = 0; i < all; i++) {
    quota *c = &q[labels[i]];
    oc_random r = oc_random_at(s->seed, OC_STREAM_SPLIT, s->draw, (uint64_t)i);
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
  TRY(oc_dataset_labels(all, &labels, err));
  quota *q = oc_memory_array((size_t)classes, sizeof *q);
  *train = oc_memory_array((size_t)(count - s->count), sizeof **train);
  *valid = oc_memory_array((size_t)s->count, sizeof **valid);
  const bool whole = q && *train && *valid;
  if (whole) {
    for (int64_t i = 0; i < count; i++) q[labels[i]].left++;
    share_out(q, classes, s->count, count);
    draw_images(q, labels, count, s, *train, *valid);
  }
  oc_memory_free(labels);
  oc_memory_free(q);
  return whole ? OC_OK : oc_fail_memory(err, (size_t)count * sizeof **train);
}

/* ---- the parts ----------------------------------------------------------------------------------------- */

static void text_of(const split *s, char *text, size_t size) {
  if (s->count == 0)
    (void)snprintf(text, size, "0");
  else if (s->kind == LAST)
    (void)snprintf(text, size, "last:%lld", (long long)s->count);
  else
    (void)snprintf(text, size, "stratified:%lld:%llu", (long long)s->count, (unsigned long long)s->seed);
}

static void text_of_both(const splits *s, char text[OC_SPLIT_TEXT]) {
  text_of(&s->valid, text, OC_SPLIT_TEXT);
  if (s->test.count == 0) return;
  const size_t used = strlen(text), word = strlen(test_word);
  (void)snprintf(text + used, OC_SPLIT_TEXT - used, "%s", test_word);
  text_of(&s->test, text + used + word, OC_SPLIT_TEXT - used - word);
}

/* The images `first` and so on of `all`, which has an index. */
static oc_status copy_index(const oc_dataset *all, int64_t first, int64_t count, int64_t **out,
                            oc_error *err) {
  *out = oc_memory_array((size_t)count, sizeof **out);
  if (!*out && count > 0) return oc_fail_memory(err, (size_t)count * sizeof **out);
  for (int64_t i = 0; i < count; i++) (*out)[i] = all->index[first + i];
  return OC_OK;
}

/* Places in `all` become places in its store. */
static void map_index(const oc_dataset *all, int64_t *index, int64_t count) {
  for (int64_t i = 0; all->index && i < count; i++) index[i] = all->index[index[i]];
}

/* The indices of what is kept and what is split off; NULL: all of `all` in its order. */
static oc_status find_indices(const oc_dataset *all, const split *s, int64_t *index[2], oc_error *err) {
  const int64_t kept = oc_dataset_count(all) - s->count;
  if (s->kind == STRATIFIED && s->count > 0) {
    TRY(stratify(all, s, &index[0], &index[1], err));
    map_index(all, index[0], kept);
    map_index(all, index[1], s->count);
  } else if (all->index) {
    TRY(copy_index(all, 0, kept, &index[0], err));
    TRY(copy_index(all, kept, s->count, &index[1], err));
  }
  return OC_OK;
}

/* Makes two sets of `all`; *off stays NULL where nothing is split off. */
static oc_status cut(const oc_dataset *all, const split *s, const char *text, oc_dataset *out[2],
                     oc_error *err) {
  const int64_t kept = oc_dataset_count(all) - s->count;
  int64_t *index[2] = {NULL, NULL};
  out[0] = out[1] = NULL;
  oc_status status = find_indices(all, s, index, err);
  if (status == OC_OK) status = oc_dataset_part(all, 0, kept, text, &out[0], err);
  if (status == OC_OK && s->count > 0) status = oc_dataset_part(all, kept, s->count, text, &out[1], err);
  for (int i = 0; i < 2; i++)
    if (status == OC_OK && out[i]) {
      oc_dataset_take_index(out[i], index[i]);
    } else {
      oc_memory_free(index[i]);
      oc_dataset_free(out[i]);
      out[i] = NULL;
    }
  return status;
}

static oc_status cut_both(const oc_dataset *all, const splits *s, oc_data *out, oc_error *err) {
  char text[OC_SPLIT_TEXT];
  oc_dataset *rest[2] = {NULL, NULL}, *parts[2];
  text_of_both(s, text);
  if (s->test.count > 0) TRY(cut(all, &s->test, text, rest, err));
  const oc_status status = cut(rest[0] ? rest[0] : all, &s->valid, text, parts, err);
  oc_dataset_free(rest[0]);
  if (status != OC_OK) {
    oc_dataset_free(rest[1]);
    return status;
  }
  out->train = parts[0];
  if (parts[1]) out->valid = parts[1];
  if (rest[1]) out->test = rest[1];
  return OC_OK;
}

oc_status oc_dataset_divide(oc_dataset **all, const char *text, oc_data *out, oc_error *err) {
  splits s;
  TRY(parse_splits(text, &s, err));
  s.test.draw = 1;
  if (out->test) s.test.count = 0;
  if (out->valid) s.valid.count = 0;
  TRY(settle(*all, &s, err));
  if (out->valid && s.test.count == 0) {
    out->train = *all;
  } else {
    TRY(cut_both(*all, &s, out, err));
    oc_dataset_free(*all);
  }
  *all = NULL;
  return OC_OK;
}
