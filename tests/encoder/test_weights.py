"""Encoders on disk, pretrained weights and modules of the user's."""

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import save_file
from sklearn.base import clone

from mne_arousal import PSGEncoder
from mne_arousal.encoder.weights import default_weights
from mne_arousal.utils.errors import OutputError


@pytest.fixture
def saved(make_windows, make_encoder, tmp_path):
    """Return windows, an encoder fitted on them, and its file."""
    windows = make_windows(duration=120.0)
    encoder = make_encoder(max_epochs=1, cross_modal_weight=0.1).fit(windows)
    encoder.save(tmp_path / "encoder.safetensors")
    return windows, encoder, tmp_path / "encoder.safetensors"


def test_load_returns_what_was_saved(saved):
    windows, encoder, path = saved
    again = PSGEncoder.load(path)
    pd.testing.assert_frame_equal(again.transform(windows), encoder.transform(windows))
    assert again.score(windows) == encoder.score(windows)
    pd.testing.assert_frame_equal(again.history_, encoder.history_)
    assert again.n_latent == 4
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_changed_files_are_refused(saved):
    path = saved[2]
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="changed after it was saved"):
        PSGEncoder.load(path)
    path.write_bytes(data[:-100])
    with pytest.raises(ValueError, match="is not a file that PSGEncoder"):
        PSGEncoder.load(path)


def test_changed_headers_are_refused(saved):
    path = saved[2]
    data = path.read_bytes()
    assert data.count(b'\\"n_hidden\\": 8') == 1
    path.write_bytes(data.replace(b'\\"n_hidden\\": 8', b'\\"n_hidden\\": 9'))
    with pytest.raises(ValueError, match="changed after it was saved"):
        PSGEncoder.load(path)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"x": np.zeros(3)}, path)
    with pytest.raises(ValueError, match="does not name the format"):
        PSGEncoder.load(path)
    path.write_bytes(b"not weights at all")
    with pytest.raises(ValueError, match="is not a file that PSGEncoder"):
        PSGEncoder.load(path)
    with pytest.raises(FileNotFoundError):
        PSGEncoder.load(tmp_path / "absent")


def test_failed_save_leaves_the_old_file(saved, monkeypatch):
    _, encoder, path = saved
    before = path.read_bytes()

    def full(*args):
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OutputError, match="no space left"):
        encoder.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_default_weights_are_small_and_need_no_fit(make_windows):
    assert default_weights().stat().st_size < 4e6
    windows = make_windows()
    encoder = PSGEncoder(weights="default", device="cpu", verbose=False)
    latent = encoder.transform(windows)
    assert latent.shape == (len(windows), 16)
    assert not hasattr(encoder, "network_")
    trained = clone(encoder).set_params(max_epochs=0, random_state=0).fit(windows)
    naive = clone(trained).set_params(weights=None).fit(windows)
    assert trained.score(windows) > naive.score(windows) + 0.05


def test_channels_of_a_role_act_by_their_mean(make_encoder):
    rng = np.random.default_rng(0)
    one = rng.normal(size=(40, 1, 128))
    options = {"weights": "default", "max_epochs": 0, "sfreq": 64.0, "verbose": False}
    single = PSGEncoder(**options).fit_transform(one)
    double = PSGEncoder(**options).fit_transform(np.concatenate([one, one], axis=1))
    np.testing.assert_allclose(double, single, atol=1e-4)


def test_roles_without_weights_start_silent():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2, 128))
    encoder = PSGEncoder(
        weights="default",
        max_epochs=0,
        sfreq=64.0,
        channels=["eeg:C3", "resp:Flow"],
        roles=None,
        verbose=False,
    ).fit(X)
    changed = X.copy()
    changed[:, 1] *= 50
    np.testing.assert_allclose(encoder.transform(changed), encoder.transform(X), atol=1e-5)


def test_weights_of_another_size_are_refused(make_windows):
    with pytest.raises(ValueError, match=r"need an encoder with \{'n_latent': 16"):
        PSGEncoder(n_latent=3, weights="default", verbose=False).fit(make_windows())


def test_fit_goes_on_from_a_file(saved, make_encoder):
    windows, encoder, path = saved
    begin = make_encoder(cross_modal_weight=0.1, weights=path, max_epochs=0).fit(windows)
    np.testing.assert_allclose(
        begin.transform(windows).iloc[:, :4], encoder.transform(windows).iloc[:, :4], atol=1e-5
    )


def test_own_module_reads_signals(make_windows, make_encoder, tmp_path):
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Conv1d(3, 4, 16, 8), torch.nn.ReLU())
    windows = make_windows(2, duration=120.0)
    encoder = make_encoder(module=module, view_weight=0.1, cross_modal_weight=0.1)
    encoder.set_params(max_epochs=20, learning_rate=1e-2)
    latent = encoder.fit_transform(windows)
    assert latent.notna().all().all()
    naive = clone(encoder).set_params(max_epochs=0).fit(windows)
    assert encoder.score(windows) > naive.score(windows) + 0.1
    encoder.save(tmp_path / "own")
    with pytest.raises(ValueError, match="pass it as"):
        PSGEncoder.load(tmp_path / "own")
    again = PSGEncoder.load(tmp_path / "own", module=module)
    pd.testing.assert_frame_equal(again.transform(windows), latent)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_braindecode_module(make_encoder):
    from braindecode.models import DeepSleepNet

    module = DeepSleepNet(n_chans=1, n_outputs=5, n_times=3000, sfreq=100, return_feats=True)
    X = np.random.default_rng(0).normal(scale=1e-5, size=(12, 1, 3000))
    encoder = make_encoder(module=module, sfreq=100.0, max_epochs=1, steps_per_epoch=1)
    latent = encoder.set_params(sequence_length=4, batch_size=1).fit_transform(X)
    assert latent.shape == (12, 4)
    assert np.ptp(latent, axis=0).min() > 0


def test_unfit_module_is_refused(make_windows, make_encoder):
    with pytest.raises(ValueError, match="module=Linear can't read windows of shape"):
        make_encoder(module=torch.nn.Linear(3, 3)).fit(make_windows())
