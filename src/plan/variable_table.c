/* variable_table.c: one table of all variables over a few blocks of memory.
 *
 *   trainable   w1 | w2 | ..     trainable variables, in the order in which they were added
 *   slots 1     m1 | m2 | ..     the first slot that an optimizer keeps for each of them, at the same offset
 *   slots 2     v1 | v2 | ..     the second, and so on
 *   state       s1 | ..          all others: moving averages, the number of steps
 *
 * Offsets are multiples of 64 bytes and never change. So a loop over all weights is a loop over one block,
 * and an element of a weight has its slots, and its gradient in the block of a plan, at the same offset. A
 * block grows with the graph, and moves then: plans take the addresses of their variables again
 * (blocks_version). Only rows are written, so a gap, where a variable has no slot, takes no memory. */
#include "base/checked.h"
#include "graph/init.h"
#include "plan/session.h"
#include <string.h>

/* The table after the growth. */
typedef struct growth {
  int count; /* variables */
  oc_variable_row *rows;
  oc_variable_block *blocks; /* memory: only of blocks that grow, else NULL */
  int block_count;
} growth;

static const oc_tensor_desc *type_of(const oc_session *s, int variable) {
  return oc_graph_value(s->g, oc_graph_variable_at(s->g, variable));
}

/* Rounded up to a multiple of OC_ALIGNMENT. */
static size_t bytes_of(const oc_session *s, int variable) {
  const oc_tensor_desc *v = type_of(s, variable);
  return oc_round_up((size_t)oc_tensor_desc_row(v) * oc_dtype_size(v->dtype), OC_ALIGNMENT);
}

/* Sets row i; false if the offsets overflow. */
static bool place_variable(const oc_session *s, growth *t, int i) {
  const oc_tensor_desc *v = type_of(s, i);
  const int32_t of = s->g->variables[i].slot_of;
  size_t bytes, end;
  oc_variable_row row = {0};
  row.block = s->g->variables[i].init.not_trainable ? OC_BLOCK_STATE : OC_BLOCK_TRAINABLE;
  row.offset = t->blocks[row.block].bytes;
  if (of >= 0 && t->rows[of].block == OC_BLOCK_TRAINABLE) {
    row.block = OC_BLOCK_SLOTS + t->rows[of].slots++;
    row.offset = t->rows[of].offset;
  }
  if (!oc_mul_size((size_t)oc_tensor_desc_row(v), oc_dtype_size(v->dtype), &bytes) ||
      !oc_add_size(row.offset, bytes, &end) || end > PTRDIFF_MAX - 2 * OC_ALIGNMENT)
    return false;
  end = oc_round_up(end, OC_ALIGNMENT);
  if (t->blocks[row.block].bytes < end) t->blocks[row.block].bytes = end;
  if (t->block_count <= row.block) t->block_count = row.block + 1;
  t->rows[i] = row;
  return true;
}

static oc_status lay_out(const oc_session *s, growth *t, oc_error *err) {
  const size_t most = (size_t)(s->block_count + OC_BLOCK_SLOTS + t->count - s->variable_count);
  t->rows = oc_memory_array((size_t)t->count, sizeof *t->rows);
  t->blocks = oc_memory_array(most, sizeof *t->blocks);
  if (!t->rows || !t->blocks) return oc_fail_memory(err, (size_t)t->count * sizeof *t->rows);
  if (s->rows) memcpy(t->rows, s->rows, (size_t)s->variable_count * sizeof *t->rows);
  for (int b = 0; b < s->block_count; b++) t->blocks[b].bytes = s->blocks[b].bytes;
  t->block_count = s->block_count;
  for (int i = s->variable_count; i < t->count; i++)
    if (!place_variable(s, t, i)) return oc_fail_memory(err, SIZE_MAX);
  return OC_OK;
}

/* Memory for each block that grows. Kernels may read whole vectors past its end. */
static oc_status take_memory(const oc_session *s, const growth *t, oc_error *err) {
  size_t added = 0;
  for (int i = s->variable_count; i < t->count; i++)
    if (!oc_add_size(added, bytes_of(s, i), &added)) return oc_fail_memory(err, SIZE_MAX);
  TRY(oc_memory_check("the variables of the network", added, err));
  for (int b = 0; b < t->block_count; b++) {
    oc_variable_block *block = &t->blocks[b];
    if (b < s->block_count && block->bytes == s->blocks[b].bytes) continue;
    block->memory = oc_memory_alloc_uninitialized(block->bytes + OC_ALIGNMENT);
    if (!block->memory) return oc_fail_memory(err, block->bytes);
  }
  return OC_OK;
}

/* Copies the values of blocks that move. */
static void move_old(const oc_session *s, const growth *t) {
  for (int i = 0; i < s->variable_count; i++) {
    unsigned char *block = t->blocks[t->rows[i].block].memory;
    if (block) memcpy(block + t->rows[i].offset, oc_variable_data(s, i), bytes_of(s, i));
  }
}

/* A slot may lie in a gap of a block that does not grow. */
static oc_status fill_new(const oc_session *s, const growth *t, oc_error *err) {
  for (int i = s->variable_count; i < t->count; i++) {
    const oc_init *init = oc_graph_variable_init(s->g, i);
    const oc_tensor_desc *v = type_of(s, i);
    const int block = t->rows[i].block;
    unsigned char *memory = t->blocks[block].memory ? t->blocks[block].memory : s->blocks[block].memory;
    memset(memory + t->rows[i].offset, 0, bytes_of(s, i));
    if (init->kind != OC_INIT_ZEROS)
      TRY(oc_init_fill(init, &v->shape, v->dtype, s->options.seed, (uint64_t)i, memory + t->rows[i].offset,
                       err));
  }
  return OC_OK;
}

static oc_status fill_variables(const oc_session *s, const growth *t, oc_error *err) {
  TRY(take_memory(s, t, err));
  move_old(s, t);
  return fill_new(s, t, err);
}

static void release(oc_variable_row *rows, oc_variable_block *blocks, int block_count) {
  for (int b = 0; b < block_count; b++) oc_memory_free(blocks[b].memory);
  oc_memory_free(blocks);
  oc_memory_free(rows);
}

/* Gives the table to the session. Blocks that did not grow stay where they are. */
static void adopt(oc_session *s, growth *t) {
  for (int b = 0; b < s->block_count; b++) {
    if (t->blocks[b].memory) continue;
    t->blocks[b].memory = s->blocks[b].memory;
    s->blocks[b].memory = NULL;
  }
  release(s->rows, s->blocks, s->block_count);
  s->rows = t->rows;
  s->blocks = t->blocks;
  s->block_count = t->block_count;
  s->variable_count = t->count;
  s->blocks_version++;
}

oc_status oc_session_update(oc_session *s, oc_error *err) {
  growth t = {.count = oc_graph_variable_count(s->g)};
  if (t.count <= s->variable_count) return OC_OK;
  oc_status status = lay_out(s, &t, err);
  if (status == OC_OK && !s->sketch) status = fill_variables(s, &t, err);
  if (status == OC_OK)
    adopt(s, &t);
  else
    release(t.rows, t.blocks, t.block_count);
  return status;
}

void oc_variable_table_release(oc_session *s) {
  release(s->rows, s->blocks, s->block_count);
}
