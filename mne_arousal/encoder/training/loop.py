"""Training: optimizer, plateau schedule, early stopping, one process or several."""

from __future__ import annotations

import copy
import time
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import torch
import torch.distributed as dist

from ..batches import PieceSampler, ordered_batches, piece_loader
from .objective import Heads, Objective

# Most windows to validate on: enough for a standard error of the loss under 1 %.
_MAX_VALIDATION = 8192
# Contrasts and the cross-modal head serve the latent, which the error of rebuilding judges.
_UNJUDGED = {"views": 0.0, "neighbors": 0.0, "cross_modal": 0.0}
_RECONSTRUCTION_ONLY = {"reconstruction": 1.0, "body": 0.0, "foresight": 0.0}


def is_distributed() -> bool:
    """Tell whether this process trains together with others.

    Returns
    -------
    distributed : bool
        True after ``torch.distributed.init_process_group`` with more than one process.
    """
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def average_over_processes(value: float, device) -> float:
    """Mean of a number over the processes that train together.

    Parameters
    ----------
    value : float
        This process's number.
    device : torch.device
        Where the process computes.

    Returns
    -------
    mean : float
        The same in each process.
    """
    if not is_distributed():
        return value
    total = torch.tensor(value, dtype=torch.float64, device=device)
    dist.all_reduce(total)
    return float(total) / dist.get_world_size()


@torch.no_grad()
def held_out_loss(
    network, batches, objective: Objective, device, seed: int, *, only_rebuilding: bool = False
) -> float:
    """Mean loss of rebuilding and foreseeing, with the same masks at every call.

    Parameters
    ----------
    network : EncoderNetwork
        Network.
    batches : iterable of tuple of tensor
        Spectra, inputs and, where there are any, targets.
    objective : Objective
        Whose masks and weights of features are used.
    device : torch.device
        Where to compute.
    seed : int
        Of the masks.
    only_rebuilding : bool
        Leave out what is foreseen.

    Returns
    -------
    loss : float
        Mean over windows.
    """
    heads = Heads(network.eval())
    fixed = copy.copy(objective)
    weights = objective.settings.weights | {"reconstruction": 1.0} | _UNJUDGED
    weights |= _RECONSTRUCTION_ONLY if only_rebuilding else {}
    fixed.settings = replace(objective.settings, weights=weights)
    fixed.rng = np.random.RandomState(seed)
    total, n = 0.0, 0
    for batch in batches:
        size = batch[0].shape[0] * batch[0].shape[1]
        total += float(fixed(heads, *(part.to(device) for part in batch))["loss"]) * size
        n += size
    return total / n


def train(network, source, training, validation, objective, device, rng, on_epoch) -> list[dict]:
    """Train a network and leave it, on the CPU, with its best weights.

    Parameters
    ----------
    network : EncoderNetwork
        Changed in place.
    source : WindowSource
        Where windows come from.
    training, validation : Sequences
        Sequences to learn from and to judge by; without the latter the training loss judges.
    objective : Objective
        Losses.
    device : torch.device
        Where to compute.
    rng : numpy.random.RandomState
        Source of chance.
    on_epoch : callable
        Called with each epoch's record; returns True to stop.

    Returns
    -------
    history : list of dict
        A record of each epoch.
    """
    settings = objective.settings
    if settings.max_epochs < 1:  # an optimizer would import what compiles networks, for seconds
        rng.randint(2**31 - 1, size=2)  # what follows finds the source of chance as after training
        network.eval().to("cpu")
        return []
    network.to(device).train()
    heads = Heads(network)
    if is_distributed():
        heads = torch.nn.parallel.DistributedDataParallel(heads, find_unused_parameters=True)
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=max(settings.patience // 3, 1)
    )
    n_windows = settings.batch_size * settings.sequence_length
    # workers draw ahead, so pieces come from a source of chance that masks don't share
    draws = np.random.RandomState(rng.randint(2**31 - 1))
    sampler = PieceSampler(
        training, settings.steps_per_epoch, settings.sequence_length, n_windows, draws
    )
    loader = piece_loader(source, sampler, settings.n_workers, device.type == "cuda")
    held_out = list(
        ordered_batches(source, validation, settings.sequence_length, n_windows, _MAX_VALIDATION)
    )
    mask_seed = rng.randint(2**31 - 1)
    history, best, best_state, waited = [], np.inf, copy.deepcopy(network.state_dict()), 0
    for epoch in range(settings.max_epochs):
        begin = time.perf_counter()
        record = {"epoch": epoch, **_train_epoch(heads, loader, objective, optimizer, device)}
        judged = record["loss"]
        if held_out:
            judged = held_out_loss(network, held_out, objective, device, mask_seed)
            record["validation"] = judged
        judged = average_over_processes(judged, device)
        scheduler.step(judged)
        record["learning_rate"] = optimizer.param_groups[0]["lr"]
        record["seconds"] = time.perf_counter() - begin
        record["best"] = judged < best
        history.append(record)
        if record["best"]:
            best, best_state, waited = judged, copy.deepcopy(network.state_dict()), 0
        else:
            waited += 1
        if on_epoch(record) or waited > settings.patience:
            break
    network.load_state_dict(best_state)
    network.eval().to("cpu")
    return history


def _train_epoch(heads, loader, objective, optimizer, device) -> dict:
    heads.train()
    totals, n = {}, 0
    # bfloat16 has float32's range, so gradients need no scaling
    precision = torch.autocast("cuda", torch.bfloat16) if device.type == "cuda" else nullcontext()
    for batch in loader:
        with precision:
            losses = objective(heads, *(part.to(device, non_blocking=True) for part in batch))
        optimizer.zero_grad(set_to_none=True)
        losses["loss"].backward()
        torch.nn.utils.clip_grad_norm_(heads.parameters(), 1.0)
        optimizer.step()
        for part, loss in losses.items():
            totals[part] = totals.get(part, 0.0) + loss.detach()
        n += 1
    return {part: float(total) / n for part, total in totals.items()}
