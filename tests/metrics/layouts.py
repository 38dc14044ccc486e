"""Simulated nights written as data sets write them: marks of experts, and what was found."""

import json

import numpy as np
import pandas as pd

from mne_arousal.datasets import simulate_psg
from mne_arousal.hypnogram import hypnogram_to_stages

from ..hypnogram.files import mit_annotations

DURATION = 3600.0  # s
SFREQ = 200.0  # Hz, of the Challenge
NAMES = ("Wake|0", "Stage 1 sleep|1", "Stage 2 sleep|2", "Stage 3 sleep|3", "REM sleep|5")
SHORT = ("W", "N1", "N2", "N3", "R")


def simulate(seed):
    """True arousals and stages of a simulated night."""
    night = simulate_psg(DURATION, sfreq=64.0, random_state=seed, arousal_index=25, verbose="error")
    marks = pd.DataFrame({"onset": night.arousals.onset, "duration": night.arousals.duration})
    return marks.round(2), hypnogram_to_stages(night.hypnogram, duration=DURATION)


def distort(marks, seed, spread=0.5):
    """What a detector might find of them: a few missed, a few false, with probabilities."""
    rng = np.random.default_rng(seed)
    found = marks[rng.random(len(marks)) < 0.85].copy()
    found["onset"] += rng.normal(0, spread, len(found))
    found["probability"] = rng.uniform(0.6, 1.0, len(found))
    false = pd.DataFrame({"onset": rng.uniform(600, DURATION - 60, 4), "duration": 5.0})
    false["probability"] = rng.uniform(0.5, 0.7, len(false))
    table = pd.concat([found, false]).sort_values("onset", ignore_index=True)
    table = table.assign(onset_low=table["onset"] - 1, onset_high=table["onset"] + 1)
    ends = table["onset"] + table["duration"]
    return table.assign(end_low=ends - 1, end_high=ends + 1).round(3)


def write_found(folder, name, table, *, candidates=True):
    """As ``mne-arousal detect`` writes a recording."""
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / f"{name}_arousals.csv", index=False)
    epochs = np.arange(0, DURATION, 30.0)
    stages = pd.DataFrame({"onset": epochs, "duration": 30.0, "cluster": 2})
    stages.to_csv(folder / f"{name}_stages.csv", index=False)
    if candidates:
        rows = [(50.0, 4.0, 0.2, "improbable"), (90.0, 20.0, 0.9, "awakening")]
        columns = ["onset", "duration", "probability", "reason"]
        pd.DataFrame(rows, columns=columns).to_csv(folder / f"{name}_candidates.csv", index=False)


def write_derivative(folder, name, table):
    """As ``mne-arousal detect`` writes a recording of a BIDS data set."""
    place = folder / "derivatives" / "mne-arousal" / name.split("_")[0] / "eeg"
    place.mkdir(parents=True, exist_ok=True)
    rows = table.drop(columns="probability").assign(trial_type="arousal", kind="n/a")
    rows.to_csv(place / f"{name}_desc-arousal_events.tsv", sep="\t", index=False)
    summary = {"Summary": {"hours": 1.0, "sleep_hours": 0.8}}
    (place / f"{name}_desc-arousal_parameters.json").write_text(json.dumps(summary))


def nsrr(marks, stages, concept="Arousal|Arousal ()"):
    """NSRR's XML."""
    rows = [(30.0 * i, 30.0, NAMES[code], "Stages|Stages") for i, code in enumerate(stages)]
    rows += [(o, d, concept, "Arousals|Arousals") for o, d in marks.to_numpy()]
    events = "".join(
        f"<ScoredEvent><EventType>{kind}</EventType><EventConcept>{name}</EventConcept>"
        f"<Start>{o}</Start><Duration>{d}</Duration></ScoredEvent>"
        for o, d, name, kind in rows
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><PSGAnnotation><EpochLength>30</EpochLength>'
        f"<ScoredEvents>{events}</ScoredEvents></PSGAnnotation>"
    )


def profusion(marks, stages):
    """Compumedics Profusion's XML."""
    scored = "".join(f"<SleepStage>{(0, 1, 2, 3, 5)[code]}</SleepStage>" for code in stages)
    events = "".join(
        f"<ScoredEvent><Name>Arousal ()</Name><Start>{o}</Start><Duration>{d}</Duration>"
        "</ScoredEvent>"
        for o, d in marks.to_numpy()
    )
    return (
        "<CMPStudyConfig><EpochLength>30</EpochLength>"
        f"<ScoredEvents>{events}</ScoredEvents><SleepStages>{scored}</SleepStages></CMPStudyConfig>"
    )


def write_nsrr(root, name, visit, marks, stages, concept="Arousal|Arousal ()"):
    """NSRR's folders: its own XML, and that of Profusion, which is no second scorer."""
    for program, text in (
        ("nsrr", nsrr(marks, stages, concept)),
        ("profusion", profusion(marks, stages)),
    ):
        folder = root / "polysomnography" / f"annotations-events-{program}" / visit
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}-{program}.xml").write_text(text)


def challenge_marks(marks, stages):
    """Samples and texts as the Challenge annotates them: stages at their start, ends of events."""
    rows = [
        (round(30 * i * SFREQ) + 1, SHORT[code])
        for i, code in enumerate(stages)
        if i == 0 or code != stages[i - 1]
    ]
    for onset, duration in marks.to_numpy():
        rows += [
            (round(onset * SFREQ), "(arousal_rera"),
            (round((onset + duration) * SFREQ), "arousal_rera)"),
        ]
    rows += [(round(100 * SFREQ), "(resp_hypopnea"), (round(120 * SFREQ), "resp_hypopnea)")]
    return sorted(rows)


def challenge_vector(marks, stages):
    """Labels of samples, by the Challenge's rules."""
    labels = np.zeros(round(DURATION * SFREQ), dtype=np.int8)
    for onset, duration in marks.to_numpy():
        labels[round((onset - 2) * SFREQ) : round((onset + duration + 2) * SFREQ)] = 1
    wake = np.repeat(np.asarray(stages) == 0, round(30 * SFREQ))
    edges = np.flatnonzero(np.diff(np.r_[0, wake.astype(int), 0]))
    for start, stop in edges.reshape(-1, 2):
        labels[max(start - round(10 * SFREQ), 0) : stop + round(10 * SFREQ)] = -1
    return labels


def write_challenge(root, name, marks, stages, *, vector=False, annotations=True):
    """A record of the Challenge, without its signals."""
    folder = root / "training" / name
    folder.mkdir(parents=True, exist_ok=True)
    n_samples = round(DURATION * SFREQ)
    (folder / f"{name}.hea").write_text(f"{name} 13 200 {n_samples}\n")
    if annotations:
        data = mit_annotations(challenge_marks(marks, stages))
        (folder / f"{name}.arousal").write_bytes(data)
    (folder / f"{name}.mat").write_bytes(b"signals, which nobody reads here")
    if vector:
        import h5py

        with h5py.File(folder / f"{name}-arousal.mat", "w") as file:
            file["data/arousals"] = challenge_vector(marks, stages)[None]


def write_dreams(root, name, scorer, marks, stages):
    """DREAMS: events by eye of a scorer, and the hypnogram in numbers of 5 s."""
    root.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{o} {d}\n" for o, d in marks.to_numpy())
    (root / f"Visual_scoring{scorer}_{name}.txt").write_text(
        f"[vis{scorer}_Arousals/C3-A1]\n{lines}"
    )
    numbers = np.repeat(np.array([5, 3, 2, 1, 4])[stages], 6)
    body = "".join(f"{n}\n" for n in numbers)
    (root / f"HypnogramAASM_{name}.txt").write_text(f"[hypnogram]\n{body}")


def write_bids(root, name, marks, stages, *, durations=True):
    """BIDS: stages and arousals in one ``events.tsv``."""
    folder = root / name.split("_")[0] / "eeg"
    folder.mkdir(parents=True, exist_ok=True)
    rows = [(30.0 * i, 30.0, f"Sleep stage {SHORT[code]}") for i, code in enumerate(stages)]
    rows += [(o, d if durations else 0.0, "arousal") for o, d in marks.to_numpy()]
    table = pd.DataFrame(sorted(rows), columns=["onset", "duration", "trial_type"])
    table.to_csv(folder / f"{name}_events.tsv", sep="\t", index=False)
