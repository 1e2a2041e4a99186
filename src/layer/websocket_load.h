/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * websocket_load: the functions of wslay (base/library.h). Private to layer/websocket*.
 */
#ifndef LAYER_WEBSOCKET_LOAD_H
#define LAYER_WEBSOCKET_LOAD_H

#include <wslay/wslay.h>

#include "base/err.h"

#define WEBSOCKET_FUNCTIONS(X)                    \
    X(wslay_event_config_set_max_recv_msg_length) \
    X(wslay_event_config_set_no_buffering)        \
    X(wslay_event_context_client_init)            \
    X(wslay_event_context_free)                   \
    X(wslay_event_context_server_init)            \
    X(wslay_event_get_close_received)             \
    X(wslay_event_get_close_sent)                 \
    X(wslay_event_get_queued_msg_count)           \
    X(wslay_event_get_read_enabled)               \
    X(wslay_event_get_status_code_sent)           \
    X(wslay_event_queue_close)                    \
    X(wslay_event_recv)                           \
    X(wslay_event_send)                           \
    X(wslay_event_set_error)                      \
    X(wslay_event_want_write)

/* A pointer to each function, named as it is. */
struct websocket_lib {
#define WEBSOCKET_POINTER(name) __typeof__(&name) name;
    WEBSOCKET_FUNCTIONS(WEBSOCKET_POINTER)
#undef WEBSOCKET_POINTER
};

/* Fills `lib`. Returns 0, or -1 with `e`. */
int websocket_load(struct websocket_lib *lib, struct err *e);

#endif
