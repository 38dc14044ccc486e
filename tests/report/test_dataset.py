"""Pages of a dataset hold what the tables of its derivative hold."""

import json

import pandas as pd
import pytest

from mne_arousal.report import make_report, save_report
from mne_arousal.utils.errors import RecordingError


def write_derivative(folder):
    """Write a derivative of three recordings, the last without a result."""
    rows = {
        "filename": [
            "sub-1/eeg/sub-1_task-sleep_eeg.edf",
            "sub-2/eeg/b.edf",
            "sub-3/eeg/<script>alert(1)</script>",
        ],
        "subject": ["01", "02", "03"],
        "status": ["ok", "ok", "failed"],
        "hours": ["1", "1", "n/a"],
        "sleep_hours": ["0.5", "0.5", "n/a"],
        "n_arousals": ["5", "4", "n/a"],
        "arousal_index": ["10", "9", "n/a"],
        "flags": ["no_emg", "n/a", "n/a"],
        "error": ["n/a", "n/a", "the file is cut short"],
    }
    for subject, n_arousals in (("1", 5), ("2", 4)):
        eeg = folder / f"sub-{subject}" / "eeg"
        eeg.mkdir(parents=True)
        stem = f"sub-{subject}_task-sleep"
        events = pd.DataFrame(
            {"onset": [1900.0 + 60 * i for i in range(n_arousals)], "duration": 5.0}
        )
        events.to_csv(eeg / f"{stem}_desc-arousal_events.tsv", sep="\t", index=False)
        stages = pd.DataFrame(
            {
                "onset": [30.0 * i for i in range(120)],
                "duration": 30.0,
                "trial_type": ["Sleep stage W"] * 60 + ["Sleep stage N2"] * 60,
                "stage_cluster": [0] * 60 + [2] * 60,
            }
        )
        stages.to_csv(eeg / f"{stem}_desc-stages_events.tsv", sep="\t", index=False)
        record = {
            "Parameters": {"random_state": int(subject)},
            "Versions": {"mne": "1.13"},
            "Warnings": ["no EMG channel"],
        }
        (eeg / f"{stem}_desc-arousal_parameters.json").write_text(json.dumps(record))
    table = pd.DataFrame(rows)
    table.to_csv(folder / "arousals.tsv", sep="\t", index=False)
    return folder


@pytest.fixture
def derivative(tmp_path):
    return write_derivative(tmp_path / "study" / "derivatives" / "mne-arousal")


def sections(report):
    return {element.name: element.html for element in report._content}


def test_dataset_by_its_derivative_or_its_root(derivative):
    for folder in (derivative, derivative.parents[1]):
        report = make_report(folder, verbose="error")
        assert report.title == "Arousals of study"
        found = sections(report)
        summary = found["Arousals of the dataset"]
        assert "recordings, 1 without a result" in summary
        assert "9.5 (9.2 to 9.8)" in summary
        assert "no EMG channel (2 recordings)" in found["Warnings"]
        assert "the file is cut short" in found["All recordings"]
        assert "<script>alert" not in found["All recordings"]
        assert ">02<" in found["All recordings"]
        assert "1 | 2" in found["Parameters"]
        assert {"sub-1_task-sleep", "sub-2_task-sleep"} <= set(found)
        assert 'href="#night-sub-1_task-sleep"' in found["All recordings"]
        assert 'id="night-sub-1_task-sleep"' in found["sub-1_task-sleep"]


def test_dataset_with_no_result(derivative):
    table = pd.read_csv(derivative / "arousals.tsv", sep="\t").iloc[2:]
    table.to_csv(derivative / "arousals.tsv", sep="\t", index=False, na_rep="n/a")
    found = sections(make_report(derivative, verbose="error"))
    assert "recordings, 1 without a result" in found["Arousals of the dataset"]
    assert "<img" not in found["Arousals of the dataset"]


def test_no_derivative(tmp_path):
    with pytest.raises(RecordingError, match=r"holds no arousals\.tsv"):
        make_report(tmp_path)


def test_saving_is_whole_and_asks_before_replacing(derivative, tmp_path):
    report = make_report(derivative, verbose="error")
    with pytest.raises(RecordingError, match=r"should end in \.html"):
        save_report(report, tmp_path / "page.pdf")
    path = save_report(report, tmp_path / "new" / "page.html")
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        save_report(report, path)
    assert path.read_bytes() == before
    report.add_html("<p>more</p>", "More")
    save_report(report, path, overwrite=True)
    assert b"<p>more</p>" in path.read_bytes()
    assert [file.name for file in path.parent.iterdir()] == ["page.html"]
