/* doctor.h: the findings of `ocellus doctor` as a page. */
#ifndef OC_CLI_DOCTOR_H
#define OC_CLI_DOCTOR_H
#include "ocellus/doctor.h"

/* Saves a page with the findings of each kind and their images, at most MAX of a kind. */
oc_status cli_doctor_html(const oc_doctor *report, const char *data, const char *path, oc_error *err);

#endif
