"""Matched filter on departures of bands."""

import numpy as np
import pytest

from mne_arousal.arousals.matched_filter import learned_match, whitened_match

BANDS = ("delta", "theta", "alpha", "beta", "gamma")


def quiet_bands(rng, n=4000, names=BANDS):
    """Departures of a quiet night, whose first windows are free for events."""
    stable = np.ones(n, dtype=bool)
    stable[:10] = False
    return rng.normal(size=(n, len(names))), stable


def match_of(events, names=BANDS):
    """Matches of single windows, one for each dict of departures, and of quiet windows."""
    bands, stable = quiet_bands(np.random.default_rng(0), names=names)
    for row, event in enumerate(events):
        bands[row] = [event.get(name, 0.0) for name in names]
    match = whitened_match(bands, stable, names)
    return match[: len(events)], match[10:]


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


def test_match_is_in_standard_deviations_of_quiet_sleep():
    """The best of a few templates in noise lies within one standard deviation or two of 0."""
    _, quiet = match_of([])
    assert 0.5 < quiet.mean() < 1.2
    assert 0.6 < quiet.std() < 1.1


@pytest.mark.parametrize(
    "kind",
    [
        {"theta": 1.5, "alpha": 3.0, "beta": 3.0, "gamma": 1.5},
        {"alpha": 3.0},
        {"theta": 3.0, "beta": 0.9},
        {"beta": 3.0, "gamma": 3.0},
    ],
)
def test_each_kind_of_arousal_matches_and_falling_delta_adds(kind):
    """Fast activity of any kind matches; more where delta falls with it, less where it rises."""
    plain, lower, higher = match_of([kind, {**kind, "delta": -2.0}, {**kind, "delta": 2.0}])[0]
    assert plain > 2.5
    assert lower > plain + 0.5
    assert higher < plain - 0.4


def test_each_template_is_weighed_as_it_should_be():
    """Match of unit noise is the projection on the template, exactly."""
    names = BANDS
    rng = np.random.default_rng(1)
    bands, stable = quiet_bands(rng, 200_000)
    events = [
        {"delta": -1.0, "theta": 1.0, "alpha": 2.0, "beta": 2.0, "gamma": 1.0},
        {"delta": -1.0, "alpha": 2.0},
        {"delta": -1.0, "theta": 2.0, "beta": 0.6},
        {"delta": -1.0, "beta": 2.0, "gamma": 2.0},
    ]
    for row, event in enumerate(events):
        bands[row] = [event.get(name, 0.0) for name in names]
    match = whitened_match(bands, stable, names)
    expected = [np.linalg.norm(bands[row]) / np.sqrt(1.1) for row in range(len(events))]
    np.testing.assert_allclose(match[: len(events)], expected, rtol=0.01)


def test_delta_alone_is_no_match():
    """Slow waves that grow or fall by themselves are no arousal."""
    grow, fall, fast = match_of([{"delta": 4.0}, {"delta": -4.0}, {"alpha": 4.0}])[0]
    assert grow < 0
    assert fall < 2.0
    assert fast > 3.0


def test_sigma_is_in_no_template():
    """A spindle by itself raises nothing."""
    names = (*BANDS, "sigma")
    assert match_of([{"sigma": 4.0}], names)[0][0] < 0.5


def test_without_fast_bands_there_is_no_match():
    """Delta and sigma alone tell nothing."""
    bands = np.random.default_rng(0).normal(size=(300, 2))
    assert (whitened_match(bands, np.ones(300, dtype=bool), ("delta", "sigma")) == 0).all()


def test_few_quiet_windows_leave_all_to_measure_on():
    """A handful of quiet windows gives no covariance of its own."""
    bands, _ = quiet_bands(np.random.default_rng(0), 500)
    few = np.zeros(500, dtype=bool)
    few[:5] = True
    np.testing.assert_array_equal(
        whitened_match(bands, few, BANDS),
        whitened_match(bands, np.ones(500, dtype=bool), BANDS),
    )


def night_of(kind, n_events, *, size=3.0):
    """Bands of a night with events of one kind of 4 s, where they are, and evidence of them."""
    bands, stable = quiet_bands(np.random.default_rng(2))
    inside = np.zeros(len(bands), dtype=bool)
    for start in 200 + 100 * np.arange(n_events):
        inside[start : start + 8] = True
    bands[inside] += [size * kind.get(name, 0.0) for name in BANDS]
    return bands, stable & ~inside, inside, np.where(inside, 5.0, 0.0)


def test_events_of_the_night_become_a_template():
    """Theta with delta, which no template looks for, is found once it has stood out."""
    bands, stable, inside, evidence = night_of({"delta": 1.0, "theta": 1.0}, 20)
    asleep = np.ones(len(bands), dtype=bool)
    usual = whitened_match(bands, stable, BANDS)
    own = learned_match(bands, stable, BANDS, evidence, asleep, 0.5)
    assert own[inside].mean() > usual[inside].mean() + 1.0
    assert 0.8 < own[stable].std() < 1.1
    assert abs(np.median(own[stable])) < 0.1


def test_few_events_leave_the_usual_template():
    """Under three there is none; three hardly turn it from what arousals look like."""
    kind = {"delta": 1.0, "theta": 1.0}
    matches = []
    for n_events in (2, 3, 30):
        bands, stable, inside, evidence = night_of(kind, n_events)
        asleep = np.ones(len(bands), dtype=bool)
        own = learned_match(bands, stable, BANDS, evidence, asleep, 0.5)
        matches.append(own if own is None else own[inside].mean())
    assert matches[0] is None
    assert matches[1] < matches[2] - 0.5


def test_only_sleep_teaches_the_template():
    """What stands out in wake is no event."""
    bands, stable, inside, evidence = night_of({"alpha": 1.0}, 20)
    assert learned_match(bands, stable, BANDS, evidence, ~inside & stable, 0.5) is None
