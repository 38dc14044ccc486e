"""One pipeline for all recordings: fitted on some, kept, read again, tampered with."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import MiniBatchKMeans

from mne_arousal import analyze_recording
from mne_arousal.pipeline import FEATURES, make_arousal_pipeline
from mne_arousal.pipeline_file import pipeline_bytes, read_pipeline
from mne_arousal.utils.errors import RecordingError

from ..recordings import noise_raw
from .small_dataset import DEFAULT_OUTPUT, VOLATILE, add_fif, annotate, tree_bytes

ALL = ("spectral", "dmd", "encoder")


@pytest.fixture(scope="module")
def fitted(simulated):
    """A pipeline with every extractor, fitted on simulated sleep."""
    pipeline = make_arousal_pipeline(
        features=FEATURES, device="cpu", random_state=0, verbose="error"
    )
    pipeline.set_params(features__encoder__max_epochs=1, features__encoder__steps_per_epoch=2)
    return pipeline.fit(simulated.copy().crop(0, 600))


def tables(pipeline, raw):
    """What a pipeline makes of a recording."""
    night = analyze_recording(raw, pipeline=pipeline, verbose="error")
    return night.features, night.stages, night.arousals


def test_a_pipeline_survives_the_disk(fitted, simulated, tmp_path):
    """Features, stages and arousals of another recording are the same, and so are the bytes."""
    path = tmp_path / "pipeline.safetensors"
    path.write_bytes(pipeline_bytes(fitted))
    restored = read_pipeline(path, device="cpu")
    assert pipeline_bytes(restored) == path.read_bytes()
    other = add_fif(tmp_path, "02", simulated.copy().crop(500, 1199))
    for found, expected in zip(tables(restored, other), tables(fitted, other), strict=True):
        pd.testing.assert_frame_equal(found, expected)
    assert list(restored.named_steps) == ["windows", "features", "arousals"]


def test_what_is_saved_tells_nothing_of_the_recordings(fitted, tmp_path):
    """Neither the states of their windows nor their scales."""
    (tmp_path / "pipeline").write_bytes(pipeline_bytes(fitted))
    clusterer = read_pipeline(tmp_path / "pipeline")[-1]
    assert len(clusterer.labels_) == 0
    assert clusterer._stages._scales == {}


@pytest.mark.parametrize("at", [0, 100, 2000, -1, "cut", "empty"])
def test_tampered_pipelines_are_refused(fitted, tmp_path, at):
    """One changed byte, a cut, nothing."""
    data = bytearray(pipeline_bytes(fitted))
    if isinstance(at, int):
        data[at] ^= 0x01
    path = tmp_path / "pipeline.safetensors"
    path.write_bytes({"cut": data[:5000], "empty": b""}.get(at, data))
    with pytest.raises(RecordingError, match=r"pipeline\.safetensors"):
        read_pipeline(path)


def test_only_known_classes_are_made(fitted, tmp_path, monkeypatch):
    """A file can't name a class of its own choice, however well it is sealed."""
    from mne_arousal import pipeline_file

    def evil(value, arrays):
        return {"class": "Popen", "state": {"args": "touch run"}}

    monkeypatch.setattr(pipeline_file, "_pack", evil)
    (tmp_path / "pipeline").write_bytes(pipeline_bytes(fitted))
    with pytest.raises(RecordingError, match="does not fit"):
        read_pipeline(tmp_path / "pipeline")


def test_what_can_not_be_saved_is_told(simulated):
    """An unfitted pipeline, and steps of others."""
    pipeline = make_arousal_pipeline(features=("spectral",), random_state=0, verbose="error")
    with pytest.raises(ValueError, match="not fitted"):
        pipeline_bytes(pipeline)
    pipeline.set_params(arousals__clusterer=MiniBatchKMeans(8, n_init=1, random_state=0))
    pipeline.fit(simulated.copy().crop(0, 400))
    with pytest.raises(ValueError, match="MiniBatchKMeans can't be saved"):
        pipeline_bytes(pipeline)


def test_fit_on_some_apply_to_all(noise_dataset, tmp_path):
    """States mean the same in all recordings, and a second run keeps the pipeline."""
    table = annotate(noise_dataset, fit_on=["01", "02"])
    assert list(table["status"]) == ["ok"] * 3
    folder = noise_dataset / DEFAULT_OUTPUT
    before = tree_bytes(folder)
    record = json.loads(next(folder.rglob("sub-03*_parameters.json")).read_text())
    assert record["Parameters"]["fit"] == "one pipeline"
    assert record["Parameters"]["pipeline_sha256"] == before["pipeline.safetensors"]
    annotate(noise_dataset, fit_on=["01", "02"])
    assert tree_bytes(folder) == before
    annotate(noise_dataset, tmp_path / "again", fit_on=["02", "01"])
    link = (*VOLATILE, "dataset_description.json")
    assert tree_bytes(tmp_path / "again", leave_out=link) == tree_bytes(folder, leave_out=link)


def test_a_pipeline_is_given(noise_dataset, tmp_path):
    """The one of an earlier run gives the results of that run."""
    annotate(noise_dataset, tmp_path / "first", fit_on="01")
    saved = tmp_path / "first" / "pipeline.safetensors"
    annotate(noise_dataset, tmp_path / "second", pipeline=saved)
    assert tree_bytes(tmp_path / "second") == tree_bytes(tmp_path / "first")
    with pytest.raises(RecordingError, match="no pipeline that this program saved"):
        annotate(noise_dataset, tmp_path / "third", pipeline=next(noise_dataset.rglob("*.edf")))


def test_other_examples_are_other_settings(noise_dataset):
    """Results of two pipelines don't mix, and the first pipeline is kept."""
    annotate(noise_dataset, fit_on="01")
    before = tree_bytes(noise_dataset / DEFAULT_OUTPUT)
    with pytest.raises(RecordingError, match="pipeline"):
        annotate(noise_dataset, fit_on="02")
    assert tree_bytes(noise_dataset / DEFAULT_OUTPUT) == before


def test_an_unusable_example_is_named(noise_dataset):
    """A pipeline can't be fitted on it, so nothing is done."""
    add_fif(noise_dataset, "04", noise_raw(200.0))
    with pytest.raises(RecordingError, match=r"sub-04_task-sleep_eeg.*Leave that recording out"):
        annotate(noise_dataset, fit_on=["01", "04"])


def test_arrays_keep_type_and_shape(fitted, tmp_path):
    """Also scalars and empty ones."""
    fitted[-1].extra_ = {"scalar": np.float64(1.5), "empty": np.zeros((0, 3)), "pair": (1, "a")}
    (tmp_path / "pipeline").write_bytes(pipeline_bytes(fitted))
    extra = read_pipeline(tmp_path / "pipeline")[-1].extra_
    del fitted[-1].extra_
    assert extra["scalar"] == 1.5
    assert extra["empty"].shape == (0, 3)
    assert extra["pair"] == (1, "a")
