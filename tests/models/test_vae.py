import keras
import numpy as np
import pytest

import kerasgen
from kerasgen import zoo
from kerasgen.errors import DataError, UsageError
from kerasgen.models import Batch
from tests.compiled import compiled
from tests.metrics.linear_vae import linear_vae
from tests.models.model_case import ModelCase, values


class TestVAE(ModelCase):
    represents_the_backend = True
    recipe = "vae"
    options = {"hidden_dim": 12, "latent_dim": 3}
    logged = {"loss", "reconstruction_error", "kl_divergence"}
    players = {"model": ""}

    def turn(self, model, player, batch):
        noise = {"latents": keras.ops.ones((8, 1, 3))}
        model.minimize(player, lambda: model.compute_losses(Batch(batch), noise, training=True))

    def test_loss_is_the_sum_of_its_parts(self):
        keras.utils.set_random_seed(0)
        model = kerasgen.create(self.recipe, image_size=8, beta=3.0, **self.options)
        logs = model.evaluate(self.images(), verbose=0, return_dict=True)
        assert logs["loss"] == pytest.approx(logs["reconstruction_error"] + 3.0 * logs["kl_divergence"], rel=1e-5)

    def test_encode_decode_reconstruct(self):
        model, images = self.model(), self.images(5)
        latents = model.encode(images)
        assert latents.shape == (5, 3)
        np.testing.assert_allclose(model.decode(latents), model.reconstruct(images), atol=1e-6)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(model(images)), model.reconstruct(images), atol=1e-5)
        for predicted in (model.encode, lambda x: model.predict(x, verbose=0)):
            of_bytes = predicted((images * 255).round().astype("uint8"))
            np.testing.assert_allclose(of_bytes, predicted(images), atol=0.02)
        with pytest.raises(DataError, match="there are no images"):
            model.encode(images[:0])

    def test_what_it_is_evaluated_and_validated_with_is_checked_too(self):
        model, images = self.model(), self.images()
        for given in (images * 255, (images * 255).astype("int64")):
            with pytest.raises(DataError, match="divide by 255"):
                model.evaluate(given, verbose=0)
            for validation in (given, (given,)):
                with pytest.raises(DataError, match="divide by 255"):
                    model.fit(images, validation_data=validation, verbose=0)
        assert int(keras.ops.convert_to_numpy(model.optimizer.iterations)) == 0

    @pytest.mark.parametrize("n", [0, -1, 1.5, "3"])
    def test_no_images_cannot_be_generated(self, n):
        with pytest.raises(UsageError, match=r"must be a whole number of [01] or more"):
            self.model_anew().generate(n)
        with pytest.raises(UsageError, match="seed is -1"):
            self.model_anew().generate(1, seed=-1)

    def test_interpolate_starts_and_ends_at_the_reconstructions(self):
        model, images = self.model(), self.images(6)
        way = model.interpolate(images[:3], images[3:], steps=4)
        assert way.shape == (3, 4, 8, 8, 1)
        np.testing.assert_allclose(way[:, 0], model.reconstruct(images[:3]), atol=1e-6)
        np.testing.assert_allclose(way[:, -1], model.reconstruct(images[3:]), atol=1e-6)
        with pytest.raises(UsageError, match="of 2 or more"):
            model.interpolate(images[:3], images[3:], steps=1)
        with pytest.raises(UsageError, match="start has 3 images, end 2"):
            model.interpolate(images[:3], images[:2])

    def test_the_gaussian_likelihood_takes_data_of_any_range(self):
        keras.utils.set_random_seed(0)
        if self.recipe != "vae":
            pytest.skip("convolutions take images, which lie in [0, 1]")
        model = zoo.get("vae").create((5,), likelihood="gaussian", **self.options)
        points = 10 * np.random.default_rng(0).random((200, 5), dtype="float32") - 5
        history = model.fit(points, epochs=10, verbose=0).history
        assert history["loss"][-1] < history["loss"][0]
        assert model.reconstruct(points).min() < 0
        with pytest.raises(DataError, match=r"pass \(x \+ 1\) / 2"):
            self.model().fit(2 * self.images() - 1, verbose=0)

    @pytest.mark.slow
    def test_binarize_draws_pixels_of_0_or_1_in_every_step(self):
        keras.utils.set_random_seed(0)
        model = kerasgen.create(self.recipe, image_size=8, binarize=True, learning_rate=0.0, **self.options)
        for weight in model.decoder.weights:
            weight.assign(keras.ops.zeros(weight.shape))
        model.decoder.trainable_weights[-1].assign([20.0] * model.decoder.trainable_weights[-1].shape[0])
        for grey in (0.0, 0.3, 1.0):  # each pixel that is not 1 costs 20 nats
            images = np.full((1, 8, 8, 1), grey, "float32")
            logs = model.fit(images, epochs=6, verbose=0, validation_data=(images,)).history
            for name in ("reconstruction_error", "val_reconstruction_error"):
                zeros = np.array(logs[name]) / 20
                np.testing.assert_allclose(zeros, zeros.round(), atol=1e-4)
                np.testing.assert_allclose(zeros.mean(), 64 * (1 - grey), atol=6 * (0 < grey < 1) + 1e-4)
                assert (len(set(zeros.round())) > 1) is (grey == 0.3)

    def test_the_divergence_gets_its_weight_while_it_warms_up(self):
        keras.utils.set_random_seed(0)
        model = kerasgen.create(self.recipe, image_size=8, beta=3.0, warm_up=4, **self.options)
        model.encoder.get_layer("mean").bias.assign([1.0, 1.0, 1.0])
        for weight in (0.0, 0.75, 1.5, 2.25, 3.0, 3.0):
            logs = model.fit(self.images(8), batch_size=8, verbose=0, validation_data=(self.images(8),)).history
            logs = {name: value for name, (value,) in logs.items()}
            for prefix, beta in (("", weight), ("val_", 3.0)):
                error, divergence = logs[f"{prefix}reconstruction_error"], logs[f"{prefix}kl_divergence"]
                assert logs[f"{prefix}loss"] == pytest.approx(error + beta * divergence, rel=1e-5)
                assert divergence > 1

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"likelihood": "gaussian", "binarize": True}, "with the likelihood gaussian take binarize=False"),
            ({"activation": "tahn"}, "unknown activation 'tahn'; did you mean tanh"),
            ({"likelihood": "bernouli"}, "did you mean bernoulli"),
            ({"beta": -1.0}, "is a number of 0 or more"),
            ({"samples": 5, "beta": 2.0}, "beta is 2.0 and samples 5"),
            ({"samples": 5, "warm_up": 9}, "warm_up is 9 and samples 5"),
            ({"gradient_samples": 2}, "gradient_samples is 2 and samples 1; give fewer"),
            ({"samples": 5, "gradient_samples": 5}, "gradient_samples is 5 and samples 5; give fewer"),
            ({"gradient_samples": -1}, "is a whole number of 0 or more"),
            ({"warm_up": -1}, "is a whole number of 0 or more"),
        ],
    )
    def test_wrong_options(self, options, says):
        with pytest.raises(UsageError, match=says):
            kerasgen.create("vae", **options)


@pytest.mark.parametrize(("activation", "bounded"), [("tanh", True), ("relu", False)])
def test_the_hidden_layers_have_the_activation_that_is_asked_for(activation, bounded):
    model = kerasgen.create("vae", image_size=8, hidden_dim=4, latent_dim=2, activation=activation)
    for network in (model.encoder, model.decoder):
        first = next(layer for layer in network.layers if layer.name.startswith("dense"))
        inputs = np.random.default_rng(0).normal(0, 50, (20, *network.input_shape[1:])).astype("float32")
        outputs = keras.ops.convert_to_numpy(keras.Model(network.input, first.output)(inputs))
        assert (np.abs(outputs).max() <= 1) == bounded
        assert (outputs.min() < 0) == bounded


@pytest.mark.once  # on the other backends its step is that of the parity tests
class TestConvolutionalVAE(TestVAE):
    repeats_an_algorithm = True
    recipe = "vae-conv"
    options = {"width": 2, "hidden_dim": 8, "latent_dim": 3}


def test_networks_that_do_not_fit_are_refused():
    encoder = kerasgen.networks.dense_encoder((8, 8, 1), [4], 2)
    decoder = kerasgen.networks.dense_decoder((4, 4, 1), [4], 2)
    with pytest.raises(UsageError, match=r"\(None, 8, 8, 1\).*\(None, 4, 4, 1\)"):
        kerasgen.models.VAE(encoder, decoder)


def test_the_importance_weighted_bound_is_exact_where_the_posterior_is():
    w, x = np.array([0.8, -1.5]), np.random.default_rng(0).standard_normal((7, 2))
    exact = linear_vae(w)
    model = kerasgen.models.VAE(exact.encoder, exact.decoder, likelihood="gaussian", samples=4)
    images, noise = x.astype("float32"), np.random.default_rng(1).standard_normal((7, 4, 1))
    batch = Batch(keras.ops.array(images))
    loss, _ = model.compute_losses(batch, {"latents": keras.ops.array(noise.astype("float32"))})
    covariance = np.eye(2) + np.outer(w, w)
    expected = 0.5 * np.einsum("ni,ij,nj->n", x, np.linalg.inv(covariance), x).mean()
    expected += 0.5 * np.log(np.linalg.det(covariance))  # without 2 pi, which the loss leaves out
    assert float(keras.ops.convert_to_numpy(loss)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["vae", "cvae"])
def test_several_samples_train_and_bound_more_tightly(recipe):
    rng = np.random.default_rng(0)
    images = (rng.random((64, 1, 1, 1)) > 0.5) * np.ones((1, 8, 8, 1), "float32")
    labels = rng.integers(0, 10, 64) if recipe == "cvae" else None
    bounds = []
    for samples in (1, 50):
        keras.utils.set_random_seed(0)
        model = kerasgen.create(recipe, image_size=8, hidden_dim=12, latent_dim=3, samples=samples, learning_rate=0.01)
        bounds.append(model.evaluate(images, labels, verbose=0, return_dict=True)["loss"])
        losses = model.fit(images, labels, epochs=10, batch_size=16, verbose=0).history["loss"]
        assert losses[-1] < losses[0]
    assert bounds[1] < bounds[0]


@pytest.mark.slow
def test_few_samples_carry_the_same_gradient_on_average():
    rng = np.random.default_rng(0)
    images = keras.ops.array(rng.random((6, 8, 8, 1)).astype("float32"))
    noise = keras.ops.array(rng.standard_normal((6, 12, 3)).astype("float32"))
    keras.utils.set_random_seed(0)
    model = kerasgen.create("vae", image_size=8, hidden_dim=12, latent_dim=3, samples=12, gradient_samples=2)

    def loss_and_gradient(uniforms=None):
        model.gradient_samples = 0 if uniforms is None else 2
        given = {"latents": noise, "resample": uniforms}
        loss, _, pullback = model.differentiate(
            lambda: model.compute_losses(Batch(images), given, training=True), model.trainable_variables
        )
        return loss, pullback(keras.ops.ones(()))[0]

    bound, exact = loss_and_gradient()
    of_few, steps = compiled(loss_and_gradient), (np.arange(400, dtype="float32") + 0.5) / 400
    losses, found = zip(*[of_few(keras.ops.full((6, 1), place)) for place in steps])
    assert values(losses) == pytest.approx([float(bound)] * 400, rel=1e-6)  # what is logged is the bound of all
    for wanted, *drawn in zip(values(exact), *map(values, found)):
        scale = np.abs(wanted).max()
        np.testing.assert_allclose(np.mean(drawn, axis=0), wanted, atol=0.02 * scale)
        assert np.std(drawn, axis=0).max() > 0.01 * scale  # one draw is not the gradient of all


@pytest.mark.parametrize("recipe", ["vae", "cvae"])
def test_a_few_of_many_samples_train(recipe):
    rng = np.random.default_rng(0)
    images = (rng.random((64, 1, 1, 1)) > 0.5) * np.ones((1, 8, 8, 1), "float32")
    labels = rng.integers(0, 10, 64) if recipe == "cvae" else None
    keras.utils.set_random_seed(0)
    options = {"samples": 20, "gradient_samples": 1, "hidden_dim": 12, "latent_dim": 3, "learning_rate": 0.01}
    model = kerasgen.create(recipe, image_size=8, **options)
    losses = model.fit(images, labels, epochs=10, batch_size=16, verbose=0).history["loss"]
    assert losses[-1] < losses[0] - 10


def test_a_conditional_model_is_given_labels_that_it_knows():
    model = kerasgen.create("cvae", image_size=8, num_classes=3, hidden_dim=4, latent_dim=2)
    images = np.zeros((6, 8, 8, 1), "float32")
    for method, given in ((model.encode, images), (model.decode, np.zeros((6, 2))), (model.reconstruct, images)):
        with pytest.raises(DataError, match="whole numbers from 0 to 2"):
            method(given, np.full(6, 7))
        with pytest.raises(UsageError, match="6 samples need"):
            method(given, np.zeros(3, int))
        with pytest.raises(UsageError, match="no labels"):
            method(given)
    with pytest.raises(DataError, match="whole numbers from 0 to 2"):
        model.evaluate(images, np.full(6, 7), verbose=0)
