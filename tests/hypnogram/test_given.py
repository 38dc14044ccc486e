"""The hypnogram that was given rules everywhere."""

import mne
import numpy as np
import pytest

from mne_arousal import analyze_recording, load_night, summarize
from mne_arousal.cli import main
from mne_arousal.datasets import simulate_psg
from mne_arousal.hypnogram import Hypnogram, hypnogram_to_stages
from mne_arousal.viz import plot_index, plot_night


@pytest.fixture(scope="module")
def night_and_stages():
    sim = simulate_psg(duration=2400, random_state=1, difficulty="easy", verbose="error")
    stages = hypnogram_to_stages(sim.hypnogram, duration=2400)
    stages[40:] = 0  # what the recording itself calls sleep
    night = analyze_recording(
        sim.raw,
        hypnogram=list(stages),
        features=("spectral",),
        random_state=0,
        verbose="error",
    )
    return night, stages


def test_gate_summary_and_night(night_and_stages):
    night, stages = night_and_stages
    np.testing.assert_array_equal(night.given_hypnogram.stages, stages)
    np.testing.assert_array_equal(night.asleep[: len(stages)], stages > 0)
    assert (night.arousals["onset"] < 1200).all()
    hours = (stages > 0).sum() * 30 / 3600
    np.testing.assert_allclose(night.sleep_hours, hours, atol=0.01)
    table = summarize(night)
    np.testing.assert_allclose(table["sleep_hours"].iloc[0], hours)
    # what lies behind the last epoch of sleep has no evidence
    assert not night.evidence.loc[1260:, "evidence"].any()


def test_it_is_saved_with_the_night(night_and_stages, tmp_path):
    night, stages = night_and_stages
    again = load_night(night.save(tmp_path / "night"))
    np.testing.assert_array_equal(again.given_hypnogram.stages, stages)
    np.testing.assert_array_equal(again.asleep, night.asleep)


def test_figures(night_and_stages):
    night, stages = night_and_stages
    figure = plot_index(night.arousals, night.stages, asleep=night.asleep, show=False)
    text = figure.axes[0].get_legend().get_texts()[0].get_text()
    assert f"{(stages > 0).sum() * 30 / 3600:.1f} h" in text
    with pytest.raises(ValueError, match="one entry per epoch"):
        plot_index(night.arousals, night.stages, asleep=[True], show=False)
    figure = plot_night(night.stages, hypnogram=night.given_hypnogram, show=False)
    drawn = figure.axes[0].patches[0].get_data().values
    np.testing.assert_array_equal(np.isnan(drawn[: len(stages)]), stages < 0)
    assert (drawn[40 : len(stages)] == 0).all()


def test_a_hypnogram_with_a_date_is_drawn_where_it_lies():
    raw = mne.io.RawArray(np.zeros((1, 6000)), mne.create_info(1, 10.0), verbose="error")
    raw.set_meas_date(1577916000)
    later = mne.Annotations([0], [300], ["N2"], orig_time=1577916000 + 300)
    figure = plot_night(np.zeros(20, int), hypnogram=later, raw=raw, show=False)
    drawn = figure.axes[0].patches[0].get_data().values
    np.testing.assert_array_equal(np.isnan(drawn), np.arange(20) < 10)


def test_rem_sleep_of_the_hypnogram_rules_the_chin(night_and_stages):
    from mne_arousal.stages.epochs import EpochTable
    from mne_arousal.stages.gates import sleep_gates
    from mne_arousal.utils.columns import parse_columns

    columns = parse_columns(["emg:Chin:level", "eeg:C3:delta"])
    ones = np.ones(4, dtype=bool)
    table = EpochTable(
        name="night",
        values=np.zeros((4, 2)),
        onsets=np.arange(4.0),
        epochs=np.arange(4),
        medians=np.zeros((4, 2)),
        inside=ones,
        wakefulness=None,
        wake=~ones,
        known_rows=ones,
        known=ones,
    )
    rem = np.array([False, True, True, False])
    _, atonia = sleep_gates(table, columns, wake=~ones, rem=rem)
    np.testing.assert_array_equal(atonia, rem)
    _, atonia = sleep_gates(table, columns[1:], wake=~ones, rem=rem)
    assert not atonia.any()


def test_epoch_length_of_the_command(tmp_path, capsys):
    sim = simulate_psg(duration=1800, random_state=1, verbose="error")
    sim.raw.save(tmp_path / "night_raw.fif", verbose="error")
    stages = hypnogram_to_stages(sim.hypnogram, duration=1800)
    (tmp_path / "stages.txt").write_text("".join(f"{s}\n" for s in np.repeat(stages, 3)))
    command = ["detect", str(tmp_path / "night_raw.fif"), "--output", str(tmp_path / "out")]
    options = ["--features", "spectral", "--verbose", "error", "--epoch-length", "10"]
    assert main([*command, *options, "--hypnogram", str(tmp_path / "stages.txt")]) == 0
    printed = capsys.readouterr()
    assert f"{(stages > 0).sum() * 30 / 3600:.2f} h of sleep" in printed.out
    assert not printed.err


def test_hypnogram_of_this_package():
    given = Hypnogram([0, 1, 2, -1], 20.0, probabilities=np.full((4, 5), 0.2))
    assert repr(given) == (
        "<Hypnogram | 4 epochs of 20 s | W 0.3, N1 0.3, N2 0.3, unscored 0.3 min>"
    )
    assert "Hypnogram" in given._repr_html_()
    assert len(given) == 4
    assert given.duration == 80
    table = given.to_frame()
    assert list(table["stage"]) == ["W", "N1", "N2", "?"]
    np.testing.assert_allclose(table[["W", "R"]], 0.2)
    marks = given.to_annotations()
    np.testing.assert_array_equal(marks.onset, [0, 20, 40, 60])
    np.testing.assert_array_equal(hypnogram_to_stages(given, epoch_length=20), [0, 1, 2, -1])
    assert len(Hypnogram([]).to_annotations()) == 0
    for stages, more in (
        ([7], {}),
        ([[0]], {}),
        ([0], {"epoch_length": 0}),
        ([0], {"epoch_length": np.nan}),
    ):
        with pytest.raises(ValueError, match=r"stages need|epoch_length"):
            Hypnogram(stages, **more)
    with pytest.raises(ValueError, match="probabilities need"):
        Hypnogram([0], probabilities=[[1.0]])
