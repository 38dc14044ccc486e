"""Pages of a recording hold what was found in it."""

from dataclasses import replace

import numpy as np
import pandas as pd

from mne_arousal import summarize
from mne_arousal.cli import main
from mne_arousal.report import make_report
from mne_arousal.report.tables import clock, sortable_table

from ..recordings import write_edf
from .test_dataset import sections


def test_summary_and_tables(simulated):
    _, night = simulated
    found = sections(make_report(night, verbose="error"))
    assert f"{night.arousal_index:.1f} per hour of sleep" in found["Summary"]
    assert found["All arousals"].count("<tr>") == len(night.arousals) + 1
    assert found["Rejected candidates"].count("<tr>") == len(night.candidates) + 1
    assert "None." in found["Warnings"]
    by_cluster = summarize(night).query("scope == 'stage cluster'")
    for count in by_cluster["arousals"]:
        assert f">{count}</td>" in found["Arousals per hour of sleep"]
    assert "arousals__false_alarms" in found["Parameters"]
    assert "scikit-learn" in found["Versions"]
    assert not any(name.startswith("Arousal at") for name in found)


def test_new_columns_of_arousals_are_shown(simulated):
    _, night = simulated
    arousals = night.arousals.assign(
        novelty=1.0, limb_movement=1.0, ch_names=[("C3-M2",)] * len(night.arousals)
    )
    found = sections(make_report(replace(night, arousals=arousals), verbose="error"))
    assert "Novelty" in found["All arousals"]
    assert ">yes<" in found["All arousals"]
    assert "C3-M2" in found["All arousals"]


def test_a_night_without_arousals(simulated):
    raw, night = simulated
    night = replace(night, arousals=night.arousals[:0], candidates=night.candidates[:0])
    found = sections(make_report(night, raw=raw, verbose="error"))
    assert "0.0 per hour" in found["Summary"]
    assert "Rejected candidates" not in found


def test_cells_sort_by_numbers_and_escape_texts():
    html = sortable_table(
        pd.DataFrame({"a&b": [1.25, np.nan], "text": ['"<i>"', None]}), {"a&b": ".1f"}
    )
    assert "a&amp;b" in html
    assert '<td class="number" data-value="1.25">1.2</td>' in html
    assert html.count('<td data-value="">n/a</td>') == 2
    assert "<i>" not in html


def test_clock():
    assert [clock(s) for s in (0, 59.97, 3599.99, 36000)] == [
        "0:00:00.0",
        "0:01:00.0",
        "1:00:00.0",
        "10:00:00.0",
    ]


def test_command(simulated, tmp_path, capsys):
    raw, _ = simulated
    path = write_edf(tmp_path / "night.edf", raw)
    page = tmp_path / "night.html"
    options = ["--features", "spectral", "--verbose", "error", "--examples", "1"]
    assert main(["report", str(path), "--output", str(page), *options]) == 0
    assert capsys.readouterr().out == f"wrote {page}\n"
    assert b"Arousals of night" in page.read_bytes()


def test_command_on_a_folder_without_results(tmp_path, capsys):
    assert main(["report", str(tmp_path), "--output", str(tmp_path / "page.html")]) == 2
    assert "Run mne-arousal detect on the dataset first" in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()
