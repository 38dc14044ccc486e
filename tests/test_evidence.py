"""Evidence and the events that it makes."""

import numpy as np
import pytest

from mne_arousal.events import Rules, calibrate, detect_events, pick, scan
from mne_arousal.evidence import (
    anchored_direction,
    compute_evidence,
    lower_scale,
    trailing_departure,
)
from mne_arousal.utils.columns import Column, parse_columns, where

HOP, LENGTH = 0.5, 2.0
NAMES = [f"eeg:C3-M2:{b}" for b in ("delta", "theta", "alpha", "sigma", "beta", "gamma")]
NAMES.append("emg:Chin:level")
ONSETS = (400.0, 700.0, 1100.0)


def night(rng, rise=2.0, duration=8.0, bands=("theta", "alpha", "beta", "level"), n=4000):
    """Log powers of quiet sleep with a rise at each of ONSETS."""
    columns = parse_columns(NAMES)
    noise = rng.normal(scale=0.4, size=(n + 3, len(NAMES)))
    values = -25 + (noise[:-3] + noise[1:-2] + noise[2:-1] + noise[3:]) / 2  # windows overlap
    centres = np.arange(n) * HOP + LENGTH / 2
    for onset in ONSETS:
        rows = (centres >= onset) & (centres < onset + duration)
        for band in bands:
            values[np.ix_(rows, where(columns, quantity=band))] += rise
    return values, columns


def find(values, columns, rules=None, asleep=None, atonia=None):
    """Events of a recording that is all sleep."""
    asleep = np.ones(len(values), dtype=bool) if asleep is None else asleep
    atonia = np.zeros(len(values), dtype=bool) if atonia is None else atonia
    parts = compute_evidence(values, columns, asleep, hop=HOP, window_length=LENGTH)
    return detect_events(
        parts, asleep, atonia, hop=HOP, window_length=LENGTH, rules=rules or Rules()
    )


def accepted(events):
    """Starts of the events that no rule rejected."""
    return np.array([e["start"] for e in events if e["reason"] is None])


def test_columns_are_read_from_their_names():
    """Names of FeatureUnion, of channels with colons, and unnamed columns."""
    assert Column.parse("spectral__eeg:C3-M2:beta") == Column("eeg", "C3-M2", "beta", "spectral")
    assert Column.parse("eeg:C3:dmd_beta").extractor == "dmd"
    assert Column.parse("psg:encoder:latent00").extractor == "encoder"
    assert Column.parse(3).extractor == "unknown"


def test_departure_follows_no_slow_drift():
    """A drift of hours departs little, a step of seconds by its height."""
    n = 2000
    values = np.linspace(0, 2, n)[:, np.newaxis].copy()
    values[1000:1010] += 3.0
    departure = trailing_departure(values, HOP, LENGTH)
    assert np.abs(departure[:990]).max() < 0.1
    assert departure[1000:1010].mean() == pytest.approx(3.0, abs=0.1)


def test_unstable_windows_are_no_baseline():
    """After a long rise the baseline is the sleep before it."""
    values = np.zeros((1000, 1))
    values[500:700] = 4.0
    stable = np.ones(1000, dtype=bool)
    stable[500:700] = False
    assert trailing_departure(values, HOP, LENGTH)[720, 0] == pytest.approx(-4.0)
    assert trailing_departure(values, HOP, LENGTH, stable)[720, 0] == pytest.approx(0.0)


def test_lower_scale_ignores_what_rises():
    """Thirty per cent of rises leave the spread of noise as it was."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=20_000)
    risen = noise.copy()
    risen[:2000] += 8.0
    asleep = np.ones(20_000, dtype=bool)
    assert lower_scale(risen, asleep) == pytest.approx(lower_scale(noise, asleep), rel=0.1)
    assert risen.std() > 2 * noise.std()


def test_anchor_is_cross_fitted():
    """The direction that predicts EMG is found; noise in EMG is not fitted."""
    rng = np.random.default_rng(0)
    eeg = rng.normal(size=(3000, 5))
    emg = eeg @ [1.0, 0.5, 0, 0, 0] + rng.normal(size=3000)
    asleep = np.ones(3000, dtype=bool)
    found = anchored_direction(eeg, emg, asleep)
    assert np.corrcoef(found, eeg @ [1.0, 0.5, 0, 0, 0])[0, 1] > 0.98
    unrelated = anchored_direction(eeg, rng.normal(size=3000), asleep)
    assert abs(np.corrcoef(unrelated, eeg[:, 0])[0, 1]) < 0.9
    assert unrelated.std() < 0.2


def test_scan_tells_duration():
    """The best box has the length of the event."""
    evidence = np.random.default_rng(0).normal(scale=0.3, size=1000)
    evidence[500:516] += 3.0  # 8 s
    score, length = scan(evidence, HOP, np.ones(1000, dtype=bool))
    best = int(np.argmax(score))
    assert abs(best - 500) <= 1
    assert length[best] * HOP == pytest.approx(8.0, abs=2.0)


def test_pick_keeps_the_best_of_overlapping():
    """Two boxes on one event make one event."""
    score = np.zeros(100)
    score[[40, 42, 80]] = [3.0, 5.0, 2.0]
    np.testing.assert_array_equal(pick(score, np.full(100, 6), 1.0, 2), [42, 80])


def test_calibrate_lets_the_asked_rate_through():
    """The threshold leaves as many mirrored events above it as were asked for."""
    mirrored = np.random.default_rng(0).exponential(size=200)
    threshold = calibrate(mirrored, sleep_hours=5.0, false_alarms=2.0)
    assert np.sum(mirrored > threshold) == 10
    assert calibrate(np.empty(0), 5.0, 2.0) == 0.0


def test_events_are_found_where_they_are():
    """Three rises of EEG and EMG are three arousals."""
    events, calibration = find(*night(np.random.default_rng(0)))
    starts = accepted(events)
    for onset in ONSETS:
        assert np.abs(starts - onset).min() < 1.5
    assert len(starts) <= len(ONSETS) + 4  # two false alarms an hour were let through
    assert calibration["mirrored"] <= 1


def test_noise_alone_makes_as_many_events_as_allowed():
    """Without arousals, events an hour stay near the rate that was asked for."""
    found, hours = 0, 0.0
    for seed in range(8):
        events, calibration = find(*night(np.random.default_rng(seed), rise=0.0, n=14_400))
        found += len(accepted(events))
        hours += calibration["sleep_hours"]
    assert 0.5 < found / hours < 4.0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"duration": 25.0}, "awakening"),
        ({"bands": ("sigma", "sigma"), "rise": 3.0}, "spindle"),
        ({"bands": ("delta", "theta", "alpha", "beta", "gamma"), "rise": 4.0}, "movement"),
    ],
)
def test_what_is_no_arousal_is_rejected_with_its_reason(change, reason):
    """Awakenings, spindles and movements are told apart from arousals."""
    values, columns = night(np.random.default_rng(0), **change)
    if reason == "spindle":  # sigma alone raises no evidence: let it leak, as it does
        rows = np.ptp(values, axis=0).argmax()
        assert columns[rows].quantity == "sigma"
        values[:, where(columns, quantity=("theta", "alpha"))] += 0.8 * (
            values[:, where(columns, quantity="sigma")] + 25
        )
    events, _ = find(values, columns)
    for onset in ONSETS:
        reasons = [
            e["reason"] for e in events if e["start"] < onset + 4 < e["start"] + e["duration"]
        ]
        assert reasons == [reason]


def test_stable_sleep_must_come_before():
    """A second event within ten seconds is none of its own; nor is one out of wake."""
    rng = np.random.default_rng(0)
    values, columns = night(rng, duration=4.0)
    again = np.arange(len(values)) * HOP + 1.0
    for onset in ONSETS:
        rows = (again >= onset + 11) & (again < onset + 15)
        values[np.ix_(rows, where(columns, quantity=("alpha", "beta", "level")))] += 2.0
    events, _ = find(values, columns)
    late = [e["reason"] for e in events if any(abs(e["start"] - o - 11) < 2 for o in ONSETS)]
    assert late == ["too soon after another event"] * 3
    asleep = np.ones(len(values), dtype=bool)
    asleep[(again > ONSETS[0] - 60) & (again < ONSETS[0] - 3)] = False
    events, _ = find(values, columns, asleep=asleep)
    first = [e["reason"] for e in events if abs(e["start"] - ONSETS[0]) < 2]
    assert first == ["no stable sleep before"]


def test_rem_needs_chin_emg():
    """Without a rise of chin EMG, an event in REM sleep is no arousal."""
    values, columns = night(np.random.default_rng(0), bands=("theta", "alpha", "beta"), rise=3.0)
    rem = np.ones(len(values), dtype=bool)
    events, _ = find(values, columns, atonia=rem)
    for onset in ONSETS:
        reasons = [e["reason"] for e in events if abs(e["start"] - onset) < 2]
        assert reasons == ["no chin EMG rise in REM sleep"]
    assert len(accepted(find(values, columns)[0])) >= 3


def test_components_can_be_switched_off():
    """Each part of the evidence stands alone; EMG alone sees no EEG."""
    values, columns = night(np.random.default_rng(0), bands=("alpha", "beta"))
    asleep = np.ones(len(values), dtype=bool)
    inside = np.arange(len(values)) * HOP + 1.0
    inside = (inside > ONSETS[0] + 1) & (inside < ONSETS[0] + 7)
    means = {
        name: compute_evidence(
            values, columns, asleep, hop=HOP, window_length=LENGTH, components=(name,)
        )["evidence"][inside].mean()
        for name in ("fast", "emg")
    }
    assert means["fast"] > 3
    assert abs(means["emg"]) < 1


def test_gaps_make_no_evidence():
    """Windows with NaN have no evidence, and no NaN spreads from them."""
    values, columns = night(np.random.default_rng(0))
    values[1000:1100] = np.nan
    asleep = np.ones(len(values), dtype=bool)
    parts = compute_evidence(values, columns, asleep, hop=HOP, window_length=LENGTH)
    assert (parts["evidence"][1000:1100] == 0).all()
    assert all(np.isfinite(x).all() for x in parts.values())
