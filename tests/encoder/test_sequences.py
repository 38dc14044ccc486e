"""Sequences never cross recordings, gaps or NaN."""

import numpy as np
import pytest

from mne_arousal.encoder.sequences import (
    cut_pieces,
    find_sequences,
    hold_out,
    sample_pieces,
    without_overlap,
)
from mne_arousal.encoder.spectrogram import RecordingSpectrogram


def recording(starts, finite=None, spacing=200, first=0):
    n = len(starts)
    finite = np.ones(n, dtype=bool) if finite is None else finite
    return RecordingSpectrogram(
        slice(first, first + n), None, None, np.asarray(starts), finite, spacing, 100.0
    )


def covered(sequences):
    return sorted(
        (int(s), int(f + k * j))
        for s, f, n, k in zip(
            sequences.recording, sequences.first, sequences.length, sequences.step, strict=True
        )
        for j in range(n)
    )


def test_every_window_is_in_one_sequence():
    finite = np.ones(100, dtype=bool)
    finite[40:43] = False
    recordings = [recording(np.arange(100) * 50, finite), recording(np.arange(30) * 50, first=100)]
    found = covered(find_sequences(recordings, True))
    assert found == [(0, i) for i in range(100) if finite[i]] + [(1, i) for i in range(30)]


def test_windows_of_a_sequence_touch_and_do_not_jump():
    starts = np.r_[np.arange(40) * 50, 10_000 + np.arange(40) * 50]
    sequences = find_sequences([recording(starts)], True)
    for i in range(len(sequences)):
        rows = sequences[i : i + 1].rows()[0]
        assert (np.diff(starts[rows]) == 200).all()


def test_arrays_take_rows_as_consecutive_or_alone():
    plain = [recording(np.arange(10), spacing=1)]
    assert find_sequences(plain, True).length.tolist() == [10]
    assert find_sequences(plain, False).length.tolist() == [1] * 10


@pytest.mark.parametrize(("length", "margin"), [(8, 0), (8, 3), (100, 5)])
def test_pieces_answer_for_every_window_once(length, margin):
    sequences = find_sequences([recording(np.arange(103) * 50)], True)
    rows = [p.rows()[:, a].ravel() for p, a in cut_pieces(sequences, length, margin)]
    assert sorted(np.concatenate(rows)) == list(range(103))


def test_training_and_validation_share_no_signal():
    recordings = [recording(np.arange(400) * 50)]
    held = hold_out(recordings, True, 10, 0.2, np.random.RandomState(0))
    training = find_sequences(recordings, True, without_overlap(recordings, held))
    used = np.zeros(400 * 50 + 200, dtype=bool)
    for _, row in covered(training):
        used[row * 50 : row * 50 + 200] = True
    assert held[0].sum() == pytest.approx(80, abs=40)
    for row in np.flatnonzero(held[0]):
        assert not used[row * 50 : row * 50 + 200].any()


def test_sampled_pieces_stay_inside_their_sequences():
    sequences = find_sequences([recording(np.arange(100) * 50), recording(np.arange(7) * 50)], True)
    inside = set(covered(sequences))
    rng = np.random.RandomState(0)
    for _ in range(20):
        assert set(covered(sample_pieces(sequences, 16, 64, rng))) <= inside
