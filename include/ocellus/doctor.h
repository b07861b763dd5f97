/* doctor.h: examines images in files before they are trained on: what cannot be read, what is there twice,
 * what is uneven. It changes nothing.
 *
 *   oc_doctor *report;
 *   oc_finding f;
 *   oc_doctor_examine("photos", NULL, &report, &err);
 *   for (int64_t i = 0; oc_doctor_finding(report, i, &f); i++)
 *     printf("%s %s: %s\n", f.kind, f.file, f.detail);
 *   oc_doctor_free(report);
 *
 * Threads: a report is read-only; freeing it requires exclusive use. All functions may be called from any
 * thread. */
#ifndef OCELLUS_DOCTOR_H
#define OCELLUS_DOCTOR_H
#include "model.h"
#ifdef __cplusplus
extern "C" {
#endif

typedef struct oc_doctor oc_doctor;

typedef struct oc_finding {
  const char *kind; /* one of oc_doctor_kind */
  const char
      *file; /* name of an image, as oc_dataset_item_name returns it; "": about a class or all images */
  const char *other;  /* the other image of a pair, or a class; "": none */
  const char *detail; /* one line for a person */
} oc_finding;

typedef struct oc_doctor_options {
  size_t struct_size;          /* sizeof(oc_doctor_options); 0: that of version 0.1 */
  const oc_data_options *data; /* skip, workers, progress and go_on matter; NULL (default): the defaults */
  oc_model *model;             /* finds labels that it contradicts; NULL (default): that is left out */
} oc_doctor_options;
/* Returns the defaults; a zeroed struct means the same. */
OC_API oc_doctor_options oc_doctor_defaults(void);

/* Examines a folder or an archive of images (see oc_data_open). The caller frees *out with oc_doctor_free; on
 * failure it is NULL. An image that cannot be read is a finding. OC_E_NO_INPUT: no folders of classes with
 * images. OC_E_UNSUPPORTED: data of another kind. OC_E_DATA: the model has other classes. OC_E_INTERRUPTED:
 * go_on returned false. OC_E_MEMORY. */
OC_API oc_status oc_doctor_examine(const char *where, const oc_doctor_options *options, oc_doctor **out,
                                   oc_error *err);
/* Frees a report. NULL is fine. */
OC_API void oc_doctor_free(oc_doctor *report);
/* Number of images that were examined; 0 for NULL. */
OC_API int64_t oc_doctor_images(const oc_doctor *report);
/* Returns finding `index` in *out, sorted by kind and file. Its texts live as long as the report. False past
 * the last one. */
OC_API bool oc_doctor_finding(const oc_doctor *report, int64_t index, oc_finding *out);
/* Decodes the image of a finding, or the other one of its pair, in a square of `side` pixels: *out has
 * side x side x 3. The caller frees it with oc_image_release; on failure it is empty. OC_E_ARGUMENT: no such
 * finding, it has no such image, or a side that is not 1 to 4096. Others: errors as of oc_image_load. */
OC_API oc_status oc_doctor_image(const oc_doctor *report, int64_t index, bool other, int side, oc_image *out,
                                 oc_error *err);
/* Returns the name and a summary of the index-th kind of finding, in static storage. False past the last
 * one. */
OC_API bool oc_doctor_kind(int index, const char **name, const char **summary);

#ifdef __cplusplus
}
#endif
#endif
