import numpy as np

from kerasgen.layers import TimeEmbedding
from tests.layers.layer_case import LayerCase


class TestTimeEmbedding(LayerCase):
    layer = TimeEmbedding
    arguments = {"dim": 6, "largest": 100.0}
    shapes = ((5,),)

    def expected(self, weights, times, training):
        phases = times[:, None] * np.array([1.0, 10.0, 100.0])
        return np.concatenate([np.cos(phases), np.sin(phases)], axis=1)

    tolerance = 1e-4
