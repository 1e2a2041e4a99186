#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Fails when a generated part that is kept in the source tree is not what tools/gen-options makes of the table of
# options. POLLCAT_SRC is the source tree, GEN_OPTIONS the built tool; `make generate` mends it.
set -u

src=${POLLCAT_SRC:-$(dirname "$0")/../..}
gen=${GEN_OPTIONS:-tools/gen-options}
failed=0
made=$(mktemp) || exit 99
trap 'rm -f "$made"' EXIT

# step FILE ARGUMENT...: FILE is what the tool prints for these arguments
step() {
    file=$1
    shift
    if ! "$gen" "$@" >"$made"; then
        echo "$gen $* failed" >&2
        failed=1
    elif ! cmp -s "$made" "$file"; then
        echo "$file is out of step with src/app/options.c; run 'make generate'" >&2
        diff -u "$file" "$made" >&2
        failed=1
    fi
}

step "$src/doc/pollcat.1" man "$src/doc/pollcat.1"
step "$src/completions/pollcat.bash" bash
step "$src/completions/_pollcat" zsh
step "$src/completions/pollcat.fish" fish
exit "$failed"
