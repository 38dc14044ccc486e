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
    if signal.shape[1] == 1:
        gram = shared_lag_sums(xp, signal[:, 0], first, hop, n_windows, n_times, n_delays)
        return xp.permute_dims(mirror(xp, gram), (3, 2, 0, 1))
    grams = [_block_gram(xp, one, first, hop, n_windows, n_times, n_delays) for one in signal]
    return xp.stack(grams, axis=1)


def _block_gram(xp, signal, first, hop, n_windows, n_times, n_delays):
    """Gram matrices of one group: products of the snapshots of a hop, added up over windows.

    The snapshots of a hop are multiplied in two parts, cut where the last hop of a window ends,
    so that nothing has to be subtracted.
    """
    width = (n_delays + 1) * signal.shape[0]
    n_blocks, rest = divmod(n_times - n_delays, hop)
    n = n_windows + n_blocks
    wanted = n * hop + n_delays
    by_time = xp.permute_dims(signal[:, first : first + wanted], (1, 0))
    if by_time.shape[0] < wanted:  # the last block is used in part only
        missing = wanted - by_time.shape[0]
        pad = xp.zeros((missing, signal.shape[0]), dtype=signal.dtype, device=signal.device)
        by_time = xp.concat([by_time, pad])
    snapshots = xp.reshape(_snapshots(xp, by_time, n * hop, n_delays), (n, hop, width))
    blocks = extended_gram(xp, snapshots[:, rest:])
    if rest:
        part = extended_gram(xp, snapshots[:, :rest])
        blocks += part
    total = _run_sums(blocks, n_blocks)[:n_windows]
    if rest:
        total = total + part[n_blocks:]
    return total


def _snapshots(xp, by_time, n: int, n_delays: int):
    """Snapshots from the first n samples of a signal (n_samples, n_channels), one a row."""
    if isinstance(by_time, np.ndarray):  # each is one stretch of memory
        flat = np.ascontiguousarray(by_time).ravel()
        c = by_time.shape[1]
        view = np.lib.stride_tricks.sliding_window_view(flat, (n_delays + 1) * c)
        return np.ascontiguousarray(view[: n * c : c])
    return xp.stack([by_time[i : i + n] for i in range(n_delays + 1)], axis=1)


def shared_lag_sums(xp, signal, first: int, hop: int, n_windows: int, n_times: int, n_delays: int):
    """Gram matrices of overlapping windows of single channels, upper triangles, windows last.

    Parameters
    ----------
    xp : module
        Array namespace.
    signal : array, shape (n_groups, n_samples)
        Continuous signal of each group without NaN.
    first, hop, n_windows, n_times, n_delays : int
        As for `shared_extended_gram`.

    Returns
    -------
    gram : array, shape (d + 1, d + 1, n_groups, n_windows)
        Zeros below the diagonal.
    """
    d, n_columns = n_delays, n_times - n_delays
    n_blocks, rest = divmod(n_columns - d, hop)
    phases = _phases(xp, signal, first, hop, n_windows + n_blocks + 2 + 2 * d // hop)

    def rows(begin, stop, n):
        """Samples `begin` to `stop` of each window, and of n - n_windows windows after the last."""
        some = [phases[t % hop][:, t // hop : t // hop + n] for t in range(begin, stop)]
        return xp.stack(some)

    block = rows(d, 2 * d + hop, n_windows + n_blocks)  # what every i covers starts at d
    head, tail = rows(0, 2 * d, n_windows), rows(n_columns, n_columns + d, n_windows)
    shape = d + 1, d + 1, signal.shape[0], n_windows
    gram = xp.zeros(shape, dtype=signal.dtype, device=signal.device)
    for lag in range(d + 1):
        part = xp.sum(block[:rest] * block[lag : lag + rest], axis=0)
        whole = xp.sum(block[rest:hop] * block[rest + lag : hop + lag], axis=0) + part
        total = _run_sums(xp.permute_dims(whole, (1, 0)), n_blocks)[:n_windows]
        total = xp.permute_dims(total, (1, 0)) + part[:, n_blocks:]
        before, after = head[:d] * head[lag : lag + d], tail[: d - lag] * tail[lag:]
        sums = [total]
        for i in range(d - 1, -1, -1):
            sums.append(sums[-1] + before[i])
        sums = sums[::-1]
        gram[0, lag] = sums[0]
        behind = after[0] if lag < d else None
        for i in range(1, d + 1 - lag):
            gram[i, i + lag] = sums[i] + behind
            if i < d - lag:
                behind = behind + after[i]
    return gram


def mirror(xp, upper):
    """Whole symmetric matrices, shape (m, m, ...), of their upper triangles."""
    m = upper.shape[0]
    whole = xp.zeros_like(upper)
    for i in range(m):
        whole[i, i:] = upper[i, i:]
        whole[i:, i] = upper[i, i:]
    return whole


def _phases(xp, signal, first, hop, n):
    """Samples by their place in a hop, shape (hop, n_groups, n); zeros beyond the signal's end."""
    part = signal[:, first : first + n * hop]
    missing = n * hop - part.shape[1]
    if missing > 0:
        pad = xp.zeros((part.shape[0], missing), dtype=part.dtype, device=part.device)
        part = xp.concat([part, pad], axis=1)
    return xp.permute_dims(xp.reshape(part, (-1, n, hop)), (2, 0, 1))


def _run_sums(blocks, length: int):
    """Sums of `length` consecutive blocks, by doubling."""
    n = blocks.shape[0] - length + 1
    total, done = None, 0
    power, width = blocks, 1  # sums of `width` consecutive blocks
    while done < length:
        if length & width:
            part = power[done : done + n]
            total = part if total is None else total + part
            done += width
        if done < length:
            power = power[:-width] + power[width:]
            width *= 2
    return total
