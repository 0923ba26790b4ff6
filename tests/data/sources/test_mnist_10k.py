"""The bundled excerpt of MNIST."""

import hashlib

import numpy as np
import pytest

from kerasgen import data
from kerasgen.data.sources import mnist_10k

pytestmark = pytest.mark.once


def test_the_images_and_labels_are_those_of_mnist():
    dataset = data.load("mnist-10k")
    assert (dataset.name, dataset.sample_shape, dataset.num_classes) == ("mnist-10k", (28, 28, 1), 10)
    assert (len(dataset.train), len(dataset.test)) == (10_000, 2_000)
    assert dataset.train[:].dtype == np.uint8
    assert dataset.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert dataset.test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert hashlib.sha256(mnist_10k.FILE.read_bytes()).hexdigest().startswith("19a7e3f047ccec02")


def test_its_licence_and_credit_are_beside_it():
    text = mnist_10k.FILE.with_name("mnist-10k.LICENSE.txt").read_text()
    assert all(words in text for words in ("CC BY-SA 3.0", "LeCun", "Cortes", "NIST", "by-sa/3.0"))


@pytest.mark.parametrize("size", [8, 32])
def test_images_of_another_size_are_resized_when_they_are_read(size):
    dataset = data.load("mnist-10k", image_size=size)
    assert dataset.sample_shape == (size, size, 1)
    assert dataset.fingerprint != data.load("mnist-10k").fingerprint
    small, full = (each.test[:20] / 255.0 for each in (dataset, data.load("mnist-10k")))
    assert small.shape == (20, size, size, 1)
    np.testing.assert_allclose(small.mean((1, 2, 3)), full.mean((1, 2, 3)), atol=0.02)
