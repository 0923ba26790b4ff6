import numpy as np

from kerasgen.layers import MinibatchDiscrimination
from tests.layers.layer_case import LayerCase
from tests.tensors import array, tensor


class TestMinibatchDiscrimination(LayerCase):
    layer = MinibatchDiscrimination
    arguments = {"kernels": 2, "dimensions": 3}
    shapes = ((3, 5),)
    depends_on_the_batch = True

    def expected(self, weights, x, training):
        m = (x @ weights["t"]).reshape(len(x), 2, 3)
        distances = np.abs(m[:, None] - m[None, :]).sum(axis=-1)
        return np.concatenate([x, np.exp(-distances).sum(axis=1) - 1], axis=-1)

    def make(self, **options):
        layer = super().make(**options)
        layer.projection.assign(array(layer.projection) / 5)  # distances of about 1
        return layer


def test_identical_samples_count_and_distant_ones_do_not():
    layer = MinibatchDiscrimination(kernels=2, dimensions=3)
    identical = array(layer(tensor(np.ones((4, 5)))))
    np.testing.assert_allclose(identical[:, 5:], 3.0)  # exp(0) for each of three others
    distant = array(layer(tensor(1e4 * np.eye(4, 5))))
    np.testing.assert_allclose(distant[:, 5:], 0.0, atol=1e-5)


def test_a_single_sample_has_no_similarities():
    np.testing.assert_allclose(array(MinibatchDiscrimination()(tensor(np.ones((1, 5)))))[:, 5:], 0.0, atol=1e-6)
