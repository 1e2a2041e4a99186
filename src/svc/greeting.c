/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "svc/greeting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/container.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/message.h"
#include "io/fd.h"
#include "io/link.h"
#include "peer/observe.h"

struct greeting {
    const struct greeting_conf *conf;
    struct peer *peer;
    struct port *file;
    struct link *link;      /* NULL: it failed before */
    uint64_t size, counted; /* bytes: in the file when it was opened; sent and told */
    struct job fail;
    struct err why;
    void (*done)(void *ctx, struct peer *p, const struct err *e);
    void *ctx;
};

int greeting_open(const char *path, uint64_t *size, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        err_sys(e, STATUS_LOCAL, errno, "%s", path);
    } else if (!S_ISREG(st.st_mode)) {
        err_set(e, STATUS_LOCAL, "%s: only a regular file can be sent to each peer", path);
    } else {
        *size = (uint64_t)st.st_size;
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

/* With the last byte it is over, not when the end is read in another turn: who has been greeted may tell another peer so,
 * whose answer is for it as well. */
static void greeting_moved(struct link *k)
{
    struct greeting *g = k->ctx;

    peer_count(g->peer, k->bytes - g->counted, 0);
    g->counted = k->bytes;
    if (k->opts.keep_open && g->size > 0 && k->bytes >= g->size && link_held(k) == 0)
        g->done(g->ctx, g->peer, NULL);
}

static void greeting_sent(struct link *k)
{
    struct greeting *g = k->ctx;
    char name[ADDR_TEXT];
    const struct message m = {
        .peer = peer_name(g->peer, name), .remote = g->peer->remote, .why = port_why(g->peer->port)};

    if (k->state == LINK_DST_FAILED)
        message_err(&g->why, STATUS_NETWORK, g->peer->port->error, MESSAGE_SEND_FAILED, &m);
    else if (k->state == LINK_SRC_FAILED)
        port_error(g->file, &g->why, STATUS_LOCAL, "%s", g->conf->path);
    g->done(g->ctx, g->peer, k->state == LINK_DONE ? NULL : &g->why);
}

static void greeting_failed(struct job *j)
{
    struct greeting *g = container_of(j, struct greeting, fail);

    g->done(g->ctx, g->peer, &g->why);
}

void greeting_start(const struct greeting_conf *conf, struct peer *p, struct link_pool *pool,
                    void (*done)(void *ctx, struct peer *p, const struct err *e), void *ctx)
{
    const struct link_opts opts = {.size = conf->size, .keep_open = !conf->ends};
    struct loop *loop = p->port->loop;
    struct greeting *g = mem_alloc(sizeof *g);
    int fd = greeting_open(conf->path, &g->size, &g->why);

    g->conf = conf;
    g->peer = p;
    g->done = done;
    g->ctx = ctx;
    p->greeting = g;
    g->fail.run = greeting_failed;
    observe_open(p);
    if (fd < 0) {
        loop_soon(loop, &g->fail);
        return;
    }
    g->file = fd_file(loop, fd);
    g->link = link_new(g->file, p->port, pool, &opts);
    g->link->done = greeting_sent;
    g->link->moved = greeting_moved;
    g->link->ctx = g;
    observe_begin(p, g->link, true);
}

void greeting_free(struct peer *p, bool tell)
{
    struct greeting *g = p->greeting;
    char name[ADDR_TEXT];

    if (tell && g->link != NULL && g->link->state == LINK_RUNNING) {
        log_error("%s was not sent whole to %s", g->conf->path, peer_name(p, name));
        p->port->lost = true;
    }
    loop_job_del(&g->fail);
    observe_leave(g->link);
    link_free(g->link);
    port_free(g->file);
    free(g);
    p->greeting = NULL;
}
