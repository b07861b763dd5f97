/* variable_average.c: an exponential moving average of the variables of a session, which is a session
 * itself: a = a + (1 - keep) (w - a). One loop over each block of variables (variable_table.c), in parts of
 * any worker; an element's result does not depend on the part. */
#include "base/checked.h"
#include "plan/session.h"
#include <string.h>

enum { PART = 1 << 14 }; /* elements */

typedef struct average_job {
  float *average;
  const float *values;
  int64_t count;
  float rest; /* 1 - keep */
} average_job;

static void average_part(void *context, int64_t part, int worker) {
  (void)worker;
  const average_job *job = context;
  float *restrict average = job->average;
  const float *restrict values = job->values;
  const float rest = job->rest;
  const int64_t end = oc_min_i64(job->count, (part + 1) * PART);
  for (int64_t i = part * PART; i < end; i++) average[i] += rest * (values[i] - average[i]);
}

static size_t bytes_of(const oc_session *s, int variable) {
  const oc_tensor_desc *v = oc_graph_value(s->g, oc_graph_variable_at(s->g, variable));
  return (size_t)oc_tensor_desc_row(v) * oc_dtype_size(v->dtype);
}

/* Where the last of the first `count` variables that lie in this block ends. */
static size_t end_in_block(const oc_session *s, int count, int32_t block) {
  size_t end = 0;
  for (int i = 0; i < count; i++)
    if (s->rows[i].block == block) end = s->rows[i].offset + bytes_of(s, i);
  return end;
}

oc_status oc_variables_average_prepare(oc_session *average, const oc_session *of, int count, oc_error *err) {
  for (int i = 0; of->may_transpose && i < count; i++)
    if (oc_node_shape(of->g, oc_graph_variable_at(of->g, i)).rank == 2)
      TRY(oc_variable_allow_transposed(average, i, err));
  return OC_OK;
}

void oc_variables_average(oc_session *average, const oc_session *of, int count, double keep) {
  for (int i = 0; i < count; i++) oc_variable_set_transposed(average, i, of->rows[i].transposed);
  for (int32_t b = OC_BLOCK_TRAINABLE; b <= OC_BLOCK_STATE; b++) {
    const size_t bytes = end_in_block(of, count, b);
    average_job job = {.count = (int64_t)(bytes / sizeof(float)), .rest = (float)(1 - keep)};
    if (bytes == 0) continue;
    job.average = (float *)(void *)average->blocks[b].memory;
    job.values = (const float *)(const void *)of->blocks[b].memory;
    if (keep == 0)
      memcpy(job.average, job.values, bytes);
    else
      oc_thread_pool_run(of->pool, oc_ceil_div(job.count, PART), average_part, &job);
  }
  average->variables_version++;
}
