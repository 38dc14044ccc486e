"""DMDTransformer as an estimator, on arrays and recordings."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils.estimator_checks import parametrize_with_checks

from mne_arousal.dmd import DMDTransformer
from mne_arousal.utils.bands import BANDS

SUMMARIES = ["frequency", "growth", "spread", "residual", "rank"]


@parametrize_with_checks(
    [
        DMDTransformer(sfreq=100.0),
        DMDTransformer(sfreq=100.0, joint=True, rank=0.99),
        DMDTransformer(sfreq=100.0, method="fb", rank=0),
        DMDTransformer(sfreq=100.0, method="tls", rank=3),
    ]
)
def test_sklearn_checks(estimator, check):
    check(estimator)


def fit(X, **parameters):
    return DMDTransformer(sfreq=100.0, **parameters).fit(X)


def test_names(windows):
    transformer = fit(windows, channels=["eeg:C3-M2", "eog:E1", "emg:Chin"])
    expected = [
        f"{channel}:dmd_{quantity}"
        for channel, bands in [
            ("eeg:C3-M2", BANDS),
            ("eog:E1", BANDS),
            ("emg:Chin", ["low", "middle"]),  # 100 Hz holds nothing above 50 Hz
        ]
        for quantity in [*bands, *SUMMARIES]
    ]
    assert transformer.get_feature_names_out().tolist() == expected
    assert transformer.transform(windows).shape == (40, len(expected))


def test_joint_names(windows):
    names = fit(windows, joint=True, bands={"slow": (0.5, 4)}).get_feature_names_out()
    assert names.tolist() == [f"eeg:ch{i}:dmd_slow" for i in range(3)] + [
        f"psg:dmd:{quantity}" for quantity in SUMMARIES
    ]


def test_channels_without_rhythm_are_left_out(windows):
    labels = ["eeg:C3", "emg/envelope:Chin", "resp:Flow"]
    transformer = fit(windows, channels=labels)
    assert {name.rpartition(":")[0] for name in transformer.get_feature_names_out()} == {"eeg:C3"}
    alone = fit(windows[:, :1], channels=["eeg:C3"]).transform(windows[:, :1])
    assert_array_equal(transformer.transform(windows), alone)
    broken = windows.copy()
    broken[3, 1] = np.nan  # not in use
    assert np.isfinite(transformer.transform(broken)).all()


def test_no_channel_with_rhythm(windows):
    with pytest.raises(ValueError, match=r"resp:a.*leave DMDTransformer out"):
        fit(windows, channels=["resp:a", "ecg:b", "emg/envelope:c"])


@pytest.mark.parametrize("method", ["exact", "fb", "tls"])
@pytest.mark.parametrize("parameters", [{}, {"rank": 4}, {"joint": True}, {"rank": 0.99}], ids=str)
def test_gaps_and_flat_windows(windows, method, parameters):
    X = windows.copy()
    X[2, 1, 100] = np.nan
    X[5] = 0
    X[7, 0] = 0
    X[9] = 3e-5  # an amplifier that sticks
    X[11] = 1e-5 * np.sign(X[11])
    X[13, :, 1:] = 0
    transformer = fit(windows, method=method, **parameters)
    features = transformer.transform(X)
    names = transformer.get_feature_names_out()
    # one lead that is off spoils no other, unless all are decomposed together
    second = names[len(names) // 3].rpartition(":")[0]
    lost = [transformer.joint or name.startswith(second) for name in names]
    assert_array_equal(np.isnan(features[2]), lost)
    assert np.isfinite(np.delete(features, 2, axis=0)).all()
    flat = dict(zip(transformer.get_feature_names_out(), features[5], strict=True))
    for name, value in flat.items():
        quantity = name.replace("dmd:", "dmd_").split("dmd_")[1]
        floor = {"residual": np.log(1e-16)} | {band: np.log(1e-18) for band in BANDS}
        assert_allclose(value, floor.get(quantity, 0))
    untouched = np.setdiff1d(np.arange(40), [2, 5, 7, 9, 11, 13])
    assert_allclose(features[untouched], transformer.transform(windows)[untouched], rtol=1e-7)


def test_absurd_values_are_lost_not_raised(windows):
    X = windows.copy()
    X[4, 0, 3] = 1e200  # whose square is no float
    features = fit(X).transform(X)
    first, others = np.split(features[4], [len(features[4]) // 3])  # three channels alike
    assert np.isnan(first).all()
    assert np.isfinite(others).all()
    assert np.isfinite(np.delete(features, 4, axis=0)).all()


@pytest.mark.parametrize("n_times", [2, 3, 4, 5, 11, 19, 21])
@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("method", ["exact", "fb", "tls"])
def test_short_windows(windows, n_times, joint, method):
    X = windows[:, :, :n_times]
    transformer = fit(X, joint=joint, method=method)
    assert transformer.n_delays_ == min(10, n_times // 2)
    assert np.isfinite(transformer.transform(X)).all()


def test_one_sample_is_no_window(windows):
    with pytest.raises(ValueError, match=r"1 feature\(s\).*minimum of 2"):
        fit(windows[:, :, :1])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_delays": 0}, "n_delays must"),
        ({"n_delays": 2.5}, "n_delays must"),
        ({"rank": -2}, "rank must"),
        ({"rank": 1.5}, "rank must"),
        ({"rank": True}, "rank must"),
        ({"rank": "full"}, "rank must"),
        ({"method": "optimized"}, "method must be one of"),
        ({"batch_size": 0}, "batch_size must"),
        ({"backend": "jax"}, "backend must"),
        ({"device": "tpu"}, "device must"),
        ({"bands": {"a": (4.0, 2.0)}}, "bands.*'a'"),
    ],
    ids=str,
)
def test_parameters_out_of_range(windows, parameters, message):
    with pytest.raises(ValueError, match=message):
        fit(windows, **parameters)


def test_array_needs_its_rate(windows):
    with pytest.raises(ValueError, match="pass DMDTransformer"):
        DMDTransformer().fit(windows)


@pytest.mark.parametrize("parameters", [{}, {"rank": 5}, {"joint": True}, {"rank": 0.9}], ids=str)
def test_batches_and_threads_change_nothing(windows, parameters):
    transformer = fit(windows, **parameters)
    whole = transformer.transform(windows)
    for other in ({"batch_size": 1}, {"batch_size": 7}, {"batch_size": 9, "n_jobs": 2}):
        transformer.set_params(**other)
        assert_allclose(transformer.transform(windows), whole, rtol=1e-7, atol=1e-9)
        transformer.set_params(batch_size=None, n_jobs=None)


@pytest.mark.parametrize("parameters", [{}, {"n_delays": 20}, {"joint": True}], ids=str)
def test_threads_change_no_bit(recording, parameters):
    X, _ = recording
    one = DMDTransformer(batch_size=40, **parameters).fit_transform(X)
    two = DMDTransformer(batch_size=40, n_jobs=2, **parameters).fit_transform(X)
    assert one.to_numpy().tobytes() == two.to_numpy().tobytes()


def test_batches_fit_the_memory(windows, monkeypatch):
    transformer = fit(windows)
    backend = type("Gpu", (), {"device": "cuda", "free_memory": lambda self: 1 << 22})()
    small = transformer._choose_batch_size(backend)
    backend.free_memory = lambda: 1 << 30
    assert 1 <= small < transformer._choose_batch_size(backend) <= 1 << 16


@pytest.fixture
def recording():
    """Windows of 2 s every 0.5 s, and the same as an array."""
    mne = pytest.importorskip("mne")
    braindecode = pytest.importorskip("braindecode")
    from braindecode.preprocessing import create_fixed_length_windows

    signal = 1e-5 * np.random.default_rng(0).standard_normal((2, 9000))
    info = mne.create_info(["C3", "Chin"], 100.0, ["eeg", "emg"])
    raws = [mne.io.RawArray(s, info, verbose="error") for s in (signal, signal[:, :3000].copy())]
    datasets = [
        braindecode.datasets.RawDataset(raw, description={"recording": name})
        for raw, name in zip(raws, "ab", strict=True)
    ]
    X = create_fixed_length_windows(
        braindecode.datasets.BaseConcatDataset(datasets),
        window_size_samples=200,
        window_stride_samples=50,
        on_last_window="drop",
    )
    cut = [
        np.lib.stride_tricks.sliding_window_view(s, 200, axis=1)[:, ::50]
        for s in (signal, signal[:, :3000])
    ]
    return X, np.concatenate(cut, axis=1).swapaxes(0, 1)


@pytest.mark.parametrize("parameters", [{}, {"rank": 5}, {"joint": True}], ids=str)
def test_overlapping_windows_share_sums_and_lose_nothing(recording, parameters):
    X, array = recording
    shared = DMDTransformer(batch_size=30, **parameters).fit_transform(X)
    plain = fit(array, channels=["eeg:C3", "emg:Chin"], **parameters).transform(array)
    assert_allclose(shared.to_numpy(), plain, rtol=1e-9, atol=1e-9)
    assert shared.index.names == ["recording", "onset"]
    assert shared.index[-1] == ("b", 28.0)
    assert list(shared.columns[:2]) == ["eeg:C3:dmd_delta", "eeg:C3:dmd_theta"]


def test_gap_in_a_recording(recording):
    X, _ = recording
    X.datasets[0].raw._data[0, 1000:1010] = np.nan
    features = DMDTransformer().fit_transform(X)
    lost = features.loc["a"].isna()
    of_first = lost.columns.str.startswith(lost.columns[0].rpartition(":")[0])
    touched = lost.loc[:, of_first].all(axis=1)
    assert_allclose(touched.index[touched], np.arange(8.5, 10.1, 0.5))
    assert not lost.loc[:, ~of_first].any(axis=None)
    assert not features.loc["b"].isna().any(axis=None)


def test_a_night(sleep_edf_night):
    """Values of a real night stay within what a brain does."""
    import mne
    from braindecode.datasets import BaseConcatDataset, RawDataset
    from braindecode.preprocessing import create_fixed_length_windows

    raw = mne.io.read_raw_edf(
        sleep_edf_night[0], include=["EEG Fpz-Cz"], preload=True, verbose="error"
    )
    X = create_fixed_length_windows(
        BaseConcatDataset([RawDataset(raw.crop(0, 4 * 3600))]),
        window_size_samples=200,
        window_stride_samples=50,
        on_last_window="drop",
    )
    features = DMDTransformer().fit_transform(X)
    assert features.shape == (28797, 11)
    assert features.notna().all(axis=None)
    assert features["eeg:EEG Fpz-Cz:dmd_frequency"].between(0, 50).all()
    assert features["eeg:EEG Fpz-Cz:dmd_growth"].median() < 0
    assert features["eeg:EEG Fpz-Cz:dmd_rank"].between(1, 10).all()
    assert features["eeg:EEG Fpz-Cz:dmd_delta"].median() > np.log(1e-12)
