/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gen.h"

#include <ctype.h>
#include <string.h>

#include "app/mode.h"
#include "app/options.h"
#include "console/command.h"
#include "end/kind.h"

enum { KINDS = 256 /* bytes for their words */ };

static const char origin[] = "Made by tools/gen-options from src/app/option_rows.c; do not edit.";

static bool repeats(const struct option_row *row)
{
    return row->type == OPTION_COUNT || row->type == OPTION_TEXTS || row->value == VALUE_SOCKOPT;
}

/* The names of the modes, set apart by spaces. */
static void put_modes(FILE *out)
{
    const struct mode *m;

    for (size_t i = 0; (m = mode_row(i)) != NULL; i++)
        fprintf(out, "%s%s", i > 0 ? " " : "", m->name);
}

/* `text` with a backslash before each of `special`. */
static void put_escaped(FILE *out, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (strchr(special, *text) != NULL)
            putc('\\', out);
        putc(*text, out);
    }
}

/* The manual */

static void man_item(FILE *out, const struct option_row *row)
{
    const struct option_row *alias;

    fputs(".It", out);
    if (row->ch != 0)
        fprintf(out, " Fl %c ,", row->ch);
    fprintf(out, " Fl -%s", row->name);
    for (size_t i = 0; (alias = option_row(i)) != NULL; i++) {
        if (alias->alias != NULL && option_target(alias) == row)
            fprintf(out, " , Fl -%s", alias->name);
    }
    if (row->optional)
        fprintf(out, " Ns Oo = Ns Ar %s Oc", row->arg);
    else if (row->arg != NULL)
        fprintf(out, " Ar %s", row->arg);
    fprintf(out, "\n%s", row->doc);
}

void gen_man(FILE *out)
{
    enum option_group last = OPTION_GROUPS;
    const struct option_row *row;

    for (size_t i = 0; (row = option_row(i++)) != NULL;) {
        if (row->alias != NULL)
            continue;
        if (row->group != last)
            fprintf(out, "%s.Ss %s\n.Bl -tag -width Ds\n", last != OPTION_GROUPS ? ".El\n" : "",
                    option_group(row->group));
        last = row->group;
        man_item(out, row);
    }
    fputs(".El\n", out);
}

void gen_man_commands(FILE *out)
{
    const struct command *row;

    fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; (row = command_row(i)) != NULL; i++) {
        fputs(".It Cm ~", out);
        fputs(row->name, out);
        if (!isalpha((unsigned char)row->name[0]))
            fputs("\\& Ns", out);
        if (row->args != NULL)
            fprintf(out, " Ar \"%s\"", row->args);
        if (row->alias != NULL)
            fprintf(out, " , Cm ~%s\\&", row->alias);
        fprintf(out, "\n%s", row->doc);
    }
    fputs(".El\n", out);
}

static bool begins(const char *line, const char *mark)
{
    return strncmp(line, mark, strlen(mark)) == 0;
}

int gen_man_page(FILE *in, FILE *out)
{
    static const struct {
        const char *begin, *end;
        void (*write)(FILE *);
    } parts[] = {
        {".\\\" BEGIN OPTIONS", ".\\\" END OPTIONS", gen_man},
        {".\\\" BEGIN COMMANDS", ".\\\" END COMMANDS", gen_man_commands},
    };
    const size_t n = sizeof parts / sizeof parts[0];
    char line[1024];
    size_t next = 0;
    bool within = false;

    while (fgets(line, sizeof line, in) != NULL) {
        if (within && begins(line, parts[next].end)) {
            within = false;
            next++;
        }
        if (!within)
            fputs(line, out);
        if (!within && next < n && begins(line, parts[next].begin)) {
            parts[next].write(out);
            within = true;
        }
    }
    return next == n && !within ? 0 : -1;
}

/* bash */

/* "-p|--source-port" */
static void bash_pattern(FILE *out, const struct option_row *row)
{
    if (row->ch != 0)
        fprintf(out, "-%c | ", row->ch);
    fprintf(out, "--%s", row->name);
}

/* What completes the argument of a row, as a call of a function below. */
static void bash_value(FILE *out, const struct option_row *row)
{
    char words[256];

    switch (row->value) {
    case VALUE_MODE:
        fputs("_pollcat_take -W '", out);
        put_modes(out);
        fputs("'", out);
        break;
    case VALUE_WORDS:
        fprintf(out, "_pollcat_take -W '%s'", option_words(row, words, sizeof words));
        break;
    case VALUE_SOCKOPT:
        fputs("_pollcat_sockopts", out);
        break;
    case VALUE_FILE:
        fputs("_pollcat_files", out);
        break;
    case VALUE_END:
        fprintf(out, "_pollcat_take -W '%s'", option_words(row, words, sizeof words));
        break;
    case VALUE_HOST:
        fputs("_pollcat_take -A hostname", out);
        break;
    case VALUE_PORT:
        fputs("_pollcat_take -A service", out);
        break;
    case VALUE_ANY:
        break;
    }
}

/* The cases of the word before: what completes each argument; those that nothing completes in one. */
static void bash_cases(FILE *out)
{
    const struct option_row *row;
    const char *between = "    ";

    for (size_t i = 0; (row = option_row(i++)) != NULL;) {
        if (row->arg == NULL || row->optional || row->value == VALUE_ANY)
            continue;
        fputs("    ", out);
        bash_pattern(out, row);
        fputs(")\n        ", out);
        bash_value(out, row);
        fputs("\n        return\n        ;;\n", out);
    }
    for (size_t i = 0; (row = option_row(i++)) != NULL;) {
        if (row->arg == NULL || row->optional || row->value != VALUE_ANY)
            continue;
        fputs(between, out);
        bash_pattern(out, row);
        between = " | ";
    }
    fputs(")\n        return\n        ;;\n", out);
}

static const char bash_head[] =
    "# shellcheck shell=bash\n"
    "\n"
    "_pollcat_take()\n"
    "{\n"
    "    mapfile -t COMPREPLY < <(compgen \"$@\" -- \"$cur\")\n"
    "}\n"
    "\n"
    "_pollcat_files()\n"
    "{\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    _pollcat_take -f\n"
    "}\n"
    "\n"
    "_pollcat_sockopts()\n"
    "{\n"
    "    compopt -o nospace 2>/dev/null\n"
    "    _pollcat_take -W \"$(\"${COMP_WORDS[0]}\" --list-sockopts 2>/dev/null | sed 's/[= ].*//')\"\n"
    "}\n"
    "\n"
    "_pollcat_end() # KIND:REST is one word, or three\n"
    "{\n"
    "    local kind rest=$cur before='' action\n"
    "\n"
    "    if [[ $cur == ':' ]]; then\n"
    "        kind=$prev rest=''\n"
    "    elif [[ $prev == ':' && $COMP_CWORD -gt 1 ]]; then\n"
    "        kind=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    else\n"
    "        kind=${cur%%:*} rest=${cur#*:} before=$kind:\n"
    "    fi\n"
    "    case $kind in\n";

static const char bash_kinds_end[] =
    "    *)\n"
    "        return 1\n"
    "        ;;\n"
    "    esac\n"
    "    mapfile -t COMPREPLY < <(compgen -P \"$before\" -A \"$action\" -- \"$rest\")\n"
    "}\n"
    "\n";

static const char bash_begin[] =
    "_pollcat()\n"
    "{\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} word\n"
    "\n"
    "    COMPREPLY=()\n"
    "    if [[ $cur == '=' ]]; then # --name=VALUE comes as three words\n"
    "        cur=\n"
    "    elif [[ $prev == '=' && $COMP_CWORD -gt 1 ]]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    [[ $cur$prev != *:* ]] || ! _pollcat_end || return\n"
    "    case $prev in\n";

static const char bash_operands[] = "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                                    "        case $word in\n"
                                    "        --unixsock | --seqpacket | -[!-]*U* | -U*)\n"
                                    "            _pollcat_files\n"
                                    "            return\n"
                                    "            ;;\n"
                                    "        esac\n"
                                    "    done\n"
                                    "    _pollcat_take -A hostname -W '";

static const char bash_end[] = "'\n"
                               "}\n"
                               "\n"
                               "complete -F _pollcat pollcat\n";

/* What is to be done for the kinds of ends that are followed by a `what`. */
static void bash_kind(FILE *out, const char *what, const char *action)
{
    char kinds[KINDS];

    fprintf(out, "    %s)\n        %s\n        ;;\n", end_list_of(kinds, sizeof kinds, what, " | "), action);
}

void gen_bash(FILE *out)
{
    const struct option_row *row;
    char kinds[KINDS];

    fprintf(out, "# SPDX-License-Identifier: GPL-3.0-or-later\n# %s\n%s", origin, bash_head);
    bash_kind(out, "PATH", "compopt -o filenames 2>/dev/null\n        action='file'");
    bash_kind(out, "COMMAND", "action='command'");
    bash_kind(out, "HOST", "action='hostname'");
    fprintf(out, "%s%s", bash_kinds_end, bash_begin);
    bash_cases(out);
    fputs("    esac\n    if [[ $cur == -* ]]; then\n        _pollcat_take -W '", out);
    for (size_t i = 0, n = 0; (row = option_row(i++)) != NULL; n++) {
        if (row->ch != 0)
            fprintf(out, "%s-%c", n > 0 ? " " : "", row->ch);
        fprintf(out, "%s--%s", n > 0 || row->ch != 0 ? " " : "", row->name);
    }
    fprintf(out, "'\n        return\n    fi\n%s%s%s", bash_operands,
            end_list_words(kinds, sizeof kinds, false), bash_end);
}

/* zsh */

/* Within single quotes, in which nothing is escaped. */
static void zsh_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr(":[]", *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            putc(*text, out);
    }
}

static void zsh_value(FILE *out, const struct option_row *row)
{
    char words[256];

    fputs(row->optional ? "::" : ":", out);
    zsh_text(out, row->arg);
    fputs(":", out);
    switch (row->value) {
    case VALUE_MODE:
        fputs("(", out);
        put_modes(out);
        fputs(")", out);
        break;
    case VALUE_WORDS:
        fprintf(out, "(%s)", option_words(row, words, sizeof words));
        break;
    case VALUE_SOCKOPT:
        fputs("_pollcat_sockopts", out);
        break;
    case VALUE_FILE:
        fputs("_files", out);
        break;
    case VALUE_END:
        fputs("_pollcat_to", out);
        break;
    case VALUE_HOST:
        fputs("_hosts", out);
        break;
    case VALUE_PORT:
        fputs("_ports", out);
        break;
    case VALUE_ANY:
        fputs(" ", out);
        break;
    }
}

static void zsh_row(FILE *out, const struct option_row *named)
{
    const struct option_row *row = option_target(named);
    const char *plus = row->arg != NULL ? "+" : "";
    const char *equals = row->optional ? "=-" : row->arg != NULL ? "=" : "";

    fputs("        ", out);
    if (named->ch != 0 && repeats(row))
        fprintf(out, "'*'{-%c%s,--%s%s}'", named->ch, plus, named->name, equals);
    else if (named->ch != 0)
        fprintf(out, "'(-%c --%s)'{-%c%s,--%s%s}'", named->ch, named->name, named->ch, plus, named->name,
                equals);
    else
        fprintf(out, "'%s--%s%s", repeats(row) ? "*" : "", named->name, equals);
    fputs("[", out);
    zsh_text(out, row->help);
    fputs("]", out);
    if (row->arg != NULL)
        zsh_value(out, row);
    fputs("' \\\n", out);
}

static const char zsh_head[] =
    "_pollcat_sockopts()\n"
    "{\n"
    "    local -a names\n"
    "\n"
    "    names=(${(f)\"$(${words[1]} --list-sockopts 2>/dev/null | sed 's/[= ].*//')\"})\n"
    "    compadd -S = -q -a names\n"
    "}\n"
    "\n"
    "_pollcat_end()\n"
    "{\n";

static const char zsh_address[] = "    else\n"
                                  "        return 1\n"
                                  "    fi\n"
                                  "}\n"
                                  "\n"
                                  "_pollcat_to()\n"
                                  "{\n"
                                  "    _pollcat_end || compadd -S '' -- ";

static const char zsh_operand[] = "\n"
                                  "}\n"
                                  "\n"
                                  "_pollcat_address()\n"
                                  "{\n"
                                  "    if (( ${words[(I)(-[^-]#U*|--unixsock|--seqpacket)]} )); then\n"
                                  "        _files\n"
                                  "    elif ! _pollcat_end; then\n"
                                  "        compadd -S '' -- ";

static const char zsh_body[] = "\n"
                               "        _hosts\n"
                               "    fi\n"
                               "}\n"
                               "\n"
                               "_pollcat()\n"
                               "{\n"
                               "    setopt local_options extended_glob\n"
                               "    _arguments -s -S \\\n";

static void zsh_kind(FILE *out, const char *if_, const char *what, const char *action)
{
    char kinds[KINDS];

    fprintf(out, "    %s compset -P '(%s):'; then\n        %s\n", if_,
            end_list_of(kinds, sizeof kinds, what, "|"), action);
}

void gen_zsh(FILE *out)
{
    const struct option_row *row;
    char kinds[KINDS];

    fprintf(out, "#compdef pollcat\n# SPDX-License-Identifier: GPL-3.0-or-later\n# %s\n\n%s", origin,
            zsh_head);
    zsh_kind(out, "if", "PATH", "_files");
    zsh_kind(out, "elif", "COMMAND", "_command_names -e");
    zsh_kind(out, "elif", "HOST", "_hosts");
    fprintf(out, "%s%s -%s", zsh_address, end_list_words(kinds, sizeof kinds, true), zsh_operand);
    fprintf(out, "%s%s", end_list_words(kinds, sizeof kinds, false), zsh_body);
    for (size_t i = 0; (row = option_row(i++)) != NULL;)
        zsh_row(out, row);
    fputs("        '1:address:_pollcat_address' \\\n        '*:port:_ports'\n}\n\n_pollcat \"$@\"\n", out);
}

/* fish */

static void fish_value(FILE *out, const struct option_row *row)
{
    char words[256];

    switch (row->value) {
    case VALUE_MODE:
        fputs(" -x -a '", out);
        put_modes(out);
        fputs("'", out);
        break;
    case VALUE_WORDS:
        fprintf(out, " -x -a '%s'", option_words(row, words, sizeof words));
        break;
    case VALUE_SOCKOPT:
        fputs(" -x -a '(pollcat --list-sockopts 2>/dev/null | string replace -r \"[= ].*\" \"\")'", out);
        break;
    case VALUE_FILE:
        fputs(" -r -F", out);
        break;
    case VALUE_END:
        fprintf(out, " -x -a '(__pollcat_end %s)'", option_words(row, words, sizeof words));
        break;
    case VALUE_HOST:
        fputs(" -x -a '(__fish_print_hostnames)'", out);
        break;
    case VALUE_PORT:
    case VALUE_ANY:
        fputs(" -x", out);
        break;
    }
}

static const char fish_end[] = "function __pollcat_end\n"
                               "    set -l word (commandline -ct | string replace -r '^--[^=]*=' '')\n"
                               "    set -l kind (string split -m 1 : -- $word)[1]\n"
                               "    set -l rest (string split -m 1 : -- $word)[2]\n"
                               "    if not string match -q '*:*' -- $word\n"
                               "        string join \\n -- $argv\n"
                               "    else if contains -- $kind ";

void gen_fish(FILE *out)
{
    static const char is_unix[] = "__fish_contains_opt -s U unixsock seqpacket";
    char kinds[KINDS];
    const struct option_row *named;

    fprintf(out, "# SPDX-License-Identifier: GPL-3.0-or-later\n# %s\n\n", origin);
    fprintf(out, "%s%s\n        __fish_complete_path $rest | string replace -r '^' $kind:\n", fish_end,
            end_list_of(kinds, sizeof kinds, "PATH", " "));
    fprintf(
        out,
        "    else if contains -- $kind %s\n        __fish_print_hostnames | string replace -r '^' $kind:\n",
        end_list_of(kinds, sizeof kinds, "HOST", " "));
    fprintf(out,
            "    else if contains -- $kind %s\n        complete -C $rest | string replace -r '^' $kind:\n",
            end_list_of(kinds, sizeof kinds, "COMMAND", " "));
    fprintf(out, "    end\nend\n\ncomplete -c pollcat -f\n");
    fprintf(out, "complete -c pollcat -n '%s' -F\n", is_unix);
    fprintf(out, "complete -c pollcat -n 'not %s' -a '(__fish_print_hostnames) (__pollcat_end %s)'\n",
            is_unix, end_list_words(kinds, sizeof kinds, false));
    for (size_t i = 0; (named = option_row(i++)) != NULL;) {
        const struct option_row *row = option_target(named);

        fputs("complete -c pollcat", out);
        if (named->ch != 0)
            fprintf(out, " -s %c", named->ch);
        fprintf(out, " -l %s", named->name);
        if (row->arg != NULL && !row->optional)
            fish_value(out, row);
        fputs(" -d '", out);
        put_escaped(out, row->help, "'\\");
        fputs("'\n", out);
    }
}
