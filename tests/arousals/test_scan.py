"""Scores of events, and the threshold that noise sets."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d

from mne_arousal.arousals.detector import note_uncalibrated
from mne_arousal.arousals.scan import (
    Noise,
    choose_threshold,
    hours_at_risk,
    measure_noise,
    pick,
    scan,
)

HOP = 0.5
HOUR = round(3600 / HOP)


def evidence(seed, n=HOUR, every=None, duration=8.0, height=4.0):
    """Noise that windows of 2 s make, with events at equal distances (s)."""
    noise = uniform_filter1d(np.random.default_rng(seed).normal(scale=2.0, size=n), 4)
    starts = np.arange(60.0, n * HOP - 60, every) if every else np.empty(0)
    for start in starts:
        noise[round(start / HOP) : round((start + duration) / HOP)] += height
    return noise, starts


def test_scan_tells_start_and_duration():
    """The best box lies where the event does."""
    values, _ = evidence(0)
    values[500:516] += 6.0  # 8 s
    found = scan(values, HOP, np.ones(HOUR, dtype=bool))
    best = int(np.argmax(found.score))
    assert abs(best - 500) <= 1
    assert found.length[best] * HOP == pytest.approx(8.0, abs=2.0)


def test_a_step_scores_less_than_a_bump():
    """What stays high, as a change of stage does, is no arousal."""
    quiet, _ = evidence(0)
    asleep = np.ones(HOUR, dtype=bool)
    step, bump = quiet.copy(), quiet.copy()
    step[3000:3120] += 1.5
    bump[3000:3020] += 1.5
    boxes = [scan(x, HOP, asleep, durations=(10.0,)) for x in (bump, step)]
    scores = [found.score[2999:3002].max() for found in boxes]
    assert scores[0] > 1.1 * scores[1]


def test_scores_mean_the_same_where_arousals_are_dense():
    """An event among 100 an hour scores as it does among 5."""
    medians = []
    for every in (36.0, 720.0):
        values, starts = evidence(1, n=4 * HOUR, every=every)
        found = scan(values, HOP, np.ones(len(values), dtype=bool))
        at = (starts / HOP).astype(int)
        medians.append(np.median([found.score[i - 2 : i + 3].max() for i in at]))
    assert medians[0] == pytest.approx(medians[1], rel=0.3)


def test_pick_keeps_the_best_of_overlapping():
    """Two boxes on one event make one event."""
    score = np.zeros(100)
    score[[40, 42, 80]] = [3.0, 5.0, 2.0]
    np.testing.assert_array_equal(pick(score, np.full(100, 6), 1.0, 2), [42, 80])


def test_threshold_and_rate_belong_together():
    """The rate expected above a threshold is the one that it was chosen for."""
    noise = Noise(rate=20.0, variance=2.5)
    for rate in (0.1, 2.0, 15.0):
        assert noise.events_per_hour(noise.threshold(rate)) == pytest.approx(rate)
    assert noise.threshold(1e3) == 3.0  # never lower: that is no event at all


def test_noise_of_the_night_moves_the_threshold():
    """A night whose noise reaches higher gets a higher threshold; a minute hardly moves it."""
    rng = np.random.default_rng(0)
    calm = 2 + rng.exponential(0.3, size=300)
    restless = 2 + rng.exponential(0.8, size=300)
    thresholds = [measure_noise(x, 4.0).threshold(1.0) for x in (calm, restless)]
    assert thresholds[1] > thresholds[0] + 0.5
    short = measure_noise(restless[:2], 0.02).threshold(1.0)
    assert short == pytest.approx(Noise().threshold(1.0), abs=0.2)


def all_open(threshold):
    """Eight hours of sleep in which nothing happens."""
    return 8.0


def test_few_events_need_a_higher_threshold():
    """The share of noise among the events found stays below what was asked."""
    noise = Noise()
    many, few = np.full(400, 7.0), np.full(4, 7.0)
    weak = np.linspace(3.2, 5.0, 40)
    dense = choose_threshold(np.r_[many, weak], 8.0, all_open, noise, 2.0, 0.05)
    sparse = choose_threshold(np.r_[few, weak], 8.0, all_open, noise, 2.0, 0.05)
    assert dense == pytest.approx(noise.threshold(2.0), abs=0.1)
    assert sparse > dense + 0.3
    assert noise.events_per_hour(sparse) * 8.0 <= 0.05 * np.sum(np.r_[few, weak] > sparse) + 1e-9


def test_nothing_but_noise_leaves_nothing():
    """Scores that noise explains are below the threshold."""
    weak = np.linspace(3.0, 4.0, 30)
    assert choose_threshold(weak, 8.0, all_open, Noise(), 2.0, 0.05) > 4.0


def test_noise_has_less_room_among_many_events():
    """Where events leave half of the sleep open, noise may come twice as often in that half."""
    noise = Noise()
    scores = np.linspace(3.0, 6.0, 4000)
    half = choose_threshold(scores, 8.0, lambda t: 4.0, noise, 2.0, 1.0)
    assert noise.events_per_hour(half) * 4.0 / 8.0 == pytest.approx(2.0, rel=0.01)
    assert half < noise.threshold(2.0)


def test_open_sleep_leaves_out_events_and_what_is_close():
    """Twelve seconds before an event and ten after it are not open; wake never is."""
    asleep = np.ones(HOUR, dtype=bool)
    asleep[-HOUR // 2 :] = False
    nothing = hours_at_risk(asleep, np.array([], int), np.array([], int), HOP, 10.0)
    assert nothing == pytest.approx(0.5)
    starts, lengths = np.array([1000, 1030, 5000]), np.array([10, 10, 10])  # the last is in wake
    blocked = (12.0 + 15.0 + 5.0 + 10.0) / 3600  # the first two overlap
    assert nothing - hours_at_risk(asleep, starts, lengths, HOP, 10.0) == pytest.approx(blocked)


@pytest.mark.parametrize("n", [10, 60])
def test_short_recordings_are_scanned(n):
    """Fewer windows than a box or a flank has are no error."""
    found = scan(np.zeros(n), HOP, np.ones(n, dtype=bool))
    assert len(found.score) == n
    assert np.isfinite(found.score).all()


@pytest.mark.parametrize(
    ("sleep", "quiet", "why"),
    [(0.0, 0.0, "no sleep was found"), (0.1, 0.05, "it is short"), (7.0, 0.02, "it is restless")],
)
def test_a_night_that_cannot_be_calibrated_is_told(sleep, quiet, why):
    """With the recording, and with the reason."""
    with pytest.warns(RuntimeWarning, match=f"sub-01.*{why}"):
        note_uncalibrated("sub-01", {"sleep_hours": sleep, "quiet_hours": quiet})


def test_an_ordinary_night_needs_no_warning():
    """Warnings are errors in these tests."""
    note_uncalibrated("sub-01", {"sleep_hours": 7.0, "quiet_hours": 3.0})


def test_noise_of_few_bands_reaches_higher():
    """Without gamma the same flipped noise asks for a higher threshold."""
    scores = 2 + np.random.default_rng(0).exponential(0.4, size=200)
    with_gamma, without = (measure_noise(scores, 3.0, few_bands=few) for few in (False, True))
    assert without.threshold(1.0) > with_gamma.threshold(1.0) + 0.1
    assert without.rate == with_gamma.rate
