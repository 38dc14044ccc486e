"""
==========================
4. How well does it agree?
==========================

Scores against an expert's hypnogram and against a simulated truth, and how to read them.

Scores come at the end. Whoever chooses settings by them has trained on the labels.
"""

# %%
# Against a simulated truth
# -------------------------
# A simulation knows every onset to the sample, and what only looks like an arousal.

from mne_arousal import analyze_recording
from mne_arousal.datasets import fetch_sleep_edf, simulate_psg
from mne_arousal.metrics import match_events, score_arousals, score_evidence, score_stages
from mne_arousal.viz import plot_arousal, plot_night

simulated = simulate_psg(duration=2 * 3600.0, random_state=11, verbose="error")
found = analyze_recording(simulated.raw, features=("spectral",), random_state=0, verbose="error")
scores = score_arousals(simulated.arousals, found.annotations)
print(f"F1 {scores.f1:.2f}, precision {scores.precision:.2f}, recall {scores.recall:.2f}")
print(f"onset error: median {scores.onset_error_median:.2f} s")
print(f"90 % intervals that hold the onset: {scores.interval_coverage:.0%}")

# %%
# The pairs themselves.

match_events(simulated.arousals, found.annotations).head()

# %%
# Without a threshold: average precision of the evidence over the windows of sleep. Chance is the
# prevalence.

epochs = (found.evidence.index // 30).astype(int)
asleep = found.asleep[epochs]
evidence = found.evidence["evidence"][asleep]
ranking = score_evidence(simulated.arousals, evidence.to_numpy(), evidence.index.to_numpy())
print(f"average precision {ranking.average_precision:.2f}, chance {ranking.prevalence:.2f}")

# %%
# What was missed? The first arousal of the truth that nothing overlaps.

pairs = match_events(simulated.arousals, found.annotations)
missed = sorted(set(range(len(simulated.arousals))) - set(pairs["true"]))
print(f"{len(missed)} of {len(simulated.arousals)} missed")
if missed:
    event = {
        "onset": simulated.arousals.onset[missed[0]],
        "duration": simulated.arousals.duration[missed[0]],
    }
    plot_arousal(simulated.raw, event, night=found)

# %%
# Against an expert, on a real night
# ----------------------------------
# A night of Sleep-EDF (Kemp et al. 2000) with stages by an expert. No arousals are marked in it,
# so what can be scored is how stage clusters relate to stages. The recording lasts a day and a
# night; it has to find the night by itself.

((recording, hypnogram),) = fetch_sleep_edf(subjects=[0], recordings=[1])
night = analyze_recording(recording, features=("spectral",), random_state=0, verbose="error")

# %%
# Adjusted mutual information needs no mapping from clusters to stages; accuracy and kappa are
# after mapping each cluster to its most frequent stage, which flatters them a little. Only the
# sleep period of the expert is scored, with half an hour of wake on each side: hours of wake
# around it would flatter more.

import numpy as np

from mne_arousal.hypnogram import hypnogram_to_stages

clusters = night.stages["cluster"].to_numpy()
stages = hypnogram_to_stages(hypnogram, len(clusters), duration=night.duration)
asleep = np.flatnonzero(stages > 0)
period = slice(max(asleep[0] - 60, 0), asleep[-1] + 61)
agreement = score_stages(stages[period], clusters[period])
print(f"adjusted mutual information {agreement.ami:.2f}")
print(f"accuracy {agreement.mapped_accuracy:.2f}, kappa {agreement.kappa:.2f} after mapping")

# %%
# What each cluster is made of, by the expert. A cluster may hold two stages, or part of one.

import pandas as pd

names = np.array(["W", "N1", "N2", "N3", "R", "?"])
pd.crosstab(
    pd.Series(clusters[period], name="cluster"), pd.Series(names[stages[period]], name="expert")
)

# %%
# The night around the expert's sleep period.

figure = plot_night(night.stages, arousals=night.arousals, hypnogram=stages, show=False)
figure.axes[0].set_xlim(period.start / 120, period.stop / 120)
figure

# %%
# How many arousals in each stage of the expert? An expert marks fewest in N3. A number that stands
# out is a reason to look at single events before believing it.

at = (night.arousals["onset"] // 30).astype(int)
counts = pd.Series(names[stages[at]]).value_counts()
hours = pd.Series(names[stages]).value_counts() / 120
(counts / hours).drop(["W", "?"], errors="ignore").rename("arousals per hour of the stage").round(1)
