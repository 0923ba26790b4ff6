"""What users do with `fit` and around it: count steps, go on, freeze, accumulate, export."""

import pathlib
import re

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.data.dataset import Images
from kerasgen.errors import DataError, UsageError
from kerasgen.optimizers.schedules import LinearDecay, schedule_of
from tests.models.model_case import values

IMAGES = np.random.default_rng(0).random((40, 8, 8, 1), dtype="float32")


def created(recipe="vae", **options):
    keras.utils.set_random_seed(0)
    if recipe == "pix2pix":
        return kerasgen.create(recipe, image_size=8, width=4, receptive_field="16", **options)
    return kerasgen.create(recipe, image_size=8, hidden_dim=4, latent_dim=2, **options)


def endless():
    while True:
        yield (IMAGES[:8],)


@pytest.mark.parametrize("verbose", [0, 2])
@pytest.mark.parametrize("data", ["arrays", "generator"])
def test_as_many_steps_are_taken_as_are_asked_for(data, verbose):
    model = created()
    x, of_data = (IMAGES, {"batch_size": 4}) if data == "arrays" else (endless(), {})
    model.fit(x, steps_per_epoch=3, epochs=2, verbose=verbose, shuffle=False, **of_data)
    assert int(model.optimizer.iterations) == 6


@pytest.mark.parametrize("verbose", [0, 2])
def test_as_many_batches_are_validated_with_as_are_asked_for(verbose):
    drawn = []

    def counted():
        for batch in endless():
            drawn.append(None)
            yield batch

    model = created()
    model.fit(IMAGES, epochs=1, verbose=verbose, validation_data=counted(), validation_steps=3)
    assert 3 <= len(drawn) <= 6  # Keras looks at two to see what they are, and TensorFlow fetches some ahead


@pytest.mark.slow
@pytest.mark.parametrize("verbose", [0, 2])
def test_a_planned_rate_is_that_of_the_second_fit_too(verbose):
    model = created("pix2pix")
    model.compile({player: keras.optimizers.SGD(LinearDecay(1e-2, 0.0)) for player in model.players})
    model.fit(IMAGES, IMAGES, epochs=1, verbose=verbose)
    before = values(model.generator.trainable_variables)
    model.fit(IMAGES, IMAGES, epochs=4, initial_epoch=1, verbose=verbose)
    assert any(not np.array_equal(a, b) for a, b in zip(before, values(model.generator.trainable_variables)))


@pytest.mark.slow
@pytest.mark.once
def test_a_planned_rate_knows_arguments_by_position():
    model = created("pix2pix")
    model.compile({player: keras.optimizers.SGD(LinearDecay(1e-2, 0.0)) for player in model.players})
    model.fit(IMAGES, IMAGES, 8, 2, 0, None, 0.5)  # the last is the share to validate with
    assert schedule_of(model.optimizer_of("generator")).steps == 2 * 3  # of 20 images
    model.fit(IMAGES, IMAGES, batch_size=8, epochs=2, validation_split=0.5, validation_data=(IMAGES, IMAGES), verbose=0)
    assert schedule_of(model.optimizer_of("generator")).steps == 2 * 5  # Keras splits nothing then
    tensors = [keras.ops.convert_to_tensor(IMAGES)] * 2
    model.fit(*tensors, batch_size=16, epochs=3, initial_epoch=2, verbose=0)
    assert schedule_of(model.optimizer_of("generator")).steps == 3 * 3


@pytest.mark.slow
@pytest.mark.once
def test_labels_may_be_a_list_to_train_and_to_validate_with():
    labels = [0, 1, 2, 3] * 10

    def history(labels, to_test):
        return created("cvae").fit(IMAGES, labels, validation_data=(IMAGES, to_test), epochs=1, verbose=0).history

    assert history(labels, labels) == history(np.array(labels), np.array(labels))
    assert history(labels, labels)["val_loss"] != history(labels, labels[::-1])["val_loss"]
    with pytest.raises(UsageError, match="all images have the same weight"):
        created("cvae").fit(IMAGES, labels, validation_data=(IMAGES, labels, np.ones(40)), verbose=0)


@pytest.mark.slow
@pytest.mark.once
def test_a_planned_rate_counts_the_steps_whose_gradients_are_accumulated():
    model = created("pix2pix")
    adam = {
        player: keras.optimizers.Adam(LinearDecay(1e-2, 0.0), gradient_accumulation_steps=2) for player in model.players
    }
    model.compile(adam)
    for epoch in range(2):  # of 5 steps
        model.fit(IMAGES, IMAGES, batch_size=8, epochs=epoch + 1, initial_epoch=epoch, verbose=0)
        schedule = schedule_of(model.optimizer_of("generator"))
        assert (schedule.first, schedule.steps) == (0, 5 * (epoch + 1))


@pytest.mark.slow
def test_making_the_train_function_anew_is_heeded_where_several_steps_are_taken_at_once():
    model = created(learning_rate=0.01)
    model.fit(IMAGES, verbose=0)
    before = values(model.trainable_variables)
    model.train_step = model.test_step
    model.train_function = None
    model.fit(IMAGES, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, values(model.trainable_variables)))


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_a_part_is_frozen_and_the_rest_trained_by_the_same_optimizer(part):
    model = created(learning_rate=0.01)
    optimizer = model.optimizer
    model.fit(IMAGES, verbose=0)
    frozen = getattr(model, part)
    frozen.trainable = False
    rest = model.decoder if part == "encoder" else model.encoder
    model.compile(optimizer)
    assert model.optimizer is optimizer
    before = values(frozen.variables), values(rest.trainable_variables)
    model.fit(IMAGES, verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before[0], values(frozen.variables)))
    assert all(not np.array_equal(a, b) for a, b in zip(before[1], values(rest.trainable_variables)))


def test_what_is_frozen_and_not_compiled_is_refused():
    model = created("gan")
    model.discriminator.trainable = False
    with pytest.raises(UsageError, match=r"trainable variables of the discriminator have changed.*call compile again"):
        model.fit(IMAGES, verbose=0)
    model.compile("adam")
    model.fit(IMAGES, verbose=0)


def test_callbacks_are_heeded_by_position(tmp_path):
    model = created()
    model.fit(IMAGES, None, 8, 2, 0, [kerasgen.callbacks.Checkpoint(tmp_path)])
    assert [path.name for path in sorted(tmp_path.glob("epoch-*"))] == ["epoch-0000", "epoch-0001", "epoch-0002"]


def test_a_model_is_not_exported_but_its_networks():
    with pytest.raises(UsageError, match=r"model\.encoder\.export, model\.decoder\.export"):
        created().export("anywhere")


# -- arguments and callbacks that cannot work


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"epochs": 2.5}, "epochs is 2.5; it must be a whole number of 0 or more"),
        ({"batch_size": "8"}, "batch_size is '8'; it must be a whole number of 1 or more"),
        ({"steps_per_epoch": 0}, "steps_per_epoch is 0"),
        ({"validation_split": 1.5}, "validation_split is 1.5; it is a fraction of the samples, from 0 to below 1"),
        ({"validation_split": 1.0}, "validation_split is 1.0"),
        ({"validation_split": -0.1}, "validation_split is -0.1"),
        ({"validation_data": IMAGES, "validation_freq": 0}, "validation_freq is 0; it must be a whole number of 1"),
    ],
)
def test_counts_that_are_no_whole_numbers_are_refused(arguments, words):
    with pytest.raises(UsageError, match=words):
        created().fit(IMAGES, verbose=0, **arguments)


@pytest.mark.once
@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda model: model.generate(2.5), "n is 2.5; it must be a whole number of"),
        (lambda model: model.generate(True), "n is True;"),
        (lambda model: model.generate(10**30), "at most 2,147,483,647"),
        (lambda model: model.generate(2, seed=1.5), "seed is 1.5; it must be a whole number of 0 or more"),
        (lambda model: model.generate(2, seed=True), "seed is True;"),
        (lambda model: model.interpolate(IMAGES[:1], IMAGES[:1], steps=2.5), "steps is 2.5;"),
        (lambda model: model.compile("adam", "mse"), "compile received loss; a VAE defines its own losses"),
        (lambda model: model.compile(metrics=["accuracy"]), "compile received metrics; a VAE defines its own"),
        (lambda model: model.compile("adamm"), "optimizer is 'adamm'; give a Keras optimizer or its name"),
        (lambda model: model.compile(("adam", "adam")), "optimizer is .'adam', 'adam'.; give a Keras optimizer"),
        (lambda model: model.fit(None), "there is no data; give an array of samples"),
        (lambda model: model.evaluate(), "there is no data"),
        (lambda model: model.fit("photos"), "received the path 'photos'; load it first"),
        (lambda model: model.fit(pathlib.Path("photos")), "received the path 'photos'"),
        # Keras would take each image as one input of the model, and shuffle the rows of all images alike
        (lambda model: model.fit(list(IMAGES)), "received a list of .* parts; give one array"),
        (lambda model: model.evaluate([IMAGES]), "received a list of 1 part; give one array"),
        (lambda model: model.fit((IMAGES, IMAGES)), "received a tuple of 2 parts"),
        (lambda model: model.fit({"images": list(IMAGES)}), "received a list of"),
        (lambda model: model.train_on_batch(IMAGES, sample_weight=np.ones(len(IMAGES))), "are not supported"),
    ],
)
def test_impossible_arguments_have_a_line(function, words):
    with pytest.raises(UsageError, match=words):
        function(created())


@pytest.mark.once
def test_an_optimizer_of_a_gan_that_keras_does_not_know_has_a_line():
    with pytest.raises(UsageError, match=r"optimizer is \('adam', 'adam'\); .*a dict of player -> optimizer"):
        created("gan").compile(("adam", "adam"))
    with pytest.raises(UsageError, match="optimizer is 3;"):
        created("gan").compile({"generator": 3, "discriminator": "adam"})


@pytest.mark.once
def test_a_batch_is_checked_and_its_loss_comes_first():
    model = created()
    for method in (model.train_on_batch, model.test_on_batch):
        logged = method(IMAGES)
        assert len(logged) == 3
        assert logged[0] == max(logged)  # the loss is the sum of the others
        with pytest.raises(DataError, match="divide by 255, or pass uint8"):
            method(IMAGES * 255)
    assert model.metrics_names[0] == "loss"


@pytest.mark.once
def test_latents_that_cannot_be_decoded_have_a_line():
    model = created()
    with pytest.raises(DataError, match=r"latents have shape \(2, 99\); this model takes \(N, "):
        model.decode(np.zeros((2, 99)))
    with pytest.raises(DataError, match="the latents contain NaN or infinity"):
        model.decode(np.full((2, model.latent_dim), np.nan))


@pytest.mark.once
def test_images_without_labels_are_no_inputs_of_a_conditional_model():
    with pytest.raises(ValueError, match=r"conditional on 10 classes: give it \[images, labels\]"):
        created("cvae")(IMAGES)


@pytest.mark.once
@pytest.mark.parametrize(
    ("recipe", "monitor", "validation_data", "words"),
    [
        ("gan", "val_loss", None, "this GAN logs discriminator_loss, .*, and none of them measures the quality"),
        ("vae", "val_loss", None, "pass validation_data, or monitor loss"),
        ("vae", "val_accuracy", IMAGES, "monitor val_loss"),
    ],
)
def test_a_callback_that_waits_for_nothing_is_named_once(recipe, monitor, validation_data, words):
    callback = keras.callbacks.EarlyStopping(monitor, mode="min")
    with pytest.warns(UserWarning, match="EarlyStopping") as caught:
        created(recipe).fit(IMAGES, validation_data=validation_data, epochs=3, verbose=0, callbacks=[callback])
    texts = [str(warning.message) for warning in caught if "Early" in str(warning.message)]
    assert len(texts) == 1
    assert re.search(f"EarlyStopping has no effect: it monitors {monitor}, which is not logged; .*{words}", texts[0])


def test_a_callback_that_works_is_not_named(recwarn):
    created().fit(IMAGES, epochs=2, verbose=0, callbacks=[keras.callbacks.EarlyStopping("loss", mode="min")])
    assert not [warning for warning in recwarn if "monitors" in str(warning.message)]


# -- data that fail in the middle


class Shrinking:
    """Source whose file becomes shorter after some batches."""

    shape = (20, 8, 8, 1)

    def __init__(self):
        self.batches = 0

    def read(self, rows, replacements):
        self.batches += 1
        if self.batches > 2:
            raise DataError("x.npy has become shorter")
        return np.zeros((len(rows), 8, 8, 1), np.uint8), rows


@pytest.mark.parametrize(
    "use",
    [
        lambda model, batches: model.fit(batches, epochs=4, shuffle=False, verbose=0),
        lambda model, batches: model.fit(IMAGES, validation_data=batches, epochs=9, verbose=0),
        lambda model, batches: model.evaluate(batches, verbose=0),
    ],
)
def test_the_error_of_the_data_is_raised_on_every_backend(use):
    with pytest.raises(DataError, match=r"^x\.npy has become shorter$"):
        use(created(), Images(Shrinking()).batches(5))


# -- data that come in batches: the first batch is looked at


class InBatches(keras.utils.PyDataset):
    def __init__(self, x, y=None):
        super().__init__()
        self.arrays = (x,) if y is None else (x, y)

    def __len__(self):
        return 5

    def __getitem__(self, index):
        return tuple(array[8 * index : 8 * index + 8] for array in self.arrays)


def generator_of(x, y=None):
    batches = InBatches(x, y)
    yield from (batches[index] for index in range(len(batches)))


@pytest.mark.parametrize("kind", [InBatches, generator_of])
@pytest.mark.parametrize(
    ("images", "words"),
    [
        (IMAGES * 255, "divide by 255, or pass uint8"),
        (IMAGES * 2 - 1, r"pass \(x \+ 1\) / 2"),
        (np.where(IMAGES > 0.5, IMAGES, np.nan), "NaN or infinity"),
    ],
)
def test_images_out_of_range_are_refused(images, words, kind):
    model = created()
    with pytest.raises(DataError, match=words):
        model.fit(kind(images), epochs=1, verbose=0)
    with pytest.raises(DataError, match=words):
        model.fit(IMAGES, validation_data=kind(images), epochs=1, verbose=0)
    with pytest.raises(DataError, match=words):
        model.evaluate(kind(images), verbose=0)


@pytest.mark.parametrize("kind", [InBatches, generator_of])
def test_labels_that_no_class_has_are_refused(kind):
    labels = np.arange(40) % 10
    with pytest.raises(DataError, match=r"labels lie in \[1, 8\]; this model takes whole numbers from 0 to 2"):
        created("cvae", num_classes=3).fit(kind(IMAGES, labels + 1), epochs=1, verbose=0)
    with pytest.raises(DataError, match="labels have the type float"):
        created("cvae").fit(kind(IMAGES, labels + 0.5), epochs=1, verbose=0)


def test_a_generator_still_gives_its_first_batch():
    histories = [
        created().fit(kind(IMAGES), epochs=1, steps_per_epoch=5, shuffle=False, verbose=0).history
        for kind in (InBatches, generator_of)
    ]
    assert histories[0] == histories[1]


def test_a_shuffled_tensorflow_set_is_trained_on_in_the_order_of_keras():
    tf = pytest.importorskip("tensorflow")
    images = np.arange(20, dtype="float32").reshape(20, 1, 1, 1) / 20 * np.ones((1, 8, 8, 1), "float32")
    seen = []

    def noted(batch):
        seen.append([round(20 * float(image[0, 0, 0])) for image in batch])
        return batch

    def dataset():
        batches = tf.data.Dataset.from_tensor_slices(images).shuffle(20, seed=3).batch(10)
        return batches.map(
            lambda batch: tf.ensure_shape(tf.numpy_function(noted, [batch], tf.float32), (None, 8, 8, 1))
        )

    data = dataset()
    for _ in range(2):
        list(data)
    expected, seen[:] = seen[:], []
    kerasgen.create("vae", image_size=8, latent_dim=2, hidden_dim=4).fit(dataset(), epochs=2, verbose=0, shuffle=False)
    assert seen[:2] == expected[:2]  # the first epoch; Keras on TensorFlow copies the set, whose later orders differ


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("known", [False, True])
def test_a_tensorflow_set_out_of_range_is_one_line(known, trained):
    tf = pytest.importorskip("tensorflow")
    images = np.full((4, 8, 8, 1), 255.0, "float32")
    model = kerasgen.create("vae", image_size=8, latent_dim=2, hidden_dim=4)
    if trained:
        model.fit(images / 255, verbose=0)
    data = tf.data.Dataset.from_tensor_slices(images).batch(2)
    data = data if known else data.filter(lambda batch: True)
    before = [variable.numpy() for variable in model.trainable_variables] if known else None
    for fit in (lambda: model.fit(data, verbose=0, shuffle=False), lambda: model.evaluate(data, verbose=0)):
        with pytest.raises(DataError, match="divide by 255"):
            fit()
    if known:
        for variable, value in zip(model.trainable_variables, before):
            np.testing.assert_array_equal(variable.numpy(), value)
    with pytest.raises(DataError, match="divide by 255"):
        model.fit(images / 255, validation_data=data, verbose=0)
