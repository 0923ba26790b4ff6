"""What must be true of every model on every backend. A model's test file gives its arguments and shapes."""

import functools
import json

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.errors import DataError, UsageError
from tests.compiled import assigning
from tests.models import resume

BACKEND = keras.backend.backend()


def values(variables):
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(values(a), values(b), strict=True))


def of_the_algorithm(test):
    """Mark a test of `train_step` that other networks under the same algorithm need not repeat."""

    @functools.wraps(test)
    def unless_repeated(self, *args, **kwargs):
        if self.repeats_an_algorithm:
            pytest.skip("the algorithm is tested with other networks")
        return test(self, *args, **kwargs)

    return unless_repeated


class ModelCase:
    """Subclasses set the class attributes."""

    repeats_an_algorithm = False  # True for a second recipe of the same `train_step`
    represents_the_backend = False  # True for a model of one player and one of two: Keras's part is the same in all

    recipe: str
    options: dict
    image_size = 8
    logged: set
    players: dict  # player -> the name of the network that it owns, "" for the whole model
    preview_places = (3, 3)  # rows and columns of a picture of 9 images

    def model(self, seed=0, options=None, **compile_options):
        keras.utils.set_random_seed(seed)
        model = kerasgen.create(self.recipe, image_size=self.image_size, **(self.options | (options or {})))
        if compile_options:
            model.compile(**({"optimizer": model.optimizer} | compile_options))
        return model

    def model_anew(self):
        """Return the one model of this class as it was when it was made; what was compiled of it stays compiled."""
        if "_made" not in vars(type(self)):
            model = self.model()
            type(self)._made = model, values([*model.variables, *model.optimizer.variables])
        model, start = self._made
        for variable, value in zip([*model.variables, *model.optimizer.variables], start, strict=True):
            variable.assign(value)
        return model

    def images(self, n=24, seed=0):
        rng = np.random.default_rng(seed)
        return rng.random((n, self.image_size, self.image_size, 1), dtype="float32")

    def arguments(self, images):
        """Return what `fit` takes of images: they alone, or two domains."""
        return (images,)

    def labels(self, images):
        """Return what may stand beside images in a batch."""
        return np.arange(len(images)) % 3

    def with_noise(self, images, noise):
        """Return the dict of images and noise, name -> array, that a step takes."""
        return {"images": images, "noise": noise}

    def noise_of(self, model, n, seed=0):
        """Return the noise of a step on `n` examples, name -> array (n, *shape)."""
        rng = np.random.default_rng(seed)
        return {name: noise.sample(rng, n) for name, noise in model.noise.items()}

    def fit(self, model, x=None, epochs=1, **kwargs):
        x = self.images() if x is None else x
        x = (x,) if isinstance(x, dict) else self.arguments(x)
        return model.fit(*x, **({"batch_size": 8, "epochs": epochs, "verbose": 0, "shuffle": False} | kwargs))

    def make(self, model, n, seed):
        """Return `n` images of the model's making that depend on the seed."""
        return model.generate(n, seed=seed)

    # -- the step

    def test_every_player_moves_its_own_variables_and_no_others(self):
        model = self.model()
        for player, network in self.players.items():
            before = values(model.trainable_variables)
            self.take_turn(model, player)
            moved = [not np.array_equal(a, b) for a, b in zip(before, values(model.trainable_variables))]
            owned = {id(variable) for variable in model.players[player]}
            assert moved == [id(variable) in owned for variable in model.trainable_variables]
            if network:
                own = getattr(model, network).trainable_variables
                assert owned == {id(variable) for variable in own}
        assert set(model.players) == set(self.players)

    def turn(self, model, player, batch):
        """Let one player alone take one step on a batch."""
        raise NotImplementedError

    def noise(self, *shape):
        return keras.ops.convert_to_tensor(np.random.default_rng(0).standard_normal(shape).astype("float32"))

    def take_turn(self, model, player):
        batch = keras.ops.convert_to_tensor(self.images(8))
        assigning(lambda: self.turn(model, player, batch), [*model.variables, *model.optimizer.variables])

    def test_fit_logs_finite_values_for_training_and_validation(self):
        validation = self.arguments(self.images(seed=1))
        history = self.fit(self.model_anew(), validation_data=validation, epochs=2).history
        assert set(history) == self.logged | {f"val_{name}" for name in self.logged}
        assert np.isfinite([value for values in history.values() for value in values]).all()

    @pytest.mark.slow
    def test_logs_are_means_over_the_epoch_weighted_by_batch_size(self):
        model = self.model_anew()
        images = self.images(20)  # batches of 8, 8 and 4
        data = self.with_noise(images, self.noise_of(model, 20))
        whole = model.evaluate(data, batch_size=20, verbose=0, return_dict=True)
        cut = model.evaluate(data, batch_size=8, verbose=0, return_dict=True)
        assert whole.keys() == cut.keys() == self.logged
        for name, value in whole.items():
            assert cut[name] == pytest.approx(value, rel=1e-4, abs=1e-5)

    def test_the_same_seed_makes_the_same_model(self):
        """That it trains the same model, too, is part of the test of a resumed run."""
        first = self.model_anew()
        assert same(first.variables, self.model().variables)
        assert not same(first.trainable_variables, self.model(seed=4).trainable_variables)

    # -- what fit takes

    def inputs(self):
        images = self.images()
        labels, alone = self.labels(images), self.arguments(images)

        class Batches(keras.utils.PyDataset):
            def __len__(self):
                return 3

            def __getitem__(self, index):
                return images[index * 8 : index * 8 + 8], labels[index * 8 : index * 8 + 8]

        torch, tf = pytest.importorskip("torch"), pytest.importorskip("tensorflow")
        tensors = torch.utils.data.TensorDataset(torch.tensor(images), torch.tensor(labels))
        return {
            "array and labels": {"x": images, "y": labels, "batch_size": 8},
            "bytes": dict(zip("xy", self.arguments((images * 255).astype("uint8")))) | {"batch_size": 8},
            "tf.data": {"x": tf.data.Dataset.from_tensor_slices(alone if len(alone) > 1 else images).batch(8)},
            "tf.data with labels": {"x": tf.data.Dataset.from_tensor_slices((images, labels)).batch(8)},
            "DataLoader": {"x": torch.utils.data.DataLoader(tensors, batch_size=8)},
            "PyDataset": {"x": Batches()},
        }

    @pytest.mark.slow
    @of_the_algorithm
    def test_fit_takes_what_keras_takes(self):
        model = self.model_anew()
        own, of_vae = ((kind.unpack, kind.to_float_tensor) for kind in (type(model), kerasgen.models.VAE))
        if own == of_vae and type(model) is not kerasgen.models.VAE:
            pytest.skip("its batches are read by the methods that are tested with the VAE")
        self.fit(model)
        expected = values(model.trainable_variables)
        for kind, arguments in self.inputs().items():
            model = self.model_anew()
            model.fit(**arguments, epochs=1, verbose=0, shuffle=False)
            tolerance = 3e-2 if kind == "bytes" else 1e-6  # bytes are rounded images
            for a, b in zip(values(model.trainable_variables), expected, strict=True):
                np.testing.assert_allclose(a, b, atol=tolerance, err_msg=kind)

    @pytest.mark.parametrize(
        ("broken", "says"),
        [
            (lambda x: x * 255, "divide by 255"),
            (lambda x: np.where(x > 0.5, np.nan, x), "NaN"),
            (lambda x: x[:, :4], "this model takes (N, "),
        ],
    )
    def test_images_that_cannot_be_right_are_refused(self, broken, says):
        model = self.model_anew()
        before = values(model.variables)
        with pytest.raises(DataError) as error:
            self.fit(model, broken(self.images()))
        assert says in str(error.value)
        assert all(np.array_equal(a, b) for a, b in zip(before, values(model.variables)))

    @of_the_algorithm
    def test_batches_that_cannot_be_right_are_refused(self):
        model, images = self.model(), self.images(8)
        wide = images.repeat(2, axis=2)

        class Batches(keras.utils.PyDataset):
            def __init__(self, batch):
                super().__init__()
                self.batch = batch

            def __len__(self):
                return 1

            def __getitem__(self, index):
                return self.batch

        before = values(model.variables)
        for batch, error, says in (
            ((wide, self.labels(wide)), DataError, "images have shape .*; this model takes"),
            ((images, self.labels(images), np.ones(8, "float32")), UsageError, "sample_weight and class_weight"),
        ):
            with pytest.raises(error, match=says):
                model.fit(Batches(batch), verbose=0)
        with pytest.raises(UsageError, match="sample_weight and class_weight"):
            self.fit(model, sample_weight=np.ones(24, "float32"))
        with pytest.raises(UsageError, match="sample_weight and class_weight"):
            model.evaluate(*self.arguments(images), sample_weight=np.ones(8, "float32"), verbose=0)
        with pytest.raises(DataError, match="there are no images"):
            self.fit(model, images[:0])
        with pytest.raises(DataError, match="images have the type"):
            self.fit(model, images.astype(str))
        assert all(np.array_equal(a, b) for a, b in zip(before, values(model.variables)))

    @of_the_algorithm
    def test_an_error_in_the_first_batch_leaves_the_weights(self):
        model = self.model()
        before = values(model.variables)

        class Broken(keras.utils.PyDataset):
            def __len__(self):
                return 2

            def __getitem__(self, index):
                raise OSError("a broken image")

        with pytest.raises(Exception, match="broken image"):
            model.fit(Broken(), verbose=0)
        assert all(np.array_equal(a, b) for a, b in zip(before, values(model.variables)))

    # -- Keras's own switches

    def test_a_learning_rate_callback_reaches_every_player(self):
        model = self.model_anew()
        before = values(model.trainable_variables)
        history = self.fit(model, callbacks=[keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.0)], epochs=1)
        assert all(np.array_equal(a, b) for a, b in zip(before, values(model.trainable_variables)))
        rates = [value for name, (value,) in history.history.items() if name.startswith("learning_rate")]
        assert rates == [0.0] * len(self.players)

    def test_gradient_clipping_bounds_the_step(self):
        model = self.model()
        model.compile({player: keras.optimizers.SGD(1.0, clipvalue=1e-4) for player in self.players})
        before = values(model.trainable_variables)
        for player in self.players:
            self.take_turn(model, player)
        steps = [np.abs(a - b).max() for a, b in zip(before, values(model.trainable_variables))]
        assert 0 < max(steps) < 1.1e-4

    @pytest.mark.slow
    @of_the_algorithm
    def test_switches_of_compile_change_nothing_but_speed(self):
        switches = {"run_eagerly": True, "jit_compile": True, "steps_per_execution": 3}
        if not self.represents_the_backend:
            del switches["steps_per_execution"]  # Keras's loop around a step
        if BACKEND == "jax":
            del switches["jit_compile"]  # as it is anyway
        if BACKEND == "torch":  # Keras refuses the last; torch.compile takes minutes, and benchmarks/speed.py runs it
            switches = {"run_eagerly": True}
        plain = self.model_anew()
        # XLA draws other random numbers than TensorFlow's kernels: noise is passed in
        data = self.with_noise(self.images(), self.noise_of(plain, 24))
        expected = self.fit(plain, data).history
        for switch, value in switches.items():
            switched = self.model(**{switch: value})
            logs = self.fit(switched, data).history
            for name in self.logged:
                np.testing.assert_allclose(expected[name], logs[name], rtol=2e-3, atol=1e-3, err_msg=switch)
            for a, b in zip(values(plain.trainable_variables), values(switched.trainable_variables)):
                np.testing.assert_allclose(a, b, atol=5e-3, err_msg=switch)

    @pytest.mark.slow
    @pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
    def test_mixed_precision_trains_every_player_and_keeps_float32_weights(self, policy):
        if policy == "mixed_bfloat16" and not self.represents_the_backend:
            pytest.skip("its types are those of mixed_float16, which is tested")
        keras.config.set_dtype_policy(policy)
        try:
            model = self.model()
            before = values(model.trainable_variables)
            history = self.fit(model, epochs=2).history
        finally:
            keras.config.set_dtype_policy("float32")
        assert np.isfinite([history[name] for name in self.logged]).all()
        assert {v.dtype for v in before} == {np.dtype("float32")}
        assert not any(np.array_equal(a, b) for a, b in zip(before, values(model.trainable_variables)))
        scalers = [isinstance(model.optimizer_of(p), keras.optimizers.LossScaleOptimizer) for p in self.players]
        assert scalers == [policy == "mixed_float16"] * len(self.players)
        assert self.make(model, 2, seed=0).dtype == np.float32

    def test_float16_overflow_skips_the_step_and_halves_the_scale(self):
        keras.config.set_dtype_policy("mixed_float16")
        try:
            model = self.model()
        finally:
            keras.config.set_dtype_policy("float32")
        player = next(iter(self.players))
        optimizer = model.optimizer_of(player)
        optimizer.dynamic_scale.assign(2.0**120)
        before = values(model.players[player])
        self.take_turn(model, player)
        assert all(np.array_equal(a, b) for a, b in zip(before, values(model.players[player])))
        assert float(keras.ops.convert_to_numpy(optimizer.dynamic_scale)) == 2.0**119

    # -- files

    def test_config_holds_every_argument(self):
        model = self.model()
        again = type(model).from_config(model.get_config())
        assert json.dumps(again.get_config(), default=str) == json.dumps(model.get_config(), default=str)
        assert [v.shape for v in again.variables] == [v.shape for v in model.variables]

    @pytest.mark.slow
    def test_a_file_keeps_weights_moments_statistics_and_random_states(self, tmp_path):
        model = self.model_anew()
        self.fit(model, epochs=2)
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        assert same(model.variables, again.variables)
        assert same(model.optimizer.variables, again.optimizer.variables)
        assert len(again.optimizer.variables) > 2 * len(again.trainable_variables)
        assert int(again.optimizer.iterations) > 0
        np.testing.assert_array_equal(self.make(model, 3, seed=5), self.make(again, 3, seed=5))

    @pytest.mark.slow
    def test_a_resumed_run_equals_an_uninterrupted_one_bit_for_bit(self, tmp_path, resume_elsewhere):
        interrupted = self.model_anew()
        self.fit(interrupted, epochs=3)
        interrupted.save(tmp_path / "model.keras")
        np.savez(tmp_path / "images.npz", *self.arguments(self.images()))
        if self.repeats_an_algorithm:
            resume.one_more_epoch(tmp_path)
        else:
            resume_elsewhere(tmp_path)
        uninterrupted = self.model_anew()
        self.fit(uninterrupted, epochs=4)
        with np.load(tmp_path / "resumed.npz") as resumed:
            for index, value in enumerate(values([*uninterrupted.variables, *uninterrupted.optimizer.variables])):
                assert np.array_equal(value, resumed[str(index)]), index

    # -- pictures

    def test_made_images_are_in_range_and_the_same_for_the_same_seed(self):
        model = self.model_anew()
        images = self.make(model, 5, seed=1)
        assert images.shape == (5, self.image_size, self.image_size, 1)
        assert images.dtype == np.float32
        assert images.min() >= 0
        assert images.max() <= 1
        np.testing.assert_array_equal(images, self.make(model, 5, seed=1))
        assert not np.array_equal(images, self.make(model, 5, seed=2))

    def test_preview_is_rows_of_images(self):
        images = self.arguments(self.images(9))
        assert self.model_anew().preview(images if len(images) > 1 else images[0], n=9).shape == (
            *self.preview_places,
            self.image_size,
            self.image_size,
            1,
        )
