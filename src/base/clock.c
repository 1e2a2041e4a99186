/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

enum { SECOND = 1000 };

const struct name clock_names[] = {
    {"none", CLOCK_NONE},
    {"absolute", CLOCK_ABSOLUTE},
    {"start", CLOCK_START},
    {"delta", CLOCK_DELTA},
    {NULL, 0},
};

void clock_init(struct clock *c, enum clock_kind kind, int64_t now)
{
    *c = (struct clock){kind, now, now};
}

static int absolute(int64_t wall, char *out)
{
    int ms = (int)(wall % SECOND);
    time_t seconds = (time_t)(wall / SECOND);
    struct tm tm;

    if (ms < 0) { /* before 1970: a clock that was never set */
        ms += SECOND;
        seconds--;
    }
    if (localtime_r(&seconds, &tm) == NULL)
        return snprintf(out, CLOCK_TEXT, "--:--:--.%03d", ms);
    return snprintf(out, CLOCK_TEXT, "%02d:%02d:%02d.%03d", tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
}

static int elapsed(int64_t from, int64_t now, char *out)
{
    int64_t ms = now > from ? now - from : 0;

    return snprintf(out, CLOCK_TEXT, "+%lld.%03d", (long long)(ms / SECOND), (int)(ms % SECOND));
}

size_t clock_format(struct clock *c, int64_t now, int64_t wall, char *out)
{
    int64_t last = c->last;
    int n = 0;

    c->last = now;
    out[0] = '\0';
    if (c->kind == CLOCK_ABSOLUTE)
        n = absolute(wall, out);
    else if (c->kind == CLOCK_START)
        n = elapsed(c->start, now, out);
    else if (c->kind == CLOCK_DELTA)
        n = elapsed(last, now, out);
    return n > 0 ? (size_t)n : 0;
}
