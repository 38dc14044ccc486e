"""Times given back."""

import datetime
import tempfile
from pathlib import Path

import mne
import numpy as np

from mne_arousal import add_arousals, summarize

from .table import analyze, case, f1, night

KIND = "Times given back"
UTC = datetime.UTC
SKIP = 300.0
DATES = {
    "no date": None,
    "a date": datetime.datetime(2020, 1, 1, 22, 13, tzinfo=UTC),
    "a date in 1925": datetime.datetime(1925, 1, 1, 22, 13, tzinfo=UTC),
}


def _cropped(date):
    raw = night().raw.copy().set_meas_date(date)
    raw.set_annotations(mne.Annotations([SKIP + 50], [1], ["lights off"], orig_time=date))
    return raw.crop(SKIP)


for _title, _date in DATES.items():

    @case(KIND, f"cropped, {_title}: `add_arousals`", "onsets right, own marks stay", "MNE's clock")
    def _added(date=_date):
        raw = _cropped(date)
        found, _ = analyze(raw)
        raw = add_arousals(raw, found.annotations)
        times = raw.annotations.onset - raw.first_time
        is_arousal = raw.annotations.description == "arousal"
        same = np.allclose(times[is_arousal], found.arousals["onset"], atol=0.01)
        stayed = np.allclose(times[~is_arousal], 50.0, atol=0.01)
        score = f1(found, SKIP, (0.0, SKIP))
        return same and stayed and score > 0.9, f"F1 {score:.2f}"

    @case(KIND, f"cropped, {_title}: `summarize`", "the arousals of the table", "MNE's clock")
    def _summarized(date=_date):
        raw = _cropped(date)
        found, _ = analyze(raw)
        summary = summarize(found.annotations, found.stages, wake_clusters=found.wake_clusters)
        counted = int(summary["arousals"].iloc[0])
        hours = summary[summary["scope"] == "hour"]["arousals"].sum()
        right = counted == hours == len(found.arousals)
        return right, f"{counted} of {len(found.arousals)} counted, {hours} in hours"


@case(KIND, "concatenated halves", "onsets right", "marks at the seam are no signal")
def _joined():
    raw = night().raw
    first, second = raw.copy().crop(tmax=1200 - 1 / raw.info["sfreq"]), raw.copy().crop(1200)
    found, _ = analyze(mne.concatenate_raws([first, second], verbose="error"))
    score = f1(found)
    return score > 0.9, f"F1 {score:.2f}"


@case(
    KIND, "a date in 1925, written by the command", "all files, no traceback", "a date EDF can hold"
)
def _written():
    from mne_arousal.cli import main

    folder = Path(tempfile.mkdtemp(prefix="cases-"))
    raw = night().raw.copy().set_meas_date(DATES["a date in 1925"])
    raw.save(folder / "night_raw.fif", verbose="error")
    arguments = ["detect", folder / "night_raw.fif", "--output", folder / "out"]
    status = main([*map(str, arguments), "--features", "spectral", "--verbose", "error"])
    names = sorted(path.suffix for path in (folder / "out").iterdir())
    return not status and len(names) > 2, f"status {status or 0}, {len(names)} files"
