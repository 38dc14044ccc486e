"""What a fitted encoder answers beside its latents: names, rebuilt spectra, files."""

from __future__ import annotations

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .spectrogram import N_BANDS


class EncoderResults:
    """Names of an encoder's columns, spectra rebuilt from latents, and its file."""

    def inverse_transform(self, X):
        """Rebuild the log spectra of windows from their latents.

        Parameters
        ----------
        X : array, shape (n_windows, n_latent)
            Latents.

        Returns
        -------
        spectrum : array, shape (n_windows, n_channels, n_bands)
            Decadic logarithm of power (V²/Hz) of ``channels_`` in the bands of ``band_edges_``,
            with the statistics of the fit; NaN for bands above the recording's content.
        """
        import torch

        check_is_fitted(self)
        n_latent = self.network_.decoder.in_features
        latent = torch.from_numpy(np.array(X, dtype=np.float32))
        n_features = len(self.get_feature_names_out())
        if latent.ndim != 2 or latent.shape[1] not in (n_latent, n_features):
            raise ValueError(
                f"Latents have shape (n_windows, {n_features}), but got {tuple(latent.shape)}."
            )
        with torch.inference_mode():
            rebuilt = self.network_.decoder(latent[:, :n_latent]).numpy()
        spectrum = rebuilt * self.scale_ + self.center_
        return np.where(self.present_, spectrum, np.nan)[..., :N_BANDS]

    def get_feature_names_out(self, input_features=None):
        """Return the names of the features.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        names : array of str, shape (n_features,)
            ``"psg:encoder:latent00"`` and so on; with a cross-modal head also
            ``"psg:encoder:emg_from_eeg"`` and ``"psg:encoder:eog_from_eeg"``; with
            ``target="body"`` also those of `foresight_names`.
        """
        check_is_fitted(self)
        names = [f"latent{i:02d}" for i in range(self.network_.decoder.in_features)]
        names += [f"{role}_from_eeg" for role in self.predicted_]
        names = [f"psg:encoder:{name}" for name in names]
        if self.targets_:
            from .foresight import average_bands, foresight_names

            eeg = np.array([label.startswith("eeg") for label in self.channels_])
            names += foresight_names(self.targets_, average_bands(self.present_, eeg)[0])
        return np.array(names, dtype=object)

    def save(self, path):
        """Write the encoder to a file: safetensors with a JSON header, no code.

        A custom `module` or `augmentation`, `random_state` and where to compute are not saved.

        Parameters
        ----------
        path : path-like
            File to write; an existing one is replaced.
        """
        from .weights import write_encoder

        check_is_fitted(self)
        write_encoder(self, path)

    @classmethod
    def load(cls, path, module=None):
        """Read an encoder that `save` wrote, on any machine.

        Parameters
        ----------
        path : path-like
            File.
        module : torch.nn.Module | None
            The module that the encoder was fitted with, if it was.

        Returns
        -------
        encoder : PSGEncoder
            Fitted encoder.

        Raises
        ------
        FileNotFoundError, ValueError
            If there is no such file, or it is something else, was changed, or needs a `module`.
        """
        from .weights import restore_encoder

        return restore_encoder(cls, path, module)
