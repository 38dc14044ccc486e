"""Hypnograms written for other programs are read back as they were."""

from datetime import UTC, datetime

import numpy as np
import pytest

from mne_arousal import RecordingError
from mne_arousal.hypnogram import (
    Hypnogram,
    hypnogram_to_stages,
    read_hypnogram,
    write_hypnogram,
)

STAGES = [0, 0, 1, 2, 3, -1, 4, 0]
START = datetime(2020, 1, 1, 23, 58, tzinfo=UTC)


@pytest.mark.parametrize("name", ["night.csv", "night.eannot", "events.tsv", "night.edf"])
@pytest.mark.parametrize("probabilities", [None, np.full((8, 5), 0.2)])
def test_round_trip(tmp_path, name, probabilities):
    if name.endswith("edf"):
        pytest.importorskip("edfio")
    given = Hypnogram(STAGES, 30.0, START, probabilities)
    path = write_hypnogram(given, tmp_path / name)
    np.testing.assert_array_equal(hypnogram_to_stages(path, start=START), STAGES)
    if name.endswith("edf"):
        assert read_hypnogram(path).orig_time == START
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_yasa_reads_its_names(tmp_path):
    path = write_hypnogram(Hypnogram(STAGES), tmp_path / "night.csv")
    lines = path.read_text().splitlines()
    assert lines[:2] == ["Epoch,Stage", "0,WAKE"]
    assert lines[6:8] == ["5,UNS", "6,REM"]


def test_other_endings(tmp_path):
    with pytest.raises(RecordingError, match="are written as"):
        write_hypnogram(Hypnogram(STAGES), tmp_path / "night.mat")
