/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * base/words.h: words quoted in any way come back; the place of the cursor agrees with the words of the line.
 */
#include "base/words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_quoted(const char *word, char quote)
{
    char *text = words_quote(word, quote, true), *back;
    const char *rest = text, *why;

    require(words_next(&rest, &back, &why) == 1 && strcmp(back, word) == 0 && *rest == '\0');
    free(back);
    free(text);
    /* While it is open, all of it is the word that the cursor is in. */
    if (quote != 0) {
        struct words_place place;

        text = words_quote(word, quote, false);
        words_locate(text, strlen(text), &place);
        require(place.index == 0 && place.start == 0 && place.quote == quote && !place.escaped);
        require(strcmp(place.text, word) == 0);
        free(place.text);
        free(text);
    }
}

/* Every word is where words_locate() finds it, and means the same. */
static void check_line(const char *line)
{
    const char *rest = line, *why = NULL;
    struct words_place place;
    size_t index = 0;
    char *word;
    int got;

    while ((got = words_next(&rest, &word, &why)) == 1) {
        check_quoted(word, 0);
        check_quoted(word, '\'');
        check_quoted(word, '"');
        words_locate(line, (size_t)(rest - line), &place);
        require(place.index == index++ && place.quote == 0 && !place.escaped &&
                strcmp(place.text, word) == 0);
        require(line[place.start] != ' ' && place.start < (size_t)(rest - line));
        require(words_rest(rest) - rest <= 1);
        free(place.text);
        free(word);
    }
    require(word == NULL);
    words_locate(line, strlen(line), &place);
    require((got == -1) == (place.quote != 0 || place.escaped));
    if (got == -1)
        require(place.index == index && (*rest == '\'' || *rest == '"' || *rest == '\\'));
    else if (place.start == strlen(line)) /* one is to begin */
        require(place.index == index && place.text[0] == '\0');
    else
        require(place.index + 1 == index);
    free(place.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = malloc(size + 1);

    require(line != NULL);
    memcpy(line, data, size);
    line[size] = '\0';
    check_line(line);
    free(line);
    return 0;
}
