/* bench_loading.c: see bench_loading.h. */
#include "commands/bench_loading.h"
#include "core/data.h"
#include "core/interrupt.h"
#include "core/json.h"
#include "core/page.h"
#include "ocellus/machine.h"
#include "ocellus/preprocess.h"

static bool goes_on(void *context) {
  (void)context;
  return !cli_interrupt_asked();
}

static oc_status print_epoch(const cli_loading *what, int epoch, const oc_loading *l, oc_image_shape size,
                             oc_error *err) {
  const double rate = (double)l->images / l->seconds;
  if (what->json)
    return cli_json_print(json_pack("{s:s, s:s, s:o, s:i, s:I, s:I, s:I, s:I, s:i, s:o, s:o}", "schema",
                                    "ocellus.bench/1", "type", "loading", "data", cli_json_text(what->data),
                                    "epoch", epoch, "images", (json_int_t)l->images, "height",
                                    (json_int_t)size.height, "width", (json_int_t)size.width, "channels",
                                    (json_int_t)size.channels, "workers", l->workers, "seconds",
                                    cli_json_real(l->seconds), "images_per_second", cli_json_real(rate)),
                          err);
  printf("  epoch %d    %8.2f s  %9.0f images/s\n", epoch, l->seconds, rate);
  return OC_OK;
}

static oc_status measure(const cli_call *call, const cli_loading *what, const oc_dataset *images,
                         cli_progress *progress, oc_error *err) {
  const oc_image_shape size = oc_dataset_image_shape(images);
  const oc_loading_options options = {
      .struct_size = sizeof options, .batch = what->batch, .workers = what->workers, .go_on = goes_on};
  if (!what->json) {
    cli_page_labeled(&call->out, "Loading     ", what->data);
    printf("  %lld images of %lldx%lldx%lld\n", (long long)oc_dataset_count(images), (long long)size.height,
           (long long)size.width, (long long)size.channels);
  }
  for (int epoch = 1; epoch <= 2; epoch++) {
    oc_loading l;
    cli_progress_say(progress, "loading images");
    CLI_TRY(oc_loading_measure(images, &options, &l, err));
    cli_progress_clear(progress);
    CLI_TRY(print_epoch(what, epoch, &l, size, err));
  }
  return OC_OK;
}

oc_status cli_bench_loading(const cli_call *call, const cli_loading *what, cli_progress *progress,
                            oc_error *err) {
  oc_data data;
  oc_data_options options = oc_data_defaults();
  oc_preprocessing rule = oc_preprocessing_defaults();
  rule.shape = what->size;
  if (what->size.height) options.preprocessing = &rule;
  options.valid = "0";
  options.go_on = goes_on;
  CLI_TRY(cli_data_open(call, what->data, &options, &data, err));
  const oc_status status = measure(call, what, cli_data_any(&data), progress, err);
  oc_data_close(&data);
  return status;
}
