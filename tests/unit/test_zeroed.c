/* A zeroed struct of options, what oc_x_defaults() gives, and NULL do the same, for every struct in
 * include/ocellus; and where a flag says that 0 is meant, it is. The lists are compared with the headers, so
 * that a new struct or flag without a row fails. */
#include "option_rows.h"
#include <dirent.h>

static void zeroed_is_default(void **state) {
  (void)state;
  int count;
  const row *list = rows(&count);
  for (int i = 0; i < count; i++) {
    const seen wanted = list[i].use(NULL);
    if (list[i].use(list[i].zeroed) != wanted) fail_msg("a zeroed %s is not the default", list[i].name);
    if (list[i].use(list[i].defaults) != wanted) fail_msg("%s: the filled defaults differ", list[i].name);
    if (list[i].defaults && *(const size_t *)list[i].defaults != list[i].size)
      fail_msg("the defaults of %s have another struct_size", list[i].name);
  }
}

/* What other optimizers take from the struct too. */
static void zeroed_is_default_for_each_optimizer(void **state) {
  (void)state;
  for (int i = 0; oc_optimizer_name(i); i++) {
    const oc_optimizer_options zeroed = {.name = oc_optimizer_name(i)};
    oc_optimizer_options defaults = oc_optimizer_defaults();
    defaults.name = zeroed.name;
    assert_true(use_optimizer(&zeroed) == use_optimizer(&defaults));
    const oc_fit_options fit = {.optimizer = zeroed.name};
    oc_fit_options filled = oc_fit_defaults();
    filled.optimizer = fit.optimizer;
    assert_true(use_fit(&fit) == use_fit(&filled));
  }
}

/* ---- every flag ---------------------------------------------------------------------------------------- */

/* Two uses that must differ: of 0 as the default, and of 0 that is meant. */
typedef struct flag {
  const char *options, *name;
  seen plain, meant;
} flag;

#define FLAG(id, flag, ...)                                                                                  \
  {                                                                                                          \
    "oc_" #id "_options", #flag, use_##id(&(oc_##id##_options){__VA_ARGS__}),                                \
        use_##id(&(oc_##id##_options){.flag = true, __VA_ARGS__})                                            \
  }

static int flags(flag *out) {
  const flag list[] = {FLAG(session, seed_set, .threads = 0),
                       FLAG(data, seed_set, .seed = 0),
                       FLAG(net, dropout_set, .dropout = 0),
                       FLAG(model, dropout_set, .dropout = 0),
                       FLAG(fit, seed_set, .batch = 8),
                       FLAG(convnn, dropout_rate_set, .epochs = 1),
                       FLAG(convnn, random_seed_set, .epochs = 1),
                       FLAG(batch_norm, momentum_set, .epsilon = 0)};
  const int count = (int)(sizeof list / sizeof *list);
  for (int i = 0; out && i < count; i++) out[i] = list[i];
  return count;
}

static void flags_mean_zero(void **state) {
  (void)state;
  flag list[32];
  const int count = flags(list);
  for (int i = 0; i < count; i++)
    if (list[i].plain == list[i].meant) fail_msg("%s.%s changes nothing", list[i].options, list[i].name);
}

/* ---- the lists are whole ------------------------------------------------------------------------------- */

static char *read_headers(void) {
  static char text[1 << 20];
  const char *source = getenv("OCELLUS_SOURCE");
  char path[1024];
  size_t used = 0;
  if (!source) skip();
  snprintf(path, sizeof path, "%s/include/ocellus", source);
  DIR *folder = opendir(path);
  assert_non_null(folder);
  for (struct dirent *e; (e = readdir(folder));) {
    if (!strstr(e->d_name, ".h")) continue;
    snprintf(path, sizeof path, "%s/include/ocellus/%s", source, e->d_name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    used += fread(text + used, 1, sizeof text - 1 - used, f);
    fclose(f);
  }
  closedir(folder);
  text[used] = 0;
  return text;
}

static bool in_rows(const char *name) {
  int count;
  const row *list = rows(&count);
  for (int i = 0; i < count; i++)
    if (strcmp(list[i].name, name) == 0) return true;
  return false;
}

/* Each name that ends in "_options;", and each "bool .._set" between its braces. */
static void every_struct_has_a_row(void **state) {
  (void)state;
  flag known[32];
  const int count = flags(known);
  int structs = 0, set = 0;
  char name[128] = "";
  for (char *at = read_headers(); (at = strstr(at, "typedef struct oc_")); at++) {
    if (sscanf(at, "typedef struct %127[a-z0-9_] {", name) != 1 || !strstr(name, "_options")) continue;
    structs++;
    if (!in_rows(name)) fail_msg("%s has no row in this test", name);
    char end[160];
    snprintf(end, sizeof end, "} %s;", name);
    const char *close = strstr(at, end);
    assert_non_null(close);
    for (const char *f = at; (f = strstr(f, "_set")) && f < close; f += 4)
      if (f[4] == ';' || f[4] == ',') set++;
  }
  int count_rows;
  (void)rows(&count_rows);
  assert_int_equal(structs, count_rows);
  assert_int_equal(set, count);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(zeroed_is_default),
      cmocka_unit_test(zeroed_is_default_for_each_optimizer),
      cmocka_unit_test(flags_mean_zero),
      cmocka_unit_test(every_struct_has_a_row),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
