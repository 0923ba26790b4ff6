"""The layers that models are made of, beside Keras's own."""

from kerasgen import _registration
from kerasgen.layers.batch_normalization import BatchNormalization
from kerasgen.layers.corruption import CORRUPTIONS
from kerasgen.layers.minibatch_discrimination import MinibatchDiscrimination
from kerasgen.layers.spectral_normalization import SpectralNormalization
from kerasgen.layers.weights_mean import WeightsMean

__all__ = ["CORRUPTIONS", "BatchNormalization", "MinibatchDiscrimination", "SpectralNormalization", "WeightsMean"]

_registration.register()
