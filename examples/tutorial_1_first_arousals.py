"""
==================================
1. First arousals in an MNE script
==================================

From a recording to annotations, and a look at what was found.

A simulated night stands in for a recording of your own: everything below works the same on what
:func:`mne.io.read_raw` returns.
"""

# %%
# Two hours of sleep with arousals whose onsets are known.

from mne_arousal import add_arousals, annotate_arousals
from mne_arousal.datasets import simulate_psg

night = simulate_psg(duration=7200.0, random_state=5)
raw = night.raw

# %%
# One call finds the arousals. Nothing but the signals goes in: no hypnogram, no marks. Band powers
# alone make it quick here; leave `features` out to use heart, breath and the rest of the body too.
# The log says which channels are used as what.

annotations = annotate_arousals(raw, features=("spectral",), random_state=0)
print(annotations)

# %%
# They are annotations like any other. Those that the recording has are kept.

add_arousals(raw, annotations)
raw.copy().crop(annotations.onset[0] - 10, annotations.onset[0] + 20).plot(
    duration=30, scalings={"eeg": 40e-6, "eog": 60e-6, "emg": 40e-6, "resp": 1e-4}
)

# %%
# Each carries a score, the interval that should hold its onset with 90 %, and the stage cluster
# that it interrupts.

annotations.to_data_frame(time_format=None).head()

# %%
# More about the night
# --------------------
# :func:`~mne_arousal.analyze_recording` returns all that is known: stage clusters, events
# that a rule rejected and why, the evidence behind each event.

from mne_arousal import analyze_recording

found = analyze_recording(raw, features=("spectral",), random_state=0, verbose="error")
print(f"{len(found.arousals)} arousals, {found.arousal_index:.1f} per hour of sleep")
found.candidates["reason"].value_counts()

# %%
# The night at a glance. The hypnogram on top is the simulated one; it went into no fit.

from mne_arousal.viz import plot_arousal, plot_index, plot_night

plot_night(found.stages, arousals=found.arousals, hypnogram=night.hypnogram)

# %%
# Arousals per hour of sleep, half hour by half hour.

plot_index(found.arousals, found.stages, asleep=found.asleep)

# %%
# One arousal close up: the first second of the shaded stretch is where EEG turns fast and chin EMG
# rises. The lower panels tell why it was taken for an arousal: the evidence, its parts, and by how
# much the power of each band departs from the sleep before.

plot_arousal(raw, 1, night=found)

# %%
# And a candidate that is none, with the reason in the title.

plot_arousal(raw, found.candidates.iloc[0], night=found)

# %%
# Keep the results: a page of HTML to read and pass on, and files for other programs.

import tempfile
from pathlib import Path

from mne_arousal.annotation_files import write_annotations
from mne_arousal.report import make_report, save_report

folder = Path(tempfile.mkdtemp())
save_report(make_report(found, raw=raw, n_examples=1, verbose="error"), folder / "night.html")
found.annotations.save(folder / "night-annot.fif")  # MNE
write_annotations(found.annotations, folder / "night.annot")  # Luna
sorted(path.name for path in folder.iterdir())
