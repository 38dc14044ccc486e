"""Simulated nights hold what they say, and real ones are found or fetched."""

import mne
import numpy as np
import pytest
from scipy.signal import welch

from mne_arousal.datasets import SimulatedPSG, fetch_sleep_edf, simulate_psg
from mne_arousal.datasets._background import Background, density
from mne_arousal.datasets._hypnogram_simulation import N1, N3, W, simulate_hypnogram
from mne_arousal.datasets._person import electrode_positions

STAGES = {"Sleep stage W", "Sleep stage N1", "Sleep stage N2", "Sleep stage N3", "Sleep stage R"}
DECOYS = {
    "spindle train",
    "EMG burst",
    "movement",
    "electrode pop",
    "short burst",
    "awakening",
}


def stage_at(psg, times):
    """Stage of each time, W where the hypnogram has ended."""
    ends = psg.hypnogram.onset + psg.hypnogram.duration
    index = np.minimum(np.searchsorted(ends, times, side="right"), len(ends) - 1)
    return psg.hypnogram.description[index]


def stage_samples(psg, stage, skip=15.0):
    """Slices of a stage, without its edges, where stages melt into each other."""
    sfreq = psg.raw.info["sfreq"]
    rows = [row for row in psg.hypnogram if row["description"] == f"Sleep stage {stage}"]
    return [
        slice(
            int((row["onset"] + skip) * sfreq), int((row["onset"] + row["duration"] - skip) * sfreq)
        )
        for row in rows
        if row["duration"] >= 4 * skip
    ]


def check_events(psg, sfreq):
    """Check what holds for the events of every simulated night."""
    onset, duration = psg.arousals.onset, psg.arousals.duration
    for events in (psg.arousals, psg.decoys):
        for times in (events.onset, events.duration):
            samples = times * sfreq
            np.testing.assert_allclose(samples, np.round(samples), atol=1e-6)
    assert set(psg.arousals.description) <= {"arousal"}
    assert set(psg.decoys.description) <= DECOYS
    assert np.all(duration >= 3.0)
    assert np.all(duration <= 15.0)

    # 10 s of sleep before each arousal, without the end of any other event
    starts = np.r_[onset, psg.decoys.onset]
    ends = np.r_[onset + duration, psg.decoys.onset + psg.decoys.duration]
    for start, stop in zip(onset, onset + duration, strict=True):
        others = starts != start
        assert not np.any((starts[others] < stop) & (ends[others] > start - 10.0))
        seconds = np.arange(start - 10.0, stop, 0.5)
        assert seconds[0] >= 0
        assert "Sleep stage W" not in stage_at(psg, seconds)

    named = psg.decoys.description
    assert np.all(psg.decoys.duration[named == "short burst"] < 3.0)
    assert np.all(psg.decoys.duration[named == "awakening"] > 15.0)


@pytest.fixture(scope="module")
def night():
    """Eight hours with central, frontal and occipital EEG."""
    return simulate_psg(8 * 3600, 100.0, 7, n_eeg=4)


def test_night_is_a_recording(night):
    assert isinstance(night, SimulatedPSG)
    raw, hypnogram, _, _ = night
    eeg = ["C3-M2", "C4-M1", "F3-M2", "O2-M1"]
    assert raw.ch_names == [*eeg, "E1-M2", "E2-M2", "Chin", "ECG", "Airflow"]
    assert raw.get_channel_types() == ["eeg"] * 4 + ["eog"] * 2 + ["emg", "ecg", "resp"]
    assert raw.info["sfreq"] == 100.0
    assert raw.n_times == 8 * 3600 * 100
    spread = raw.get_data().std(axis=1) * 1e6  # uV
    assert np.all((spread[:4] > 8) & (spread[:4] < 60))
    assert np.all((spread[4:6] > 8) & (spread[4:6] < 80))
    assert 1 < spread[6] < 40
    assert np.abs(raw.get_data("ECG")).max() * 1e6 == pytest.approx(1000, rel=0.2)

    assert set(night.decoys.description) == DECOYS
    assert set(hypnogram.description) == STAGES
    assert np.all(hypnogram.duration % 30 == 0)
    np.testing.assert_array_equal(hypnogram.onset[1:], np.cumsum(hypnogram.duration)[:-1])
    assert hypnogram.duration.sum() == 8 * 3600
    assert np.all(hypnogram.description[1:] != hypnogram.description[:-1])
    raw.set_annotations(night.arousals + night.decoys + hypnogram)  # all lie in the recording
    assert len(raw.annotations) == len(night.arousals) + len(night.decoys) + len(hypnogram)


def test_hypnogram_has_the_shape_of_a_night(night):
    times = np.arange(0, 8 * 3600, 30.0)
    stages = stage_at(night, times)
    share = {stage: np.mean(stages == stage) for stage in STAGES}
    assert 0.35 < share["Sleep stage N2"] < 0.65
    assert 0.1 < share["Sleep stage N3"] < 0.3
    assert 0.1 < share["Sleep stage R"] < 0.3
    # deep sleep comes early, REM sleep late
    deep, rem = (np.median(times[stages == f"Sleep stage {stage}"]) for stage in ("N3", "R"))
    assert deep < 4 * 3600 < rem


@pytest.mark.parametrize("difficulty", ["easy", "medium", "hard"])
def test_events_keep_the_rules(difficulty):
    psg = simulate_psg(4 * 3600, 64.0, 1, difficulty=difficulty, n_eeg=1, arousal_index=25)
    check_events(psg, 64.0)
    strengths = [extras["strength"] for extras in psg.arousals.extras]
    low, high = {"easy": (6, 20), "medium": (3, 12), "hard": (1.8, 6)}[difficulty]
    assert low <= min(strengths) < max(strengths) <= high
    for row in psg.arousals:
        extras = row["extras"]
        assert extras["kind"] == ("ramped" if extras["ramp"] > 0 else "abrupt")
        assert extras["ramp"] == 0 or 0.2 <= extras["ramp"] <= 1.0
        assert stage_at(psg, [row["onset"]])[0] == f"Sleep stage {extras['stage']}"
    assert {extras["kind"] for extras in psg.arousals.extras} == {"abrupt", "ramped"}


@pytest.mark.parametrize(
    ("index", "respiratory"), [(0, False), (10, False), (90, False), (45, True)]
)
def test_arousals_are_as_many_as_asked(index, respiratory):
    psg = simulate_psg(3 * 3600, 50.0, 2, arousal_index=index, respiratory=respiratory, n_eeg=1)
    check_events(psg, 50.0)
    asleep = psg.hypnogram.duration[psg.hypnogram.description != "Sleep stage W"].sum() / 3600
    assert len(psg.arousals) / asleep == pytest.approx(index, rel=0.05, abs=0.2)


def test_respiratory_arousals_have_a_rhythm_and_follow_shallow_breathing():
    psg = simulate_psg(4 * 3600, 50.0, 3, arousal_index=40, respiratory=True, n_eeg=1)
    gaps = np.diff(psg.arousals.onset)
    assert np.mean((gaps > 25) & (gaps < 65)) > 0.6
    flow = psg.raw.get_data("Airflow")[0]

    def depth(begin, end):
        values = [
            np.ptp(flow[int((row["onset"] + begin) * 50) : int((row["onset"] + end) * 50)])
            for row in psg.arousals
            if row["extras"]["stage"] != "N3"
        ]
        return np.median(values)

    assert depth(-8, -1) < 0.5 * depth(2, 8)


def test_respiratory_and_old_sleep_is_lighter():
    def minutes(stage, *, old=False, respiratory=False):
        """Median over people, minutes in 8 h."""
        counts = [
            np.sum(
                simulate_hypnogram(
                    960, np.random.default_rng(seed), old=old, respiratory=respiratory
                )
                == stage
            )
            for seed in range(20)
        ]
        return np.median(counts) / 2

    assert minutes(N3, old=True) < 0.6 * minutes(N3)
    assert minutes(W, old=True) > 1.5 * minutes(W)
    assert minutes(N3, respiratory=True) < 0.6 * minutes(N3)
    assert minutes(N1, respiratory=True) > 1.5 * minutes(N1)


def test_power_rises_at_arousals_but_not_at_muscle_bursts():
    psg = simulate_psg(6 * 3600, 100.0, 5, difficulty="easy", n_eeg=1)
    eeg, chin = psg.raw.get_data("C3-M2")[0], psg.raw.get_data("Chin")[0]

    def ratios(events, signal, band):
        values = []
        for row in events:
            n = int(min(row["duration"], 3.0) * 100)
            at = round(row["onset"] * 100)
            powers = []
            for piece in (signal[at : at + n], signal[at - n : at]):
                freqs, density = welch(piece, 100.0, nperseg=min(n, 200))
                powers.append(density[(freqs >= band[0]) & (freqs <= band[1])].mean())
            values.append(powers[0] / powers[1])
        return np.array(values)

    arousals = list(psg.arousals)
    rise = np.max([ratios(arousals, eeg, band) for band in ((4, 8), (8, 12), (17, 40))], axis=0)
    assert np.mean(rise > 2) > 0.85
    in_rem = [row for row in arousals if row["extras"]["stage"] == "R"]
    assert len(in_rem) > 5
    assert np.median(ratios(in_rem, chin, (15, 45))) > 3
    bursts = [row for row in psg.decoys if row["description"] == "EMG burst"]
    assert np.median(ratios(bursts, chin, (15, 45))) > 2
    assert 0.5 < np.median(ratios(bursts, eeg, (8, 12))) < 2


def test_an_abrupt_onset_is_where_it_is_said_to_be():
    psg = simulate_psg(8 * 3600, 128.0, 6, difficulty="easy", n_eeg=1, arousal_index=60)
    eeg = psg.raw.get_data("C3-M2")[0]
    fast = mne.filter.filter_data(eeg, 128.0, 17.0, 45.0, verbose="error") ** 2
    starts = [
        round(row["onset"] * 128) for row in psg.arousals if row["extras"]["kind"] == "abrupt"
    ]
    mean = np.mean([fast[at - 128 : at + 128] / fast[at - 1280 : at].mean() for at in starts], 0)
    before, after = mean[:64].mean(), mean[-64:].mean()
    half = np.argmax(np.convolve(mean, np.ones(9) / 9, "same") > (before + after) / 2) - 128
    assert after > 2 * before
    assert abs(half) <= 7  # samples: the filter's own blur


def test_stages_differ_as_in_people(night):
    data = night.raw.get_data() * 1e6

    def power(channel, stage, low, high):
        densities = []
        for piece in stage_samples(night, stage):
            freqs, density = welch(data[channel, piece], 100.0, nperseg=400)
            densities.append(density[(freqs >= low) & (freqs <= high)].mean())
        return np.median(densities)

    central, frontal, occipital, chin = 0, 2, 3, 6
    delta = {stage: power(central, stage, 0.5, 4) for stage in ("N1", "N2", "N3", "R")}
    assert delta["N3"] > 2 * delta["N2"] > 4 * delta["R"]
    assert delta["N2"] > 2 * delta["N1"]
    assert power(central, "N2", 12, 15) > 1.5 * power(central, "R", 12, 15)
    assert power(occipital, "W", 8, 12) > 3 * power(occipital, "N2", 8, 12)
    assert power(occipital, "W", 8, 12) > power(frontal, "W", 8, 12)
    assert power(frontal, "N3", 0.5, 2) > power(occipital, "N3", 0.5, 2)
    assert power(chin, "W", 15, 45) > power(chin, "N2", 15, 45) > 4 * power(chin, "R", 15, 45)

    slow = mne.filter.filter_data(data[4:6], 100.0, 0.5, 4.0, verbose="error")

    def eyes(stage):
        pieces = stage_samples(night, stage)
        return np.median([np.corrcoef(slow[:, piece])[0, 1] for piece in pieces])

    assert eyes("R") < -0.3 < 0.3 < eyes("N3")  # rapid eye movements; slow waves


def test_seeds_decide():
    first, same, other = (simulate_psg(600, 64.0, seed) for seed in (11, 11, 12))
    np.testing.assert_array_equal(first.raw.get_data(), same.raw.get_data())
    for name in ("hypnogram", "arousals", "decoys"):
        assert getattr(first, name) == getattr(same, name)
    correlation = np.corrcoef(first.raw.get_data("C3-M2"), other.raw.get_data("C3-M2"))[0, 1]
    assert abs(correlation) < 0.2
    state = np.random.RandomState(11)
    np.testing.assert_array_equal(
        simulate_psg(600, 64.0, state).raw.get_data(), first.raw.get_data()
    )
    assert not np.array_equal(simulate_psg(600, 64.0, state).raw.get_data(), first.raw.get_data())


@pytest.mark.parametrize(
    ("duration", "sfreq", "n_eeg"),
    [(300.0, 50.0, 1), (333.3, 99.7, 6), (900.0, 512.0, 3), (300.0, 1024.0, 2), (54000.0, 50.0, 1)],
)
def test_lengths_and_rates(duration, sfreq, n_eeg):
    psg = simulate_psg(duration, sfreq, 0, n_eeg=n_eeg, arousal_index=20)
    assert psg.raw.n_times == round(duration * sfreq)
    assert len(mne.pick_types(psg.raw.info, eeg=True)) == n_eeg
    assert psg.hypnogram.duration.sum() == duration // 30 * 30
    data = psg.raw.get_data()
    assert np.all(np.isfinite(data))
    assert np.all(data.std(axis=1) > 1e-6)
    check_events(psg, sfreq)
    assert len(psg.arousals) > 0


def test_a_long_recording_is_awake_around_the_night():
    psg = simulate_psg(20 * 3600, 50.0, 0, n_eeg=1)
    asleep = psg.hypnogram[psg.hypnogram.description != "Sleep stage W"]
    assert asleep.onset[0] > 2 * 3600
    assert asleep.onset[-1] < 18 * 3600
    assert 6 * 3600 < asleep.duration.sum() < 10 * 3600


def test_gain_and_hum():
    plain, louder, humming = (
        simulate_psg(300, 128.0, 0, **options).raw.get_data()
        for options in ({}, {"gain": 2.0}, {"line_freq": 50})
    )
    assert louder[0].std() == pytest.approx(2 * plain[0].std(), rel=0.05)
    np.testing.assert_array_equal(louder[-3:], plain[-3:])  # EMG, ECG and airflow are no EEG
    np.testing.assert_allclose((humming - plain)[:5].std(axis=1), 1e-6, rtol=0.01)
    np.testing.assert_array_equal(humming[-1], plain[-1])


def test_background_has_the_density_asked_for_and_no_seams():
    sfreq, hop = 50.0, 3200  # blocks of 64 s fade into each other
    names = ["C3-M2", "C4-M1"]
    levels = np.repeat([[20.0, 16, 12, 6, 0, -5, -10, -15, -60]], 4, axis=0).T
    noise = np.zeros((2, 200 * hop))
    background = Background(names, electrode_positions(names), sfreq, 10.0)
    background.add_to(noise, levels, [], np.random.default_rng(0))

    freqs, measured = welch(noise[0], sfreq, nperseg=400)
    inside = (freqs > 1) & (freqs < 18)
    asked = 10 * np.log10(density(levels[:, 0], freqs[inside]))
    np.testing.assert_allclose(10 * np.log10(measured[inside]), asked, atol=1.0)  # dB

    folded = (noise[0].reshape(-1, hop) ** 2).mean(axis=0).reshape(-1, 50).mean(axis=1)
    assert folded.max() < 1.3 * folded.min()
    assert 0.4 < np.corrcoef(noise)[0, 1] < 0.95


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"duration": 60}, "duration must be a number from 300"),
        ({"duration": np.nan}, "duration must be a number"),
        ({"duration": "8 h"}, "duration must be a number"),
        ({"duration": 31 * 3600}, "duration must be a number"),
        ({"sfreq": 20}, "sfreq must be a number from 50 to 1024 Hz"),
        ({"arousal_index": -1}, "arousal_index must be a number from 0 to 100 per hour"),
        ({"n_eeg": 0}, "n_eeg must be an integer from 1 to 6"),
        ({"n_eeg": 2.0}, "n_eeg must be an integer"),
        ({"n_eeg": True}, "n_eeg must be an integer"),
        ({"gain": 0}, "gain must be a number above 0"),
        ({"difficulty": "brutal"}, "difficulty must be one of"),
        ({"age": 30}, "age must be one of"),
        ({"line_freq": 55}, "line_freq must be one of"),
        ({"random_state": "seed"}, "cannot be used to seed"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        simulate_psg(**options)


def test_arousals_that_find_no_room_are_told(monkeypatch):
    monkeypatch.setattr("mne_arousal.datasets._schedule.STABLE", 40.0)
    with pytest.warns(RuntimeWarning, match=r"Only \d+ arousals found room"):
        simulate_psg(1800, 50.0, 0, arousal_index=100, n_eeg=1)


def test_fetch_finds_the_local_night(data_folder, sleep_edf_night, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("asked the network for a file that is there")

    monkeypatch.setattr("pooch.retrieve", refuse)
    monkeypatch.setenv("PHYSIONET_SLEEP_PATH", str(data_folder))
    assert fetch_sleep_edf() == [sleep_edf_night]
    assert fetch_sleep_edf([0, 0], [1], path=data_folder) == [sleep_edf_night]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (((83,),), ValueError, r"subjects \[83\] do not exist"),
        (((0,), (3,)), ValueError, r"recordings \[3\] do not exist"),
        (((39, 0),), ValueError, r"no subjects \[39\]"),
        (((13,), (1, 2)), ValueError, r"\(13, 2\)"),
        (((),), ValueError, "subjects is empty"),
        ((0,), TypeError, "subjects must be a sequence of integers"),
        (((0.5,),), TypeError, "subjects must be a sequence of integers"),
    ],
)
def test_fetch_names_what_does_not_exist(arguments, error, message):
    with pytest.raises(error, match=message):
        fetch_sleep_edf(*arguments)


@pytest.mark.parametrize("error", [OSError("no route to host"), ValueError("wrong hash")])
def test_fetch_says_what_to_do_when_it_fails(tmp_path, monkeypatch, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr("pooch.retrieve", fail)
    with pytest.raises(RuntimeError, match=f"{error}.*PHYSIONET_SLEEP_PATH"):
        fetch_sleep_edf((1,), (2,), path=tmp_path)


@pytest.mark.network
@pytest.mark.slow
def test_fetch_downloads_a_night(tmp_path):
    ((psg, hypnogram),) = fetch_sleep_edf((1,), (1,), path=tmp_path)
    assert psg.parent == tmp_path / "physionet-sleep-data"
    raw = mne.io.read_raw_edf(psg, verbose="error")
    assert "EEG Fpz-Cz" in raw.ch_names
    assert "Sleep stage 2" in mne.read_annotations(hypnogram).description
