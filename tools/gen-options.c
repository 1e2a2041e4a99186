/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gen-options: writes to standard output what is made from the table of options (src/app/gen.h):
 *
 *   gen-options bash|zsh|fish    a completion file
 *   gen-options man              the OPTIONS of the manual
 *   gen-options commands         its COMMANDS
 *   gen-options man PAGE         the whole page, both made anew
 */
#include <stdio.h>
#include <string.h>

#include "app/gen.h"

static const struct {
    const char *name;
    void (*write)(FILE *);
} parts[] = {
    {"man", gen_man},   {"commands", gen_man_commands}, {"bash", gen_bash}, {"zsh", gen_zsh},
    {"fish", gen_fish},
};

static int write_page(const char *path)
{
    FILE *in = fopen(path, "r");
    int result;

    if (in == NULL) {
        perror(path);
        return -1;
    }
    result = gen_man_page(in, stdout);
    if (result != 0)
        fprintf(stderr, "%s: the markers of OPTIONS or COMMANDS are missing\n", path);
    fclose(in);
    return result;
}

static int write_part(const char *name)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(parts[i].name, name) == 0) {
            parts[i].write(stdout);
            return 0;
        }
    }
    return -1;
}

int main(int argc, char **argv)
{
    int result = -1;

    if (argc == 2)
        result = write_part(argv[1]);
    else if (argc == 3 && strcmp(argv[1], "man") == 0)
        result = write_page(argv[2]);
    else
        fputs("usage: gen-options man [PAGE] | commands | bash | zsh | fish\n", stderr);
    return result == 0 && fflush(stdout) == 0 ? 0 : 1;
}
