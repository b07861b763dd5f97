/* bench_parts.h: prints where the time of a training step goes, for `ocellus bench`. */
#ifndef OC_CLI_BENCH_PARTS_H
#define OC_CLI_BENCH_PARTS_H
#include "commands/benchmark.h"
#include "core/terminal.h"

/* An object for each part. */
oc_status cli_bench_parts_json(const cli_benchmark_result *r, oc_error *err);
/* A waterfall in the width of the terminal. */
void cli_bench_parts_print(const cli_terminal *t, int batch, const cli_benchmark_result *r);

#endif
