"""Saved pipelines, encoders and nights that somebody made to fit their checksum."""

import json
import zipfile

import numpy as np
import pytest
from safetensors.numpy import load, save

from mne_arousal import PSGEncoder, RecordingError, load_night, make_arousal_pipeline, pipeline_file
from mne_arousal.encoder import weights
from mne_arousal.night_file import _to_npy

from .recordings import noise_raw

DEEP = "[" * 100_000 + "]" * 100_000


def parts(data):
    """Metadata, description and arrays of a safetensors file of this package."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])["__metadata__"]
    return header, json.loads(header["about"]), load(data)


def forge(module, data, *, text=None, change=None, **header):
    """Make a file that fits its checksum from another one."""
    before, about, arrays = parts(data)
    if change is not None:
        change(about)
    text = json.dumps(about) if text is None else text
    made = before | {"about": text, "sha256": module._digest(arrays, text)} | header
    return save(arrays, metadata={k: v for k, v in made.items() if v is not None})


@pytest.fixture(scope="module")
def pipeline_data():
    """A pipeline as a file."""
    pipeline = make_arousal_pipeline(
        features=("spectral",), device="cpu", random_state=0, verbose="error"
    )
    return pipeline_file.pipeline_bytes(pipeline.fit([noise_raw(400.0)]))


def replaced(old, new):
    """A change of a description: one text of its JSON replaced by another."""

    def change(about):
        text = json.dumps(about)
        assert old in text
        about |= json.loads(text.replace(old, new))

    return change


@pytest.mark.parametrize(
    "forgery",
    [
        {"text": DEEP},
        {"text": "[]"},
        {"text": "{}"},
        {"text": "null"},
        {"version": None},
        {"format": None},
        {"change": lambda about: about.pop("versions")},
        {"change": lambda about: about.update(versions=3)},
        {"change": lambda about: about.update(pipeline=[1])},
        {"change": lambda about: about.update(pipeline={"class": "Pipeline", "state": {}})},
        {"change": lambda about: about.update(pipeline={"array": "x", "shape": [1e300]})},
        {"change": replaced('"hop": 0.5', '"hop": 1e-09')},
        {"change": replaced('"hop": 0.5', '"hop": "x"')},
        {"change": replaced('"window_length": 2.0', '"window_length": 1e+300')},
        {"change": replaced('"n_states": 32', '"n_states": 1000000000')},
        {"change": replaced('"class": "SpectralTransformer"', '"class": "KMeans"')},
    ],
)
def test_forged_pipelines(pipeline_data, tmp_path, forgery):
    """Refused as documented; what is kept with one is None or a value."""
    path = tmp_path / "pipeline.safetensors"
    path.write_bytes(forge(pipeline_file, pipeline_data, **forgery))
    pipeline_file.read_made_from(path)
    with pytest.raises(RecordingError, match=r"pipeline\.safetensors"):
        pipeline_file.read_pipeline(path, device="cpu")


@pytest.mark.filterwarnings("ignore")
def test_a_package_that_is_not_here(pipeline_data, tmp_path):
    """Warned of, as other versions are."""
    path = tmp_path / "pipeline.safetensors"
    names = {"versions": {"no-such-package": "1"}}
    path.write_bytes(forge(pipeline_file, pipeline_data, change=lambda about: about.update(names)))
    with pytest.warns(RuntimeWarning, match="not there"):
        pipeline_file.read_pipeline(path, device="cpu")


@pytest.mark.parametrize(
    "forgery",
    [
        {"text": DEEP},
        {"text": "[]"},
        {"change": lambda about: about.pop("module")},
        {"change": lambda about: about["parameters"].update(n_hidden=14_000)},
        {"change": lambda about: about["parameters"].update(n_hidden=10**15)},
        {"change": lambda about: about["parameters"].update(n_filters="x")},
        {"change": lambda about: about["parameters"].update(no_such=1)},
        {"change": lambda about: about["fitted"].update(channels_=7)},
        {"change": lambda about: about["fitted"].pop("sfreq_")},
        {"change": lambda about: about.update(fitted=None)},
        {"change": lambda about: about.update(history={"loss": 3})},
    ],
)
def test_forged_encoders(tmp_path, forgery):
    """Refused as documented, before a network of such sizes is made."""
    path = tmp_path / "encoder.safetensors"
    path.write_bytes(forge(weights, weights.default_weights().read_bytes(), **forgery))
    with pytest.raises(ValueError, match=r"encoder\.safetensors"):
        PSGEncoder.load(path)


def archive(path, **members):
    """Write an archive as `Night.save` does."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name.replace("__", "."), data)
    return path


@pytest.mark.parametrize("size", [30_000_000, 300])
def test_nights_that_ask_for_much(tmp_path, size):
    """Members that are larger than the archive, and arrays that are larger than their members."""
    huge = _to_npy(np.zeros(3)).replace(b"(3,)", b"(10**14,)"[:4]) + bytes(size)
    about = {"format": "mne-arousal night", "version": 1, "features": ["a"]}
    tables = {f"{name}__csv": "onset\n1\n" for name in ("arousals", "candidates", "stages")}
    path = archive(
        tmp_path / "x.night.zip", night__json=json.dumps(about), features__npy=huge, **tables
    )
    with pytest.raises(RecordingError, match="is no night that this program saved"):
        load_night(path)
