/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * telnet: the TELNET protocol as a pure decoder and encoder: commands (RFC 854, 855), the options ECHO (857), SUPPRESS-GO-AHEAD
 * (858), NAWS (1073) and TERMINAL-TYPE (1091), negotiated so that no two ever answer each other for ever (1143).
 *
 * What comes is decoded in pieces of any size. What is to be answered waits in a small buffer: while that has no room, nothing
 * is decoded, so that who asks and never reads gets no more than it has room for.
 */
#ifndef PROTO_TELNET_H
#define PROTO_TELNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TELNET_TYPE = 40,                                /* bytes of a terminal's name */
    TELNET_ANSWER = 16,                              /* bytes that must be free for a command to be decoded */
    TELNET_ANSWERS = 64,                             /* bytes of answers that wait */
    TELNET_TAKE = TELNET_ANSWERS + TELNET_TYPE + 32, /* bytes that telnet_take() may give */
};

/* What we are. */
enum telnet_role {
    TELNET_CLIENT, /* with a person */
    TELNET_SERVER, /* of lines */
    TELNET_HOST,   /* of a terminal: we echo, and get every key at once */
    TELNET_NOBODY, /* nothing is granted, and the data is not changed */
};

/* Whose option it is. */
enum telnet_side { TELNET_US, TELNET_THEM };

enum telnet_option { TELNET_ECHO, TELNET_SGA, TELNET_TTYPE, TELNET_NAWS, TELNET_OPTIONS };

/* What changed: a set. */
enum telnet_event {
    TELNET_LINE = 1, /* telnet_echoes() or telnet_keys() */
    TELNET_SIZE = 2, /* columns and rows of theirs */
    TELNET_KIND = 4, /* their type */
};

struct telnet {
    enum telnet_role role;
    bool keeps;                 /* the protocol's own bytes are left in what is decoded */
    uint16_t columns, rows;     /* of ours (client) or theirs; 0: not known */
    char type[TELNET_TYPE + 1]; /* the same; lower case, of letters, digits, - + . and _; "": not known */
    unsigned events;            /* TELNET_*; decoding stops at each: who reads them clears them */

    /* The rest is its own. */
    uint8_t grants[2];                 /* options that are let be, by side: bits */
    uint8_t states[2][TELNET_OPTIONS]; /* enum telnet_state */
    uint8_t parser, verb;
    bool asks_type, tells_type, tells_size; /* to be said */
    bool cr_out;                            /* a CR was the last byte: what it means depends on the next */
    uint8_t cr_in, heard;                   /* events that there were */
    uint8_t nsub, nanswers;
    unsigned char sub[TELNET_TYPE + 8]; /* a subnegotiation; what is longer is dropped */
    unsigned char answers[TELNET_ANSWERS];
};

/* `t` zeroed but for role, keeps, and what a client tells of its terminal (what is not known is not told). A server asks for all
 * it wants to know, and a host offers what it does. */
void telnet_init(struct telnet *t);

/* Decodes up to `n` bytes of `in` to up to `size` bytes at `out`, of which there is at least 1; `*put` becomes how many.
 * Returns how many bytes of `in` are done with; it stops early when `out` is full, at an event, and when answers have no
 * room. */
size_t telnet_decode(struct telnet *t, const unsigned char *in, size_t n, unsigned char *out, size_t size,
                     size_t *put);

/* True while answers have no room: nothing is decoded. */
bool telnet_is_full(const struct telnet *t);

/* The end of what comes: the last byte may have waited for the next. Returns the bytes put to `out`, at most 1. */
size_t telnet_decode_end(struct telnet *t, unsigned char *out);

/* Encodes up to `n` bytes of `data` to up to `size` bytes, of which there are at least 3, at `out`; `*put` becomes how many.
 * Returns how many bytes of `data` are done with. */
size_t telnet_encode(struct telnet *t, const unsigned char *data, size_t n, unsigned char *out, size_t size,
                     size_t *put);

/* The end of what is sent: the last byte may have waited for the next. Returns the bytes put to `out`, at most 1. */
size_t telnet_encode_end(struct telnet *t, unsigned char *out);

/* Has a BREAK said. Returns false while there is no room for it. */
bool telnet_break(struct telnet *t);

/* True when telnet_take() has something. */
bool telnet_speaks(const struct telnet *t);

/* Takes what is to be said, at most TELNET_TAKE bytes, to be sent before what is encoded from now on. Returns how many. */
size_t telnet_take(struct telnet *t, unsigned char *out);

/* Has the other side asked, or told, that the option is to be on from now on, or off. */
void telnet_ask(struct telnet *t, enum telnet_side side, enum telnet_option option, bool on);

/* The size of our terminal changed. */
void telnet_resize(struct telnet *t, uint16_t columns, uint16_t rows);

bool telnet_has(const struct telnet *t, enum telnet_side side, enum telnet_option option);

/* The server shows what is typed by itself; it wants every key at once. */
bool telnet_echoes(const struct telnet *t);
bool telnet_keys(const struct telnet *t);

/* An answer to what a server asks is still awaited. */
bool telnet_asks(const struct telnet *t);

#endif
