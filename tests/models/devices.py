"""Trains a recipe for some steps on N virtual CPU devices and writes all its weights, moments and logs."""

import contextlib
import json
import sys

import keras
import numpy as np

import kerasgen

task, devices, path = json.loads(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
scope = contextlib.nullcontext()
if keras.backend.backend() == "jax":
    import jax

    assert len(jax.devices()) == devices
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=jax.devices()))
else:
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * devices)
    if devices > 1:
        scope = tf.distribute.MirroredStrategy([f"CPU:{index}" for index in range(devices)]).scope()

keras.utils.set_random_seed(0)
size = task["image_size"]
rng = np.random.default_rng(0)
with scope:
    model = kerasgen.create(task["recipe"], image_size=size, **task["options"])
    model.compile({player: keras.optimizers.SGD(0.01, momentum=0.9) for player in model.players})
# the same starting point for both, whatever order the devices draw their initial weights in
for variable in model.trainable_variables:
    variable.assign(0.1 * rng.standard_normal(variable.shape))
domains = ("a", "b") if isinstance(model, kerasgen.models.TranslationModel) else ("images",)
data = {domain: rng.random((40, size, size, 1), dtype="float32") for domain in domains}
data["noise"] = rng.standard_normal((40, *task["noise_shape"])).astype("float32")
history = model.fit(data, batch_size=8, epochs=2, verbose=0, shuffle=False).history
# seeds are random, and TensorFlow's pools keep the images of the first replica
results = {v.path: v for v in model.variables if not any(word in v.path for word in ("seed", "pool"))}
results |= {f"optimizer {index}": variable for index, variable in enumerate(model.optimizer.variables)}
results = {name: np.array(keras.ops.convert_to_numpy(variable)) for name, variable in results.items()}
np.savez(path, **{name.replace("/", "."): value for name, value in results.items()}, **history)
