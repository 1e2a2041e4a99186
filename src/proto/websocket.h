/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * websocket: what both sides say before the first frame (RFC 6455, 4): a request of HTTP/1.1 for another protocol, and its
 * answer.
 */
#ifndef PROTO_WEBSOCKET_H
#define PROTO_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WEBSOCKET_HEAD = 16 * 1024, /* bytes that a head may have */
    WEBSOCKET_NONCE = 16,       /* random bytes of a client */
    WEBSOCKET_KEY = 25,         /* the same as text, with a NUL */
    WEBSOCKET_PROTOCOL = 64,
    WEBSOCKET_WHY = 160,
    WEBSOCKET_UPGRADED = 101,
};

/* What one side wants. */
struct websocket_terms {
    const char *path;     /* of a client's request, NULL: /; the only one that a server has, NULL: any */
    const char *protocol; /* subprotocols to choose from, parted by commas, the best first; NULL: none */
    const char *origin;   /* of a client; the only one that a server takes, NULL: any */
    const char **fields;  /* more lines of the head, "NAME: VALUE" */
    size_t nfields;
};

/* How it ended. */
struct websocket_deal {
    int status;                        /* of the answer; 101: both agree. 0: it is no answer of HTTP */
    char protocol[WEBSOCKET_PROTOCOL]; /* chosen; "": none */
    char why[WEBSOCKET_WHY];           /* why they do not, in safe text */
};

/* The key that stands for random bytes. */
void websocket_key(const unsigned char nonce[WEBSOCKET_NONCE], char key[WEBSOCKET_KEY]);

/* A client's request to `host` (NULL: nobody with a name); `port` 0: that of the scheme. To be freed. */
char *websocket_request(const struct websocket_terms *terms, const char *host, uint16_t port,
                        const char *key);

/* Holds the head of an answer (proto/http.h) against what was asked for. Returns true when they agree. */
bool websocket_agrees(const struct websocket_terms *terms, const char *key, const void *head, size_t n,
                      struct websocket_deal *deal);

/* The answer to the head of a request, whatever it is (`n` 0: one that is too long); a refusal is all that is to be said. To be
 * freed. */
char *websocket_answer(const struct websocket_terms *terms, const void *head, size_t n,
                       struct websocket_deal *deal);

/* NULL when this can be asked for: a path with its query. Else what is wrong with it. */
const char *websocket_bad_path(const char *path);

/* The same for "NAME: VALUE". */
const char *websocket_bad_field(const char *field);

/* And for subprotocols, parted by commas. */
const char *websocket_bad_protocol(const char *list);

/* Words for the code of a close, as "1011, internal error". Returns `text`. */
const char *websocket_code(unsigned code, char *text, size_t size);

#endif
