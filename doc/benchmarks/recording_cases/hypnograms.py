"""Hypnograms of others."""

import datetime
import tempfile
from pathlib import Path

import mne
import numpy as np

from mne_arousal.hypnogram.reading import stages_of_raw
from mne_arousal.utils.errors import RecordingError
from mne_arousal.utils.notes import collect_notes

from .table import analyze, case, night, scored

KIND = "Hypnograms of others"
START = datetime.datetime(2020, 1, 1, 22, 13, tzinfo=datetime.UTC)
STAGES = np.repeat([0, 1, 2, 3, 2, 4, 2, 3, 2, 1, 0, 2, 4, 2, 0, 1], 5)
EPOCH = 30.0
N = len(STAGES)
AASM = ("W", "N1", "N2", "N3", "R")


def recording(date=START, skip: float = 0.0):
    """A recording that the stages fit, cropped by `skip` s."""
    raw = mne.io.RawArray(
        np.zeros((1, int(N * EPOCH * 10))), mne.create_info(["C3"], 10.0), verbose="error"
    )
    raw.set_meas_date(date)
    names = [AASM[code] for code in STAGES]
    raw.set_annotations(mne.Annotations(np.arange(N) * EPOCH, EPOCH, names, orig_time=date))
    return raw.crop(skip)


def written(text: str, name: str = "stages.csv", encoding: str = "utf-8") -> Path:
    """Write a file of stages."""
    path = Path(tempfile.mkdtemp(prefix="cases-")) / name
    path.write_bytes(text.encode(encoding))
    return path


def laid(given, raw=None, first=0, last=None, **options):
    """Lay stages on the recording and count the epochs from `first` to `last` that are wrong."""
    raw = recording() if raw is None else raw
    with collect_notes() as notes:
        try:
            found = stages_of_raw(given, raw, **options).stages
        except RecordingError as error:
            return None, f"refused: {error}"
    truth = STAGES[N - len(found) :]
    wrong = int((found != truth)[first:last].sum())
    said = "; a warning" if notes else ""
    return wrong, f"{wrong} of {len(truth[first:last])} epochs wrong{said}"


_NAMES = {
    "Sleep-EDF": [f"Sleep stage {s}" for s in "W123R"],
    "NSRR": ["Wake|0", "Stage 1 sleep|1", "Stage 2 sleep|2", "Stage 3 sleep|3", "REM sleep|5"],
    "CAP": ["SLEEP-S0", "SLEEP-S1", "SLEEP-S2", "SLEEP-S3", "SLEEP-REM"],
    "German": ["Wach", "Schlafstadium 1", "Schlafstadium 2", "Tiefschlaf", "REM-Schlaf"],
    "French": ["Éveil", "Stade 1", "Stade 2", "Sommeil profond", "Sommeil paradoxal"],
    "Italian": ["Veglia", "Stadio 1", "Stadio 2", "Stadio 3", "REM"],
    "Rechtschaffen & Kales in Roman": ["Wake", "Stage I", "Stage II", "Stage III", "REM"],
    "with @@channel": [f"Sleep stage {s}@@EEG C3" for s in ("W", "N1", "N2", "N3", "R")],
}
for _title, _labels in _NAMES.items():

    @case(KIND, f"names: {_title}", "all epochs right", "a table of names")
    def _names(labels=_labels):
        names = [labels[code] for code in STAGES]
        wrong, seen = laid(mne.Annotations(np.arange(N) * EPOCH, EPOCH, names))
        return wrong == 0, seen


@case(KIND, "names that nobody knows", "refused", "no name is guessed or dropped")
def _unknown_names():
    wrong, seen = laid(written("\n".join(["Foo", "Bar"] * (N // 2)), "stages.txt"))
    return wrong is None, seen.split(":")[0]


for _encoding in ("utf-16", "utf-16-le", "utf-8-sig", "latin-1"):

    @case(KIND, f"French names in {_encoding}", "all epochs right", "the encoding is told")
    def _encoded(encoding=_encoding):
        rows = [f"{i * 30},0;{_NAMES['French'][code]}" for i, code in enumerate(STAGES)]
        wrong, seen = laid(written("\n".join(["Onset;Stage", *rows]), encoding=encoding))
        return wrong == 0, seen


for _length in (1, 5, 10, 15):

    @case(KIND, f"a list of {_length} s epochs", "all epochs right, a warning", "the count tells")
    def _short_epochs(length=_length):
        wrong, seen = laid([AASM[code] for code in np.repeat(STAGES, 30 // length)])
        return wrong == 0 and "warning" in seen, seen


@case(KIND, "a list of 20 s epochs, `epoch_length=20`", "as given", "`epoch_length`")
def _given_length():
    epochs = np.arange(int(N * EPOCH / 20)) * 20
    names = [AASM[code] for code in STAGES[(epochs // 30)]]
    found = stages_of_raw(names, recording(), epoch_length=20).stages
    # an epoch of 20 s lies across every second border
    wrong = int((found != STAGES).sum())
    return wrong == 0, f"{wrong} of {N} epochs wrong"


@case(KIND, "numbers, 5 for REM sleep", "all epochs right", "the numbers tell, or are refused")
def _five_is_rem():
    wrong, seen = laid(np.where(STAGES == 4, 5, STAGES))
    return wrong == 0, seen


@case(
    KIND, "stages of the first half alone", "that half right, the other open; a warning", "coverage"
)
def _half():
    n = N // 2 - 3
    names = [AASM[code] for code in STAGES[:n]]
    wrong, seen = laid(mne.Annotations(np.arange(n) * EPOCH, EPOCH, names), last=n)
    with collect_notes():
        given = mne.Annotations(np.arange(n) * EPOCH, EPOCH, names)
        found = stages_of_raw(given, recording()).stages
    return wrong == 0 and (found[n:] == -1).all() and "warning" in seen, seen


@case(KIND, "times of the clock that begin 10 min later", "all epochs right", "both starts")
def _later():
    rows = [
        f"{START + datetime.timedelta(seconds=30 * i):%H:%M:%S}\t{AASM[STAGES[i]]}"
        for i in range(20, N)
    ]
    wrong, seen = laid(written("\n".join(["Time\tStage", *rows])), first=20)
    return wrong == 0, seen


@case(KIND, "stages of the night before", "refused, both dates in words", "both dates")
def _other_day():
    day = START - datetime.timedelta(days=1)
    names = [AASM[code] for code in STAGES]
    wrong, seen = laid(mne.Annotations(np.arange(N) * EPOCH, EPOCH, names, orig_time=day))
    return wrong is None and "1 January 2020" in seen and "31 December 2019" in seen, "refused"


for _date in (None, START, datetime.datetime(1925, 1, 1, 22, tzinfo=datetime.UTC)):
    _word = "no date" if _date is None else f"a date in {_date.year}"

    @case(KIND, f"its own annotations, cropped, {_word}", "all epochs right", "MNE's clock")
    def _own(date=_date):
        raw = recording(date, 300.0)
        wrong, seen = laid(raw.annotations, raw)
        return wrong == 0, seen


@case(KIND, "a hypnogram whose wake is our sleep", "no arousal in its wake", "what is given rules")
def _rules():
    given = [label.removeprefix("Sleep stage ") for label in _simulated()]
    given[30:50] = ["W"] * 20
    found, notes = analyze(night().raw, hypnogram=given)
    return scored(found, notes, outside=(900, 1500))


def _simulated():
    stages = night().hypnogram
    return np.repeat(stages.description, np.round(stages.duration / EPOCH).astype(int)).tolist()
