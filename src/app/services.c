/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/services.h"

#include "console/console_conf.h"
#include "svc/broker.h"
#include "svc/chat.h"
#include "svc/echo.h"
#include "svc/join.h"
#include "svc/pass.h"
#include "svc/stdio.h"

enum { NONE = -1 };

static const struct {
    const struct service *service;
    long conf; /* offset in struct conf */
} rows[] = {
    {&service_stdio, offsetof(struct conf, stdio)},   {&service_prompt, offsetof(struct conf, console)},
    {&service_plain, offsetof(struct conf, console)}, {&service_echo, NONE},
    {&service_join, offsetof(struct conf, join)},     {&service_pass, NONE},
    {&service_broker, offsetof(struct conf, broker)}, {&service_chat, offsetof(struct conf, chat)},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

const struct service *services_row(size_t i)
{
    return i < ROWS ? rows[i].service : NULL;
}

const void *services_conf(const struct conf *c)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].service == c->service && rows[i].conf != NONE)
            return (const char *)c + rows[i].conf;
    }
    return NULL;
}
