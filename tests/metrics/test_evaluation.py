"""Evaluation of a data set: simulated nights in each layout, scores, intervals, the command."""

import json
import sys
from datetime import UTC, datetime, timedelta
from types import ModuleType

import mne
import numpy as np
import pandas as pd
import pytest

from mne_arousal import RecordingError
from mne_arousal.cli import main
from mne_arousal.datasets import simulate_psg
from mne_arousal.hypnogram import hypnogram_to_stages, read_arousals
from mne_arousal.metrics import (
    evaluate_dataset,
    gross_auprc,
    peers,
    per_second_kappa,
    score_arousal_index,
    score_arousals,
)
from mne_arousal.metrics.ages import age_groups
from mne_arousal.metrics.bootstrap import resample, weighted_quantile
from mne_arousal.metrics.layouts import recording_key, scorer_of
from mne_arousal.metrics.marked import Marked
from mne_arousal.metrics.samples import SFREQ, challenge_labels
from mne_arousal.metrics.tally import tally
from mne_arousal.night import Night
from mne_arousal.report import save_evaluation_page

from . import layouts

FEW = {"n_resamples": 50}
NSRR = {
    "shhs1-200001": ("shhs1", "Arousal|Arousal ()"),
    "mesa-sleep-0001": ("", "Arousal|Arousal ()"),
    "mros-visit1-aa0001": ("visit1", "ASDA arousal|Arousal (ASDA)"),
    "cfs-visit5-800002": ("", "Arousal|Arousal (Standard)"),
    "chat-baseline-300001": ("baseline", "Spontaneous arousal|Arousal (SPON ARO)"),
}


@pytest.fixture(scope="module")
def nights():
    """Marks, stages and what was found of three simulated nights."""
    made = [layouts.simulate(seed) for seed in range(3)]
    return [
        (marks, stages, layouts.distort(marks, seed)) for seed, (marks, stages) in enumerate(made)
    ]


def expected(nights):
    """F1 by the function for events, over all recordings."""
    tables = [
        pd.concat([table[i].assign(recording=k) for k, table in enumerate(nights)]) for i in (0, 2)
    ]
    return score_arousals(*tables)


@pytest.fixture
def found(tmp_path, nights):
    """Write what was found under the names that are asked for."""

    def write(names):
        for name, (_, _, table) in zip(names, nights, strict=False):
            layouts.write_found(tmp_path / "found", name, table)
        return tmp_path / "found"

    return write


@pytest.mark.parametrize("name", NSRR)
def test_nsrr(name, found, nights, tmp_path):
    """NSRR's folders: its XML is taken, Profusion's is the same scorer."""
    visit, concept = NSRR[name]
    marks, stages, table = nights[0]
    layouts.write_nsrr(tmp_path / "truth", name, visit, marks, stages, concept)
    evaluation = evaluate_dataset(found([name]), tmp_path / "truth", **FEW)
    assert list(evaluation.recordings["truth"]) == ["expert"]
    scores = score_arousals(marks, table)
    assert evaluation.value("f1_overlap", "found", "expert") == pytest.approx(scores.f1)
    assert evaluation.value("f1_iou", "found", "expert") == pytest.approx(scores.f1_iou)
    hours = (stages > 0).sum() * 30 / 3600
    assert evaluation.recordings["index_true"][0] == pytest.approx(len(marks) / hours)


def test_several_recordings_give_the_known_scores(found, nights, tmp_path):
    """Pooled scores are those of the functions that exist for them."""
    names = [f"shhs1-20000{k}" for k in range(3)]
    for name, (marks, stages, _) in zip(names, nights, strict=True):
        layouts.write_nsrr(tmp_path / "truth", name, "shhs1", marks, stages)
    evaluation = evaluate_dataset(found(names), tmp_path / "truth", **FEW)

    def value(measure):
        return evaluation.value(measure, "found", "expert")

    scores = expected(nights)
    for measure, other in (
        ("precision_overlap", scores.precision),
        ("recall_overlap", scores.recall),
        ("f1_overlap", scores.f1),
        ("f1_iou", scores.f1_iou),
        ("onset_error_median", scores.onset_error_median),
        ("onset_error_p90", scores.onset_error_p90),
        ("onset_bias", scores.onset_bias),
        ("onset_coverage", scores.interval_coverage),
    ):
        assert value(measure) == pytest.approx(other), measure
    tables = [pd.concat([n[i].assign(recording=k) for k, n in enumerate(nights)]) for i in (0, 2)]
    hours = {k: (night[1] > 0).sum() / 120 for k, night in enumerate(nights)}
    index = score_arousal_index(*tables, hours)
    assert value("index_bias") == pytest.approx(index.bias)
    assert value("index_limit_low") == pytest.approx(index.limit_low)
    assert value("index_limit_high") == pytest.approx(index.limit_high)
    row = evaluation.scores.query("measure == 'f1_overlap' and scope == 'all'").iloc[0]
    assert row["low"] <= row["value"] <= row["high"]
    assert row["n_recordings"] == 3


def test_kappa_and_auprc_are_the_known_ones(nights):
    """Of one recording, seconds and samples agree with the functions that exist for them."""
    marks, stages, table = nights[0]
    truth = Marked("a", marks, stages=stages)
    evaluation = evaluate_dataset({"a": table}, {"a": marks}, n_resamples=0)
    kappa = evaluation.value("kappa", "found", "expert")
    end = max(float((t["onset"] + t["duration"]).max()) for t in (marks, table))
    assert kappa == pytest.approx(per_second_kappa(marks, table, end))
    labels = challenge_labels(Marked("a", marks), end)
    center = (np.arange(len(labels)) + 0.5) / SFREQ
    scores = np.zeros(len(labels))
    for row in table.itertuples():
        inside = (center >= row.onset - 2) & (center < row.onset + row.duration + 2)
        scores[inside] = np.maximum(scores[inside], row.probability)
    area = gross_auprc(labels, scores, digits=3)
    assert evaluation.value("auprc", "found", "expert") == pytest.approx(area)
    assert (challenge_labels(truth, end) == -1).any()


def test_challenge_annotations(found, nights, tmp_path):
    """The Challenge's annotations: events by their brackets, stages until the next."""
    name, (marks, stages, table) = "tr03-0005", nights[0]
    layouts.write_challenge(tmp_path / "truth", name, marks, stages)
    path = tmp_path / "truth" / "training" / name / f"{name}.arousal"
    read = read_arousals(path)
    np.testing.assert_allclose(read[["onset", "duration"]], marks, atol=0.01)
    np.testing.assert_array_equal(hypnogram_to_stages(path), stages)
    evaluation = evaluate_dataset(found([name]), tmp_path / "truth", **FEW)
    f1 = score_arousals(read, table).f1
    assert evaluation.value("f1_overlap", "found", "expert") == pytest.approx(f1)


@pytest.mark.filterwarnings("ignore:.*inplace keyword:Warning")  # of pandas, in wfdb
def test_challenge_annotations_are_those_that_wfdb_writes(nights, tmp_path, monkeypatch):
    """The reader of WFDB's format agrees with WFDB's own writer."""
    wfdb = pytest.importorskip("wfdb")
    marks, stages, _ = nights[1]
    samples, texts = zip(*layouts.challenge_marks(marks, stages), strict=True)
    monkeypatch.chdir(tmp_path)
    symbols = ['"'] * len(texts)
    wfdb.wrann("tr", "arousal", np.array(samples), symbol=symbols, aux_note=list(texts), fs=200)
    read = read_arousals(tmp_path / "tr.arousal")
    np.testing.assert_allclose(read[["onset", "duration"]], marks, atol=0.01)


def test_challenge_vector(found, nights, tmp_path):
    """The vector alone gives events without the 2 s that were added, and its own labels."""
    pytest.importorskip("h5py")
    name, (marks, stages, _) = "tr03-0005", nights[0]
    layouts.write_challenge(tmp_path / "truth", name, marks, stages, vector=True, annotations=False)
    path = tmp_path / "truth" / "training" / name / f"{name}-arousal.mat"
    vector = layouts.challenge_vector(marks, stages)
    n_targets = int((np.diff(np.r_[0, vector == 1].astype(int)) == 1).sum())
    read = read_arousals(path)
    assert len(read) == n_targets
    inside = read["onset"].round(2).isin(marks["onset"])
    assert inside.mean() > 0.7  # the others touch wake, which the Challenge does not score
    labels = challenge_labels(Marked(name, read, path=path), layouts.DURATION)
    np.testing.assert_array_equal(labels, vector[10::20])
    evaluation = evaluate_dataset(found([name]), tmp_path / "truth", **FEW)
    assert evaluation.value("auprc", "found", "expert") > 0


def test_challenge_labels_leave_out_hypopneas_and_widen(tmp_path, nights):
    """The rules of the Challenge's page, without its vector."""
    marks, stages = pd.DataFrame({"onset": [900.0], "duration": [5.0]}), np.full(120, 2)
    layouts.write_challenge(tmp_path, "tr", marks, stages)
    path = tmp_path / "training" / "tr" / "tr.arousal"
    labels = challenge_labels(Marked("tr", read_arousals(path), stages=stages, path=path), 3600)
    at = np.flatnonzero(labels == 1) / SFREQ
    assert at[0] == pytest.approx(898.0, abs=0.11)
    assert at[-1] == pytest.approx(915.0, abs=0.11)  # an arousal of respiratory effort: 10 s more
    at = np.flatnonzero(labels == -1) / SFREQ
    assert (at[0], at[-1]) == pytest.approx((90.0, 130.0), abs=0.11)


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x00\x58", b"text that is none\n" * 9])
def test_damaged_annotations_are_refused(data, tmp_path):
    path = tmp_path / "tr.arousal"
    path.write_bytes(data)
    with pytest.raises(RecordingError, match="WFDB"):
        read_arousals(path)


def test_dreams_two_scorers(found, nights, tmp_path):
    """Two scorers: each against what was found, and one against the other."""
    marks, stages, _ = nights[0]
    second = layouts.distort(marks, 9)[["onset", "duration"]]
    for scorer, events in ((1, marks), (2, second)):
        layouts.write_dreams(tmp_path / "truth", "excerpt2", scorer, events, stages)
    evaluation = evaluate_dataset(found(["excerpt2"]), tmp_path / "truth", **FEW)
    pairs = list(
        zip(evaluation.recordings["detector"], evaluation.recordings["truth"], strict=True)
    )
    assert pairs == [
        ("found", "expert 1"),
        ("found", "expert 2"),
        ("expert 2", "expert 1"),
    ]
    f1 = score_arousals(marks, second).f1
    assert evaluation.value("f1_overlap", "expert 2", "expert 1") == pytest.approx(f1)
    assert evaluation.scores.query("scope == 'stage'")["value"].notna().any()  # the hypnogram


def test_two_folders_are_two_scorers(found, nights, tmp_path):
    marks, stages, _ = nights[0]
    for folder in ("one", "two"):
        layouts.write_nsrr(tmp_path / folder, "n", "", marks, stages)
    evaluation = evaluate_dataset(found(["n"]), [tmp_path / "one", tmp_path / "two"], **FEW)
    assert evaluation.value("f1_iou", "expert 2", "expert 1") == 1


def test_bids_and_its_derivative(nights, tmp_path):
    """What was found lies in the derivative inside of the data set that holds the marks."""
    names = [f"sub-0{k}_ses-1_task-sleep" for k in range(3)]
    for name, (marks, stages, table) in zip(names, nights, strict=True):
        layouts.write_bids(tmp_path, name, marks, stages)
        layouts.write_derivative(tmp_path, name, table)
    derivative = tmp_path / "derivatives" / "mne-arousal"
    evaluation = evaluate_dataset(derivative, tmp_path, **FEW)
    assert list(evaluation.recordings["recording"]) == names
    f1 = evaluation.value("f1_overlap", "found", "expert")
    assert f1 == pytest.approx(expected(nights).f1)
    assert not len(evaluation.curve)  # the files hold no probability
    assert np.isnan(evaluation.value("calibration_error", "found", "expert"))


def test_marks_of_onset_alone_are_scored_by_onset(found, nights, tmp_path):
    marks, stages, _ = nights[0]
    layouts.write_bids(tmp_path / "truth", "sub-1_task-sleep", marks, stages, durations=False)
    evaluation = evaluate_dataset(found(["sub-1_task-sleep"]), tmp_path / "truth", **FEW)
    for measure in ("f1_overlap", "f1_iou", "auprc", "kappa", "end_coverage"):
        assert np.isnan(evaluation.value(measure, "found", "expert")), measure
    assert evaluation.value("f1_onset", "found", "expert") > 0.6
    assert evaluation.recordings["marks"][0] == "onsets"
    assert evaluation.main_criterion("found", "expert") == "f1_onset"
    assert "scored by onset alone" in " ".join(evaluation.notes)
    assert len(evaluation.curve)
    save_evaluation_page(evaluation, tmp_path / "page.html")


def test_a_saved_night_and_a_single_file(nights, tmp_path):
    """Files that are the only ones are paired whatever their names."""
    marks, stages, table = nights[0]
    (tmp_path / "marks.xml").write_text(layouts.nsrr(marks, stages))
    layouts.write_found(tmp_path, "night", table)
    evaluation = evaluate_dataset(tmp_path / "night_arousals.csv", tmp_path / "marks.xml", **FEW)
    f1 = evaluation.value("f1_overlap", "found", "expert")
    assert f1 == pytest.approx(score_arousals(marks, table).f1)


def test_stages_of_events_are_no_hypnogram(tmp_path):
    """A column tells in which stage each arousal lies: hours of sleep are not those of arousals."""
    path = tmp_path / "night.csv"
    path.write_text("onset,duration,description,stage\n100,5,arousal,N2\n400,5,arousal,N1\n")
    found = pd.DataFrame({"onset": [100.0, 700.0], "duration": 5.0})
    evaluation = evaluate_dataset({"night": found}, path, n_resamples=0)
    row = evaluation.recordings.iloc[0]
    assert np.isnan(row["sleep_hours"])
    assert (row["n_true"], row["n_found"]) == (2, 2)


def test_candidates_extend_the_curve_below_the_threshold(found, nights, tmp_path):
    """Candidates refused as improbable count at lower thresholds; awakenings never do."""
    marks, stages, table = nights[0]
    folder = found(["n"])
    (tmp_path / "n.xml").write_text(layouts.nsrr(marks, stages))
    evaluation = evaluate_dataset(folder, tmp_path / "n.xml", **FEW)
    curve = evaluation.curve.set_index("min_probability")
    scores = score_arousals(marks, table)
    assert curve.loc[0.3, "f1"] == pytest.approx(scores.f1)
    assert curve.loc[0.1, "recall"] >= curve.loc[0.3, "recall"]
    assert curve.loc[0.1, "precision"] < curve.loc[0.3, "precision"]
    assert evaluation.reliability["n"].sum() == len(table) + 1
    high = table[table["probability"] >= 0.8]
    assert curve.loc[0.8, "f1"] == pytest.approx(score_arousals(marks, high).f1)


def test_unscored_time_is_not_held_against_the_detector(nights):
    """Events found before the expert began, or after he ended, are not counted."""
    marks, stages, _ = nights[0]
    stages = stages.copy()
    stages[:10] = -1
    early = pd.DataFrame({"onset": [30.0, 3700.0], "duration": 5.0})
    pred = pd.concat([early, marks], ignore_index=True)
    counted = tally(
        Marked("a", pred),
        Marked("a", marks, stages=stages),
        min_iou=0.3,
        tolerance=2.0,
        edges=np.zeros(0),
    )
    assert counted.row["n_found"] == counted.row["n_true"] == len(marks)


def test_a_file_without_arousals_is_left_out_or_counted(found, nights, tmp_path):
    names = ["a", "b"]
    none = nights[0][0][:0]
    for name, (marks, stages, _) in zip(names, nights, strict=False):
        text = layouts.nsrr(marks if name == "a" else none, stages)
        (tmp_path / "truth").mkdir(exist_ok=True)
        (tmp_path / "truth" / f"{name}-nsrr.xml").write_text(text)
    evaluation = evaluate_dataset(found(names), tmp_path / "truth", **FEW)
    assert list(evaluation.recordings["recording"]) == ["a"]
    assert any(note.startswith("b was left out") for note in evaluation.notes)
    evaluation = evaluate_dataset(found(names), tmp_path / "truth", count_unmarked=True, **FEW)
    assert list(evaluation.recordings["n_true"]) == [len(nights[0][0]), 0]


def test_age_groups(found, nights, tmp_path):
    names = ["shhs1-200001", "shhs1-200002", "shhs1-200003"]
    for name, (marks, stages, _) in zip(names, nights, strict=True):
        layouts.write_nsrr(tmp_path / "truth", name, "shhs1", marks, stages)
    table = tmp_path / "shhs1.csv"
    table.write_text("nsrrid,age_s1,sex\n200001,8,1\n200002,45,2\n200003,47,1\n")
    evaluation = evaluate_dataset(found(names), tmp_path / "truth", ages=table, **FEW)
    groups = evaluation.scores.query("scope == 'age' and measure == 'f1_overlap'")
    assert dict(zip(groups["group"], groups["n_recordings"], strict=True)) == {
        "6 to 12": 1,
        "40 to 59": 2,
    }


@pytest.mark.parametrize(
    ("key", "group"),
    [
        ("sub-02_ses-1_task-sleep", "18 to 39"),
        ("mesa-sleep-0002", "18 to 39"),
        ("sub-1", "80 and over"),
        ("night", None),
        ("1-2", None),
    ],
)
def test_ages_are_those_of_the_subject(key, group):
    table = pd.DataFrame({"participant_id": ["sub-01", "2", "02", "1"], "age": [80, 30, 30, 80]})
    assert age_groups(table, [key]).get(key) == group


def test_a_table_without_ages_says_so():
    with pytest.raises(RecordingError, match="Rename the column"):
        age_groups(pd.DataFrame({"id": [1]}), ["1"])


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("shhs1-200001-nsrr.xml", "shhs1-200001"),
        ("shhs1-200001_arousals.csv", "shhs1-200001"),
        ("tr03-0005-arousal.mat", "tr03-0005"),
        ("tr03-0005.arousal", "tr03-0005"),
        ("Visual_scoring1_excerpt2.txt", "excerpt2"),
        ("HypnogramAASM_subject1.txt", "subject1"),
        ("sub-1_task-sleep_desc-arousal_events.tsv", "sub-1_task-sleep"),
        ("sub-1_task-sleep_events.tsv", "sub-1_task-sleep"),
        ("night_raw-annot.fif", "night"),
        ("PSG.night.zip", "psg"),
        ("a.b_scorer2.annot", "a.b"),
    ],
)
def test_names_of_recordings(name, key):
    assert recording_key(name) == key


def test_names_of_scorers():
    assert scorer_of("Visual_scoring2_excerpt1.txt") == "2"
    assert scorer_of("n_rater-ab.annot") == "ab"
    assert scorer_of("shhs1-200001-nsrr.xml") == ""


def test_nothing_to_compare_says_why(found, nights, tmp_path):
    marks, stages, _ = nights[0]
    (tmp_path / "truth").mkdir()
    for name in ("x", "y"):
        (tmp_path / "truth" / f"{name}.xml").write_text(layouts.nsrr(marks, stages))
    with pytest.raises(RecordingError, match=r"Found: n; experts' files: x, y\."):
        evaluate_dataset(found(["n"]), tmp_path / "truth", **FEW)


def test_two_recordings_of_one_name_are_refused(nights, tmp_path):
    for folder in ("one", "two"):
        layouts.write_found(tmp_path / "found" / folder, "PSG", nights[0][2])
    (tmp_path / "PSG.xml").write_text(layouts.nsrr(*nights[0][:2]))
    with pytest.raises(RecordingError, match="same name"):
        evaluate_dataset(tmp_path / "found", tmp_path / "PSG.xml", **FEW)


@pytest.mark.parametrize(
    "option", [{"min_iou": 0}, {"tolerance": -1}, {"n_resamples": -1}, {"tolerance": np.inf}]
)
def test_settings_are_checked(option):
    marks = pd.DataFrame({"onset": [1.0], "duration": 2.0})
    with pytest.raises(RecordingError, match=next(iter(option))):
        evaluate_dataset({"a": marks}, {"a": marks}, **option)


def test_intervals_cover_the_truth():
    """Intervals of F1 of simulated data sets hold the F1 of the population as often as they say."""
    rng = np.random.default_rng(0)
    marks = pd.DataFrame({"onset": np.arange(40) * 30.0, "duration": 5.0})
    inside = []
    for seed in range(60):
        shares = rng.choice([0.4, 0.6, 0.8, 1.0], 15)  # a sleeper each; the mean recall is 0.7
        found = {str(k): marks[rng.random(40) < share] for k, share in enumerate(shares)}
        evaluation = evaluate_dataset(
            found, {name: marks for name in found}, n_resamples=200, random_state=seed
        )
        row = evaluation.scores.query("measure == 'recall_overlap' and scope == 'all'").iloc[0]
        inside.append(row["low"] <= 0.7 <= row["high"])
    assert 0.8 <= np.mean(inside) <= 1


def test_weighted_quantile_is_that_of_repeated_values():
    rng = np.random.default_rng(1)
    values = [rng.normal(size=n) for n in (3, 0, 5, 2)]
    weights = resample(4, 20, 3)
    for quantile in (0.5, 0.9):
        made = weighted_quantile(values, weights, quantile)
        for row, value in zip(weights, made, strict=True):
            repeated = np.concatenate(
                [np.repeat(v, int(w)) for v, w in zip(values, row, strict=True)]
            )
            known = np.quantile(repeated, quantile) if len(repeated) else np.nan
            np.testing.assert_allclose(value, known)


def test_same_seed_same_bytes(found, nights, tmp_path):
    folder = found(["n"])
    (tmp_path / "n.xml").write_text(layouts.nsrr(*nights[0][:2]))
    for name in ("one", "two"):
        evaluation = evaluate_dataset(folder, tmp_path / "n.xml", **FEW)
        evaluation.save(tmp_path / name)
        save_evaluation_page(evaluation, tmp_path / name / "page.html")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_command(found, nights, tmp_path, capsys):
    """The command prints and writes scores, tables and a page, with peers and ages."""
    names = ["sub-1_task-sleep", "sub-2_task-sleep", "sub-3_task-sleep"]
    for name, (marks, stages, _) in zip(names, nights, strict=True):
        layouts.write_bids(tmp_path / "truth", name, marks, stages)
        layouts.write_found(tmp_path / "peer", name, layouts.distort(marks, 5, spread=2.0))
    ages = tmp_path / "participants.tsv"
    ages.write_text("participant_id\tage\nsub-1\t30\nsub-2\t35\nsub-3\t70\n")
    output = tmp_path / "out"
    arguments = [str(found(names)), str(tmp_path / "truth"), "--output", str(output)]
    arguments += ["--ages", str(ages), "--peer", f"other={tmp_path / 'peer'}"]
    assert main(["evaluate", *arguments, "--resamples", "50"]) == 0
    printed = capsys.readouterr().out
    for text in ("found against expert:", "other against expert:", "kappa", "limit of agreement"):
        assert text in printed
    written = json.loads((output / "evaluation.json").read_text())
    assert {"scores", "recordings", "curve", "reliability", "settings"} <= set(written)
    scores = pd.read_csv(output / "evaluation_scores.csv")
    assert set(scores["scope"]) == {"all", "stage", "age"}
    page = (output / "evaluation.html").read_text()
    assert page.count("<svg") == 6
    assert "http" not in page.replace("http://www.w3.org", "").replace(
        "http://purl.org", ""
    ).replace("http://creativecommons.org", "")
    assert str(tmp_path) not in page


@pytest.mark.parametrize(
    "bad", [["--min-iou", "2"], ["--tolerance", "no"], ["--seed", "-3"], ["--peer", "luna"]]
)
def test_command_refuses(bad, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", "a", "b", *bad])
    assert stopped.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_command_without_files(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", "nowhere", "nothing"]) == 2
    assert "No such file or folder: nothing" in capsys.readouterr().err


def test_peers_that_are_not_installed_get_one_line(found, nights, tmp_path, monkeypatch):
    monkeypatch.setattr(peers, "find_spec", lambda name: None)
    (tmp_path / "n.xml").write_text(layouts.nsrr(*nights[0][:2]))
    evaluation = evaluate_dataset(found(["n"]), tmp_path / "n.xml", recordings=tmp_path, **FEW)
    notes = [note for note in evaluation.notes if "not installed" in note]
    assert notes == [
        "psgscoring is not installed, so it is not compared.",
        "lunapi is not installed, so it is not compared.",
    ]


def test_names_bring_no_markup(tmp_path):
    marks = pd.DataFrame({"onset": [100.0], "duration": 5.0})
    evaluation = evaluate_dataset({"<b>x": marks}, {"<b>x": marks}, n_resamples=0)
    page = save_evaluation_page(evaluation, tmp_path / "a.html").read_text()
    assert "<b>x" not in page
    assert "&lt;b&gt;x" in page


def fake_psgscoring():
    """A psgscoring that finds one event, with the names that are called."""
    package, unet, constants = (
        ModuleType(name)
        for name in ("psgscoring", "psgscoring.arousal_unet", "psgscoring.constants")
    )
    package.arousal_unet, package.constants = unet, constants
    constants.SCORING_PROFILES = {"aasm_v3_rec": {"AROUSAL_MIN_INTERVAL_S": 10.0}}

    def detect(eeg, sf, eog, sf_eog, emg, sf_emg, stages, *, min_interval_s, weight):
        assert len(eeg) == len(eog) == len(emg)
        assert set(stages) <= set(layouts.SHORT)
        event = {"onset_s": 382.0, "duration_s": 5.0, "confidence": 0.7}
        return {"success": True, "events": [event]}

    unet.detect_arousals_unet = detect
    return {one.__name__: one for one in (package, unet, constants)}


def fake_lunapi():
    """A lunapi whose every call fails, as a peer may on a recording."""
    package = ModuleType("lunapi")

    def proj(verbose):
        raise RuntimeError("no such signal")

    package.proj = proj
    return {"lunapi": package}


def test_peers_run_on_the_recordings(found, nights, tmp_path, monkeypatch):
    """A peer that works is scored beside; one that fails is noted, and the rest goes on."""
    for name, module in (fake_psgscoring() | fake_lunapi()).items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(peers, "find_spec", lambda name: True)
    raw = simulate_psg(layouts.DURATION, sfreq=64.0, random_state=0, verbose="error").raw
    (tmp_path / "recordings").mkdir()
    raw.save(tmp_path / "recordings" / "n_raw.fif", verbose="error")
    (tmp_path / "n.xml").write_text(layouts.nsrr(*nights[0][:2]))
    evaluation = evaluate_dataset(
        found(["n"]), tmp_path / "n.xml", recordings=tmp_path / "recordings", **FEW
    )
    assert set(evaluation.recordings["detector"]) == {"found", "psgscoring"}
    assert evaluation.value("precision_overlap", "psgscoring", "expert") == 1
    assert "luna failed on n (RuntimeError: no such signal)." in evaluation.notes


def test_a_saved_night_brings_its_date_and_probabilities(nights, tmp_path):
    """Of a saved night, marks with times of the day are moved to the clock of the recording."""
    marks, _, table = nights[0]
    start = datetime(2020, 1, 1, 22, 0, tzinfo=UTC)
    night = Night(
        name="n",
        duration=layouts.DURATION,
        channels=[],
        arousals=table.assign(score=1.0, ch_names=[()] * len(table)),
        candidates=pd.DataFrame({"onset": [], "duration": [], "reason": []}),
        stages=pd.DataFrame({"onset": [0.0], "duration": [30.0], "cluster": [1]}),
        wake_clusters=[0],
        sleep_hours=0.9,
        annotations=mne.Annotations(
            table["onset"] + 5, table["duration"], "arousal", orig_time=start
        ),
        seconds={},
    )
    (tmp_path / "found").mkdir()
    night.save(tmp_path / "found" / "n.night.zip")
    # the recording begins 5 s after its date, so marks on the clock lie 5 s later
    dated = mne.Annotations(marks["onset"] + 5, marks["duration"], "arousal", orig_time=start)
    dated.save(tmp_path / "n-annot.fif", verbose="error")
    evaluation = evaluate_dataset(tmp_path / "found", tmp_path / "n-annot.fif", **FEW)
    f1 = score_arousals(marks, table).f1
    assert evaluation.value("f1_iou", "found", "expert") > 0.5
    assert evaluation.value("f1_overlap", "found", "expert") == pytest.approx(f1)
    assert evaluation.recordings["sleep_hours"][0] == 0.9
    assert len(evaluation.reliability)


def test_page_in_a_browser(nights, tmp_path, open_page):
    """Offline, without complaint, not wider than a phone, tables that sort."""
    found = {str(k): night[2] for k, night in enumerate(nights)}
    truth = {str(k): night[0] for k, night in enumerate(nights)}
    evaluation = evaluate_dataset(found, truth, **FEW)
    page, complaints = open_page(save_evaluation_page(evaluation, tmp_path / "page.html"))
    assert complaints == []
    assert page.locator("figure svg[role=img]").count() == 2
    page.set_viewport_size({"width": 420, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    table = page.locator("table", has=page.get_by_text("onset error median"))
    table.locator("button", has_text="f1 iou").click()
    column = [float(t) for t in table.locator("tbody tr td:nth-child(5)").all_text_contents()]
    assert column == sorted(column)


def test_results_are_no_truth(found, nights, tmp_path):
    """A folder that holds results and marks: results are not scored against themselves."""
    folder = found(["n", "m"])
    with pytest.raises(RecordingError, match="No recording has both"):
        evaluate_dataset(folder, folder, **FEW)
    marks, stages, table = nights[0]
    (folder / "n-nsrr.xml").write_text(layouts.nsrr(marks, stages))
    evaluation = evaluate_dataset(folder, folder, **FEW)
    f1 = score_arousals(marks, table).f1
    assert evaluation.value("f1_overlap", "found", "expert") == pytest.approx(f1)
    assert list(evaluation.recordings["recording"]) == ["n"]


def test_two_files_of_one_name_are_refused(found, nights, tmp_path):
    for visit in ("visit1", "visit2"):
        layouts.write_nsrr(tmp_path / "truth", "n", visit, *nights[0][:2])
    with pytest.raises(RecordingError, match="same name"):
        evaluate_dataset(found(["n"]), tmp_path / "truth", **FEW)


def test_names_that_differ_by_an_ending_are_refused(found, tmp_path):
    with pytest.raises(RecordingError, match="same name"):
        evaluate_dataset(found(["night", "night_raw"]), tmp_path, **FEW)


def test_times_of_a_clock_need_the_start(found, nights, tmp_path):
    """Without a start there is a note; with the recording, times are moved to its clock."""
    marks, _, table = nights[0]
    start = datetime(2020, 1, 1, 22, 0, tzinfo=UTC)
    dated = mne.Annotations(marks["onset"] + 7, marks["duration"], "arousal", orig_time=start)
    dated.save(tmp_path / "n-annot.fif", verbose="error")
    arguments = found(["n"]), tmp_path / "n-annot.fif"
    evaluation = evaluate_dataset(*arguments, **FEW)
    assert any("holds times of a clock" in note for note in evaluation.notes)
    assert evaluation.value("f1_iou", "found", "expert") < 0.3
    raw = mne.io.RawArray(np.zeros((1, 1000)), mne.create_info(1, 100.0), verbose="error")
    raw.set_meas_date(start + timedelta(seconds=7))
    (tmp_path / "recordings").mkdir()
    raw.save(tmp_path / "recordings" / "n_raw.fif", verbose="error")
    evaluation = evaluate_dataset(*arguments, recordings=tmp_path / "recordings", **FEW)
    f1 = score_arousals(marks, table).f1
    assert evaluation.value("f1_overlap", "found", "expert") == pytest.approx(f1)


def test_nothing_found_is_a_score(found, nights, tmp_path):
    """A night in which nothing was found counts as missed, with candidates or without."""
    marks, stages, table = nights[0]
    layouts.write_found(tmp_path / "found", "n", table[:0])
    (tmp_path / "n.xml").write_text(layouts.nsrr(marks, stages))
    evaluation = evaluate_dataset(tmp_path / "found", tmp_path / "n.xml", **FEW)
    assert evaluation.value("recall_overlap", "found", "expert") == 0
    assert np.isnan(evaluation.value("precision_overlap", "found", "expert"))
    assert evaluation.reliability["n"].sum() == 1
    save_evaluation_page(evaluation, tmp_path / "page.html")


def test_marks_on_several_channels_and_breathing_events_count_once(nights, tmp_path):
    marks, stages, _ = nights[0]
    text = layouts.nsrr(pd.concat([marks, marks]), stages)
    breathing = (
        "<ScoredEvent><EventType>Respiratory|Respiratory</EventType><EventConcept>Respiratory "
        "effort related arousal|RERA</EventConcept><Start>900</Start><Duration>25</Duration>"
        "</ScoredEvent></ScoredEvents>"
    )
    (tmp_path / "n.xml").write_text(text.replace("</ScoredEvents>", breathing))
    evaluation = evaluate_dataset({"n": marks}, tmp_path / "n.xml", **FEW)
    assert evaluation.recordings["n_true"][0] == len(marks)
