/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/conf_telnet.h"

#include <stdlib.h>
#include <unistd.h>

#include "term/tty.h"

void telnet_conf_describe(struct telnet_conf *t)
{
    unsigned columns, rows;

    if (!isatty(STDIN_FILENO))
        return;
    t->type = getenv("TERM");
    if (tty_size(STDIN_FILENO, &columns, &rows)) {
        t->columns = (uint16_t)columns;
        t->rows = (uint16_t)rows;
    }
}
