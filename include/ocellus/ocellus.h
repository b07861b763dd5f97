/* ocellus.h: everything. In order of need: model.h (train and use a classifier), data.h (pictures), net.h (layers and
 * net texts), session.h (plans and runs), train.h (optimisers), graph.h (operations), tensor.h (arrays), status.h
 * (errors). */
#ifndef OCELLUS_H
#define OCELLUS_H
#include "model.h"
#include "train.h"
#endif
