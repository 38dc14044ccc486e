"""What is written: a BIDS derivative that the validator accepts and mne-bids reads."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mne_bids import read_raw_bids

from mne_arousal import annotate_arousals
from mne_arousal.bids.dataset import find_recordings

from .small_dataset import FAST, add_recording, annotate, copy_dataset, read_annotations, tree_bytes

VALIDATOR = shutil.which("bids-validator-deno", path=Path(sys.executable).parent) or shutil.which(
    "bids-validator-deno"
)


def validate(folder):
    """Errors that the BIDS validator finds, without the network."""
    if VALIDATOR is None:
        pytest.skip("the BIDS validator is absent: python -m pip install bids-validator-deno")
    command = [VALIDATOR, str(folder), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    issues = json.loads(done.stdout)["issues"]["issues"]
    found = [issue for issue in issues if issue["severity"] == "error"]
    assert bool(found) == bool(done.returncode)
    return [(issue["code"], issue["location"]) for issue in found]


def test_all_formats_have_results(derived):
    """BrainVision, EDF, BDF, EEGLAB and FIF; sessions and runs."""
    _, table = derived
    assert list(table["status"]) == ["ok"] * 5
    assert [name.rpartition(".")[2] for name in table["filename"]] == [
        "vhdr",
        "edf",
        "bdf",
        "set",
        "fif",
    ]
    assert (table["n_arousals"] >= 0).all()
    minutes = table.filter(regex=r"^stage_\d+_minutes$").sum(axis=1)
    np.testing.assert_allclose(minutes, 60 * table["hours"], atol=0.51)


def test_the_validator_accepts_it(derived):
    """Not one error, alone and inside its dataset."""
    folder, _ = derived
    assert validate(folder) == []


def test_the_validator_reads_hed(derived, tmp_path):
    """A wrong tag is an error, so a right one has been looked at."""
    folder = tmp_path / "derivative"
    shutil.copytree(derived[0], folder)
    sidecar = next(folder.rglob("*desc-arousal_events.json"))
    sidecar.write_text(sidecar.read_text().replace("Sleep-related-arousal", "Sleep-related-nap"))
    assert any(code == "HED_ERROR" for code, _ in validate(folder))


def test_reading_back_gives_the_same_annotations(dataset, derived):
    """Onset, duration, description, score, interval and cluster, by mne-bids."""
    folder, _ = derived
    recording = find_recordings(dataset, subjects="03", runs="01")[0]
    raw = read_raw_bids(recording.bids_path(), verbose="error")
    expected = annotate_arousals(raw, random_state=0, **FAST)
    assert len(expected) > 0
    found = read_annotations(folder / recording.derived("arousal", "events", ".tsv"))
    np.testing.assert_allclose(found.onset, expected.onset - raw.first_time, atol=1e-6)
    np.testing.assert_allclose(found.duration, expected.duration, atol=1e-6)
    assert set(found.description) == {"arousal"}
    for extras, wanted in zip(found.extras, expected.extras, strict=True):
        for key, value in wanted.items():
            close = value if isinstance(value, str) else pytest.approx(value, abs=1e-4)
            assert extras[key] == close


def test_read_raw_bids_reads_them_beside_a_recording(dataset, derived, tmp_path):
    """Beside a copy of the recording, the table is what `read_raw_bids` annotates it with."""
    root = copy_dataset(dataset, tmp_path / "copy")
    recording = find_recordings(root, subjects="03", runs="1")[0]
    table = derived[0] / recording.derived("arousal", "events", ".tsv")
    shutil.copy(table, str(recording.file).replace("_eeg.bdf", "_events.tsv"))
    raw = read_raw_bids(recording.bids_path(), verbose="error")
    found = raw.annotations[raw.annotations.description == "arousal"]
    expected = pd.read_csv(table, sep="\t")
    assert len(expected) > 0
    np.testing.assert_allclose(found.onset, expected["onset"], atol=1e-6)


def test_stages_are_events_that_cover_the_night(derived):
    """One row for every 30 s, each level described; n/a where the signal is invalid."""
    folder, _ = derived
    for path in folder.rglob("*desc-stages_events.tsv"):
        stages = pd.read_csv(path, sep="\t")
        np.testing.assert_allclose(np.diff(stages["onset"]), 30.0)
        sidecar = json.loads(path.with_suffix(".json").read_text())
        assert set(stages["trial_type"].dropna()) <= set(sidecar["trial_type"]["Levels"])
        clusters = set(stages["stage_cluster"].dropna().astype(int).astype(str))
        assert clusters == set(sidecar["stage_cluster"]["Levels"])


def test_every_column_is_described(derived):
    """Tables of recordings and of the dataset, units where there are any."""
    folder, _ = derived
    tables = [*folder.rglob("*_events.tsv"), folder / "arousals.tsv", folder / "descriptions.tsv"]
    assert len(tables) == 12
    for path in tables:
        sidecar = json.loads(path.with_suffix(".json").read_text())
        columns = list(pd.read_csv(path, sep="\t").columns)
        assert [c for c in columns if not sidecar.get(c, {}).get("Description")] == []
        for column in ("onset", "duration"):
            assert column not in columns or sidecar[column]["Units"] == "s"


def test_the_record_tells_how_a_result_came_about(dataset, derived):
    """Parameters, versions, channels, and checksums of what was read."""
    folder, _ = derived
    recording = find_recordings(dataset, subjects="01")[0]
    record = json.loads((folder / recording.derived("arousal", "parameters", ".json")).read_text())
    assert record["Parameters"]["random_state"] == 0
    assert record["Versions"]["mne-arousal"] == record["Parameters"]["mne-arousal"]
    assert record["Pipeline"]["windows__hop"] == "0.5"
    assert "eeg:C3-M2" in record["Channels"]
    assert {name.rpartition(".")[2] for name in record["Sources"]} == {"vhdr", "eeg", "tsv", "json"}
    assert record["Fitted"]["calibration"]["min_probability"] == 0.5


def test_dataset_description_names_program_and_source(dataset, derived):
    """`GeneratedBy` and `SourceDatasets`, whose link leads back."""
    folder, _ = derived
    description = json.loads((folder / "dataset_description.json").read_text())
    assert description["GeneratedBy"][0]["Name"] == "mne-arousal"
    assert description["SourceDatasets"] == [{"URL": "bids:source:"}]
    assert (folder / description["DatasetLinks"]["source"]).resolve() == dataset.resolve()


def test_the_dataset_is_not_written_to(dataset, tmp_path):
    """Not one file of it changes, with the output inside and outside."""
    root = copy_dataset(dataset, tmp_path / "copy")
    before = tree_bytes(root)
    annotate(root, subjects="02")
    annotate(root, tmp_path / "elsewhere", subjects="02")
    assert tree_bytes(root, leave_out=("derivatives",)) == before
    inside = tree_bytes(root / "derivatives" / "mne-arousal")
    outside = tree_bytes(tmp_path / "elsewhere")
    assert inside.keys() == outside.keys()
    assert {k for k in inside if inside[k] != outside[k]} == {"dataset_description.json"}  # link


def test_filters(dataset, tmp_path):
    """Subject, session, task, run and datatype choose; what fits nothing is told."""
    for options, expected in (
        ({"subjects": ["sub-03"]}, 2),
        ({"subjects": ["03", "04"], "runs": 2}, 1),
        ({"sessions": "a"}, 1),
        ({"tasks": "sleep"}, 5),
        ({"datatypes": ["eeg", "meg"]}, 5),
    ):
        assert len(annotate(dataset, tmp_path, dry_run=True, **options)) == expected
    for options, message in (
        ({"subjects": "09"}, "Its subject labels are 01, 02, 03, 04"),
        ({"tasks": "rest"}, "Its task labels are sleep"),
        ({"datatypes": "nirs"}, "datatypes are some of"),
    ):
        with pytest.raises(ValueError, match=message):
            annotate(dataset, tmp_path, **options)
    assert list(tmp_path.iterdir()) == []


def test_channels_tsv_gives_types_and_bad_channels(dataset, tmp_path):
    """A channel that it calls bad or gives another type isn't used as EEG."""
    root = copy_dataset(dataset, tmp_path / "copy")
    path = next(root.glob("sub-02/eeg/*_channels.tsv"))
    channels = pd.read_csv(path, sep="\t", keep_default_na=False)
    channels.loc[channels["name"] == "C3-M2", "status"] = "bad"
    channels.to_csv(path, sep="\t", index=False)
    table = annotate(root, subjects="02")
    flags = set(table.loc[0, "flags"].split(","))
    assert flags == {"bad_channels", "one_eeg", "short", "uncalibrated"}
    record = json.loads(next(root.rglob("*_parameters.json")).read_text())
    assert "eeg:C4-M1" in record["Channels"]
    assert not any("C3-M2" in channel for channel in record["Channels"])


def test_a_real_night_with_stages(scored_raw, tmp_path):
    """Stages of `events.tsv` gate wake, and can be left unused; the validator accepts both."""
    add_recording(tmp_path, "01", scored_raw, "EDF")
    table = annotate(tmp_path)
    assert "hypnogram" in table.loc[0, "flags"].split(",")
    asleep = [
        a
        for a in scored_raw.annotations
        if a["description"] in {f"Sleep stage {stage}" for stage in "1234R"}
    ]
    hours = sum(annotation["duration"] for annotation in asleep) / 3600
    assert table.loc[0, "sleep_hours"] == pytest.approx(hours, abs=0.02)
    without = annotate(tmp_path, tmp_path / "derivatives" / "without", hypnogram=False)
    assert "hypnogram" not in without.loc[0, "flags"].split(",")
    assert validate(tmp_path / "derivatives" / "mne-arousal") == []
