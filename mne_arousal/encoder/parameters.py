"""What values the encoder's parameters may have."""

from __future__ import annotations

import os
from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, StrOptions

_COUNT = [Interval(Integral, 1, None, closed="left")]
_COUNT_OR_NONE = [Interval(Integral, 0, None, closed="left")]
_POSITIVE = [Interval(Real, 0, None, closed="neither")]
_WEIGHT = [Interval(Real, 0, None, closed="left")]
_SHARE = [Interval(Real, 0, 1, closed="left")]

CONSTRAINTS = {
    "target": [StrOptions({"spectrum", "body"})],
    "n_folds": [Interval(Integral, 2, None, closed="left")],
    "body_weight": _WEIGHT,
    "foresight_weight": _WEIGHT,
    "n_latent": _COUNT,
    "sfreq": [None, *_POSITIVE],
    "channels": [None, list, tuple],
    "roles": [None, list, tuple],
    "sequence": ["boolean", StrOptions({"auto"})],
    "sequence_length": _COUNT,
    "module": [None, callable],
    "weights": [None, str, os.PathLike],
    "n_filters": _COUNT,
    "n_embedding": _COUNT,
    "n_hidden": _COUNT_OR_NONE,
    "n_projection": _COUNT,
    "frame_length": _POSITIVE,
    "frame_hop": _POSITIVE,
    "mask_ratio": _SHARE,
    "mask_span": _COUNT,
    "reconstruction_weight": _WEIGHT,
    "view_weight": _WEIGHT,
    "neighbor_weight": _WEIGHT,
    "cross_modal_weight": _WEIGHT,
    "contrast": [StrOptions({"ntxent", "vicreg"})],
    "temperature": _POSITIVE,
    "augmentation": [None, callable],
    "max_epochs": _COUNT_OR_NONE,
    "steps_per_epoch": _COUNT,
    "batch_size": _COUNT,
    "learning_rate": _POSITIVE,
    "patience": _COUNT_OR_NONE,
    "validation_fraction": _SHARE,
    "n_workers": _COUNT_OR_NONE,
    "cache": [None, str, os.PathLike],
    "device": [str],
    "random_state": ["random_state"],
    "verbose": ["verbose", str, None],
}
