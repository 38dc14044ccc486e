"""Probabilities: a mixture of noise and arousals."""

import numpy as np
import pytest

from mne_arousal.arousals.noise import Noise
from mne_arousal.arousals.probability import (
    FACTOR,
    OFFSET,
    choose_probability,
    evidence_log_odds,
    fit_mixture,
    to_probability,
)

HOURS = 8.0


def noise_scores(rng, rate=8.8, hours=HOURS, variance=2.7, floor=2.5):
    """Scores as noise makes them over a floor."""
    n = rng.poisson(rate * hours * np.exp(-(floor**2 - 9.0) / (2 * variance)))
    return np.sqrt(floor**2 + 2 * variance * rng.exponential(size=n))


def lookalike_scores(rng, hours=HOURS, floor=2.5):
    """Scores of look-alikes as the mixture supposes them."""
    return floor + 2.0 * rng.exponential(size=rng.poisson(15.0 * hours))


def arousal_scores(rng, n):
    return np.maximum(np.exp(rng.normal(np.log(8.0), 0.45, size=n)), 2.5)


def both(seed, n):
    """Scores of noise and look-alikes and of n arousals, and which are arousals."""
    rng = np.random.default_rng(seed)
    noise, arousals = np.r_[noise_scores(rng), lookalike_scores(rng)], arousal_scores(rng, n)
    return np.r_[noise, arousals], np.r_[np.zeros(len(noise), bool), np.ones(n, bool)]


def test_log_odds_never_fall_with_the_score():
    """Even where the Gaussian of arousals does."""
    scores = np.r_[both(0, 60)[0], 60.0, 200.0]
    mixture = fit_mixture(scores, Noise(), HOURS)
    ordered = np.argsort(scores)
    assert (np.diff(mixture.log_odds[ordered]) >= 0).all()
    assert (np.diff(evidence_log_odds(mixture)[ordered]) >= 0).all()
    assert mixture.log_odds.min() >= -6.0
    assert mixture.log_odds.max() <= 6.0


def test_the_number_of_arousals_is_estimated():
    """Within a fifth, for few and for many."""
    for n in (40, 160):
        found = [fit_mixture(both(seed, n)[0], Noise(), HOURS).n_arousals for seed in range(8)]
        assert np.mean(found) == pytest.approx(n, rel=0.2)


def test_more_arousals_make_a_score_more_probable():
    """A score of 5 is likelier an arousal on a night that has many."""
    at = []
    for n in (5, 50, 300):
        scores = np.r_[5.0, both(0, n)[0]]
        at.append(fit_mixture(scores, Noise(), HOURS).log_odds[0])
    assert at[0] < at[1] - 0.5 < at[2] - 1.0


def test_more_noise_makes_a_score_less_probable():
    """By rate, by tail, by stage cluster, and by hours that noise had."""
    scores = np.r_[5.0, both(0, 50)[0]]
    usual = fit_mixture(scores, Noise(), HOURS).log_odds[0]
    assert fit_mixture(scores, Noise(rate=30.0), HOURS).log_odds[0] < usual - 0.5
    assert fit_mixture(scores, Noise(variance=4.0), HOURS).log_odds[0] < usual - 0.3
    assert fit_mixture(scores, Noise(), 3 * HOURS).log_odds[0] < usual - 0.5
    assert fit_mixture(scores, Noise(), HOURS, 3.0).log_odds[0] < usual - 0.5


def test_noise_alone_is_improbable():
    """Few of many candidates of noise are called more likely arousals than not."""
    probable, total, arousals = 0, 0, []
    for seed in range(20):
        scores = noise_scores(np.random.default_rng(seed))
        mixture = fit_mixture(scores, Noise(), HOURS)
        probable += np.sum(to_probability(evidence_log_odds(mixture)) > 0.5)
        total += len(scores)
        arousals.append(mixture.n_arousals)
    assert probable < 0.06 * total
    assert np.mean(arousals) < 0.15 * total / 20


def test_the_mixture_is_right_where_its_assumptions_hold():
    """Scores drawn as it supposes: of those at odds of 3 to 1, about three quarters are real."""
    odds, truth = [], []
    for seed in range(40):
        scores, real = both(seed, 40)
        odds.append(fit_mixture(scores, Noise(), HOURS).log_odds)
        truth.append(real)
    probability, truth = to_probability(np.concatenate(odds)), np.concatenate(truth)
    for low, high in ((0.02, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.98)):
        inside = (probability >= low) & (probability < high)
        assert inside.sum() > 50
        assert truth[inside].mean() == pytest.approx(probability[inside].mean(), abs=0.1)


def test_few_candidates_lean_on_what_is_known():
    """One candidate, or none, is no error; one of 12 is likely, one of 3 is not."""
    assert len(fit_mixture(np.empty(0), Noise(), HOURS).log_odds) == 0
    for score, likely in ((12.0, True), (3.0, False)):
        scores = np.array([score])
        mixture = fit_mixture(scores, Noise(), 0.5)
        assert (to_probability(evidence_log_odds(mixture))[0] > 0.5) == likely
        assert mixture.log_score == pytest.approx(np.log(8.0), abs=0.06)


def test_arousals_may_not_become_the_noise():
    """However many weak candidates there are, arousals score 6 on average at least."""
    weak = np.random.default_rng(0).uniform(2.5, 4.0, size=3000)
    mixture = fit_mixture(weak, Noise(), HOURS)
    assert np.exp(mixture.log_score) >= 6.0 - 1e-9


def test_recalibration_is_what_was_measured():
    """Offset and factor; the mixture by itself says too much."""
    mixture = fit_mixture(both(0, 40)[0], Noise(), HOURS)
    np.testing.assert_allclose(evidence_log_odds(mixture), OFFSET + FACTOR * mixture.log_odds)
    assert OFFSET < 0 < FACTOR < 1.5


def test_probability_of_log_odds():
    np.testing.assert_allclose(
        to_probability([0.0, np.log(3.0), -60.0]), [0.5, 0.75, 0.0], atol=1e-9
    )


PROBABILITIES = np.array([0.99, 0.9, 0.2, 0.7, 0.6, 0.4, 0.95])


def chosen(false_alarms_per_hour=None, max_fdr=None, hours=1.0, probabilities=PROBABILITIES):
    return choose_probability(
        probabilities,
        hours,
        false_alarms_per_hour=false_alarms_per_hour,
        max_fdr=max_fdr,
        min_probability=0.5,
    )


def test_without_limits_the_probability_that_was_asked_for():
    assert chosen() == 0.5


@pytest.mark.parametrize(
    ("per_hour", "lowest"), [(0.02, 0.99), (0.2, 0.9), (0.5, 0.7), (1.0, 0.6), (9.0, 0.2)]
)
def test_expected_false_alarms_stay_under_their_limit(per_hour, lowest):
    """As many as the limit allows."""
    assert chosen(per_hour) == lowest
    kept = PROBABILITIES[lowest <= PROBABILITIES]
    assert np.sum(1 - kept) <= per_hour


def test_false_alarms_are_per_hour_of_sleep():
    assert chosen(0.1, hours=10.0) == chosen(1.0)


@pytest.mark.parametrize(("fdr", "lowest"), [(0.02, 0.99), (0.06, 0.9), (0.2, 0.6), (0.5, 0.2)])
def test_expected_share_of_false_events_stays_under_its_limit(fdr, lowest):
    assert chosen(max_fdr=fdr) == lowest
    assert np.mean(1 - PROBABILITIES[lowest <= PROBABILITIES]) <= fdr


def test_of_two_limits_both_hold():
    assert chosen(1.0, 0.06) == 0.9
    assert chosen(0.02, 0.5) == 0.99


def test_nothing_fits_or_nothing_is_there():
    """No candidate can be accepted then."""
    assert chosen(1e-6) == 1.0
    assert chosen(2.0, probabilities=np.empty(0)) == 1.0
