/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * circle: the host of a relay (svc/relay.h) without a prompt: what we say comes from standard input, what is said goes to
 * standard output. What services that relay have in common.
 */
#ifndef SVC_CIRCLE_H
#define SVC_CIRCLE_H

#include "svc/relay.h"
#include "svc/service.h"

struct circle_conf {
    const struct bridge_conf *bridge; /* with send_only what peers send is dropped */
    bool no_input;                    /* standard input is not read */
    bool silent;                      /* nothing is written to standard output */
};

/* The hooks of struct service. `conf` outlives it; `own` is for kind->open(). */
void circle_start(struct svc *s, const struct relay_kind *kind, const struct circle_conf *conf,
                  const void *own);
void circle_attach(struct svc *s, struct peer *p);
void circle_detach(struct svc *s, struct peer *p);
bool circle_sends(const struct svc *s, const struct peer *p);
void circle_stop(struct svc *s);

#endif
