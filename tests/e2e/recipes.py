# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts that people write with other netcats: recipes_NAME.sh, run with any program under that name."""
import pathlib
import re

from support import namespace

HERE = pathlib.Path(__file__).resolve().parent
PRELUDE = """
listening() { until grep -qs ":$(printf %04X "$1") 0*:0000 0A" /proc/net/tcp /proc/net/tcp6; do :; done; }
bound() { until grep -qs ":$(printf %04X "$1") 0*:0000 07" /proc/net/udp /proc/net/udp6; do :; done; }
appears() { until grep -qs "$1" "$2"; do :; done; }
A=9001 B=9002 C=9003
exec 2>&1 </dev/null
"""


def read(name):
    """The recipes of recipes_NAME.sh: {name: (script, what it prints)}."""
    recipes = {}
    for part in re.split(r"^### ", (HERE / f"recipes_{name}.sh").read_text(), flags=re.M)[1:]:
        title, _, body = part.partition("\n")
        lines = body.splitlines(keepends=True)
        script = "".join(line for line in lines if not line.startswith("#> "))
        recipes[title.partition(":")[0]] = script, "".join(line[3:] for line in lines if line.startswith("#> "))
    return recipes


def run(program, directory, name, real, script):
    """What a recipe prints when `real` is found as `name`, in a network of its own and below `directory`."""
    tools, place = directory / "tools", directory / "place"
    tools.mkdir()
    place.mkdir()
    (tools / name).symlink_to(real)
    wrap = namespace(program)
    process = program(*wrap, "bash", "-c", f'PATH="{tools}:$PATH"\n{PRELUDE}{script}', cwd=place)
    return process.out.decode()
