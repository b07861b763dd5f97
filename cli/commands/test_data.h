/* test_data.h: opens the images that a model is measured on. */
#ifndef OC_CLI_TEST_DATA_H
#define OC_CLI_TEST_DATA_H
#include "core/command.h"
#include "ocellus/model.h"

typedef struct cli_test_data {
  const char *name;  /* DATA */
  const char *split; /* "test", "valid", "train" or "all" */
  const char *valid; /* as --valid of `ocellus train`; NULL: as the training run of the model did */
} cli_test_data;

/* Opens DATA; the caller closes *data, also after a failure. OC_E_DATA: a test set that was split off, of
 * other data than the model was trained on. Notes when the model was trained on the images. */
oc_status cli_test_data_open(const cli_call *call, const oc_model *model, const cli_test_data *what,
                             oc_data *data, oc_error *err);
/* The images of a split; NULL: there are none. */
oc_dataset *cli_test_set(const oc_data *data, const char *split);

#endif
