/* topics.h: declares help on subjects that several commands share. */
#ifndef OC_CLI_TOPICS_H
#define OC_CLI_TOPICS_H
#include "core/command.h"

extern const cli_topic cli_topics[];
extern const int cli_topic_count;

#endif
