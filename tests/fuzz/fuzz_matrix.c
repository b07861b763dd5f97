/* Any bytes as numbers, text or .npy: either an error with a message, or as many numbers as the sizes say,
 * which survive being written and read again. */
#include "numeric/matrix.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool holds) {
  if (!holds) abort();
}

static void check_again(const oc_matrix *m, void (*write)(const oc_matrix *, oc_text *)) {
  oc_text text = {0};
  oc_matrix again;
  const int64_t count = oc_matrix_count(m);
  write(m, &text);
  const size_t size = text.size;
  char *bytes = oc_text_take(&text);
  require(bytes && oc_matrix_parse("again", bytes, size, &again, NULL) == OC_OK);
  require(again.rank == m->rank || again.rank == 1); /* a matrix of one row is a list, as text */
  require(oc_matrix_count(&again) == count && again.outputs == m->outputs);
  for (int64_t i = 0; i < count; i++)
    require(again.data[i] == m->data[i] || (again.data[i] != again.data[i] && m->data[i] != m->data[i]));
  oc_matrix_release(&again);
  oc_memory_free(bytes);
}

static void check(oc_status status, oc_matrix *m, const oc_error *err) {
  if (status != OC_OK) {
    require(!m->data && err->code != OC_OK && err->message[0]);
    return;
  }
  require(m->rank >= 1 && m->rank <= 4 && m->rows >= 1 && m->columns >= 1 && m->channels >= 1 &&
          m->outputs >= 1);
  check_again(m, oc_npy_write);
  if (m->rank < 3) check_again(m, oc_matrix_text_write);
  oc_matrix_release(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  oc_matrix m;
  oc_error err = {0};
  check(oc_matrix_parse("input", bytes, size, &m, &err), &m, &err);
  char *text = oc_memory_alloc_uninitialized(size + 1);
  require(text != NULL);
  memcpy(text, bytes, size);
  text[size] = 0;
  check(oc_matrix_parse_argument("input", text, &m, &err), &m, &err);
  oc_memory_free(text);
  return 0;
}
