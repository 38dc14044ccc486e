"""Sequences of consecutive windows: never across recordings, gaps or NaN.

Windows overlap, so a sequence takes every k-th of them, such that they touch;
the windows between form further sequences beside it (the other phases). All
rows of a sequence are ``first + k * arange(length)``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .spectrogram import RecordingSpectrogram


@dataclass
class Sequences:
    """Rows of windows that follow each other.

    Parameters
    ----------
    recording : array of int, shape (n_sequences,)
        Number of the recording of each sequence.
    first : array of int, shape (n_sequences,)
        First row, counted within the recording.
    length : array of int, shape (n_sequences,)
        Windows in each.
    step : array of int, shape (n_sequences,)
        Rows from one window to the next.
    """

    recording: np.ndarray
    first: np.ndarray
    length: np.ndarray
    step: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, which) -> Sequences:
        return Sequences(
            self.recording[which], self.first[which], self.length[which], self.step[which]
        )

    def rows(self) -> np.ndarray:
        """Rows within their recordings, shape (n_sequences, length); lengths must agree."""
        return self.first[:, None] + self.step[:, None] * np.arange(self.length[0])


def _stretches(keep: np.ndarray, broken: np.ndarray) -> np.ndarray:
    """Start and stop of each stretch of kept rows without a break, shape (n, 2)."""
    inside = np.r_[False, keep, False]
    follows = inside[1:] & inside[:-1] & ~np.r_[broken, True]
    starts = np.flatnonzero(inside[1:-1] & ~follows[:-1])
    stops = np.flatnonzero(inside[1:-1] & ~follows[1:]) + 1
    return np.column_stack([starts, stops])


def _layout(recording: RecordingSpectrogram) -> tuple[int, np.ndarray]:
    """Rows from a window to the one it touches, and where a window does not follow its former."""
    gaps = np.diff(recording.starts)
    ahead = gaps[gaps > 0]
    step = max(round(recording.spacing / np.median(ahead)), 1) if len(ahead) else 1
    broken = np.r_[True, (gaps > max(recording.spacing, 1)) | (gaps <= 0)]
    return step, broken


def _phases(number: int, stretches: np.ndarray, step: int) -> Sequences:
    first = (stretches[:, :1] + np.arange(step)).ravel()
    length = -((first - np.repeat(stretches[:, 1], step)) // step)
    some = length > 0
    first, length = first[some], length[some]
    return Sequences(np.full_like(first, number), first, length, np.full_like(first, step))


def _concatenate(parts: list[Sequences]) -> Sequences:
    names = ("recording", "first", "length", "step")
    return Sequences(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def find_sequences(
    recordings: list[RecordingSpectrogram], sequential: bool, held_out=None
) -> Sequences:
    """Find the sequences of windows in recordings.

    Parameters
    ----------
    recordings : list of RecordingSpectrogram
        Recordings.
    sequential : bool
        False makes each window a sequence of its own.
    held_out : list of array of bool, shape (n_windows,) | None
        Windows to leave out of each recording.

    Returns
    -------
    sequences : Sequences
        All sequences.
    """
    parts = []
    for i, recording in enumerate(recordings):
        keep = recording.finite if held_out is None else recording.finite & ~held_out[i]
        if sequential:
            step, broken = _layout(recording)
            parts.append(_phases(i, _stretches(keep, broken), step))
        else:
            first = np.flatnonzero(keep)
            one = np.ones_like(first)
            parts.append(Sequences(i * one, first, one, one))
    return _concatenate(parts)


def hold_out(recordings, sequential: bool, length: int, fraction: float, rng) -> list[np.ndarray]:
    """Choose blocks of windows for validation.

    Overlapping windows are the same data, so what is held out is stretches of
    time, the length of a training sequence or a tenth of the recording.

    Parameters
    ----------
    recordings : list of RecordingSpectrogram
        Recordings.
    sequential : bool
        False when windows do not follow each other.
    length : int
        Windows in a training sequence.
    fraction : float
        Share of the windows to hold out.
    rng : numpy.random.RandomState
        Source of chance.

    Returns
    -------
    held_out : list of array of bool, shape (n_windows,)
        True for windows held out; none of a recording with fewer than ten.
    """
    masks = []
    for recording in recordings:
        n = len(recording.starts)
        step = _layout(recording)[0] if sequential else 1
        block = min(length * step if sequential else 1, max(n // 10, 1))
        n_blocks = -(-n // block)
        chosen = np.zeros(n_blocks, dtype=bool)
        if n >= 10:
            count = max(round(fraction * n_blocks), 1) if fraction else 0
            chosen[rng.permutation(n_blocks)[:count]] = True
        masks.append(np.repeat(chosen, block)[:n])
    return masks


def without_overlap(recordings, held_out: list[np.ndarray]) -> list[np.ndarray]:
    """Widen the held-out windows by those that share signal with them.

    Parameters
    ----------
    recordings : list of RecordingSpectrogram
        Recordings.
    held_out : list of array of bool, shape (n_windows,)
        Windows held out.

    Returns
    -------
    widened : list of array of bool, shape (n_windows,)
        Windows that training must not see.
    """
    widened = []
    for recording, held in zip(recordings, held_out, strict=True):
        reach = _layout(recording)[0] - 1
        kernel = np.ones(2 * reach + 1)
        widened.append(np.convolve(held, kernel, "same")[: len(held)] > 0 if reach else held)
    return widened


def training_lengths(sequences: Sequences, length: int) -> np.ndarray:
    """Length at which each sequence is used: at most `length`, else a power of two.

    Few distinct lengths let a batch hold sequences of one length, without padding.

    Parameters
    ----------
    sequences : Sequences
        Sequences.
    length : int
        Most windows in a training sequence.

    Returns
    -------
    lengths : array of int, shape (n_sequences,)
        Windows to take from each.
    """
    shorter = 2 ** np.floor(np.log2(sequences.length)).astype(int)
    return np.where(sequences.length >= length, length, np.minimum(shorter, length))


def sample_pieces(sequences: Sequences, length: int, n_windows: int, rng) -> Sequences:
    """Draw random pieces of one length for a training step.

    Parameters
    ----------
    sequences : Sequences
        Sequences to draw from.
    length : int
        Most windows in a piece.
    n_windows : int
        Windows in all pieces together, about.
    rng : numpy.random.RandomState
        Source of chance.

    Returns
    -------
    pieces : Sequences
        Pieces of equal length.
    """
    lengths = training_lengths(sequences, length)
    kinds, which = np.unique(lengths, return_inverse=True)
    weights = np.bincount(which, weights=sequences.length)
    kind = rng.choice(len(kinds), p=weights / weights.sum())
    pool = sequences[which == kind]
    size = kinds[kind]
    room = pool.length - size + 1
    count = min(max(n_windows // size, 1), int(room.sum()))
    chosen = rng.choice(len(pool), size=count, p=room / room.sum())
    pieces = pool[chosen]
    offset = rng.randint(room[chosen])
    pieces.first = pieces.first + offset * pieces.step
    pieces.length = np.full(count, size)
    return pieces


def cut_pieces(sequences: Sequences, length: int, margin: int = 0):
    """Cut sequences into pieces, in groups of equal length.

    Parameters
    ----------
    sequences : Sequences
        Sequences.
    length : int
        Most windows that a piece answers for.
    margin : int
        Most windows of context on either side, where the sequence has them.

    Yields
    ------
    pieces : Sequences
        Pieces of one length, context included.
    answers : slice
        Windows that the pieces answer for: over all groups, every window once.
    """
    n_pieces = -(-sequences.length // length)
    of = np.repeat(np.arange(len(sequences)), n_pieces)
    offset = (np.arange(len(of)) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)) * length
    pieces = sequences[of]
    size = np.minimum(pieces.length - offset, length)
    left = np.minimum(offset, margin)
    right = np.minimum(pieces.length - offset - size, margin)
    pieces.first = pieces.first + (offset - left) * pieces.step
    pieces.length = left + size + right
    layouts, which = np.unique(np.column_stack([left, size, right]), axis=0, return_inverse=True)
    for i, (before, count, _) in enumerate(layouts):
        yield pieces[which.ravel() == i], slice(int(before), int(before + count))
