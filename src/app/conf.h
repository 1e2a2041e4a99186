/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conf: the whole command line, as the small structs that the modules below export.
 */
#ifndef APP_CONF_H
#define APP_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/address.h"
#include "app/conf_access.h"
#include "app/conf_given.h"
#include "app/conf_proxies.h"
#include "app/conf_serve.h"
#include "app/conf_telnet.h"
#include "app/dialect.h"
#include "app/records.h"
#include "app/tls_sides.h"
#include "app/websocket_sides.h"
#include "base/err.h"
#include "console/console_conf.h"
#include "net/net.h"
#include "svc/bridge.h"
#include "svc/chat.h"
#include "svc/join.h"
#include "svc/stdio.h"

/* What the command line asks for besides running. */
enum conf_action { CONF_RUN, CONF_HELP, CONF_VERSION, CONF_LIST_SOCKOPTS, CONF_PROBE, CONF_EACH_PORT };

enum { CONF_LAYERS = 8 };

struct conf {
    enum conf_action action;
    struct net_conf net;
    struct bridge_conf bridge;
    struct stdio_conf stdio;
    struct console_conf console;
    struct join_conf join;
    struct ends_conf ends;
    struct address address;
    struct circle_conf broker;
    struct chat_conf chat;
    struct records_conf records;
    struct telnet_conf telnet;

    const struct dialect *dialect; /* never NULL */
    const char *mode;              /* a row of app/mode.h: --mode, and then the one meant in the end */
    const char *transport;         /* derived: a row of net/net.h */
    const struct service *service; /* derived */
    const char *ports; /* CONF_PROBE, CONF_EACH_PORT: the list as written; hostport_list() takes it */
    int ready_fd;      /* -1: none */
    int verbose;
    bool many;            /* derived: more than one peer may come at once */
    int64_t idle_timeout; /* ms without bytes after which a peer is closed; 0: never */
    int64_t
        retry; /* ms in which the first connection, and the end of a peer, is tried again; 0: not at all */
    int reconnect; /* attempts in a row to connect again; 0: not at all, INT_MAX: without limit */
    bool randomize, no_prompt, progress;
    bool prompt_always; /* even where standard output is a pipe */
    bool quiet_probe;   /* -z tells nothing but messages */
    bool idle_all;      /* it is idle_timeout of all peers together, and ends the program */
    bool idle_fails;    /* between datagrams it is a failure, too */
    bool one_port;      /* CONF_EACH_PORT: until one of them connects */
    bool tells_tests; /* "NCAT TEST: LISTEN" for each socket that listens, which Ncat's own tests wait for */

    struct given_conf given;
    struct greeting_conf greeting;
    struct access_conf access; /* net.access is made of it */
    struct proxies_conf proxies;
    const char *proxy_protocol; /* --proxy-protocol; NULL: not given */
    struct serve_conf serve;

    const char *topic;        /* CONF_HELP: what about; NULL: all */
    bool unknown;             /* reading failed for an option that there is not */
    const char *late_dialect; /* --dialect, where it was not first */

    /* As the options set them; conf_parse() makes the rest from these. */
    bool ipv4, ipv6, line, stay, leave, watch;
    struct option_texts keywords;   /* of nc with TLS: what stood behind -T */
    const char *to, *exec, *script; /* END, or the rest of one; NULL: not given */
    const char *lua;                /* of Ncat: a file with a program of Lua */
    int64_t timeout;                /* -w, ms; 0: none */
    int64_t interval;               /* ms between lines; 0: none */
    int64_t delay;                  /* ms before each block, in both directions; 0: none */
    int recv_limit;                 /* reads; 0: any number */
    int64_t wait;                   /* --wait, ms; 0: none */
    int64_t datagram_size;          /* 0: not given */

    struct net_layer layers[CONF_LAYERS]; /* derived: of net */
    struct tls_sides tls;
    struct websocket_sides websocket;
    struct net_layer end_layers[3]; /* derived: of ends */

    char **owned; /* allocated texts that the fields above point to */
    size_t nowned;
};

/* Fills `c` from the command line, whose strings it keeps. Returns 0, or -1 with `e` (STATUS_LOCAL). Hints that do not
 * stop the program are logged as notices. conf_clear() releases what was allocated, after either.
 * `c` points into itself: it is not to be copied. */
int conf_parse(struct conf *c, int argc, char **argv, struct err *e);
void conf_clear(struct conf *c);

/* Puts a layer on each connection that is made or accepted, above those that were put there before; see struct net_layer. */
void conf_add_layer(struct conf *c,
                    struct layer *(*make)(const void *conf, bool client, const char *host, uint16_t port,
                                          struct err *e),
                    const void *conf);

/* Checks the file of --each, and whether peers can be sent it. Returns 0, or -1 with `e`. */
int conf_derive_greeting(struct conf *c, uint64_t traits, struct err *e);

/* Of a listener of datagrams with ends: app/conf_senders.c. A part of conf_parse(). */
int conf_derive_senders(struct conf *c, uint64_t traits, struct err *e);
/* Through what connections go, and what is said there first: app/conf_way.c. */
int conf_derive_way(struct conf *c, uint64_t traits, struct err *e);
/* What follows from --broker and --chat, after all else is derived (conf_among.c). Returns 0, or -1 with `e`. */
int conf_derive_among(struct conf *c, uint64_t traits, struct err *e);

/* What is put on connections (conf_layers.c). Returns 0, or -1 with `e`. */
int conf_derive_layers(struct conf *c, uint64_t traits, struct err *e);

/* Of WebSocket (conf_websocket.c): before the bridge is derived, that lines are messages where nothing else is said; then what
 * is to be put on connections, 0 or -1 with `e`; and the end of it. */
void conf_cut_websocket(struct conf *c, uint64_t traits);
int conf_derive_websocket(struct conf *c, uint64_t traits, struct err *e);
void conf_clear_websocket(struct conf *c);

/* Takes a string from malloc(3), NULL too, and returns it. conf_clear() frees it. */
char *conf_own(struct conf *c, char *text);

/* Appends a copy of a text for net/sockopt.h to a struct conf: for struct option_fields. */
void conf_add_sockopt(void *conf, const char *text);

#endif
