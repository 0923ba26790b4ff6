"""Hostile files whose `config.json` names functions that must not run, or declares sizes that do not fit in memory."""

import base64
import json
import marshal

from checks.hostile import EPSILON, SENTINEL, Case
from checks.hostile.material import first, networks


def by_hand(case: Case) -> Case:
    """Return the case of the same file without a recipe, as a model that was assembled by hand."""

    def make(material, path):
        case(material, path)
        _seal(path)

    return make


def _seal(path):
    from kerasgen.io import archive

    archive.seal(path, None)


def function(module, name):
    """Return a reference to a function in the form in which Keras serializes it."""
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def thing(module, kind, /, **config):
    """Return an object in the form in which Keras serializes it."""
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


def code():
    """Return a Python lambda in the form in which Keras serializes it; it sets an environment variable."""
    compiled = eval(f"lambda x: (__import__('os').environ.__setitem__({SENTINEL!r}, 'run'), x)[1]").__code__
    value = [base64.encodebytes(marshal.dumps(compiled)).decode(), None, None]
    return {"class_name": "__lambda__", "config": {"value": value}}


def lambda_layer(**config):
    """Return a Lambda layer."""
    return thing("keras.layers", "Lambda", name="l", function=code(), **config)


def with_layer(layer):
    """Return the case of a file in which another layer replaces the generator's ReLU."""
    return changed(lambda config: first(config, "ReLU").update(layer))


def with_setting(kind, **settings):
    """Return the case of a file in which the first layer of that class has other settings."""
    return changed(lambda config: first(config, kind)["config"].update(settings))


def with_operation(name, *arguments, module="keras.src.ops.core", **config):
    """Return the case of a file whose graph runs an operation on its own inputs."""

    def change(config_):
        relu = first(config_, "ReLU")
        tensor = relu["inbound_nodes"][0]["args"][0]
        nodes = [{"args": [tensor if argument is TENSOR else argument for argument in arguments], "kwargs": {}}]
        relu.update(thing(module, name, name="operation", **config), inbound_nodes=nodes, registered_name=name)

    return changed(change)


def changed(change):
    """Return the case of a file with the config that `change` makes."""
    return lambda material, path: material.pack_config(path, change)


def text(make):
    """Return the case of a file with the config `make(good text)`."""
    return lambda material, path: material.pack(path, config=make(material.members["config.json"].decode()).encode())


def without_build_config(config):
    """Declare a large layer and leave out its input shape."""
    dense = first(config, "Dense")
    dense["config"]["units"] = 10**7
    del dense["build_config"]


def without_module(config):
    """Write a layer in the format before Keras 3, which has its own loader."""
    del first(config, "ReLU")["module"]


def backwards(config):
    """Connect the graph to a cycle."""
    one, two = networks(config)[2:4]
    one["inbound_nodes"] = two["inbound_nodes"]


TENSOR = object()
SET_EPSILON = function("keras.config", "set_epsilon")
LSTM = thing("keras.layers", "LSTM", name="l", units=2)

FUNCTIONS = {
    f"function {module}.{name} as activation": with_setting("Dense", activation=function(module, name))
    for module, name in (
        *(("builtins", "exec"), ("os", "system"), ("subprocess", "run"), ("importlib", "import_module")),
        *(("numpy", "save"), ("keras.utils", "get_file"), ("keras.config", "set_epsilon"), ("keras.ops", "save")),
    )
}
LAMBDAS = {
    "lambda as activation": with_setting("Dense", activation=code()),
    "lambda as initializer": with_setting("Dense", kernel_initializer=code()),
    "lambda as an argument of the model": changed(lambda c: c["config"].update(objective=code())),
    "lambda in what a layer is built for": changed(
        lambda c: first(c, "Dense").update(build_config={"input_shape": code()})
    ),
    "lambda in a call": changed(lambda c: first(c, "ReLU")["inbound_nodes"][0].update(kwargs={"mask": code()})),
    "Lambda layer": with_layer(lambda_layer()),
    "Lambda layer with an output shape": with_layer(lambda_layer(output_shape=code())),
    "Lambda in Bidirectional": with_layer(thing("keras.layers", "Bidirectional", name="l", layer=lambda_layer())),
    "Lambda in TimeDistributed": with_layer(thing("keras.layers", "TimeDistributed", name="l", layer=lambda_layer())),
    "Lambda in Sequential": with_layer(thing("keras", "Sequential", name="l", layers=[lambda_layer()])),
}
OPERATIONS = {
    "operation Switch": with_operation("Switch", TENSOR, [SET_EPSILON], EPSILON),
    "operation Cond": with_operation("Cond", TENSOR, SET_EPSILON, SET_EPSILON),
    "operation Map": with_operation("Map", SET_EPSILON, TENSOR),
    "operation Scan": with_operation("Scan", SET_EPSILON, TENSOR, TENSOR),
    "operation WhileLoop": with_operation("WhileLoop", TENSOR, cond=SET_EPSILON, body=SET_EPSILON),
    "operation VectorizedMap": with_operation("VectorizedMap", TENSOR, function=SET_EPSILON),
    "operation ForiLoop": with_operation("ForiLoop", TENSOR, lower=0, upper=1, body_fun=SET_EPSILON),
}
FOREIGN = {
    "TorchModuleWrapper": with_layer(thing("keras.layers", "TorchModuleWrapper", name="l", module="x")),
    "TFSMLayer": with_layer(thing("keras.layers", "TFSMLayer", name="l", filepath="sentinel")),
    "TFSMLayer in TimeDistributed": with_layer(
        thing("keras.layers", "TimeDistributed", name="l", layer=thing("keras.layers", "TFSMLayer", filepath="x"))
    ),
    "JaxLayer": with_layer(thing("keras.layers", "JaxLayer", name="l", call_fn=code())),
    "StringLookup from a file": with_layer(thing("keras.layers", "StringLookup", name="l", vocabulary="/etc/hostname")),
    "TextVectorization from a URL": with_layer(
        thing("keras.layers", "TextVectorization", name="l", vocabulary="gs://bucket/words.txt")
    ),
    "layer that no recipe uses": with_layer(LSTM),
    "layer without a module": changed(without_module),
    "module like Keras": with_layer(LSTM | {"module": "keras_evil.layers"}),
    "module with a path": with_layer(LSTM | {"module": "keras.layers/../../os"}),
    "class of another package": with_layer(LSTM | {"module": "sentinel", "class_name": "Payload"}),
    "name of another registered class": changed(lambda c: first(c, "ReLU").update(registered_name="kerasgen>GAN")),
    "model by the name of another": changed(lambda c: c.update(registered_name="kerasgen>WeightsMean")),
    "type specification": with_setting(
        "Dense", activation={"class_name": "__typespec__", "spec_name": "x", "module": "os", "config": []}
    ),
    "array in the config": with_setting(
        "Dense", activation={"class_name": "__numpy__", "config": {"value": 0, "dtype": "O"}}
    ),
    "tensor in the config": with_setting(
        "Dense", activation={"class_name": "__tensor__", "config": {"value": [0], "dtype": "int8"}}
    ),
    "network that compiles itself": changed(
        lambda c: c["config"]["generator"].update(compile_config={"loss": SET_EPSILON, "optimizer": "adam"})
    ),
    "class name twice": text(
        lambda good: good.replace('"class_name": "ReLU"', '"class_name": "ReLU", "class_name": "Lambda"', 1)
    ),
}
OPTIMIZER = {
    "optimizer with a lambda": changed(
        lambda c: c["compile_config"]["optimizer"]["config"]["members"]["generator"]["config"].update(
            learning_rate=code()
        )
    ),
    "optimizer with a function as schedule": changed(
        lambda c: c["compile_config"].update(
            optimizer=thing("keras.optimizers", "Adam", learning_rate=function("keras.config", "set_epsilon"))
        )
    ),
    "optimizer that is a function": changed(lambda c: c["compile_config"].update(optimizer=SET_EPSILON)),
}
SIZES = {
    "bomb: 3e11 units": with_setting("Dense", units=300_000_000_000),
    "bomb: 10 million units": with_setting("Dense", units=10**7),
    "bomb: units are text": with_setting("Dense", units="1" * 1000),
    "bomb: a layer built for a large input": changed(
        lambda c: first(c, "Dense").update(build_config={"input_shape": [None, 10**9]})
    ),
    "bomb: a large layer that does not say for what": changed(without_build_config),
    "bomb: a large kernel": with_setting("Conv2DTranspose", kernel_size=[10**5, 10**5]),
    "bomb: long steps": with_setting("Conv2DTranspose", strides=[10**5, 10**5]),
    "bomb: many dimensions for LoRA": with_setting("Dense", lora_rank=10**9),
    "bomb: 20,000 layers": changed(
        lambda c: c["config"]["generator"]["config"].update(layers=networks(c)[3:4] * 20_000)
    ),
    "bomb: 5,000 layers": changed(
        lambda c: c["config"]["generator"]["config"].update(
            layers=[{"class_name": "R", "name": str(i), "inbound_nodes": []} for i in range(5000)]
        )
    ),
    "bomb: JSON of 100 MB": text(lambda good: "[" + "0," * (50 * 10**6) + "0]"),
    "bomb: JSON 100,000 deep": text(lambda good: "[" * 100_000),
    "JSON 60 deep": changed(lambda c: c["config"].update(objective=json.loads("[" * 60 + "]" * 60))),
    "JSON with NaN": with_setting("Dense", units=float("nan")),
    "number of 1,000 digits": with_setting("Dense", units=10**1000),
    "no JSON": text(lambda good: good[:-9]),
    "JSON of another kind": text(lambda good: "[]"),
    "lists for names": changed(lambda c: first(c, "ReLU").update(registered_name=[], build_config="x")),
    "graph that goes round": changed(backwards),
    "another precision": with_setting("Dense", dtype="int8_from_float32"),
}
CASES = FUNCTIONS | LAMBDAS | OPERATIONS | FOREIGN | OPTIMIZER | SIZES
