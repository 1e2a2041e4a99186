/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sh:SCRIPT, run by /bin/sh -c.
 */
#include "base/mem.h"
#include "end/end.h"
#include "end/program.h"
#include "end/rows.h"

static int parse_sh(struct end_spec *spec, const char *rest, struct err *e)
{
    if (rest[0] == '\0')
        return err_set(e, STATUS_LOCAL, "sh: a script is missing");
    spec->words = mem_alloc(4 * sizeof *spec->words);
    spec->words[0] = mem_strdup("/bin/sh");
    spec->words[1] = mem_strdup("-c");
    spec->words[2] = mem_strdup(rest);
    return 0;
}

static int open_sh(struct end *e, struct peer *peer, struct err *why)
{
    return program_open(e, e->spec->words, peer, why);
}

const struct end_kind end_sh = {
    .name = "sh",
    .syntax = "SCRIPT",
    .help = "a script of /bin/sh",
    .descriptors = PROGRAM_DESCRIPTORS,
    .process = true,
    .choosy = true,
    .direct = true,
    .parse = parse_sh,
    .open = open_sh,
    .close = program_close,
};
