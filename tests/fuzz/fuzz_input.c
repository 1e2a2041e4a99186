/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * base/input.h: faults lie within the line, on whole characters; bytes written as hex or as escapes come back.
 */
#include "base/input.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_fault(const char *line, size_t n, const struct input_fault *fault)
{
    size_t end = fault->offset + fault->length;

    require(fault->length > 0 && end <= n && fault->why != NULL && fault->why[0] != '\0');
    require(end == n || ((unsigned char)line[end] & 0xc0) != 0x80);
    require(input_column(line, end, 0) >= input_column(line, fault->offset, 0));
}

static void check_line(enum input_mode mode, enum eol eol, const char *line, size_t n)
{
    struct input_fault fault = {0};
    unsigned char *out = NULL;
    size_t outn = 0;

    if (input_encode(mode, eol, line, n, &out, &outn, &fault) != 0) {
        require(mode != INPUT_TEXT && out == NULL);
        check_fault(line, n, &fault);
        return;
    }
    require(out != NULL && outn <= (mode == INPUT_TEXT ? 2 * n + 2 : n));
    if (mode == INPUT_TEXT && eol != EOL_CRLF && eol != EOL_CR)
        require(outn == n + (eol != EOL_NONE) && memcmp(out, line, n) == 0);
    free(out);
}

/* Bytes written out come back as they were. */
static void check_back(enum input_mode mode, const uint8_t *data, size_t size)
{
    char *line = malloc(4 * size + 1);
    struct input_fault fault;
    unsigned char *out;
    size_t outn, n = 0;

    require(line != NULL);
    line[0] = '\0';
    for (size_t i = 0; i < size; i++) {
        if (mode == INPUT_ESCAPES)
            n += (size_t)snprintf(line + n, 5, "\\x%02x", (unsigned)data[i]);
        else if (data[i] % 3 == 0)
            n += (size_t)snprintf(line + n, 5, " %02X ", (unsigned)data[i]);
        else
            n += (size_t)snprintf(line + n, 5, "%02x", (unsigned)data[i]);
    }
    require(input_encode(mode, EOL_LF, line, n, &out, &outn, &fault) == 0);
    require(outn == size && (size == 0 || memcmp(out, data, size) == 0));
    free(out);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int eol = 0; names_word(eol_names, eol) != NULL; eol++)
        check_line(INPUT_TEXT, (enum eol)eol, (const char *)data, size);
    check_line(INPUT_ESCAPES, EOL_LF, (const char *)data, size);
    check_line(INPUT_HEX, EOL_LF, (const char *)data, size);
    check_back(INPUT_ESCAPES, data, size);
    check_back(INPUT_HEX, data, size);
    return 0;
}
