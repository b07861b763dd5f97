/* split.h: reads --valid, the split of the training images into training and validation set. */
#ifndef OC_CLI_SPLIT_H
#define OC_CLI_SPLIT_H
#include "core/json.h"
#include "core/terminal.h"
#include "ocellus/model.h"

enum { CLI_SPLIT_MAX = 256 };

/* What oc_data_options.valid shall be for --valid (NULL: not given), --test (NULL: none) and --seed. */
const char *cli_split_seeded(const char *valid, const char *test, int64_t seed, char split[CLI_SPLIT_MAX]);
/* The part of a split that says which test set was split off; NULL: none was. */
const char *cli_split_test(const char *split);
/* The split that the provenance of a run or model records; false if it has none. Training with version 0.1.0
 * recorded a number or nothing, and split off the end. */
bool cli_split_recorded(const json_t *provenance, char split[CLI_SPLIT_MAX]);
/* Passes a status on; an error of the split is one of --valid. */
oc_status cli_split_named(oc_status status, oc_error *err);
/* Says which classes have no image in the training or in the validation part, if there are such. */
oc_status cli_split_warn(const oc_data *data, const cli_terminal *t, oc_error *err);

#endif
