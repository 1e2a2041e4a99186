/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stdio: standard input to the peers, what they send to standard output, as it is.
 */
#ifndef SVC_STDIO_H
#define SVC_STDIO_H

#include "svc/bridge.h"

struct stdio_conf {
    const struct bridge_conf *bridge;
    bool no_input; /* standard input is not read, and its absence ends nothing */
};

/* Its conf is a struct stdio_conf. */
extern const struct service service_stdio;

#endif
