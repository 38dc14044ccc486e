"""Names of any kind in tables and on terminals."""

import json

import pytest

from mne_arousal.utils.errors import RecordingError
from mne_arousal.utils.text import (
    escape_json,
    names_cell,
    printable,
    read_table_cell,
    table_cell,
)

NAMES = (
    "C3-M2",
    "C3\t9",
    "C3\n9",
    "C3\r9",
    "\x1b[2J\x1b]0;owned\x07",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "'=1+1",
    "''=x",
    "'",
    "'a",
    "a\\tb",
    "C:\\x41",
    "\u202egnp.exe",
    "\x9b31m",
    "é,ü",
    "\ud800",
    "",
)


@pytest.mark.parametrize("name", NAMES)
def test_cells_can_be_read_back(name):
    """A cell is one cell, is no formula, and gives its text back."""
    cell = table_cell(name)
    assert cell.isprintable()
    assert not cell.startswith(("=", "+", "-", "@"))
    assert read_table_cell(cell) == name


@pytest.mark.parametrize("name", NAMES)
def test_json_keeps_its_value(name):
    """Escaped, a text of JSON says the same and holds no control character."""
    text = escape_json(json.dumps({"name": name}, ensure_ascii=False, indent=1))
    assert json.loads(text) == {"name": name}
    assert text.replace("\n", "").isprintable()


def test_names_are_told_apart():
    """A comma in a name is none between names; without names there is n/a."""
    assert names_cell(["C3,4", "O1"]) == "C3\\,4,O1"
    assert names_cell(["=C3", "O1"]) == "'=C3,O1"
    assert names_cell([]) == "n/a"


def test_errors_show_control_characters():
    """Whatever name an error quotes, a terminal only shows it."""
    assert str(RecordingError("has no \x1b[2J.", "a\nb")) == "a\\nb: has no \\x1b[2J."
    assert printable("a\nb\x1b", keep_newlines=True) == "a\nb\\x1b"
