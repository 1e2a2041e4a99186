/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/formats.h"

static void write_bytes(struct record *r, void *each, const struct record_event *e, const void *data,
                        size_t n)
{
    (void)each;
    if (!e->secret)
        record_put(r, data, n);
}

const struct record_format record_bytes = {
    .name = "bytes",
    .help = "what arrives, as it is",
    .data = write_bytes,
};

const struct record_format record_output = {
    .name = "output",
    .help = "both directions, as they are",
    .sent = true,
    .data = write_bytes,
};
