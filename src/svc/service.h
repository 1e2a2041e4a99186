/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * service: what our side does with each peer: the registry of services.
 *
 * Wirers (stdio, echo) only make links; handlers (prompt) deal in lines. A service is a file and a row.
 */
#ifndef SVC_SERVICE_H
#define SVC_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "io/link.h"
#include "loop/loop.h"
#include "peer/peer.h"

/* What to do with a peer that takes less than is sent to all. */
enum slow_peer {
    SLOW_AUTO,  /* the service's own choice */
    SLOW_WAIT,  /* the others wait for it */
    SLOW_DROP,  /* it misses what comes until it has room */
    SLOW_CLOSE, /* it is closed */
};

/* What the command line says of services. */
struct svc_conf {
    bool no_stdin;      /* -d: standard input is not read, and its absence ends nothing */
    bool send_only;     /* what peers send is dropped */
    bool many;          /* more than one peer may come (-l -k) */
    bool no_shutdown;   /* the end of standard input does not end our direction */
    bool reconnect;     /* another peer may follow the only one: its end ends nothing but itself */
    int slow;           /* enum slow_peer */
    int64_t quit_after; /* ms from the end of standard input to the end; -1: never */
    int64_t
        datagram_wait; /* ms without traffic after which a datagram client whose input ended is done; -1: never */
    int64_t idle_timeout; /* ms without bytes after which a peer is closed; 0: never */
    struct link_opts out; /* of the links to peers */

    const char *prompt;  /* --prompt; NULL: none but the peer's unfinished line */
    const char *history; /* --history; NULL: the default place */
    bool no_history;
    bool raw;                          /* show what arrives as it is */
    int view, input, eol, time, color; /* places among the words of the options, from 1; 0: not given */
    const char *marks;                 /* --marks, for view_marks_parse(); NULL: none */
    const char *escape;                /* --escape-char: one character, or "none"; NULL: ~ */
    bool allow_colors;                 /* the peers' own pass */
};

/* How a service tells the session. */
struct svc_events {
    void *ctx;
    /* The peer is done with: all that is to be sent is sent and all that comes has come, or it failed (`e`, which may be
     * NULL). The session calls detach() and frees the peer. */
    void (*finished)(void *ctx, struct peer *p, const struct err *e);
    /* The program is to end with this (NULL: STATUS_OK): -q, standard output failed, the user quits. */
    void (*quit)(void *ctx, const struct err *e);

    /* Our input has ended: no more will be sent than is on its way; or (false) it goes on, for another peer. Optional. */
    void (*ended)(void *ctx, bool ended);

    /* What the commands of the prompt need of the network. Each is optional. */
    /* Sets a socket option of a live peer (NAME=VALUE), or reads it (NAME) into `value`. 0, or -1 with `e`. */
    int (*sockopt)(void *ctx, struct peer *p, const char *text, char *value, size_t size, struct err *e);
    /* Row `i` of the options there are: its name; NULL past the end. */
    const char *(*sockopt_row)(size_t i, const char **arg, const char **help);
    /* Connects to another place; `host` NULL: to the last one again. What is connected is closed, but not before the name
     * was looked up: svc->moving is set until service->settled(). 0, or -1 with `e`; how it ends is told by a line of the
     * log. */
    int (*connect)(void *ctx, const char *host, const char *port, struct err *e);
};

struct svc {
    const struct service *service;
    struct loop *loop;
    const struct svc_conf *conf;
    struct peer_table *peers;
    struct link_pool *pool;
    struct svc_events events;
    bool moving; /* a name is looked up for events.connect(): nothing should be sent now */
    bool ending; /* the program ends: that peers go needs no telling */
    bool killed; /* by a signal: what is lost by that needs none either */
    void *state; /* the service's own */
};

struct service {
    const char *name, *help;
    int (*start)(struct svc *, struct err *);
    void (*attach)(struct svc *, struct peer *); /* a peer came */
    void (*detach)(struct svc *, struct peer *); /* it is about to be freed: free its links */
    void (*stop)(struct svc *);                  /* all peers are detached */
    /* True while it is not the peer who keeps silent but we who do not listen, or do not speak. Optional. */
    bool (*holds_up)(const struct peer *);
    /* A line of the log, when the service has the terminal; returns false to leave it to standard error. Optional. */
    bool (*show)(struct svc *, const char *line);
    /* Bytes that wait for somebody to come. Optional: none. */
    size_t (*waiting)(const struct svc *);
    /* Something is under way to a peer, or will be by itself. Optional: always. */
    bool (*sends)(const struct svc *, const struct peer *);
    /* svc->moving has ended. Optional. */
    void (*settled)(struct svc *);
    /* SIGINT while the service runs; returns false to let it end the program. Optional. */
    bool (*interrupt)(struct svc *);
    /* Around a stop by job control: put the terminal right before, and take it again after. Optional. */
    void (*suspend)(struct svc *);
    void (*resume)(struct svc *);
    /* True while another program has the terminal: the end of ours waits, with svc->ending set, for events.quit(); a stop
     * by job control is ignored. Optional. */
    bool (*lent)(struct svc *);
};

/* The row named `name`, or NULL: stdio, prompt, echo. */
const struct service *service_find(const char *name);

/* Starts a service. NULL with `e` when it cannot be. */
struct svc *svc_start(const char *service, struct loop *loop, const struct svc_conf *conf,
                      struct peer_table *peers, struct link_pool *pool, const struct svc_events *events,
                      struct err *e);
void svc_attach(struct svc *s, struct peer *p);
void svc_detach(struct svc *s, struct peer *p);
bool svc_holds_up(const struct svc *s, const struct peer *p);
void svc_stop(struct svc *s);

#endif
