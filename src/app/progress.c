/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/progress.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/amount.h"
#include "base/container.h"
#include "base/log.h"

enum { INTERVAL = 100 }; /* ms between drawings */

const char *progress_format(char *text, size_t n, uint64_t sent, uint64_t received, int64_t ms, int64_t size)
{
    uint64_t moved = sent + received;
    double rate = ms > 0 ? (double)moved * 1000 / (double)ms : 0;
    char a[AMOUNT_TEXT], b[AMOUNT_TEXT], c[AMOUNT_TEXT];
    int used = 0;

    if (sent > 0 && received > 0)
        used = snprintf(text, n, "sent %s, received %s", amount_size(a, (double)sent),
                        amount_size(b, (double)received));
    else
        used = snprintf(text, n, "%s %s", received > 0 ? "received" : "sent", amount_size(a, (double)moved));
    used += snprintf(text + used, n - (size_t)used, "  %s/s  %s", amount_size(a, rate), amount_time(c, ms));
    if (size > 0 && sent <= (uint64_t)size) {
        double left = sent > 0 ? ((double)size - (double)sent) * (double)ms / (double)sent : 0;

        snprintf(text + used, n - (size_t)used, "  %d%%  %s left", (int)(sent * 100 / (uint64_t)size),
                 amount_time(b, (int64_t)left));
    }
    return text;
}

static void progress_draw(struct progress *p)
{
    uint64_t sent, received;

    peer_table_bytes(p->peers, &sent, &received);
    if (sent + received == p->moved)
        return;
    if (p->begun == 0)
        p->begun = loop_now(p->loop) - INTERVAL;
    p->moved = sent + received;
    progress_format(p->text, sizeof p->text, sent, received, loop_now(p->loop) - p->begun, p->size);
    if (p->drawn)
        log_status(p->text);
}

static void progress_tick(struct timer *t)
{
    struct progress *p = container_of(t, struct progress, timer);

    progress_draw(p);
    loop_timer_set(p->loop, &p->timer, INTERVAL);
}

void progress_start(struct progress *p, struct loop *loop, const struct peer_table *peers, bool prompt)
{
    struct stat st;
    off_t at = lseek(STDIN_FILENO, 0, SEEK_CUR);

    p->loop = loop;
    p->peers = peers;
    p->drawn = !prompt;
    p->size = -1;
    if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode) && at >= 0 && at <= st.st_size)
        p->size = st.st_size - at;
    p->timer.fire = progress_tick;
    loop_timer_set(loop, &p->timer, INTERVAL);
}

void progress_stop(struct progress *p)
{
    if (p->loop == NULL)
        return;
    loop_timer_clear(&p->timer);
    progress_draw(p);
    if (p->drawn)
        log_status(NULL);
    else if (p->begun > 0)
        log_notice("%s", p->text);
}
