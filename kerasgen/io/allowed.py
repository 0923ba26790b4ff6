"""What a model file may consist of: the classes of the zoo, and no more of them than its weights fill.

Keras instantiates whatever public class or function a file names; its safe mode refuses only some of them. Here the
file's `config.json` is read as plain data first, and everything that it names must stand in `ALLOWED`.
"""

import json
import math

import keras

from kerasgen.errors import ModelFileError

DEPTH = 40  # of the nested JSON
LAYERS = 1000  # in all networks together
STEPS = ("strides", "size", "padding", "output_padding", "dilation_rate")  # Keras works through some of them one by one
LARGEST_STEP = 64
# Model -> option -> the networks whose weights it has once more with it
COPIED = {"GAN": {"average": ["generator"], "historical_averaging": ["generator", "discriminator"]}}
DTYPES = {"float32", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16", "float64", "int32", "int64", "uint8"}


def _none(config, shape):
    return 0


def _dense(config, shape):
    return (_size(shape[-1]) + 1) * _size(config["units"])


def _convolution(config, shape):
    taps = math.prod(map(_size, config["kernel_size"]))
    return (taps * _size(shape[-1]) // _size(config.get("groups", 1)) + 1) * _size(config["filters"])


def _normalization(config, shape):
    return 4 * _size(shape[config["axis"]])


def _instance_normalization(config, shape):
    return 2 * _size(shape[-1])


def _minibatch_discrimination(config, shape):
    return _size(shape[-1]) * _size(config["kernels"]) * _size(config["dimensions"])


def _two_pools(config, shape):
    layers = config["generator_ab"]["config"]["layers"]
    images = [layer["config"]["batch_shape"][1:] for layer in layers if layer["class_name"] == "InputLayer"]
    return config["pool_size"] and 2 * _size(config["pool_size"]) * max(math.prod(map(_size, i)) for i in images)


def _size(value):
    if type(value) is not int or not 0 < value < 2**40:
        raise ValueError(value)
    return value


# (module, class) as a file names it -> how many weights of its own an object has, at most twice too many, by its
# config and the shape of what it is built for. A class that a new recipe uses gets its line here.
MODELS = {
    ("kerasgen.models.autoencoder", "Autoencoder"): _none,
    ("kerasgen.models.autoencoder", "DenoisingAutoencoder"): _none,
    ("kerasgen.models.cyclegan", "CycleGAN"): _two_pools,
    ("kerasgen.models.gan", "GAN"): _none,
    ("kerasgen.models.pix2pix", "Pix2Pix"): _none,
    ("kerasgen.models.vae", "VAE"): _none,
    ("kerasgen.models.vae_gan", "VAEGAN"): _none,
}
LAYERS_AND_THE_LIKE = {
    ("keras", "DTypePolicy"): _none,
    ("keras.initializers", "GlorotUniform"): _none,
    ("keras.initializers", "HeNormal"): _none,
    ("keras.initializers", "Ones"): _none,
    ("keras.initializers", "RandomNormal"): _none,
    ("keras.initializers", "VarianceScaling"): _none,
    ("keras.initializers", "Zeros"): _none,
    ("keras.layers", "Activation"): _none,
    ("keras.layers", "Add"): _none,
    ("keras.layers", "Concatenate"): _none,
    ("keras.layers", "Flatten"): _none,
    ("keras.layers", "GlobalMaxPooling1D"): _none,
    ("keras.layers", "InputLayer"): _none,
    ("keras.layers", "LeakyReLU"): _none,
    ("keras.layers", "ReLU"): _none,
    ("keras.layers", "Reshape"): _none,
    ("keras.layers", "UpSampling2D"): _none,
    ("keras.layers", "ZeroPadding2D"): _none,
    ("keras.src.models.functional", "Functional"): _none,
    ("keras.src.ops.nn", "OneHot"): _none,
    ("kerasgen.layers.batch_normalization", "BatchNormalization"): _normalization,
    ("kerasgen.layers.convolutions", "Conv2D"): _convolution,
    ("kerasgen.layers.convolutions", "Conv2DTranspose"): _convolution,
    ("kerasgen.layers.dense", "Dense"): _dense,
    ("kerasgen.layers.group_normalization", "GroupNormalization"): _normalization,
    ("kerasgen.layers.instance_normalization", "InstanceNormalization"): _instance_normalization,
    ("kerasgen.layers.minibatch_discrimination", "MinibatchDiscrimination"): _minibatch_discrimination,
    ("kerasgen.layers.noise_dropout", "NoiseDropout"): _none,
    ("kerasgen.layers.reflection_padding", "ReflectionPadding2D"): _none,
    ("kerasgen.layers.spectral_normalization", "SpectralNormalization"): _none,  # one for each output of its layer
}
OPTIMIZERS = {  # read only by `load(compile=True)`
    ("keras.optimizers", "Adadelta"): _none,
    ("keras.optimizers", "Adam"): _none,
    ("keras.optimizers", "LossScaleOptimizer"): _none,
    ("keras.optimizers", "RMSprop"): _none,
    ("keras.optimizers.schedules", "PolynomialDecay"): _none,
    ("kerasgen.optimizers", "OptimizerGroup"): _none,
    ("kerasgen.optimizers.schedules", "LinearDecay"): _none,
}
ALLOWED = MODELS | LAYERS_AND_THE_LIKE | OPTIMIZERS

_KEYS = {
    *("module", "class_name", "config", "registered_name", "shared_object_id"),
    *("build_config", "compile_config", "name", "inbound_nodes"),
}


def check(text, path, compile=False):
    """Return how many weights the model of a `config.json` has, after everything that it names has been looked up.

    Args:
        text: bytes, the JSON.
        path: of the file, for the errors.
        compile: whether the optimizers, which the file also describes, are to be loaded.

    Raises:
        ModelFileError: no JSON, not a model of kerasgen, a class that no recipe uses, or too much of anything.
    """
    try:
        config = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ModelFileError(f"{path} is damaged: its config.json is nested too deep") from error
    except ValueError as error:
        raise ModelFileError(f"{path} is not a Keras model: its config.json is not JSON") from error
    try:
        _check_model(config, path)
        compiled = config.pop("compile_config", None)
        counted = _Walk(path)
        counted.walk(config)
        for option, networks in COPIED.get(config["class_name"], {}).items():
            if config["config"].get(option):
                counted.walk([config["config"][network] for network in networks])
        if compile and compiled:
            counted.walk(compiled)
    except ModelFileError:
        raise
    # A list where a name should be, and the like: nothing has been done with it yet
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path} is not a Keras model: its config.json is not as Keras writes it") from error
    return counted.weights


def _refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def _check_model(config, path):
    """Raise `ModelFileError` unless the config is that of a model which this kerasgen has."""
    config = config if isinstance(config, dict) else {}
    name, module, kind = (config.get(key) for key in ("registered_name", "module", "class_name"))
    if not isinstance(name, str) or not name.startswith("kerasgen>"):
        what = f"a {kind[:50]}; if it is your own, load it with keras.saving.load_model" if kind else "no model"
        raise ModelFileError(f"{path} was not made by kerasgen: it holds {what}")
    if (module, kind) not in MODELS or name != f"kerasgen>{kind}":
        raise ModelFileError(f"{path} holds a {name[9:59]}, which this version of kerasgen does not know as a model")


class _Walk:
    """Goes through a config, refuses what must not be in it, and counts the weights of what may.

    Args:
        path: of the file, for the errors.
    """

    def __init__(self, path):
        self.path, self.weights, self.layers = path, 0, 0

    def refuse(self, what):
        raise ModelFileError(f"{self.path} is not a model of kerasgen's recipes: {what}")

    def walk(self, value, depth=0):
        """Check a value and all that is in it.

        Raises:
            ModelFileError: see `check`.
        """
        if depth > DEPTH:
            self.refuse("its config.json is nested too deep")
        if isinstance(value, dict):
            if "class_name" in value:
                self.check_object(value)
            for name, inner in value.items():
                if name == "dtype" and isinstance(inner, str) and inner not in DTYPES:
                    self.refuse(f"it has values of type {inner[:50]!r}")
                self.walk(inner, depth + 1)
        elif isinstance(value, list):
            for inner in value:
                self.walk(inner, depth + 1)
        elif isinstance(value, int | float) and abs(value) >= 2**63:
            self.refuse("it has a number of more than 64 bits")

    def check_object(self, described):
        """Check one serialized object, but not what is in it, and add its weights."""
        if described["class_name"] == "__keras_tensor__":
            if set(described) != {"class_name", "config"}:
                self.refuse("a tensor of its graph has settings that Keras does not write")
            return
        pair = (described.get("module"), described["class_name"])
        if not all(isinstance(name, str) for name in pair) or pair not in ALLOWED:
            name = ".".join(str(part)[:50] for part in pair if part)
            self.refuse(f"it contains {name}; if the model is your own, load it with keras.saving.load_model")
        config, name = described.get("config"), ".".join(pair)
        if set(described) - _KEYS or not isinstance(config, dict):
            self.refuse(f"its {name} has settings that Keras does not write")
        if described.get("registered_name") not in _registered_names(*pair) or not _is_ours(*pair):
            self.refuse(f"its {name} goes by the name of something else")
        if described.get("compile_config"):
            self.refuse(f"its {name} has an optimizer of its own")
        if pair == ("keras", "DTypePolicy") and config.get("name") not in DTYPES:
            self.refuse(f"it computes in {str(config.get('name'))[:50]!r}")
        if any(config.get(key) for key in ("lora_rank", "quantization_config", "quantization_mode")):
            self.refuse(f"its {name} is quantized, or adapted by LoRA")
        steps = keras.tree.flatten([config.get(key) for key in STEPS])
        if any(isinstance(step, int | float) and step > LARGEST_STEP for step in steps):
            self.refuse(f"its {name} goes in steps of more than {LARGEST_STEP}")
        self.count(pair, config, described)

    def count(self, pair, config, described):
        """Add the layer and its weights to the totals."""
        if pair[1] == "Functional":
            self.check_graph(config)
        built_for = described.get("build_config") or {}
        if set(built_for) - {"input_shape"}:
            self.refuse(f"its {'.'.join(pair)} is not built as Keras would build it")
        try:
            self.weights += ALLOWED[pair](config, built_for.get("input_shape"))
        except (LookupError, TypeError, ValueError):
            self.refuse(f"its {'.'.join(pair)} does not say how large it is, or is too large")

    def check_graph(self, config):
        """Refuse a network whose layers do not stand in the order in which they are called: Keras searches one."""
        layers, made = config.get("layers"), set()
        if not isinstance(layers, list):
            self.refuse("one of its networks has no layers")
        for layer in layers:
            nodes = layer.get("inbound_nodes") if isinstance(layer, dict) else None
            if not isinstance(nodes, list) or not isinstance(layer.get("name"), str) or "class_name" not in layer:
                self.refuse("one of its networks has something that is no layer")
            if not all(isinstance(node, dict) and set(node) == {"args", "kwargs"} for node in nodes):
                self.refuse("one of its layers is not called as Keras would write it")
            if layer["name"] in made or not _sources(nodes) <= made:
                self.refuse("the layers of its networks do not stand in the order in which they are called")
            if len(nodes) > 1:
                self.refuse(
                    "one of its layers is called more than once; "
                    "if the model is your own, load it with keras.saving.load_model"
                )
            made.add(layer["name"])
            self.layers += 1
        if self.layers > LAYERS:
            self.refuse(f"its networks have more than {LAYERS:,} layers")


def _sources(value):
    """Return the names of the layers whose outputs are called for in the nodes of another."""
    if isinstance(value, list):
        return set().union(*map(_sources, value))
    if not isinstance(value, dict):
        return set()
    if value.get("class_name") == "__keras_tensor__":
        history = value["config"].get("keras_history") if isinstance(value.get("config"), dict) else None
        return {str(history[0])} if isinstance(history, list) and history else {""}
    return set().union(*map(_sources, value.values()))


def _registered_names(module, name):
    return {f"kerasgen>{name}"} if module.startswith("kerasgen.") else {None, name}


def _is_ours(module, name):
    """Return whether Keras will take our class where a file names one: another can be registered in its place."""
    if not module.startswith("kerasgen."):
        return True
    registered = keras.saving.get_registered_object(f"kerasgen>{name}")
    return isinstance(registered, type) and (registered.__module__, registered.__name__) == (module, name)
