/* async_hash.c: see async_hash.h. The reader reports its progress, and the thread follows. `busy` protects
 * the bytes while the thread reads them. */
#include "formats/async_hash.h"
#include "base/async.h"
#include "base/memory.h"
#include "base/sha256.h"
#include <string.h>

enum { PIECE = 64 * 1024, MUCH = 256 * 1024 }; /* MUCH: bytes that take a fifth of a millisecond */

struct oc_async_hash {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  const oc_sum_part *parts;
  int count;
  const unsigned char *bytes;
  size_t have; /* bytes that are there */
  int part;    /* the thread's: which part it is at */
  size_t done; /* and how many of its bytes are hashed */
  bool busy, all, stop;
  bool begun, finished;
  oc_async aside;
  oc_sha256 sha;
  char hex[65];
};

/* Waits for bytes of a part; how many there are of the next piece, 0 where they end. With the mutex. */
static size_t next_piece(oc_async_hash *h, const oc_sum_part *part) {
  const size_t rest = part->size - h->done, from = part->begin + h->done;
  while (!h->stop) {
    const size_t there = part->bytes ? rest : h->have > from ? h->have - from : 0;
    if (there >= rest || there >= PIECE || h->all) {
      const size_t count = there < rest ? there : rest;
      return count < PIECE ? count : PIECE;
    }
    pthread_cond_wait(&h->changed, &h->mutex);
  }
  return 0;
}

/* With the mutex, which it gives up while it works. */
static void hash_part(oc_async_hash *h, const oc_sum_part *part) {
  size_t count;
  oc_sha256_add(&h->sha, part->text, part->text_size);
  for (h->done = 0; (count = next_piece(h, part)) > 0; h->done += count) {
    const unsigned char *piece = (part->bytes ? part->bytes : h->bytes + part->begin) + h->done;
    h->busy = true;
    pthread_mutex_unlock(&h->mutex);
    oc_sha256_add(&h->sha, piece, count);
    pthread_mutex_lock(&h->mutex);
    h->busy = false;
    pthread_cond_broadcast(&h->changed);
  }
}

static void hash_parts(void *context) {
  oc_async_hash *h = context;
  pthread_mutex_lock(&h->mutex);
  for (; h->part < h->count && !h->stop; h->part++) hash_part(h, &h->parts[h->part]);
  pthread_mutex_unlock(&h->mutex);
}

oc_async_hash *oc_async_hash_create(const oc_sum_part *parts, int count) {
  oc_async_hash *h = oc_memory_alloc(sizeof *h);
  if (!h) return NULL;
  pthread_mutex_init(&h->mutex, NULL); /* neither can fail on Linux with default attributes */
  pthread_cond_init(&h->changed, NULL);
  h->parts = parts;
  h->count = count;
  oc_sha256_init(&h->sha);
  return h;
}

static void begin(oc_async_hash *h, bool thread) {
  h->begun = true;
  oc_async_start(&h->aside, thread, hash_parts, h);
}

void oc_async_hash_tell(void *hash, const unsigned char *bytes, size_t have) {
  oc_async_hash *h = hash;
  pthread_mutex_lock(&h->mutex);
  while (h->busy && bytes != h->bytes) pthread_cond_wait(&h->changed, &h->mutex);
  h->bytes = bytes;
  h->have = have;
  pthread_cond_broadcast(&h->changed);
  pthread_mutex_unlock(&h->mutex);
  if (have >= MUCH && !h->begun) begin(h, true);
}

static void finish_hash(oc_async_hash *h, bool *why) {
  pthread_mutex_lock(&h->mutex);
  *why = true;
  pthread_cond_broadcast(&h->changed);
  pthread_mutex_unlock(&h->mutex);
  if (!h->begun) begin(h, false);
  if (!h->finished) oc_async_wait(&h->aside);
  h->finished = true;
}

void oc_async_hash_hex(oc_async_hash *h, char hex[65]) {
  if (!h->finished) {
    finish_hash(h, &h->all);
    oc_sha256_hex(&h->sha, h->hex);
  }
  memcpy(hex, h->hex, sizeof h->hex);
}

void oc_async_hash_free(oc_async_hash *h) {
  if (!h) return;
  finish_hash(h, &h->stop);
  pthread_cond_destroy(&h->changed);
  pthread_mutex_destroy(&h->mutex);
  oc_memory_free(h);
}
