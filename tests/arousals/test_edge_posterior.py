"""What is known of an edge: mixtures, intervals."""

import numpy as np
import pytest

from mne_arousal.arousals.edge_posterior import EdgePosterior, Onset, doubted, shifted, union

SFREQ = 100.0


def peak(at=12.0, width=0.1, start=9.0, stop=15.0):
    """A posterior around a moment, s."""
    times = np.arange(round(start * SFREQ), round(stop * SFREQ)) / SFREQ
    return EdgePosterior(round(start * SFREQ), np.exp(-0.5 * ((times - at) / width) ** 2), SFREQ)


def test_median_and_interval_of_a_normal_posterior():
    """All but 7 % on each side lie within 1.476 standard deviations, and a sample is added."""
    found = peak().summary()
    assert found.time == pytest.approx(12.0, abs=0.01)
    assert found.high - found.low == pytest.approx(2 * 0.1476 + 2 / SFREQ, abs=0.02)


def test_doubt_widens_and_moves_little():
    """The more doubt, the wider the interval; no doubt changes nothing."""
    widths = []
    for doubt in (0.0, 0.05, 0.2, 0.5):
        found = doubted(peak(), 12.0, doubt, 0, 3000).summary()
        widths.append(found.high - found.low)
        assert found.time == pytest.approx(12.0, abs=0.15)
    assert widths == sorted(widths)
    assert widths[-1] > 2.0 > widths[0]
    same = doubted(peak(), 12.0, 0.0, 0, 3000)
    inside = slice(peak().start - same.start, peak().start - same.start + len(peak().weights))
    np.testing.assert_allclose(same.weights[inside], peak().weights / peak().weights.sum())


def test_doubt_stays_within_limits():
    """An edge lies neither before the first nor after the last sample that is allowed."""
    found = doubted(peak(), 12.0, 0.5, 1100, 1300)
    assert found.times[0] == 9.0  # what the EEG searched stays
    assert doubted(peak(start=11.0, stop=13.0), 12.0, 0.5, 1100, 1300).times[0] == 11.0
    assert doubted(peak(start=11.0, stop=13.0), 12.0, 0.5, 1100, 1300).times[-1] < 13.0


def test_doubt_lies_before_the_guess_in_time():
    """Guesses come late, whichever way the signal runs."""
    forwards = doubted(peak(), 12.0, 0.9, 0, 3000).summary()
    backwards = doubted(peak(), 12.0, 0.9, 0, 3000, backwards=True).summary()
    assert forwards.time < 12.0 < backwards.time
    assert 12.0 - forwards.low == pytest.approx(backwards.high - 12.0, abs=0.05)


def test_union_and_shift():
    """The union keeps the first median; a shift keeps widths."""
    a, b = Onset(2.0, 1.8, 2.1), Onset(1.0, 0.5, 2.0)
    assert union(a, b) == Onset(2.0, 0.5, 2.1)
    assert shifted(a, 1.0) == Onset(3.0, 2.8, 3.1)
