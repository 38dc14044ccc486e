"""Which windows of a night may hold an arousal, and where chin EMG has to rise with it."""

import numpy as np

from mne_arousal.stages.epochs import make_epoch_table
from mne_arousal.stages.gates import brief_sleep, sleep_gates, stage_context
from mne_arousal.utils.columns import parse_columns

NAMES = ["eeg:C3:delta", "eeg:C3:beta", "emg:Chin:level"]
PER_EPOCH = 60  # windows of 0.5 s


def night(low_epochs, n_epochs=200):
    """Sleep with ordinary tone and delta, both low in some epochs."""
    values = np.random.default_rng(0).normal(scale=0.1, size=(n_epochs * PER_EPOCH, 3))
    for epoch in low_epochs:
        values[epoch * PER_EPOCH : (epoch + 1) * PER_EPOCH, [0, 2]] -= 2.0
    columns = parse_columns(NAMES)
    onsets = np.arange(len(values)) * 0.5
    table = make_epoch_table("night", values, columns, onsets, window_length=2.0, epoch_length=30.0)
    return table, columns


def test_rem_sleep_lasts_for_minutes():
    """Twenty minutes without tone and delta are atonia; a single such epoch is not."""
    table, columns = night([*range(100, 140), 30])
    asleep, atonia = sleep_gates(table, columns, wake=np.zeros(200, dtype=bool))
    by_epoch = atonia[: 200 * PER_EPOCH].reshape(200, PER_EPOCH).mean(axis=1)
    assert asleep[table.epochs < 200].all()
    assert (by_epoch[103:137] == 1).all()
    assert by_epoch[30] == 0


def test_wake_is_no_atonia():
    """What a hypnogram calls wake is neither sleep nor REM sleep."""
    table, columns = night(range(100, 140))
    wake = np.zeros(200, dtype=bool)
    wake[110:120] = True
    asleep, atonia = sleep_gates(table, columns, wake=wake)
    inside = (table.epochs >= 110) & (table.epochs < 120)
    assert not asleep[inside].any()
    assert not atonia[inside].any()


def test_deep_sleep_alone_is_no_wake():
    """Restless deep sleep of one EEG channel stays sleep; wake with less slow waves is told."""
    rng = np.random.default_rng(1)
    values = rng.normal([4.0, -1.0], 0.05, size=(200 * PER_EPOCH, 2))
    restless, awake = slice(50 * PER_EPOCH, 60 * PER_EPOCH), slice(90 * PER_EPOCH, 120 * PER_EPOCH)
    values[restless] += [0.5, 0.7]
    values[awake] += [-2.0, 1.0]
    columns = parse_columns(NAMES[:2])
    onsets = np.arange(len(values)) * 0.5
    table = make_epoch_table("night", values, columns, onsets, window_length=2.0, epoch_length=30.0)
    assert not table.wake[50:60].any()
    assert table.wake[91:119].all()
    silent = parse_columns(NAMES[2:])  # the same with muscle tone, which tells restlessness
    both = np.c_[values, values[:, 1]]
    table = make_epoch_table(
        "night", both, [*columns, *silent], onsets, window_length=2.0, epoch_length=30.0
    )
    assert table.wake[51:59].all()


def test_brief_sleep_is_n1_between_wake_and_wake():
    """Under five minutes, without deeper sleep, and neither at the beginning nor at the end."""
    brief = brief_sleep(np.array([1, 0, 1, 1, 0, 1, 2, 0, 1, -1, 4, 1, 0, 1]))
    assert np.flatnonzero(brief).tolist() == [2, 3, 8]
    for length, found in ((9, True), (10, False)):
        assert brief_sleep(np.r_[0, np.ones(length, dtype=int), 0])[1] == found
    assert not brief_sleep(np.r_[0, np.ones(9, dtype=int), 0], epoch_length=60.0).any()
    assert not brief_sleep(np.array([], dtype=int)).any()
    assert set(stage_context(np.array([3, 0, 1, 0]))) == {"deep sleep", "brief sleep"}
    assert stage_context(np.array([3, 0, 1, 0]))["deep sleep"].tolist() == [True, *[False] * 3]
