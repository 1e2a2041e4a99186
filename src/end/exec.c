/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * exec:COMMAND [ARG...], words as in a shell, nothing expanded.
 */
#include "base/mem.h"
#include "base/words.h"
#include "end/end.h"
#include "end/program.h"
#include "end/rows.h"

static int parse_exec(struct end_spec *spec, const char *rest, struct err *e)
{
    const char *why;
    size_t n = 0;
    int got;

    spec->words = mem_alloc(sizeof *spec->words);
    while ((got = words_next(&rest, &spec->words[n], &why)) > 0) {
        spec->words = mem_resize(spec->words, (++n + 1) * sizeof *spec->words);
        spec->words[n] = NULL;
    }
    if (got < 0)
        return err_set(e, STATUS_LOCAL, "exec: %s: %.128s", why, rest);
    if (n == 0 || spec->words[0][0] == '\0')
        return err_set(e, STATUS_LOCAL, "exec: a command is missing");
    return 0;
}

static int open_exec(struct end *e, struct peer *peer, struct err *why)
{
    return program_open(e, e->spec->words, peer, why);
}

const struct end_kind end_exec = {
    .name = "exec",
    .syntax = "COMMAND",
    .help = "a program, started without a shell",
    .descriptors = PROGRAM_DESCRIPTORS,
    .choosy = true,
    .parse = parse_exec,
    .open = open_exec,
    .close = program_close,
};
