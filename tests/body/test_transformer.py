"""`BodyTransformer` on arrays, with and without times."""

import numpy as np
import pytest

from mne_arousal import BodyTransformer

from .signals import beating_heart, breathing, ecg_of, grid

LABELS = ["ecg:ECG", "resp:Flow", "spo2:SpO2"]


@pytest.fixture(scope="module")
def continuous():
    beats, rate = beating_heart(300.0)
    signals = [ecg_of(beats, 300.0, 100.0), breathing(300.0, 100.0), np.full(30_000, 97.0)]
    return np.stack(signals), rate


@pytest.fixture(scope="module", name="X")
def _windows(continuous):
    view = np.lib.stride_tricks.sliding_window_view(continuous[0], 200, axis=1)
    return np.ascontiguousarray(view[:, ::50].transpose(1, 0, 2))


def test_names(X):
    body = BodyTransformer(sfreq=100.0, channels=LABELS, hop=0.5).fit(X)
    assert body.get_feature_names_out().tolist() == [
        "ecg:ECG:heart_rate",
        "resp:Flow:amplitude",
        "resp:Flow:recovery",
        "spo2:SpO2:saturation",
        "spo2:SpO2:dip",
    ]


def test_array_with_times(X, continuous):
    values = BodyTransformer(sfreq=100.0, channels=LABELS, hop=0.5).fit_transform(X)
    assert values.shape == (len(X), 5)
    known = np.isfinite(values[:, 0])
    assert known.mean() > 0.97
    error = values[:, 0] - continuous[1](grid(100.0, 300.0).centers)
    assert np.abs(error[known]).max() < 3
    np.testing.assert_allclose(values[:, 3:], [[97.0, 0.0]] * len(X))


def test_rows_without_times_stand_alone(X):
    body = BodyTransformer(sfreq=100.0, channels=LABELS).fit(X)
    values = body.transform(X)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_array_equal(body.transform(X[order]), values[order])
    np.testing.assert_allclose(values[:, 3], 97.0)
    assert np.isnan(values[:, [2, 4]]).all()  # what needs the time before
    assert abs(np.median(values[:, 1])) < 1e-9


def test_transform_changes_nothing(X):
    body = BodyTransformer(sfreq=100.0, channels=LABELS, hop=0.5).fit(X)
    before = {k: np.copy(v) for k, v in vars(body).items()}
    first = body.transform(X)
    np.testing.assert_array_equal(body.transform(X), first)
    assert before.keys() == vars(body).keys()
    assert all(
        np.array_equal(before[k], v, equal_nan=k == "_levels") for k, v in vars(body).items()
    )


def test_errors(X):
    with pytest.raises(ValueError, match="hop"):
        BodyTransformer(sfreq=100.0, channels=LABELS, hop=0).fit(X)
    with pytest.raises(ValueError, match="sfreq"):
        BodyTransformer(channels=LABELS).fit(X)
