/* output.h: writes to a descriptor, and reports every limit of the system as an error. */
#ifndef OC_BASE_OUTPUT_H
#define OC_BASE_OUTPUT_H
#include "base/error.h"
#include <sys/types.h>
#include <sys/uio.h>

/* Writes the pieces as writev does, again after EINTR. At the file size limit (ulimit -f) it returns -1 with
 * errno EFBIG where writev alone would end the process by SIGXFSZ. */
ssize_t oc_output_write(int fd, const struct iovec *pieces, int count);
/* From errno after a failed open, write, fsync or rename of an output: "cannot VERB: REASON", with a hint
 * that fits the reason. OC_E_CANT_CREATE for what a user can change (room, quota, limits, permission), else
 * OC_E_IO. `rest` follows the reason. */
oc_status oc_fail_output(oc_error *err, const char *path, const char *verb, const char *rest);

#endif
