/* former_options.c: names what replaced a former option: one row per option. A command that has an option of
 * that name does not look here. */
#include "core/former_options.h"
#include <stddef.h>
#include <string.h>

static const struct former_option {
  const char *name, *became;
} rows[] = {
    {"part", "is now --split"},
    {"pictures", "is now --images"},
    {"tune", "was removed; --kernels takes a recorded choice"},
};

const char *cli_former_option(const char *name) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strcmp(rows[i].name, name) == 0) return rows[i].became;
  return NULL;
}
