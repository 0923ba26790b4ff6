"""The layers that models are made of, beside Keras's own."""

from kerasgen.layers.batch_normalization import BatchNormalization

__all__ = ["BatchNormalization"]
