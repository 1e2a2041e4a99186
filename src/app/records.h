/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * records: the files that the command line wants written along: --output, --hex-dump, --log.
 */
#ifndef APP_RECORDS_H
#define APP_RECORDS_H

#include <stdbool.h>

#include "base/err.h"
#include "loop/loop.h"
#include "peer/peer.h"

struct record;

struct records_conf {
    const char *output, *hex_dump, *log; /* paths; NULL: none */
    bool watch;                          /* the transcript goes to standard error, too */
    bool append;                         /* to files that exist */
    bool hex_plain;                      /* the dump is to be as Ncat's */
};

enum { RECORDS_MAX = 4 };

struct records {
    struct record *open[RECORDS_MAX]; /* NULL: it is not wanted, or failed */
    void (*failed)(void *ctx, const struct err *e);
    void *ctx;
};

/* Opens them; all peers of the table are recorded. `failed` is called once for each of which something is missing; `r` zeroed.
 * Returns 0, or -1 with `e`; records_close() after either. */
int records_open(struct records *r, const struct records_conf *conf, struct loop *loop,
                 struct peer_table *peers, void (*failed)(void *ctx, const struct err *e), void *ctx,
                 struct err *e);
void records_close(struct records *r);

#endif
