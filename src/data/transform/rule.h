/* rule.h: checks and completes the rule that gives images one shape. */
#ifndef OC_DATA_TRANSFORM_RULE_H
#define OC_DATA_TRANSFORM_RULE_H
#include "ocellus/preprocess.h"

/* OC_E_ARGUMENT: a shape, mode or size of the struct that is out of range. 0 is allowed. */
oc_status oc_preprocessing_check(const oc_preprocessing *p, oc_error *err);
/* The rule with what it leaves open taken from `natural`, the shape of the data: each side and the channels
 * that are 0, and the mode by the channels. */
oc_preprocessing oc_preprocessing_resolve(const oc_preprocessing *given, oc_image_shape natural);
/* True if the outermost pixels of an image are light on average. */
bool oc_edges_are_light(oc_image_shape shape, const uint8_t *pixels);

#endif
