/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/progress.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

enum { INTERVAL = 100 }; /* ms between drawings */

static const char *amount(char *text, size_t n, double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;

    for (; bytes >= 1000 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        bytes /= 1024;
    snprintf(text, n, unit == 0 ? "%.0f %s" : "%.2f %s", bytes, units[unit]);
    return text;
}

static const char *span(char *text, size_t n, int64_t ms)
{
    int64_t s = ms / 1000;

    if (s >= 3600)
        snprintf(text, n, "%lld:%02d:%02d", (long long)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
    else
        snprintf(text, n, "%d:%02d", (int)(s / 60), (int)(s % 60));
    return text;
}

const char *progress_format(char *text, size_t n, uint64_t sent, uint64_t received, int64_t ms, int64_t size)
{
    uint64_t moved = sent + received;
    double rate = ms > 0 ? (double)moved * 1000 / (double)ms : 0;
    char a[32], b[32], c[32];
    int used = 0;

    if (sent > 0 && received > 0)
        used = snprintf(text, n, "sent %s, received %s", amount(a, sizeof a, (double)sent),
                        amount(b, sizeof b, (double)received));
    else
        used = snprintf(text, n, "%s %s", received > 0 ? "received" : "sent",
                        amount(a, sizeof a, (double)moved));
    used += snprintf(text + used, n - (size_t)used, "  %s/s  %s", amount(a, sizeof a, rate),
                     span(c, sizeof c, ms));
    if (size > 0 && sent <= (uint64_t)size) {
        double left = sent > 0 ? ((double)size - (double)sent) * (double)ms / (double)sent : 0;

        snprintf(text + used, n - (size_t)used, "  %d%%  %s left", (int)(sent * 100 / (uint64_t)size),
                 span(b, sizeof b, (int64_t)left));
    }
    return text;
}

static void draw(struct progress *p)
{
    uint64_t sent, received;
    char text[160];

    peer_table_bytes(p->peers, &sent, &received);
    if (sent + received == p->moved)
        return;
    if (p->begun == 0)
        p->begun = loop_now(p->loop) - INTERVAL;
    p->moved = sent + received;
    log_status(progress_format(text, sizeof text, sent, received, loop_now(p->loop) - p->begun, p->size));
}

static void fire(struct timer *t)
{
    struct progress *p = (struct progress *)((char *)t - offsetof(struct progress, timer));

    draw(p);
    loop_timer_set(p->loop, &p->timer, INTERVAL);
}

void progress_start(struct progress *p, struct loop *loop, const struct peer_table *peers)
{
    struct stat st;
    off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);

    p->loop = loop;
    p->peers = peers;
    p->size = -1;
    if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode) && at >= 0 && at <= st.st_size)
        p->size = st.st_size - at;
    p->timer.fire = fire;
    loop_timer_set(loop, &p->timer, INTERVAL);
}

void progress_stop(struct progress *p)
{
    if (p->loop == NULL)
        return;
    loop_timer_clear(&p->timer);
    draw(p);
    log_status(NULL);
}
