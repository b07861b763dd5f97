/* events_message.h: declares the messages of proto/event.proto, in builds with protobuf-c. */
#ifndef OC_FORMATS_EVENTS_MESSAGE_H
#define OC_FORMATS_EVENTS_MESSAGE_H
#include "formats/events.h"
#if OC_HAVE_PROTOBUF_C
#include <event.pb-c.h>

/* Adds an event as a record, with the time of now. */
oc_status oc_events_add(oc_tensorboard *t, OcPb__Event *event, oc_error *err);

#endif
#endif
