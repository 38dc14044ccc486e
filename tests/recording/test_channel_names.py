"""Every name in the table of the guide has the role that stands there."""

import re
from pathlib import Path

import pytest

from mne_arousal.recording.channel_names import (
    ROLES,
    Derivation,
    guess_role,
    is_chin,
    net_channels,
    parse_derivation,
    short_name,
)

GUIDE = Path(__file__).parents[2] / "doc" / "guide" / "channels.md"


def rows():
    """Yield name and role of each name in the guide's table."""
    table = GUIDE.read_text(encoding="utf-8").partition("## Names")[2].partition("## Roles")[0]
    source = ""
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 3 or cells[1] in ("Role", "---"):
            continue
        source = cells[0] or source
        for name in re.findall("`([^`]+)`", cells[2]):
            yield pytest.param(name, cells[1], id=f"{source}: {name}")


@pytest.mark.parametrize(("name", "role"), list(rows()))
def test_names_of_the_guide(name, role):
    """A name of the table has its role, in capitals too."""
    expected = None if role == "unknown" else role
    assert guess_role(name) == expected
    assert guess_role(name.upper()) == expected


def test_guide_lists_all_roles():
    """The guide's last table is the program's."""
    table = GUIDE.read_text(encoding="utf-8").partition("## Roles")[2]
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, flags=re.M)) == ROLES


@pytest.mark.parametrize(
    "name", ["C3-M2", "C3:M2", "C3/M2", "C3_M2", "C3 M2", "C3M2", "EEG C3-M2", "C3 - M2"]
)
def test_signs_of_a_derivation(name):
    """All ways to write a derivation are the same one."""
    assert parse_derivation(name) == Derivation("c3", "m2")


@pytest.mark.parametrize(
    ("name", "derivation", "short"),
    [
        ("EEG C3-Ref", Derivation("c3", None), "C3"),
        ("C3-Fpz", Derivation("c3", "fpz"), "C3"),
        ("EEG C3-CLE", Derivation("c3", "ears"), "C3"),
        ("M1-Ref", Derivation("m1", None), "M1"),
        ("EOG LOC-A2", Derivation("loc", "a2"), "LOC"),
        ("Left Eye", Derivation("lefteye", None), "Left Eye"),
        ("EOG horizontal", None, "horizontal"),
        ("L Chin", None, "L Chin"),
    ],
)
def test_electrode_and_reference(name, derivation, short):
    """What a name states; a reference that all share is none of its own."""
    assert parse_derivation(name) == derivation
    assert short_name(name) == short


def test_chin_is_told_from_other_muscle():
    """Only names that say chin are chin."""
    assert all(map(is_chin, ["Chin", "EMG submental", "EMG mentalis", "Kinn", "1-2"]))
    assert not any(map(is_chin, ["EMG", "EMG1", "EMG FDS L", "masseter"]))


def test_nets_are_no_ears_and_no_eyes():
    """Many A's are BioSemi's electrodes, many E's are EGI's, and a few are ears and eyes."""
    biosemi = [f"{letter}{i}" for letter in "AB" for i in range(1, 33)]
    assert net_channels([*biosemi, "EXG1"]) == set(biosemi)
    assert len(net_channels([f"E{i}" for i in range(1, 129)])) == 128
    assert net_channels(["C3", "C4", "A1", "A2", "E1", "E2"]) == set()
