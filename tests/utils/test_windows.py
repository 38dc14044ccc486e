"""The one view of windows that all extractors share."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from mne_arousal import PSGWindower
from mne_arousal.utils.windows import Channel, read_windows

from ..recordings import noise_raw


class Reader(BaseEstimator):
    """An estimator with nothing of its own."""


def test_batches_and_signals_hold_the_same_windows():
    """Both ways of reading give what braindecode gives, window by window."""
    dataset = PSGWindower(verbose="error").fit_transform([noise_raw(310), noise_raw(330, seed=1)])
    windows = read_windows(Reader(), dataset, reset=True)
    n = windows.shape[2]
    batches = np.concatenate([batch for _, batch in windows.batches(100)])
    pieces = np.empty_like(batches)
    for rows, starts, signal in windows.signals(5000):
        pieces[rows] = np.stack([signal[:, s : s + n] for s in starts])
    assert batches.shape == windows.shape == (len(dataset), 4, 200)
    np.testing.assert_array_equal(batches, pieces)
    for i in (0, 617, 618, len(dataset) - 1):
        np.testing.assert_allclose(batches[i], dataset[i][0], rtol=1e-6, atol=1e-12)


def test_index_tells_recording_and_seconds():
    """Rows know where they come from, recordings of one name apart."""
    dataset = PSGWindower(verbose="error").fit_transform([noise_raw(310), noise_raw(310, seed=1)])
    index = read_windows(Reader(), dataset, reset=True).index
    assert list(index.names) == ["recording", "onset"]
    assert list(index.unique(0)) == ["recording", "recording#2"]
    np.testing.assert_allclose(index.get_level_values(1)[:3], [0.0, 0.5, 1.0])


def test_arrays_of_two_and_three_dimensions():
    """A 2-D array is windows of one channel."""
    X = np.random.default_rng(0).normal(size=(6, 50))
    flat = read_windows(Reader(), X, sfreq=50.0, reset=True)
    deep = read_windows(Reader(), X[:, np.newaxis], sfreq=50.0, reset=True)
    assert flat.shape == deep.shape == (6, 1, 50)
    assert flat.index is None
    (_, starts, signal), *_ = deep.signals()
    np.testing.assert_array_equal(signal[0, starts[2] : starts[2] + 50], X[2])


@pytest.mark.parametrize(
    ("array", "kwargs", "message"),
    [
        (np.ones((4, 2, 10)), {}, "does not tell its sampling frequency"),
        (np.ones((4, 2, 10)), {"sfreq": 10.0, "channels": ["eeg:a"]}, "1 channels are named"),
        (np.ones((2, 2, 2, 2)), {"sfreq": 10.0}, "dim 4"),
        (np.full((4, 2, 10), np.inf), {"sfreq": 10.0}, "infinity"),
    ],
)
def test_bad_arrays(array, kwargs, message):
    """What is wrong is said."""
    with pytest.raises(ValueError, match=message):
        read_windows(Reader(), array, reset=True, **kwargs)


def test_other_shape_or_rate_than_fitted():
    """Windows unlike the fitted ones are refused."""
    reader = Reader()
    read_windows(reader, np.ones((4, 2, 10)), sfreq=10.0, reset=True)
    with pytest.raises(ValueError, match=r"fitted on windows of .* \(2, 10\), but got \(3, 10\)"):
        read_windows(reader, np.ones((4, 3, 10)), sfreq=10.0, reset=False)
    with pytest.raises(ValueError, match="fitted at 10 Hz, but got 20 Hz"):
        read_windows(reader, np.ones((4, 2, 10)), sfreq=20.0, reset=False)


def test_channel_labels():
    """Labels are read back as they are written."""
    for label in ("eeg:C3-M2", "emg/envelope:EMG submental", "eog:E1: left"):
        assert str(Channel.parse(label)) == label
