"""Losses against what their papers define, and the latent's coordinates."""

import numpy as np
import pytest
import torch

from mne_arousal.encoder.training.losses import (
    augment_spectra,
    contrast,
    default_augmentation,
    mask_spans,
    nt_xent,
    reconstruction,
    vicreg,
)
from mne_arousal.encoder.training.rotation import equalizing_rotation


def test_nt_xent_equals_its_definition():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 5, 3))
    both = np.concatenate([a, b])
    both /= np.linalg.norm(both, axis=1, keepdims=True)
    exp = np.exp(both @ both.T / 0.5)
    expected = np.mean(
        [-np.log(exp[i, (i + 5) % 10] / (exp[i].sum() - exp[i, i])) for i in range(10)]
    )
    found = nt_xent(torch.from_numpy(a), torch.from_numpy(b), 0.5)
    assert float(found) == pytest.approx(expected)


def test_vicreg_punishes_collapse_and_disagreement():
    rng = np.random.default_rng(0)
    spread = torch.from_numpy(rng.normal(scale=2, size=(500, 4)))
    collapsed = torch.zeros(500, 4, dtype=torch.float64)
    assert float(vicreg(spread, spread)) < 0.05
    assert float(vicreg(collapsed, collapsed)) > 0.9
    assert float(vicreg(spread, -spread)) > 1


def test_contrast_of_one_pair_is_nil():
    one = torch.ones(1, 3)
    assert float(contrast(one, one, "ntxent", 0.2, 10, np.random.RandomState(0))) == 0


def test_masks_hide_the_share_asked_for_but_no_lone_window():
    masked = mask_spans(500, 64, 0.3, 5, np.random.RandomState(0))
    assert 0.2 < float(masked.float().mean()) < 0.3  # spans overlap
    assert not mask_spans(10, 1, 0.9, 5, np.random.RandomState(0)).any()


def test_absent_features_do_not_count():
    target = torch.zeros(1, 2, 1, 2)
    rebuilt = torch.tensor([1.0, 100.0]).expand(1, 2, 1, 2)
    importance = torch.tensor([[1.0, 0.0]])
    masked = torch.tensor([[True, False]])
    assert float(reconstruction(rebuilt, target, importance, masked)) == 1


def test_augmentation_changes_values_and_keeps_the_shape():
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3, 3, 2, 26))).float()
    view = augment_spectra(x, default_augmentation(78, 0))
    assert view.shape == x.shape
    noise = (view - x).abs().flatten(2)
    assert (noise > 0).any(dim=2).all()
    assert float(noise.median()) == pytest.approx(0.3 * 0.674, abs=0.1)


@pytest.mark.parametrize("n", [1, 2, 7, 16])
def test_rotation_gives_all_axes_one_variance(n):
    mixing = np.random.default_rng(n).normal(size=(n, n)) * np.arange(1, n + 1)
    covariance = mixing @ mixing.T
    rotation = equalizing_rotation(covariance)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(n), atol=1e-12)
    variances = np.diag(rotation @ covariance @ rotation.T)
    np.testing.assert_allclose(variances, np.trace(covariance) / n)
