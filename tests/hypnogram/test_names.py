"""Names and numbers of stages, row by row with the stage that each means."""

import numpy as np
import pytest

from mne_arousal import RecordingError
from mne_arousal.hypnogram import STAGES, hypnogram_to_stages, read_hypnogram
from mne_arousal.hypnogram.names import is_arousal, number_codes, stage_code

NAMES = {
    # Sleep-EDF (PhysioNet) and the EDF+ standard
    "Sleep stage W, Sleep stage 1, Sleep stage 2, Sleep stage 3, Sleep stage R": "W N1 N2 N3 R",
    "Sleep stage 4, Sleep stage ?, Movement time": "N3 ? ?",
    # AASM manual, version 3; Luna
    "W, N1, N2, N3, R": "W N1 N2 N3 R",
    "wake, NREM1, NREM2, NREM3, REM": "W N1 N2 N3 R",
    "Stage W, Stage N1, Stage - N2, Stage-N3, Stage R": "W N1 N2 N3 R",
    # Rechtschaffen & Kales 1968
    "Wakefulness, S1, S2, S3, S4, REM, MT": "W N1 N2 N3 N3 R ?",
    "Awake, Stage 1, Stage 2, Stage 4, REM sleep, Movement": "W N1 N2 N3 R ?",
    # NSRR (nsrr/edf-editor-translator)
    "Wake|0, Stage 1 sleep|1, Stage 2 sleep|2, Stage 3 sleep|3, Stage 4 sleep|4, REM sleep|5": (
        "W N1 N2 N3 N3 R"
    ),
    "Unscored|9, Movement|6": "? ?",
    # CAP Sleep Database (PhysioNet): RemLogic
    "SLEEP-S0, SLEEP-S1, SLEEP-S2, SLEEP-S3, SLEEP-S4, SLEEP-REM, SLEEP-MT": "W N1 N2 N3 N3 R ?",
    # BIDS data sets
    "sleep_wake, sleep_N1, Sleep_stage_N2, stage_N3, sleep_REM": "W N1 N2 N3 R",
    # a channel behind the label, as RemLogic's EDF+ has it
    "Sleep stage N2@@C3-M2, Sleep stage W@@": "N2 W",
    # Stanford STAGES
    "Wake, Stage1, Stage2, Stage3, REM, UnknownStage": "W N1 N2 N3 R ?",
    # Wonambi
    "NREM1, NREM2, NREM3, Artefact, Undefined": "N1 N2 N3 ? ?",
    # German, as DOMINO writes
    "Wach, Stadium 1, Stadium 2, Stadium 3, Rem, Schlafstadium N2, Bewegung": "W N1 N2 N3 R N2 ?",
    "Éveil, Stade 1, Stade N2, Sommeil paradoxal, Sommeil profond": "W N1 N2 R N3",
    "Vigilia, Fase 1, Fase 2, Sueño REM": "W N1 N2 R",
    "Veglia, Stadio 1, Stadio 2": "W N1 N2",
    "Wakker, Slaapstadium 2, REM-slaap": "W N2 R",
    "Deep sleep, SWS, Slow wave sleep": "N3 N3 N3",
}


@pytest.mark.parametrize(("names", "stages"), NAMES.items(), ids=[k.split(",")[0] for k in NAMES])
def test_names(names, stages):
    found = [stage_code(name) for name in names.split(", ")]
    expected = [-1 if s == "?" else STAGES.index(s) for s in stages.split()]
    assert found == expected


@pytest.mark.parametrize(
    "label",
    [
        *("0", "5", "Stimulus/S  1", "Light", "arousal", "Apnea", "lights off", "sleep onset"),
        *("NREM", "3", "", "BAD_segment", "Sleep stage", "Recording starts", "phase A"),
        *("Hypopnea|Hypopnea", "sleep spindle"),
    ],
)
def test_what_is_no_stage(label):
    assert stage_code(label) is None


NIGHT = [0, 0, 1, 2, 2, 3, 3, 2, 4, 4, 2, 1, 0, 2, 3, 2, 4, 1, 2, 4, 0]
DEEP = [0, 1, 2, 3, 4, 3, 4, 3, 2, 3, 4, 4, 3, 2, 0]


def test_rem_sleep_is_4_or_5():
    np.testing.assert_array_equal(number_codes(NIGHT), NIGHT)
    five = [5 if n == 4 else n for n in NIGHT]
    np.testing.assert_array_equal(number_codes(five), NIGHT)
    np.testing.assert_array_equal(
        number_codes([*DEEP, 2, 5, 5, 2, 5, 0]).tolist()[-6:], [2, 4, 4, 2, 4, 0]
    )
    assert number_codes([*DEEP, 2, 5])[4] == STAGES.index("N3")
    np.testing.assert_array_equal(number_codes([9, 6, -1, -2, 8, 2]), [-1, -1, -1, -1, -1, 2])


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (DEEP, "4 may be stage 4 or REM sleep.*rem_code=5"),
        ([*NIGHT, 5, 0, 5, 0], "neither 4 follows 3"),  # 4 is REM sleep, and 5 movement
        # PhysioNet's UCDDB: 0 W, 1 REM, 2 S1, 3 S2, 4 S3, 5 S4
        ([0, 2, 3, 4, 5, 4, 5, 4, 3, 4, 5, 4, 3, 1, 1], "neither 4 follows 3"),
        ([0, 1, 12], r"not \[12.0\]"),
    ],
)
def test_numbers_that_cannot_be_told_apart(numbers, message):
    with pytest.raises(RecordingError, match=message):
        hypnogram_to_stages(numbers)


def test_the_number_of_rem_sleep_is_given():
    found = read_hypnogram(DEEP, rem_code=5)
    assert "Sleep stage R" not in set(found.description)
    found = read_hypnogram(DEEP, rem_code=4)
    assert list(found.description).count("Sleep stage R") == DEEP.count(4)
    with pytest.raises(RecordingError, match="4 or 5"):
        read_hypnogram(DEEP, rem_code=3)


@pytest.mark.parametrize(
    ("label", "arousal"),
    [
        ("Arousal|Arousal ()", True),
        ("Spontaneous arousal|Arousal (Spontaneous)", True),
        ("Arousal (ARO RES)", True),
        ("EEG arousal", True),
        ("Weckreaktion", True),
        ("micro-éveil", True),
        ("RERA|Respiratory effort related arousal", True),
        ("MCAP-A1", False),
        ("no arousal", False),
        ("Sleep stage R", False),
    ],
)
def test_names_of_arousals(label, arousal):
    assert is_arousal(label) == arousal


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("Stage II", 2),
        ("Stadium III", 3),
        ("stage IV", 3),
        ("Wachphase", 0),
        ("Leichtschlaf 1", 1),
        ("Light sleep 2", 2),
        ("NonREM3", 3),
        ("SP", 4),
        ("II", None),  # of an ECG
    ],
)
def test_more_names(label, code):
    """Roman numerals after a word, and words of laboratories."""
    assert stage_code(label) == code
