"""Inputs that users have: epochs, subsets, one recording's windows, files written before."""

from datetime import UTC, datetime

import mne
import numpy as np
import pytest
from mne.utils import use_log_level
from torch.utils.data import Subset

from mne_arousal import (
    ArousalClusterer,
    PSGEncoder,
    PSGWindower,
    SpectralTransformer,
    make_arousal_pipeline,
)
from mne_arousal.annotation_files import read_annotation_file, write_annotations

from .recordings import noise_raw


@pytest.fixture(scope="module")
def dataset():
    """Windows of one recording."""
    raw = noise_raw(400.0)
    raw.set_channel_types({"E1-M2": "eog", "Chin": "emg"}, verbose="error")
    return PSGWindower(verbose="error").fit_transform(raw)


def test_plain_epochs_are_windows():
    raw = noise_raw(100.0, names=["C3-M2", "O1-M2"])
    epochs = mne.make_fixed_length_epochs(raw, 2.0, preload=True, verbose="error")
    table = SpectralTransformer().fit_transform(epochs)
    array = SpectralTransformer(sfreq=100.0).fit_transform(epochs.get_data())
    np.testing.assert_allclose(table.to_numpy(), array)
    assert table.index.get_level_values("onset")[:3].tolist() == [0.0, 2.0, 4.0]
    assert table.columns[0].startswith("eeg:C3-M2:")


def test_a_subset_has_the_rows_of_the_whole(dataset):
    whole = SpectralTransformer().fit_transform(dataset)
    some = SpectralTransformer().fit_transform(Subset(dataset, range(5, 50)))
    np.testing.assert_allclose(some.to_numpy(), whole.to_numpy()[5:50])
    onsets = whole.index.get_level_values("onset")[5:50]
    assert (some.index.get_level_values("onset") == onsets).all()
    one = SpectralTransformer().fit_transform(dataset.datasets[0])
    np.testing.assert_allclose(one.to_numpy(), whole.to_numpy())


def test_an_encoder_takes_a_subset_and_one_dataset(dataset):
    encoder = PSGEncoder(max_epochs=1, random_state=0, device="cpu", verbose="error")
    encoder.fit(Subset(dataset, range(200)))
    assert len(encoder.transform(dataset.datasets[0])) == len(dataset)


@pytest.mark.parametrize("ending", [".csv", ".annot", "-annot.fif"])
def test_annotations_come_back_with_channels_and_extras(ending, tmp_path):
    extras = [{"score": 2.5, "kind": "eeg+emg", "stage_cluster": 3}, {"score": 1.0, "kind": "eeg"}]
    given = mne.Annotations(
        [12.5, 30.0], [4.5, 3.0], ["arousal"] * 2, ch_names=[["C3-M2", "O1"], []], extras=extras
    )
    read = read_annotation_file(write_annotations(given, tmp_path / f"night{ending}"))
    assert [dict(extra) for extra in read.extras] == extras
    assert [list(names) for names in read.ch_names] == [["C3-M2", "O1"], []]
    np.testing.assert_allclose(read.onset, given.onset)
    np.testing.assert_allclose(read.duration, given.duration)


@pytest.mark.parametrize("ending", [".edf", ".xml"])
def test_dated_annotations_come_back(ending, tmp_path):
    pytest.importorskip("edfio")
    start = datetime(2024, 5, 1, 22, 30, tzinfo=UTC)
    given = mne.Annotations([12.5, 30.0], [4.5, 3.0], ["arousal", "light"], orig_time=start)
    read = read_annotation_file(write_annotations(given, tmp_path / f"night{ending}"), start=start)
    shift = (read.orig_time - start).total_seconds()
    np.testing.assert_allclose(read.onset + shift, given.onset)
    assert list(read.description) == ["arousal", "light"]


def test_a_colon_in_a_name_comes_back(tmp_path):
    given = mne.Annotations([12.5], [4.5], ["arousal"], ch_names=[["a:b"]])
    path = write_annotations(given, tmp_path / "night.csv")
    assert read_annotation_file(path).ch_names[0] == ("a:b",)


def test_an_unknown_clusterer_is_refused():
    table = SpectralTransformer(sfreq=100.0).fit_transform(
        np.random.default_rng(0).normal(scale=1e-5, size=(400, 2, 200))
    )
    with pytest.raises(ValueError, match=r"must be None \(k-means\), \"dbscan\" .* 'kmeens'"):
        ArousalClusterer(clusterer="kmeens").fit(table)


def test_what_is_lost_without_spectral_features_is_said():
    with (
        use_log_level("warning"),
        pytest.warns(RuntimeWarning, match="no evidence and no arousals"),
    ):
        make_arousal_pipeline(features=("dmd",))
