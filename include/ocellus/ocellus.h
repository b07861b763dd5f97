/* ocellus.h: includes every public header. In order of need:
 *
 *   model.h           train and use a classifier
 *   convnn.h          the same as the lecture's class
 *   data.h            images
 *   preprocess.h      images of any size in one shape
 *   doctor.h          what is wrong with a folder of images
 *   augment.h         changes of training images at random
 *   fetch.h           published data sets over the network
 *   network.h         a network alone
 *   choose.h          how to train on data without a recipe
 *   net.h             layers and net texts
 *   session.h         plans and runs
 *   run.h             any graph of a file with any tensors
 *   train.h           optimizers
 *   hyperparameter.h  numbers that optimizers, schedules and layers take
 *   graph.h           operations
 *   registry.h        operations, layers, optimizers and data sources of your own
 *   features.h        filters and feature maps
 *   tta.h             test-time augmentation
 *   trace.h           how a value is computed
 *   rule.h            models of other programs
 *   export.h          models for other programs
 *   tensorboard.h     files for TensorBoard
 *   convolve.h        convolution by hand
 *   xo.h              X or O
 *   machine.h         peak rates of the machine
 *   matrix.h          matrices from files
 *   number.h          numbers as text
 *   tensor.h          arrays
 *   file.h            whole files
 *   library.h         libraries in use, with versions and licenses
 *   status.h          errors
 *
 * Threads: each header has its rule under this word. In short: different objects are independent; a call has
 * exclusive use of an object that it takes without const. */
#ifndef OCELLUS_H
#define OCELLUS_H
#include "augment.h"
#include "choose.h"
#include "convnn.h"
#include "convolve.h"
#include "data.h"
#include "doctor.h"
#include "export.h"
#include "features.h"
#include "fetch.h"
#include "file.h"
#include "graph.h"
#include "hyperparameter.h"
#include "library.h"
#include "machine.h"
#include "matrix.h"
#include "model.h"
#include "net.h"
#include "network.h"
#include "number.h"
#include "preprocess.h"
#include "registry.h"
#include "rule.h"
#include "run.h"
#include "session.h"
#include "status.h"
#include "tensor.h"
#include "tensorboard.h"
#include "trace.h"
#include "train.h"
#include "tta.h"
#include "xo.h"
#endif
