"""The pipeline as scikit-learn's users know pipelines, and the clusterer at its end."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans

from mne_arousal import ArousalClusterer, analyze_recording, make_arousal_pipeline
from mne_arousal.datasets import simulate_psg
from mne_arousal.metrics import score_stages, transition_ratio
from mne_arousal.pipeline import FEATURES

from .recordings import noise_raw, write_edf


@pytest.fixture(scope="module")
def simulated():
    """Two hours of simulated sleep."""
    return simulate_psg(7200.0, random_state=11, verbose="error")


@pytest.fixture(scope="module")
def fitted(simulated):
    """The pipeline with band powers and DMD, fitted."""
    pipeline = make_arousal_pipeline(features=("spectral", "dmd"), random_state=0, verbose="error")
    return pipeline.fit(simulated.raw)


def test_steps_and_names():
    """Steps and features are named as the documentation says."""
    pipeline = make_arousal_pipeline()
    assert list(pipeline.named_steps) == ["windows", "features", "arousals"]
    assert [name for name, _ in pipeline["features"].transformer_list] == [
        "spectral",
        "dmd",
        "encoder",
        "body",
    ]
    assert pipeline["features"].get_params()["dmd"] == "drop"
    with pytest.raises(ValueError, match="must be some of spectral, dmd, encoder"):
        make_arousal_pipeline(features=("wavelets",))


def test_states_and_evidence(fitted, simulated):
    """`predict` gives a state a window, `decision_function` the evidence."""
    n = 7200 * 2 - 3
    states = fitted.predict(simulated.raw)
    evidence = fitted.decision_function(simulated.raw)
    assert states.shape == evidence.shape == (n,)
    np.testing.assert_array_equal(states, fitted[-1].labels_)
    assert 0 < transition_ratio(states) < 1
    at = np.arange(n) * 0.5 + 1.0
    inside = np.zeros(n, dtype=bool)
    for onset, duration in zip(simulated.arousals.onset, simulated.arousals.duration, strict=True):
        inside |= (at > onset) & (at < onset + duration)
    assert evidence[inside].mean() > evidence[~inside].mean() + 1.0


def test_features_reach_the_clusterer_with_their_names(fitted, simulated):
    """Index and columns survive the union."""
    table = fitted[:-1].transform(simulated.raw)
    assert list(table.index.names) == ["recording", "onset"]
    assert "emg:Chin:level" in table.columns
    assert any(name.startswith("eeg:C3-M2:dmd_") for name in table.columns)
    assert list(fitted[-1].feature_names_in_) == list(table.columns)


def test_stages_follow_the_hypnogram(fitted, simulated):
    """Stage clusters agree with the simulated stages, which no fit has seen."""
    from mne_arousal.hypnogram import hypnogram_to_stages

    stages = fitted[-1].predict_stages(fitted[:-1].transform(simulated.raw))
    assert list(stages["duration"].unique()) == [30.0]
    truth = hypnogram_to_stages(simulated.hypnogram, n_epochs=240)
    assert score_stages(truth, stages["cluster"].to_numpy()).ami > 0.4


def test_clone_drop_and_set_params(simulated):
    """Steps can be cloned, dropped, swapped and tuned."""
    pipeline = make_arousal_pipeline(features=FEATURES, random_state=0, verbose="error")
    pipeline.set_params(
        features__dmd="drop", features__encoder="drop", arousals__n_states=8, windows__hop=1.0
    )
    copy = clone(pipeline).fit(simulated.raw)
    assert copy[-1].n_states_ == 8
    assert len(copy[-1].labels_) == 7199
    assert not any("dmd" in name for name in copy[-1].feature_names_in_)
    copy.set_params(arousals__clusterer=KMeans(5))
    assert copy.fit(simulated.raw)[-1].n_states_ == 5


def test_pickle(fitted, simulated):
    """A fitted pipeline goes to another process and back."""
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(simulated.raw), fitted.predict(simulated.raw))


def test_list_of_paths_and_raws(tmp_path):
    """Recordings of several kinds are fitted together and told apart."""
    raws = [noise_raw(310, seed=1), noise_raw(330, seed=2)]
    path = write_edf(tmp_path / "night.edf", raws[0])
    pipeline = make_arousal_pipeline(features=("spectral",), random_state=0, verbose="error")
    pipeline.fit([str(path), raws[1]])
    table = pipeline[:-1].transform([str(path), raws[1]])
    assert list(table.index.unique(0)) == ["night", "recording"]
    assert len(pipeline[-1].labels_) == len(table) == 617 + 657
    stages = pipeline[-1].predict_stages(table)
    assert set(stages["recording"]) == {"night", "recording"}


def test_bids_path(tmp_path):
    """A BIDSPath is a recording like any other."""
    from mne_bids import BIDSPath, write_raw_bids

    raw = noise_raw(310)
    raw.set_channel_types({"E1-M2": "eog", "Chin": "emg"}, verbose="error")
    raw.set_meas_date(0)
    raw.info["line_freq"] = 50
    path = BIDSPath(subject="01", task="sleep", datatype="eeg", root=tmp_path)
    write_raw_bids(raw, path, allow_preload=True, format="BrainVision", verbose="error")
    pipeline = make_arousal_pipeline(features=("spectral",), random_state=0, verbose="error")
    assert pipeline.fit(path.update(extension=".vhdr"))[-1].labels_.shape == (617,)


def test_unnamed_array_with_hop():
    """A plain array has stages and events once it is told how far its rows lie apart."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1200, 3))
    X[600:612] += 5.0
    timeless = ArousalClusterer(4, random_state=0).fit(X)
    with pytest.raises(ValueError, match="carry no time"):
        timeless.detect(X)
    clusterer = ArousalClusterer(4, 2, hop=0.5, random_state=0).fit(X)
    events = clusterer.detect(X)
    assert np.abs(events["onset"] - 300).min() < 2
    assert len(clusterer.predict_stages(X)) == 21


def test_windows_out_of_order():
    """A shuffled table is refused, not read as time."""
    index = pd.MultiIndex.from_product([["a"], [0.0, 1.0, 0.5]], names=["recording", "onset"])
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(3, 2)), index=index)
    with pytest.raises(ValueError, match="in order of time"):
        ArousalClusterer().fit(table)


def test_gaps_have_no_state(fitted, simulated):
    """Windows of a gap get state -1 and no evidence."""
    table = fitted[:-1].transform(simulated.raw)
    table.iloc[1000:1050] = np.nan
    clusterer = clone(fitted[-1]).fit(table)
    assert (clusterer.labels_[1000:1050] == -1).all()
    assert (clusterer.labels_[:1000] >= 0).all()
    assert (clusterer.decision_function(table)[1000:1050] == 0).all()


def test_candidates_keep_their_reason(fitted, simulated):
    """Rejected events are there when asked for."""
    table = fitted[:-1].transform(simulated.raw)
    events = fitted[-1].detect(table)
    candidates = fitted[-1].detect(table, return_candidates=True)
    assert len(candidates) > len(events)
    assert (candidates["reason"] == "").sum() == len(events)
    assert candidates["duration"][candidates["reason"] == ""].between(3.0, 15.0).all()


def test_explain_tells_the_parts(fitted, simulated):
    """Each part of the evidence has its column; the evidence is the decision function."""
    table = fitted[:-1].transform(simulated.raw)
    parts = fitted[-1].explain(table)
    assert parts.index.equals(table.index)
    assert {"evidence", "fast", "emg", "sigma"} <= set(parts.columns)
    np.testing.assert_array_equal(parts["evidence"], fitted[-1].decision_function(table))
    assert np.corrcoef(parts["evidence"], parts["fast"])[0, 1] > 0.3


def test_light_windows_give_what_a_dataset_gives():
    """`analyze_recording` views windows; a pipeline cuts them with braindecode."""
    raw = simulate_psg(900, random_state=3, verbose="error").raw
    night = analyze_recording(raw, features=("spectral", "body"), random_state=0, verbose="error")
    pipeline = make_arousal_pipeline(features=("spectral", "body"), random_state=0, verbose="error")
    table = pipeline[:-1].fit_transform(raw)
    pd.testing.assert_frame_equal(night.features, table)
