"""Scores: where evidence stands out from both sides."""

import numpy as np
import pytest

from mne_arousal.arousals.scan import SCAN_DURATIONS, pick, scan

from .synthetic import HOP, HOUR, evidence

ASLEEP = np.ones(HOUR, dtype=bool)


def test_scan_tells_start_and_duration():
    """The best box lies where the event does."""
    for duration in (4.0, 8.0, 12.0):
        values, _ = evidence(0)
        values[500 : 500 + round(duration / HOP)] += 8.0
        found = scan(values, HOP, ASLEEP)
        best = int(np.argmax(found.score))
        assert abs(best - 500) <= 1
        assert found.length[best] * HOP == pytest.approx(duration, abs=2.0)


def test_a_step_scores_less_than_a_bump():
    """What stays high, as a change of stage does, is no arousal."""
    quiet, _ = evidence(0)
    step, bump = quiet.copy(), quiet.copy()
    step[3000:3120] += 1.5
    bump[3000:3020] += 1.5
    boxes = [scan(x, HOP, ASLEEP, durations=(10.0,)) for x in (bump, step)]
    scores = [found.score[2999:3002].max() for found in boxes]
    assert scores[0] > 1.1 * scores[1]


def test_flanks_count_for_seven_tenths():
    """An event between flanks of half its height loses a third of its contrast."""
    quiet, _ = evidence(0)
    alone, flanked = quiet.copy(), quiet.copy()
    alone[3000:3016] += 1.8
    flanked[3000:3016] += 1.8
    flanked[2982:2998] += 0.9
    flanked[3018:3034] += 0.9
    scores = [scan(x, HOP, ASLEEP, (8.0,)).score[3000] for x in (alone, flanked, quiet)]
    lost = (scores[0] - scores[1]) / (scores[0] - scores[2])
    assert lost == pytest.approx(0.7 * 0.9 / 1.8, abs=0.08)


def test_a_ramp_within_the_guard_costs_nothing():
    """A second beside the event belongs to neither box nor flank; flanks reach 8 s further."""
    quiet = np.tile([0.5, -0.5], HOUR // 2)
    values = quiet.copy()
    values[3000:3016] += 6.0
    before = scan(values, HOP, ASLEEP, (8.0,)).score[3000]
    for first, last, counts in ((2998, 3000, False), (2982, 2984, True), (2976, 2980, False)):
        other = values.copy()
        other[first:last] += 1.4
        changed = abs(scan(other, HOP, ASLEEP, (8.0,)).score[3000] - before) > 1e-2
        assert changed == counts


def test_another_arousal_beside_one_is_no_reason_to_doubt_it():
    """Flanks count no more than loud, however high the neighbor is."""
    quiet, _ = evidence(0)
    scores = []
    for height in (2.5, 50.0):
        values = quiet.copy()
        values[3000:3016] += 8.0
        values[3020:3036] += height
        scores.append(scan(values, HOP, ASLEEP, (8.0,)).score[3000])
    assert scores[1] == pytest.approx(scores[0], rel=0.15)


def test_scores_mean_the_same_where_arousals_are_dense():
    """An event among 100 an hour scores as it does among 5."""
    medians = []
    for every in (36.0, 720.0):
        values, starts = evidence(1, n=4 * HOUR, every=every)
        found = scan(values, HOP, np.ones(len(values), dtype=bool))
        at = (starts / HOP).astype(int)
        medians.append(np.median([found.score[i - 2 : i + 3].max() for i in at]))
    assert medians[0] == pytest.approx(medians[1], rel=0.3)


def test_scores_are_in_spreads_of_quiet_sleep():
    """Scaling evidence changes no score; one box of noise has spread 1."""
    values = evidence(0)[0]
    scaled = scan(0.3 * values, HOP, ASLEEP, (8.0,)).score
    np.testing.assert_allclose(scaled, scan(values, HOP, ASLEEP, (8.0,)).score, rtol=0.2, atol=0.5)
    low, middle = np.percentile(scaled, (15.87, 50))
    assert middle - low == pytest.approx(1.0, abs=0.1)


def test_flipped_evidence_is_the_mirror_image_in_quiet_sleep():
    """Dips score in the negative control; what surrounds an event does not."""
    values, _ = evidence(0)
    values[1000:1016] -= 6.0
    values[5000:5016] += 30.0
    found = scan(values, HOP, ASLEEP)
    assert found.flipped[999:1002].max() > 6
    assert abs(found.flipped_length[1000] * HOP - 8.0) <= 2
    assert found.score[1000] < 2
    assert not found.quiet[4990:5016].any()
    assert (found.flipped[5000:5016] == 0).all()


def test_the_mirror_image_of_quiet_evidence_scores_what_the_evidence_does():
    """Up to the spread, which is that below the middle."""
    quiet = 0.3 * evidence(3)[0]
    mirror, straight = scan(-quiet, HOP, ASLEEP), scan(quiet, HOP, ASLEEP)
    assert np.median(mirror.flipped) == pytest.approx(np.median(straight.score), rel=0.1)
    assert np.corrcoef(mirror.flipped, straight.score)[0, 1] > 0.95


def test_quiet_hours_are_sleep_without_what_is_loud():
    """Wake is never quiet; hours are hours."""
    values, _ = evidence(0)
    calm = np.minimum(values, 1.9)
    asleep = np.arange(HOUR) < HOUR // 2
    assert scan(calm, HOP, asleep).quiet_hours == pytest.approx(0.5, abs=0.01)
    assert scan(calm + 5.0, HOP, asleep).quiet_hours == 0
    assert not scan(calm, HOP, asleep).quiet[HOUR // 2 :].any()


def test_durations_are_those_that_count():
    """From the shortest arousal to the longest."""
    assert SCAN_DURATIONS[0] == 3.0
    assert SCAN_DURATIONS[-1] == 15.0


def test_pick_keeps_the_best_of_overlapping():
    """Two boxes on one event make one event."""
    score = np.zeros(100)
    score[[40, 42, 80]] = [3.0, 5.0, 2.0]
    np.testing.assert_array_equal(pick(score, np.full(100, 6), 1.0, 2), [42, 80])


def test_pick_keeps_a_gap_and_a_floor():
    """None under the floor, none within the gap of another's extent."""
    score = np.zeros(100)
    score[[40, 47, 48, 60]] = [5.0, 3.0, 2.5, 0.5]
    length = np.full(100, 6)
    np.testing.assert_array_equal(pick(score, length, 1.0, 2), [40, 48])
    np.testing.assert_array_equal(pick(score, length, 1.0, 1), [40, 47])
    np.testing.assert_array_equal(pick(score, length, 2.9, 2), [40])


@pytest.mark.parametrize("n", [1, 10, 60])
def test_short_recordings_are_scanned(n):
    """Fewer windows than a box or a flank has are no error."""
    found = scan(np.zeros(n), HOP, np.ones(n, dtype=bool))
    assert len(found.score) == n
    assert np.isfinite(found.score).all()
