"""Simulated patients: bodies answer arousals, and not them alone; sleepers stay as they were."""

from functools import cache

import numpy as np
import pytest
from scipy.signal import butter, find_peaks, sosfiltfilt

from mne_arousal.datasets import simulate_psg
from mne_arousal.datasets._patient_heart import beat_times, heart_answer
from mne_arousal.datasets._patients import AROUSAL_KINDS, PATIENTS
from mne_arousal.recording.channels import channel_roles

SFREQ = 128.0

# sums of absolute values per channel (V) and of onsets of arousals and look-alikes (s), of 900 s at
# 100 Hz, seed 3, taken before there were patients
UNCHANGED = [
    (
        {"difficulty": "easy"},
        [
            0.9947453305,
            0.9976170208,
            0.8939961758,
            0.8859878917,
            0.4555024906,
            5.873233172,
            8.752378888,
        ],
        (1641.16, 11.44),
    ),
    (
        {},
        [
            1.064434056,
            1.033721322,
            0.9235267723,
            0.9045574343,
            0.4419433224,
            5.886249967,
            8.732609226,
        ],
        (1641.16, 3660.29),
    ),
    (
        {"difficulty": "hard", "n_eeg": 3, "line_freq": 50},
        [
            1.068709548,
            1.069872379,
            1.194908621,
            0.9338757857,
            0.9341056079,
            0.4473048662,
            5.886249967,
            8.732609226,
        ],
        (1641.16, 6585.28),
    ),
    (
        {"age": "old", "gain": 2.0},
        [
            1.273900718,
            1.263555872,
            1.291287781,
            1.296651539,
            0.4814839441,
            6.109810572,
            8.637092285,
        ],
        (1551.16, 5342.9),
    ),
    (
        {"respiratory": True, "arousal_index": 40.0},
        [
            0.8519302678,
            0.8390987121,
            0.7243571002,
            0.7240090878,
            0.4828101237,
            6.171211788,
            7.686400867,
        ],
        (5640.95, 4118.89),
    ),
]


@cache
def patient_night(patient, hours=2.0, seed=1):
    """Simulate a night once."""
    return simulate_psg(hours * 3600, SFREQ, seed, patient=patient, verbose="error")


def signal(night, name):
    return night.raw.get_data(name)[0]


def extras(events, key):
    return np.array([extra[key] for extra in events.extras])


def beats_of(night):
    """Times (s) of R peaks: the narrowest and steepest waves."""
    sos = butter(2, (8.0, 30.0), "bandpass", fs=SFREQ, output="sos")
    steep = np.abs(sosfiltfilt(sos, signal(night, "ECG")))
    return find_peaks(steep, height=0.5 * np.percentile(steep, 99), distance=45)[0] / SFREQ


def rate_around(night, onsets, after):
    """Heart rate `after` s after each onset, in interquartile ranges from the median."""
    beats = beats_of(night)
    between = np.diff(beats)
    fine = (between > 0.4) & (between < 1.6)
    times, rate = beats[1:][fine], 60 / between[fine]
    spread = np.subtract(*np.percentile(rate, [75, 25]))
    return (np.interp(onsets + after, times, rate) - np.median(rate)) / spread


@pytest.mark.parametrize(("options", "sums", "onsets"), UNCHANGED)
def test_sleepers_without_patient_are_what_they_were(options, sums, onsets):
    night = simulate_psg(900, 100.0, 3, verbose="error", **options)
    np.testing.assert_allclose(np.abs(night.raw.get_data()).sum(axis=1), sums, rtol=1e-6)
    found = (night.arousals.onset.sum(), night.decoys.onset.sum())
    np.testing.assert_allclose(found, onsets, atol=0.006)
    assert "heart" not in night.arousals.extras[0]


@pytest.mark.parametrize("patient", PATIENTS)
def test_a_patient_has_a_body_and_a_truth(patient):
    night = patient_night(patient)
    names = ["C3-M2", "C4-M1", "E1-M2", "E2-M2", "Chin", "ECG", "Airflow", "Thorax", "Leg", "SpO2"]
    assert night.raw.ch_names == names
    roles = channel_roles(names, night.raw.get_channel_types())
    assert [roles[n] for n in names[4:]] == ["emg", "ecg", "resp", "effort", "leg", "spo2"]
    data = night.raw.get_data()
    assert np.all(np.isfinite(data))
    assert 85 < np.median(data[-1]) <= 100  # saturation, %
    assert 1e-6 < data[0].std() < 1e-4

    asleep = night.hypnogram.duration[night.hypnogram.description != "Sleep stage W"].sum() / 3600
    assert len(night.arousals) == pytest.approx(PATIENTS[patient].arousal_index * asleep, rel=0.1)
    assert set(extras(night.arousals, "kind")) <= set(AROUSAL_KINDS)
    assert len(set(extras(night.arousals, "kind"))) >= 3
    for key in ("emg", "heart", "breath", "leg"):
        assert np.all(np.isfinite(extras(night.arousals, key)))
        assert np.all(np.isfinite(extras(night.decoys, key)))
    in_rem = extras(night.arousals, "stage") == "R"
    assert np.all(extras(night.arousals, "emg")[in_rem] > 1)
    assert not set(extras(night.arousals, "kind")[in_rem]) & {"delta", "k-complex"}


@pytest.mark.parametrize("patient", PATIENTS)
def test_arousals_of_patients_keep_to_the_rules(patient):
    night = patient_night(patient)
    onset, duration = night.arousals.onset, night.arousals.duration
    assert np.all((duration >= 3) & (duration <= 15))
    ends = np.r_[onset + duration, night.decoys.onset + night.decoys.duration]
    starts = np.r_[onset, night.decoys.onset]
    for start, stop in zip(onset, onset + duration, strict=True):
        others = starts != start
        assert not np.any((starts[others] < stop) & (ends[others] > start - 10))
    assert set(night.decoys.description) >= {"heart rise", "sigh", "limb movement", "delta burst"}


def test_the_same_seed_gives_the_same_patient():
    first, same, other = (
        simulate_psg(900, 100.0, seed, patient="apnea", verbose="error") for seed in (4, 4, 5)
    )
    np.testing.assert_array_equal(first.raw.get_data(), same.raw.get_data())
    assert first.arousals == same.arousals
    assert first.decoys == same.decoys
    assert not np.array_equal(first.raw.get_data("ECG"), other.raw.get_data("ECG"))


@pytest.mark.parametrize("patient", ["apnea", "fluctuating", "limbs"])
def test_the_eeg_shifts_at_the_onset(patient):
    night = patient_night(patient)
    sos = butter(4, (4.0, 40.0), "bandpass", fs=SFREQ, output="sos")
    power = sosfiltfilt(sos, signal(night, "C3-M2")) ** 2
    at = np.round(night.arousals.onset * SFREQ).astype(int)
    three = int(3 * SFREQ)
    ratio = [power[i : i + three].mean() / np.median(power[i - 3 * three : i]) for i in at]
    just_before = [
        power[i - 384 : i - 128].mean() / np.median(power[i - 3 * three : i]) for i in at
    ]
    assert np.median(ratio) > 1.4 * np.median(just_before)


def test_delta_arousals_begin_with_slow_waves():
    night = patient_night("apnea", hours=4.0)
    sos = butter(2, (0.5, 3.0), "bandpass", fs=SFREQ, output="sos")
    slow = sosfiltfilt(sos, signal(night, "C3-M2")) ** 2

    def growth(onsets, first, last):
        ratios = []
        for onset in onsets:
            i = int(onset * SFREQ)
            here = slow[i + int(first * SFREQ) : i + int(last * SFREQ)].mean()
            ratios.append(here / slow[i - int(12 * SFREQ) : i - int(3 * SFREQ)].mean())
        return np.median(ratios)

    kind = extras(night.arousals, "kind")
    assert growth(night.arousals.onset[kind == "delta"], -1, 1.5) > 2
    assert growth(night.arousals.onset[kind == "k-complex"], -1.2, 0.5) > 1.7
    assert growth(night.arousals.onset[kind == "fast"], 0, 3) < 1.3
    bursts = night.decoys.onset[night.decoys.description == "delta burst"]
    assert growth(bursts, 0, 2) > 2


@pytest.mark.parametrize("patient", ["apnea", "fluctuating"])
def test_the_heart_answers_as_measured_in_people(patient):
    night = patient_night(patient, hours=4.0)
    course = {
        after: np.median(rate_around(night, night.arousals.onset, after))
        for after in (-10, -5, 0, 5, 7.5, 15, 20)
    }
    assert max(course[5], course[7.5]) > 0.5
    assert course[-5] < course[0] < course[5]
    assert abs(course[15]) < 0.5
    assert course[20] < 0 < course[5]


def test_the_heart_does_not_answer_all_and_rises_alone():
    absent, single = [], []
    for patient in PATIENTS:
        night = patient_night(patient)
        absent.append(np.mean(extras(night.arousals, "heart") == 0))
        hearts = extras(night.decoys, "heart")
        single.append(np.sum(hearts > 4) / 2.0)
    assert 0.15 < np.mean(absent) < 0.45
    assert min(single) > 5  # an hour, of at least 4 beats per minute

    # rises of the heart alone would find arousals badly
    night = patient_night("fluctuating")
    rise = rate_around(night, night.arousals.onset, 6) - rate_around(
        night, night.arousals.onset, -8
    )
    times = np.random.default_rng(0).uniform(100, 7000, 400)
    chance = rate_around(night, times, 6) - rate_around(night, times, -8)
    assert 0.1 < np.mean(chance > np.median(rise)) < 0.4


def test_heart_rate_has_the_course_of_an_answer():
    times = np.arange(-10, 36, 0.25)
    answer = heart_answer(times)
    assert times[np.argmax(answer)] == pytest.approx(6.2, abs=0.5)
    assert answer.max() == pytest.approx(1.0, abs=0.05)
    assert abs(np.interp(15, times, answer)) < 0.1
    assert np.interp(20, times, answer) < -0.3
    assert 0.25 < np.interp(0, times, answer) < 0.45


def test_ectopic_beats_come_early_and_the_next_on_time():
    rng = np.random.default_rng(0)
    beats, early = beat_times(np.full(4 * 3600, 60.0), 60.0, rng)
    at = np.flatnonzero(early)
    assert 20 < len(at) < 180
    assert np.all(beats[at] - beats[at - 1] < 0.8)
    inside = at[at < len(beats) - 1]
    np.testing.assert_allclose(beats[inside + 1] - beats[inside - 1], 2.0, atol=0.02)


def test_breath_stops_before_the_arousals_of_apnea_and_saturation_falls():
    night = patient_night("apnea", hours=4.0)
    flow, spo2 = np.abs(signal(night, "Airflow")), signal(night, "SpO2")

    def around(x, first, last):
        at = (night.arousals.onset * SFREQ).astype(int)
        return np.median([x[i + int(first * SFREQ) : i + int(last * SFREQ)].mean() for i in at])

    assert around(flow, 3, 12) > 1.8 * around(flow, -12, -4)
    assert np.percentile(spo2[spo2 > 0], 5) < np.percentile(spo2, 95) - 2
    calm = patient_night("insomnia")
    assert np.percentile(signal(calm, "SpO2"), 95) - np.percentile(signal(calm, "SpO2"), 5) <= 3


def test_legs_move_where_it_is_said():
    night = patient_night("limbs")
    leg = np.abs(signal(night, "Leg"))
    moves = [row for row in night.decoys if row["description"] == "limb movement"]
    inside = [
        leg[int(m["onset"] * SFREQ) : int((m["onset"] + m["duration"]) * SFREQ)].mean()
        for m in moves
    ]
    assert len(moves) > 30
    assert np.mean(np.array(inside) > 2 * np.median(leg)) > 0.95
    assert np.mean(extras(night.arousals, "leg") > 1) > 0.4


def test_the_weak_have_small_eeg_with_ecg_in_it():
    weak, usual = patient_night("weak"), patient_night("insomnia")
    assert signal(weak, "C3-M2").std() < 0.8 * signal(usual, "C3-M2").std()
    lead, eeg = signal(weak, "ECG"), signal(weak, "C4-M1")
    peaks = (beats_of(weak)[1:-1] * SFREQ).astype(int)
    mean = np.mean([eeg[i - 25 : i + 25] for i in peaks], axis=0)
    shape = np.mean([lead[i - 25 : i + 25] for i in peaks], axis=0)
    assert np.corrcoef(mean, shape)[0, 1] > 0.8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patient": "fit"}, "patient must be None or one of"),
        ({"patient": 1}, "patient must be None or one of"),
        ({"patient": "apnea", "respiratory": True}, "respiratory=True is for sleepers"),
    ],
)
def test_bad_patients_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        simulate_psg(300, **options)


@pytest.mark.parametrize("patient", PATIENTS)
@pytest.mark.parametrize(("duration", "sfreq", "n_eeg"), [(300.0, 50.0, 1), (333.3, 256.0, 3)])
def test_patients_of_any_length_and_rate(patient, duration, sfreq, n_eeg):
    night = simulate_psg(duration, sfreq, 0, patient=patient, n_eeg=n_eeg, verbose="error")
    assert night.raw.n_times == round(duration * sfreq)
    assert np.all(np.isfinite(night.raw.get_data()))
