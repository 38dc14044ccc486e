"""scikit-learn's own checks of the encoder."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from mne_arousal import PSGEncoder

TINY = {"sfreq": 10.0, "n_filters": 2, "n_embedding": 8, "n_hidden": 4, "n_projection": 4}


@parametrize_with_checks(
    [
        PSGEncoder(3, max_epochs=2, steps_per_epoch=2, **TINY),
        PSGEncoder(3, sequence=False, view_weight=0, max_epochs=1, steps_per_epoch=2, **TINY),
    ]
)
def test_sklearn_checks(estimator, check):
    check(estimator)
