"""The page of the benchmark of arousals counts what it says it counts."""

import sys

import mne
import numpy as np
import pytest

from .conftest import AROUSALS_BENCHMARK

pytestmark = pytest.mark.usefixtures("arousals_benchmark")


def _result(name, part, kind, source, true=None, found=(), **more):
    """A result as `run.py` keeps it; events last 5 s, the first of those found scores highest."""
    events = {"onset": list(found), "duration": [5.0] * len(found)}
    scored = events | {"score": list(np.linspace(0.9, 0.6, len(found)))}
    return {
        "name": name,
        "part": part,
        "kind": kind,
        "source": source,
        "half": "report",
        "method": "mne-arousal",
        "recorded_hours": 0.5,
        "sleep_hours": 0.5,
        "stages": [2] * 60,
        "true": None
        if true is None
        else {"onset": list(true), "duration": [5.0] * len(true)}
        | {"ramp": [0.0] * len(true), "strength": [2.0] * len(true)},
        "lookalikes": None,
        "found": scored,
        "candidates": scored,
        "found_hours": 0.5,
        "seconds": 1.0,
        **more,
    }


def _night(seed, found):
    name = f"simulated-easy-{seed}"
    return {name: _result(name, "simulated", "easy", str(seed), [100.0, 200.0], found)}


def test_seeds_are_pooled_and_told_apart():
    import sections
    from page import history_of_seeds

    own = _night(501, [100.0, 200.0]) | _night(502, [100.0, 400.0])
    peers = {"other": _night(501, [100.0]) | _night(502, [])}
    (row,) = [line for line in sections.kinds(own).splitlines() if line.startswith("| `easy`")]
    # pooled, the lowest night, seed by seed
    assert "| 0.75 (0.50) | 1.00 | 0.50 |" in row
    both, _, alone = sections.beside_others(own, peers).partition("seed 502 alone")
    assert "F1 in the 2 nights that all have run" in both
    assert "| `easy` | 2 | 0.75 | 0.40 |" in both
    assert "| `easy` | 1 | 0.50 | 0.00 |" in alone
    assert history_of_seeds([501, 502]).splitlines()[1] == "Seed 502 had no part in any choice."
    assert "earlier version" in history_of_seeds([501])


def test_a_seed_alone_has_no_second_table():
    import sections

    own = _night(502, [100.0])
    assert "alone" not in sections.beside_others(own, {"other": own})
    assert "F1, seed" not in sections.kinds(own)


def test_arousals_of_the_sleeper_are_set_aside():
    from sections_probability import WITNESSES, implanted, judged, natural_events

    place = {"untouched": "untouched-SC4001", "untouched_start": 1000.0}
    night = _result(
        *("implants-SC4001report-5", "implants", "SC4001 5/h", "SC4001report"),
        *([100.0], [100.0, 300.0, 500.0]),
        **place,
    )
    untouched = {
        title: {"untouched-SC4001": {"found": {"onset": [onset], "duration": [5.0]}}}
        for title, onset in zip(WITNESSES, (1302.0, 1101.0, 1900.0), strict=True)
    }
    natural = natural_events(night, untouched)
    assert natural["onset"].tolist() == [302.0, 101.0, 900.0]
    assert judged([night])[1].tolist() == [1, 0, 0]
    # the implant counts though another detector finds something there
    probability, true = judged([night], {night["name"]: natural})
    assert true.tolist() == [1, 0]
    assert probability.tolist() == pytest.approx([0.9, 0.6])
    assert natural_events(night, dict(list(untouched.items())[:2])) is None
    titles = [
        title for title, results, _ in implanted({night["name"]: night}, untouched) if results
    ]
    assert len(titles) == 4


def test_arousals_at_breathing_events_and_by_chance():
    from ucddb_night import AT_BEGINNING, AT_END, count_by_chance, count_followed

    times, onsets = np.array([100.0, 200.0, 300.0]), np.array([98.0, 211.0, 309.0])
    assert count_followed(times, onsets, AT_END) == 2
    assert count_followed(times, onsets, AT_BEGINNING) == 2
    # half an hour of sleep around wake, which no shift reaches
    stages = np.r_[np.full(30, 2), np.zeros(40), np.full(30, 2)].astype(int)
    counts = count_by_chance(np.array([1500.0]), np.array([60.0]), AT_END, stages)
    assert len(counts) == 1799
    assert not counts.any()
    counts = count_by_chance(np.array([300.0]), np.array([60.0]), AT_END, stages)
    assert counts.sum() == 13


def test_a_night_with_gaps(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    (tmp_path / "ucddb-night").mkdir()
    np.savez(
        tmp_path / "ucddb-night" / "ucddb022.npz",
        eeg=rng.integers(-100, 100, (4, 3840)).astype(np.int16),
        scale=2.0,
        sfreq=128.0,
        index=np.array([0, 1, 3, 4]),
        stage=np.array([0, 1, 2, 4, 5]),
        breathing_onset=np.array([40.0]),
        breathing_duration=np.array([12.0]),
        breathing_type=np.array(["HYP-C"]),
    )
    monkeypatch.setenv("PHYSIONET_SLEEP_PATH", str(tmp_path))
    from recordings import build
    from ucddb_night import breathing_events

    night = build("untouched-ucddbnight")
    assert night.half == "both"
    assert night.stages.tolist() == [0, 4, -1, 3, 3]
    signal = night.raw.get_data()[0].reshape(5, 3840)
    assert np.isnan(signal).all(axis=1).tolist() == [False, False, True, False, False]
    assert np.median(signal[3:].std(axis=1)) == pytest.approx(35e-6)
    assert breathing_events()["duration"].tolist() == [12.0]


def test_gaps_are_exported_as_zeros(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(AROUSALS_BENCHMARK.parent / "peers")
    from export import digest, export_recording

    signal = np.sin(np.arange(3840.0))[np.newaxis] * 1e-5
    signal[0, 1000:2000] = np.nan
    raw = mne.io.RawArray(signal, mne.create_info(["C3-A2"], 128.0, "eeg"), verbose="error")
    with np.errstate(all="raise"):
        digest(raw)
    export_recording(raw, np.array([2]), tmp_path, "gaps")
    read = mne.io.read_raw_edf(tmp_path / "gaps.edf", preload=True, verbose="error").get_data()[0]
    assert np.abs(read[1000:2000]).max() < 1e-9
    assert np.isnan(raw.get_data()[0, 1000:2000]).all()
    del sys.modules["export"]


def test_patients_lose_channels_of_the_body(monkeypatch):
    import robustness

    simulate = robustness.simulate
    monkeypatch.setattr(
        robustness, "simulate", lambda kind, seed, **more: simulate(kind, seed, hours=0.5, **more)
    )
    names = [n for n in robustness.changed_names("choose", 1) if "patient200" in n]
    assert len(names) == len(robustness.PATIENT_CHANGES)
    left = {name: robustness.build_changed(name) for name in (names[0], names[-1])}
    (whole, bare) = left.values()
    assert {"ECG", "Airflow", "Chin"} <= set(whole.raw.ch_names)
    assert set(bare.raw.get_channel_types()) == {"eeg", "eog"}
    assert whole.half == "choose"
    assert bare.source == "patient200"


def test_changed_nights_have_a_table_each():
    import sections

    own = {
        f"changed-{source}-{kind}": _result(
            f"changed-{source}-{kind}", "changed", kind, source, [100.0, 200.0], found
        )
        for source in ("200", "patient200", "SC4001choose")
        for kind, found in (("as it is", [100.0, 200.0]), ("no chin EMG", [100.0]))
    }
    text = sections.robustness(own)
    assert text.count("| as it is |") == text.count("| no chin EMG |") == 3
    assert "| no chin EMG | 0.67 | -0.33 |" in text
