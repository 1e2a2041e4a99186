/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/absent.h"

#include <string.h>

#define LUA "there is no Lua here; try --exec 'lua FILE'"
#define ROUTES "source routes are not set; no network forwards them any more"

/* clang-format off */
static const struct {
    const char *chars; /* each a short option */
    const char *names; /* long options, set apart by spaces; with * what begins so */
    const char *instead;
} rows[] = {
    { "", "lua-exec", LUA },
    { "o", "", "Ncat's -o is --output here" },
    { "gG", "", ROUTES },
    { "", "sctp", "there is no SCTP; try ncat or socat" },
    { "S", "", "there are no TCP MD5 signatures; try nc -S" },
    { "V", "", "routing tables are not chosen; try ip route or ip vrf exec" },
    { "Z", "", "there is no DCCP; try nc -Z" },
};
/* clang-format on */

static int has_name(const char *names, const char *name, size_t n)
{
    for (const char *p = names; *p != '\0';) {
        size_t len = strcspn(p, " ");

        if (len == n && strncmp(p, name, n) == 0)
            return 1;
        if (p[len - 1] == '*' && n >= len - 1 && strncmp(p, name, len - 1) == 0)
            return 1;
        p += len + strspn(p + len, " ");
    }
    return 0;
}

int absent_check(int ch, const char *name, struct err *e)
{
    const size_t n = name != NULL ? strcspn(name, "=") : 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (ch != 0 && strchr(rows[i].chars, ch) != NULL)
            return err_set(e, STATUS_LOCAL, "-%c is not supported: %s", ch, rows[i].instead);
        if (n > 0 && has_name(rows[i].names, name, n))
            return err_set(e, STATUS_LOCAL, "--%.*s is not supported: %s", (int)n, name, rows[i].instead);
    }
    return 0;
}
