/* Is every kernel equal to its operation's reference implementation, at every instruction-set level that this
 * CPU has? Each row of kernels.def is a test of its own, found by itself: a row whose operation has no cases
 * here, or whose kernel refuses them all, fails. */
#include "cases_conv.h"
#include "cases_dense.h"
#include "cases_each.h"
#include "cases_pool.h"

static const struct {
  const char *op;
  void (*cases)(trial *t);
} operations[] = {
#define CASES(op)                                                                                            \
  { #op, op##_cases }
    CASES(conv2d),
    CASES(conv2d_grad_x),
    CASES(conv2d_grad_w),
    CASES(conv2d_grad),
    CASES(conv_block),
    CASES(conv_block_grad),
    CASES(matmul),
    CASES(matmul_adam),
    CASES(dense_block),
    CASES(max_pool),
    CASES(max_pool_grad),
    CASES(mean_pool),
    CASES(mean_pool_grad),
    CASES(global_mean_pool),
    CASES(global_mean_pool_grad),
    CASES(batch_mean),
    CASES(batch_variance),
    CASES(batch_norm),
    CASES(batch_norm_grad_sums),
    CASES(batch_norm_grad_x),
    CASES(batch_norm_block),
    CASES(batch_norm_block_grad_sums),
    CASES(batch_norm_block_grad_z),
    CASES(batch_norm_block_grad_x),
    CASES(bias_add),
    CASES(bias_grad),
    CASES(relu),
    CASES(relu_grad),
    CASES(relu_dropout_grad),
    CASES(relu6),
    CASES(relu6_grad),
    CASES(silu),
    CASES(silu_grad),
    CASES(hard_swish),
    CASES(hard_swish_grad),
    CASES(prelu),
    CASES(prelu_grad_x),
    CASES(prelu_grad_slope),
    CASES(channel_scale),
    CASES(channel_scale_grad),
    CASES(add),
    CASES(apply_sgd),
    CASES(apply_momentum),
    CASES(apply_adam),
};

static void kernel_equals_plain(void **state) {
  trial t = {.kernel = *state};
  if (t.kernel->isa > oc_isa_best()) skip();
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
    if (strcmp(operations[i].op, t.kernel->op) == 0) operations[i].cases(&t);
  if (t.checked == 0) fail_msg("%s: no case (%d were refused)", t.kernel->name, t.refused);
  if (t.suited == 0) fail_msg("%s: suits no case", t.kernel->name);
  print_message("             %d cases, %d refused\n", t.checked, t.refused);
}

/* Names and levels are what the planner and the listings rely on. */
static void rows_are_sound(void **state) {
  int count;
  const oc_kernel *const *list = oc_kernels_list(&count);
  (void)state;
  assert_true(count > 0);
  for (int i = 0; i < count; i++) {
    const oc_kernel *k = list[i];
    char wanted[128];
    assert_non_null(oc_ops_find(OC_F32, k->op));
    assert_non_null(k->run);
    assert_true(k->tolerance >= 0 && k->tolerance <= 1e-4);
    assert_true((k->prepacked_bytes != NULL) == (k->prepack != NULL));
    snprintf(wanted, sizeof wanted, "f32_%s_", k->op);
    assert_int_equal(strncmp(k->name, wanted, strlen(wanted)), 0);
    assert_string_equal(strrchr(k->name, '_') + 1, oc_isa_name(k->isa));
    for (int j = 0; j < i; j++) assert_string_not_equal(list[j]->name, k->name);
  }
}

/* A variant is of a kernel of its operation and level that cuts itself, follows it in the list, and leaves
 * cutting and prepacking to it. */
static void variants_are_sound(void **state) {
  int count, of_base[512] = {0};
  const oc_kernel *const *list = oc_kernels_list(&count);
  (void)state;
  assert_true(count <= 512);
  for (int i = 0; i < count; i++) {
    const oc_kernel *k = list[i], *base = oc_kernel_base(k);
    assert_true((k->variant_of != NULL) == (base != k));
    assert_true((k->suits != NULL) == (base != k) && (k->when != NULL) == (base != k));
    assert_true(!k->begin || base->parts);
    if (base == k) continue;
    int at = 0;
    while (list[at] != base) at++;
    assert_true(at < i && ++of_base[at] <= OC_MAX_VARIANTS);
    assert_string_equal(base->op, k->op);
    assert_true(base->isa == k->isa && base->parts && !base->variant_of && !base->prepack);
    assert_true(!k->parts && !k->partials && !k->prepack);
  }
}

/* A best kernel is always at the CPU's own level: rows stand highest level first. */
static void higher_levels_stand_first(void **state) {
  int count;
  const oc_kernel *const *list = oc_kernels_list(&count);
  (void)state;
  for (int i = 1; i < count; i++) {
    const char *level = strrchr(list[i]->name, '_');
    const size_t same = (size_t)(level - list[i]->name);
    if (strncmp(list[i - 1]->name, list[i]->name, same + 1) == 0)
      assert_true(list[i - 1]->isa > list[i]->isa);
  }
}

/* The level that this CPU lacks although it was requested, or that it lacks anyway; OC_ISA_AUTO if it has
 * all. */
static oc_isa find_missing_level(const char *wanted) {
  for (int level = (int)oc_isa_best() + 1; level <= OC_ISA_AVX512; level++) {
    const char *name = oc_isa_name((oc_isa)level);
    if (wanted && strcmp(wanted, name) != 0) continue;
    fprintf(stderr, "SKIP level %s: this CPU has none\n", name);
    if (wanted) return (oc_isa)level;
  }
  return OC_ISA_AUTO;
}

static bool is_wanted(const oc_kernel *k, const char *level, const char *word) {
  return (!level || strcmp(level, oc_isa_name(k->isa)) == 0) && (!word || strstr(k->name, word));
}

/* test_kernels [LEVEL|all [WORD]]: only the kernels of one instruction-set level, whose names hold WORD; 77
 * if this CPU has none such. */
int main(int argc, char **argv) {
  enum { SOUND = 3 }; /* tests of the list itself */
  int count, used = SOUND;
  const char *level = argc > 1 && strcmp(argv[1], "all") != 0 ? argv[1] : NULL;
  const oc_kernel *const *list = oc_kernels_list(&count);
  if (find_missing_level(level) != OC_ISA_AUTO) return 77;
  struct CMUnitTest *tests = calloc((size_t)count + SOUND, sizeof *tests);
  if (!tests) return 1;
  tests[0] = (struct CMUnitTest)cmocka_unit_test(rows_are_sound);
  tests[1] = (struct CMUnitTest)cmocka_unit_test(higher_levels_stand_first);
  tests[2] = (struct CMUnitTest)cmocka_unit_test(variants_are_sound);
  for (int i = 0; i < count; i++)
    if (is_wanted(list[i], level, argc > 2 ? argv[2] : NULL))
      tests[used++] =
          (struct CMUnitTest){list[i]->name, kernel_equals_plain, NULL, NULL, (void *)(uintptr_t)list[i]};
  const int failed = used > SOUND ? _cmocka_run_group_tests("kernels", tests, (size_t)used, NULL, NULL) : 77;
  free(tests);
  return failed;
}
