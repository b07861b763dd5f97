/* ocellus.h: everything. In order of need: model.h (train and use a classifier), data.h (pictures), net.h (layers and
 * net texts), session.h (plans and runs), train.h (optimisers), graph.h (operations), convolve.h (convolution by
 * hand), matrix.h (numbers from files), tensor.h (arrays), file.h (whole files), status.h
 * (errors). */
#ifndef OCELLUS_H
#define OCELLUS_H
#include "convolve.h"
#include "file.h"
#include "matrix.h"
#include "model.h"
#include "train.h"
#endif
