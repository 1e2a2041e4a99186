/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * front: what a service has to do with when it has the terminal: signals, lines of the log, what was typed.
 *
 * Any service may have one (service->front). The functions below take a service without one, and NULL, as well.
 */
#ifndef SVC_FRONT_H
#define SVC_FRONT_H

#include <stdbool.h>
#include <stddef.h>

#include "svc/service.h"

/* Each is optional. */
struct front {
    bool person; /* somebody sits there: the end of the input is their word */
    /* A line of the log; returns false to leave it to standard error. */
    bool (*show)(struct svc *, const char *line);
    /* Bytes that wait for somebody to come. */
    size_t (*waiting)(const struct svc *);
    /* svc->moving has ended. */
    void (*settled)(struct svc *);
    /* SIGINT; returns false to let it end the program. */
    bool (*interrupt)(struct svc *);
    /* True while something that arrived is still to be shown: the end that a peer brings waits, with svc->ending set, for
     * host.quit(). */
    bool (*shows)(struct svc *);
    /* Around a stop by job control: put the terminal right before, and take it again after. */
    void (*suspend)(struct svc *);
    void (*resume)(struct svc *);
    /* True while another program has the terminal: the end of ours waits, with svc->ending set, for host.quit(); a stop
     * by job control is ignored. */
    bool (*lent)(struct svc *);
};

/* The hooks of `s`; where there is none: false, 0, and nothing done. */
bool front_is_person(const struct svc *s);
bool front_show(struct svc *s, const char *line);
size_t front_waiting(const struct svc *s);
void front_settled(struct svc *s);
bool front_interrupt(struct svc *s);
void front_suspend(struct svc *s);
void front_resume(struct svc *s);
bool front_lent(struct svc *s);
bool front_shows(struct svc *s);

#endif
