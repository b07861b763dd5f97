/* topics.c: defines help on subjects that several commands share. */
#include "topics.h"
#include "core/page.h"
#include "ocellus/ocellus.h"

/* "  ACT: relu sigmoid ..." */
static void list_names(FILE *stream, const char *what, const char *(*name_at)(int index),
                       bool (*is)(const char *name)) {
  const char *name;
  fprintf(stream, "  %s:", what);
  for (int i = 0; (name = name_at(i)); i++)
    if (!is || is(name)) fprintf(stream, " %s", name);
  fputc('\n', stream);
}

static void list_hyperparameters(FILE *stream, const oc_hyperparameter *(*at)(const char *name, int index),
                                 const char *owner) {
  const oc_hyperparameter *h;
  char range[96], text[512], usual[64] = "";
  for (int i = 0; (h = at(owner, i)); i++) {
    if (!h->required) snprintf(usual, sizeof usual, "; default: %g", h->fallback);
    snprintf(text, sizeof text, "%s: %s%s%s (%s%s)", h->name, h->help, h->unit ? ", in " : "",
             h->unit ? h->unit : "", oc_hyperparameter_range(h, range, sizeof range), usual);
    cli_page_text(stream, text, 6, 80);
  }
}

static void list_layers(FILE *stream) {
  const char *name;
  char usage[256];
  for (int i = 0; (name = oc_net_layer_name(i)); i++) {
    cli_page_text(stream, oc_net_layer_usage(name, usage, sizeof usage), 2, 80);
    cli_page_text(stream, oc_net_layer_summary(name), 6, 80);
    list_hyperparameters(stream, oc_net_layer_hyperparameter_at, name);
  }
  list_names(stream, "ACT", oc_net_layer_name, oc_net_layer_activates);
  list_names(stream, "INIT", oc_net_init_name, NULL);
}

static void list_options(FILE *stream, const char *preset) {
  const oc_preset_option *o;
  for (int i = 0; (o = oc_net_preset_option_at(preset, i)); i++)
    fprintf(stream, "%s--%s %s", i ? " " : "      with --preset: ", o->name, o->value);
  if (oc_net_preset_option_at(preset, 0)) fputc('\n', stream);
}

static void list_networks(FILE *stream) {
  fprintf(stream, "Layers:\n");
  list_layers(stream);
  fprintf(stream, "Presets:\n");
  const char *name;
  for (int i = 0; (name = oc_net_preset_name(i)); i++) {
    fprintf(stream, "  %s\n", name);
    cli_page_text(stream, oc_net_preset_summary(name), 6, 80);
    cli_page_text(stream, oc_net_preset(name), 6, 80);
    list_options(stream, name);
  }
}

static void list_optimizers(FILE *stream) {
  const char *name;
  fprintf(stream, "Optimizers:\n");
  for (int i = 0; (name = oc_optimizer_name(i)); i++) {
    fprintf(stream, "  %s\n", name);
    cli_page_text(stream, oc_optimizer_summary(name), 6, 80);
    list_hyperparameters(stream, oc_optimizer_hyperparameter_at, name);
  }
  fprintf(stream, "Schedules:\n");
  for (int i = 0; (name = oc_lr_schedule_name(i)); i++) {
    fprintf(stream, "  %s\n", name);
    cli_page_text(stream, oc_lr_schedule_summary(name), 6, 80);
    cli_page_text(stream,
                  oc_schedule_extends(name) ? "a resumed run may change --epochs"
                                            : "a resumed run cannot change --epochs",
                  6, 80);
    list_hyperparameters(stream, oc_lr_schedule_hyperparameter_at, name);
  }
}

static void list_augmentations(FILE *stream) {
  const char *name;
  fprintf(stream, "Presets:\n");
  for (int i = 0; (name = oc_augmentation_preset_name(i)); i++) {
    fprintf(stream, "  %s\n", name);
    cli_page_text(stream, oc_augmentation_preset_summary(name), 6, 80);
    cli_page_text(stream, oc_augmentation_preset_text(name), 6, 80);
  }
}

static void list_transforms(FILE *stream) {
  const char *name;
  char usage[160];
  fprintf(stream, "Transforms:\n");
  for (int i = 0; (name = oc_transform_name(i)); i++) {
    cli_page_text(stream, oc_transform_usage(name, usage, sizeof usage), 2, 80);
    cli_page_text(stream, oc_transform_summary(name), 6, 80);
    list_hyperparameters(stream, oc_transform_hyperparameter_at, name);
  }
  list_augmentations(stream);
}

static void list_sources(FILE *stream) {
  const char *syntax, *summary;
  for (int i = 0; oc_data_source(i, &syntax, &summary); i++) {
    fprintf(stream, "  %s\n", syntax);
    cli_page_text(stream, summary, 6, 80);
  }
  fprintf(stream, "  Images are read from");
  for (int i = 0; oc_image_format(i); i++) fprintf(stream, "%s %s", i ? "," : "", oc_image_format(i));
  fputs(".\n", stream);
}

static void list_exit_codes(FILE *stream) {
#define ROW(name, value, exit_code, text) fprintf(stream, "  %3d  %s\n", exit_code, text);
  OC_STATUS_LIST(ROW)
#undef ROW
}

const cli_topic cli_topics[] = {
    {.name = "data",
     .summary = "the forms of DATA",
     .text = "Images with labels: a folder of images for each class, a list of images, arrays of pixels as "
             "MNIST's files, or built-in data. A single image has no label. Images are turned as their "
             "EXIF data say, and color profiles are ignored. IDX files may be gzipped.\n\n"
             "The paths of a list begin in its folder. Its first line may name the columns. In a folder "
             "without folders of classes, a list such as train.csv has the labels. For example:\n"
             "  path,label,split\n"
             "  photos/1.jpg,cat,train\n\n"
             "Of the training images, 10,000 (or a sixth of a small set) form the validation set: the "
             "last ones of MNIST and of built-in data, otherwise the same fraction of each class, "
             "drawn with --seed. The option --valid changes this. Training never reads the test set.",
     .list = list_sources},
    {.name = "net",
     .summary = "the language of networks",
     .text = "A network is a preset, or its layers from the input to the classes, separated by | or a "
             "new line. # starts a comment. Sizes that follow from the data are left out. `dense "
             "CLASSES` has one output per class.\n\n"
             "For example: conv 3x3x16 relu | maxpool 2 | conv 3x3x32 relu | maxpool 2 | dense CLASSES",
     .list = list_networks},
    {.name = "optimizers",
     .summary = "optimizers, learning-rate schedules and their hyperparameters",
     .text = "An optimizer (--optimizer) updates the weights w from their gradients g and the "
             "learning rate lr. A schedule (--schedule) changes the learning rate during a run. Each "
             "hyperparameter is an option of `ocellus train`, with - instead of _.",
     .list = list_optimizers},
    {.name = "augment",
     .summary = "changes of training images at random",
     .text = "An augmentation (--augment) changes each training image at random, in each epoch in "
             "another way, so that a network learns what does not matter. It is a list of "
             "transforms, or names of presets, applied from left to right, with their numbers. A number in "
             "[] may be left "
             "out. What is drawn for an image follows from --seed, the epoch and the image alone. "
             "Validation and test images are never changed. "
             "mixup and cutmix come last: they mix images of a batch, and their labels. Neighbors that only "
             "move pixels are "
             "joined, so that an image is resampled once. Points from outside of it have the background of "
             "the data "
             "(--background), unless border says otherwise.\n\n"
             "For example: --augment \"shift 2, rotate 10\". `ocellus show DATA --augment TEXT` draws "
             "what a network would see.",
     .list = list_transforms},
    {.name = "lecture",
     .summary = "commands for the lecture, in its order",
     .text = "Performing Discrete Convolutions: every window, its products and their sum.\n"
             "  ocellus conv --x 1,3,2,4,5,6,1,3 --w 1,0,3,1,2 --steps\n"
             "  ocellus conv --x 3,2,1,7,1,2,5,4 --w .5,.75,1,.25 --mode valid --stride 2 --steps\n"
             "The Effect of Zero-Padding: full, same and valid, with the output length by its "
             "formula.\n"
             "  ocellus conv --x 1,3,2,4,5,6,1,3 --w 1,0,3,1,2 --mode full\n"
             "  ocellus conv --x 1,3,2,4,5,6,1,3 --w 1,0,3,1,2 --mode valid\n"
             "Full padding treats the edges equally: how often each value of x is used.\n"
             "  ocellus conv --x 1,1,1,1,1 --w 1,1,1 --mode full --uses\n"
             "  ocellus conv --x 1,1,1,1,1 --w 1,1,1 --mode valid --uses\n"
             "The same for an image: 7x7; with --mode same 5x5, with --mode valid 3x3.\n"
             "  ocellus conv --x '1 2 3 4 5; 6 7 8 9 1; 2 3 4 5 6; 7 8 9 1 2; 3 4 5 6 7' --w '1 0 1; "
             "0 1 0; 1 0 1' --mode full\n"
             "Determining the Size: with strides above 1 and some paddings the slides' loops give "
             "other sizes.\n"
             "  ocellus conv --x 1,3,2,4,5,6,1,3 --w 1,0,3,1,2 --pad 2 --stride 2 --slide-loop\n"
             "A Discrete Convolution in 2D, and what networks compute instead: the same without "
             "flipping the kernel.\n"
             "  ocellus conv --x '2 1 2; 5 0 1; 1 7 3' --w '.5 .7 .4; .3 .4 .1; .5 1 .5' --pad 1 "
             "--stride 2 --slide-loop\n"
             "  ocellus conv --x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' --w '1 0 3; 1 2 1; 0 1 1' "
             "--compare\n"
             "Subsampling: the maximum and the mean of each window.\n"
             "  ocellus pool --x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' --size 2 --steps\n"
             "  ocellus pool --x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' --size 2 --kind mean\n"
             "Local invariance: first marks that stay in their windows when x moves by one. Then "
             "values that all differ, so others enter each window: 75% change before pooling, 100% "
             "after.\n"
             "  ocellus pool --x '0 0 0 0 0 0; 0 9 0 0 5 0; 0 0 0 0 0 0; 0 0 0 0 0 0; 0 7 0 0 6 0; 0 "
             "0 0 0 0 0' --size 3 --shift\n"
             "  ocellus pool --x '1 3 2 4; 5 6 1 3; 1 2 0 2; 3 4 3 2' --size 2 --shift\n"
             "Two different inputs with the same result, and x with noise, which pooling removes "
             "where it is small.\n"
             "  ocellus pool --x '9 0 1 2; 3 4 8 0; 0 7 5 1; 2 1 0 6' --beside '0 3 8 1; 9 5 2 2; 7 1 "
             "6 0; 0 4 3 3'\n"
             "  ocellus pool --x '0 0 0 0; 0 9 8 0; 0 7 9 0; 0 0 0 0' --beside '0 1 0 2; 1 9 8 0; 0 7 "
             "9 1; 2 0 1 0'\n"
             "Working with Multiple Input or Color Channels: Y, A = Y + b and H = relu(A) at one "
             "position, first with the kernel flipped, then as in networks.\n"
             "  ocellus conv --x '1 2; 3 4 | 5 6; 7 8' --w '1 0; 0 1 | 1 -1; 0 2' --mode valid --bias "
             "-9 --activation relu --at 0,0\n"
             "  ocellus conv --x '1 2; 3 4 | 5 6; 7 8' --w '1 0; 0 1 | 1 -1; 0 2' --mode valid --bias "
             "-9 --activation relu --at 0,0 --correlate\n"
             "X or O: the images of the walk-through, and the whole walk-through with every value.\n"
             "  ocellus show xo\n"
             "  ocellus explain xo\n"
             "Regularizing: a large network on 300 images, then with L2. Compare the lines of epoch "
             "60 (more: 06_fitting).\n"
             "  ocellus train digits:1300:10 --valid last:1000 --net 'conv 5x5x8 relu | maxpool 4 | "
             "dense 256 relu | dense 10' --lr 1e-3 --epochs 60 --train-metrics full --out large\n"
             "  ocellus train digits:1300:10 --valid last:1000 --net 'conv 5x5x8 relu | maxpool 4 | "
             "dense 256 relu | dense 10' --lr 1e-3 --epochs 60 --train-metrics full --l2 0.05 --out "
             "large-l2\n"
             "The network of the TensorFlow part: layers, shapes, parameters, and the plan of a "
             "training step.\n"
             "  ocellus show lecture\n"
             "  ocellus plan lecture\n"
             "MNIST, in a folder named mnist (FOLDER on the pages): images, training with dropout, "
             "files for TensorBoard.\n"
             "  ocellus show mnist\n"
             "  ocellus train mnist --epochs 1 --seed 123 --out run-lecture --tensorboard logs\n"
             "Its accuracy with the confusion matrix, and the first ten predictions.\n"
             "  ocellus test run-lecture mnist\n"
             "  ocellus predict run-lecture 'mnist/t10k-images-idx3-ubyte.gz[0:10]'\n"
             "Its feature maps of one digit, and the whole validation set instead of the slides' 16 "
             "images.\n"
             "  ocellus draw features run-lecture 'mnist/t10k-images-idx3-ubyte.gz[0]' --layer "
             "conv_1\n"
             "  ocellus test run-lecture mnist --split valid\n"
             "Inside it: the 800 products that make one value of the second layer.\n"
             "  ocellus trace run-lecture 'mnist/t10k-images-idx3-ubyte.gz[0]' --at "
             "'conv_2/activation[3,5,17]'\n"
             "The slides' code in C is in examples/lecture. Their mistakes, each with a command that "
             "shows it, are in docs/lecture/mistakes.md."},
    {.name = "exit",
     .summary = "the meaning of exit codes",
     .text = "0 on success. On failure, a message on standard error describes the problem and the "
             "exit code gives its kind (numbers as in sysexits.h). 130 also stands for a training run "
             "that was stopped and saved.",
     .list = list_exit_codes},
};

const int cli_topic_count = sizeof cli_topics / sizeof *cli_topics;
