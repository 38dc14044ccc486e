"""Checks of parameters that several estimators share."""

from __future__ import annotations

from numbers import Integral, Real


def check_counts(estimator, names: tuple[str, ...]) -> None:
    """Check that parameters are positive whole numbers.

    Parameters
    ----------
    estimator : BaseEstimator
        Estimator that has them.
    names : tuple of str
        Their names.

    Raises
    ------
    ValueError
        If one is not; the message names it.
    """
    for name in names:
        value = getattr(estimator, name)
        if not isinstance(value, Integral) or value < 1:
            raise ValueError(f"{name} must be a positive whole number, got {value!r}.")


def check_positive(estimator, names: tuple[str, ...], unit: str) -> None:
    """Check that parameters are positive numbers.

    Parameters
    ----------
    estimator : BaseEstimator
        Estimator that has them.
    names : tuple of str
        Their names.
    unit : str
        Their unit, for the message.

    Raises
    ------
    ValueError
        If one is not; the message names it.
    """
    for name in names:
        value = getattr(estimator, name)
        if not isinstance(value, Real) or not float(value) > 0:
            raise ValueError(f"{name} must be a positive number ({unit}), got {value!r}.")
