import keras
import numpy as np
import pytest

import kerasgen
from kerasgen import networks
from kerasgen.errors import UsageError
from kerasgen.losses import OBJECTIVES
from kerasgen.models import Batch
from kerasgen.models.base.adversary import to_discriminator_range
from tests.models.model_case import ModelCase, values


class TestVAEGAN(ModelCase):
    recipe = "vae-gan"
    options = {"width": 2, "hidden_dim": 4, "latent_dim": 3}
    image_size = 16  # batch normalisation in the discriminator
    logged = {
        *("loss", "reconstruction_error", "kl_divergence", "generator_loss", "discriminator_loss"),
        *("value", "real_score", "fake_score", "real_accuracy", "fake_accuracy"),
    }
    players = {"autoencoder": "", "discriminator": "discriminator"}

    def turn(self, model, player, batch):
        noise = {"latents": self.noise(8, 1, 3), "prior": self.noise(8, 3)}
        if player == "autoencoder":
            recorded = model.record(player, lambda: model.generate_fake(noise["prior"], training=True))
            model.minimize(player, lambda fake: self.total(model, batch, noise, fake), given=recorded)
        else:
            fake = model.generate_fake(noise["prior"], training=True)
            model.minimize(
                player,
                lambda: model.adversary.discriminator_loss(to_discriminator_range(batch), fake, training=True),
            )

    def total(self, model, batch, noise, fake):
        loss, _ = model.compute_losses(Batch(batch), noise, training=True)
        return loss + model.adversarial_weight * model.adversary.generator_loss(fake, training=True), {}

    @pytest.mark.slow
    def test_without_the_adversarial_loss_it_is_the_vae(self):
        keras.utils.set_random_seed(0)
        vae = kerasgen.create("vae-conv", image_size=16, **self.options)
        model = self.model(options={"adversarial_weight": 0.0})
        for network in ("encoder", "decoder"):
            getattr(vae, network).set_weights(getattr(model, network).get_weights())
        vae.compile(keras.optimizers.Adam(1e-3, beta_1=0.5))
        noise = self.noise_of(model, 24)
        self.fit(model, {"images": self.images(), "noise": noise})
        self.fit(vae, {"images": self.images(), "noise": {"latents": noise["latents"]}})
        for network in ("encoder", "decoder"):
            for a, b in zip(*(values(getattr(each, network).weights) for each in (vae, model)), strict=True):
                np.testing.assert_allclose(a, b, atol=1e-5)

    def test_the_generator_loss_backpropagates_into_the_decoder_and_not_the_encoder(self):
        models = [self.model(options={"adversarial_weight": weight}) for weight in (0.0, 1000.0)]
        for model in models:
            self.take_turn(model, "autoencoder")
        for network, alike in (("encoder", True), ("decoder", False)):
            a, b = (np.concatenate([v.ravel() for v in values(getattr(each, network).weights)]) for each in models)
            assert (np.abs(a - b).max() < 1e-6) == alike, network

    def test_what_it_logs_is_what_its_parts_are(self):
        model, images = self.model_anew(), self.images(8)
        noise = self.noise_of(model, 8)
        logs = model.evaluate({"images": images, "noise": noise}, batch_size=8, verbose=0, return_dict=True)
        assert logs["loss"] == pytest.approx(logs["reconstruction_error"] + logs["kl_divergence"], rel=1e-5)
        fake = model.decode(noise["prior"])
        on_real, on_fake = (keras.ops.convert_to_tensor(model.discriminate(x)[:, None]) for x in (images, fake))
        objective = OBJECTIVES["non_saturating"]
        assert logs["discriminator_loss"] == pytest.approx(float(objective.discriminator(on_real, on_fake)), rel=1e-4)
        assert logs["generator_loss"] == pytest.approx(float(objective.generator(on_fake)), rel=1e-4)

    def test_what_its_bases_are_given_is_saved_as_it_has_become(self):
        model = self.model()
        model.beta, model.r1_penalty, model.adversarial_weight = 4.0, 0.7, 2.0
        again = type(model).from_config(model.get_config())
        assert (again.beta, again.r1_penalty, again.adversarial_weight) == (4.0, 0.7, 2.0)

    def test_it_encodes_decodes_and_is_judged_as_a_vae(self):
        model, images = self.model_anew(), self.images(4)
        assert model.encode(images).shape == (4, 3)
        np.testing.assert_allclose(model.reconstruct(images), model.decode(model.encode(images)), atol=1e-6)
        assert kerasgen.metrics.log_likelihood(model, images, 5, 0).shape == (4,)

    @pytest.mark.once
    @pytest.mark.parametrize(
        "options",
        [
            {"objective": "relativistic", "packing": 2, "r1_penalty": 0.1, "r2_penalty": 0.1},
            {"feature_matching": True, "minibatch_discrimination": True, "objective": "wasserstein"},
        ],
        ids=lambda options: next(iter(options)),
    )
    def test_every_remedy_trains_both_players(self, options):
        model = self.model(options=options)
        # where only differences of logits count, the last bias does not
        variables = [variable for variable in model.trainable_variables if "kernel" in variable.path]
        before = values(variables)
        history = self.fit(model).history
        assert np.isfinite(list(history.values())).all()
        assert not any(np.array_equal(a, b) for a, b in zip(before, values(variables)))

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"objective": "minmax"}, "did you mean minimax"),
            ({"adversarial_weight": -1.0}, "adversarial_weight of vae-gan is a number of 0 or more"),
            ({"packing": 0}, "packing of vae-gan is a whole number of 1 or more"),
        ],
    )
    def test_wrong_options(self, options, says):
        with pytest.raises(UsageError, match=says):
            kerasgen.create("vae-gan", **options)


@pytest.mark.slow
def test_with_labels_and_several_samples():
    keras.utils.set_random_seed(0)
    shape = (8, 8, 1)
    model = kerasgen.models.VAEGAN(
        networks.dense_encoder(shape, [8], 3, num_classes=2),
        networks.dense_decoder(shape, [8], 3, 2),
        networks.gan_discriminator(shape, [4], num_classes=2),
        samples=4,
        gradient_samples=2,
        num_classes=2,
    )
    model.compile("adam")
    images, labels = np.random.default_rng(0).random((16, *shape), dtype="float32"), np.arange(16) % 2
    before = values(model.trainable_variables)
    history = model.fit(images, labels, batch_size=8, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert not any(np.array_equal(a, b) for a, b in zip(before, values(model.trainable_variables)))
    assert model.generate(4, seed=0, labels=1).shape == (4, *shape)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"binarize": True}, "binarize makes images of 0 and 1"),
        ({"adversarial_weight": -1.0}, "adversarial_weight is -1.0"),
        ({"packing": 2}, r"takes \(None, 8, 8, 1\) with packing 2"),
        ({"objective": "hing"}, "did you mean hinge"),
    ],
)
def test_wrong_arguments(arguments, says):
    shape = (8, 8, 1)
    with pytest.raises(UsageError, match=says):
        kerasgen.models.VAEGAN(
            networks.dense_encoder(shape, [8], 3),
            networks.dense_decoder(shape, [8], 3),
            networks.gan_discriminator(shape, [4]),
            **arguments,
        )
