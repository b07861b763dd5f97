/* int8_memory.c: gives each tensor its place in the scratch, and finds layers that run row by row together.
 *
 * A layer is streamed if the next one alone reads its result. Both are then in one chain, and the memory
 * holds the few rows that the next layer still needs. A chain's input and last result live as long as it
 * runs, so that streaming may cost memory as well. One layer after the other is streamed wherever the whole
 * scratch does not grow. */
#include "base/checked.h"
#include "export/c/c_blocks.h"
#include "export/int8/int8.h"
#include <limits.h>

enum { ALIGNMENT = 4, LAYERS_MOST = 128 /* beyond it the search would take long */ };

/* ---- chains -------------------------------------------------------------------------------------------- */

static int32_t chain_begin(const oc_int8_network *q, int32_t i) {
  while (i > 0 && q->layers[i - 1].streamed) i--;
  return i;
}
static int32_t chain_end(const oc_int8_network *q, int32_t i) {
  while (q->layers[i].streamed) i++;
  return i + 1;
}

/* True if the next layer alone reads the result, as an image of the same shape. */
static bool feeds_next(const oc_int8_network *q, int32_t i) {
  if (i + 1 >= q->layer_count) return false;
  const layer *a = &q->layers[i].code, *b = &q->layers[i + 1].code;
  const int32_t y = q->layers[i].y;
  return q->layers[i].kind != OC_INT8_copy && q->values[y].readers == 1 && q->layers[i + 1].x == y &&
         a->oh > 1 && a->oh == b->ih && a->ow == b->iw && a->oc == b->ic;
}

/* True if the layers begin .. end-1 may be a chain: second inputs are there before it. */
static bool may_be_chain(const oc_int8_network *q, int32_t begin, int32_t end) {
  bool may = end - begin <= OC_INT8_CHAIN;
  for (int32_t i = begin; i < end && may; i++) {
    const int32_t x2 = q->layers[i].x2;
    may = x2 < 0 || q->values[x2].maker < begin;
  }
  return may;
}

static bool may_stream(const oc_int8_network *q, int32_t i) {
  return !q->layers[i].streamed && feeds_next(q, i) &&
         may_be_chain(q, chain_begin(q, i), chain_end(q, i + 1));
}

/* Rows of the input that rows of the result need: before the first of them, and up to the last one. */
static int64_t needed_from(const layer *l, int64_t row) {
  return oc_max_i64(0, oc_min_i64(l->ih, row * l->sh - l->ph));
}
static int64_t needed_to(const layer *l, int64_t rows) {
  const int64_t end = (rows - 1) * l->sh - l->ph + (int64_t)(l->kh - 1) * l->dil_h + 1;
  return rows == 0 ? 0 : oc_max_i64(0, oc_min_i64(l->ih, end));
}

/* The rows that a chain holds of each tensor within it: runs it as templates/int8_network.c.in does. */
static void hold_rows(oc_int8_network *q, int32_t begin, int32_t end) {
  int64_t done[OC_INT8_CHAIN] = {0}, need[OC_INT8_CHAIN];
  const int32_t last = end - begin - 1;
  for (int32_t k = 0; k < last; k++) q->values[q->layers[begin + k].y].held = 1;
  for (int64_t row = 1; row <= q->layers[end - 1].code.oh; row++) {
    need[last] = row;
    for (int32_t k = last; k > 0; k--) need[k - 1] = needed_to(&q->layers[begin + k].code, need[k]);
    for (int32_t k = 0; k < last; k++) {
      oc_int8_value *v = &q->values[q->layers[begin + k].y];
      v->held = oc_max_i64(v->held, need[k] - needed_from(&q->layers[begin + k + 1].code, done[k + 1]));
    }
    for (int32_t k = 0; k <= last; k++) done[k] = oc_max_i64(done[k], need[k]);
  }
}

/* ---- lives --------------------------------------------------------------------------------------------- */

static void begin_lives(oc_int8_network *q) {
  for (int32_t v = 0; v < q->steps.value_count; v++) {
    q->values[v].held = q->values[v].rows;
    q->values[v].same_as = -1;
    q->values[v].first = q->values[v].last = 0;
  }
}

static void live_until(oc_int8_network *q, int32_t value, int time) {
  if (value >= 0 && q->values[value].last < time) q->values[value].last = time;
}

static void find_lives(oc_int8_network *q) {
  int time = 0;
  begin_lives(q);
  for (int32_t i = 0, end; i < q->layer_count; i = end) {
    end = chain_end(q, i);
    time++;
    for (int32_t k = i; k < end; k++) {
      oc_int8_value *y = &q->values[q->layers[k].y];
      if (y->first == 0) y->first = time;
      live_until(q, q->layers[k].y, time);
      live_until(q, q->layers[k].x, time);
      live_until(q, q->layers[k].x2, time);
    }
    hold_rows(q, i, end);
  }
  q->values[oc_c_root(&q->steps, q->steps.output)].last = INT_MAX;
}

static int32_t root_of(const oc_int8_network *q, int32_t value) {
  while (q->values[value].same_as >= 0) value = q->values[value].same_as;
  return value;
}

/* Layers that compute element by element and are in no chain. */
static void work_in_place(oc_int8_network *q) {
  for (int32_t i = 0; i < q->layer_count; i++) {
    const oc_int8_layer *l = &q->layers[i];
    if (!l->in_place || l->streamed || (i > 0 && q->layers[i - 1].streamed)) continue;
    oc_int8_value *y = &q->values[l->y], *x = &q->values[root_of(q, l->x)];
    const bool fits = x->rows * x->row_bytes == y->rows * y->row_bytes && x->held == x->rows;
    if (x->first == 0 || x->last != y->first || !fits) continue;
    y->same_as = root_of(q, l->x);
    x->last = y->last;
  }
}

/* ---- windows ------------------------------------------------------------------------------------------- */

/* Bytes that a convolution's window is copied to; 0: its numbers are neighbors. */
static int64_t window_bytes(const oc_int8_layer *l) {
  const layer *c = &l->code;
  const bool pixel = c->kh == 1 && c->kw == 1 && c->ph == 0 && c->pw == 0 && c->group_in == c->ic &&
                     (c->oh - 1) * c->sh < c->ih && (c->ow - 1) * c->sw < c->iw;
  return l->kind == OC_INT8_conv && !pixel ? (int64_t)c->kh * c->kw * c->group_in : 0;
}

/* One place for all layers of a chain, which use it one after the other. */
static int64_t largest_window(const oc_int8_network *q, int32_t begin, int32_t end) {
  int64_t most = 0;
  for (int32_t i = begin; i < end; i++) most = oc_max_i64(most, window_bytes(&q->layers[i]));
  return most;
}

/* Blocks for them, with the number of the chain's first layer below -1. */
static int32_t add_windows(const oc_int8_network *q, oc_c_block *blocks, int32_t count) {
  int time = 0;
  for (int32_t i = 0, end; i < q->layer_count; i = end) {
    end = chain_end(q, i);
    time++;
    const int64_t bytes = largest_window(q, i, end);
    if (bytes > 0)
      blocks[count++] = (oc_c_block){(int64_t)oc_round_up((size_t)bytes, ALIGNMENT), 0, time, time, -2 - i};
  }
  return count;
}

static void set_window(oc_int8_network *q, int32_t begin, int64_t offset) {
  for (int32_t i = begin; i < chain_end(q, begin); i++)
    if (window_bytes(&q->layers[i]) > 0) q->layers[i].code.window_at = (int32_t)offset;
}

/* ---- offsets ------------------------------------------------------------------------------------------- */

static int64_t place(oc_int8_network *q, oc_c_block *blocks) {
  int32_t count = 0;
  find_lives(q);
  work_in_place(q);
  if (q->decode_bytes > 0) blocks[count++] = (oc_c_block){.count = q->decode_bytes, .value = -1};
  for (int32_t v = 0; v < q->steps.value_count; v++) {
    const oc_int8_value *value = &q->values[v];
    const int64_t bytes = (int64_t)oc_round_up((size_t)(value->held * value->row_bytes), ALIGNMENT);
    if (value->used && value->same_as < 0)
      blocks[count++] = (oc_c_block){bytes, 0, value->first, value->last, v};
  }
  count = add_windows(q, blocks, count);
  const int64_t all = oc_c_place_blocks(blocks, count);
  for (int32_t i = 0; i < count; i++)
    if (blocks[i].value < -1)
      set_window(q, -2 - blocks[i].value, blocks[i].offset);
    else
      *(blocks[i].value < 0 ? &q->decode_offset : &q->values[blocks[i].value].offset) = blocks[i].offset;
  return all;
}

static int64_t stream(oc_int8_network *q, oc_c_block *blocks) {
  int64_t best = place(q, blocks);
  for (bool changed = q->layer_count <= LAYERS_MOST; changed;) {
    changed = false;
    for (int32_t i = 0; i < q->layer_count; i++) {
      if (!may_stream(q, i)) continue;
      q->layers[i].streamed = true;
      const int64_t bytes = place(q, blocks);
      q->layers[i].streamed = bytes <= best;
      if (bytes < best) changed = true;
      if (bytes < best) best = bytes;
    }
  }
  return place(q, blocks);
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static int32_t offset_of(const oc_int8_network *q, int32_t value) {
  return value < 0 || value == q->steps.input ? -1 : (int32_t)q->values[root_of(q, value)].offset;
}

static void set_places(oc_int8_network *q) {
  for (int32_t i = 0; i < q->layer_count; i++) {
    oc_int8_layer *l = &q->layers[i];
    const bool begins = i == 0 || !q->layers[i - 1].streamed;
    l->code.chain = (int16_t)(begins ? chain_end(q, i) - i : 0);
    l->code.x_at = offset_of(q, l->x);
    l->code.x2_at = offset_of(q, l->x2);
    l->code.y_at = offset_of(q, l->y);
    l->code.x_rows = begins ? l->code.ih : (int32_t)q->values[l->x].held;
    l->code.y_rows = l->streamed ? (int32_t)q->values[l->y].held : l->code.oh;
  }
  q->input_offset = q->values[q->steps.input].offset;
}

oc_status oc_int8_place(oc_int8_network *q, int64_t decode_bytes, oc_error *err) {
  const size_t count = (size_t)(q->steps.value_count + q->layer_count) + 1;
  oc_c_block *blocks = oc_memory_array(count, sizeof *blocks);
  if (!blocks) return oc_fail_memory(err, count * sizeof *blocks);
  for (int32_t i = 0; i < q->layer_count; i++) {
    q->layers[i].streamed = false;
    q->layers[i].code.window_at = -1;
  }
  q->decode_bytes = decode_bytes;
  q->scratch_bytes = stream(q, blocks);
  oc_memory_free(blocks);
  if (q->scratch_bytes > INT_MAX)
    return oc_fail(err, OC_E_UNSUPPORTED, "model", "Use smaller images or smaller layers.",
                   "the network needs %lld bytes of memory: the limit is %d", (long long)q->scratch_bytes,
                   INT_MAX);
  set_places(q);
  return OC_OK;
}
