"""Batches of window sequences for training and encoding."""

from __future__ import annotations

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from ..utils.windows import Windows
from .body_targets import in_spreads
from .sequences import Sequences, cut_pieces, sample_pieces
from .spectrogram import N_BANDS, RecordingSpectrogram

# Most of a GPU's free memory that spectrograms may take.
_GPU_SHARE = 0.25


class WindowSource:
    """Spectrograms of windows and, for a network that wants them, their signals.

    Parameters
    ----------
    recordings : list of RecordingSpectrogram
        Standardized recordings, whose frames may be memory maps.
    windows : Windows | None
        The windows themselves, read when needed; None when spectrograms are the input.
    picks : list of int
        Channels to use.
    scale : array, shape (n_channels,)
        What signals are divided by, V.
    targets : array, shape (n_rows, n_targets) | None
        What the body does after each window; NaN where unknown.
    """

    def __init__(
        self, recordings, windows: Windows | None = None, picks=(), scale=None, targets=None
    ):
        self.recordings: list[RecordingSpectrogram] = recordings
        self.windows = windows
        self.picks = list(picks)
        self.scale = scale
        self.targets = targets
        self._placed = None
        if targets is not None:
            self.scale_targets()

    @property
    def on_gpu(self) -> bool:
        """Whether the spectrograms are on a GPU, where worker processes can't read them."""
        return self._placed is not None

    def place(self, device: torch.device) -> None:
        """Keep the spectrograms on a GPU, where they fit, so that batches need not travel.

        Gathering batches on the CPU takes longer than a GPU takes to learn from them.

        Parameters
        ----------
        device : torch.device
            Where to compute. Nothing happens for a CPU, or for a network that reads signals.
        """
        if device.type != "cuda" or self.windows is not None or self.on_gpu:
            return
        frames = [recording.frames for recording in self.recordings]
        free, _ = torch.cuda.mem_get_info(device)
        if sum(some.nbytes for some in frames) > _GPU_SHARE * free:
            return
        first_frames = np.cumsum([0] + [len(some) for some in frames])
        lookups = [
            recording.lookup + first
            for recording, first in zip(self.recordings, first_frames[:-1], strict=True)
        ]
        held = torch.empty(
            (first_frames[-1], *frames[0].shape[1:]),
            dtype=torch.from_numpy(frames[0]).dtype,
            device=device,
        )
        for some, first in zip(frames, first_frames[:-1], strict=True):
            held[first : first + len(some)] = torch.from_numpy(some).to(device)
        self._placed = held, torch.from_numpy(np.concatenate(lookups)).to(device)
        self._first_rows = np.cumsum([0] + [len(lookup) for lookup in lookups[:-1]])

    def spectra(self, pieces: Sequences) -> torch.Tensor:
        """Collect the spectrograms of pieces of equal length.

        Parameters
        ----------
        pieces : Sequences
            Which windows.

        Returns
        -------
        x : tensor, shape (n_pieces, n_windows, n_frames, n_channels, n_features)
            Standardized log spectrograms, on the GPU when they are kept there.
        """
        rows, recordings = pieces.rows(), self.recordings
        if self.on_gpu:
            frames, lookup = self._placed
            rows = rows + self._first_rows[pieces.recording][:, None]
            return frames[lookup[torch.from_numpy(rows).to(lookup.device)]]
        shape = recordings[0].lookup.shape[1:] + recordings[0].frames.shape[1:]
        x = np.empty(rows.shape + shape, dtype=recordings[0].frames.dtype)
        for i in np.unique(pieces.recording):
            here = pieces.recording == i
            x[here] = recordings[i].frames[recordings[i].lookup[rows[here]]]
        return torch.from_numpy(x)

    def inputs(self, pieces: Sequences, spectra: torch.Tensor) -> torch.Tensor:
        """Collect what the network reads.

        Parameters
        ----------
        pieces : Sequences
            Which windows.
        spectra : tensor
            Their spectrograms.

        Returns
        -------
        x : tensor, shape (n_pieces, n_windows, ..., n_channels, n_features or n_times)
            The spectrograms, or the scaled signals.
        """
        if self.windows is None:
            return spectra
        signals = [
            self.windows.take(int(number), rows)[:, self.picks]
            for number, rows in zip(pieces.recording, pieces.rows(), strict=True)
        ]
        return torch.from_numpy(np.stack(signals) / self.scale[:, None])

    def scale_targets(self, apart=None) -> None:
        """Scale the targets of each recording, by windows that training sees alone.

        Parameters
        ----------
        apart : list of array of bool, shape (n_windows,) | None
            Windows of each recording that training must not see.
        """
        self._scaled_targets = np.empty_like(self.targets)
        for i, recording in enumerate(self.recordings):
            targets = self.targets[recording.rows]
            seen = np.ones(len(targets), dtype=bool) if apart is None else ~apart[i]
            self._scaled_targets[recording.rows] = in_spreads(targets, seen)

    def answers(self, pieces: Sequences) -> torch.Tensor:
        """Collect what the body does after each window of pieces of equal length.

        Parameters
        ----------
        pieces : Sequences
            Which windows.

        Returns
        -------
        targets : tensor, shape (n_pieces, n_windows, n_targets)
            In spreads; NaN where unknown.
        """
        offsets = np.array([recording.rows.start for recording in self.recordings])
        rows = pieces.rows() + offsets[pieces.recording][:, None]
        return torch.from_numpy(self._scaled_targets[rows])


class PieceDataset(Dataset):
    """Pieces that a sampler draws, as tensors.

    Parameters
    ----------
    source : WindowSource
        Where windows come from.
    """

    def __init__(self, source: WindowSource):
        self.source = source

    def __getitem__(self, pieces: Sequences) -> tuple[torch.Tensor, ...]:
        spectra = self.source.spectra(pieces)
        inputs = self.source.inputs(pieces, spectra)
        found = (spectra.float(), inputs.float())
        return (
            found if self.source.targets is None else (*found, self.source.answers(pieces).float())
        )


class PieceSampler(Sampler):
    """Random pieces of sequences, for one epoch.

    Parameters
    ----------
    sequences : Sequences
        Sequences to draw from.
    n_steps : int
        Batches in an epoch.
    length : int
        Most windows in a piece.
    n_windows : int
        Windows in a batch.
    rng : numpy.random.RandomState
        Source of chance; it moves on from epoch to epoch.
    """

    def __init__(self, sequences: Sequences, n_steps: int, length: int, n_windows: int, rng):
        self.sequences = sequences
        self.n_steps = n_steps
        self.length = length
        self.n_windows = n_windows
        self.rng = rng

    def __len__(self) -> int:
        return self.n_steps

    def __iter__(self):
        for _ in range(self.n_steps):
            yield sample_pieces(self.sequences, self.length, self.n_windows, self.rng)


def piece_loader(source: WindowSource, sampler: PieceSampler, n_workers: int, pin: bool):
    """Make a loader of one batch of pieces a step.

    Spectrograms that are on a GPU are read there, by this process.

    Parameters
    ----------
    source : WindowSource
        Where windows come from.
    sampler : PieceSampler
        Draws the pieces.
    n_workers : int
        Processes that load; 0 loads in this one.
    pin : bool
        True to copy to a GPU without waiting.

    Returns
    -------
    loader : torch.utils.data.DataLoader
        Yields spectra, inputs and, where the source has them, targets.
    """
    n_workers = 0 if source.on_gpu else n_workers
    return DataLoader(
        PieceDataset(source),
        sampler=sampler,
        batch_size=None,
        num_workers=n_workers,
        pin_memory=pin and not source.on_gpu,
        persistent_workers=n_workers > 0,
    )


def ordered_batches(
    source: WindowSource, sequences: Sequences, length: int, n_windows: int, limit=np.inf
):
    """Cut sequences into batches, in order.

    Parameters
    ----------
    source : WindowSource
        Where windows come from.
    sequences : Sequences
        Sequences.
    length : int
        Most windows in a piece.
    n_windows : int
        Windows in a batch.
    limit : float
        Windows after which to stop.

    Yields
    ------
    spectra, inputs : tensor
        Batches; with targets, where the source has them.
    """
    dataset, n = PieceDataset(source), 0
    for pieces, _ in cut_pieces(sequences, length):
        size = max(n_windows // pieces.length[0], 1)
        for lo in range(0, len(pieces), size):
            if n >= limit:
                return
            chosen = pieces[lo : lo + size]
            yield dataset[chosen]
            n += int(chosen.length.sum())


def make_source(encoder, windows, recordings, targets=None) -> WindowSource:
    """Give access to what the encoder's network reads.

    Parameters
    ----------
    encoder : PSGEncoder
        With ``picks_`` and ``center_``.
    windows : Windows
        The windows.
    recordings : list of RecordingSpectrogram
        Their standardized spectrograms.
    targets : array, shape (n_windows, n_targets) | None
        What the body does after each window.

    Returns
    -------
    source : WindowSource
        The source.
    """
    if encoder.module is None:
        return WindowSource(recordings, targets=targets)
    scale = 10 ** (encoder.center_[:, N_BANDS] / 2)  # the level is log10 of the variance
    return WindowSource(recordings, windows, encoder.picks_, scale, targets)
