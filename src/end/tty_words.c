/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "end/tty_words.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"

#ifndef CRTSCTS
#define CRTSCTS 0
#endif

/* Which bits of which modes a word sets, after those it clears. With "=0" behind it, it clears both. */
struct row {
    const char *name;
    struct {
        tcflag_t set, clear;
    } input, output, control, local;
};

#define RAW_INPUT (IGNBRK | BRKINT | PARMRK | INPCK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXOFF | IXANY)
#define RAW_LOCAL (ECHO | ECHONL | ICANON | ISIG | IEXTEN)

/* The last few are those of socat, for who is used to them. */
static const struct row rows[] = {
    {.name = "raw", .input.clear = RAW_INPUT, .output.clear = OPOST, .local.clear = RAW_LOCAL},
    {.name = "cooked",
     .input.set = BRKINT | ICRNL | IXON,
     .output.set = OPOST | ONLCR,
     .local.set = ICANON | ISIG | IEXTEN},
    {.name = "echo", .local.set = ECHO | ECHOE | ECHOK},
    {.name = "rtscts", .control.set = CRTSCTS},
    {.name = "xonxoff", .input.set = IXON | IXOFF},
    {.name = "hupcl", .control.set = HUPCL},
    {.name = "icanon", .local.set = ICANON},
    {.name = "isig", .local.set = ISIG},
    {.name = "opost", .output.set = OPOST},
    {.name = "onlcr", .output.set = OPOST | ONLCR},
    {.name = "icrnl", .input.set = ICRNL},
    {.name = "ixon", .input.set = IXON},
    {.name = "ixoff", .input.set = IXOFF},
    {.name = "crtscts", .control.set = CRTSCTS},
    {.name = "clocal", .control.set = CLOCAL},
    {.name = "cstopb", .control.set = CSTOPB},
    {.name = "parenb", .control.set = PARENB},
    {.name = "parodd", .control.set = PARODD},
    {.name = "cs7", .control = {.set = CS7, .clear = CSIZE}},
    {.name = "cs8", .control = {.set = CS8, .clear = CSIZE}},
    {.name = "rawer", .input.clear = RAW_INPUT, .output.clear = OPOST, .local.clear = RAW_LOCAL},
};

enum { ROWS = sizeof rows / sizeof rows[0], OWN_ROWS = 6 /* that are told to who is wrong */ };

static const struct row *find_row(const char *name, size_t n)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strlen(rows[i].name) == n && memcmp(rows[i].name, name, n) == 0)
            return &rows[i];
    }
    return NULL;
}

static void apply_row(struct termios *t, const struct row *row, bool on)
{
    t->c_iflag = (t->c_iflag & ~(row->input.set | row->input.clear)) | (on ? row->input.set : 0);
    t->c_oflag = (t->c_oflag & ~(row->output.set | row->output.clear)) | (on ? row->output.set : 0);
    t->c_cflag = (t->c_cflag & ~(row->control.set | row->control.clear)) | (on ? row->control.set : 0);
    t->c_lflag = (t->c_lflag & ~(row->local.set | row->local.clear)) | (on ? row->local.set : 0);
}

/* NAME, NAME=1, or NAME=0. */
static bool take_row(struct termios *t, const char *word)
{
    const size_t n = strcspn(word, "=");
    const struct row *row = find_row(word, n);

    if (row == NULL || (word[n] != '\0' && strcmp(word + n, "=1") != 0 && strcmp(word + n, "=0") != 0))
        return false;
    apply_row(t, row, strcmp(word + n, "=0") != 0);
    return true;
}

/* Bits, parity, stop bits: 8n1. */
static bool take_frame(struct termios *t, const char *word)
{
    static const tcflag_t sizes[] = {CS5, CS6, CS7, CS8};

    if (strlen(word) != 3 || word[0] < '5' || word[0] > '8' || strchr("nNeEoO", word[1]) == NULL ||
        (word[2] != '1' && word[2] != '2'))
        return false;
    t->c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB);
    t->c_cflag |= sizes[word[0] - '5'] | (word[2] == '2' ? CSTOPB : 0);
    if (strchr("nN", word[1]) == NULL)
        t->c_cflag |= PARENB | (strchr("oO", word[1]) != NULL ? PARODD : 0);
    return true;
}

/* 115200, or b115200. */
static bool take_speed(struct terminal_modes *m, const char *word)
{
    int64_t speed;

    if (num_parse(word[0] == 'b' ? word + 1 : word, 1, 1000000000, &speed) < 0)
        return false;
    m->speed = (unsigned)speed;
    return true;
}

void tty_words_begin(struct terminal_modes *m)
{
    struct termios *t = &m->termios;

    apply_row(t, &rows[0], true);
    (void)take_frame(t, "8n1");
    t->c_cflag &= ~(tcflag_t)CRTSCTS;
    t->c_cflag |= CLOCAL | CREAD;
    t->c_cc[VMIN] = 1; /* nothing is not the end */
    t->c_cc[VTIME] = 0;
}

int tty_words_take(struct terminal_modes *m, const char *word, struct err *e)
{
    char names[128] = "";

    if (take_frame(&m->termios, word) || take_speed(m, word) || take_row(&m->termios, word))
        return 0;
    for (size_t i = 0; i < OWN_ROWS; i++) {
        const size_t n = strlen(names);

        snprintf(names + n, sizeof names - n, ", %s", rows[i].name);
    }
    return err_set(e, STATUS_LOCAL, "tty: '%.64s' is no speed and none of: 8n1 (7e1, 8o2...)%s", word, names);
}
