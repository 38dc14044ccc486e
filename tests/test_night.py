"""What was found in a night: its repr, and saving it so that nothing has to be analyzed again."""

import zipfile

import numpy as np
import pandas as pd
import pytest

from mne_arousal import RecordingError, analyze_recording, load_night
from mne_arousal.datasets import simulate_psg
from mne_arousal.night import EVENT_COLUMNS, Night


@pytest.fixture(scope="module")
def night():
    """A short night with arousals."""
    raw = simulate_psg(duration=1800, random_state=1, verbose="error").raw
    return analyze_recording(raw, features=("spectral",), random_state=0, verbose="error")


def test_a_saved_night_comes_back(night, tmp_path):
    path = night.save(tmp_path / "first")
    assert path.name == "first.night.zip"
    back = load_night(path)
    for name in ("arousals", "candidates", "stages"):
        pd.testing.assert_frame_equal(
            getattr(back, name),
            getattr(night, name).reset_index(drop=True),
            check_dtype=False,
            rtol=1e-12,
        )
    pd.testing.assert_frame_equal(back.features, night.features)
    np.testing.assert_array_equal(back.evidence, night.evidence)
    assert back.annotations == night.annotations
    assert [dict(e) for e in back.annotations.extras] == [dict(e) for e in night.annotations.extras]
    for name in ("name", "duration", "channels", "wake_clusters", "sleep_hours", "calibration"):
        assert getattr(back, name) == getattr(night, name)
    assert back.min_probability == night.min_probability == 0.5


def test_the_same_night_is_saved_to_the_same_bytes(night, tmp_path):
    first, second = night.save(tmp_path / "a.zip"), night.save(tmp_path / "b.zip")
    assert first.read_bytes() == second.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "b.zip"]


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "other zip", "pickle"])
def test_a_damaged_file_is_refused(night, tmp_path, damage):
    path = night.save(tmp_path / "night.zip")
    data = path.read_bytes()
    if damage in ("other zip", "pickle"):
        with zipfile.ZipFile(path) as old:
            files = {name: old.read(name) for name in old.namelist()}
        if damage == "pickle":
            array = np.array([{"a": 1}], dtype=object)
            np.save(tmp_path / "objects.npy", array, allow_pickle=True)
            files["features.npy"] = (tmp_path / "objects.npy").read_bytes()
        else:
            del files["night.json"]
        with zipfile.ZipFile(path, "w") as new:
            for name, content in files.items():
                new.writestr(name, content)
    else:
        path.write_bytes({"cut": data[: len(data) // 2], "text": b"hello", "empty": b""}[damage])
    with pytest.raises(RecordingError, match="no night that this program saved"):
        load_night(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing\.zip"):
        load_night(tmp_path / "nothing.zip")


def test_the_repr_has_three_lines(night):
    lines = repr(night).splitlines()
    assert len(lines) == 3
    assert f"{len(night.arousals)} arousals" in lines[1]
    assert night._repr_html_().count("<br>") == 2
    named = Night(**{**vars(night), "name": "<script>"})
    assert "<script>" not in named._repr_html_()


def test_events_have_the_declared_columns(night):
    assert {column.name for column in EVENT_COLUMNS} <= set(night.arousals.columns)
    extras = {column.name for column in EVENT_COLUMNS if column.in_annotations}
    assert all(set(extra) == extras for extra in night.annotations.extras)
