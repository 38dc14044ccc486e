"""Pages of a recording hold what was found in it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mne_arousal import load_night, summarize
from mne_arousal.cli import main
from mne_arousal.report import make_report, save_report
from mne_arousal.report.events import event_table
from mne_arousal.report.tables import Cell, sortable_table
from mne_arousal.viz.clock import full_time_text, set_time_axis

from ..recordings import write_edf
from .test_dataset import sections


def test_first_screen_and_tables(simulated):
    _, night = simulated
    report = make_report(night, verbose="error")
    found = sections(report)
    assert next(iter(found)) == "The night"  # the picture and the numbers come first
    first = found["The night"]
    assert first.index("<img") < first.index("total sleep time")
    assert first.count("<b>") == 5
    assert f"<b>{night.arousal_index:.1f}</b>" in first
    assert "the probability of each stage" in first  # the text of the picture
    assert list(found)[-3:] == ["Recording and analysis", "Parameters", "Versions"]
    assert "Time taken" in found["Recording and analysis"]
    assert "State" not in "".join(name for name in found if not name.startswith("Appendix"))
    assert found["All arousals"].count("<tr>") == len(night.arousals) + 1
    assert found["Rejected candidates"].count("<tr>") == len(night.candidates) + 1
    assert "Warnings" not in found
    table = summarize(night)
    for row in table[table["scope"] == "stage"].itertuples():
        shown = f">{row.label}</td>" in found["Arousals per hour of sleep"]
        assert shown == (row.sleep_hours > 0)
    assert "arousals__min_probability" in found["Parameters"]
    assert "scikit-learn" in found["Versions"]
    assert not any(name.startswith("Arousal at") for name in found)


def test_events_are_told_by_clock_stage_and_cues(simulated):
    _, night = simulated
    start = datetime(2025, 3, 2, 21, 13, tzinfo=UTC)
    table = event_table(night.candidates, night.stages, start)
    first = night.candidates.iloc[0]
    assert table["Time"][0].text == full_time_text(first["onset"], start)[:8]
    assert table["Stage"][0] in ("W", "N1", "N2", "N3", "R")
    for cue in first["cues"].split("; "):
        column = "For" if " +" in cue else "Against"
        assert cue.replace(" -", " −") in table[column][0]
    assert "Time" not in event_table(night.candidates, night.stages, None)
    assert 'aria-sort="ascending"' in sections(make_report(night, verbose="error"))["All arousals"]


def test_a_loaded_night_has_a_page(simulated, tmp_path):
    raw, night = simulated
    loaded = load_night(night.save(tmp_path / "night"))
    assert loaded.pipeline is None
    found = sections(make_report(loaded, raw=raw, n_examples=1, verbose="error"))
    whole = sections(make_report(night, raw=raw, n_examples=1, verbose="error"))
    assert set(found) == set(whole)
    assert found["All arousals"] == whole["All arousals"]
    assert found["Parameters"] == whole["Parameters"]


def test_nobody_is_named(simulated, tmp_path):
    raw, night = simulated
    raw = raw.copy()
    raw.info["subject_info"] = {"last_name": "Doe", "his_id": "X-77", "birthday": date(1961, 5, 4)}
    raw.set_meas_date(datetime(2025, 3, 2, 22, 47, tzinfo=UTC))
    night = replace(night, start=raw.info["meas_date"])
    path = save_report(make_report(night, raw=raw, n_examples=1), tmp_path / "night.html")
    text = re.sub(r"base64,[^\"]*", "", path.read_text(encoding="utf-8"))
    text = text[text.index("<body") :]  # before it are libraries
    for secret in ("Doe", "X-77", "1961", "2025-03-02", str(tmp_path)):
        assert secret not in text
    assert "22:" in text or "23:" in text


def test_title_has_name_and_date(simulated):
    _, night = simulated
    start = datetime(2025, 3, 2, 21, 13, tzinfo=UTC)
    titles = [
        make_report(replace(night, start=when), verbose="error").title
        for when in (start, None, datetime(1985, 1, 1, tzinfo=UTC))
    ]
    assert titles[0] == f"Sleep and arousals of {night.name}, 2 March 2025"
    assert titles[1] == titles[2] == f"Sleep and arousals of {night.name}"


def test_a_page_is_small(page_path):
    pictures = re.findall(r'src="data:image/([a-z+]*);base64,([^"]*)"', page_path.read_text())
    kinds = [kind for kind, _ in pictures]
    assert {"png", "svg+xml"} <= set(kinds)
    assert max(len(data) for _, data in pictures) < 400_000
    assert page_path.stat().st_size < 3_000_000


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
    assert "<b>0.0</b>" in found["The night"]
    assert "Rejected candidates" not in found


def test_cells_sort_by_numbers_and_escape_texts():
    html = sortable_table(
        pd.DataFrame({"a&b": [1.25, np.nan], "text": ['"<i>"', None]}), {"a&b": ".1f"}
    )
    assert "a&amp;b" in html
    assert '<td class="number" data-value="1.25">1.2</td>' in html
    assert html.count('<td data-value="">n/a</td>') == 2
    assert "<i>" not in html
    html = sortable_table(pd.DataFrame({"a": [Cell("<b>", 1.5, "x")]}), sorted_by="a")
    assert 'data-value="1.5"><a href="#x">&lt;b&gt;</a>' in html
    assert '<th scope="col" aria-sort="ascending">' in html


def test_times():
    start = datetime(2025, 3, 2, 21, 13, tzinfo=UTC)
    assert full_time_text(21547.0, start) == "03:12:07, 5:59:07 after the start"
    assert full_time_text(59.97, None) == "0:01:00 after the start"
    assert full_time_text(36000, datetime(1985, 1, 1, tzinfo=UTC)) == "10:00:00 after the start"


def test_ticks_without_a_date_are_hours_and_minutes():
    figure, axis = plt.subplots()
    set_time_axis(axis, None, (0.0, 0.5))
    texts = axis.xaxis.get_major_formatter().format_ticks([0.0, 1 / 12, 1.5])
    assert texts == ["0:00", "0:05", "1:30"]
    plt.close(figure)


def test_command(simulated, tmp_path, capsys):
    raw, _ = simulated
    path = write_edf(tmp_path / "night.edf", raw)
    page = tmp_path / "night.html"
    options = ["--features", "spectral", "--verbose", "error", "--examples", "1"]
    assert main(["report", str(path), "--output", str(page), *options]) == 0
    assert capsys.readouterr().out == f"wrote {page}\n"
    assert b"Sleep and arousals of night" in page.read_bytes()


def test_command_on_a_folder_without_results(tmp_path, capsys):
    assert main(["report", str(tmp_path), "--output", str(tmp_path / "page.html")]) == 2
    assert "Run mne-arousal detect on the dataset first" in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()
