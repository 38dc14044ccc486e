"""Callbacks of scikit-learn (experimental since 1.9), where they are installed."""

from __future__ import annotations

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # scikit-learn before 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stand-in without ``set_callbacks``."""

    def with_callbacks(method):
        """Return the method as it is.

        Parameters
        ----------
        method : callable
            Method.

        Returns
        -------
        method : callable
            The same.
        """
        return method


def epoch_reports(encoder):
    """Make a function that tells scikit-learn's callbacks of each epoch.

    Parameters
    ----------
    encoder : PSGEncoder
        Encoder about to be trained.

    Returns
    -------
    report : callable
        To be called with the record of each epoch; True asks to stop.
    """
    if not hasattr(encoder, "_init_callback_context"):
        return lambda record: False
    context = encoder._init_callback_context(max_subtasks=encoder.max_epochs)
    context.call_on_fit_task_begin(estimator=encoder)

    def report(record):
        epoch = context.subcontext(task_name="epoch")
        epoch.call_on_fit_task_begin(estimator=encoder)
        metadata = {"history": record}
        stop = epoch.call_on_fit_task_end(estimator=encoder, metadata=metadata)
        if stop or record["epoch"] == encoder.max_epochs - 1:
            context.call_on_fit_task_end(estimator=encoder)
        return stop

    return report
