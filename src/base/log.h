/* log.h: reads the environment, and writes debug output by topic.
 *
 * OCELLUS_TRACE=topic[,topic]  (plan, run, all): lines "ocellus,<topic>,<fields>" on stderr.
 * OCELLUS_CPU=portable|avx2|avx512  caps the instruction set. OCELLUS_REFUSE=word[,word]  keeps kernels whose
 * names hold one of the words out of new plans: for comparisons. Other values are refused by
 * oc_environment_check (ocellus/session.h), which every session calls first. */
#ifndef OC_BASE_LOG_H
#define OC_BASE_LOG_H
#include <stdbool.h>

bool oc_log_enabled(const char *topic);
/* Prints one line, which begins with its topic. */
void oc_log_line(const char *line);
/* Value of OCELLUS_CPU and OCELLUS_TRACE, or NULL. */
const char *oc_env_cpu(void);
const char *oc_env_trace(void);

/* Value of XDG_DATA_HOME and HOME, or NULL. */
const char *oc_env_data_home(void);
const char *oc_env_home(void);

/* Value of OCELLUS_REFUSE, "" if it is not set; and true if it names this kernel. */
const char *oc_env_refuse(void);
bool oc_env_refuses(const char *name);

#endif
