/* ocellus.h: everything. In order of need: model.h (train and use a classifier), convnn.h (the same as the lecture's
 * class), data.h (pictures), net.h (layers and net texts), session.h (plans and runs), train.h (optimisers), graph.h
 * (operations), trace.h (where a number comes from), convolve.h (convolution by hand), xo.h (X or O), machine.h (what the machine can
 * do), matrix.h (numbers
 * from files), tensor.h (arrays), file.h (whole files), status.h (errors). */
#ifndef OCELLUS_H
#define OCELLUS_H
#include "convnn.h"
#include "convolve.h"
#include "features.h"
#include "file.h"
#include "machine.h"
#include "matrix.h"
#include "model.h"
#include "network.h"
#include "number.h"
#include "trace.h"
#include "train.h"
#include "xo.h"
#endif
