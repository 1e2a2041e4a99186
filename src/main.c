/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pollcat: a netcat with a real prompt.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/conf.h"
#include "app/ports.h"
#include "app/scan.h"
#include "app/session.h"
#include "app/usage.h"
#include "base/log.h"
#include "io/std.h"

static int run(struct conf *c, int argc, char **argv, int *signo)
{
    struct err e;

    if (conf_parse(c, argc, argv, &e) < 0)
        return argc < 2 && c->dialect->usage == NULL ? usage_first() : usage_refuse(c, &e);
    log_set_level(c->verbose);
    if (c->action >= CONF_PROBE || c->action == CONF_RUN)
        message(MESSAGE_STARTED, &(struct message){0});
    switch (c->action) {
    case CONF_HELP:
    case CONF_VERSION:
    case CONF_LIST_SOCKOPTS:
        return usage_show(c);
    case CONF_PROBE:
        return scan_run(c);
    case CONF_EACH_PORT:
        return ports_run(c, signo);
    case CONF_RUN:
        break;
    }
    return session_run(c, signo);
}

int main(int argc, char **argv)
{
    struct conf c;
    int signo = 0, status;

    if (std_sanitize() < 0)
        return STATUS_LOCAL;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is told as a full disk is */
    status = run(&c, argc, argv, &signo);
    status = dialect_status(c.dialect, status);
    conf_clear(&c);
    if (signo != 0) {
        signal(signo, SIG_DFL);
        raise(signo);
    }
    return status;
}
