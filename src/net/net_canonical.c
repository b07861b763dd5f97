/* net_canonical.c: converts a net text to its canonical form. */
#include "net/net.h"

oc_status oc_net_canonicalize(const char *text, int64_t classes, const oc_net_options *options, char **out,
                              oc_error *err) {
  NEED(text, out);
  oc_net net;
  oc_text normal = {0};
  *out = NULL;
  const oc_status status = oc_net_parse(text, classes, options, &net, err);
  if (status == OC_OK) oc_net_print(&net, 0, net.count - 1, &normal);
  oc_net_release(&net);
  if (status != OC_OK) return status;
  *out = oc_text_take(&normal);
  return *out ? OC_OK : oc_fail_memory(err, 1);
}
