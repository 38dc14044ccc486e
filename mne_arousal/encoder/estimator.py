"""The encoder as a scikit-learn transformer."""

from __future__ import annotations

from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from .parameters import CONSTRAINTS
from .prepared import encode_prepared, prepare_windows
from .results import EncoderResults
from .training.callbacks import CallbackSupportMixin, with_callbacks


class PSGEncoder(EncoderResults, CallbackSupportMixin, TransformerMixin, BaseEstimator):
    """Encode windows of polysomnography by a CNN and an LSTM trained without labels.

    Each window becomes a log spectrogram (bands fixed in Hz, and a level). A CNN embeds it, a
    bidirectional LSTM along touching windows of the same recording puts it in context, and a linear
    layer gives the latent. Training hides spans of windows and rebuilds their log spectra from the
    latent; behind a projector, it may also be contrasted between augmented views and neighbors.

    Parameters
    ----------
    n_latent : int
        Length of the latent, i.e. number of features.
    sfreq : float | None
        Sampling frequency of plain arrays in Hz; a windows dataset tells its own.
    channels : list of str | None
        Labels ``"role:name"`` of the channels of plain arrays.
    roles : tuple of str | None
        Roles of the channels to use; None uses all. Without any such channel all are used.
    target : {"spectrum", "body"}
        ``"spectrum"`` rebuilds spectra alone. With ``"body"`` the network sees EEG and EOG and also
        predicts heart rate, breath amplitude, level of the chin EMG and movement over the ten
        seconds from each window on, as far as the windows carry channels that tell them (those of
        ``PSGWindower(body=True)``), and the spectrum of each window from its past and from both
        sides. It takes consecutive windows.
    n_folds : int
        Stretches of each recording that `fit_transform` predicts by networks trained on the others.
    body_weight, foresight_weight : float
        Weights of predicting the body and spectra that the network did not see.
    sequence : bool | "auto"
        True takes rows as consecutive, False encodes each by itself. ``"auto"`` takes 3-D arrays
        and datasets as consecutive, and 2-D arrays, whose rows have no known order, singly.
    sequence_length : int
        Windows (touching, not overlapping) in a training sequence.
    module : torch.nn.Module | None
        A network of your own in place of the CNN, such as braindecode's with
        ``return_feats=True``. It reads signals, ``(n, n_channels, n_times)``, divided by their
        typical amplitude, and returns features. It is copied, and trained with the rest.
    weights : "default" | path-like | None
        Weights to start from: the package's, or a file that ``save`` wrote. Channels are mapped
        by role. None starts from random weights. With ``max_epochs=0``, or without ``fit``,
        they are used as they are.
    n_filters, n_embedding, n_hidden : int
        Filters of the first convolution, length of a window's embedding and LSTM units in
        each direction. ``n_hidden=0`` leaves the LSTM out.
    n_projection : int
        Length of the projection that the contrasts see.
    frame_length, frame_hop : float
        Short-time Fourier frames, s; a shorter window is one frame.
    mask_ratio : float
        Share of windows (of bands, for lone windows) that training hides.
    mask_span : int
        Windows hidden in a row.
    reconstruction_weight, view_weight, neighbor_weight : float
        Weights of rebuilding the log spectrum, of the contrast between augmented views
        and of the contrast between neighbors in time. The contrasts are off: they did not
        help stages on the night measured.
    cross_modal_weight : float
        Weight of predicting the level of chin EMG and EOG from a latent made of EEG alone.
        When positive, and there are such channels, the predictions are further features.
    contrast : "ntxent" | "vicreg"
        Kind of contrast (Chen et al. 2020; Bardes et al. 2022).
    temperature : float
        Of NT-Xent.
    augmentation : braindecode.augmentation.Transform | None
        Makes a view from log spectrograms, ``(n, n_channels, n_frames * n_features)``, or from
        signals when there is a `module`. None adds noise, gaps and lost channels.
    max_epochs, steps_per_epoch, batch_size : int
        Most epochs, steps in each, sequences in a step: they bound training, not the recordings.
    learning_rate : float
        Of Adam; halved when the validation loss does not fall.
    patience : int
        Epochs without improvement before training stops.
    validation_fraction : float
        Share of the windows held out, in stretches of time, to judge epochs by; 0 judges
        by the training loss.
    n_workers : int
        Processes that load batches; 0 loads in this one, as when spectrograms fit on a GPU.
    cache : path-like | None
        Folder for spectrograms while training on more recordings than memory holds (about
        30 MB for 8 h of 4 channels); None keeps them in memory.
    device : str
        ``"auto"``, ``"cpu"`` or a PyTorch device.
    random_state : int | RandomState | None
        Seed; equal seeds give equal results on a CPU.
    verbose : bool | str | int | None
        MNE's verbosity.

    Attributes
    ----------
    network_ : torch.nn.Module
        Trained network, on the CPU.
    history_ : pandas.DataFrame
        Losses by part, validation loss, learning rate and time of each epoch.
    center_, scale_ : array, shape (n_channels, n_features)
        Median and robust standard deviation of the log spectrogram (log10 of V²/Hz).
    band_edges_ : array, shape (n_bands + 1,)
        Of the bands, Hz.
    channels_ : list of str
        Labels of the channels used.
    targets_ : list of str
        What is predicted of the body, of ``"heart"``, ``"breath"``, ``"muscle"``, ``"movement"``.
    n_channels_in_, n_times_in_, n_features_in_ : int
        Shape of the windows seen in fit.
    sfreq_ : float
        Their sampling frequency, Hz.

    Notes
    -----
    Recordings of half an hour or more are standardized by their own statistics, shorter
    ones and windows of unknown order by those of the fit. Windows that contain NaN get
    NaN features and end a sequence, as gaps and recordings do.

    Examples
    --------
    >>> import numpy as np
    >>> from mne_arousal import PSGEncoder
    >>> X = np.random.default_rng(0).normal(scale=1e-5, size=(200, 2, 200))
    >>> encoder = PSGEncoder(n_latent=4, sfreq=100, max_epochs=1, random_state=0)
    >>> encoder.fit_transform(X).shape
    (200, 4)
    """

    _parameter_constraints = CONSTRAINTS

    def __init__(
        self,
        n_latent=16,
        *,
        sfreq=None,
        channels=None,
        roles=("eeg", "eog", "emg"),
        target="spectrum",
        n_folds=5,
        body_weight=1.0,
        foresight_weight=1.0,
        sequence="auto",
        sequence_length=64,
        module=None,
        weights=None,
        n_filters=16,
        n_embedding=64,
        n_hidden=32,
        n_projection=32,
        frame_length=1.0,
        frame_hop=0.5,
        mask_ratio=0.3,
        mask_span=5,
        reconstruction_weight=1.0,
        view_weight=0.0,
        neighbor_weight=0.0,
        cross_modal_weight=0.0,
        contrast="ntxent",
        temperature=0.2,
        augmentation=None,
        max_epochs=20,
        steps_per_epoch=20,
        batch_size=16,
        learning_rate=3e-3,
        patience=5,
        validation_fraction=0.1,
        n_workers=0,
        cache=None,
        device="auto",
        random_state=None,
        verbose=None,
    ):
        self.n_latent = n_latent
        self.sfreq = sfreq
        self.channels = channels
        self.roles = roles
        self.target = target
        self.n_folds = n_folds
        self.body_weight = body_weight
        self.foresight_weight = foresight_weight
        self.sequence = sequence
        self.sequence_length = sequence_length
        self.module = module
        self.weights = weights
        self.n_filters = n_filters
        self.n_embedding = n_embedding
        self.n_hidden = n_hidden
        self.n_projection = n_projection
        self.frame_length = frame_length
        self.frame_hop = frame_hop
        self.mask_ratio = mask_ratio
        self.mask_span = mask_span
        self.reconstruction_weight = reconstruction_weight
        self.view_weight = view_weight
        self.neighbor_weight = neighbor_weight
        self.cross_modal_weight = cross_modal_weight
        self.contrast = contrast
        self.temperature = temperature
        self.augmentation = augmentation
        self.max_epochs = max_epochs
        self.steps_per_epoch = steps_per_epoch
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.n_workers = n_workers
        self.cache = cache
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    def fit(self, X, y=None):
        """Learn to encode windows.

        Parameters
        ----------
        X : array, shape (n_windows, n_channels, n_times) or (n_windows, n_times) | Dataset
            Windows in V.
        y : None
            Ignored.

        Returns
        -------
        self : PSGEncoder
            The fitted encoder.
        """
        from .training.fitting import fit_encoder

        fit_encoder(self, X)
        return self

    @with_callbacks
    def fit_transform(self, X, y=None):
        """Learn to encode windows and encode them, preparing them once.

        With ``target="body"``, predictions are cross-fitted: each stretch of a recording is
        predicted by a network that was trained on the others, at least 60 s away. ``transform``
        asks the network that saw them all, so that it answers otherwise, as that of
        :class:`sklearn.preprocessing.TargetEncoder` does.

        Parameters
        ----------
        X : array, shape (n_windows, n_channels, n_times) or (n_windows, n_times) | Dataset
            Windows in V.
        y : None
            Ignored.

        Returns
        -------
        latent : array or DataFrame, shape (n_windows, n_features)
            As `transform` returns it.
        """
        from .training.cross_fitting import fit_and_foresee

        return encode_prepared(self, *fit_and_foresee(self, X))

    @with_callbacks
    def partial_fit(self, X, y=None):
        """Go on training, on further windows; the first call is ``fit``.

        The latent keeps its coordinates, so that features of before and after can be compared.

        Parameters
        ----------
        X : array, shape (n_windows, n_channels, n_times) or (n_windows, n_times) | Dataset
            Windows in V, of the shape and rate seen before.
        y : None
            Ignored.

        Returns
        -------
        self : PSGEncoder
            The encoder.
        """
        from .training.fitting import continue_fit, fit_encoder

        if hasattr(self, "network_"):
            continue_fit(self, X)
        else:
            fit_encoder(self, X)
        return self

    def transform(self, X):
        """Encode windows.

        Parameters
        ----------
        X : array, shape (n_windows, n_channels, n_times) or (n_windows, n_times) | Dataset
            Windows in V, of the shape and rate seen in fit.

        Returns
        -------
        latent : array or DataFrame, shape (n_windows, n_features)
            Latents and what is foreseen; a DataFrame indexed by recording and onset (s) when X
            carries times.
        """
        if self.weights is not None and not hasattr(self, "network_"):
            return clone(self).set_params(max_epochs=0).fit_transform(X)
        check_is_fitted(self)
        return encode_prepared(self, prepare_windows(self, X))

    def score(self, X, y=None):
        """Tell how well hidden windows are rebuilt from those around them.

        Parameters
        ----------
        X : array, shape (n_windows, n_channels, n_times) or (n_windows, n_times) | Dataset
            Windows in V, best unseen in fit.
        y : None
            Ignored.

        Returns
        -------
        score : float
            Negative mean squared error of standardized log spectra, with the same masks
            at every call; hidden and visible windows weigh the same.
        """
        from .training.fitting import score_windows

        check_is_fitted(self)
        _, source, sequential = prepare_windows(self, X)
        return score_windows(self, source, sequential)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.non_deterministic = False
        return tags
