"""The encoder that predicts what the body does, and what it foresees of spectra."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from mne_arousal import PSGEncoder
from mne_arousal.body.grid import Grid
from mne_arousal.encoder.body_targets import in_spreads, mean_ahead
from mne_arousal.encoder.foresight import average_bands
from mne_arousal.encoder.spectrogram import N_BANDS, N_FEATURES
from mne_arousal.encoder.training.losses import body_loss
from mne_arousal.encoder.training.pretraining import pretrain
from mne_arousal.encoder.weights import default_weights

TINY = {"sfreq": 10.0, "n_filters": 2, "n_embedding": 8, "n_hidden": 4, "n_projection": 4}
BANDS = ["delta", "theta", "alpha", "sigma", "beta"]  # of 32 Hz, gamma begins at 30 Hz


@parametrize_with_checks([PSGEncoder(3, target="body", max_epochs=2, steps_per_epoch=2, **TINY)])
def test_sklearn_checks(estimator, check):
    check(estimator)


def test_arrays_in_three_dimensions_carry_their_targets(make_encoder):
    X = np.random.default_rng(0).normal(scale=1e-5, size=(120, 3, 128))
    labels = ["eeg:C3", "emg:Chin", "resp:Flow"]
    encoder = make_encoder(target="body", sfreq=64.0, channels=labels, max_epochs=1)
    found = encoder.fit_transform(X)
    assert encoder.targets_ == ["breath", "muscle", "movement"]
    assert encoder.channels_ == ["eeg:C3"]
    assert found.shape == (120, len(encoder.get_feature_names_out()))
    assert np.isfinite(encoder.transform(X)).all()


def test_names_tell_what_is_foreseen(make_windows, make_encoder):
    encoder = make_encoder(target="body", max_epochs=1).fit(make_windows())
    names = list(encoder.get_feature_names_out())[4:]
    assert encoder.channels_ == ["eeg:C3", "eog:E1"]  # no chin: it is what is predicted
    assert names[:2] == ["psg:body:predicted_muscle", "psg:body:predicted_movement"]
    sides = [name.rpartition("_")[0] for name in names[2:]]
    assert set(sides) == {"psg:body:surprise_past", "psg:body:surprise_sides"}
    assert [name.rpartition("_")[2] for name in names[2:]][:5] == BANDS


def test_muscle_is_foreseen_from_the_eeg(make_windows, make_encoder):
    windows = make_windows(duration=900.0)
    encoder = make_encoder(target="body", max_epochs=20, learning_rate=1e-2, n_folds=3)
    found = encoder.fit_transform(windows)
    onset = found.index.get_level_values("onset").to_numpy() + 1.0
    ahead = np.mean([np.sin(2 * np.pi * (onset + s) / 60) > 0.3 for s in range(10)], axis=0)
    predicted = found["psg:body:predicted_muscle"].to_numpy()
    assert np.isfinite(predicted).all()
    assert np.corrcoef(ahead, predicted)[0, 1] > 0.5


def test_no_answer_enters_its_own_prediction(make_windows, make_encoder):
    windows, changed = make_windows(duration=900.0), make_windows(duration=900.0)
    signal = changed.datasets[0].raw._data
    signal[2, (380 * 64) : (520 * 64)] *= 50.0  # chin, inside the middle third
    options = {"target": "body", "n_folds": 3, "max_epochs": 2}
    before = make_encoder(**options).fit_transform(windows)
    after = make_encoder(**options).fit_transform(changed)
    onset = before.index.get_level_values("onset")
    column = "psg:body:predicted_muscle"
    middle = (onset > 301) & (onset < 598)
    np.testing.assert_array_equal(before.loc[middle, column], after.loc[middle, column])
    assert not np.allclose(before.loc[~middle, column], after.loc[~middle, column])


def test_gaps_of_a_trace_are_masked(make_windows, make_encoder):
    windows = make_windows(duration=600.0)
    windows.datasets[0].raw._data[2, (100 * 64) : (300 * 64)] = np.nan
    encoder = make_encoder(target="body", max_epochs=2).fit(windows)
    assert np.isfinite(encoder.history_["body"]).all()
    assert "muscle" in encoder.targets_


def test_loss_leaves_out_what_is_unknown():
    predicted = torch.zeros(1, 3, 2, requires_grad=True)
    targets = torch.tensor([[[1.0, np.nan], [2.0, np.nan], [np.nan, np.nan]]])
    loss = body_loss(predicted, targets)
    loss.backward()
    assert loss.item() == pytest.approx(2.5)
    assert torch.isfinite(predicted.grad).all()
    assert (predicted.grad[0, 2] == 0).all()
    assert body_loss(predicted, torch.full((1, 3, 2), np.nan)).item() == 0


def test_weights_let_recordings_of_eeg_alone_profit(make_windows, make_encoder, tmp_path):
    encoder = make_encoder(target="body", max_epochs=3)
    pretrain(encoder, [make_windows(duration=300.0), make_windows(duration=240.0)])
    encoder.save(tmp_path / "body.safetensors")
    X = np.random.default_rng(0).normal(scale=1e-5, size=(60, 1, 128))
    options = {"target": "body", "weights": tmp_path / "body.safetensors", "sfreq": 64.0}
    alone = make_encoder(**options, max_epochs=0)
    found = alone.fit_transform(X)
    assert alone.targets_ == ["muscle", "movement"]
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, clone(alone).transform(X))
    further = make_encoder(**options, max_epochs=1).fit_transform(X)
    assert further.shape == found.shape


def test_a_saved_encoder_predicts_the_same(make_windows, make_encoder, tmp_path):
    windows = make_windows()
    encoder = make_encoder(target="body", max_epochs=1).fit(windows)
    encoder.save(tmp_path / "body.safetensors")
    again = PSGEncoder.load(tmp_path / "body.safetensors")
    assert again.targets_ == encoder.targets_
    assert again.transform(windows).equals(encoder.transform(windows))


def test_what_can_not_be_learned_is_said(make_windows, make_encoder):
    with pytest.raises(ValueError, match="set n_hidden to 1 or more"):
        make_encoder(target="body", n_hidden=0).fit(make_windows())
    with pytest.raises(ValueError, match="predict nothing of the body"):
        make_encoder(target="body", weights=default_weights()).fit(make_windows())


def test_a_burst_surprises(make_encoder):
    rng = np.random.default_rng(0)
    X = rng.normal(scale=1e-5, size=(400, 1, 128))
    times = np.arange(128) / 64
    X[300, 0] += 6e-5 * np.sin(2 * np.pi * 10 * times)
    encoder = make_encoder(target="body", sfreq=64.0, max_epochs=5, n_folds=3)
    found = encoder.fit_transform(X)
    names = list(encoder.get_feature_names_out())
    for side in ("past", "sides"):
        surprise = found[:, names.index(f"psg:body:surprise_{side}_alpha")]
        assert np.argmax(surprise) == 300
        assert surprise[300] > 5 * surprise[:290].std()


def test_the_seconds_ahead_are_averaged():
    grid = Grid(np.arange(40) * 64, 128, 64.0)
    trace = np.arange(40.0)
    trace[20:27] = np.nan
    mean = mean_ahead(trace, grid)
    assert mean[0] == 5.0  # of 0 to 10
    assert np.isnan(mean[17])  # seven of eleven are unknown
    assert np.isnan(mean[-1])  # the recording ends


def test_spreads_come_from_what_training_sees():
    targets = np.r_[np.random.default_rng(0).normal(size=1000), np.full(100, 100.0)][:, np.newaxis]
    seen = np.arange(1100) < 1000
    scaled = in_spreads(targets, seen)
    assert abs(np.median(scaled[seen])) < 0.01
    assert 0.8 < scaled[seen].std() < 1.2
    assert (scaled[~seen] == 4.0).all()
    assert (in_spreads(np.ones((9, 1)), np.ones(9, bool)) == 0).all()


def test_bands_are_averaged_over_eeg_channels():
    present = np.ones((2, N_FEATURES), dtype=bool)
    names, weights = average_bands(present, np.array([True, False]))
    assert names[0] == "delta"
    np.testing.assert_allclose(weights.sum(axis=(0, 1)), 1.0)
    assert (weights[1] == 0).all()
    assert (weights[:, N_BANDS] == 0).all()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_gpu_foresees_the_same(make_windows, make_encoder):
    windows = make_windows()
    encoder = make_encoder(target="body", max_epochs=2).fit(windows)
    found = encoder.transform(windows)
    on_gpu = encoder.set_params(device="cuda").transform(windows)
    np.testing.assert_allclose(on_gpu, found, rtol=1e-3, atol=2e-3 * found.to_numpy().std())
    trained = make_encoder(target="body", device="cuda", max_epochs=1).fit_transform(windows)
    assert trained.notna().all().all()


def test_weights_of_the_package_predict_the_body_of_one_eeg():
    X = np.random.default_rng(0).normal(scale=1e-5, size=(40, 1, 200))
    encoder = PSGEncoder(
        target="body", weights="default", max_epochs=0, sfreq=100.0, device="cpu", verbose="error"
    )
    assert np.isfinite(encoder.fit_transform(X)).all()
    assert encoder.targets_ == ["heart", "breath", "muscle", "movement"]
    assert default_weights("body").stat().st_size < 1e6
