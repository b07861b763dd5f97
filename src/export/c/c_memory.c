/* c_memory.c: gives each value of a network its place. A value lives from the step that makes it to the last
 * one that reads it; a step that may work in place takes the memory of an input that ends there. The decoded
 * image lives from step 0 on, next to what decoding needs. */
#include "base/checked.h"
#include "export/c/c_blocks.h"
#include "export/c/c_network.h"
#include <limits.h>

/* ---- lives --------------------------------------------------------------------------------------------- */

static void number_steps(oc_c_network *n) {
  int number = 0;
  for (int32_t i = 0; i < n->step_count; i++)
    if (!n->steps[i].removed) n->steps[i].number = ++number;
}

static int inputs_of(const oc_c_step *s) {
  return s->emitter->operands ? s->emitter->operands : s->info->n_in;
}

static void find_lives(oc_c_network *n) {
  for (int32_t i = 0; i < n->step_count; i++) {
    const oc_c_step *s = &n->steps[i];
    if (s->removed) continue;
    n->values[s->out].first = n->values[s->out].last = s->number;
    for (int k = 0; k < inputs_of(s); k++) {
      oc_c_value *root = &n->values[oc_c_root(n, s->in[k])];
      if (root->last < s->number) root->last = s->number;
    }
  }
  n->values[oc_c_root(n, n->output)].last = INT_MAX;
}

static void work_in_place(oc_c_network *n) {
  for (int32_t i = 0; i < n->step_count; i++) {
    const oc_c_step *s = &n->steps[i];
    if (s->removed || !s->emitter->in_place) continue;
    oc_c_value *y = &n->values[s->out];
    const int32_t x = oc_c_root(n, s->in[0]);
    oc_c_value *root = &n->values[x];
    if (root->place != OC_C_SCRATCH || root->last != s->number || root->count != y->count) continue;
    y->same_as = x;
    root->last = y->last;
  }
}

/* ---- offsets ------------------------------------------------------------------------------------------- */

/* Values that are made, and the decoded image. */
static bool needs_scratch(const oc_c_network *n, int32_t value) {
  const oc_c_value *v = &n->values[value];
  return v->same_as < 0 && (v->place == OC_C_INPUT || (v->place == OC_C_SCRATCH && v->first > 0));
}

static void place_all(oc_c_network *n, oc_c_block *blocks) {
  int32_t count = 0;
  if (n->decode_count > 0) blocks[count++] = (oc_c_block){.count = n->decode_count, .value = -1};
  for (int32_t v = 0; v < n->value_count; v++)
    if (needs_scratch(n, v))
      blocks[count++] = (oc_c_block){n->values[v].count, 0, n->values[v].first, n->values[v].last, v};
  n->scratch_count = oc_c_place_blocks(blocks, count);
  for (int32_t i = 0; i < count; i++)
    *(blocks[i].value < 0 ? &n->decode_offset : &n->values[blocks[i].value].offset) = blocks[i].offset;
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static void add_up(oc_c_network *n) {
  for (int32_t i = 0; i < n->step_count; i++) {
    const oc_c_step *s = &n->steps[i];
    if (s->removed) continue;
    n->constant_bytes += (s->weight_count + s->bias_count) * (int64_t)sizeof(float);
    if (s->emitter->multiply_adds) n->multiply_adds += s->emitter->multiply_adds(n, s);
  }
  for (int32_t v = 0; v < n->value_count; v++)
    if (oc_c_is_array(&n->values[v])) n->constant_bytes += n->values[v].count * (int64_t)sizeof(float);
}

oc_status oc_c_network_place(oc_c_network *n, int64_t decode_count, oc_error *err) {
  oc_c_block *blocks = oc_memory_array((size_t)n->value_count + 1, sizeof *blocks);
  if (!blocks) return oc_fail_memory(err, (size_t)n->value_count * sizeof *blocks);
  number_steps(n);
  find_lives(n);
  work_in_place(n);
  n->decode_count = decode_count;
  oc_c_value *output = &n->values[oc_c_root(n, n->output)];
  const bool made = output->place == OC_C_SCRATCH;
  if (made) output->place = OC_C_OUTPUT;
  place_all(n, blocks);
  add_up(n);
  oc_memory_free(blocks);
  if (made && n->scratch_count <= INT_MAX / (int64_t)sizeof(float)) return OC_OK;
  return oc_fail(err, OC_E_UNSUPPORTED, "model", "Use smaller images or smaller layers.",
                 "the network needs %lld bytes of memory: the limit is %d",
                 (long long)n->scratch_count * (long long)sizeof(float), INT_MAX);
}
