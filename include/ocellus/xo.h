/* xo.h: X or O, the lecture's walk-through of a convolutional network, value by value.
 *
 * An image of 9x9 pixels in +1 (white) and -1 (black) passes through two layers of matching and is voted on:
 *
 *   match[f][i][j]    = mean over the 3x3 window at (i,j) of pixel * feature f's pixel         7x7, in [-1,1]
 *   relu[f][i][j]     = max(0, match)                                                           7x7
 *   pooled[f][i][j]   = the largest of each 2x2 window of relu, the last one cut off by the edge 4x4
 *   stacked[3m+f]     = feature f matched with map m of pooled, as 2*pooled - 1, then max(0, .) 2x2
 *   votes[c]          = sum over all 36 values of value * weight[c], + bias[c]
 *
 * The features are made by hand, as on the slides. The weights for X and for O are fitted by least squares. A
 * network of the same shape (OC_XO_NET) can be trained instead, and read in the same way. The slides pool
 * before ReLU; the other order gives the same values after both steps, is the order of the network, and shows
 * each of the two. Lecture: "A Simple Walk Through of a Convolutional Neural Network" to "Fully Connected
 * Layers".
 *
 * The images are also data: oc_data_open("xo").
 *
 * Threads: all functions may be called from any thread; those that take a model need it alone. */
#ifndef OCELLUS_XO_H
#define OCELLUS_XO_H
#include "model.h"
#ifdef __cplusplus
extern "C" {
#endif

enum {
  OC_XO_SIDE = 9,
  OC_XO_PIXELS = 81,
  OC_XO_FEATURE = 3,  /* side of a feature */
  OC_XO_FEATURES = 3, /* how many */
  OC_XO_MATCH = 7,    /* sides of the maps */
  OC_XO_POOLED = 4,
  OC_XO_STACKED = 2,
  OC_XO_MAPS = 9, /* of the second layer: each feature with each map of the first */
  OC_XO_VALUES = 36
};

/* ---- images -------------------------------------------------------------------------------------------- */

typedef enum oc_xo_kind {
  OC_XO_CLEAN = 0, /* the image of the walk-through, pixel for pixel */
  OC_XO_SHIFTED,   /* by one pixel, in one of eight directions */
  OC_XO_ROTATED,   /* by up to 0.45 radians */
  OC_XO_SCALED,    /* by 0.55 to 1.15, each direction on its own */
  OC_XO_THICK,     /* a wider pen */
  OC_XO_NOISY,     /* 1 to 8% of the pixels inverted, all a little lighter or darker */
  OC_XO_KINDS
} oc_xo_kind;

/* "clean", "shifted" and so on; "" for other values. Static storage. */
OC_API const char *oc_xo_kind_name(oc_xo_kind kind);
/* Draws an X (label 0) or an O (label 1) into pixels[81], rows from the top: white 255, black 0, standing for
 * 1 and -1 by v / 127.5 - 1; another label draws nothing. `seed`, `part` and `index` select one of its kind:
 * the same three give the same image. */
OC_API void oc_xo_draw(uint64_t seed, uint64_t part, uint64_t index, int label, oc_xo_kind kind,
                       uint8_t *pixels);

/* ---- features made by hand ----------------------------------------------------------------------------- */

typedef struct oc_xo_feature {
  const char *name; /* "falling line", "cross", "rising line" */
  double pixels[OC_XO_FEATURE][OC_XO_FEATURE];
} oc_xo_feature;
/* index 0 .. OC_XO_FEATURES-1, NULL for others; static storage. */
OC_API const oc_xo_feature *oc_xo_feature_at(int index);

/* The weight of each value of the second layer for X (0) and for O (1). */
typedef struct oc_xo_votes {
  double weight[OC_XO_VALUES][2], bias[2];
} oc_xo_votes;

/* All intermediate values of one image. For a trained network `match` is the sums with their bias, not a
 * mean, and `votes` are its logits. */
typedef struct oc_xo_reading {
  double image[OC_XO_SIDE][OC_XO_SIDE]; /* in [-1,1] */
  double match[OC_XO_FEATURES][OC_XO_MATCH][OC_XO_MATCH];
  double relu[OC_XO_FEATURES][OC_XO_MATCH][OC_XO_MATCH];
  double pooled[OC_XO_FEATURES][OC_XO_POOLED][OC_XO_POOLED];
  double stacked[OC_XO_MAPS][OC_XO_STACKED][OC_XO_STACKED]; /* after ReLU */
  double values[OC_XO_VALUES]; /* the same, flattened as a network does: row, column, map */
  double votes[2];
  int verdict; /* 0: X, 1: O; of equal votes X */
} oc_xo_reading;

/* Reads an image of 9x9 pixels (0..255) with the features made by hand. It cannot fail. */
OC_API void oc_xo_read(const uint8_t *pixels, const oc_xo_votes *votes, oc_xo_reading *out);
/* Fits the weights by least squares to a vote of 1 for the true letter and 0 for the other, over all images
 * of `d`. A ridge of 1 on weights and bias (Hoerl and Kennard 1970) makes the solution unique. OC_E_ARGUMENT
 * if the images are not labeled 9x9 gray ones of two classes. */
OC_API oc_status oc_xo_votes_fit(const oc_dataset *d, oc_xo_votes *out, oc_error *err);
/* Counts the images of `d` that are classified correctly. Errors as of oc_xo_votes_fit. */
OC_API oc_status oc_xo_score(const oc_dataset *d, const oc_xo_votes *votes, int64_t *correct, oc_error *err);

/* ---- features learned ---------------------------------------------------------------------------------- */

/* A network of the same shape: 3 features, pooling, 9 maps of 2x2, two votes. */
#define OC_XO_NET "conv 3x3x3 relu | maxpool 2 same | conv 3x3x9 relu | dense CLASSES"
/* With these it learns to classify nearly every image of "xo:6000:1000", with the defaults of the other
 * oc_fit_options. */
#define OC_XO_EPOCHS        6
#define OC_XO_LEARNING_RATE 3e-3

/* Reads an image (81 pixels, 0..255) with a model of OC_XO_NET into *out, the caller's. OC_E_UNSUPPORTED: the
 * model is of another network. OC_E_NOT_FINITE: a number is NaN or infinite; `err` names the layer.
 * OC_E_MEMORY. */
OC_API oc_status oc_xo_read_model(oc_model *m, const uint8_t *pixels, oc_xo_reading *out, oc_error *err);
/* Copies the three features of the first layer of an OC_XO_NET model, and its votes, into the caller's
 * arrays. Errors as of oc_xo_read_model: OC_E_UNSUPPORTED if it is of another network. */
OC_API oc_status oc_xo_learned(oc_model *m, double features[OC_XO_FEATURES][OC_XO_FEATURE][OC_XO_FEATURE],
                               oc_xo_votes *votes, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
