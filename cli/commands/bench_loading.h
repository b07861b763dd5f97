/* bench_loading.h: the part of `ocellus bench` that measures how fast data is loaded. */
#ifndef OC_CLI_BENCH_LOADING_H
#define OC_CLI_BENCH_LOADING_H
#include "core/command.h"
#include "core/progress.h"
#include "ocellus/data.h"

typedef struct cli_loading {
  const char *data;
  oc_image_shape size; /* of the images; zeros: as the data decides */
  int batch, workers;  /* 0: the default */
  bool json;
} cli_loading;

/* Loads the training images of `data` twice, or another split if it has none; prints the rates. */
oc_status cli_bench_loading(const cli_call *call, const cli_loading *what, cli_progress *progress,
                            oc_error *err);

#endif
