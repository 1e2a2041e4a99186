/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/address.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Nothing is connected, so none of these can be meant. */
#define NOT_OF_ENDS                                                                                      \
    (TRAIT_LISTEN | TRAIT_SELF | TRAIT_ECHO | TRAIT_PROBE | TRAIT_DGRAM | TRAIT_KEEP_OPEN | TRAIT_PASS | \
     TRAIT_IPV4 | TRAIT_SOURCE | TRAIT_TLS | TRAIT_WEBSOCKET)

#define NOT_OF_VSOCK (TRAIT_DGRAM | TRAIT_SELF | TRAIT_PROBE | TRAIT_IPV4 | TRAIT_UNIX)
/* As --ssl has it. */
#define NOT_OF_TLS (TRAIT_SELF | TRAIT_PASS)
/* A listener has --websocket. */
#define NOT_OF_WEBSOCKET \
    (TRAIT_SELF | TRAIT_PASS | TRAIT_LISTEN | TRAIT_TELNET | TRAIT_DIRECT | TRAIT_UNIX | TRAIT_VSOCK)

static uint64_t gives(const struct end_word *word)
{
    const int type = word->kind->type;
    uint64_t traits = 0;

    if (type == 0)
        return TRAIT_END;
    if (word->kind->family == AF_UNIX)
        traits |= TRAIT_UNIX;
    if (word->kind->family == AF_VSOCK)
        traits |= TRAIT_VSOCK;
    if (word->kind->tls)
        traits |= TRAIT_TLS;
    if (word->kind->websocket)
        traits |= TRAIT_WEBSOCKET;
    if (type == SOCK_DGRAM)
        traits |= TRAIT_DGRAM;
    if (type != SOCK_STREAM)
        traits |= TRAIT_MESSAGES;
    return word->family == AF_INET ? traits | TRAIT_IPV4 : traits;
}

static uint64_t excludes(const struct end_word *word)
{
    if (word->kind->type == 0)
        return NOT_OF_ENDS;
    if (word->kind->family == AF_VSOCK)
        return NOT_OF_VSOCK;
    return (word->kind->type != SOCK_DGRAM ? TRAIT_DGRAM : 0) |
           (word->kind->type == SOCK_SEQPACKET ? TRAIT_TLS : 0) | (word->kind->tls ? NOT_OF_TLS : 0) |
           (word->kind->websocket ? NOT_OF_WEBSOCKET : 0) | (word->family == AF_INET6 ? TRAIT_IPV4 : 0);
}

int address_read(struct address *a, struct options *o, const char *text, struct err *e)
{
    const struct end_word word = end_read_word(text);

    if (word.instead != NULL)
        return err_set(e, STATUS_LOCAL, "'%.64s' is an address of socat; try %s", text, word.instead);
    if (word.kind == NULL)
        return 0;
    *a = (struct address){.kind = word.kind, .family = word.family};
    snprintf(o->word, sizeof o->word, "%s:", word.kind->name);
    o->address = (struct option_row){
        .type = OPTION_OPERAND, .name = o->word, .gives = gives(&word), .excludes = excludes(&word)};
    options_add(o, &o->address);
    if (word.kind->type != 0 && !word.kind->websocket)
        a->rest = (int)(word.rest - text);
    else if (end_parse(&a->end, text, e) < 0)
        return -1;
    if (word.kind->websocket)
        a->end.kind = NULL; /* we connect there ourselves */
    if (strcmp(text, "-") == 0 && (o->traits & TRAIT_JOIN) == 0)
        return err_set(e, STATUS_LOCAL, "standard input and output are ours already: - needs --to");
    return 0;
}

void address_clear(struct address *a)
{
    end_spec_clear(&a->end);
    *a = (struct address){0};
}

int address_refuse(const char *text, const char *port, struct err *e)
{
    const int n = (int)strcspn(text, ":");
    char kinds[sizeof e->text];

    if (text[n] == '\0' || end_read_word(text).kind != NULL)
        return err_set(e, STATUS_LOCAL, "port '%.64s' is neither a number nor a known service", port);
    return err_set(e, STATUS_LOCAL,
                   "port '%.32s' is neither a number nor a known service, and '%.*s:' none of %s", port,
                   n < 32 ? n : 32, text, end_list_words(kinds, sizeof kinds, false));
}
