/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "console/console_conf.h"

#include <stdlib.h>
#include <string.h>

#include "console/view.h"

enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

const struct name color_names[] = {
    {"auto", COLOR_AUTO},
    {"always", COLOR_ALWAYS},
    {"never", COLOR_NEVER},
    {NULL, 0},
};

/* Colour of our own: on request, or at a terminal where nobody asked for none (no-color.org). */
static bool wants_color(const struct console_conf *conf, bool terminal)
{
    const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

    if (conf->color > 1 + COLOR_AUTO)
        return conf->color == 1 + COLOR_ALWAYS;
    return terminal && (none == NULL || none[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0;
}

bool console_conf_shows(const struct console_conf *conf)
{
    return conf->view > 0 || conf->time > 0 || conf->marks != NULL || conf->raw;
}

bool console_conf_reads(const struct console_conf *conf)
{
    return conf->input > 0 || conf->eol > 0;
}

void console_conf_view(const struct console_conf *conf, bool terminal, struct view *v)
{
    v->marks.color = wants_color(conf, terminal);
    if (conf->view > 0)
        v->mode = (enum view_mode)(conf->view - 1);
    else if (conf->raw)
        v->mode = VIEW_RAW;
    if (conf->time > 0)
        v->marks.clock.kind = (enum clock_kind)(conf->time - 1);
    if (conf->marks != NULL)
        (void)mark_parse(conf->marks, &v->marks.set); /* checked where it was read */
}
