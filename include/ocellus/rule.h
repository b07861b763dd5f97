/* rule.h: says of a network of another program how images become its input, and what its classes are called.
 *
 *   const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
 *   oc_rule_options rule = oc_rule_defaults();
 *   rule.mean = mean, rule.deviation = deviation, rule.numbers = 3;
 *   if (oc_model_load("resnet18.onnx", NULL, &model, &err) != OC_OK) return 1;
 *   if (oc_model_set_rule(model, &rule, &err) != OC_OK) return 1;
 *   if (oc_model_load_class_names(model, "imagenet.txt", &err) != OC_OK) return 1;
 *
 * After that it is a model like any other.
 *
 * Threads: functions that take a model without const need exclusive use of it. */
#ifndef OCELLUS_RULE_H
#define OCELLUS_RULE_H
#include "model.h"
#ifdef __cplusplus
extern "C" {
#endif

/* How the pixels of an image become the numbers that a network takes: (pixel * white / 255 - mean) /
 * deviation, for pixels of 0 to 255, with a mean and a deviation of each channel. */
typedef struct oc_rule_options {
  size_t struct_size;    /* sizeof(oc_rule_options); 0: that of version 0.1 */
  oc_resize_mode resize; /* how images get the size of the network; default OC_RESIZE_AUTO */
  /* What a white pixel is, in the numbers of mean and deviation: 1 or 255, as a rule; 0 (default) means 1. */
  double white;
  const double *mean;      /* `numbers` of them, each 0 to white; NULL (default): 0 */
  const double *deviation; /* `numbers` of them, each above 0; NULL (default): 1 */
  int numbers;             /* 1 for all channels, or as many as there are; default 0, for neither */
  /* true: the network takes blue before green before red; mean and deviation are in this order, too. Default
   * false. */
  bool bgr;
} oc_rule_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_rule_options oc_rule_defaults(void);

/* False if it is not known how images become the input: such a model is shown and planned, but answers
 * nothing. False for NULL. From any thread. */
OC_API bool oc_model_has_rule(const oc_model *m);

/* Gives a model the rule that its file lacks: an ONNX file of another program. If the network itself begins
 * with (x - mean) / deviation, the rule comes before that. For `bgr`, the weights of the convolutions that
 * take the image get the order of red, green, blue. `options` may be NULL. On failure the model stays as it
 * was. OC_E_ARGUMENT: the model has a rule, or an option is out of range. OC_E_UNSUPPORTED: the image has
 * other than 1 or 3 channels; `bgr`, where anything but a convolution without groups takes the image;
 * several numbers, where the network begins with means of single pixels. OC_E_MEMORY. */
OC_API oc_status oc_model_set_rule(oc_model *m, const oc_rule_options *options, oc_error *err);

/* Names the classes of the model's first output: `count` texts of UTF-8 without control characters, which
 * stay the caller's. On failure the names stay as they were. OC_E_UNSUPPORTED: the output has no classes.
 * OC_E_DATA: another number of classes, or a name that is not valid. OC_E_MEMORY. */
OC_API oc_status oc_model_set_class_names(oc_model *m, const char *const *names, int count, oc_error *err);

/* The same with the lines of a text file, one name on each, of at most 16 MiB. Lines end in LF or CR LF, and
 * spaces around a name do not count. OC_E_DATA: a line is empty, or as of oc_model_set_class_names.
 * OC_E_NO_INPUT, OC_E_IO: as of oc_file_load. OC_E_UNSUPPORTED, OC_E_MEMORY. */
OC_API oc_status oc_model_load_class_names(oc_model *m, const char *path, oc_error *err);

#ifdef __cplusplus
}
#endif
#endif
