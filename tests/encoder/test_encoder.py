"""The encoder on windows datasets and arrays."""

import pickle

import mne
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone

from mne_arousal import PSGWindower
from mne_arousal.encoder.prepared import prepare_windows
from mne_arousal.encoder.sequences import find_sequences
from mne_arousal.encoder.training.fitting import fit_encoder


def test_latents_carry_times_and_names(make_windows, make_encoder):
    windows = make_windows(2)
    encoder = make_encoder()
    latent = encoder.fit_transform(windows)
    assert list(latent.columns) == [f"psg:encoder:latent{i:02d}" for i in range(4)]
    assert latent.index.names == ["recording", "onset"]
    assert latent.loc["night1"].index[3] == 3.0
    pd.testing.assert_frame_equal(latent, encoder.transform(windows))


def test_training_beats_no_training(make_windows, make_encoder):
    windows = make_windows()
    naive = make_encoder(max_epochs=0).fit(windows)
    trained = make_encoder(max_epochs=15, learning_rate=1e-2).fit(windows)
    assert trained.score(windows) > naive.score(windows) + 0.2
    assert trained.history_["validation"].min() < trained.history_["validation"].iloc[0]


def test_latent_distance_is_distance_of_spectra(make_windows, make_encoder):
    windows = make_windows()
    encoder = make_encoder(max_epochs=5).fit(windows)
    latent = encoder.transform(windows).to_numpy()
    rebuilt = (encoder.inverse_transform(latent) - encoder.center_[:, :-1]) / encoder.scale_[:, :-1]
    rebuilt[:, ~encoder.present_[:, :-1]] = 0
    assert rebuilt.shape == (len(windows), 3, len(encoder.band_edges_) - 1)
    spectra = np.linalg.norm(rebuilt[1:] - rebuilt[:-1], axis=(1, 2))
    latents = np.linalg.norm(latent[1:] - latent[:-1], axis=1)
    assert np.corrcoef(spectra, latents)[0, 1] > 0.98
    np.testing.assert_allclose(latent.std(axis=0), latent.std(axis=0).mean(), rtol=0.2)


def test_rebuilt_spectrum_follows_the_signal(make_windows, make_encoder):
    windows = make_windows()
    encoder = make_encoder(max_epochs=15, learning_rate=1e-2).fit(windows)
    spectrum = encoder.inverse_transform(encoder.transform(windows))
    alpha = np.searchsorted(encoder.band_edges_, 10) - 1
    times = np.arange(len(windows)) + 1.0
    active = np.sin(2 * np.pi * times / 60) > 0.3
    assert spectrum[active, 0, alpha].mean() - spectrum[~active, 0, alpha].mean() > 0.5
    assert np.isnan(spectrum[:, 0, -1]).all()  # above 32 Hz there is nothing


def test_recordings_do_not_touch_each_other(make_windows, make_encoder):
    both = make_windows(2)
    encoder = make_encoder(max_epochs=1).fit(both)
    alone = encoder.transform(type(both)(both.datasets[1:]))
    np.testing.assert_allclose(encoder.transform(both).loc[["night1"]], alone, atol=1e-5)


def test_windows_with_nan_get_nan_and_end_the_context(make_windows, make_encoder):
    gap = (100.0, 130.0)
    clean = make_encoder(max_epochs=1).fit(make_windows())
    latent = clean.transform(make_windows(nan=gap))
    onset = latent.index.get_level_values("onset")
    lost = (onset > gap[0] - 2) & (onset < gap[1])
    assert latent[lost].isna().all().all()
    assert latent[~lost].notna().all().all()
    encoder = make_encoder().fit(make_windows(nan=gap))
    assert np.isfinite(encoder.history_["loss"]).all()


def test_rows_of_unknown_order_are_independent(make_encoder):
    X = np.random.default_rng(0).normal(size=(40, 128))
    encoder = make_encoder(sfreq=64.0, max_epochs=1).fit(X)
    order = np.random.default_rng(1).permutation(40)
    np.testing.assert_allclose(encoder.transform(X)[order], encoder.transform(X[order]), atol=1e-9)
    consecutive = clone(encoder).set_params(sequence=True).fit(X)
    assert not np.allclose(consecutive.transform(X)[order], consecutive.transform(X[order]))


def test_context_reaches_across_windows(make_encoder):
    X = np.random.default_rng(0).normal(size=(40, 1, 128))
    changed = X.copy()
    changed[20] *= 100
    encoder = make_encoder(sfreq=64.0, max_epochs=1).fit(X)
    moved = np.abs(encoder.transform(changed) - encoder.transform(X)).max(axis=1)
    assert moved[20] > moved[21] > 1e-6
    single = make_encoder(sfreq=64.0, max_epochs=1, n_hidden=0).fit(X)
    moved = np.abs(single.transform(changed) - single.transform(X)).max(axis=1)
    assert (np.flatnonzero(moved > 1e-6) == [20]).all()


def test_same_seed_same_result(make_windows, make_encoder):
    windows = make_windows(duration=120.0)
    options = {"view_weight": 0.1, "neighbor_weight": 0.1, "cross_modal_weight": 0.1}
    first = make_encoder(**options).fit_transform(windows)
    pd.testing.assert_frame_equal(first, make_encoder(**options).fit_transform(windows))
    assert not np.allclose(first, make_encoder(**options, random_state=1).fit_transform(windows))


@pytest.mark.parametrize("kind", ["ntxent", "vicreg"])
def test_each_part_of_the_objective_is_in_the_history(make_windows, make_encoder, kind):
    encoder = make_encoder(
        view_weight=0.1, neighbor_weight=0.2, cross_modal_weight=0.3, contrast=kind, max_epochs=2
    ).fit(make_windows())
    history = encoder.history_
    total = (
        history["reconstruction"]
        + 0.1 * history["views"]
        + 0.2 * history["neighbors"]
        + 0.3 * history["cross_modal"]
    )
    np.testing.assert_allclose(history["loss"], total, rtol=1e-5)


def test_emg_is_predicted_from_eeg(make_windows, make_encoder):
    windows = make_windows(duration=480.0)
    encoder = make_encoder(cross_modal_weight=1.0, max_epochs=20, learning_rate=1e-2)
    features = encoder.fit_transform(windows)
    times = features.index.get_level_values("onset") + 1.0
    active = np.sin(2 * np.pi * times / 60) > 0.3
    predicted = features["psg:encoder:emg_from_eeg"]
    assert predicted[active].mean() > predicted[~active].mean() + 0.5
    assert "psg:encoder:eog_from_eeg" in features


def test_one_eeg_channel_predicts_nothing_else(make_encoder):
    X = np.random.default_rng(0).normal(size=(30, 1, 128))
    encoder = make_encoder(sfreq=64.0, cross_modal_weight=1.0, max_epochs=1).fit(X)
    assert encoder.transform(X).shape == (30, 4)


def test_partial_fit_goes_on(make_windows, make_encoder):
    encoder = make_encoder().partial_fit(make_windows())
    before = len(encoder.history_)
    statistics = encoder.center_.copy()
    encoder.partial_fit(make_windows(2))
    assert len(encoder.history_) > before
    np.testing.assert_array_equal(encoder.center_, statistics)


def test_workers_and_cache_change_nothing(make_windows, make_encoder, tmp_path):
    windows = make_windows(2, duration=120.0)
    plain = make_encoder(max_epochs=1).fit_transform(windows)
    other = make_encoder(max_epochs=1, n_workers=1, cache=tmp_path).fit_transform(windows)
    np.testing.assert_allclose(other, plain, atol=1e-6)
    assert list(tmp_path.iterdir()) == []  # the cache goes with its use


def test_pickle_keeps_the_encoder(make_windows, make_encoder):
    windows = make_windows()
    encoder = make_encoder(max_epochs=1).fit(windows)
    again = pickle.loads(pickle.dumps(encoder))
    pd.testing.assert_frame_equal(again.transform(windows), encoder.transform(windows))


def test_errors_say_what_is_wrong(make_windows, make_encoder):
    windows = make_windows()
    encoder = make_encoder(max_epochs=0).fit(windows)
    with pytest.raises(
        ValueError, match=r"\(n_channels, n_times\) = \(3, 128\), but got \(2, 128\)"
    ):
        clone(encoder).set_params(sfreq=64.0).fit(np.zeros((9, 3, 128))).transform(
            np.zeros((9, 2, 128))
        )
    other = make_windows()
    other.datasets[0].set_description(
        {"channels": ["eeg:C3", "eeg:C4", "emg:Chin"]}, overwrite=True
    )
    with pytest.raises(ValueError, match="roles and order"):
        encoder.transform(other)
    with pytest.raises(ValueError, match="Latents have shape"):
        encoder.inverse_transform(np.zeros((3, 9)))
    with pytest.raises(ValueError, match="Every window contains NaN"):
        make_encoder(sfreq=64.0).fit(np.full((9, 3, 128), np.nan))
    with pytest.raises(ValueError, match="mask_ratio"):
        make_encoder(mask_ratio=2.0).fit(windows)


def test_few_and_flat_windows_are_encoded(make_encoder):
    flat = np.zeros((1, 2, 128))
    latent = make_encoder(sfreq=64.0).fit_transform(flat)
    assert latent.shape == (1, 4)
    assert np.isfinite(latent).all()


def test_callbacks_hear_of_epochs_and_stop(make_windows, make_encoder):
    callback = pytest.importorskip("sklearn.callback")

    class StopAfterTwo:
        epochs = 0

        def setup(self, estimator, context):
            self.epochs = 0

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context):
            self.epochs += context.parent is not None
            return self.epochs == 2

        def teardown(self, estimator, context):
            pass

    stop = StopAfterTwo()
    assert isinstance(stop, callback.FitCallback)
    encoder = make_encoder(max_epochs=3).set_callbacks(stop).fit(make_windows())
    assert len(encoder.history_) == stop.epochs == 2


def test_fit_shows_progress(make_windows, make_encoder, capsys, monkeypatch):
    monkeypatch.setattr("mne_arousal.encoder.training.fitting.shows_bars", lambda: True)
    make_encoder(verbose=True).fit(make_windows())
    captured = capsys.readouterr()
    assert "validation" in captured.err + captured.out


def test_long_recordings_are_encoded_in_pieces_that_fit_together(make_encoder):
    X = np.random.default_rng(0).normal(size=(1200, 1, 32))
    encoder = make_encoder(sfreq=64.0, max_epochs=1).fit(X)
    pieces = encoder.transform(X)
    windows, source, sequential = prepare_windows(encoder, X)
    spectra = torch.from_numpy(source.recordings[0].frames[source.recordings[0].lookup])
    with torch.inference_mode():
        whole = encoder.network_(spectra[None].float())[0].numpy()
    assert sequential
    assert len(windows) == 1200
    np.testing.assert_allclose(pieces, whole, atol=2e-3 * whole.std())


@pytest.mark.slow
def test_real_night(sleep_edf_night, make_encoder):
    raw = mne.io.read_raw_edf(sleep_edf_night[0], verbose="error").crop(8 * 3600, 10 * 3600)
    windows = PSGWindower(verbose="error").fit_transform(raw)
    encoder = make_encoder(n_latent=8, max_epochs=10, steps_per_epoch=20).fit(windows)
    naive = clone(encoder).set_params(max_epochs=0).fit(windows)
    assert encoder.score(windows) > 0.7 * naive.score(windows)  # scores are negative errors
    latent = encoder.transform(windows)
    assert latent.notna().all().all()
    spectrum = encoder.inverse_transform(latent)
    assert -16 < np.nanmedian(spectrum) < -9  # log10 of V²/Hz of an EEG


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_gpu_gives_the_same_latents(make_windows, make_encoder):
    windows = make_windows()
    encoder = make_encoder(max_epochs=2).fit(windows)
    latent = encoder.transform(windows)
    on_gpu = encoder.set_params(device="cuda").transform(windows)
    np.testing.assert_allclose(on_gpu, latent, rtol=1e-3, atol=1e-3 * latent.to_numpy().std())
    assert make_encoder(device="cuda").fit(windows).history_["loss"].notna().all()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_spectrograms_on_a_gpu_are_those_of_the_cpu(make_windows, make_encoder):
    windows = make_windows(2)
    encoder = make_encoder(max_epochs=0)
    _, source, _ = fit_encoder(encoder, windows)
    pieces = find_sequences(source.recordings, True)
    pieces = pieces[pieces.length == pieces.length.max()]
    before = source.spectra(pieces)
    source.place(torch.device("cpu"))
    assert not source.on_gpu
    source.place(torch.device("cuda"))
    assert source.on_gpu
    there = source.spectra(pieces)
    assert there.device.type == "cuda"
    assert torch.equal(there.cpu(), before)
