"""Other ways from features to stage clusters, for `encoder_choice.py`.

The package joins the features of all extractors before it clusters windows into states. Here each
extractor may get states of its own, whose histograms are joined; histograms may be smoothed less;
and sleep may be cut into twelve clusters that are merged to four by average linkage.
"""

import numpy as np
from scipy.ndimage import gaussian_filter1d
from sklearn.cluster import AgglomerativeClustering, KMeans

from mne_arousal.stages.epochs import make_epoch_table
from mne_arousal.stages.sleep_period import StageModel, state_histograms
from mne_arousal.stages.states import StateModel, robust_scale
from mne_arousal.utils.columns import parse_columns

N_STATES, N_CODEBOOKS, N_STAGES = 32, 6, 5  # the clusterer's defaults
N_PIECES = 12


def night_of(table):
    """Epochs, sleep period and wake of a night, from its spectral features."""
    onsets = table.index.get_level_values("onset").to_numpy(float)
    return make_epoch_table(
        "night",
        table.to_numpy(float),
        parse_columns(table.columns),
        onsets,
        window_length=2.0,
        epoch_length=30.0,
    )


def histograms(night, tables, seed):
    """Histograms of the states of features that are clustered together, not smoothed."""
    table = tables[0].join(tables[1:]) if len(tables) > 1 else tables[0]
    values = table.to_numpy(float)
    location, scale = robust_scale(values[night.rows_inside])
    scaled = (values - location) / scale
    known = np.isfinite(scaled).all(axis=1)
    columns = parse_columns(table.columns)
    model = StateModel(columns, N_STATES, N_CODEBOOKS, None, np.random.RandomState(seed))
    model.fit(scaled[known & night.rows_inside])
    parts = []
    for states, size in zip(model.predict(scaled[known]), model.sizes, strict=True):
        every = np.full(len(scaled), -1)
        every[known] = states
        parts.append(state_histograms(every, night.epochs, night.n_epochs, size, smooth=0))
    return np.concatenate(parts, axis=1) / np.sqrt(len(parts))


def cluster(night, counts, seed):
    """Stage clusters, as the package finds them."""
    inside = night.inside
    model = StageModel(N_STAGES).fit(
        counts[inside], night.wakefulness[inside], night.wake[inside], seed
    )
    return model.predict(counts, night.wake, night.inside)


def merge(night, counts, seed):
    """Stage clusters of sleep from pieces of it, merged by average linkage."""
    asleep = night.inside & ~night.wake
    pieces = KMeans(N_PIECES, n_init=10, random_state=seed).fit(counts[asleep])
    of = AgglomerativeClustering(N_STAGES - 1, linkage="average").fit_predict(
        pieces.cluster_centers_
    )
    clusters = np.zeros(night.n_epochs, dtype=int)
    clusters[asleep] = of[pieces.labels_] + 1
    return clusters


def fuse(spectral, dmd, latent, seed):
    """Stage clusters of a night in each way."""
    night = night_of(spectral)
    together = histograms(night, [spectral, dmd, latent], seed)
    alone = {
        "spectral": histograms(night, [spectral], seed),
        "DMD": histograms(night, [dmd], seed),
        "encoder": histograms(night, [latent], seed),
    }
    apart = np.concatenate(list(alone.values()), axis=1) / np.sqrt(len(alone))

    def smooth(counts, spread):
        return gaussian_filter1d(counts, spread, axis=0, mode="nearest")

    found = {
        f"{name} alone, sleep period and wake by band powers": cluster(night, smooth(h, 1), seed)
        for name, h in alone.items()
    }
    for spread in (1.0, 0.7, 0.5):
        name = f"joined features, smoothed by {spread} epochs"
        found[name] = cluster(night, smooth(together, spread), seed)
    found["states of each extractor, joined histograms"] = cluster(night, smooth(apart, 1), seed)
    found["the same, twelve clusters merged"] = merge(night, smooth(apart, 1), seed)
    return found
