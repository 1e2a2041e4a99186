/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/prompt_history.h"

#include "base/log.h"
#include "term/readline.h"

static void load_line(void *ctx, const char *line)
{
    (void)ctx;
    rl.add_history(line);
}

struct history *prompt_history_start(const char *file)
{
    struct history *h = history_new(file);
    struct err e;

    if (h != NULL && history_load(h, load_line, NULL, &e) < 0)
        log_notice("%s", e.text);
    return h;
}

void prompt_history_add(struct history *h, const char *line)
{
    if (h != NULL ? history_add(h, line) : line[0] != '\0' && line[0] != ' ')
        rl.add_history(line);
}

bool prompt_history_keep(struct history *h, const char *line)
{
    if (h == NULL || line[0] == '\0' || line[0] == ' ')
        return false;
    prompt_history_add(h, line);
    return true;
}

void prompt_history_end(struct history *h)
{
    /* That it can not be written was said at the start. */
    if (h != NULL)
        history_save(h, NULL);
    history_free(h);
}
