"""How often sleep makes a score where nothing happens."""

import numpy as np
import pytest

from mne_arousal.arousals.noise import Noise, cluster_factors, flipped_that_count, measure_noise
from mne_arousal.arousals.scan import pick, scan

from .synthetic import HOP, HOUR, evidence


def exceedances(rng, size, variance):
    """Scores over 2 with a half-normal tail."""
    return np.sqrt(4.0 + 2 * variance * rng.exponential(size=size))


def test_rate_and_density_belong_together():
    """The density is what the rate loses for each unit of score."""
    noise = Noise(rate=20.0, variance=2.5)
    assert noise.events_per_hour(3.0) == pytest.approx(20.0)
    scores = np.linspace(2.5, 8.0, 50)
    lost = noise.events_per_hour(scores - 1e-4) - noise.events_per_hour(scores + 1e-4)
    np.testing.assert_allclose(noise.density(scores), lost / 2e-4, rtol=1e-4)
    assert (np.diff(noise.events_per_hour(scores)) < 0).all()


def test_constants_are_those_of_the_script_that_measured_them():
    """A night that does as simulated ones did has their noise."""
    rng = np.random.default_rng(0)
    flipped = exceedances(rng, 71 * 40, 1.35)
    noise = measure_noise(flipped, 40.0)
    assert noise.rate == pytest.approx(8.8, rel=0.05)
    assert noise.variance == pytest.approx(2.7, rel=0.08)
    assert Noise() == Noise(8.8, 2.7)


def test_noise_of_the_night_is_learned_and_a_minute_of_it_hardly():
    """A night whose noise reaches higher has more; two events move little."""
    rng = np.random.default_rng(0)
    calm, restless = (exceedances(rng, 284, variance) for variance in (0.8, 3.0))
    found = [measure_noise(x, 4.0) for x in (calm, restless)]
    assert found[1].events_per_hour(5.0) > 5 * found[0].events_per_hour(5.0)
    short = measure_noise(np.array([2.5, 3.5]), 0.02)
    assert short.events_per_hour(5.0) == pytest.approx(Noise().events_per_hour(5.0), rel=0.35)


def test_forty_events_are_what_the_constants_count_for():
    """With as many flipped events as that, half of what is new is believed."""
    hours = 40.0 / 71.0
    noise = measure_noise(np.full(80, 3.0), hours)
    assert noise.rate == pytest.approx(8.8 * 1.5)
    none = measure_noise(np.empty(0), hours)
    assert none == Noise(pytest.approx(8.8 / 2), pytest.approx(2.7))


def test_what_lies_under_the_floor_does_not_count():
    """Flipped events with scores to 2 tell nothing."""
    scores = np.array([0.5, 1.9, 2.0, 2.1, 5.0])
    np.testing.assert_array_equal(flipped_that_count(scores), [False, False, False, True, True])
    assert measure_noise(scores, 1.0) == measure_noise(scores[3:], 1.0)


def test_noise_of_few_bands_reaches_higher():
    """Without gamma the same flipped noise reaches higher."""
    scores = exceedances(np.random.default_rng(0), 200, 1.35)
    with_gamma, without = (measure_noise(scores, 3.0, few_bands=few) for few in (False, True))
    assert without.rate == with_gamma.rate
    assert without.variance == pytest.approx(with_gamma.variance * 3.3 / 2.7)


def test_noise_alone_is_told_by_its_mirror_image():
    """Scores of Gaussian noise and of its mirror image are alike: the control is fair."""
    rates = {"score": 0, "flipped": 0}
    for seed in range(6):
        found = scan(evidence(seed)[0] / 3, HOP, np.ones(HOUR, dtype=bool))
        for name in rates:
            length = found.length if name == "score" else found.flipped_length
            rates[name] += len(pick(getattr(found, name), length, 2.5, 2))
    assert rates["score"] == pytest.approx(rates["flipped"], rel=0.35)


def test_clusters_with_more_noise_are_told():
    """Three times as many events in one of two clusters; a cluster without sleep has factor 1."""
    quiet = np.repeat([0, 1, -1], [4000, 4000, 500])
    flipped = np.repeat([0, 1, -1], [50, 150, 30])
    factors = cluster_factors(flipped, quiet, 3)
    np.testing.assert_allclose(factors, [70 / 120, 170 / 120, 1.0])
    few = cluster_factors(flipped[:3], quiet[:100], 3)
    np.testing.assert_allclose(few, 1.0, atol=0.2)
    np.testing.assert_array_equal(cluster_factors(np.empty(0, int), np.empty(0, int), 2), 1.0)
