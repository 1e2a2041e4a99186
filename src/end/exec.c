/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * exec:COMMAND [ARG...], words as in a shell, nothing expanded.
 */
#include "end/end.h"
#include "end/program.h"
#include "end/rows.h"

static int open_exec(struct end *e, struct peer *peer, struct err *why)
{
    return program_open(e, e->spec->words, peer, why);
}

const struct end_kind end_exec = {
    .name = "exec",
    .syntax = "COMMAND",
    .help = "a program, started without a shell",
    .descriptors = PROGRAM_DESCRIPTORS,
    .process = true,
    .choosy = true,
    .direct = true,
    .parse = program_parse,
    .open = open_exec,
    .close = program_close,
};
