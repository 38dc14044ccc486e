"""Evidence and the events that it makes."""

import numpy as np
import pytest

from mne_arousal.arousals.detector import detect_events
from mne_arousal.arousals.evidence import (
    anchored_direction,
    centered_departure,
    compute_evidence,
    lower_scale,
    trailing_departure,
    whitened_match,
)
from mne_arousal.arousals.rules import Rules
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
    centers = np.arange(n) * HOP + LENGTH / 2
    for onset in ONSETS:
        rows = (centers >= onset) & (centers < onset + duration)
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


def test_centered_departure_follows_a_step_from_both_sides():
    """A change of stage departs for half a minute, not for the whole baseline; a bump stays."""
    values = np.zeros((2000, 1))
    values[1000:] = 2.0
    values[500:510] = 3.0
    departure = centered_departure(values, HOP)
    assert departure[500:510].mean() == pytest.approx(3.0)
    assert np.abs(departure[1005:]).max() == 0.0
    assert np.abs(trailing_departure(values, HOP, LENGTH)[1005:1060]).max() == 2.0


def test_match_weighs_bands_by_what_quiet_eeg_does():
    """Bands that rise together by themselves say less than one that does not."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=(4000, 1))
    bands = np.c_[0.2 * rng.normal(size=4000), 2 * common[:, 0], 0.5 * rng.normal(size=4000)]
    names = ("delta", "alpha", "beta")
    stable = np.ones(4000, dtype=bool)
    stable[:2] = False
    bands[0], bands[1] = (0, 2.0, 0), (0, 0, 2.0)
    match = whitened_match(bands, stable, names)
    assert match[1] > match[0] + 1
    assert 0.3 < match[2:].std() < 1.3


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


def test_events_are_found_where_they_are():
    """Three rises of EEG and EMG are three arousals."""
    events, calibration = find(*night(np.random.default_rng(0)))
    starts = accepted(events)
    for onset in ONSETS:
        assert np.abs(starts - onset).min() < 1.5
    assert len(starts) <= len(ONSETS) + 1  # a twentieth of what is found may be noise
    assert calibration["false_alarms_per_hour"] < 2.0


def test_noise_alone_makes_no_more_events_than_allowed():
    """Without arousals, events an hour stay under the rate that was asked for."""
    found, hours = 0, 0.0
    for seed in range(8):
        events, calibration = find(*night(np.random.default_rng(seed), rise=0.0, n=14_400))
        found += len(accepted(events))
        hours += calibration["sleep_hours"]
    assert found / hours < 2.0


def test_chin_emg_alone_is_no_arousal():
    """A rise of the EMG without one of the EEG is rejected, however high."""
    values, columns = night(np.random.default_rng(0), bands=("level",), rise=6.0)
    events, _ = find(values, columns, Rules(false_alarms_per_hour=50.0, max_fdr=1.0))
    assert not any(abs(start - onset) < 5 for start in accepted(events) for onset in ONSETS)


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
        sigma = values[:, where(columns, quantity="sigma")]
        values[:, where(columns, quantity=("theta", "alpha"))] += np.where(sigma > -23.5, 2.2, 0.0)
    # the matched filter alone lets few spindles through
    events, _ = find(values, columns, Rules(false_alarms_per_hour=50.0, max_fdr=1.0))
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
    events, _ = find(values, columns, Rules(false_alarms_per_hour=20.0, max_fdr=1.0))
    late = [e["reason"] for e in events if any(abs(e["start"] - o - 11) < 2 for o in ONSETS)]
    assert len(late) >= 2
    assert set(late) == {"too soon after another event"}
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
