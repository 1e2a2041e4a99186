/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * websocket_frame: what is sent (RFC 6455, 5). What comes is wslay's, as are frames that control.
 */
#ifndef PROTO_WEBSOCKET_FRAME_H
#define PROTO_WEBSOCKET_FRAME_H

#include <stdbool.h>
#include <stddef.h>

enum {
    WEBSOCKET_FRAME_HEAD = 14, /* bytes that stand before the data at most */
    WEBSOCKET_MASK = 4,
};

enum websocket_opcode {
    WEBSOCKET_MORE, /* of the message before */
    WEBSOCKET_IS_TEXT,
    WEBSOCKET_IS_BINARY,
};

/* Writes a frame of `n` bytes at `to`, which has WEBSOCKET_FRAME_HEAD bytes more than that; `last`: of its message; `mask`: of a
 * client, NULL: of a server. Returns its length. */
size_t websocket_frame(unsigned char *to, enum websocket_opcode opcode, bool last, const unsigned char *mask,
                       const void *data, size_t n);

#endif
