"""What the features mean."""

import array_api_compat.numpy as xp
import numpy as np
import pytest
from numpy.testing import assert_allclose

from mne_arousal.dmd import DMDTransformer
from mne_arousal.dmd.features import (
    band_powers,
    effective_rank,
    line_shares,
    summaries,
)
from mne_arousal.utils.bands import select_bands

from .signals import SFREQ, oscillators


def features(X, names=("eeg:C3",), **parameters):
    """Named features of the first window."""
    X = np.atleast_3d(X) if X.ndim == 3 else X.reshape(1, 1, -1)
    transformer = DMDTransformer(sfreq=SFREQ, channels=list(names), **parameters)
    values = transformer.fit_transform(X)
    return dict(zip(transformer.get_feature_names_out(), values[0], strict=True))


def test_a_rhythm_has_its_power_in_its_band():
    x = oscillators([10.0], [0.0], [2e-5])
    f = features(x, rank=2)
    assert_allclose(np.exp(f["eeg:C3:dmd_alpha"]), 2e-10, rtol=0.1)
    others = [f[f"eeg:C3:dmd_{band}"] for band in ("delta", "theta", "sigma", "beta", "gamma")]
    assert max(others) < np.log(2e-10 * 0.06)
    assert_allclose(f["eeg:C3:dmd_frequency"], 10.0, atol=1e-6)
    assert_allclose([f["eeg:C3:dmd_growth"], f["eeg:C3:dmd_spread"]], 0, atol=1e-4)
    assert f["eeg:C3:dmd_residual"] < np.log(1e-14)


def test_growth_and_spread():
    x = oscillators([8.0, 20.0], [-2.0, -2.0], [1e-5, 1e-5])
    f = features(x, rank=4, n_delays=20)
    assert_allclose(f["eeg:C3:dmd_growth"], -2.0, atol=1e-6)
    assert_allclose(f["eeg:C3:dmd_frequency"], 14.0, atol=1.0)
    assert_allclose(f["eeg:C3:dmd_spread"], 6.0, atol=0.5)


def test_residual_tells_noise_from_rhythm():
    x = oscillators([10.0], [0.0], [1e-5])
    noise = 1e-5 * np.random.default_rng(0).standard_normal(200)
    residuals = [features(x + a * noise)["eeg:C3:dmd_residual"] for a in (0.0, 0.1, 1.0, 10.0)]
    assert np.all(np.diff(residuals) > 0)
    # white noise can't be predicted: one row of ten is lost, less what ten coefficients fit by
    # chance
    assert_allclose(np.exp(residuals[-1]), 0.1, rtol=0.2)


def test_rank_counts_axes():
    x = oscillators([12.5], [0.0], [1e-5], n_times=208)  # 8 delays are a whole cycle
    assert_allclose(features(x, n_delays=8)["eeg:C3:dmd_rank"], 2, rtol=0.01)
    noise = np.random.default_rng(0).standard_normal(5000)
    assert features(noise, n_delays=8)["eeg:C3:dmd_rank"] > 7.9


def test_lines_share_out_all_their_power():
    frequencies, widths = np.array([[0.0], [10.0], [49.0]]), np.array([[1.0], [0.3], [20.0]])
    edges = np.array([[0.0, 5.0], [5.0, 20.0], [20.0, 1e9]])
    shares = np.stack(line_shares(xp, frequencies, widths, edges))[..., 0]
    assert_allclose(shares.sum(axis=0), 1, atol=1e-6)
    assert_allclose(line_shares(xp, frequencies, widths, [[9.7, 10.3]])[0][1, 0], 0.5, atol=0.01)
    assert shares[0, 0] > 0.85
    assert shares[1, 1] > 0.95


def test_features_know_no_order_and_no_conjugate():
    rng = np.random.default_rng(0)
    values = rng.uniform(0.5, 1, (6, 1)) * np.exp(1j * rng.uniform(-3, 3, (6, 1)))
    energies, power = rng.uniform(size=(6, 1)), np.array([1e-10])
    edges = np.array([[1.0, 4.0], [4.0, 30.0]])
    turned = rng.permutation(6)
    for other, e in ((values[turned], energies[turned]), (values.conj(), energies)):
        assert_allclose(
            band_powers(xp, other, e, power, SFREQ, 200, edges),
            band_powers(xp, values, energies, power, SFREQ, 200, edges),
        )
        assert_allclose(summaries(xp, other, e, SFREQ), summaries(xp, values, energies, SFREQ))


@pytest.mark.parametrize("scale", [1e-3, 7.0])
def test_scale_moves_powers_only(windows, scale):
    before, after = features(windows[:1, :1]), features(scale * windows[:1, :1])
    for name, value in before.items():
        band = name.split("dmd_")[1] not in ("frequency", "growth", "spread", "residual", "rank")
        assert_allclose(after[name], value + band * 2 * np.log(scale), atol=1e-8)


def test_scale_and_sign_in_joint(windows):
    names = [f"eeg:{i}" for i in range(3)]
    before = features(windows[:1], names, joint=True)
    after = features(-windows[:1], names, joint=True)
    assert_allclose(list(after.values()), list(before.values()), atol=1e-9)


def test_joint_bands_are_each_channels_own():
    x = np.stack([oscillators([10.0], [0], [2e-5]), oscillators([20.0], [0], [1e-5])])[None]
    f = features(x, ["eeg:C3", "eeg:O1"], joint=True, rank=4)
    assert_allclose(np.exp(f["eeg:C3:dmd_alpha"]), 2e-10, rtol=0.1)
    assert_allclose(np.exp(f["eeg:O1:dmd_beta"]), 5e-11, rtol=0.15)
    assert f["eeg:C3:dmd_beta"] < np.log(1e-11)
    assert f["eeg:O1:dmd_alpha"] < np.log(5e-12)


def test_bands_are_cut_at_what_the_recording_holds():
    assert select_bands({"a": (1.0, 4.0), "b": (4.0, 30.0), "c": (30.0, 40.0)}, 20.0) == {
        "a": (1.0, 4.0),
        "b": (4.0, 20.0),
    }


def test_effective_rank():
    grams = np.stack([np.diag([1.0, 0, 0]), np.eye(3), np.diag([1.0, 1, 0]), np.zeros((3, 3))])
    assert_allclose(effective_rank(xp, grams), [1, 3, 2, 0])
