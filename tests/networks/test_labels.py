import keras
import numpy as np

from kerasgen.networks.labels import label_input, latent_inputs


def test_labels_become_one_hot_vectors():
    labels, one_hot = label_input(4)
    network = keras.Model(labels, one_hot)
    assert labels.dtype == "int32"
    found = network(keras.ops.convert_to_tensor(np.array([2, 0, 3], "int32")))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(found), np.eye(4)[[2, 0, 3]])


def test_latents_come_before_labels():
    network = keras.Model(*latent_inputs(2, 3))
    assert network.input_shape == [(None, 2), (None,)]
    latents = np.array([[0.5, -1.0], [2.0, 3.0]], "float32")
    inputs = [keras.ops.convert_to_tensor(latents), keras.ops.convert_to_tensor(np.array([1, 2], "int32"))]
    expected = np.concatenate([latents, np.eye(3)[[1, 2]]], axis=1)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(network(inputs)), expected)


def test_without_classes_the_latents_are_the_only_input():
    inputs, x = latent_inputs(5)
    assert inputs is x
    assert inputs.shape == (None, 5)
