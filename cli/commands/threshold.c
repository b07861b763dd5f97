/* threshold.c: see threshold.h. */
#include "commands/threshold.h"
#include "core/target.h"

oc_status cli_threshold_check(const char *save, oc_error *err) {
  if (!save || !(cli_is_file(save) || cli_is_folder(save))) return OC_OK;
  return cli_fail(err, OC_E_CANT_CREATE, save, "Choose another name.", "already exists");
}

oc_status cli_threshold_find(oc_model *m, const oc_dataset *set, double precision, const char *save,
                             oc_threshold *out, oc_error *err) {
  CLI_TRY(oc_model_find_threshold(m, set, precision, out, err));
  if (!save) return OC_OK;
  CLI_TRY(oc_model_set_threshold(m, out->value, err));
  return oc_model_save(m, save, err);
}

void cli_threshold_print(const oc_threshold *t, const char *save, FILE *out) {
  fprintf(out, "\nThreshold %.4f: %lld of %lld images have an answer, of which %.4f are right\n", t->value,
          (long long)t->answered, (long long)t->count, (double)t->right / (double)t->answered);
  if (!save) return;
  fputs("Wrote ", out);
  cli_put(out, save);
  fputc('\n', out);
}
