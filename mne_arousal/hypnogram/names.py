"""Names and numbers of sleep stages, as manuals, programs and data sets write them.

The names come from the manual of the AASM, that of Rechtschaffen & Kales, the EDF+ standard, NSRR's
XML, the CAP Sleep Database, RemLogic, DOMINO, Wonambi, YASA and Luna.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np

from ..utils.errors import RecordingError
from ..utils.privacy import known_words
from .codes import UNSCORED

_W, _N1, _N2, _N3, _R = range(5)
_NAMES = {
    _W: (
        "w wake awake wakefulness wakening stage0 s0 stw "
        "wach wachzustand wachheit wachphase "
        "eveil eveille veille "
        "vigilia despierto vigilancia acordado veglia sveglio wakker waak"
    ),
    _N1: "n1 s1 st1 nrem1 stage1 nonrem1 leichtschlaf1 lightsleep1",
    _N2: "n2 s2 st2 nrem2 stage2 nonrem2 leichtschlaf2 lightsleep2",
    _N3: (
        "n3 n4 s3 s4 st3 st4 nrem3 nrem4 nonrem3 nonrem4 stage3 stage4 s3/4 s3/s4 s34 n3/n4 sws "
        "slowwave slow-wave deep tief tiefschlaf profond profondo profundo diep diepe delta"
    ),
    _R: (
        "r rem str s5 stage5 stager remsleep traum traumschlaf paradoxal paradoxe paradoja mor "
        "paradossale remslaap sp"
    ),
    UNSCORED: (
        "? u m mt move movement movementtime mvt unknown unknownstage unscored undefined "
        "notscored undef art artefact artifact artefakt uns nd a bewegung unbekannt mouvement "
        "nonscore movimiento movimento beweging none n/a na x unsure nostage"
    ),
}
_CODES = {name: code for code, names in _NAMES.items() for name in names.split()}
# Bare digits are stages only after a word such as "sleep stage": elsewhere they are triggers.
_NUMBERED = {"0": _W, "1": _N1, "2": _N2, "3": _N3, "4": _N3, "5": _R}
_ROMAN = {"i": _N1, "ii": _N2, "iii": _N3, "iv": _N3}  # as Rechtschaffen & Kales, after such a word
_UNSCORED_NUMBERS = (-3, -2, -1, 6, 8, 9)  # NSRR: 6 movement, 9 unscored; BIDS: 8; YASA: -1, -2
_WORD = (
    r"sleep|stage|stages|stg|schlaf|schlafstadium|stadium|stade|sommeil|sueno|fase|estadio|etapa|"
    r"stadio|sonno|slaap|slaapstadium|phase|hypnogram|fso|nox"
)
_PREFIX = re.compile(rf"^(?:{_WORD})\b\s*")
_SUFFIX = re.compile(rf"\s*\b(?:{_WORD})$")
_GLUED = re.compile(r"^(?:stage|stadium|stade|fase|stadio)(?=\d$)")
_STAGE_LIKE = re.compile(rf"\b(?:{_WORD}|rem|nrem|wake|light|deep)\b")
_NO_STAGE = re.compile(
    r"arous|apnea|apnoea|hypopn|onset|start|end|light(s)? o|spindle|recording|position|desat|limb"
)
KNOWN = "'W', 'N1', 'N2', 'N3', 'R' (or 'REM'), 'Sleep stage 2', '?' and the like"


# Words of events that programs for sleep write; what stands beside them may be anything.
_EVENT_WORDS = """
    asleep awake awakening arousal aro res spont apnea apnoea hypopnea hypopnoea artifact bad
    bathroom body body central channel clip comment cough desaturation desat disconnected drift
    duration edge edges eeg effort end event events eye eyes flow gap heart impedance k kcomplex
    complex left leg lights limb loose mark marker micro mixed montage movement note obstructive
    off on onset patient periodic pause phase plm position prone rate recording related rera
    respiratory right room segment signal slow snore spindle spontaneous start stop supine talking
    technician time trace unscored upright video wave
"""
_SHOWN_WORDS = {
    *re.findall(r"\w+", " ".join([*_NAMES.values(), _WORD, _EVENT_WORDS])),
    *("light", "lights", "spo2", "rem", "nrem", "sleep", "stage"),
    *(a + b for a in "abcdefghijklmnopqrstuvwxyz" for b in ("", *"0123456789")),
}


def shown(label: str) -> str:
    """Quote a label, or another cell of a file, without what may tell who it is of.

    Parameters
    ----------
    label : str
        As it stands in a file.

    Returns
    -------
    text : str
        In quotes; ``...`` stands for words that are of no stage or event.
    """
    return repr(known_words(str(label)[:200], _SHOWN_WORDS)[:40])


def simplify(label: str) -> str:
    """Put a label into lower case without accents, separators, channel and number.

    Parameters
    ----------
    label : str
        As it stands in a file: ``"Stage 2 sleep|2"``, ``"SLEEP-S2"``, ``"Sleep_stage_N2@@EEG"``.

    Returns
    -------
    label : str
        Words separated by single spaces.
    """
    text = str(label).split("@@", 1)[0].split("|", 1)[0]
    text = unicodedata.normalize("NFKD", text).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c))
    return re.sub(r"[\s_\-:;,.\"']+", " ", text.replace("\x00", "")).strip()


@lru_cache(maxsize=4096)  # a night repeats a dozen labels a thousand times
def stage_code(label: str) -> int | None:
    """Return the stage that a label names.

    Parameters
    ----------
    label : str
        Label.

    Returns
    -------
    code : int | None
        Index into ``STAGES``, ``UNSCORED``, or None for what is no stage. Bare digits are none.
    """
    name = simplify(label)
    if len(name) > 40:
        return None
    bare = _GLUED.sub("", name)
    for _ in range(3):  # "sleep stage 2", "stage 2 sleep"
        bare = _SUFFIX.sub("", _PREFIX.sub("", bare))
    if bare != name and bare in (numbered := _NUMBERED | _ROMAN):
        return numbered[bare]
    if bare != name and bare in ("a", "x"):  # DOMINO's artifact, but phase A is CAP's
        return None
    return _CODES.get(re.sub(r"[ ]", "", bare) or name)


def is_stage_like(label: str) -> bool:
    """Tell whether a label that is not known may be the name of a stage.

    Parameters
    ----------
    label : str
        Label.

    Returns
    -------
    stage_like : bool
        Whether it holds a word such as "stage" or "sleep", and none of an event.
    """
    name = simplify(label)
    return bool(_STAGE_LIKE.search(name)) and not _NO_STAGE.search(name)


def is_number(label: str) -> bool:
    """Tell whether a label is a whole number, with or without zeros behind the point."""
    return re.fullmatch(r"\s*[+-]?\d{1,3}([.,]0*)?\s*", str(label)) is not None


def label_codes(labels: list[str], *, rem_code: int | None = None) -> list[int | None]:
    """Return the stage of each entry of a list that holds stages alone.

    Parameters
    ----------
    labels : list of str
        Names, or numbers, or names for wake and REM sleep and numbers for the others.
    rem_code : int | None
        The number of REM sleep, 4 or 5. None tells it by the numbers.

    Returns
    -------
    codes : list of int | None
        None for what is no stage.

    Raises
    ------
    RecordingError
        If numbers can't be told apart.
    """
    codes = [stage_code(label) for label in labels]
    numbers = [is_number(label) for label in labels]
    if all(numbers):
        return list(number_codes([_whole(label) for label in labels], rem_code=rem_code))
    if all(code is not None or number for code, number in zip(codes, numbers, strict=True)):
        return [
            code if code is not None else _NUMBERED.get(str(_whole(label)))
            for code, label in zip(codes, labels, strict=True)
        ]
    return codes


def _whole(label: str) -> int:
    return round(float(str(label).replace(",", ".")))


def number_codes(numbers, *, rem_code: int | None = None) -> np.ndarray:
    """Turn numbers into codes of stages.

    Two ways to number stages are common. 0 to 4 with 4 for REM sleep (YASA, Visbrain, BIDS data
    sets), and 0 to 5 with 4 for stage 4 and 5 for REM sleep (Rechtschaffen & Kales, NSRR,
    Profusion, Elan). A 5 tells the second; a 4 that comes out of and returns to 3 is stage 4.

    Parameters
    ----------
    numbers : array-like of int, shape (n_epochs,)
        Numbers of stages.
    rem_code : int | None
        The number of REM sleep, 4 or 5. None tells it by the numbers.

    Returns
    -------
    codes : array of int, shape (n_epochs,)
        Indices into ``STAGES``; ``UNSCORED`` for -3 to -1, 6, 8 and 9.

    Raises
    ------
    RecordingError
        If there are other numbers, or they can't be told apart.
    """
    numbers = np.asarray(numbers, dtype=float)
    known = np.isin(numbers, [*range(6), *_UNSCORED_NUMBERS])
    if not known.all():
        bad = ["..." if abs(x) >= 1000 else x for x in np.unique(numbers[~known])[:5].tolist()]
        raise RecordingError(
            "Stages are 0 W, 1 N1, 2 N2, 3 N3, 4 R or -1 unscored, or 0 to 4 and 5 R as "
            f"Rechtschaffen & Kales number them, not {bad}. Write names instead: {KNOWN}."
        )
    numbers = numbers.astype(int)
    if rem_code is None:
        rem_code = _find_rem_code(numbers)
    elif rem_code not in (4, 5):
        raise RecordingError(f"rem_code is 4 or 5, not {rem_code!r}.")
    table = {0: _W, 1: _N1, 2: _N2, 3: _N3, rem_code: _R}
    if rem_code == 5:
        table[4] = _N3
    return np.array([table.get(int(n), UNSCORED) for n in numbers], dtype=int)


def _find_rem_code(numbers: np.ndarray) -> int:
    four, five = (numbers == 4).any(), (numbers == 5).any()
    if not four:
        return 5 if five else 4
    deep = _joins(numbers, 4, 3)
    if not five:
        if deep:
            raise RecordingError(
                "The number 4 follows and precedes 3 as stage 4 of Rechtschaffen & Kales does, and "
                "there is no 5 for REM sleep: 4 may be stage 4 or REM sleep. Say which by "
                f"read_hypnogram(..., rem_code=5) or rem_code=4, or write names: {KNOWN}."
            )
        return 4
    if _joins(numbers, 5, 4) or (not deep and _n_runs(numbers, 4) >= _FEWEST_RUNS):
        raise RecordingError(
            "Stages are numbered from 0 to 5, but neither 4 follows 3 as stage 4 does nor is 5 "
            "apart from 4 as REM sleep is. Say what the number of REM sleep is by "
            f"read_hypnogram(..., rem_code=4) or rem_code=5, or write names: {KNOWN}."
        )
    return 5


_FEWEST_RUNS = 3  # one or two runs may follow anything


def _n_runs(numbers, number) -> int:
    return int((np.diff(np.r_[0, numbers == number].astype(int)) == 1).sum())


def _joins(numbers, number, other) -> bool:
    """Tell whether runs of a number mostly come out of, and go back to, another one."""
    runs = numbers[np.r_[True, np.diff(numbers) != 0]]
    at = np.flatnonzero(runs == number)
    if len(at) < _FEWEST_RUNS:
        return False
    before, after = runs[at[at > 0] - 1], runs[at[at < len(runs) - 1] + 1]
    return 2 * ((before == other).sum() + (after == other).sum()) > len(before) + len(after)


_AROUSAL = re.compile(r"arous|weckreaktion|micro ?eveil|microdespert|micro ?risvegl|\baro\b")
_NO_AROUSAL = re.compile(r"no arous|non arous|without arous|index|stim")


def is_arousal(label: str) -> bool:
    """Tell whether a label names an arousal, in the languages that are known.

    Parameters
    ----------
    label : str
        Label.

    Returns
    -------
    arousal : bool
        Whether it does.
    """
    name = simplify(label)
    if "|" in str(label):
        name += " " + simplify(str(label).split("|", 1)[1])
    return bool(_AROUSAL.search(name)) and not _NO_AROUSAL.search(name)
