/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * service: what our side does with each peer.
 *
 * Wirers (stdio, echo) only make links; handlers (prompt) deal in lines. A service is a file with a struct service,
 * and a row of app/services.c, which knows the options that it is given.
 */
#ifndef SVC_SERVICE_H
#define SVC_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "io/link.h"
#include "loop/loop.h"
#include "peer/peer.h"
#include "svc/greeting.h"

struct ends;
struct front;

/* Who runs the service: the session. */
struct svc_host {
    void *ctx;
    /* The peer is done with: all that is to be sent is sent and all that comes has come, or it failed (`e`, which may be
     * NULL). The host calls detach() and frees the peer. */
    void (*finished)(void *ctx, struct peer *p, const struct err *e);
    /* The program is to end with this (NULL: STATUS_OK): -q, standard output failed, the user quits. */
    void (*quit)(void *ctx, const struct err *e);
    /* Our input has ended: no more will be sent than is on its way; or (false) it goes on, for another peer. Optional. */
    void (*ended)(void *ctx, bool ended);
    /* The end that the peer is joined to is there. Optional. */
    void (*joined)(void *ctx, struct peer *p);
};

/* What can be asked of the network. Each is optional. */
struct svc_control {
    void *ctx;
    /* Sets a socket option of a live peer (NAME=VALUE), or reads it (NAME) into `value`. 0, or -1 with `e`. */
    int (*sockopt)(void *ctx, struct peer *p, const char *text, char *value, size_t size, struct err *e);
    /* Row `i` of the options there are: its name; NULL past the end. */
    const char *(*sockopt_row)(size_t i, const char **arg, const char **help);
    /* Connects to another place; `host` NULL: to the last one again. What is connected is closed, but not before the name
     * was looked up: svc->moving is set until front->settled(). 0, or -1 with `e`; how it ends is told by a line of the
     * log. */
    int (*connect)(void *ctx, const char *host, const char *port, struct err *e);
    /* Begins TLS with a live peer that nothing is being sent to; `name`: whom its certificate is to be for, NULL: the host
     * that we connected to. 0, or -1 with `e`; how it ends is told by a line of the log, or by the end of the peer. */
    int (*tls)(void *ctx, struct peer *p, const char *name, struct err *e);
    /* Changes who may come, or (`deny`) who may not, by `list` as access_edit() takes it. 0, or -1 with `e`. */
    int (*access)(void *ctx, bool deny, const char *list, struct err *e);
    /* Entry `i` of that list into `text`; false past the end. */
    bool (*access_row)(void *ctx, bool deny, size_t i, char *text, size_t size);
};

struct svc {
    const struct service *service;
    const void *conf; /* the service's own struct of options; NULL where it has none */
    struct loop *loop;
    struct peer_table *peers;
    struct ends *ends; /* what those of all peers share (end/end.h) */
    struct link_pool *pool;
    struct svc_host host;
    struct svc_control control;
    const struct greeting_conf *greeting; /* NULL: there is none */
    bool many;                            /* more than one peer may come */
    bool again;  /* another peer may follow the only one: its end ends nothing but itself */
    bool moving; /* a name is looked up for control.connect(): nothing should be sent now */
    bool ending; /* the program ends: that peers go needs no telling */
    bool killed; /* by a signal: what is lost by that needs none either */
    bool asked;  /* a person asked for the end, and waits for it */
    bool parts;  /* a person ends the connection, and stays: its end ends nothing else */
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
    /* Something is under way to a peer, or will be by itself. Optional: always. */
    bool (*sends)(const struct svc *, const struct peer *);
    const struct front *front; /* what it has of a terminal (svc/front.h); NULL: nothing */
};

/* Starts given->service: `given` has all but `state`, and is copied. NULL with `e` when it cannot be. */
struct svc *svc_start(const struct svc *given, struct err *e);
void svc_attach(struct svc *s, struct peer *p);
void svc_detach(struct svc *s, struct peer *p);
bool svc_holds_up(const struct svc *s, const struct peer *p);

/* Something is on its way to the peer, or may be. */
bool svc_sends(const struct svc *s, const struct peer *p);

/* Ends it. NULL is fine. */
void svc_stop(struct svc *s);

#endif
