"""Arousals by Luna 1.7's command AROUSALS, with all EEG channels and the chin EMG."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import lunapi
import numpy as np
from signals import Signals

# Luna scores no event. A lower threshold of the rise of fast over slow EEG, its first criterion,
# doubles the events, from which precision and recall over scores can be drawn.
LOWER = 1.0
# Luna refuses EEG of 50 Hz; its beta band ends at 30 Hz.
LEAST_RATE = 100  # Hz


def detect(method: str, signals: Signals):
    """Detect arousals.

    Parameters
    ----------
    method : str
        ``"luna"``.
    signals : Signals
        One recording.

    Returns
    -------
    events : list of tuple
        Onset and duration, s, and score: Luna scores no event, so this is the peak, within the
        event, of the rise of fast over slow EEG that seeds it.
    candidates : list of tuple
        The same, and what a lower threshold finds besides; not counted in `seconds`.
    seconds : float
        CPU time, reading included: other work on the machine does not count.
    notes : str
        How the run differs from what the method is meant for; empty where it doesn't.
    """
    started = time.process_time()
    events = _arousals(signals)
    seconds = time.process_time() - started
    weaker = _arousals(signals, f"eeg-tilt-rise-th={LOWER}")
    candidates = events + [
        event
        for event in weaker
        if all(event[0] >= a + b or event[0] + event[1] <= a for a, b, _ in events)
    ]
    notes = ["no EMG: none in REM sleep"] * (signals.emg_name is None)
    notes += [f"EEG of {signals.sfreq:g} Hz brought to {LEAST_RATE} Hz"] * _is_slow(signals)
    return events, candidates, seconds, "; ".join(notes)


def _arousals(signals: Signals, options: str = "") -> list[tuple]:
    """Run the command once."""
    project = lunapi.proj(verbose=False)
    project.silence(True)
    project.clear()
    recording = project.inst(signals.name)
    eeg = ",".join(_label(name) for name in signals.eeg_names)
    # Without EMG, Luna asks for NREM sleep only.
    emg = "rem=F" if signals.emg_name is None else f"emg={_label(signals.emg_name)}"
    with tempfile.TemporaryDirectory() as folder:
        stages = Path(folder) / "stages.annot"
        stages.write_text(
            "".join(
                f"{stage}\t.\t.\t{30 * k}\t{30 * k + 30}\t.\n"
                for k, stage in enumerate(signals.stages)
            )
        )
        recording.attach_edf(str(signals.path))
        recording.attach_annot(str(stages))
        if _is_slow(signals):
            recording.silent_proc(f"RESAMPLE sig={eeg} sr={LEAST_RATE}")
        recording.silent_proc(f"AROUSALS eeg={eeg} {emg} add=peer {options}")
    if "peer_eeg_tilt_rise" not in list(recording.channels()["Channels"]):
        raise RuntimeError("Luna's AROUSALS made no output for this recording.")
    rise = np.ravel(recording.data(["peer_eeg_tilt_rise"])[1])
    sfreq = len(rise) / signals.duration
    events = []
    found = recording.fetch_annots(["arousal"])
    if not len(found):  # no columns either
        return events
    for onset, stop in found[["Start", "Stop"]].to_numpy(float):
        inside = rise[max(int(onset * sfreq) - 1, 0) : int(np.ceil(stop * sfreq)) + 1]
        events.append((onset, stop - onset, float(inside.max(initial=0))))
    return events


def _is_slow(signals: Signals) -> bool:
    return signals.sfreq < LEAST_RATE


def _label(name: str) -> str:
    """Name that Luna gives a channel."""
    return name.replace("-", "_").replace(" ", "_")
