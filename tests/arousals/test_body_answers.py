"""What heart and breath do in the seconds after an arousal."""

import numpy as np
import pytest

from mne_arousal.arousals.body_answers import ANSWERS, answer_view, learned_shape
from mne_arousal.utils.columns import parse_columns

from .synthetic import BODY_COLUMNS, HOP, LENGTH, body_of, overlapping

HEART, BREATH = ANSWERS
N = 6000
ONSETS = np.arange(120.0, 2900.0, 60.0)
LAGS = np.arange(25) * HOP


def fast_eeg(seed=0, onsets=ONSETS, n=N):
    """Fast EEG in spreads, 8 at each onset and less in the seconds after."""
    fast = overlapping(np.random.default_rng(seed), (n,), 1.0)
    for onset in onsets:
        fast[round(onset / HOP) + np.arange(10)] += 8.0 * 0.7 ** np.arange(10)
    return fast


def view_of(answer, body, fast=None, columns=BODY_COLUMNS):
    """View of a night that is all sleep."""
    every = np.ones(len(body), dtype=bool)
    fast = fast_eeg(n=len(body)) if fast is None else fast
    return answer_view(answer, body, columns, fast, every, every, hop=HOP, window_length=LENGTH)


def prior_shape(answer=HEART):
    return learned_shape(np.zeros(N), np.zeros(N), answer, HOP)


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_is_known_of_bodies(answer):
    """Without arousals to learn from, the answer peaks after 5 s and ends after 11."""
    shape = prior_shape(answer)
    assert np.sum(shape**2) == pytest.approx(1.0)
    assert LAGS[shape.argmax()] == 5.0
    assert (shape[LAGS >= 11] == 0).all()
    assert (shape[LAGS < 11] > 0).all()
    assert len(shape) == len(LAGS)


@pytest.mark.parametrize("lag", [3.0, 5.0, 8.0])
def test_the_lag_is_learned(lag):
    """Hearts that answer sooner or later move the shape towards their lag."""
    trace = body_of(0, N, ONSETS, lag)[:, 0]
    shape = learned_shape(trace, fast_eeg(), HEART, HOP)
    assert np.sum(shape**2) == pytest.approx(1.0)
    assert LAGS[shape.argmax()] == pytest.approx(lag, abs=1.0)


def test_a_few_arousals_hardly_move_the_shape():
    """Twenty arousals count as much as what is known; three move little."""
    shapes = {}
    for count in (3, 45):
        onsets = ONSETS[:count]
        trace = body_of(0, N, onsets, 9.0, rise=10.0)[:, 0]
        shapes[count] = learned_shape(trace, fast_eeg(onsets=onsets), HEART, HOP)
    assert LAGS[shapes[3].argmax()] == pytest.approx(5.0, abs=0.5)
    assert LAGS[shapes[45].argmax()] == pytest.approx(9.0, abs=1.0)


@pytest.mark.parametrize("lag", [-4.0, 15.0, 30.0])
def test_the_lag_stays_within_bounds(lag):
    """What the body does before or long after an arousal is no answer."""
    trace = body_of(0, N, ONSETS, lag)[:, 0]
    shape = learned_shape(trace, fast_eeg(), HEART, HOP)
    assert (shape[LAGS >= 11] == 0).all()
    assert (shape >= 0).all()
    assert np.sum(shape**2) == pytest.approx(1.0)


def test_a_body_that_falls_teaches_nothing():
    """A heart that slows down after arousals leaves what is known."""
    trace = -np.abs(body_of(0, N, ONSETS)[:, 0])
    np.testing.assert_allclose(learned_shape(trace, fast_eeg(), HEART, HOP), prior_shape())


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_view_looks_ahead(answer):
    """It is high where the arousal begins, not where the heart beats fast."""
    view = view_of(answer, body_of(0, N, ONSETS))
    at = (ONSETS / HOP).astype(int)
    means = np.array([view[at + shift].mean() for shift in range(-40, 60)])
    assert abs((means.argmax() - 40) * HOP) <= 1.5
    assert means.max() > 3 * view.std() / 2
    assert view[np.r_[at + 30]].mean() < 0.5 * means.max()


def test_gaps_are_bridged_or_unknown():
    """Ten seconds without a beat are bridged; two minutes are unknown, and only they."""
    body = body_of(0, N, ONSETS)
    body[1000:1016] = np.nan
    body[3000:3240] = np.nan
    view = view_of(HEART, body)
    assert np.isfinite(view[990:1030]).all()
    assert np.isnan(view[3060:3240]).all()
    assert np.isfinite(view[3300:]).all()


def test_a_heart_without_channel_has_no_view():
    """No such column, or one that is never known."""
    body = body_of(0, N, ONSETS)
    resp = parse_columns(["eeg:C3:heart_rate", "resp:Airflow:recovery"])
    assert view_of(HEART, body, columns=resp) is None
    body[:, 0] = np.nan
    assert view_of(HEART, body) is None
    assert view_of(BREATH, body) is not None


def test_the_ecg_is_believed_before_the_pulse():
    """Of several channels of heart rate the first kind is taken."""
    body = body_of(0, N, ONSETS)
    noise = np.random.default_rng(5).normal(size=N)
    columns = parse_columns(["pulse:Pulse:heart_rate", "ecg:ECG:heart_rate"])
    both = view_of(HEART, np.c_[noise, body[:, 0]], columns=columns)
    np.testing.assert_allclose(both, view_of(HEART, body))
