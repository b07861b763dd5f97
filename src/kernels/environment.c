/* environment.c: checks the values of the environment variables that src/base/log.c reads. A misspelled value
 * would silently change a measurement or a training run. */
#include "base/error.h"
#include "base/text.h"
#include "base/log.h"
#include "kernels/kernel.h"
#include "ocellus/session.h"
#include <string.h>

/* Reads the next word of a list with commas; false at its end. Moves *list past it. */
static bool next_word(const char **list, const char **word, size_t *size) {
  *list += strspn(*list, ",");
  *word = *list;
  *size = strcspn(*list, ",");
  *list += *size;
  return *size > 0;
}

static oc_status check_cpu(const char *value, oc_error *err) {
  for (int i = OC_ISA_PORTABLE; i <= OC_ISA_AVX512; i++)
    if (strcmp(value, oc_isa_name((oc_isa)i)) == 0) return OC_OK;
  return oc_fail(err, OC_E_ARGUMENT, "OCELLUS_CPU", "Unset it for the best level of this machine.",
                 "unknown instruction-set level '%.60s': expected portable, avx2 or avx512", value);
}

static oc_status check_trace(const char *topics, oc_error *err) {
  static const char *const known[] = {"plan", "run", "all"};
  const char *word;
  for (size_t size; next_word(&topics, &word, &size);) {
    bool found = false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
      found = found || (strlen(known[i]) == size && strncmp(word, known[i], size) == 0);
    if (!found)
      return oc_fail(err, OC_E_ARGUMENT, "OCELLUS_TRACE", "Separate topics by commas.",
                     "unknown topic '%.*s': expected plan, run or all", size < 60 ? (int)size : 60, word);
  }
  return OC_OK;
}

static bool is_in_a_kernel(const char *word, size_t size) {
  int count;
  const oc_kernel *const *list = oc_kernels_list(&count);
  for (int i = 0; i < count; i++)
    if (memmem(list[i]->name, strlen(list[i]->name), word, size)) return true;
  return false;
}

/* Adds the words of a kernel's name that `words` does not hold yet. */
static void add_words(oc_text *words, const char *name) {
  for (size_t size; *name; name += size + (name[size] != 0)) {
    size = strcspn(name, "_.");
    const char *at = words->data ? words->data : "";
    bool known = false;
    for (; !known && *at; at += strcspn(at, " ") + (at[strcspn(at, " ")] != 0))
      known = strcspn(at, " ") == size && strncmp(at, name, size) == 0;
    if (!known) oc_text_add(words, "%s%.*s", words->size ? " " : "", (int)size, name);
  }
}

static oc_status fail_refuse(const char *word, size_t size, oc_error *err) {
  int count;
  const oc_kernel *const *list = oc_kernels_list(&count);
  oc_text words = {0};
  for (int i = 0; i < count; i++) add_words(&words, list[i]->name);
  const oc_status status =
      oc_fail(err, OC_E_ARGUMENT, "OCELLUS_REFUSE", "See the kernels of a network with `ocellus plan`.",
              "'%.*s' matches no kernel; kernel names consist of: %.400s", size < 60 ? (int)size : 60, word,
              words.data ? words.data : "");
  oc_text_release(&words);
  return status;
}

oc_status oc_environment_check(oc_error *err) {
  const char *cpu = oc_env_cpu(), *topics = oc_env_trace(), *words = oc_env_refuse(), *word;
  if (cpu && *cpu) TRY(check_cpu(cpu, err));
  if (topics) TRY(check_trace(topics, err));
  for (size_t size; next_word(&words, &word, &size);)
    if (!is_in_a_kernel(word, size)) return fail_refuse(word, size, err);
  return OC_OK;
}
