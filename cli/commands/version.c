/* version.c: `ocellus version`: what to write into a report of a fault. */
#include "core/command.h"
#include "core/json.h"
#include "ocellus/ocellus.h"

enum { OPTION_JSON = CLI_COMMON_COUNT };

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_JSON] = {.name = "json", .help = "print a JSON object"},
};

static const char *const examples[] = {"ocellus version", "ocellus version --json", NULL};

static oc_status cmd_version(const cli_call *call, oc_error *err) {
  const char *isa = oc_isa_name(oc_isa_best());
  if (cli_get(call, OPTION_JSON)->given)
    return cli_json_print(json_pack("{s:s, s:s, s:s}", "schema", "ocellus.version/1", "version", oc_version(),
                                    "instructions", isa),
                          err);
  printf("ocellus %s\ninstructions: %s\n", oc_version(), isa);
  return OC_OK;
}

CLI_COMMAND(version, .summary = "print the version and the processor's features", .operands = "", .least = 0,
            .most = 0,
            .text = "The instruction-set level is the highest that the processor supports, capped by the "
                    "environment variable OCELLUS_CPU (portable, avx2 or avx512).",
            .options = options, .option_count = CLI_OPTION_COUNT(options), .examples = examples,
            .run = cmd_version);
