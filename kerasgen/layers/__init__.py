"""Layers of the models, in addition to those of Keras."""

from kerasgen.layers.batch_normalization import BatchNormalization
from kerasgen.layers.causal_convolution import CausalConv2D
from kerasgen.layers.code_book import CodeBook
from kerasgen.layers.convolutions import Conv2D, Conv2DTranspose
from kerasgen.layers.corruption import CORRUPTIONS
from kerasgen.layers.coupling import Coupling
from kerasgen.layers.dense import Dense
from kerasgen.layers.flow import Flow
from kerasgen.layers.fourier_features import FourierFeatures
from kerasgen.layers.group_normalization import GroupNormalization
from kerasgen.layers.image_pool import POOL_NOISE, ImagePool
from kerasgen.layers.instance_normalization import InstanceNormalization
from kerasgen.layers.jitter import JITTER_NOISE, jittered
from kerasgen.layers.masked_dense import ORDERS, MaskedDense, mask_degrees
from kerasgen.layers.minibatch_discrimination import MinibatchDiscrimination
from kerasgen.layers.noise_dropout import NoiseDropout
from kerasgen.layers.reflection_padding import ReflectionPadding2D
from kerasgen.layers.self_attention import SelfAttention
from kerasgen.layers.spectral_normalization import SpectralNormalization
from kerasgen.layers.standardization import Standardization
from kerasgen.layers.time_embedding import TimeEmbedding
from kerasgen.layers.weights_mean import WeightsMean

__all__ = [
    "CORRUPTIONS",
    "JITTER_NOISE",
    "ORDERS",
    "POOL_NOISE",
    "BatchNormalization",
    "CausalConv2D",
    "CodeBook",
    "Conv2D",
    "Conv2DTranspose",
    "Coupling",
    "Dense",
    "Flow",
    "FourierFeatures",
    "GroupNormalization",
    "ImagePool",
    "InstanceNormalization",
    "MaskedDense",
    "MinibatchDiscrimination",
    "NoiseDropout",
    "ReflectionPadding2D",
    "SelfAttention",
    "SpectralNormalization",
    "Standardization",
    "TimeEmbedding",
    "WeightsMean",
    "jittered",
    "mask_degrees",
]
