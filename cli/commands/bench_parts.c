/* bench_parts.c: see bench_parts.h. */
#include "commands/bench_parts.h"
#include "core/json.h"
#include <string.h>

oc_status cli_bench_parts_json(const cli_benchmark_result *r, oc_error *err) {
  for (int i = 0; i < r->part_count; i++) {
    const oc_step_time *t = &r->parts[i];
    CLI_TRY(cli_json_print(json_pack("{s:s, s:s, s:o, s:s, s:s, s:i, s:o, s:o, s:o}", "schema",
                                     "ocellus.bench/1", "type", "part", "name", cli_json_text(t->name),
                                     "operation", t->operation, "kernel", t->kernel, "segment", t->segment,
                                     "ms", cli_json_real(1e3 * t->seconds), "flops", cli_json_real(t->flops),
                                     "bytes", cli_json_real(t->bytes)),
                           err));
  }
  return OC_OK;
}

#define SMALL_PART 0.005 /* of a step: those below stand together */
/* Columns: of time and fraction, of the waterfall, and the rest for the name. */
enum { FIGURES = 22, WIDEST = 32, NARROWEST = 8 };

/* A bar as long as the fraction, which begins where the previous one ended, in `width` columns. */
static void print_fall(const cli_terminal *t, int width, double before, double share) {
  const int from = (int)(before * width), end = (int)((before + share) * width + 0.5);
  const int length = end > from ? end - from : 1;
  cli_repeat(t, " ", from);
  cli_repeat(t, t->unicode ? "\u2588" : "#", length);
  cli_repeat(t, " ", width + 1 - from - length);
}

/* "conv_1/Conv2D, conv_block, 27.3 GFLOP/s": its length. */
static int part_label(const oc_step_time *part, char *label, size_t size) {
  char speed[32] = "";
  if (part->flops > 0 && strcmp(part->kernel, "reference") != 0)
    snprintf(speed, sizeof speed, ", %.1f GFLOP/s", part->flops / part->seconds * 1e-9);
  return snprintf(label, size, "%s, %s%s", part->name, part->operation, speed);
}

static void print_part(const cli_terminal *t, int width, const oc_step_time *part, double before,
                       double share) {
  char label[512];
  const int room = t->columns - FIGURES - width - 2, length = part_label(part, label, sizeof label);
  if (length > room && room > 2) snprintf(label + room - 2, 3, "..");
  printf("  %9.3f ms %3.0f%%  ", 1e3 * part->seconds, 100 * share);
  print_fall(t, width, before, share);
  printf(" %s\n", label);
}

/* The waterfall gets what the longest name of a part that is shown leaves. */
static int fall_width(const cli_terminal *t, const cli_benchmark_result *r, double total) {
  int longest = 0;
  char label[512];
  for (int i = 0; i < r->part_count; i++) {
    if (r->parts[i].seconds / total < SMALL_PART) continue;
    const int length = part_label(&r->parts[i], label, sizeof label);
    if (length > longest) longest = length;
  }
  const int left = t->columns - FIGURES - 2 - longest;
  return left < NARROWEST ? NARROWEST : left > WIDEST ? WIDEST : left;
}

/* Where one part ends, the next begins; the small ones stand together at the end. */
void cli_bench_parts_print(const cli_terminal *t, int batch, const cli_benchmark_result *r) {
  double total = 0, before = 0;
  int small = 0;
  for (int i = 0; i < r->part_count; i++) total += r->parts[i].seconds;
  if (!(total > 0)) return;
  const int width = fall_width(t, r, total);
  printf("Parts       of a training step, batch %d, all threads together: %.2f ms\n", batch, 1e3 * total);
  for (int i = 0; i < r->part_count; i++) {
    const double share = r->parts[i].seconds / total;
    if (share < SMALL_PART) {
      small++;
      continue;
    }
    print_part(t, width, &r->parts[i], before, share);
    before += share;
  }
  if (small)
    printf("  %9.3f ms %3.0f%%  %d parts of less than 0.5%%\n", 1e3 * total * (1 - before),
           100 * (1 - before), small);
}
