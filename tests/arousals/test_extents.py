"""Extents of events."""

import numpy as np
import pytest

from mne_arousal.arousals.extents import merge_boxes

from .synthetic import HOP


def merged(values, boxes, threshold=2.0, *, local=None, min_duration=0.0):
    """Extents of boxes (start, length, score)."""
    starts, lengths, scores = (np.array(x) for x in zip(*boxes, strict=True))
    local = values if local is None else local
    scores = scores.astype(float)
    return merge_boxes(
        values, local, starts, scores, lengths, threshold, HOP, min_duration=min_duration
    )


def event(start=500, stop=516, height=6.0, n=1000):
    values = np.zeros(n)
    values[start:stop] = height
    return values


@pytest.mark.parametrize("box", [(500, 16), (504, 8), (496, 24), (508, 6)])
def test_edges_move_to_where_evidence_crosses_half_of_its_height(box):
    """A box that is too short, too long or beside gets the event's edges."""
    ((lo, hi, score),) = merged(event(), [(*box, 4.0)])
    assert (abs(lo - 500), abs(hi - 516)) <= (1, 1)
    assert score == 4.0


def test_half_of_the_height_counts():
    """Flanks of 40 % are outside, shoulders of 70 % within."""
    values = event()
    values[480:500], values[516:530] = 2.4, 4.2
    ((lo, hi, _),) = merged(values, [(500, 16, 4.0)])
    assert abs(lo - 500) <= 1
    assert abs(hi - 530) <= 1


def test_short_dips_are_bridged_and_long_ones_are_not():
    """Of two stretches a second or more apart the one with more evidence is the event."""
    values = event(500, 524)
    values[508:509] = 0.0
    ((lo, hi, _),) = merged(values, [(500, 24, 4.0)])
    assert (abs(lo - 500), abs(hi - 524)) <= (1, 1)
    values[508:516] = 0.0
    values[516:524] = 8.0
    ((lo, hi, _),) = merged(values, [(500, 24, 4.0)])
    assert (abs(lo - 516), abs(hi - 524)) <= (1, 1)


def test_no_event_reaches_farther_than_half_a_minute():
    """An hour of high evidence is cut."""
    ((lo, hi, _),) = merged(np.full(1000, 5.0), [(500, 16, 4.0)])
    assert (500 - lo) * HOP <= 30
    assert (hi - 516) * HOP <= 30


def test_of_boxes_that_overlap_the_best_stays():
    """In order of time, and none under the threshold."""
    values = event() + event(700, 712)
    boxes = [(498, 10, 3.0), (502, 14, 5.0), (700, 12, 4.0), (300, 8, 1.0)]
    found = merged(values, boxes)
    assert [score for *_, score in found] == [5.0, 4.0]
    assert found[0][0] < found[1][0]


def test_a_box_without_evidence_keeps_its_edges():
    """Nothing stands out: the box is all there is."""
    assert merged(-np.ones(1000), [(500, 16, 4.0)]) == [(500, 516, 4.0)]


def test_edges_of_the_recording_are_edges():
    """Events at the first and the last windows stay within."""
    found = merged(event(0, 10) + event(990, 1000), [(0, 10, 4.0), (990, 10, 4.0)])
    assert found[0][0] == 0
    assert found[1][1] == 1000


def test_extents_go_by_eeg_and_chin_unless_these_are_too_short():
    """Late witnesses widen no event, but may make one long enough."""
    values, local = event(500, 524), event(500, 510)
    for shortest, stop in ((3.0, 510), (6.0, 524)):
        ((lo, hi, _),) = merged(values, [(500, 16, 4.0)], local=local, min_duration=shortest)
        assert abs(lo - 500) <= 1
        assert abs(hi - stop) <= 1
