"""The benchmark of arousals keeps its halves apart, its truth exact and its counts right."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from mne_arousal import analyze_recording
from mne_arousal.datasets import simulate_psg
from mne_arousal.hypnogram import hypnogram_to_stages

SFREQ = 100.0


@pytest.mark.usefixtures("arousals_benchmark")
def test_halves_share_the_whole_nights_only():
    from recordings import names
    from robustness import changed_names

    choose, report = ({*names(half), *changed_names(half)} for half in ("choose", "report"))
    assert choose & report == {"untouched-SC4001", "untouched-ucddbnight"}
    people = [
        {n.split("-")[1] for n in half if n.startswith("implants")} for half in (choose, report)
    ]
    assert not people[0] & people[1]


@pytest.mark.usefixtures("arousals_benchmark")
def test_patients_are_among_the_sleepers():
    from recordings import names
    from sleepers import KINDS, PATIENT_KINDS, simulate

    from mne_arousal.datasets._patients import PATIENTS

    assert {kind["patient"] for kind in PATIENT_KINDS.values()} == set(PATIENTS)
    assert set(PATIENT_KINDS) <= set(KINDS)
    assert "simulated-patient-apnea-501" in names("report", "simulated")
    raw, arousals, lookalikes, stages = simulate("patient-limbs", 200, hours=0.5)
    assert {"ECG", "Airflow", "Thorax", "Leg", "SpO2"} <= set(raw.ch_names)
    assert len(stages) == 60
    assert {"kind", "heart", "breath", "emg"} <= set(arousals.extras[0])
    assert "limb movement" in set(lookalikes.description)


@pytest.mark.usefixtures("arousals_benchmark")
@pytest.mark.parametrize("ramp", [0.0, 0.5, 1.0])
def test_an_implant_starts_at_its_onset_and_ends_with_it(ramp):
    from implants import QuietWake, _above, _mix, _rms

    rng = np.random.default_rng(0)
    sleep = np.cumsum(rng.standard_normal((2, 6000)), axis=1) * 1e-6
    wake = rng.standard_normal((2, 20000)) * 1e-5
    wake[:, :9000] *= 4  # restless, to be left out
    eeg = np.arange(2)
    fast = _above(sleep, SFREQ)
    piece, scale = QuietWake([wake], eeg, SFREQ).draw(500, 3e-5, fast[:, 1998:2000], ramp, rng)
    mixed = sleep.copy()
    _mix(mixed, sleep, fast, eeg, 2000, piece, scale, ramp, SFREQ)
    changed = np.flatnonzero((mixed != sleep).any(axis=0))
    assert changed[0] == 2000
    assert changed[-1] < 2500
    np.testing.assert_allclose(_rms(_above(mixed, SFREQ)[:, 2150:2450]), 3e-5, rtol=0.25)
    # the share of wake in the first 100 ms tells a step from a ramp
    early = _rms(_above(mixed, SFREQ)[:, 2000:2010])
    assert early > 2e-5 if ramp == 0 else early < 1e-5


@pytest.mark.usefixtures("arousals_benchmark")
def test_implants_are_placed_in_stable_sleep():
    from implants import STABLE, place

    allowed = np.ones(200000, dtype=bool)
    allowed[90000:120000] = False
    times = place(allowed, 30, SFREQ, np.random.default_rng(1))
    assert len(times) == 30
    gap = STABLE * SFREQ
    for start, stop in times:
        assert allowed[start - int(gap) : stop].all()
        assert 3 * SFREQ <= stop - start <= 15 * SFREQ
    assert all(b[0] - a[1] >= gap for a, b in pairwise(times))


@pytest.mark.usefixtures("arousals_benchmark")
def test_recall_at_a_rate_of_other_events():
    from scores import ranked_hits, recall_at

    true = pd.DataFrame({"onset": [10.0, 50.0, 90.0], "duration": 5.0})
    candidates = pd.DataFrame(
        {
            "onset": [11.0, 12.5, 30.0, 51.0, 70.0, 91.0],
            "duration": 2.0,
            "score": [9, 8, 7, 6, 5, 4],
        }
    )
    right, other = ranked_hits(true, candidates)
    assert right.tolist() == [True, False, False, True, False, True]
    assert other.tolist() == [False, False, True, False, True, False]
    result = {"true": true, "candidates": candidates, "sleep_hours": 1.0}
    assert [recall_at([result], rate) for rate in (0, 1, 2)] == [1 / 3, 2 / 3, 1.0]


# that 15 min are too short to measure noise on is no matter here
@pytest.mark.filterwarnings("ignore:.*to measure its noise on:RuntimeWarning")
@pytest.mark.usefixtures("arousals_benchmark")
def test_kept_tables_give_what_the_recording_gives(tmp_path):
    from recordings import Recording
    from tables import detect, prepare

    night = simulate_psg(900, 100.0, random_state=3, arousal_index=40, verbose="error")
    stages = hypnogram_to_stages(night.hypnogram, n_epochs=30)
    name = "simulated-short-3"
    made = Recording(name, "simulated", "short", "choose", "3", night.raw, night.arousals, stages)
    for _ in range(2):  # made, then read
        kept = prepare(name, tmp_path, ("spectral",), recording=made)
    found = detect(kept).arousals
    direct = analyze_recording(
        night.raw, features=("spectral",), random_state=0, verbose="error"
    ).arousals
    assert len(direct)
    # what is kept stands for the recording, and has none of its channels
    pd.testing.assert_frame_equal(found.drop(columns="ch_names"), direct.drop(columns="ch_names"))
    np.testing.assert_array_equal(kept.arousals.onset, night.arousals.onset)


@pytest.mark.usefixtures("arousals_benchmark")
def test_others_do_not_inherit_what_this_package_found(tmp_path):
    import json

    from results import load_peer

    folder = tmp_path / "peers" / "luna"
    folder.mkdir(parents=True)
    (folder / "night.json").write_text(json.dumps({"seconds": 1.0}))
    (folder / "night.csv").write_text("onset,duration,score\n100,5,1\n")
    ours = {"onset": [200.0], "duration": [20.0]}
    truth = {"name": "night", "true": None, "found": ours, "longer": ours, "evidence": [1.0]}
    found = load_peer(tmp_path, "luna", {"night": truth})["night"]
    assert found["found"]["onset"] == [100]
    assert not {"longer", "evidence"} & set(found)
