/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proto/telnet.h"

#include <ctype.h>
#include <string.h>

/* Bytes of the protocol. */
enum {
    SUB_END = 240,
    BREAK = 243,
    INTERRUPT = 244,
    ERASE_CHAR = 247,
    ERASE_LINE = 248,
    SUB = 250,
    WILL = 251,
    WONT = 252,
    DO = 253,
    DONT = 254,
    IAC = 255,
    IS = 0, /* of TERMINAL-TYPE */
    SEND = 1,
};

static const uint8_t codes[TELNET_OPTIONS] = {
    [TELNET_ECHO] = 1, [TELNET_SGA] = 3, [TELNET_TTYPE] = 24, [TELNET_NAWS] = 31};

/* What the next byte is. */
enum parser { DATA, COMMAND, OPTION, IN_SUB, IN_SUB_COMMAND };

/* The last byte of data: a CR goes on at once, or waits for the next, where CR LF is to become one. */
enum { NO_CR, CR_GIVEN, CR_HELD };

/* Of an option, as RFC 1143 has them; the last two are its queue bit: the opposite is wanted by now. */
enum telnet_state { OFF, ON, WANT_OFF, WANT_ON, WANT_OFF_ON, WANT_ON_OFF };

static bool grants(const struct telnet *t, enum telnet_side side, unsigned option)
{
    return (t->grants[side] >> option & 1) != 0;
}

/* Saying. */

static void answer(struct telnet *t, uint8_t verb, uint8_t code)
{
    const unsigned char text[] = {IAC, verb, code};

    if (t->nanswers + sizeof text > TELNET_ANSWERS)
        return; /* who decodes and asks keeps room: it is not to be reached */
    memcpy(t->answers + t->nanswers, text, sizeof text);
    t->nanswers += sizeof text;
}

/* That the option is to be on, or that it is not. */
static void say(struct telnet *t, enum telnet_side side, uint8_t code, bool on)
{
    if (side == TELNET_US)
        answer(t, on ? WILL : WONT, code);
    else
        answer(t, on ? DO : DONT, code);
}

bool telnet_is_full(const struct telnet *t)
{
    return t->nanswers + TELNET_ANSWER > TELNET_ANSWERS;
}

bool telnet_speaks(const struct telnet *t)
{
    return t->nanswers > 0 || t->asks_type || t->tells_type || t->tells_size;
}

static size_t take_type(struct telnet *t, unsigned char *out)
{
    const size_t n = strlen(t->type);
    size_t used = 0;

    if (!t->asks_type && !t->tells_type)
        return 0;
    out[used++] = IAC;
    out[used++] = SUB;
    out[used++] = codes[TELNET_TTYPE];
    out[used++] = t->asks_type ? SEND : IS;
    if (t->tells_type) {
        for (size_t i = 0; i < n; i++)
            out[used++] = (unsigned char)toupper((unsigned char)t->type[i]);
    }
    out[used++] = IAC;
    out[used++] = SUB_END;
    t->asks_type = t->tells_type = false;
    return used;
}

static size_t take_size(struct telnet *t, unsigned char *out)
{
    const uint8_t bytes[] = {(uint8_t)(t->columns >> 8), (uint8_t)t->columns, (uint8_t)(t->rows >> 8),
                             (uint8_t)t->rows};
    size_t used = 0;

    if (!t->tells_size)
        return 0;
    t->tells_size = false;
    out[used++] = IAC;
    out[used++] = SUB;
    out[used++] = codes[TELNET_NAWS];
    for (size_t i = 0; i < sizeof bytes; i++) {
        out[used++] = bytes[i];
        if (bytes[i] == IAC)
            out[used++] = IAC;
    }
    out[used++] = IAC;
    out[used++] = SUB_END;
    return used;
}

bool telnet_break(struct telnet *t)
{
    if (telnet_is_full(t))
        return false;
    t->nanswers += (uint8_t)telnet_encode_end(t, t->answers + t->nanswers);
    t->answers[t->nanswers++] = IAC;
    t->answers[t->nanswers++] = BREAK;
    return true;
}

size_t telnet_take(struct telnet *t, unsigned char *out)
{
    size_t used = t->nanswers;

    memcpy(out, t->answers, used);
    t->nanswers = 0;
    used += take_type(t, out + used);
    return used + take_size(t, out + used);
}

/* Options. */

bool telnet_has(const struct telnet *t, enum telnet_side side, enum telnet_option option)
{
    return t->states[side][option] == ON;
}

bool telnet_echoes(const struct telnet *t)
{
    return t->role == TELNET_CLIENT && telnet_has(t, TELNET_THEM, TELNET_ECHO);
}

bool telnet_keys(const struct telnet *t)
{
    return telnet_echoes(t) && telnet_has(t, TELNET_THEM, TELNET_SGA);
}

bool telnet_asks(const struct telnet *t)
{
    const uint8_t *states = t->states[TELNET_THEM];

    return states[TELNET_NAWS] == WANT_ON || states[TELNET_TTYPE] == WANT_ON ||
           (states[TELNET_NAWS] == ON && (t->heard & TELNET_SIZE) == 0) ||
           (states[TELNET_TTYPE] == ON && (t->heard & TELNET_KIND) == 0);
}

/* What follows from an option that is on now, or off. */
static void option_changed(struct telnet *t, enum telnet_side side, unsigned option)
{
    const bool on = t->states[side][option] == ON;

    if (side == TELNET_THEM && (option == TELNET_ECHO || option == TELNET_SGA))
        t->events |= TELNET_LINE;
    if (side == TELNET_THEM && option == TELNET_TTYPE)
        t->asks_type = on;
    if (side == TELNET_US && option == TELNET_NAWS)
        t->tells_size = on;
    if (side == TELNET_US && option == TELNET_TTYPE && !on)
        t->tells_type = false;
}

void telnet_ask(struct telnet *t, enum telnet_side side, enum telnet_option option, bool on)
{
    uint8_t *state = &t->states[side][option];

    if (on)
        t->grants[side] |= (uint8_t)(1u << option);
    else
        t->grants[side] &= (uint8_t) ~(1u << option);
    if (*state == (on ? OFF : ON)) {
        *state = on ? WANT_ON : WANT_OFF;
        say(t, side, codes[option], on);
        if (!on)
            option_changed(t, side, option);
    } else if (*state == (on ? WANT_OFF : WANT_ON)) {
        *state = on ? WANT_OFF_ON : WANT_ON_OFF;
    } else if (*state == (on ? WANT_ON_OFF : WANT_OFF_ON)) {
        *state = on ? WANT_ON : WANT_OFF;
    }
}

/* WILL, or DO. What was asked to be off and is on all the same is an error of theirs. */
static uint8_t state_when_on(struct telnet *t, enum telnet_side side, unsigned option)
{
    switch (t->states[side][option]) {
    case OFF:
        say(t, side, codes[option], grants(t, side, option));
        return grants(t, side, option) ? ON : OFF;
    case WANT_OFF:
        return OFF;
    case WANT_ON_OFF:
        say(t, side, codes[option], false);
        return WANT_OFF;
    default:
        return ON;
    }
}

/* WONT, or DONT. */
static uint8_t state_when_off(struct telnet *t, enum telnet_side side, unsigned option)
{
    if (t->states[side][option] == ON)
        say(t, side, codes[option], false);
    if (t->states[side][option] != WANT_OFF_ON)
        return OFF;
    say(t, side, codes[option], true);
    return WANT_ON;
}

static void take_option(struct telnet *t, uint8_t verb, uint8_t code)
{
    const enum telnet_side side = verb == WILL || verb == WONT ? TELNET_THEM : TELNET_US;
    const bool on = verb == WILL || verb == DO;
    unsigned option = 0;
    uint8_t *state, before;

    while (option < TELNET_OPTIONS && codes[option] != code)
        option++;
    if (option == TELNET_OPTIONS) {
        if (on)
            say(t, side, code, false);
        return;
    }
    state = &t->states[side][option];
    before = *state;
    *state = on ? state_when_on(t, side, option) : state_when_off(t, side, option);
    if ((before == ON) != (*state == ON))
        option_changed(t, side, option);
}

/* Subnegotiations. */

/* It becomes a name of a file in the end: only what such names are made of is taken. */
static void take_their_type(struct telnet *t, const unsigned char *name, size_t n)
{
    t->heard |= TELNET_KIND;
    if (n == 0 || n > TELNET_TYPE)
        return;
    for (size_t i = 0; i < n; i++) {
        if (!isalnum(name[i]) && (i == 0 || strchr("-+._", name[i]) == NULL))
            return;
    }
    for (size_t i = 0; i < n; i++)
        t->type[i] = (char)tolower(name[i]);
    t->type[n] = '\0';
    t->events |= TELNET_KIND;
}

static void take_sub(struct telnet *t)
{
    const unsigned char *sub = t->sub;
    const unsigned n = t->nsub;

    if (n > sizeof t->sub || n < 2)
        return;
    if (sub[0] == codes[TELNET_TTYPE] && sub[1] == SEND && telnet_has(t, TELNET_US, TELNET_TTYPE)) {
        t->tells_type = true;
    } else if (sub[0] == codes[TELNET_TTYPE] && sub[1] == IS && telnet_has(t, TELNET_THEM, TELNET_TTYPE)) {
        take_their_type(t, sub + 2, n - 2);
    } else if (sub[0] == codes[TELNET_NAWS] && n == 5 && telnet_has(t, TELNET_THEM, TELNET_NAWS)) {
        t->columns = (uint16_t)(sub[1] << 8 | sub[2]);
        t->rows = (uint16_t)(sub[3] << 8 | sub[4]);
        t->heard |= TELNET_SIZE;
        t->events |= TELNET_SIZE;
    }
}

static void put_sub(struct telnet *t, uint8_t byte)
{
    if (t->nsub < sizeof t->sub)
        t->sub[t->nsub] = byte;
    if (t->nsub <= sizeof t->sub)
        t->nsub++;
}

/* Decoding. */

/* Keys that a terminal sends as commands. */
static int key_of(const struct telnet *t, uint8_t command)
{
    static const struct {
        uint8_t command;
        char key;
    } keys[] = {{236, 4}, {237, 26}, {238, 28}, {INTERRUPT, 3}, {ERASE_CHAR, 0x7f}, {ERASE_LINE, 21}};

    for (size_t i = 0; t->role == TELNET_HOST && i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i].command == command)
            return keys[i].key;
    }
    return -1;
}

/* How the line ends: a terminal gets every key, and a screen every byte; else CR LF is a newline. */
static bool ends_lines(const struct telnet *t)
{
    return t->role == TELNET_SERVER || (t->role == TELNET_CLIENT && !telnet_echoes(t));
}

/* A byte of data; one that is not part of what a CR held back begins comes after frees_cr(). Returns how many bytes it put: 0 or 1. */
static size_t put_data(struct telnet *t, uint8_t byte, unsigned char *out)
{
    const uint8_t before = t->cr_in;

    t->cr_in = NO_CR;
    if (byte == '\r' && t->role != TELNET_NOBODY)
        t->cr_in = ends_lines(t) ? CR_HELD : CR_GIVEN;
    if (t->cr_in == CR_HELD)
        return 0;
    if (before == CR_GIVEN && (byte == '\0' || (byte == '\n' && t->role == TELNET_HOST)))
        return 0;
    *out = before == CR_HELD && byte == '\0' ? '\r' : byte;
    return 1;
}

/* A byte behind IAC. Returns how many bytes it put. */
static size_t take_command(struct telnet *t, uint8_t byte, unsigned char *out)
{
    const int key = key_of(t, byte);

    t->parser = DATA;
    if (byte == IAC)
        return put_data(t, byte, out);
    if (byte >= WILL) {
        t->verb = byte;
        t->parser = OPTION;
    } else if (byte == SUB) {
        t->nsub = 0;
        t->parser = IN_SUB;
    }
    return key >= 0 ? put_data(t, (uint8_t)key, out) : 0;
}

/* In a subnegotiation, behind IAC. One that does not end has ended when something else begins. */
static size_t take_sub_command(struct telnet *t, uint8_t byte, unsigned char *out)
{
    if (byte == IAC) {
        put_sub(t, byte);
        t->parser = IN_SUB;
        return 0;
    }
    take_sub(t);
    if (byte != SUB_END)
        return take_command(t, byte, out);
    t->parser = DATA;
    return 0;
}

static size_t take_byte(struct telnet *t, uint8_t byte, unsigned char *out)
{
    switch (t->parser) {
    case DATA:
        if (byte != IAC)
            return put_data(t, byte, out);
        t->parser = COMMAND;
        return 0;
    case COMMAND:
        return take_command(t, byte, out);
    case OPTION:
        t->parser = DATA;
        take_option(t, t->verb, byte);
        return 0;
    case IN_SUB:
        if (byte == IAC)
            t->parser = IN_SUB_COMMAND;
        else
            put_sub(t, byte);
        return 0;
    default:
        return take_sub_command(t, byte, out);
    }
}

/* A CR was held back, and the next byte shows that it was one by itself. The byte is looked at again. */
static bool frees_cr(struct telnet *t, uint8_t byte)
{
    const bool part = t->parser == DATA ? byte == '\n' || byte == '\0' || byte == IAC
                                        : t->parser != COMMAND || byte != IAC;

    if (t->cr_in != CR_HELD || part)
        return false;
    t->cr_in = NO_CR;
    return true;
}

enum { RUN = 512 }; /* bytes looked at in one piece, however many there are: what is looked for may be many */

/* How many of `n` bytes stand before the first `byte`. */
static size_t run_until(const unsigned char *data, size_t n, int byte)
{
    const unsigned char *found = memchr(data, byte, n);

    return found != NULL ? (size_t)(found - data) : n;
}

/* Bytes that mean nothing but themselves go in one piece. */
static size_t plain_run(const struct telnet *t, const unsigned char *in, size_t n)
{
    if (t->parser != DATA || t->cr_in != NO_CR)
        return 0;
    n = run_until(in, n < RUN ? n : RUN, IAC);
    return t->role != TELNET_NOBODY ? run_until(in, n, '\r') : n;
}

size_t telnet_decode(struct telnet *t, const unsigned char *in, size_t n, unsigned char *out, size_t size,
                     size_t *put)
{
    size_t done = 0, used = 0;

    while (done < n && used < size && t->events == 0 && !telnet_is_full(t)) {
        size_t run = plain_run(t, in + done, n - done < size - used ? n - done : size - used);
        const uint8_t byte = in[done];

        if (run > 0) {
            memcpy(out + used, in + done, run);
            used += run;
            done += run;
        } else if (frees_cr(t, byte)) {
            out[used++] = '\r';
        } else {
            run = take_byte(t, byte, out + used);
            if (t->keeps) {
                out[used] = byte;
                run = 1;
            }
            used += run;
            done++;
        }
    }
    *put = used;
    return done;
}

size_t telnet_decode_end(struct telnet *t, unsigned char *out)
{
    if (t->cr_in != CR_HELD)
        return 0;
    t->cr_in = NO_CR;
    *out = '\r';
    return 1;
}

/* Encoding. */

/* Who sends lines has them end with CR LF; keys and screens are sent as they are. */
static bool sends_lines(const struct telnet *t)
{
    return t->role == TELNET_SERVER || (t->role == TELNET_CLIENT && !telnet_keys(t));
}

/* One byte, as up to 3. A CR needs another byte behind it: a NUL, if it is not part of an end of line. That is known at once
 * when it is a key: then it is all there is. */
static size_t encode_byte(struct telnet *t, uint8_t byte, bool alone, unsigned char *out)
{
    const bool after = t->cr_out;
    size_t used = 0;

    t->cr_out = false;
    if (after && byte != '\n')
        out[used++] = '\0';
    if (byte == '\n' && !after && sends_lines(t))
        out[used++] = '\r';
    out[used++] = byte;
    if (byte == IAC)
        out[used++] = IAC;
    if (byte == '\r' && (alone || telnet_keys(t)))
        out[used++] = '\0';
    else
        t->cr_out = byte == '\r';
    return used;
}

/* As plain_run(), of what is sent. */
static size_t bare_run(const struct telnet *t, const unsigned char *data, size_t n)
{
    if (t->cr_out)
        return 0;
    n = run_until(data, n < RUN ? n : RUN, '\n');
    return run_until(data, run_until(data, n, '\r'), IAC);
}

size_t telnet_encode(struct telnet *t, const unsigned char *data, size_t n, unsigned char *out, size_t size,
                     size_t *put)
{
    size_t done = 0, used = 0;

    while (done < n && used + 3 <= size) {
        const size_t most = n - done < size - used ? n - done : size - used;
        const size_t run = t->role == TELNET_NOBODY ? most : bare_run(t, data + done, most);

        memcpy(out + used, data + done, run);
        used += run;
        done += run;
        if (run == 0)
            used += encode_byte(t, data[done++], n == 1, out + used);
    }
    *put = used;
    return done;
}

size_t telnet_encode_end(struct telnet *t, unsigned char *out)
{
    if (!t->cr_out)
        return 0;
    t->cr_out = false;
    *out = '\0';
    return 1;
}

void telnet_resize(struct telnet *t, uint16_t columns, uint16_t rows)
{
    if (t->columns == columns && t->rows == rows)
        return;
    t->columns = columns;
    t->rows = rows;
    t->tells_size = telnet_has(t, TELNET_US, TELNET_NAWS);
}

void telnet_init(struct telnet *t)
{
    const uint8_t sga = 1u << TELNET_SGA, echo = 1u << TELNET_ECHO;

    if (t->role == TELNET_CLIENT) {
        t->grants[TELNET_THEM] = sga | echo;
        t->grants[TELNET_US] = (uint8_t)(sga | (t->type[0] != '\0') << TELNET_TTYPE |
                                         (t->columns > 0) << TELNET_NAWS);
        return;
    }
    if (t->role == TELNET_NOBODY)
        return;
    t->grants[TELNET_THEM] = sga;
    if (t->role == TELNET_HOST) {
        telnet_ask(t, TELNET_US, TELNET_ECHO, true);
        telnet_ask(t, TELNET_US, TELNET_SGA, true);
    }
    telnet_ask(t, TELNET_THEM, TELNET_TTYPE, true);
    telnet_ask(t, TELNET_THEM, TELNET_NAWS, true);
}
