/* version.c: `ocellus version`: what to write into a report of a fault. */
#include "core/command.h"
#include "core/json.h"
#include "ocellus/ocellus.h"

enum { OPTION_LIBRARIES = CLI_COMMON_COUNT, OPTION_JSON };

static const cli_option options[] = {
    CLI_COMMON_OPTIONS,
    [OPTION_LIBRARIES] = {.name = "libraries",
                          .help = "list the libraries in use, with their versions and licenses"},
    [OPTION_JSON] = {.name = "json", .help = "print a JSON object"},
};

static const char *const examples[] = {"ocellus version", "ocellus version --libraries",
                                       "ocellus version --json", NULL};

/* ---- libraries ----------------------------------------------------------------------------------------- */

static const char *state_of(const oc_library *l) {
  static const char *const names[] = {[OC_LIBRARY_ABSENT] = "absent",
                                      [OC_LIBRARY_LINKED] = "linked",
                                      [OC_LIBRARY_OPENED] = "opened",
                                      [OC_LIBRARY_MISSING] = "missing"};
  return names[l->state];
}

static void print_libraries(void) {
  oc_library l;
  printf("\n%-14s %-10s %-8s %-30s %s\n", "library", "version", "state", "license", "use");
  for (int i = 0; oc_library_at(i, &l); i++) {
    printf("%-14s %-10s %-8s %-30s %s", l.name, *l.version ? l.version : "-", state_of(&l), l.license, l.use);
    printf(l.state == OC_LIBRARY_MISSING ? " (Debian: %s)\n" : "%.0s\n", l.package);
  }
}

static json_t *libraries_json(void) {
  json_t *list = json_array();
  oc_library l;
  for (int i = 0; oc_library_at(i, &l); i++)
    (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name", l.name, "version",
                                                l.version, "state", state_of(&l), "license", l.license, "use",
                                                l.use, "package", l.package));
  return list;
}

/* ---- the command --------------------------------------------------------------------------------------- */

static oc_status cmd_version(const cli_call *call, oc_error *err) {
  const char *isa = oc_isa_name(oc_isa_best());
  const bool libraries = cli_get(call, OPTION_LIBRARIES)->given;
  if (cli_get(call, OPTION_JSON)->given)
    return cli_json_print(json_pack("{s:s, s:s, s:s, s:o*}", "schema", "ocellus.version/1", "version",
                                    oc_version(), "instructions", isa, "libraries",
                                    libraries ? libraries_json() : NULL),
                          err);
  printf("ocellus %s\ninstructions: %s\n", oc_version(), isa);
  if (libraries) print_libraries();
  return OC_OK;
}

CLI_COMMAND(version, .summary = "print the version and the processor's features", .operands = "", .least = 0,
            .most = 0,
            .text = "The instruction-set level is the highest that the processor supports, capped by the "
                    "environment variable OCELLUS_CPU (portable, avx2 or avx512). --libraries gives the "
                    "state of each library: linked, opened (at run time, when a file needs it), missing on "
                    "this machine, or absent from this build.",
            .options = options, .option_count = CLI_OPTION_COUNT(options), .examples = examples,
            .run = cmd_version);
