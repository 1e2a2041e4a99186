/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mode: the six modes, each a row that names a transport and a service; and the traits that decide which is meant
 * and what goes together.
 *
 * A trait is a fact about one run: it listens, it deals in messages, it uses UNIX sockets. Options and modes give
 * traits; options and modes need or exclude traits (app/options.h). That is all there is to know about combinations.
 */
#ifndef APP_MODE_H
#define APP_MODE_H

#include <stddef.h>

struct service;

enum trait {
    TRAIT_LISTEN = 1 << 0,
    TRAIT_DGRAM = 1 << 1,     /* datagrams instead of a stream */
    TRAIT_MESSAGES = 1 << 2,  /* writes keep their boundaries: datagrams, seqpacket */
    TRAIT_CONNECTED = 1 << 3, /* datagrams of one peer only */
    TRAIT_UNIX = 1 << 4,
    TRAIT_ECHO = 1 << 5,
    TRAIT_SELF = 1 << 6,
    TRAIT_PROBE = 1 << 7,
    TRAIT_KEEP_OPEN = 1 << 8,
    TRAIT_IPV4 = 1 << 9,
    TRAIT_SHUTDOWN = 1 << 10,
    TRAIT_NO_INPUT = 1 << 11,
    TRAIT_CUT = 1 << 12, /* says where what we send is cut */
    TRAIT_HISTORY = 1 << 13,
    TRAIT_SOURCE = 1 << 14, /* has a local address of its own */
    TRAIT_STAY = 1 << 15,   /* the peer's end does not end ours */
    TRAIT_RECORD = 1 << 16, /* writes a file along */
    TRAIT_JOIN = 1 << 17,   /* peers have ends of their own */
    TRAIT_PROGRAM = 1 << 18,
    TRAIT_SCRIPT = 1 << 19,
    TRAIT_PROMPT = 1 << 20, /* has one, wherever output goes */
    TRAIT_PASS = 1 << 21,   /* the connection is for another program */
    TRAIT_AGAIN = 1 << 22,  /* another connection follows one that has ended */
};

struct mode {
    const char *name, *help;
    const char *stream;      /* transport for streams; NULL: there is none */
    const char *datagram;    /* transport for datagrams; NULL: there is none */
    const char *unix_stream; /* transport for UNIX stream sockets; NULL: there is none */
    const struct service *service;
    const struct service *at_terminal; /* instead, where standard input is one; NULL: the same */
    unsigned when;                     /* the traits that choose this mode */
    unsigned gives;                    /* the traits that --mode NAME brings */
    unsigned excludes;
};

/* The row named `name`, or NULL; row `i`, or NULL past the end. */
const struct mode *mode_find(const char *name);
const struct mode *mode_row(size_t i);

/* The mode that `traits` ask for; never NULL. */
const struct mode *mode_choose(unsigned traits);

/* The transport of a mode under these traits, or NULL: it has none. */
const char *mode_transport(const struct mode *m, unsigned traits);

#endif
