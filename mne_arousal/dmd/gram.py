"""Gram matrices of delay-embedded windows, with the sums shared between windows.

A window ``x[s], ..., x[s + n - 1]`` embedded with `d` delays has the snapshots
``(x[s + t], ..., x[s + t + d - 1])``. The *extended* Gram matrix has one delay more,
so that it holds ``X Xᵀ``, ``Y Xᵀ`` and ``Y Yᵀ`` of the snapshot pairs (X, Y) as blocks:
entry ``(i, j)`` is the sum over ``t = 0, ..., n - d - 1`` of ``x[s + i + t] x[s + j + t]``.

Each entry is a sum over consecutive products of the signal with itself `j - i` samples
later. Windows that overlap share most of these products. The shared sums here only ever
*add*: a running sum that also subtracts what leaves the window would carry the rounding
error of a large artifact through the rest of the night.
"""

from __future__ import annotations

import numpy as np


def embed(xp, windows, n_delays: int):
    """Embed windows with delays.

    Parameters
    ----------
    xp : module
        Array namespace.
    windows : array, shape (n_windows, n_groups, n_channels, n_times)
        Signal.
    n_delays : int
        Delays d.

    Returns
    -------
    embedded : array, shape (n_windows, n_groups, n_times - d + 1, d * n_channels)
        One snapshot a row, delays slow and channels fast.
    """
    n, g, c, n_times = windows.shape
    n_snapshots = n_times - n_delays + 1
    columns = [windows[..., i : i + n_snapshots] for i in range(n_delays)]
    stacked = xp.stack(columns, axis=-1)  # (n, g, c, snapshots, d)
    return xp.reshape(xp.permute_dims(stacked, (0, 1, 3, 4, 2)), (n, g, n_snapshots, n_delays * c))


def extended_gram(xp, embedded):
    """Gram matrix of each window, by itself.

    Parameters
    ----------
    xp : module
        Array namespace.
    embedded : array, shape (..., n_snapshots, n_rows)
        Windows embedded with one delay more than the decomposition has.

    Returns
    -------
    gram : array, shape (..., n_rows, n_rows)
        Sum of the snapshots' outer products.
    """
    return xp.matrix_transpose(embedded) @ embedded


def can_share(starts: np.ndarray, n_times: int, n_delays: int) -> bool:
    """Tell whether windows overlap on a regular grid, so that sums can be shared."""
    if len(starts) < 2:
        return False
    hop = int(starts[1] - starts[0])
    return 0 < hop < n_times - 2 * n_delays and bool(np.all(np.diff(starts) == hop))


def shared_extended_gram(xp, signal, first: int, hop: int, n_windows: int, n_times: int, n_delays):
    """Gram matrices of overlapping windows, paying once for what they share.

    The products of one lag are summed in blocks of one hop; windows add up the blocks that they
    cover (by doubling: ``log2`` of the number of blocks additions a window), and a few samples at
    each end, which tell the entries of a diagonal apart.

    Parameters
    ----------
    xp : module
        Array namespace.
    signal : array, shape (n_groups, n_channels, n_samples)
        Continuous signal without NaN.
    first, hop : int
        Start of the first window, and from one window to the next, samples.
    n_windows, n_times, n_delays : int
        Number and length of windows, and delays d; `can_share` says for which.

    Returns
    -------
    gram : array, shape (n_windows, n_groups, (d + 1) * n_channels, (d + 1) * n_channels)
        What `extended_gram` gives for each window, to rounding.
    """
    g, c = signal.shape[:2]
    d = n_delays
    n_columns = n_times - d
    gram = xp.zeros((n_windows, g, d + 1, c, d + 1, c), dtype=signal.dtype, device=signal.device)
    for lag in range(d + 1):
        end = signal.shape[-1] - lag
        products = signal[:, :, None, :end] * signal[:, None, :, lag:]  # (g, c, c, end)
        sums = _diagonal_sums(xp, products, first, hop, n_windows, n_columns, d)
        for i in range(d + 1 - lag):
            entry = xp.permute_dims(sums[..., i], (3, 0, 1, 2))  # (windows, g, c, c)
            gram[:, :, i, :, i + lag, :] = entry
            if lag:
                gram[:, :, i + lag, :, i, :] = xp.permute_dims(entry, (0, 1, 3, 2))
    return xp.reshape(gram, (n_windows, g, (d + 1) * c, (d + 1) * c))


def _diagonal_sums(xp, products, first, hop, n_windows, n_columns, n_delays):
    """Sums over ``n_columns`` products from ``start + i``, for i = 0, ..., n_delays.

    Returns an array, shape (..., n_windows, n_delays + 1).
    """
    lead = products.shape[:-1]
    n_blocks, rest = divmod(n_columns - n_delays, hop)
    begin = first + n_delays  # what every i covers starts here
    total = n_windows + n_blocks - 1
    blocks = xp.reshape(products[..., begin : begin + total * hop], (*lead, total, hop))
    middle = _run_sums(xp, xp.sum(blocks, axis=-1), n_blocks)
    if rest:
        middle = middle + xp.sum(
            _every(xp, products, begin + n_blocks * hop, hop, n_windows, rest), axis=-1
        )
    sums = xp.zeros((*lead, n_windows, n_delays + 1), dtype=products.dtype, device=products.device)
    sums += middle[..., None]
    if n_delays:
        head = _every(xp, products, first, hop, n_windows, n_delays)
        tail = _every(xp, products, first + n_columns, hop, n_windows, n_delays)
        sums[..., :-1] += xp.flip(xp.cumulative_sum(xp.flip(head, axis=-1), axis=-1), axis=-1)
        sums[..., 1:] += xp.cumulative_sum(tail, axis=-1)
    return sums


def _every(xp, x, begin, hop, n, width):
    """Take ``x[begin + k * hop : begin + k * hop + width]`` for k = 0, ..., n - 1.

    Reads zeros beyond the end, which only the lags that no entry uses reach.
    """
    missing = begin + (n - 1) * hop + max(hop, width) - x.shape[-1]
    part = x[..., begin:]
    if missing > 0:
        pad = xp.zeros((*x.shape[:-1], missing), dtype=x.dtype, device=x.device)
        part = xp.concat([part, pad], axis=-1)
    if width <= hop:
        return xp.reshape(part[..., : n * hop], (*x.shape[:-1], n, hop))[..., :width]
    columns = [part[..., i : i + (n - 1) * hop + 1 : hop] for i in range(width)]
    return xp.stack(columns, axis=-1)


def _run_sums(xp, blocks, length: int):
    """Sums of `length` consecutive blocks, by doubling."""
    n = blocks.shape[-1] - length + 1
    total, done = None, 0
    power, width = blocks, 1  # sums of `width` consecutive blocks
    while done < length:
        if length & width:
            part = power[..., done : done + n]
            total = part if total is None else total + part
            done += width
        if done < length:
            power = power[..., :-width] + power[..., width:]
            width *= 2
    return total
