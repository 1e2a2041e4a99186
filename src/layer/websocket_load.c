/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifdef USE_WSLAY

#include "layer/websocket_load.h"

#include <stddef.h>

#include "base/library.h"

/* Its two ways of being built give it two names. */
#define WSLAY_LIBRARY "libwslay.so.1"
#define WSLAY_LIBRARY_OLD "libwslay.so.0"

#define NOTE                                                                                 \
    "[{\"feature\":\"websocket\",\"description\":\"WebSocket (ws:, wss: and --websocket)\"," \
    "\"priority\":\"suggested\",\"soname\":[\"" WSLAY_LIBRARY "\",\"" WSLAY_LIBRARY_OLD "\"]}]"

LIBRARY_NOTE(NOTE);

#define ROW(name) {#name, offsetof(struct websocket_lib, name)},
static const struct library_symbol functions[] = {WEBSOCKET_FUNCTIONS(ROW)};

int websocket_load(struct websocket_lib *lib, struct err *e)
{
    static const struct library wslay = {.soname = {WSLAY_LIBRARY, WSLAY_LIBRARY_OLD},
                                         .feature = "WebSocket",
                                         .product = "wslay",
                                         .symbols = functions,
                                         .n = sizeof functions / sizeof *functions};

    return library_load(lib, &wslay, e);
}

#endif
