"""Names of stages without labels."""

import numpy as np
import pandas as pd
import pytest

from mne_arousal import ArousalClusterer
from mne_arousal.hypnogram.codes import STAGES
from mne_arousal.metrics import score_stages
from mne_arousal.stages.gates import wake_and_rem
from mne_arousal.stages.hidden_semi_markov import LOOKS, StagePrior, rem_damping
from mne_arousal.stages.naming import name_stages
from mne_arousal.stages.physiology import CUES, epoch_cues
from mne_arousal.utils.bands import BANDS
from mne_arousal.utils.columns import parse_columns

W, N1, N2, N3, R = range(5)
_LOOK = {W: 1, N1: 2, N2: 3, N3: 4, R: 5}
NIGHT = (
    [W] * 20 + [N1] * 6 + [N2] * 40 + [N3] * 60 + [N2] * 60 + [R] * 20 + [N2] * 60 + [N3] * 30
) + ([N2] * 50 + [R] * 40 + [W] * 30)


def cues_of(stages, rng, names=None, shift=0.0):
    """Draw cues as physiology expects them."""
    looks = np.array([_LOOK[stage] for stage in stages])
    return pd.DataFrame(
        {
            cue.name: np.array(cue.expected)[looks]
            + shift * (np.isinf(cue.between_people) * 10 + 1) * 0.3
            + rng.normal(scale=cue.spread, size=len(looks))
            for cue in CUES
            if names is None or cue.name in names
        }
    )


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def named(cues):
    return name_stages(cues, np.ones(len(cues), dtype=bool)).stages


@pytest.mark.parametrize("shift", [-1.0, 0.0, 1.0])
def test_a_night_gets_its_names(rng, shift):
    found = named(cues_of(NIGHT, rng, shift=shift))
    assert score_stages(NIGHT, np.array(STAGES)[found]).kappa > 0.9


def test_eeg_alone(rng):
    eeg = [cue.name for cue in CUES if cue.name not in ("eyes", "eye_movements", "chin")]
    found = named(cues_of(NIGHT, rng, eeg))
    assert score_stages(NIGHT, np.array(STAGES)[found]).kappa > 0.85


@pytest.mark.parametrize("absent", [R, N3])
def test_absent_stages_are_not_invented(rng, absent):
    stages = [N2 if stage == absent else stage for stage in NIGHT]
    assert np.sum(named(cues_of(stages, rng)) == absent) < 5


def test_a_night_of_wake_is_wake(rng):
    assert (named(cues_of([W] * 400, rng)) == W).all()


def test_a_nap_gets_no_rem_sleep(rng):
    nap = [W] * 6 + [N1] * 4 + [N2] * 20 + [R] * 8 + [W] * 10
    eeg = [cue.name for cue in CUES if cue.name not in ("eyes", "eye_movements", "chin")]
    assert not np.any(named(cues_of(nap, rng, eeg)) == R)


def test_invalid_epochs_are_unknown_and_outside_is_wake(rng):
    cues = cues_of(NIGHT, rng)
    cues.iloc[100:110] = np.nan
    inside = np.ones(len(cues), dtype=bool)
    inside[:15] = False
    night = name_stages(cues, inside)
    assert (night.stages[100:110] == -1).all()
    assert np.isnan(night.probabilities[100:110]).all()
    assert (night.stages[:15] == W).all()
    known = np.isfinite(night.probabilities[:, 0])
    np.testing.assert_allclose(night.probabilities[known].sum(axis=1), 1.0)


def test_a_lost_chin_electrode_costs_no_name(rng):
    cues = cues_of(NIGHT, rng)
    cues.loc[150:300, "chin"] = np.nan
    found = named(cues)
    assert (found >= 0).all()
    assert score_stages(NIGHT, np.array(STAGES)[found]).kappa > 0.9


def test_a_lost_eeg_channel_costs_no_name(rng):
    names = [f"eeg:{ch}:{band}" for ch in ("C3", "C4") for band in BANDS]
    values = rng.normal(size=(600, 12)) + np.repeat([0.0, 3.0], 6)
    whole = epoch_cues(values, parse_columns(names), np.repeat(np.arange(10), 60), 10)
    values[120:300, 6:] = np.nan
    cues = epoch_cues(values, parse_columns(names), np.repeat(np.arange(10), 60), 10)
    assert cues.notna().all(axis=None)
    np.testing.assert_allclose(cues["delta_level"], whole["delta_level"], atol=0.5)
    values[120:300] = np.nan
    cues = epoch_cues(values, parse_columns(names), np.repeat(np.arange(10), 60), 10)
    assert cues.isna().all(axis=1).tolist() == [False] * 2 + [True] * 3 + [False] * 5


def test_without_eeg_nothing_is_named(rng):
    night = name_stages(pd.DataFrame(index=range(10)), np.ones(10, dtype=bool))
    assert (night.stages == -1).all()


def test_prior_smooths_and_delays_rem_sleep():
    prior = StagePrior()
    np.testing.assert_allclose(prior.transitions.sum(axis=1), 1.0)
    likelihood = np.zeros((2, 40, len(LOOKS)))
    likelihood[:, :, 3] = 2.0  # N2
    likelihood[:, 20, 3], likelihood[:, 20, 4] = 0.0, 2.0  # one epoch of N3
    likelihood[:, 30:, 5] = 2.5  # then R, slightly
    minutes = np.array([np.full(40, 5.0), np.full(40, 200.0)])
    looks, evidence = prior.smooth(likelihood, minutes)
    np.testing.assert_allclose(looks.sum(axis=2), 1.0)
    assert looks[0, 20].argmax() == 3
    assert looks[0, 35, 5] < looks[1, 35, 5]
    assert evidence[0] < evidence[1]
    assert rem_damping(np.array([0.0]))[0] < 1e-3
    assert rem_damping(np.array([200.0]))[0] == pytest.approx(1.0)


def test_cues_do_not_depend_on_gain(rng):
    names = [f"eeg:C3:{band}" for band in ("delta", "theta", "alpha", "sigma", "beta", "gamma")]
    columns = parse_columns([*names, "emg:Chin:level"])
    values = rng.normal(size=(600, 7))
    values[:, 6] = 0.01 * values[:, 6]  # a dead electrode
    epochs = np.repeat(np.arange(10), 60)
    cues = epoch_cues(values, columns, epochs, 10)
    louder = epoch_cues(values + np.log(100.0), columns, epochs, 10)
    relative = [cue.name for cue in CUES if np.isfinite(cue.between_people) and cue.name in cues]
    np.testing.assert_allclose(cues[relative], louder[relative])
    assert "chin" not in cues


def test_gates_keep_a_single_epoch_of_wake():
    wake, rem = wake_and_rem(np.array([0, 0, 2, 0, 2, 4, -1, 2]))
    assert wake.tolist() == [True, True, False, False, False, False, True, False]
    assert rem.tolist() == [False] * 5 + [True, False, False]


def test_predict_stages_has_names_and_probabilities(rng):
    names = [f"eeg:C3:{band}" for band in ("delta", "theta", "alpha", "sigma", "beta", "gamma")]
    index = pd.MultiIndex.from_product([["a", "b"], np.arange(1200) * 0.5])
    table = pd.DataFrame(rng.normal(size=(2400, 6)), index.set_names(["recording", "onset"]), names)
    model = ArousalClusterer(n_states=4, n_stages=2, random_state=0).fit(table)
    stages = model.predict_stages(table)
    shares = [f"p_{stage}" for stage in STAGES]
    front = ["recording", "onset", "duration", "cluster", "stage", "probability"]
    assert list(stages.columns) == [*front, *shares]
    np.testing.assert_allclose(stages[shares].sum(axis=1), 1.0)
    np.testing.assert_allclose(stages["probability"], stages[shares].max(axis=1))
