"""What the page needs to decode: test images, their latents, and axes."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

import kerasgen
from kerasgen.data.pixels import as_floats
from kerasgen.report.live import read_decoder

pytestmark = pytest.mark.once

DIGITS = kerasgen.data.load("digits", image_size=8)


def floats(text):
    return np.frombuffer(base64.b64decode(text), "<f4")


def create(latent_dim, name="vae"):
    return kerasgen.create(name, image_size=8, hidden_dim=8, latent_dim=latent_dim)


def test_the_dots_are_test_images_at_their_means():
    model = create(2)
    live, _ = read_decoder(model, DIGITS)
    dots = live["dots"]
    means = floats(dots["means"]).reshape(-1, 2)
    np.testing.assert_allclose(means, model.encode(DIGITS.test[:]), rtol=1e-5, atol=1e-6)
    assert dots["labels"] == DIGITS.test.labels.tolist()
    sprite = np.asarray(Image.open(io.BytesIO(base64.b64decode(dots["sprite"].split(",")[1]))).convert("L")) / 255
    row, column = divmod(17, dots["columns"])
    shown = sprite[8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
    assert np.abs(shown - as_floats(DIGITS.test[17])[..., 0]).max() < 0.04


def test_two_latents_are_their_own_axes_and_more_have_principal_axes():
    live, _ = read_decoder(create(2), DIGITS)
    np.testing.assert_array_equal(floats(live["axes"]).reshape(2, 2), np.eye(2))
    assert min(live["ranges"]) >= 3
    live, _ = read_decoder(create(5), DIGITS)
    axes = floats(live["axes"]).reshape(5, 5)
    np.testing.assert_allclose(axes @ axes.T, np.eye(5), atol=1e-5)
    assert live["shares"] == sorted(live["shares"], reverse=True)
    assert sum(live["shares"]) == pytest.approx(1)


def test_every_dot_is_on_the_pad():
    live, _ = read_decoder(create(5), DIGITS)
    means = floats(live["dots"]["means"]).reshape(-1, 5) - floats(live["center"])
    coordinates = means @ floats(live["axes"]).reshape(5, 5).T
    assert (np.abs(coordinates) <= live["ranges"]).all()


def test_a_single_latent_and_an_autoencoder_have_axes():
    live, _ = read_decoder(create(1), DIGITS)
    assert len(live["ranges"]) == 1
    live, _ = read_decoder(create(3, "autoencoder"), DIGITS)
    assert not live["has_prior"]


def test_the_output_maps_of_the_models():
    maps = {
        "vae": read_decoder(create(2))[0]["output_map"],
        "gan": read_decoder(create(2, "gan"))[0]["output_map"],
        "gaussian": read_decoder(kerasgen.create("vae", image_size=8, hidden_dim=4, likelihood="gaussian"))[0][
            "output_map"
        ],
    }
    assert maps == {"vae": "sigmoid", "gan": "from_minus_one", "gaussian": "identity"}


def test_models_without_a_decoder_of_images():
    points = kerasgen.zoo.get("gan").create((2,), hidden_dim=4)
    assert read_decoder(points) == (None, None)
    four = kerasgen.zoo.get("vae").create((8, 8, 4), hidden_dim=4)
    assert "4" in read_decoder(four)[1]
    large = kerasgen.create("vae", hidden_dim=1200)
    assert "2,000,000" in read_decoder(large)[1]
