/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "peer/info.h"

#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>

#define KNOWN(len, member) ((len) >= offsetof(struct tcp_info, member) + sizeof((struct tcp_info *)0)->member)

static const char *state_name(unsigned state)
{
    static const char *const names[] = {
        "unknown",   "established", "syn-sent",   "syn-received", "fin-wait-1", "fin-wait-2",
        "time-wait", "closed",      "close-wait", "last-ack",     "listening",  "closing",
    };

    return names[state < sizeof names / sizeof names[0] ? state : 0];
}

static void get_queues(int fd, struct info *i)
{
    int in = 0, out = 0;

    i->queues = ioctl(fd, SIOCINQ, &in) == 0 && ioctl(fd, SIOCOUTQ, &out) == 0 && in >= 0 && out >= 0;
    if (!i->queues)
        return;
    i->inq = (uint64_t)in;
    i->outq = (uint64_t)out;
}

/* Older kernels tell less than all: `len` is what this one filled. */
static void get_rates(const struct tcp_info *t, socklen_t len, struct info *i)
{
    if (!KNOWN(len, tcpi_delivery_rate))
        return;
    i->rates = true;
    i->pacing_rate = t->tcpi_pacing_rate == UINT64_MAX ? 0 : t->tcpi_pacing_rate;
    i->delivery_rate = t->tcpi_delivery_rate;
}

static void get_tcp(int fd, struct info *i)
{
    struct tcp_info t;
    socklen_t len = sizeof t;

    memset(&t, 0, sizeof t);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &t, &len) < 0 || !KNOWN(len, tcpi_total_retrans))
        return;
    i->tcp = true;
    i->state = state_name(t.tcpi_state);
    i->rtt = t.tcpi_rtt;
    i->rttvar = t.tcpi_rttvar;
    i->cwnd = t.tcpi_snd_cwnd;
    i->mss_sent = t.tcpi_snd_mss;
    i->mss_received = t.tcpi_rcv_mss;
    i->last_sent = t.tcpi_retransmits > 0 ? UINT32_MAX : t.tcpi_last_data_sent;
    i->unacked = t.tcpi_unacked;
    i->lost = t.tcpi_lost;
    i->retransmits = t.tcpi_total_retrans;
    get_rates(&t, len, i);
}

void info_get(const struct peer *p, struct info *i)
{
    int fd = peer_fd(p, 0);

    *i = (struct info){0};
    if (fd < 0 || p->datagram)
        return;
    get_queues(fd, i);
    get_tcp(fd, i);
}
