# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user may expect at the prompt: scenarios that tests/e2e/compare puts other programs through as well."""
import pathlib
import re

import pytest

from scenarios import SCENARIOS, half_typed_line, history
from stage import POLLCAT_PROGRAM, PROGRAMS, Differs, Program, Stage
from support import SOURCE, need

CASES = [(scenario, columns) for scenario in SCENARIOS for columns in scenario.columns]
PAGE = pathlib.Path(SOURCE, "doc", "compare.md")


@pytest.fixture
def stage(tmp_path):
    """stage(PROGRAM, COLUMNS) is one to play a scenario on."""
    stages = []

    def make(program, columns=80, **how):
        stages.append(Stage(program, tmp_path, columns, **how))
        return stages[-1]

    yield make
    for each in stages:
        each.close()


@pytest.mark.parametrize("scenario, columns", CASES, ids=[f"{s.play.__name__}-{columns}" for s, columns in CASES])
def test_pollcat(scenario, columns, stage):
    scenario.play(stage(POLLCAT_PROGRAM, columns))


def test_another_program_can_be_as_good(stage):
    need("rlwrap")
    history(stage(next(program for program in PROGRAMS if program.name == "rlwrap nc")))


def test_another_program_can_fail(stage):
    need("nc")
    with pytest.raises(Differs, match="the screen:"):
        half_typed_line(stage(Program("nc", ["nc"], edits=False), patience=0.5))


def test_the_page_shows_these_scenarios():
    rows = re.findall(r"^\| (.+?) \| (.+?) \|", PAGE.read_text(), re.M)
    shown = {expectation: cell for expectation, cell in rows if expectation.endswith(".")}
    assert list(shown) == [scenario.expectation for scenario in SCENARIOS]
    assert all(cell.startswith("yes") for cell in shown.values())
