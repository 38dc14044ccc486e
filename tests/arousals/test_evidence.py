"""Evidence: what it is made of, and what each witness is worth."""

import numpy as np
import pytest

from mne_arousal.arousals import evidence
from mne_arousal.arousals.evidence import COMPONENTS, DEFAULT_COMPONENTS
from mne_arousal.utils.columns import parse_columns, where

from .synthetic import (
    BANDS,
    COLUMNS,
    ONSETS,
    add_rise,
    body_of,
    centers,
    measured,
    night,
    overlapping,
)

MANY = np.arange(120.0, 2900.0, 60.0)
WITH_DIRECTION = (*DEFAULT_COMPONENTS, "direction")


def inside(values, onset=ONSETS[0], duration=8.0):
    """Windows within an event."""
    at = centers(len(values))
    return (at > onset + 1) & (at < onset + duration - 1)


def test_an_arousal_stands_out_in_spreads_of_sleep():
    """Evidence is high in the event, and of unit spread elsewhere."""
    values = night()
    found = measured(values)
    total = found.parts["evidence"]
    assert total[inside(values)].mean() > 4.5
    low, middle = np.percentile(total, (15.87, 50))
    assert middle == pytest.approx(0.0, abs=0.05)
    assert middle - low == pytest.approx(1.0, abs=0.05)


def test_parts_and_weights_are_told():
    """Bands in natural logarithms of power, witnesses in spreads, a weight for each witness."""
    values = night()
    found = measured(values, body=body_of(0, len(values), ONSETS))
    assert set(found.parts) == {
        "evidence",
        "local",
        *BANDS,
        "fast",
        "anchor",
        "emg",
        "heart",
        "breath",
    }
    assert set(found.weights) == set(DEFAULT_COMPONENTS)
    assert found.parts["alpha"][inside(values)].mean() == pytest.approx(2.0, abs=0.3)
    assert abs(found.parts["delta"][inside(values)].mean()) < 0.3
    for name in found.weights:
        assert np.nanmax(np.abs(found.parts[name])) <= 4.0
    assert found.weights["fast"] == 1.0
    assert 0 < found.weights["emg"] < 0.5


def test_evidence_is_the_weighted_sum_of_its_witnesses():
    """Whatever the witnesses are worth, evidence is a linear function of them."""
    values = night()
    found = measured(values, body=body_of(0, len(values), ONSETS))
    total = sum(w * np.nan_to_num(found.parts[name]) for name, w in found.weights.items())
    slope, offset = np.polyfit(total, found.parts["evidence"], 1)
    np.testing.assert_allclose(slope * total + offset, found.parts["evidence"], atol=1e-8)
    assert slope > 0


def test_components_can_be_switched_off():
    """Each part of the evidence stands alone; EMG alone sees no EEG."""
    values = night(bands=("alpha", "beta"))
    means = {
        name: measured(values, components=(name,)).parts["evidence"][inside(values)].mean()
        for name in ("fast", "emg")
    }
    assert means["fast"] > 3
    assert abs(means["emg"]) < 1
    assert set(measured(values, components=("fast",)).weights) == {"fast"}


def test_a_body_that_answers_is_trusted():
    """Heart and breath that answer most arousals count, and raise the evidence."""
    values = night(onsets=MANY)
    body = body_of(0, len(values), MANY, rise=6.0)
    found = measured(values, body=body)
    assert found.weights["heart"] > 0.6
    assert found.weights["breath"] > 0.3
    assert found.weights["heart"] <= 1.0
    weak = measured(night(onsets=MANY, rise=0.5), body=body).parts["evidence"]
    alone = measured(night(onsets=MANY, rise=0.5)).parts["evidence"]
    at = np.flatnonzero(inside(values, MANY[5]))
    assert weak[at].mean() > alone[at].mean()


def test_trust_is_full_at_its_bound():
    """A direction that predicts all of the body counts as much as fast EEG does, and no more."""
    values = night(onsets=MANY, rise=4.0, bands=("theta", "alpha", "beta", "gamma", "level"))
    assert 0.7 < measured(values).weights["anchor"] < 1.0
    body = body_of(0, len(values), MANY, rise=6.0)
    assert measured(values, body=body).weights["anchor"] == 1.0


def test_a_body_that_does_not_answer_counts_for_nothing():
    """Random traces are trusted on no more than a few of many nights, and then hardly."""
    weights = []
    for seed in range(15):
        values = night(seed, onsets=MANY)
        noise = overlapping(np.random.default_rng(500 + seed), (len(values), 2), 1.0)
        found = measured(values, body=noise).weights
        weights += [found["heart"], found["breath"]]
    assert np.mean(np.array(weights) == 0) >= 0.7
    assert np.mean(weights) < 0.05
    assert max(weights) < 0.3


def test_an_anchor_that_predicts_nothing_counts_for_nothing():
    """Chin EMG that knows nothing of the EEG gives no direction."""
    values = night(bands=("theta", "alpha", "beta"), onsets=MANY)
    assert measured(values).weights["anchor"] < 0.1
    assert measured(night(onsets=MANY)).weights["anchor"] > 0.7


def eeg_of(values):
    """The columns of EEG, and what they are."""
    return values[:, : len(BANDS)], COLUMNS[: len(BANDS)]


def test_the_direction_of_other_nights_stands_in_for_eeg_alone():
    """Without a body the direction counts as much as fast EEG where arousals are many."""
    eeg, columns = eeg_of(night(onsets=MANY, bands=("alpha", "beta", "gamma")))
    found = measured(eeg, columns=columns, components=WITH_DIRECTION)
    assert found.weights == {"fast": 1.0, "direction": 1.0}
    assert found.parts["direction"][inside(eeg, MANY[5])].mean() > 3
    without = measured(eeg, columns=columns, components=("fast", "anchor", "emg"))
    assert without.weights == {"fast": 1.0}
    assert "direction" not in without.parts


def test_the_direction_counts_for_little_on_a_night_without_arousals():
    """Noise reaches as far down as up."""
    weights = []
    for seed in range(10):
        eeg, columns = eeg_of(night(seed, onsets=()))
        weights.append(
            measured(eeg, columns=columns, components=WITH_DIRECTION).weights["direction"]
        )
    assert np.mean(weights) < 0.1
    assert max(weights) < 0.3


def test_a_body_that_answers_needs_no_direction(monkeypatch):
    """Where the night has an anchor of its own, nothing of the direction enters, to the bit."""
    values = night(onsets=MANY)
    body = body_of(0, len(values), MANY)
    cases = [(values, COLUMNS, body), (values, COLUMNS, None), (*eeg_of(values), body)]
    found = [measured(x, columns=c, body=b, components=WITH_DIRECTION) for x, c, b in cases]
    monkeypatch.setattr(evidence, "direction_view", lambda *_: None)
    for (x, c, b), with_it in zip(cases, found, strict=True):
        plain = measured(x, columns=c, body=b, components=WITH_DIRECTION)
        assert with_it.weights == plain.weights
        assert with_it.parts.keys() == plain.parts.keys()
        for name, part in plain.parts.items():
            np.testing.assert_array_equal(part, with_it.parts[name])


def test_a_body_that_does_not_answer_leaves_the_direction():
    """Chin EMG that the EEG says nothing of is recorded, but no anchor."""
    values = night(seed=3, onsets=MANY, bands=("alpha", "beta", "gamma"))
    values[:, -1] = -25.0
    found = measured(values, components=WITH_DIRECTION)
    assert found.weights["anchor"] == 0.0
    assert found.weights["direction"] == 1.0


def test_without_gamma_there_is_no_direction():
    """At 50 Hz the band that weighs most is missing."""
    eeg, columns = eeg_of(night(onsets=MANY))
    found = measured(eeg[:, :-1], columns=columns[:-1], components=WITH_DIRECTION)
    assert found.weights == {"fast": 1.0}


def test_chin_emg_counts_for_what_the_eeg_knows_of_it():
    """Nothing where it rises by itself, more where it rises with most arousals."""
    alone = measured(night(onsets=MANY, bands=("level",))).weights["emg"]
    few = measured(night(onsets=MANY[::4])).weights["emg"]
    many = measured(night(onsets=MANY, rise=4.0)).weights["emg"]
    assert alone < 0.1 < few < many - 0.1


def test_chin_emg_adds_but_does_not_decide():
    """A twitch raises the evidence by much less than fast EEG does."""
    values = night(bands=("level",), rise=6.0)
    twitch = measured(values).parts["evidence"][inside(values)].mean()
    values = night(bands=("theta", "alpha", "beta"))
    eeg = measured(values).parts["evidence"][inside(values)].mean()
    assert abs(twitch) < 0.5 * eeg


def test_what_stands_out_is_no_baseline_for_what_follows():
    """Sleep after a cluster of arousals is compared with sleep, not with them."""
    dense = night(onsets=np.arange(600.0, 1200.0, 16.0))
    found = measured(dense)
    between = centers(len(dense))
    calm = (between > 1210) & (between < 1260)
    assert found.parts["alpha"][calm].mean() > -0.35
    assert found.parts["alpha"][inside(dense, 1000.0)].mean() > 1.5


def test_gaps_make_no_evidence():
    """Windows with NaN have no evidence, and no NaN spreads from them."""
    values = night()
    values[1100:1200] = np.nan
    parts = measured(values).parts
    assert (parts["evidence"][1100:1200] == 0).all()
    assert all(np.isfinite(x).all() for x in parts.values())


def test_one_channel_of_two_that_is_lost_costs_no_evidence():
    """Where one EEG is missing, the other tells."""
    columns = parse_columns([f"eeg:{ch}:{band}" for ch in ("C3", "C4") for band in BANDS])
    eeg = night()[:, : len(BANDS)]
    values = np.c_[eeg, eeg + 3.0]
    values[600:1000, : len(BANDS)] = np.nan
    total = measured(values, columns=columns).parts["evidence"]
    assert total[inside(values)].mean() > 3.9


@pytest.mark.parametrize("missing", ["level", "gamma", "delta", "theta"])
def test_evidence_does_without_a_column(missing):
    """No chin EMG, no gamma as at 50 Hz, no delta: arousals stand out all the same."""
    values = night()
    at = [i for i, column in enumerate(COLUMNS) if column.quantity != missing]
    found = measured(values[:, at], columns=[COLUMNS[i] for i in at])
    assert found.parts["evidence"][inside(values)].mean() > 3.9
    assert missing not in found.parts
    assert ("anchor" in found.parts) == (missing != "level")


def test_unnamed_columns_make_evidence_of_what_departs_together():
    """Columns of a plain array: any common departure has to do."""
    rng = np.random.default_rng(0)
    values = overlapping(rng, (4000, 6), 1.0)
    values[800:816] += 1.5
    total = measured(values, columns=parse_columns(range(6))).parts["evidence"]
    assert total[802:814].mean() > 3.9


def test_nothing_known_makes_no_evidence():
    """All NaN, or nothing but sleep that is none: zeros, and no error."""
    values = np.full((400, len(COLUMNS)), np.nan)
    assert (measured(values).parts["evidence"] == 0).all()
    awake = measured(night(), asleep=np.zeros(6000, dtype=bool)).parts["evidence"]
    assert np.isfinite(awake).all()


@pytest.mark.parametrize("n", [3, 20, 100])
def test_short_recordings_have_evidence(n):
    """A few windows are no error."""
    found = measured(night(n=6000)[:n], body=body_of(0, n, ()))
    assert len(found.parts["evidence"]) == n
    assert np.isfinite(found.parts["evidence"]).all()


def test_states_are_a_witness_on_request():
    """How wake-like the state of a window is counts where it is asked for."""
    values = night()
    states = np.where(inside(values), 1.0, 0.0) + 0.01 * overlapping(
        np.random.default_rng(0), (len(values),)
    )
    found = measured(values, state_wakefulness=states, components=("fast", "states"))
    assert found.weights == {"fast": 1.0, "states": 1.0}
    assert found.parts["states"][inside(values)].mean() > 3
    assert "states" in COMPONENTS
    assert "states" not in DEFAULT_COMPONENTS


def test_a_slow_ramp_is_no_arousal():
    """Power that grows over minutes, as towards wake or N1, makes little evidence."""
    values = night(onsets=())
    add_rise(values, 700.0, 8.0, ("theta", "alpha", "beta"), 2.0)
    ramp = np.clip((centers(len(values)) - 1200.0) / 240.0, 0, 1) * 2.0
    at = where(COLUMNS, quantity=("theta", "alpha", "beta"))
    values[:, at] += ramp[:, np.newaxis]
    total = measured(values).parts["evidence"]
    growing = (centers(len(values)) > 1200) & (centers(len(values)) < 1440)
    assert total[growing].mean() < 0.5 * total[inside(values, 700.0)].mean()
    assert np.abs(total[centers(len(values)) > 1600].mean()) < 1.0
