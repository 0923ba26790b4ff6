import numpy as np

from kerasgen.layers import FourierFeatures
from tests.layers.layer_case import LayerCase


class TestFourierFeatures(LayerCase):
    layer = FourierFeatures
    arguments = {"count": 3}
    shapes = ((5, 2),)

    def expected(self, weights, x, training):
        phases = np.concatenate([x, 2 * x, 4 * x], axis=1)
        return np.concatenate([x, np.sin(phases), np.cos(phases)], axis=1)

    tolerance = 1e-5
