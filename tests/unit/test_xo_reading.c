/* Is X or O read as ocellus/xo.h says, number by number, do the votes solve the least squares, and are both
 * bars met? */
#include "harness.h"
#include "ocellus/xo.h"
#include <math.h>

enum { SIDE = OC_XO_SIDE };

static void assert_near(double a, double b) {
  if (fabs(a - b) > 1e-12) fail_msg("%.17g is not %.17g", a, b);
}

/* The formulas of the header, read out of it once more. */
static double mean_of_products(const double *map, int side, int row, int column, int feature) {
  double sum = 0;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      sum += map[(row + i) * side + column + j] * oc_xo_feature_at(feature)->pixels[i][j];
  return sum / 9;
}

static void check_first_layer(const uint8_t *pixels, const oc_xo_reading *r) {
  for (int i = 0; i < SIDE * SIDE; i++) assert_near(r->image[i / SIDE][i % SIDE], pixels[i] / 127.5 - 1);
  for (int f = 0; f < 3; f++) {
    for (int i = 0; i < 49; i++) {
      const double mean = mean_of_products(r->image[0], SIDE, i / 7, i % 7, f);
      assert_near(r->match[f][i / 7][i % 7], mean);
      assert_near(r->relu[f][i / 7][i % 7], mean > 0 ? mean : 0);
    }
    for (int i = 0; i < 4; i++)
      for (int j = 0; j < 4; j++) {
        double most = -INFINITY;
        for (int a = 2 * i; a < 7 && a < 2 * i + 2; a++)
          for (int b = 2 * j; b < 7 && b < 2 * j + 2; b++) most = fmax(most, r->relu[f][a][b]);
        assert_near(r->pooled[f][i][j], most);
      }
  }
}

static void check_second_layer(const oc_xo_reading *r, const oc_xo_votes *votes) {
  double sum[2] = {votes->bias[0], votes->bias[1]};
  for (int m = 0; m < 3; m++)
    for (int f = 0; f < 3; f++)
      for (int i = 0; i < 4; i++) {
        double map[16];
        for (int k = 0; k < 16; k++) map[k] = 2 * r->pooled[m][k / 4][k % 4] - 1;
        const double value = fmax(0, mean_of_products(map, 4, i / 2, i % 2, f));
        assert_near(r->stacked[3 * m + f][i / 2][i % 2], value);
        assert_near(r->values[i * 9 + 3 * m + f], value);
        for (int c = 0; c < 2; c++) sum[c] += value * votes->weight[i * 9 + 3 * m + f][c];
      }
  for (int c = 0; c < 2; c++) assert_near(r->votes[c], sum[c]);
  assert_int_equal(r->verdict, sum[1] > sum[0]);
}

static void open_xo(oc_data *data) {
  const oc_data_options how = {.valid = "0", .seed = 123, .max_bytes = (size_t)1 << 30};
  oc_error err;
  assert_ok(oc_data_open("xo:6000:1000", &how, data, &err), err);
}

static void every_number_is_what_the_header_says(void **state) {
  (void)state;
  oc_xo_votes votes;
  oc_xo_reading r;
  uint8_t pixels[OC_XO_PIXELS];
  for (int i = 0; i < OC_XO_VALUES; i++)
    for (int c = 0; c < 2; c++) votes.weight[i][c] = (i * 7 + c * 5) % 11 - 5;
  votes.bias[0] = 0.25, votes.bias[1] = -0.5;
  for (int kind = 0; kind < OC_XO_KINDS; kind++)
    for (int label = 0; label < 2; label++)
      for (uint64_t index = 0; index < 20; index++) {
        oc_xo_draw(5, 9, index, label, (oc_xo_kind)kind, pixels);
        oc_xo_read(pixels, &votes, &r);
        check_first_layer(pixels, &r);
        check_second_layer(&r, &votes);
      }
}

/* On the slides: a part of the X that is just the feature matches with 1; the mirrored line on the line gives
 * 1/9 less. */
static void the_clean_x_matches_wholly(void **state) {
  (void)state;
  static const oc_xo_votes none;
  oc_xo_reading r;
  uint8_t pixels[OC_XO_PIXELS];
  oc_xo_draw(1, 0, 0, 0, OC_XO_CLEAN, pixels);
  oc_xo_read(pixels, &none, &r);
  assert_near(r.match[0][1][1], 1);          /* the falling line, on it */
  assert_near(r.match[1][3][3], 1);          /* the cross, in the middle */
  assert_near(r.match[2][1][5], 1);          /* the rising line, on it */
  assert_near(r.match[0][3][3], 5.0 / 9);    /* on the cross two pixels more are white: 7 agree, 2 do not */
  assert_near(r.match[2][1][1], 1 - 8. / 9); /* across the other line: 5 agree, 4 do not */
}

/* On the first image each step must be seen to do something: ReLU drops the negative matches of every map
 * (the slide's first row: .78 0 .11 .33 .56 0 .33), and pooling picks among matches that differ. */
static void relu_and_pooling_each_change_the_first_image(void **state) {
  (void)state;
  static const oc_xo_votes none;
  static const double before[] = {7, -1, 1, 3, 5, -1, 3}, after[] = {7, 0, 1, 3, 5, 0, 3};
  oc_xo_reading r;
  uint8_t pixels[OC_XO_PIXELS];
  oc_xo_draw(1, 0, 0, 0, OC_XO_CLEAN, pixels);
  oc_xo_read(pixels, &none, &r);
  for (int j = 0; j < 7; j++) {
    assert_near(r.match[0][0][j], before[j] / 9);
    assert_near(r.relu[0][0][j], after[j] / 9);
  }
  for (int f = 0; f < 3; f++) {
    int changed = 0, dropped = 0;
    for (int i = 0; i < 49; i++) {
      changed += r.match[f][i / 7][i % 7] < 0;
      dropped += r.relu[f][i / 7][i % 7] < r.pooled[f][i / 14][i % 7 / 2];
    }
    assert_true(changed > 10);
    assert_true(dropped > 10);
  }
}

static double squares(const oc_dataset *d, const oc_xo_votes *votes) {
  double sum = 0;
  for (int64_t i = 0; i < oc_dataset_count(d); i++) {
    uint8_t pixels[OC_XO_PIXELS];
    int32_t label;
    oc_xo_reading r;
    oc_error err;
    assert_ok(oc_dataset_read(d, i, 1, pixels, &label, &err), err);
    oc_xo_read(pixels, votes, &r);
    for (int c = 0; c < 2; c++) sum += pow(r.votes[c] - (c == label), 2);
  }
  for (int i = 0; i < OC_XO_VALUES; i++)
    for (int c = 0; c < 2; c++) sum += pow(votes->weight[i][c], 2);
  for (int c = 0; c < 2; c++) sum += pow(votes->bias[c], 2);
  return sum;
}

static void the_votes_are_least_squares(void **state) {
  (void)state;
  const oc_data_options how = {.valid = "0", .seed = 7, .max_bytes = (size_t)1 << 30};
  oc_data data;
  oc_xo_votes votes;
  oc_error err;
  assert_ok(oc_data_open("xo:300:10", &how, &data, &err), err);
  assert_ok(oc_xo_votes_fit(data.train, &votes, &err), err);
  const double least = squares(data.train, &votes);
  for (int i = 0; i < OC_XO_VALUES; i += 5)
    for (int side = -1; side <= 1; side += 2) {
      oc_xo_votes other = votes;
      other.weight[i][i % 2] += side * 1e-3;
      assert_true(squares(data.train, &other) > least);
    }
  votes.bias[1] += 1e-3;
  assert_true(squares(data.train, &votes) > least);
  oc_data_close(&data);
}

static void hand_made_features_read_95_of_100(void **state) {
  (void)state;
  oc_data data;
  oc_xo_votes votes;
  int64_t correct;
  oc_error err;
  open_xo(&data);
  assert_ok(oc_xo_votes_fit(data.train, &votes, &err), err);
  assert_ok(oc_xo_score(data.test, &votes, &correct, &err), err);
  print_message("with features made by hand: %lld of 1000\n", (long long)correct);
  assert_true(correct >= 950);
  oc_data_close(&data);
}

/* The maps of a network follow from each other as those made by hand do. */
static void check_steps(const oc_xo_reading *r) {
  for (int f = 0; f < 3; f++)
    for (int i = 0; i < 49; i++) {
      assert_near(r->relu[f][i / 7][i % 7], fmax(0, r->match[f][i / 7][i % 7]));
      assert_true(r->pooled[f][i / 14][i % 7 / 2] >= r->relu[f][i / 7][i % 7]);
    }
}

static void check_learned(oc_model *m, const oc_data *data) {
  double features[3][3][3];
  uint8_t pixels[OC_XO_PIXELS];
  oc_xo_votes votes;
  oc_error err;
  assert_ok(oc_xo_learned(m, features, &votes, &err), err);
  for (int64_t i = 0; i < 20; i++) {
    oc_xo_reading r;
    float p[2];
    assert_ok(oc_dataset_read(data->test, i, 1, pixels, NULL, &err), err);
    assert_ok(oc_xo_read_model(m, pixels, &r, &err), err);
    assert_ok(oc_model_predict(m, pixels, 1, p, &err), err);
    assert_int_equal(r.verdict, p[1] > p[0]);
    check_steps(&r);
    for (int c = 0; c < 2; c++) {
      double sum = votes.bias[c];
      for (int k = 0; k < OC_XO_VALUES; k++) sum += r.values[k] * votes.weight[k][c];
      assert_true(fabs(sum - r.votes[c]) < 1e-4 * (1 + fabs(sum)));
    }
  }
}

static void a_trained_one_reads_995_of_1000(void **state) {
  (void)state;
  oc_data data;
  oc_model *m;
  oc_evaluation e;
  oc_error err;
  oc_model_options how = oc_model_defaults();
  oc_fit_options fit = oc_fit_defaults();
  how.net = OC_XO_NET;
  fit.epochs = OC_XO_EPOCHS;
  fit.learning_rate = OC_XO_LEARNING_RATE;
  open_xo(&data);
  assert_ok(oc_model_create(data.train, &how, &m, &err), err);
  assert_ok(oc_model_fit(m, data.train, NULL, &fit, &err), err);
  assert_ok(oc_model_evaluate(m, data.test, &e, &err), err);
  print_message("with features learned: %lld of 1000\n", (long long)e.correct);
  assert_true(e.correct >= 995);
  check_learned(m, &data);
  oc_evaluation_release(&e);
  oc_model_free(m);
  oc_data_close(&data);
}

static void other_images_and_models_are_refused(void **state) {
  (void)state;
  oc_data data;
  oc_xo_votes votes;
  oc_xo_reading r;
  oc_model *m;
  oc_error err;
  oc_model_options how = oc_model_defaults();
  uint8_t pixels[OC_XO_PIXELS] = {0};
  assert_ok(oc_data_open("digits:20:10", NULL, &data, &err), err);
  assert_int_equal(oc_xo_votes_fit(data.train, &votes, &err), OC_E_ARGUMENT);
  assert_non_null(strstr(err.message, "28x28x1"));
  oc_data_close(&data);
  assert_ok(oc_data_open("xo:20:10", NULL, &data, &err), err);
  how.net = "dense CLASSES";
  assert_ok(oc_model_create(data.train, &how, &m, &err), err);
  assert_int_equal(oc_xo_read_model(m, pixels, &r, &err), OC_E_UNSUPPORTED);
  oc_model_free(m);
  oc_data_close(&data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_number_is_what_the_header_says),
      cmocka_unit_test(the_clean_x_matches_wholly),
      cmocka_unit_test(relu_and_pooling_each_change_the_first_image),
      cmocka_unit_test(the_votes_are_least_squares),
      cmocka_unit_test(hand_made_features_read_95_of_100),
      cmocka_unit_test(a_trained_one_reads_995_of_1000),
      cmocka_unit_test(other_images_and_models_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
