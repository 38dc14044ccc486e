"""
===================================
First arousals, in an MNE script
===================================

A simulated night stands in for a recording of your own: everything below works the same on what
:func:`mne.io.read_raw` returns.
"""

# %%
# Two hours of sleep, with arousals whose onsets are known.

from mne_arousal.annotate import analyse_recording
from mne_arousal.datasets import simulate_psg
from mne_arousal.metrics import score_arousals
from mne_arousal.viz import plot_night

night = simulate_psg(duration=7200.0, random_state=5)
raw = night.raw

# %%
# :func:`mne_arousal.annotate_arousals` returns the annotations alone;
# ``analyse_recording`` also tells stage clusters and what was rejected. Band powers
# alone make it quick.

found = analyse_recording(raw, features=("spectral",), random_state=0)
raw.set_annotations(raw.annotations + found.annotations)
print(found.arousals.head())
print(found.candidates["reason"].value_counts())

# %%
# The truth is known here, so that the result can be scored.

scores = score_arousals(night.arousals, found.annotations)
print(f"F1 {scores.f1:.2f}, median onset error {scores.onset_error_median:.2f} s")

# %%
# Stage clusters over the night, arousals marked, the simulated hypnogram above.

plot_night(found.stages["cluster"], arousals=found.annotations, hypnogram=night.hypnogram)
