/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * record/transcript.c: whatever peers send and are sent, in whatever pieces, a transcript is lines that each begin with
 * a time and hold nothing that harms a terminal; no byte is missing and none is invented, but of what is secret.
 * Steps: the first byte says whose direction and how, the second how many bytes follow.
 */
#include "record/formats.h"

#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { PEERS = 2, EARS = 2 * PEERS, ROOM = 1 << 20, EAR_MOST = 16 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* The record, the peer and its name are the fuzzer's own. */

struct record {
    void *state;
    char text[ROOM];
    size_t len;
};

static struct record record;
static const char name[] = "192.0.2.7 port 80";

void record_put(struct record *r, const void *data, size_t n)
{
    require(r->len + n <= ROOM);
    memcpy(r->text + r->len, data, n);
    r->len += n;
}

void *record_state(struct record *r)
{
    return r->state;
}

const char *peer_name(const struct peer *p, char text[static ADDR_TEXT])
{
    (void)p;
    strncpy(text, name, ADDR_TEXT - 1);
    text[ADDR_TEXT - 1] = '\0';
    return text;
}

/* What a number sent, or was sent: in truth, and as the transcript has it. */
struct said {
    char is[ROOM], reads[ROOM];
    size_t nis, nreads;
};

static struct said said[2]
                       [EARS]; /* by direction and number; a peer has two numbers, as a socket has senders */

static void say(struct said *s, const char *data, size_t n)
{
    require(s->nis + n <= ROOM);
    memcpy(s->is + s->nis, data, n);
    s->nis += n;
}

/* The text alone, as bytes: without ends of lines, the backslashes that go on, and with escapes undone. In place. */
static size_t plain(char *text, size_t n)
{
    size_t o = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned byte = (unsigned char)text[i];
        char hex[3] = "";

        if (byte == '\\' && n - i >= 4 && text[i + 1] == 'x') {
            memcpy(hex, text + i + 2, 2);
            if (strspn(hex, "0123456789abcdef") == 2) {
                byte = (unsigned)strtoul(hex, NULL, 16);
                i += 3;
            }
        }
        if (byte != '\\' && byte != '\r' && byte != '\n')
            text[o++] = (char)byte;
    }
    return o;
}

/* Reading the transcript. */

static void check_text(const char *p, size_t n)
{
    for (size_t len; n > 0; p += len, n -= len) {
        mbstate_t state = {0};
        wchar_t c;

        len = mbrtowc(&c, p, n, &state);
        require(len > 0 && len < (size_t)-2);
        require(c >= ' ' && (c < 0x7f || c >= 0xa0));
    }
}

static void read_line(const char *p, size_t n)
{
    static const char form[] = "0000-00-00 00:00:00.000 ";
    unsigned number;
    struct said *s;
    char mark;

    check_text(p, n);
    for (size_t i = 0; form[i] != '\0'; i++, p++, n--)
        require(n > 0 && (form[i] == '0' ? *p >= '0' && *p <= '9' : *p == form[i]));
    require(n > 6 && strchr("<>#", p[0]) != NULL && p[1] == ' ' && p[2] == '[' && p[4] == ']' && p[5] == ' ');
    mark = p[0];
    number = (unsigned)(p[3] - '1');
    require(number < EARS);
    p += 6;
    n -= 6;
    require(n >= sizeof name - 1 && memcmp(p, name, sizeof name - 1) == 0);
    p += sizeof name - 1;
    n -= sizeof name - 1;
    if (mark == '#') {
        require(n == 6 && memcmp(p, ": came", 6) == 0);
        return;
    }
    if (n >= 2 && memcmp(p, ": ", 2) == 0) {
        p += 2;
        n -= 2;
    }
    s = &said[mark == '>'][number];
    require(s->nreads + n + 1 <= ROOM);
    memcpy(s->reads + s->nreads, p, n);
    s->nreads += n;
    s->reads[s->nreads++] = '\n'; /* what goes on is no escape with what follows */
}

static void read_all(void)
{
    for (char *p = record.text, *end = p + record.len, *newline; p < end; p = newline + 1) {
        newline = memchr(p, '\n', (size_t)(end - p));
        require(newline != NULL);
        read_line(p, (size_t)(newline - p));
    }
    for (int i = 0; i < 2 * EARS; i++) {
        struct said *s = &said[i / EARS][i % EARS];

        s->nis = plain(s->is, s->nis);
        s->nreads = plain(s->reads, s->nreads);
        require(s->nis == s->nreads && memcmp(s->is, s->reads, s->nis) == 0);
    }
}

/* The bytes of a step, repeated, without backslashes: those of a transcript are its own. The caller frees them. */
static char *bytes(const uint8_t **data, size_t *size, unsigned times, size_t *n)
{
    size_t once = *size > 0 ? **data : 0;
    char *p;

    *data += *size > 0;
    *size -= *size > 0;
    if (once > *size)
        once = *size;
    *n = once * times;
    p = malloc(*n > 0 ? *n : 1);
    require(p != NULL);
    for (unsigned i = 0; i < times; i++)
        memcpy(p + i * once, *data, once);
    for (size_t i = 0; i < *n; i++)
        p[i] = p[i] == '\\' ? '/' : p[i];
    *data += once;
    *size -= once;
    return p;
}

static void hear(void *ear, const struct record_event *e, const char *data, size_t n)
{
    struct said *s = &said[e->sent][e->number - 1];
    char secret[64];

    if (e->secret)
        say(s, secret, (size_t)snprintf(secret, sizeof secret, "(a secret of %zu bytes)", n));
    else
        say(s, data, n);
    record_transcript.data(&record, ear, e, data, n);
}

static void step(char *ears[EARS], uint8_t how, char *data, size_t n)
{
    unsigned ear = how % EARS;
    struct record_event e = {.name = name,
                             .sent = ear % 2 != 0,
                             .number = 1 + ear / 2 * 2 + (how >> 2 & 1),
                             .message = (how & 8) != 0,
                             .secret = (how & 0xf0) == 0x10};

    if ((how & 0xf0) == 0x20) {
        record_transcript.event(&record, &e, "came");
    } else if ((how & 0xf0) == 0x30) {
        record_transcript.leave(&record, ears[ear], NULL);
        memset(ears[ear], 0, record_transcript.each);
    } else if (record.len < ROOM / 4) {
        hear(ears[ear], &e, data, n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *ears[EARS];

    require(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
    for (int i = 0; i < 2 * EARS; i++)
        said[i / EARS][i % EARS].nis = said[i / EARS][i % EARS].nreads = 0;
    record.len = 0;
    record.state = calloc(1, record_transcript.size);
    for (int i = 0; i < EARS; i++)
        require((ears[i] = calloc(1, record_transcript.each)) != NULL);
    require(record.state != NULL);
    while (size > 0) {
        uint8_t how = *data++;
        size_t n;
        char *piece;

        size--;
        piece = bytes(&data, &size, how >= 0xf0 ? 100 : how >= 0xe0 ? 9 : 1, &n);
        step(ears, how, piece, n < EAR_MOST ? n : EAR_MOST);
        free(piece);
    }
    for (int i = 0; i < EARS; i++) {
        record_transcript.leave(&record, ears[i], NULL);
        free(ears[i]);
    }
    free(record.state);
    read_all();
    return 0;
}
