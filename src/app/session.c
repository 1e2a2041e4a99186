/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/control.h"
#include "app/progress.h"
#include "app/reconnect.h"
#include "app/records.h"
#include "app/services.h"
#include "app/tls_late.h"
#include "base/log.h"
#include "base/message.h"
#include "end/as_peer.h"
#include "end/program.h"
#include "loop/spawn.h"
#include "net/sockopt.h"
#include "peer/idle.h"
#include "peer/info.h"
#include "peer/leave.h"
#include "svc/front.h"
#include "term/tty.h"

struct session {
    const struct conf *conf;
    struct loop *loop;
    struct link_pool pool;
    struct peer_table peers;
    struct peer_table far; /* those of the ends that are connections */
    struct ends ends;
    struct as_peer as_peer;
    const struct transport *transport;
    struct net *listener;  /* NULL: we connect */
    struct reconnect line; /* to the network, of who connects */
    struct svc *svc;
    struct progress progress;
    struct records records;
    struct tls_late tls;
    int status;
    int signo;
    int64_t start; /* loop time */
    bool input_ended;
    bool failed; /* the program ends at once: there is nothing to wait for */
};

static void session_fail(struct session *s, const struct err *e)
{
    s->failed = true;
    if (e->text[0] != '\0')
        log_error("%s", e->text);
    if (s->status == STATUS_OK)
        s->status = (int)e->status;
}

/* A shell that the user started and works with is not taken away: its end will call session_quit(). */
static void session_end(struct session *s)
{
    if (front_lent(s->svc))
        s->svc->ending = true;
    else
        loop_stop(s->loop);
}

/* What the peer's port did not deliver, or the kernel dropped before it was read. */
static void session_account(struct session *s, const struct peer *p)
{
    uint64_t dropped = port_dropped(p->port);

    if (dropped > 0)
        log_notice("%llu datagrams were dropped: the receive buffer was full (try --recv-buffer)",
                   (unsigned long long)dropped);
    if ((p->port->lost || p->port->cut || dropped > 0) && s->status == STATUS_OK)
        s->status = STATUS_NETWORK;
}

/* What is missing in a file is missing in nothing else: the program goes on. */
static void session_record_failed(void *ctx, const struct err *e)
{
    struct session *s = ctx;

    log_error("%s", e->text);
    if (s->status == STATUS_OK)
        s->status = (int)e->status;
}

static void tell_closed(const struct peer *p)
{
    struct message m = {.local = p->local, .sent = p->sent, .received = p->received};
    char name[ADDR_TEXT];

    if (p->port->given || !message_shows(MESSAGE_CLOSED))
        return;
    m.peer = peer_name(p, name);
    message(MESSAGE_CLOSED, &m);
}

/* As many may be leaving as may be there: who makes us close and takes nothing is none of either, in the end. */
static void session_leave_well(struct session *s, struct peer *p)
{
    unsigned most = s->conf->net.max_conns;

    leave_close(p, s->conf->idle_timeout > 0 ? s->conf->idle_timeout : LEAVE_LIMIT);
    if (most > 0 && s->peers.nleaving > most)
        leave_make_room(&s->peers);
}

/* `well`: what was sent is to arrive. */
static void session_release(struct session *s, struct peer *p, bool well)
{
    tell_closed(p);
    svc_detach(s->svc, p);
    session_account(s, p);
    if (well)
        session_leave_well(s, p);
    else
        peer_free(p);
}

/* Of one of many. What failed here (a full disk) may fail the next as well. */
static void tell_failure(const struct err *e)
{
    if (e->status == STATUS_LOCAL)
        log_error("%s", e->text);
    else
        log_info("%s", e->text);
}

/* A peer's failure is that peer's alone when there may be others. */
static void session_finished(void *ctx, struct peer *p, const struct err *e)
{
    struct session *s = ctx;
    struct err why;

    if (e != NULL)
        why = *e; /* the service's, and gone with the peer */
    if (s->conf->many || s->conf->net.in_turn) {
        if (e != NULL)
            tell_failure(&why);
        session_release(s, p, e == NULL);
        return;
    }
    if (!s->input_ended && s->conf->reconnect > 0) {
        session_release(s, p, e == NULL);
        (void)reconnect_later(&s->line, e != NULL ? &why : NULL);
        return;
    }
    if (reconnect_moves(&s->line) || s->svc->parts) {
        if (e != NULL)
            log_error("%s", why.text);
        session_release(s, p, e == NULL);
        reconnect_close(&s->line);
        return;
    }
    if (e != NULL)
        session_fail(s, &why);
    session_release(s, p, e == NULL);
    if (front_shows(s->svc))
        s->svc->ending = true;
    else
        session_end(s);
}

static void session_quit(void *ctx, const struct err *e)
{
    struct session *s = ctx;

    if (e != NULL)
        session_fail(s, e);
    session_end(s);
}

/* How long ago bytes moved last, of any peer; -1: nobody has spoken yet. */
static int64_t quiet_of_all(const struct session *s)
{
    int64_t last = -1;

    for (const struct peer *p = peer_first(&s->peers); p != NULL; p = peer_next(p)) {
        if (p->active > last && (!p->datagram || p->client || p->received > 0))
            last = p->active;
    }
    return last < 0 ? -1 : loop_now(s->loop) - last;
}

/* Where the silence of all counts, others may have spoken. */
static bool somebody_spoke(struct session *s, struct peer *p)
{
    const int64_t quiet = s->conf->idle_all ? quiet_of_all(s) : p->idle_limit;

    if (quiet >= p->idle_limit)
        return false;
    loop_timer_set(s->loop, &p->idle, p->idle_limit - (quiet > 0 ? quiet : 0));
    return true;
}

static void session_idle(struct peer *p)
{
    struct session *s = p->owner;
    struct err e;
    char name[ADDR_TEXT];
    struct message m = {.peer = peer_name(p, name), .ms = p->idle_limit};

    if (svc_holds_up(s->svc, p)) {
        peer_idle(p, p->idle_limit, session_idle);
        return;
    }
    if (s->failed || somebody_spoke(s, p))
        return;
    message_err(&e, STATUS_NETWORK, 0, MESSAGE_IDLE, &m);
    if (s->conf->idle_all)
        session_quit(s, &e);
    else
        session_finished(s, p, p->datagram && !s->conf->idle_fails ? NULL : &e);
}

static bool is_client(const struct session *s)
{
    return (s->transport->caps & NET_CLIENT) != 0;
}

/* With nobody to send anything to, nothing is waited for but what was typed to be delivered. A listener goes on, unless it
 * was a person who ended the input. */
static void session_input_ended(void *ctx, bool ended)
{
    struct session *s = ctx;

    s->input_ended = ended;
    if (!ended || (!is_client(s) && !front_is_person(s->svc)) || peer_first(&s->peers) != NULL ||
        reconnect_is_open(&s->line))
        return;
    if (front_waiting(s->svc) > 0 && reconnect_waits(&s->line))
        log_notice("%zu bytes wait for the connection; ^C gives up", front_waiting(s->svc));
    else
        session_end(s);
}

/* `~connect`: the prompt and its history stay. */
static int session_connect(void *ctx, const char *host, const char *port, struct err *e)
{
    struct session *s = ctx;
    int result;

    result = reconnect_to(&s->line, host, port, e);
    s->svc->moving = reconnect_moves(&s->line);
    return result;
}

static int session_tls(void *ctx, struct peer *p, const char *name, struct err *e)
{
    struct session *s = ctx;
    const struct net_conf *to = is_client(s) && s->line.here != NULL ? dial_conf(s->line.here) : NULL;
    const char *host = to != NULL && to->family != AF_UNIX ? to->host : NULL;

    return tls_late_begin(&s->tls, &s->conf->tls.given, p, host, name, s->conf->net.connect_timeout, e);
}

static void session_leave(void *ctx)
{
    struct session *s = ctx;

    if (peer_first(&s->peers) != NULL)
        session_release(s, peer_first(&s->peers), true);
}

static void session_settled(void *ctx)
{
    struct session *s = ctx;

    s->svc->moving = false;
    front_settled(s->svc);
}

static int session_access(void *ctx, bool deny, const char *list, struct err *e)
{
    struct session *s = ctx;

    return access_edit(s->conf->net.access, deny ? ACCESS_DENY : ACCESS_ALLOW, list, s->loop, e);
}

static bool session_access_row(void *ctx, bool deny, size_t i, char *text, size_t size)
{
    const struct session *s = ctx;

    return access_row(s->conf->net.access, deny ? ACCESS_DENY : ACCESS_ALLOW, i, text, size);
}

/* With one peer alone what its program says is what we say. */
static void session_status(void *ctx, int status)
{
    struct session *s = ctx;

    if (!s->conf->many && !s->conf->net.in_turn && !s->conf->dialect->few && s->status == STATUS_OK)
        s->status = status;
}

static int start_service(struct session *s)
{
    const struct svc svc = {.service = s->conf->service,
                            .conf = services_conf(s->conf),
                            .loop = s->loop,
                            .peers = &s->peers,
                            .ends = &s->ends,
                            .pool = &s->pool,
                            .host = {s, session_finished, session_quit, session_input_ended},
                            .control = {.ctx = s,
                                        .sockopt = control_sockopt,
                                        .sockopt_row = sockopt_row,
                                        .connect = is_client(s) ? session_connect : NULL,
                                        .tls = session_tls,
                                        .access = s->conf->net.access != NULL ? session_access : NULL,
                                        .access_row = session_access_row},
                            .greeting = s->conf->greeting.path != NULL ? &s->conf->greeting : NULL,
                            .many = s->conf->many,
                            .again = s->conf->reconnect > 0 || s->conf->net.in_turn};
    struct err e;

    s->svc = svc_start(&svc, &e);
    if (s->svc == NULL)
        session_fail(s, &e);
    return s->svc == NULL ? -1 : 0;
}

/* The descriptor is somebody else's, so it may block. */
static int write_whole(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t put = write(fd, text, n);

        if (put < 0 && errno != EINTR)
            return -1;
        if (put > 0) {
            text += put;
            n -= (size_t)put;
        }
    }
    return 0;
}

/* Nothing comes to a group that nobody here has joined. */
static void hint_join(const struct conf *conf, const struct addr *local)
{
    char host[ADDR_TEXT];

    if (!conf->net.datagram || conf->net.join != NULL || conf->dialect != dialect_row(0) ||
        !addr_is_multicast(local))
        return;
    addr_host(local, host);
    log_notice("%s is a multicast group, and not joined: --join %s", host, host);
}

static void session_bound(void *ctx, const struct addr *local)
{
    struct session *s = ctx;
    char line[ADDR_TEXT + 16], host[ADDR_TEXT];
    int n = snprintf(line, sizeof line, "%s %u\n", addr_host(local, host), (unsigned)addr_port(local));

    hint_join(s->conf, local);
    if (s->conf->tells_tests)
        log_text(LOG_ERROR, true, "NCAT TEST: LISTEN");
    if (s->conf->ready_fd >= 0 && write_whole(s->conf->ready_fd, line, (size_t)n) < 0) {
        struct err e;

        err_sys(&e, STATUS_LOCAL, errno, "--ready-fd %d", s->conf->ready_fd);
        session_quit(s, &e);
    }
}

static void session_up(void *ctx, struct peer *p)
{
    struct session *s = ctx;

    p->owner = s;
    if (s->svc == NULL && start_service(s) < 0) {
        peer_free(p);
        session_end(s);
        return;
    }
    reconnect_up(&s->line, p);
    if (s->conf->idle_timeout > 0)
        peer_idle(p, s->conf->idle_timeout, session_idle);
    svc_attach(s->svc, p);
}

static void session_net_failed(void *ctx, const struct err *e)
{
    struct session *s = ctx;
    struct err why = *e;

    if ((!s->input_ended || front_waiting(s->svc) > 0) && reconnect_later(&s->line, &why))
        return;
    if (!s->input_ended && (s->line.asked || reconnect_moves(&s->line))) {
        log_error("%s", why.text);
        reconnect_close(&s->line);
        return;
    }
    session_fail(s, &why);
    session_end(s);
}

/* The peer ended its side, and nothing is on the way to it: neither here, nor in the kernel. */
static bool is_done_with(const struct session *s, const struct peer *p)
{
    struct info i;

    if (!p->ended || svc_sends(s->svc, p))
        return false;
    info_get(p, &i);
    return i.queues && i.outq == 0;
}

static bool session_make_room(void *ctx)
{
    struct session *s = ctx;

    for (struct peer *p = peer_first(&s->peers); p != NULL; p = peer_next(p)) {
        if (is_done_with(s, p)) {
            session_finished(s, p, NULL);
            return true;
        }
    }
    return false;
}

static void on_interrupt(void *ctx, int signo)
{
    struct session *s = ctx;

    if (signo == SIGINT && front_interrupt(s->svc))
        return;
    s->signo = signo;
    loop_stop(s->loop);
}

static void on_counts(void *ctx, int signo)
{
    struct session *s = ctx;
    uint64_t sent, received;

    (void)signo;
    peer_table_bytes(&s->peers, &sent, &received);
    log_notice("sent %llu bytes, received %llu bytes", (unsigned long long)sent,
               (unsigned long long)received);
}

/* Who may come is read again; who is here stays. */
static void on_reload(void *ctx, int signo)
{
    struct session *s = ctx;

    (void)signo;
    if (s->conf->net.access != NULL)
        access_reload(s->conf->net.access, s->loop);
}

static void on_stop(void *ctx, int signo)
{
    struct session *s = ctx;
    struct err e;

    if (front_lent(s->svc))
        return; /* it is not ours to give up */
    front_suspend(s->svc);
    signal(signo, SIG_DFL);
    raise(signo);
    if (loop_signal(s->loop, signo, on_stop, s, &e) < 0)
        session_fail(s, &e);
    front_resume(s->svc);
}

static int catch_signals(struct session *s, struct err *e)
{
    static const struct {
        int signo;
        void (*run)(void *ctx, int signo);
    } rows[] = {
        {SIGINT, on_interrupt}, {SIGTERM, on_interrupt}, {SIGHUP, on_interrupt}, {SIGQUIT, on_interrupt},
        {SIGUSR1, on_counts},   {SIGTSTP, on_stop},      {SIGUSR2, on_reload},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sigaction old;

        /* What the parent ignores (nohup, a shell's background job) stays ignored. */
        if (sigaction(rows[i].signo, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
            continue;
        if (loop_signal(s->loop, rows[i].signo, rows[i].run, s, e) < 0)
            return -1;
    }
    return 0;
}

static bool session_show(void *ctx, enum log_level level, const char *line)
{
    struct session *s = ctx;

    (void)level;
    return front_show(s->svc, line);
}

static int open_network(struct session *s, struct err *e)
{
    const struct net_events events = {.ctx = s,
                                      .bound = session_bound,
                                      .up = session_up,
                                      .failed = session_net_failed,
                                      .make_room = session_make_room};

    reconnect_init(&s->line, s->conf, s->transport, s->loop, &s->peers, &events);
    s->line.leave = session_leave;
    s->line.settled = session_settled;
    if (is_client(s))
        return reconnect_open(&s->line, e) == 0 || reconnect_later(&s->line, e) ? 0 : -1;
    s->listener = net_open(s->transport, s->loop, &s->conf->net, &s->peers, &events, e);
    return s->listener != NULL ? 0 : -1;
}

/* Returns 0, or -1 with `e` filled. Names are resolved before signals are caught: getaddrinfo(3) would not
 * return for them. */
static int session_begin(struct session *s, struct err *e)
{
    s->loop = loop_new(getenv("POLLCAT_NO_EPOLL") == NULL, e);
    if (s->loop == NULL)
        return -1;
    s->start = loop_now(s->loop);
    spawn_raise_limit(s->loop); /* peers are descriptors: use all that we may have */
    link_pool_init(&s->pool, getenv("POLLCAT_NO_SPLICE") == NULL);
    s->pool.pipes.eager = getenv("POLLCAT_SPLICE") != NULL;
    peer_table_init(&s->peers, s->loop);
    peer_table_init(&s->far, s->loop);
    s->ends = (struct ends){
        .loop = s->loop, .peers = &s->far, .conf = s->conf->ends, .ended = session_status, .ctx = s};
    ends_init(&s->ends);
    s->transport = s->conf->address.end.kind != NULL
                       ? as_peer_init(&s->as_peer, &s->conf->address.end, &s->ends)
                       : net_find(s->conf->transport);
    if (records_open(&s->records, &s->conf->records, s->loop, &s->peers, session_record_failed, s, e) < 0)
        return -1;
    if (open_network(s, e) < 0)
        return -1;
    if (catch_signals(s, e) < 0)
        return -1;
    log_set_sink(session_show, s);
    if (s->conf->progress)
        progress_start(&s->progress, s->loop, &s->peers,
                       s->conf->service->front != NULL && tty_same(STDIN_FILENO, STDERR_FILENO));
    /* Who connects sees the prompt once connected; who listens, or connects again and again, at once. */
    if ((!is_client(s) || s->conf->reconnect > 0) && start_service(s) < 0)
        return err_set(e, STATUS_LOCAL, "%s", "");
    return 0;
}

static void tell_unsent(struct session *s)
{
    if (front_waiting(s->svc) == 0)
        return;
    log_error("%zu bytes that were typed were not sent: nobody came", front_waiting(s->svc));
    if (s->status == STATUS_OK)
        s->status = STATUS_NETWORK;
}

/* Those that are about to get the last of what was sent; a signal ends it at once. */
static void wait_for_leaving(struct session *s, struct peer_table *t, bool asked)
{
    struct err e;

    if (s->signo == 0 && leave_wait(t, asked ? LEAVE_MOMENT : 0, &e) < 0)
        session_fail(s, &e);
    leave_drop(t);
    if (t->lost && s->status == STATUS_OK)
        s->status = STATUS_NETWORK;
}

/* Of who connects, when all went well. */
static void tell_summary(const struct session *s)
{
    struct message m = {.ms = loop_now(s->loop) - s->start};

    if (!is_client(s) || s->status != STATUS_OK || s->signo != 0)
        return;
    peer_table_bytes(&s->peers, &m.sent, &m.received);
    message(MESSAGE_SUMMARY, &m);
}

/* Those that go on are waited for, unless nobody wants them any more: what they say then is not what we say. */
static void stop_programs(struct session *s, bool asked)
{
    const bool unwanted = asked || (s->failed && s->conf->address.end.kind != NULL);

    if (s->loop == NULL)
        return;
    if (unwanted)
        s->ends.ended = NULL;
    programs_stop(&s->ends, s->signo == 0 && !unwanted);
}

static void session_clear(struct session *s)
{
    bool asked = s->svc != NULL && s->svc->asked;

    progress_stop(&s->progress);
    if (s->svc != NULL) {
        s->svc->ending = true;
        s->svc->killed = s->signo != 0;
    }
    while (s->loop != NULL && peer_first(&s->peers) != NULL) /* without a loop nothing was begun */
        session_release(s, peer_first(&s->peers), !s->failed && s->signo == 0);
    tell_unsent(s);
    svc_stop(s->svc);
    s->svc = NULL;
    stop_programs(s, asked);
    log_set_sink(NULL, NULL);
    records_close(&s->records);
    if (s->loop != NULL) {
        net_close(s->listener);
        reconnect_clear(&s->line);
        if (s->failed)
            leave_drop(&s->peers);
        wait_for_leaving(s, &s->peers, asked);
        wait_for_leaving(s, &s->far, asked);
        tell_summary(s);
        access_stop(s->conf->net.access);
        loop_free(s->loop);
        link_pool_clear(&s->pool);
        tls_late_clear(&s->tls);
    }
}

int session_run(const struct conf *conf, int *signo)
{
    struct session s = {.conf = conf};
    struct err e;

    if (session_begin(&s, &e) < 0 || loop_run(s.loop, &e) < 0)
        session_fail(&s, &e);
    session_clear(&s);
    *signo = s.signo;
    return s.status;
}
