/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/amount.h"

#include <stdio.h>

const char *amount_size(char text[static AMOUNT_TEXT], double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;

    for (; bytes >= 1000 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        bytes /= 1024;
    snprintf(text, AMOUNT_TEXT, unit == 0 ? "%.0f %s" : "%.2f %s", bytes, units[unit]);
    return text;
}

const char *amount_time(char text[static AMOUNT_TEXT], int64_t ms)
{
    int64_t s = ms / 1000;

    if (s >= 3600)
        snprintf(text, AMOUNT_TEXT, "%lld:%02d:%02d", (long long)(s / 3600), (int)(s / 60 % 60),
                 (int)(s % 60));
    else
        snprintf(text, AMOUNT_TEXT, "%d:%02d", (int)(s / 60), (int)(s % 60));
    return text;
}
