"""
=====================================================
2. The scikit-learn pipeline: swap, drop, tune a step
=====================================================

What :func:`~mne_arousal.annotate_arousals` does is a scikit-learn pipeline, and every step of it
can be taken out, replaced or used alone.
"""

# %%
# The steps: cut recordings into windows, describe each window, cluster and find arousals.

from mne_arousal import make_arousal_pipeline
from mne_arousal.datasets import simulate_psg

night = simulate_psg(duration=3600.0, random_state=2, verbose="error")
pipeline = make_arousal_pipeline(
    features=("spectral", "dmd", "body"), random_state=0, verbose="error"
)
pipeline

# %%
# Drop and tune
# -------------
# The body is dropped; Dynamic Mode Decomposition keeps as many modes as hold 99 % of the energy.

pipeline.set_params(features__body="drop", features__dmd__rank=0.99, arousals__n_states=16)

# %%
# Fitted on a Raw, a path, a ``BIDSPath`` or a list of these, it gives the state of each window.

states = pipeline.fit(night.raw).predict(night.raw)
print(states[:20])

# %%
# The steps before the last make a table: one row a window, with recording and onset (s) as index
# and names that tell role, channel and quantity of each column.

features = pipeline[:-1].transform(night.raw)
features.iloc[:3, :6]

# %%
# Arousals and stages come from the last step.

clusterer = pipeline["arousals"]
clusterer.detect(features).head()

# %%
# The same, with another pipeline, by the function that also locates onsets in the signal:

from mne_arousal import annotate_arousals

print(annotate_arousals(night.raw, pipeline=pipeline, verbose="error"))

# %%
# Swap the clusterer
# ------------------
# Any clusterer of scikit-learn will do. New windows get the nearest state where it has no
# ``predict``.

from sklearn.base import clone
from sklearn.cluster import AgglomerativeClustering

other = clone(pipeline).set_params(
    arousals__clusterer=AgglomerativeClustering(12), arousals__n_codebooks=1
)
spectral_only = other.set_params(features__dmd="drop", windows__hop=1.0)
spectral_only.fit(night.raw)
print(f"{spectral_only['arousals'].n_states_} states")

# %%
# Which part of the evidence matters here?
# ----------------------------------------
# Ablations are a loop over ``set_params``. On one simulated hour the numbers mean little; they
# show how it is done.

import pandas as pd

from mne_arousal.metrics import score_arousals
from mne_arousal.viz import plot_ablation, plot_embedding

parts = clusterer.components
variants = {"all parts": parts} | {
    f"without {part}": tuple(p for p in parts if p != part) for part in parts
}
rows = {}
for name, components in variants.items():
    clusterer.set_params(components=components)
    scores = score_arousals(night.arousals, clusterer.detect(features))
    rows[name] = {"F1": scores.f1, "Precision": scores.precision, "Recall": scores.recall}
clusterer.set_params(components=parts)
plot_ablation(pd.DataFrame(rows).T)

# %%
# The windows in the plane, colored by the stage cluster of their epoch.

stages = clusterer.predict_stages(features)
epochs = (features.index.get_level_values("onset") // 30).astype(int)
plot_embedding(features, stages["cluster"].to_numpy()[epochs], n_samples=1500)
