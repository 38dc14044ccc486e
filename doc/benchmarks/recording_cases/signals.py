"""When a signal may be believed."""

import mne
import numpy as np

from mne_arousal import BodyTransformer, PSGWindower
from mne_arousal.recording.pieces import PausedRaw

from .table import analyze, case, changed, clean, night, scored

KIND = "When a signal may be believed"
DONE = (
    "a validity mask of each channel over time; what is invalid is no sleep, no event, no baseline"
)
START, STOP = 900, 1500  # s


def _noise(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def _spoiled(make, channels=slice(0, 2)):
    def change(data, rate):
        t = np.arange((STOP - START) * rate) / rate
        part = data[channels, START * rate : STOP * rate]
        part[:] = make(t, part)

    return changed(change)


_EEG_FAULTS = (
    ("zeros", lambda t, x: 0.0, "flat"),
    ("an offset of 300 µV", lambda t, x: 3e-4, "flat"),
    ("noise of 0.1 µV", lambda t, x: 1e-7 * _noise(x.shape), "noise"),
    ("noise of 0.5 µV", lambda t, x: 5e-7 * _noise(x.shape), "noise"),
    ("50 Hz alone", lambda t, x: 5e-5 * np.sin(100 * np.pi * t) + 1e-7 * _noise(x.shape), "mains"),
    ("60 Hz alone", lambda t, x: 5e-5 * np.sin(120 * np.pi * t) + 1e-7 * _noise(x.shape), "mains"),
    ("a loose lead, 2 mV", lambda t, x: 2e-3 * _noise(x.shape), "loose"),
    ("clipped swings", lambda t, x: np.clip(9e-3 * np.sin(9 * t + 0 * x), -1e-3, 1e-3), "clipped"),
    ("NaN", lambda t, x: np.nan, "gap"),
)
for _title, _make, _told in _EEG_FAULTS:

    @case(KIND, f"10 min of {_title} in all EEG", "no event, no sleep there; a note", DONE)
    def _all_eeg(make=_make, told=_told):
        found, notes = analyze(_spoiled(make))
        right, seen = scored(found, notes, outside=(START, STOP), told=told)
        return right and found.sleep_hours < clean().sleep_hours - 0.1, seen

    @case(KIND, f"10 min of {_title} in one of two EEG", "as the clean night; a note", DONE)
    def _one_lead(make=_make, told=_told):
        found, notes = analyze(_spoiled(make, slice(0, 1)))
        right, seen = scored(found, notes, told=told)
        return right and abs(found.sleep_hours - clean().sleep_hours) < 0.03, seen


for _text in ("BAD_artifact", "bad", "Bad boundary"):

    @case(KIND, f"10 min marked {_text!r}", "no event, no sleep there; a note", DONE)
    def _marked(text=_text):
        raw = changed(lambda data, rate: None)
        raw.set_annotations(mne.Annotations([START], [STOP - START], [text]))
        found, notes = analyze(raw)
        return scored(found, notes, outside=(START, STOP), told="marked BAD")


@case(KIND, "10 min marked bad for one of two EEG", "as the clean night; a note", DONE)
def _marked_channel():
    raw = changed(lambda data, rate: None)
    raw.set_annotations(
        mne.Annotations([START], [STOP - START], ["bad lead"], ch_names=[raw.ch_names[:1]])
    )
    found, notes = analyze(raw)
    return scored(found, notes, told="marked BAD")


@case(
    KIND, "a pause of 5 min", "onsets after it on the recording's clock; a note", "NaN in its place"
)
def _paused():
    raw = night().raw
    rate, cut, on = int(raw.info["sfreq"]), 1200, 1500
    keep = np.r_[: cut * rate, on * rate : raw.n_times]
    joined = mne.io.RawArray(raw.get_data()[:, keep], raw.info.copy(), verbose="error")
    pieces = [(0, 0, cut * rate), (on * rate, cut * rate, joined.n_times - cut * rate)]
    found, notes = analyze(PausedRaw(joined, pieces))
    return scored(found, notes, outside=(cut, on), told="gap")


@case(
    KIND,
    "a channel recorded at 50 Hz beside others at 128 Hz",
    "its bands above 25 Hz are absent, not quiet",
    "NaN there; found in the spectrum",
)
def _slow_channel():
    def change(data, rate):
        data[1] = mne.filter.filter_data(data[1], rate, None, 22.0, verbose="error")

    found, notes = analyze(changed(change))
    columns = [c for c in found.features if "C4" in c and ("gamma" in c or "beta2" in c)]
    absent = found.features[columns].isna().all(axis=None) and bool(columns)
    right, seen = scored(found, notes)
    return right and absent, f"{seen}; {', '.join(columns)} absent"


def _with_body():
    raw = night().raw.copy().pick(["C3-M2", "C4-M1", "Chin"]).load_data()
    rate, n = raw.info["sfreq"], raw.n_times
    t = np.arange(n) / rate
    oxygen, heart = np.full(n, 0.96), np.full(n, 62.0)
    oxygen[(t > 300) & (t < 330)] = 0.0
    heart[(t > 300) & (t < 1600)] = 0.0
    flow = np.sin(2 * np.pi * 0.25 * t) + 0.02 * _noise(n)
    leg = 1e-5 * _noise(n)
    leg[(t > 500) & (t < 560)] = 0.0
    names = ["SpO2", "HR", "Flow", "LAT-RAT"]
    more = mne.io.RawArray(
        np.array([oxygen, heart, flow, leg]), mne.create_info(names, rate, "misc"), verbose="error"
    )
    raw.add_channels([more], force_update_info=True)
    raw.set_annotations(mne.Annotations([700], [30], ["bad"]))
    table = BodyTransformer().fit_transform(PSGWindower(body=True).fit_transform(raw))
    return table.droplevel(0)


_BODY = (
    ("SpO2 as a share with 30 s of 0", "spo2:SpO2:saturation", 315.0, 95.0, 97.0),
    ("a trace of heart rate with 22 min of 0", "hr:HR:heart_rate", 900.0, 61.0, 63.0),
    ("a flat leg", "leg:LAT-RAT:activity", 530.0, -3.0, 3.0),
    ("breath marked bad", "resp:Flow:amplitude", 715.0, -1.0, 1.0),
)
for _title, _column, _second, _low, _high in _BODY:

    @case(KIND, _title, "a gap there, plausible elsewhere", "limits of devices; marks; constants")
    def _body(column=_column, second=_second, low=_low, high=_high):
        values = _with_body()[column]
        known = values.dropna()
        gap = values.loc[second : second + 5].isna().all()
        return bool(gap and known.between(low, high).all()), (
            f"{known.min():.1f} to {known.max():.1f}, {'a gap' if gap else 'a value'} there"
        )
