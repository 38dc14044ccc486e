"""The steps behind the transformer's methods: read, prepare, train, encode."""

from __future__ import annotations

import numpy as np
import pandas as pd
from mne.utils import use_log_level
from sklearn.utils import check_random_state

from .._array import resolve_device
from ..utils.windows import is_windows_dataset, read_windows
from .callbacks import epoch_reports
from .preparation import FrameStore, pick_channels, prepare
from .sequences import find_sequences
from .spectrogram import BAND_EDGES, present_features


class EncoderSteps:
    """Steps that the methods of `PSGEncoder` share."""

    def _fit(self, X):
        from .fitting import build_network, make_source, predicted_roles

        self._validate_params()
        with use_log_level(self.verbose):
            windows, sequential = self._windows(X, reset=True)
            picks = pick_channels(windows.channels, self.roles)
            self.picks_ = picks
            self.channels_ = [str(windows.channels[i]) for i in picks]
            self.predicted_ = predicted_roles(self.channels_) if self.cross_modal_weight else []
            self.band_edges_ = BAND_EDGES.copy()
            self.present_ = present_features([windows.channels[i] for i in picks], windows.lowpass)
            recordings, (self.center_, self.scale_) = self._prepare(windows, sequential)
            source = make_source(self, windows, recordings)
            rng = check_random_state(self.random_state)
            self.network_ = build_network(self, rng)
            if self.weights is not None:
                from .weights import start_from

                start_from(self, self.weights)
            self.history_ = pd.DataFrame()
            self._train(source, sequential, rng, align=True)
        return windows, source, sequential

    def _continue(self, X):
        self._validate_params()
        with use_log_level(self.verbose):
            _, source, sequential = self._read(X)
            self._train(source, sequential, check_random_state(self.random_state), align=False)

    def _train(self, source, sequential, rng, align):
        from .fitting import train_network

        report = epoch_reports(self)
        history = train_network(self, source, sequential, rng, report, align)
        self.history_ = pd.concat([self.history_, history], ignore_index=True)

    def _read(self, X):
        from .fitting import make_source

        windows, sequential = self._windows(X, reset=False)
        found = [str(windows.channels[i]) for i in self.picks_]
        if [label.split(":")[0] for label in found] != [c.split(":")[0] for c in self.channels_]:
            raise ValueError(
                f"PSGEncoder was fitted on the channels {self.channels_}, but got {found}: "
                "their roles and order have to agree."
            )
        recordings, _ = self._prepare(windows, sequential, (self.center_, self.scale_))
        return windows, make_source(self, windows, recordings), sequential

    def _windows(self, X, reset):
        windows = read_windows(self, X, sfreq=self.sfreq, channels=self.channels, reset=reset)
        ordered = is_windows_dataset(X) or np.asarray(X).ndim == 3
        return windows, ordered if self.sequence == "auto" else bool(self.sequence)

    def _prepare(self, windows, sequential, statistics=None):
        return prepare(
            windows,
            self.picks_,
            self.present_,
            frame_length=self.frame_length,
            frame_hop=self.frame_hop,
            sequential=sequential,
            statistics=statistics,
            store=None if self.cache is None else FrameStore(self.cache),
        )

    def _torch_device(self) -> str:
        return resolve_device(self.device)

    def _encode(self, windows, source, sequential):
        import torch

        from .encoding import encode

        latent = encode(
            self.network_,
            source,
            find_sequences(source.recordings, sequential),
            len(windows),
            self._torch_device(),
            torch.float32 if sequential else torch.float64,
            np.array([label.startswith("eeg") for label in self.channels_]),
        )
        return windows.frame(latent, list(self.get_feature_names_out()))
