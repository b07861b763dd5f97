/* Net texts: the canonical form and its round trip, errors and where the message points, presets, what is
 * built. */
#include "harness.h"
#include "net/net.h"
#include "ocellus/ocellus.h"

/* The canonical form, on the heap, or NULL with the error in *err. A dropout of -1: as the text says. */
static char *normal(const char *text, double dropout, oc_error *err) {
  oc_net_options options = oc_net_defaults();
  options.dropout_set = dropout != -1;
  options.dropout = options.dropout_set ? dropout : 0;
  char *out;
  memset(err, 0, sizeof *err);
  return oc_net_canonicalize(text, 10, &options, &out, err) == OC_OK ? out : NULL;
}

static void check_normal(const char *text, double dropout, const char *wanted) {
  oc_error err;
  char *once = normal(text, dropout, &err);
  if (!once) fail_msg("%s: %s: %s", text, err.where, err.message);
  assert_string_equal(once, wanted);
  char *twice = normal(once, -1, &err);
  assert_non_null(twice);
  assert_string_equal(twice, wanted);
  oc_free(once);
  oc_free(twice);
}

static void normal_forms(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"dense CLASSES", "dense 10"},
      {"  conv   5x5x32\trelu|maxpool 2|dense 1024 relu|dropout 0.50|dense 10  ",
       "conv 5x5x32 relu | maxpool 2 | dense 1024 relu | dropout 0.5 | dense 10"},
      {"\n\nconv 3x3x8 # the first\r\n  | relu\n\n# nothing\nmaxpool 2x2 |\n dense 10\n",
       "conv 3x3x8 | relu | maxpool 2 | dense 10"},
      {"conv 1x2x3 zeros nobias groups 3 dilation 2x2 pad 4 stride 1x2 tanh",
       "conv 1x2x3 tanh stride 1x2 pad 4 dilation 2 groups 3 nobias zeros"},
      {"conv 3x3x3 valid stride 1 dilation 1x1 groups 1 glorot_uniform", "conv 3x3x3"},
      {"conv 3x3x3 full he_normal", "conv 3x3x3 full he_normal"},
      {"depthwise 3x3 same softplus he_uniform", "depthwise 3x3 softplus same he_uniform"},
      {"maxpool 2x3 stride 2x3 | maxpool 3 stride 2 same | meanpool 3x3 stride 3",
       "maxpool 2x3 | maxpool 3 stride 2 same | meanpool 3"},
      {"maxpool 2 valid | globalmeanpool | flatten", "maxpool 2 | globalmeanpool | flatten"},
      {"dense 7 gelu nobias glorot_normal", "dense 7 gelu nobias glorot_normal"},
      {"dropout 0 | dropout .25 | dropout 0.125 | dropout 1e-1 | dropout 9.9e-1 | dropout 000.5",
       "dropout 0 | dropout 0.25 | dropout 0.125 | dropout 0.1 | dropout 0.99 | dropout 0.5"},
      {"dropout 0.123456789012345 | dropout 0.333333333333333",
       "dropout 0.123456789012345 | dropout 0.333333333333333"},
      {"batchnorm | batchnorm 0.001 | batchnorm 1e-3 0.99 | batchnorm 1e-5 | batchnorm 0.001 0.9",
       "batchnorm | batchnorm | batchnorm | batchnorm 0.00001 | batchnorm 0.001 0.9"},
      {"relu | leakyrelu | leakyrelu 0.2 | leakyrelu 0.01 | sigmoid | tanh | gelu | softplus",
       "relu | leakyrelu | leakyrelu | leakyrelu 0.01 | sigmoid | tanh | gelu | softplus"},
      {"conv 3x3x8 nobias relu bn same stride 2 above 16 | dense 9 bn | depthwise 3x3 above 4 stride 1x2",
       "conv 3x3x8 bn relu stride 2 above 16 same | dense 9 bn | depthwise 3x3 stride 1x2 above 4"},
      {"{conv 3x3x8 same bn relu|conv 3x3x8 same bn;}add|relu",
       "{ conv 3x3x8 bn relu same | conv 3x3x8 bn same ; } add | relu"},
      {"{;relu;}concat", "{ ; relu ; } concat"},
      {"relu\n{\n relu\n tanh\n;\n\n{ ; gelu } add\n\n} concat\nresidual { { ; relu } add }",
       "relu | { relu | tanh ; { ; gelu } add } concat | residual { { ; relu } add }"},
      {"relu6 | silu | hardswish | prelu | se 16 | spatialdropout .2 | conv 1x1x1 hardswish bn | dense 3 "
       "prelu",
       "relu6 | silu | hardswish | prelu | se 16 | spatialdropout 0.2 | conv 1x1x1 bn hardswish | dense 3 "
       "prelu"},
      {"residual{conv 3x3x8 same}", "residual { conv 3x3x8 same }"},
      {"residual {\n relu\n residual { relu | tanh } project\n } | relu",
       "residual { relu | residual { relu | tanh } project } | relu"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) check_normal(rows[i][0], -1, rows[i][1]);
}

static void dropout_option(void **state) {
  (void)state;
  oc_error err;
  check_normal("dropout 0.5 | dense 10 | dropout 0.1", 0.25, "dropout 0.25 | dense 10 | dropout 0.25");
  check_normal("dropout 0.5 | dense 10", 0, "dropout 0 | dense 10");
  check_normal("dropout 0.5 | dense 10", 1e-30, "dropout 1e-30 | dense 10");
  check_normal("dropout 0.5 | dense 10", 1.0 / 3, "dropout 0.3333333333333333 | dense 10");
  check_normal("dropout 0.5 | dense 10", 0.1 + 0.2, "dropout 0.30000000000000004 | dense 10");
  const double bad[] = {1, -0.5, 2};
  for (int i = 0; i < 3; i++) {
    assert_null(normal("dropout 0.5", bad[i], &err));
    assert_int_equal(err.code, OC_E_ARGUMENT);
    assert_non_null(strstr(err.message, "at least 0 and less than 1"));
  }
}

/* ---- errors -------------------------------------------------------------------------------------------- */

typedef struct mistake {
  const char *text;
  int line, column;
  const char *part; /* of message or hint */
} mistake;

static const mistake mistakes[] = {
    {"", 1, 1, "expected a layer"},
    {"  # only a comment", 1, 19, "expected a layer"},
    {"|relu", 1, 1, "expected a layer"},
    {"relu |", 1, 7, "after '|'"},
    {"relu | | relu", 1, 8, "after '|'"},
    {"relu |\n\n", 3, 1, "after '|'"},
    {"konv 3x3x3", 1, 1, "Did you mean conv?"},
    {"conv 5x5x32 relu | maxpol 2", 1, 20, "Did you mean maxpool?"},
    {"transformer", 1, 1, "Use one of conv, depthwise"},
    {"relu\nrelu\n  blorp", 3, 3, "unknown layer 'blorp'"},
    {"CONV 3x3x3", 1, 1, "unknown layer"},
    {"relu relu", 1, 6, "relu does not take 'relu'"},
    {"conv", 1, 5, "conv needs HxWxC here"},
    {"conv | relu", 1, 6, "conv needs HxWxC here"},
    {"conv relu", 1, 6, "expected a number for HxWxC"},
    {"conv 5x5", 1, 9, "a number is missing after '5x5'"},
    {"conv 5x5x", 1, 10, "expected a number"},
    {"conv 5xx5", 1, 8, "expected a number"},
    {"conv 5x5x5x5", 1, 11, "an extra number"},
    {"conv 5*5*5", 1, 7, "another character"},
    {"conv 5,5,5", 1, 7, "another character"},
    {"conv 5.5x5x5", 1, 7, "another character"},
    {"conv -5x5x5", 1, 6, "expected a number"},
    {"conv 0x5x5", 1, 6, "must be 1 to 1024"},
    {"conv 5x2000x5", 1, 8, "must be 1 to 1024"},
    {"conv 5x5x99999999999999999999999999", 1, 10, "must be 1 to 16777216"},
    {"conv 5x5x5 stride", 1, 18, "for stride N or NxM"},
    {"conv 5x5x5 stride 0", 1, 19, "must be 1 to "},
    {"conv 5x5x5 stride 2x2x2", 1, 22, "an extra number"},
    {"conv 5x5x5 pad 1x1", 1, 17, "an extra number"},
    {"conv 5x5x5 pad | relu", 1, 16, "for pad N"},
    {"conv 5x5x5 stride 2 stride 2", 1, 21, "duplicate or conflicting"},
    {"conv 5x5x5 same valid", 1, 17, "conflicting"},
    {"conv 5x5x5 relu tanh", 1, 17, "conflicting"},
    {"conv 5x5x5 zeros he_normal", 1, 18, "conflicting"},
    {"conv 5x5x5 foo", 1, 12, "conv does not take 'foo'"},
    {"depthwise 3x3 groups 2", 1, 15, "depthwise does not take 'groups'"},
    {"depthwise 3", 1, 12, "expected HxW"},
    {"maxpool 2 full", 1, 11, "maxpool does not take 'full'"},
    {"maxpool 2 relu", 1, 11, "maxpool does not take 'relu'"},
    {"maxpool", 1, 8, "maxpool needs N or NxM here"},
    {"maxpool CLASSES", 1, 9, "expected a number"},
    {"dense", 1, 6, "dense needs N here"},
    {"dense ten", 1, 7, "expected a number for N"},
    {"dense 10x10", 1, 9, "an extra number"},
    {"dense 10 same", 1, 10, "dense does not take 'same'"},
    {"dropout", 1, 8, "dropout needs its rate here"},
    {"dropout half", 1, 9, "expected a decimal number"},
    {"dropout 1", 1, 9, "must be at least 0 and below 1"},
    {"dropout -0.5", 1, 9, "expected a decimal number"},
    {"dropout .", 1, 10, "expected a decimal number"},
    {"dropout 1e", 1, 11, "expected a decimal number"},
    {"dropout 0.5.5", 1, 12, "expected a decimal number"},
    {"dropout 0.1234567890123456789", 1, 9, "too long"},
    {"dropout 1e-400", 1, 9, "out of range"},
    {"dropout 1e-999999999999999999999", 1, 9, "out of range"},
    {"dropout nan", 1, 9, "expected a decimal number"},
    {"batchnorm 0", 1, 11, "the epsilon of batchnorm must be"},
    {"batchnorm 0.001 1", 1, 17, "the momentum of batchnorm must be"},
    {"batchnorm 0.001 0.9 0.9", 1, 21, "batchnorm does not take"},
    {"leakyrelu 1.5", 1, 11, "the slope of leakyrelu"},
    {"se", 1, 3, "se needs R here"},
    {"se 0", 1, 4, "must be 1 to"},
    {"spatialdropout 1", 1, 16, "the rate of spatialdropout must be"},
    {"flatten 3", 1, 9, "flatten does not take '3'"},
    {"residual", 1, 9, "expected '{' after residual"},
    {"residual relu", 1, 10, "expected '{' after residual"},
    {"residual { }", 1, 12, "at least one layer"},
    {"residual { relu | }", 1, 19, "after '|'"},
    {"relu | residual { relu", 1, 8, "unclosed block"},
    {"residual { relu } projekt", 1, 19, "expected '|'"},
    {"residual { relu } relu", 1, 19, "expected '|'"},
    {"relu }", 1, 6, "unmatched '}'"},
    {"}", 1, 1, "unmatched '}'"},
    {"relu { relu }", 1, 6, "expected '|'"},
    {"conv 1x1x1 same { relu ; } add", 1, 17, "expected '|'"},
    {"{ relu ; } add { relu ; } add", 1, 16, "expected '|'"},
    {"{ }", 1, 3, "at least two branches"},
    {"{ relu } add", 1, 8, "at least two branches"},
    {"{ relu ; }", 1, 11, "expected add or concat after '}'"},
    {"{ relu ; } | add", 1, 12, "expected add or concat after '}'"},
    {"{ relu ; } relu", 1, 12, "expected add or concat after '}'"},
    {"{ relu ; } residual", 1, 12, "expected add or concat after '}'"},
    {"{ relu ; } add project", 1, 16, "expected '|'"},
    {"{ relu | ; } add", 1, 10, "after '|'"},
    {"{ relu ; relu | } add", 1, 17, "after '|'"},
    {"{ relu ; | relu } add", 1, 10, "at least one layer"},
    {"relu | { relu ;", 1, 8, "unclosed block"},
    {"relu ; relu", 1, 6, "';' is only allowed between branches"},
    {"; relu", 1, 1, "';' is only allowed between branches"},
    {"residual { relu ; relu }", 1, 17, "';' is only allowed between branches"},
    {"add", 1, 1, "expected '{' before add"},
    {"relu | concat { relu }", 1, 8, "{ LAYERS ; LAYERS } concat"},
    {"conv 3x3x3 bn bn", 1, 15, "duplicate or conflicting"},
    {"conv 3x3x3 above", 1, 17, "for above N"},
    {"maxpool 2 above 3", 1, 11, "maxpool does not take 'above'"},
    {"relu \x01", 1, 6, "unexpected character"},
    {"relu | \xC3\xA9t\xC3\xA9", 1, 8, "unexpected character"},
    {"# \xC3\xA9\xC3\xA9\n# \xC3\xA9\nrelu @", 3, 6, "relu does not take '@'"},
    {"lecture | relu", 1, 1, "unknown layer 'lecture'"},
};

/* The line and a caret under the right character of it are part of the message. */
static void check_caret(const mistake *m, const oc_error *err) {
  const char *line = strchr(err->message, '\n');
  const char *caret = line ? strchr(line + 1, '\n') : NULL;
  if (!caret || caret[1 + strspn(caret + 1, " ")] != '^' || caret[2 + strspn(caret + 1, " ")])
    fail_msg("\"%s\": no line and caret in: %s", m->text, err->message);
  assert_int_equal(strspn(caret + 1, " "), m->column - 1);
}

static void mistakes_are_shown(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
    const mistake *m = &mistakes[i];
    oc_error err;
    char where[80];
    char *text = normal(m->text, -1, &err);
    if (text) fail_msg("\"%s\" was accepted as %s", m->text, text);
    snprintf(where, sizeof where, "net text, line %d, column %d", m->line, m->column);
    if (err.code != OC_E_NET || strcmp(err.where, where) != 0 ||
        (!strstr(err.message, m->part) && !strstr(err.hint, m->part)))
      fail_msg("\"%s\": wanted %s and '%s', got %s: %s (%s)", m->text, where, m->part, err.where, err.message,
               err.hint);
    check_caret(m, &err);
  }
}

/* Of a long line only the part around the character is shown, with the caret under it. */
static void long_lines(void **state) {
  (void)state;
  char text[4000] = "";
  oc_error err;
  while (strlen(text) < 3000) strcat(text, "relu | ");
  const size_t at = strlen(text);
  strcat(
      text,
      "X | relu | relu | relu | relu | relu | relu | relu | relu | relu | relu | relu | relu | relu | relu");
  assert_null(normal(text, -1, &err));
  const char *line = strchr(err.message, '\n') + 1, *caret = strchr(line, '\n') + 1;
  assert_true(line[strspn(caret, " ")] == 'X');
  assert_true(caret - line <= 73);
  char where[80];
  snprintf(where, sizeof where, "net text, line 1, column %zu", at + 1);
  assert_string_equal(err.where, where);
}

static void limits(void **state) {
  (void)state;
  char *text = malloc(200000);
  oc_error err;
  *text = 0;
  for (int i = 0; i < 17; i++) strcat(text, "residual { ");
  assert_null(normal(text, -1, &err));
  assert_non_null(strstr(err.message, "nested too deeply: the limit is 16"));
  *text = 0;
  for (int i = 0; i < 17; i++) strcat(text, "{ ; ");
  assert_null(normal(text, -1, &err));
  assert_non_null(strstr(err.message, "nested too deeply: the limit is 16"));
  assert_string_equal(err.where, "net text, line 1, column 65");
  strcpy(text, "{ relu");
  for (int i = 0; i < 16; i++) strcat(text, ";");
  strcat(text, "} add");
  assert_null(normal(text, -1, &err));
  assert_non_null(strstr(err.message, "too many branches: the limit is 16"));
  text[strlen("{ relu") + 15] = ' ';
  char *branches = normal(text, -1, &err);
  assert_non_null(branches);
  oc_free(branches);
  char *end = text;
  for (int i = 0; i < 1025; i++) end += sprintf(end, "relu\n");
  assert_null(normal(text, -1, &err));
  assert_non_null(strstr(err.message, "too many layers: the limit is 1024"));
  assert_string_equal(err.where, "net text, line 1025, column 1");
  text[5 * 1024] = 0;
  char *most = normal(text, -1, &err);
  assert_non_null(most);
  oc_free(most);
  memset(text, ' ', 70000);
  text[70000] = 0;
  assert_null(normal(text, -1, &err));
  assert_non_null(strstr(err.message, "at most 65536 bytes"));
  free(text);
  const int64_t classes[] = {0, -1, (int64_t)1 << 40};
  for (int i = 0; i < 3; i++) {
    char *out;
    assert_fails(oc_net_canonicalize("relu", classes[i], NULL, &out, &err), OC_E_ARGUMENT, err, "classes");
  }
  char *out;
  assert_fails(oc_net_canonicalize(NULL, 10, NULL, &out, &err), OC_E_ARGUMENT, err, "NULL");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(normal_forms), cmocka_unit_test(dropout_option), cmocka_unit_test(mistakes_are_shown),
      cmocka_unit_test(long_lines),   cmocka_unit_test(limits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
