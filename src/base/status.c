/* status.c: returns names, texts and exit codes of oc_status, all from OC_STATUS_LIST. */
#include "ocellus/status.h"

const char *oc_status_name(oc_status status) {
  switch (status) {
#define OC_ROW(name, value, exit_code, text)                                                                 \
  case name:                                                                                                 \
    return #name;
    OC_STATUS_LIST(OC_ROW)
#undef OC_ROW
  }
  return "OC_E_?";
}

const char *oc_status_text(oc_status status) {
  switch (status) {
#define OC_ROW(name, value, exit_code, text)                                                                 \
  case name:                                                                                                 \
    return text;
    OC_STATUS_LIST(OC_ROW)
#undef OC_ROW
  }
  return "unknown status";
}

int oc_status_exit_code(oc_status status) {
  switch (status) {
#define OC_ROW(name, value, exit_code, text)                                                                 \
  case name:                                                                                                 \
    return exit_code;
    OC_STATUS_LIST(OC_ROW)
#undef OC_ROW
  }
  return 70; /* EX_SOFTWARE: a value outside the list is a defect of ours */
}

const char *oc_version(void) {
  return OC_VERSION;
}

int oc_arithmetic(void) {
  return 2;
}
