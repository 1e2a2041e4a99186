/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mode: the eight modes, each a row that names a transport and a service; and the traits that decide which is meant
 * and what goes together.
 *
 * A trait is a fact about one run: it listens, it deals in messages, it uses UNIX sockets. Options and modes give
 * traits; options and modes need or exclude traits (app/options.h). That is all there is to know about combinations.
 */
#ifndef APP_MODE_H
#define APP_MODE_H

#include <stddef.h>
#include <stdint.h>

struct service;

/* Sets of these are of 64 bits. */
#define TRAIT_BIT(n) (UINT64_C(1) << (n))
#define TRAIT_LISTEN TRAIT_BIT(0)
#define TRAIT_DGRAM TRAIT_BIT(1)     /* datagrams instead of a stream */
#define TRAIT_MESSAGES TRAIT_BIT(2)  /* writes keep their boundaries: datagrams, seqpacket */
#define TRAIT_CONNECTED TRAIT_BIT(3) /* datagrams of one peer only */
#define TRAIT_UNIX TRAIT_BIT(4)
#define TRAIT_ECHO TRAIT_BIT(5)
#define TRAIT_SELF TRAIT_BIT(6)
#define TRAIT_PROBE TRAIT_BIT(7)
#define TRAIT_KEEP_OPEN TRAIT_BIT(8)
#define TRAIT_IPV4 TRAIT_BIT(9)
#define TRAIT_SHUTDOWN TRAIT_BIT(10)
#define TRAIT_NO_INPUT TRAIT_BIT(11)
#define TRAIT_CUT TRAIT_BIT(12) /* says where what we send is cut */
#define TRAIT_HISTORY TRAIT_BIT(13)
#define TRAIT_SOURCE TRAIT_BIT(14) /* has a local address of its own */
#define TRAIT_STAY TRAIT_BIT(15)   /* the peer's end does not end ours */
#define TRAIT_RECORD TRAIT_BIT(16) /* writes a file along */
#define TRAIT_JOIN TRAIT_BIT(17)   /* peers have ends of their own */
#define TRAIT_PROGRAM TRAIT_BIT(18)
#define TRAIT_SCRIPT TRAIT_BIT(19)
#define TRAIT_LUA TRAIT_BIT(61)
#define TRAIT_WAIT TRAIT_BIT(62)   /* says how long connecting may take */
#define TRAIT_PROMPT TRAIT_BIT(20) /* has one, wherever output goes */
#define TRAIT_PASS TRAIT_BIT(21)   /* the connection is for another program */
#define TRAIT_AGAIN TRAIT_BIT(22)  /* another connection follows one that has ended */
#define TRAIT_ACCESS TRAIT_BIT(23) /* says who may come */
#define TRAIT_GIVEN TRAIT_BIT(32)  /* sockets are there already */
#define TRAIT_BROKER TRAIT_BIT(24) /* what a peer sends goes to all others */
#define TRAIT_CHAT TRAIT_BIT(25)   /* the same by lines, behind names */
#define TRAIT_END TRAIT_BIT(26)    /* the peer is an end, and no connection */
#define TRAIT_VSOCK TRAIT_BIT(27)
#define TRAIT_DIRECT TRAIT_BIT(30)  /* programs have the peer's socket itself */
#define TRAIT_RETRY TRAIT_BIT(33)   /* tries again what failed */
#define TRAIT_IDLE TRAIT_BIT(50)    /* says how long one may be silent */
#define TRAIT_TELNET TRAIT_BIT(28)  /* speaks that protocol */
#define TRAIT_TLS TRAIT_BIT(34)     /* our connections have TLS */
#define TRAIT_TLS_SET TRAIT_BIT(31) /* says how TLS is to be */
#define TRAIT_INSECURE TRAIT_BIT(35)
#define TRAIT_STARTTLS TRAIT_BIT(60)      /* our connections, or those of ends, have TLS behind plain text */
#define TRAIT_WATCH TRAIT_BIT(40)         /* what passes between peers and their ends is shown */
#define TRAIT_VIA TRAIT_BIT(45)           /* through proxies */
#define TRAIT_PROXY_TYPE TRAIT_BIT(46)    /* says what a proxy speaks */
#define TRAIT_SERVE TRAIT_BIT(47)         /* is a proxy: peers ask for their ends */
#define TRAIT_WEBSOCKET TRAIT_BIT(55)     /* our connections speak that */
#define TRAIT_WEBSOCKET_SET TRAIT_BIT(56) /* says how it is to be */

struct mode {
    const char *name, *help;
    const char *stream;      /* transport for streams; NULL: there is none */
    const char *datagram;    /* transport for datagrams; NULL: there is none */
    const char *unix_stream; /* transport for UNIX stream sockets; NULL: there is none */
    const struct service *service;
    const struct service *at_terminal; /* instead, where standard input is one; NULL: the same */
    uint64_t when;                     /* the traits that choose this mode */
    uint64_t gives;                    /* the traits that --mode NAME brings */
    uint64_t excludes;
};

/* The row named `name`, or NULL; row `i`, or NULL past the end. */
const struct mode *mode_find(const char *name);
const struct mode *mode_row(size_t i);

/* The mode that `traits` ask for; never NULL. */
const struct mode *mode_choose(uint64_t traits);

/* The transport of a mode under these traits, or NULL: it has none. */
const char *mode_transport(const struct mode *m, uint64_t traits);

#endif
