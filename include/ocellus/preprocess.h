/* preprocess.h: turns images of any size into the images of one shape that a network takes.
 *
 *   oc_preprocessing rule = oc_preprocessing_defaults();
 *   oc_image image;
 *   uint8_t small[64 * 64 * 3];
 *   rule.shape = (oc_image_shape){64, 64, 3};
 *   if (oc_image_load("photo.jpg", NULL, &image, &err) == OC_OK) oc_preprocess(&rule, &image, small, &err);
 *   oc_image_release(&image);
 *
 * Channels are converted first (ITU-R BT.601 luma to gray), then the image is resized with Pillow's
 * antialiased bilinear filter: a triangle whose support grows with the scale when an image shrinks. The
 * same rule and image give the same bytes on every machine.
 *
 * Threads: all functions may be called from any thread. */
#ifndef OCELLUS_PREPROCESS_H
#define OCELLUS_PREPROCESS_H
#include "data.h"
#ifdef __cplusplus
extern "C" {
#endif

/* How an image of another aspect ratio gets the shape of the rule. */
typedef enum oc_resize_mode {
  OC_RESIZE_AUTO = 0, /* PAD for gray, CROP for color */
  OC_RESIZE_PAD,      /* the whole image, centered, between two borders (Pillow's ImageOps.pad) */
  OC_RESIZE_CROP,     /* the largest centered part of the right aspect ratio (ImageOps.fit) */
  OC_RESIZE_STRETCH   /* the whole image, with another aspect ratio (Image.resize) */
} oc_resize_mode;

/* The rule by which the images of a data set, and later those to predict, get one shape. */
typedef struct oc_preprocessing {
  size_t struct_size; /* sizeof(oc_preprocessing); 0: that of version 0.1 */
  /* Of every image afterwards, each side 1 to 65,536, channels 1 or 3. As an option of oc_data_open: 0
   * (default) for what the data decides; for oc_preprocess: no default. */
  oc_image_shape shape;
  oc_resize_mode resize; /* default OC_RESIZE_AUTO */
  /* The color, as red, green, blue, behind transparent pixels and in the border of PAD; used where
   * background_set. Default: chosen for each image. Transparent pixels show black, or white where most of the
   * ink is dark; the border is black, or white where the image's outermost pixels are light. */
  uint8_t background[3];
  bool background_set; /* default false */
  /* For images in files that oc_data_open opens, where background_set is false. true: the color is chosen for
   * each image, as models without a color need it. false (default): once, from the training images. */
  bool background_each;
} oc_preprocessing;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_preprocessing oc_preprocessing_defaults(void);

/* Writes the image in the rule's shape into `pixels` (height*width*channels bytes, HWC, no part of the
 * image). The image has 1 or 3 channels and stays the caller's. OC_E_ARGUMENT: a shape or mode that is out
 * of range, or an image without pixels. OC_E_UNSUPPORTED: an image more than 16,384 times as high or wide
 * as its place. OC_E_MEMORY. */
OC_API oc_status oc_preprocess(const oc_preprocessing *p, const oc_image *image, uint8_t *pixels,
                               oc_error *err);

/* The rule that gave the images of d their shape, with nothing left open: of images that were not changed
 * their own shape. All 0 for NULL. */
OC_API oc_preprocessing oc_dataset_preprocessing(const oc_dataset *d);
/* The shape that all images of d had before a rule changed it. All 0 if they had several, or if that is not
 * known, and for NULL. */
OC_API oc_image_shape oc_dataset_original_shape(const oc_dataset *d);
/* Makes a dataset of the same images and targets in another shape: each is read from d and changed by
 * oc_preprocess when it is read. `rule` is as in oc_data_options: what it leaves open is that of d. d may be
 * freed before. The caller frees *out with oc_dataset_free; on failure it is NULL. OC_E_ARGUMENT: the rule is
 * out of range. OC_E_UNSUPPORTED: the images of d have other than 1 or 3 channels. OC_E_MEMORY. */
OC_API oc_status oc_dataset_preprocessed(const oc_dataset *d, const oc_preprocessing *rule, oc_dataset **out,
                                         oc_error *err);

/* Name of a mode: "auto", "pad", "crop" or "stretch"; NULL if there is no such mode. Static storage. */
OC_API const char *oc_resize_mode_name(oc_resize_mode mode);

#ifdef __cplusplus
}
#endif
#endif
