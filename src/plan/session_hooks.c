/* session_hooks.c: calls the hooks of a session's user: go_on and log. */
#include "base/log.h"
#include "plan/session.h"
#include <stdarg.h>
#include <stdio.h>

oc_status oc_session_go_on(const oc_session *s, const char *where, oc_error *err) {
  if (!s || !s->options.go_on || s->options.go_on(s->options.context)) return OC_OK;
  return oc_fail(err, OC_E_INTERRUPTED, where, "Call it again for the whole result.", "stopped by go_on");
}

static const char *topic_name(unsigned topic) {
  return topic == OC_LOG_PLAN ? "plan" : "run";
}

bool oc_session_logs(const oc_session *s, unsigned topic) {
  if (s->options.log && s->options.log_topics) return (s->options.log_topics & topic) != 0;
  return oc_log_enabled(topic_name(topic));
}

void oc_session_log(const oc_session *s, unsigned topic, const char *format, ...) {
  if (!oc_session_logs(s, topic)) return;
  char line[1700];
  va_list list;
  const int used = snprintf(line, sizeof line, "%s,", topic_name(topic));
  va_start(list, format);
  (void)vsnprintf(line + used, sizeof line - (size_t)used, format, list);
  va_end(list);
  if (s->options.log)
    s->options.log(s->options.context, line);
  else
    oc_log_line(line);
}
