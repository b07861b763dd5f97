/* hash_aside.c: see hash_aside.h. The reader tells how far it is, the thread follows; `busy` keeps the bytes in their place while
 * the thread reads them. */
#include "formats/hash_aside.h"
#include "base/aside.h"
#include "base/memory.h"
#include "base/sha256.h"
#include <stdint.h>
#include <string.h>

enum { PIECE = 64 * 1024, MUCH = 256 * 1024 }; /* MUCH: bytes that take a fifth of a millisecond */

struct oc_hash_aside {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  const unsigned char *bytes;
  size_t have, done; /* bytes that are there; that are hashed, with those before the elements */
  bool busy, all, stop;
  bool begun, finished;
  oc_aside aside;
  oc_sha256 sha;
  char hex[65];
};

/* Where the elements begin; SIZE_MAX as long as it is not known. */
static size_t begin_of_elements(const oc_hash_aside *h) {
  uint64_t header;
  if (!h->bytes || h->have < sizeof header) return SIZE_MAX;
  memcpy(&header, h->bytes, sizeof header);
  return header > SIZE_MAX - sizeof header ? SIZE_MAX : (size_t)header + sizeof header;
}

/* Waits for bytes; how many there are of the next piece, 0 at the end. With the mutex. */
static size_t next_piece(oc_hash_aside *h) {
  while (!h->stop) {
    const size_t begin = begin_of_elements(h), from = h->done > begin ? h->done : begin;
    if (from < h->have) {
      h->done = from;
      return h->have - from < PIECE ? h->have - from : PIECE;
    }
    if (h->all) return 0;
    pthread_cond_wait(&h->changed, &h->mutex);
  }
  return 0;
}

static void hash_pieces(void *context) {
  oc_hash_aside *h = context;
  size_t count;
  pthread_mutex_lock(&h->mutex);
  while ((count = next_piece(h)) > 0) {
    const unsigned char *piece = h->bytes + h->done;
    h->busy = true;
    pthread_mutex_unlock(&h->mutex);
    oc_sha256_add(&h->sha, piece, count);
    pthread_mutex_lock(&h->mutex);
    h->done += count;
    h->busy = false;
    pthread_cond_broadcast(&h->changed);
  }
  pthread_mutex_unlock(&h->mutex);
}

oc_hash_aside *oc_hash_aside_create(void) {
  oc_hash_aside *h = oc_memory_alloc(sizeof *h);
  if (!h) return NULL;
  pthread_mutex_init(&h->mutex, NULL); /* neither can fail on Linux with default attributes */
  pthread_cond_init(&h->changed, NULL);
  oc_sha256_init(&h->sha);
  return h;
}

static void begin(oc_hash_aside *h, bool thread) {
  h->begun = true;
  oc_aside_begin(&h->aside, thread, hash_pieces, h);
}

void oc_hash_aside_tell(void *hash, const unsigned char *bytes, size_t have) {
  oc_hash_aside *h = hash;
  pthread_mutex_lock(&h->mutex);
  while (h->busy && bytes != h->bytes) pthread_cond_wait(&h->changed, &h->mutex);
  h->bytes = bytes;
  h->have = have;
  pthread_cond_broadcast(&h->changed);
  pthread_mutex_unlock(&h->mutex);
  if (have >= MUCH && !h->begun) begin(h, true);
}

static void finish(oc_hash_aside *h, bool *why) {
  pthread_mutex_lock(&h->mutex);
  *why = true;
  pthread_cond_broadcast(&h->changed);
  pthread_mutex_unlock(&h->mutex);
  if (!h->begun) begin(h, false);
  if (!h->finished) oc_aside_finish(&h->aside);
  h->finished = true;
}

void oc_hash_aside_hex(oc_hash_aside *h, char hex[65]) {
  if (!h->finished) {
    finish(h, &h->all);
    oc_sha256_hex(&h->sha, h->hex);
  }
  memcpy(hex, h->hex, sizeof h->hex);
}

void oc_hash_aside_free(oc_hash_aside *h) {
  if (!h) return;
  finish(h, &h->stop);
  pthread_cond_destroy(&h->changed);
  pthread_mutex_destroy(&h->mutex);
  oc_memory_free(h);
}
