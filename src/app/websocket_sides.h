/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * websocket_sides: the two that may speak WebSocket in a run: our own connections (ws://, --websocket), and the ends of peers
 * (--to ws://).
 */
#ifndef APP_WEBSOCKET_SIDES_H
#define APP_WEBSOCKET_SIDES_H

#include <stdbool.h>

#include "app/options.h"
#include "layer/websocket.h"

struct websocket_sides {
    const char *path, *protocol, *origin; /* as the options set them; NULL: not given */
    struct option_texts fields;
    bool binary;
    int64_t longest; /* bytes; 0: not given */

    struct websocket_conf own, end;        /* derived */
    struct websocket *made_own, *made_end; /* NULL: that side has none */
};

#endif
