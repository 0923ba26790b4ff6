"""Loading of model files. Only this module reads them.

A file is not a program. Its header names a recipe and the values of the recipe's options; the installed recipe builds
the model, and the file's weights are loaded into it. Nothing else in the file is used. A model assembled by hand has no
recipe. If the caller trusts its file, Keras rebuilds it from the classes and functions that the file names.
"""

import contextlib
import json
import math
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras

from kerasgen import models, zoo  # noqa: F401  (`models` registers the classes that `load_model` needs)
from kerasgen.backend import keras_internals
from kerasgen.errors import KerasgenError, ModelFileError, UsageError, shorten
from kerasgen.io import archive, weights
from kerasgen.io.memory import limit_variables
from kerasgen.recipe import MAXIMUM_CLASS_NAME, Recipe

PRECISIONS = ("float32", "float64", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16")

_KEYS = {
    "recipe": str,
    "version": int,
    "options": dict,
    "sample_shape": list,
    "num_classes": int,
    "class_names": list | None,
    "precision": str,
}


def load(path: str | os.PathLike, compile: bool = False, trust: bool = False) -> Any:
    """Return the model of a `.keras` file, or of the file `model.keras` in a run directory.

    The file may come from any backend and from an untrusted source. The installed recipe builds the model. The file
    provides the option values, which are checked, and the weights, which must be finite and fit exactly.

    Args:
        path: path of a local file or directory.
        compile: whether to load the state of the optimizers too, to continue the training. Otherwise the model is
            not compiled.
        trust: whether Keras may rebuild a model that no installed recipe builds. Keras then runs the classes and
            functions that the file names, so give it for files from a source that you trust.

    Raises:
        ModelFileError: the file is missing or damaged, its recipe is not installed or has another version, or its
            weights do not fit.

    Example:
        >>> import kerasgen
        >>> kerasgen.create("vae", image_size=8).save("vae.keras")
        >>> kerasgen.load("vae.keras").generate(16).shape
        (16, 8, 8, 1)
    """
    keras_internals.cache_saved_attributes()
    follow = not Path(path).is_dir()
    with keras_internals.without_tensorflow(), archive.extracted(find(path), follow=follow) as file:
        layout = weights.check(file.weights, file.path, compile)
        try:
            model = _rebuild(file, layout, compile)
        except _NotRebuiltError as error:
            if not trust:
                raise ModelFileError(str(error)) from None
            model = _load_by_keras(file, compile)
        weights.load_into(model, file.weights, layout, file.path, compile)
        return model


def restore(model: Any, path: str | os.PathLike) -> None:
    """Load weights, optimizers and random states of a model file into a built and compiled model.

    Args:
        model: model of the same architecture as the file's.
        path: path of a regular `.keras` file.

    Raises:
        ModelFileError: the file is missing or damaged, or its arrays are not exactly those of the model.

    Example:
        >>> import kerasgen
        >>> from kerasgen.models import load
        >>> model = kerasgen.create("vae", image_size=8)
        >>> model.save("vae.keras")
        >>> load.restore(model, "vae.keras")
    """
    keras_internals.cache_saved_attributes()
    with archive.extracted(find(path), follow=False) as file:
        layout = weights.check(file.weights, file.path, compile=True)
        weights.load_into(model, file.weights, layout, file.path, compile=True)


def find(path: str | os.PathLike) -> Path:
    """Return the path of the model file that `path`, a `.keras` file or a run directory, names.

    Raises:
        ModelFileError: there is no such file.

    Example:
        >>> from pathlib import Path
        >>> from kerasgen.models import load
        >>> Path("run").mkdir()
        >>> Path("run/model.keras").touch()
        >>> load.find("run").name
        'model.keras'
    """
    if "://" in str(path):
        raise ModelFileError(f"{path} is not a file on this machine; download it and give its path")
    path = Path(path)
    if path.is_dir():
        if not (path / "model.keras").is_file():
            raise ModelFileError(f"{path} is a directory without a model.keras; give a .keras file or a run directory")
        if (path / "model.keras").is_symlink():
            raise ModelFileError(f"{path / 'model.keras'} is a link; give the path of the file that it points to")
        return path / "model.keras"
    if not path.exists():
        raise ModelFileError(f"no such file: {path}; give a .keras file or a run directory")
    if not path.is_file() or path.suffix != ".keras":
        raise ModelFileError(f"{path} is not a .keras file; give one that kerasgen saved, or a run directory")
    return path


class _NotRebuiltError(ModelFileError):
    """Error for an intact file whose model no installed recipe builds."""

    def __init__(self, path: Path, reason: str):
        super().__init__(
            f"{path} {reason}; if you trust its source, trust=True (--trust) lets Keras run the classes and functions "
            "that the file names"
        )


def _rebuild(file: archive.Archive, layout: weights.Layout, compile: bool) -> Any:
    """Return the model that the header describes, with fresh weights."""
    model = _build(_recipe_of(file, file.origin), file, layout, compile)
    _check_unchanged(model, file, compile)
    return model


def _recipe_of(file: archive.Archive, origin: dict[str, Any] | None) -> Recipe:
    """Return the installed recipe of a file, or of the codec that it describes."""
    if origin is None:
        raise _NotRebuiltError(file.path, "has no recipe, because its model was assembled by hand")
    name, version = origin.get("recipe"), origin.get("version")
    recipe = zoo.recipes().get(name) if isinstance(name, str) else None
    if recipe is None:
        advice = " ".join(["install the package that provides it", *zoo.left_out()])
        raise _NotRebuiltError(file.path, f"was made by the recipe {shorten(name)}, which is not installed: {advice}")
    if type(version) is int and version != recipe.version:
        raise _NotRebuiltError(
            file.path,
            f"was made by version {shorten(version)} of the recipe {name}, and this kerasgen builds version "
            f"{recipe.version}: train the model again, or load it with the kerasgen that saved it",
        )
    return recipe


def _build(recipe: Recipe, file: archive.Archive, layout: weights.Layout, compile: bool) -> Any:
    """Return the model that the header describes.

    The number of values in the model may be at most four times that of the weights in the file, plus 2**16. The factor
    leaves room for optimizer moments, and the constant for metrics and random states. The variables start at zero if
    the file has values for all of them.
    """
    origin = dict(file.origin or {})
    of_codec = origin.pop("codec", None)
    maximum = 4 * layout.without_optimizer().count + 2**16
    try:
        arguments = _check(origin, recipe)
        for initialize in (False, True):
            with _precision(origin["precision"]), limit_variables(maximum, initialize):
                model = recipe.create(**arguments)
                if of_codec is not None:
                    _attach_codec(model, of_codec, file)
            if initialize or _has_all(layout, model, compile):
                break
    except MemoryError as error:
        raise ModelFileError(
            f"cannot load {file.path}: its options describe a model that is too large for its weights"
        ) from error
    except KerasgenError as error:
        raise ModelFileError(f"cannot load {file.path}: {error}") from error
    except Exception as error:  # the recipe of another package may raise any kind of error
        reason = weights.first_line(error)
        raise ModelFileError(f"cannot load {file.path}: its recipe {recipe.name} failed: {reason}") from error
    return model


def _attach_codec(model: Any, origin: Any, file: archive.Archive) -> None:
    """Build the frozen model that decodes the codes of `model`, as its own file would describe it, and attach it.

    Raises:
        UsageError: the model has no codes, or they do not fit.
    """
    if not isinstance(origin, dict) or not hasattr(model, "attach_codec"):
        raise UsageError(f"its header has the codec {shorten(origin)}, which its recipe does not use")
    recipe = _recipe_of(file, origin)
    with _precision(origin.get("precision")):
        codec = recipe.create(**_check(origin, recipe))
    codec.optimizer, codec.compiled = None, False
    model.attach_codec(codec)


def _has_all(layout: weights.Layout, model: Any, compile: bool) -> bool:
    """Return whether a file has a value for each element of the variables to load; layers may save fewer."""
    variables = [*model.variables, *(model.optimizer.variables if compile else ())]
    stored = layout if compile else layout.without_optimizer()
    return stored.count == sum(math.prod(variable.shape) for variable in variables)


def _check(origin: dict[str, Any], recipe: Recipe) -> dict[str, Any]:
    """Return the arguments of `recipe.create`, after checking that the header holds what `create` would write.

    Raises:
        UsageError: another key, type or value.
    """
    if set(origin) != set(_KEYS):
        raise UsageError(f"its header has the keys {shorten(sorted(origin))}; they should be {', '.join(_KEYS)}")
    for key, kind in _KEYS.items():
        if not isinstance(origin[key], kind) or isinstance(origin[key], bool):
            raise UsageError(f"the {key} in its header is {shorten(origin[key])}, a value of another type")
    if origin["precision"] not in PRECISIONS:
        raise UsageError(f"the precision in its header is {shorten(origin['precision'])}")
    options = recipe.resolve(origin["options"])
    for name, value in origin["options"].items():
        if type(value) is not type(options[name]):
            raise UsageError(f"option {name} in its header is {shorten(value)}, a value of another type")
    for name in origin["class_names"] or []:
        if not isinstance(name, str) or not name.isprintable() or len(name) > MAXIMUM_CLASS_NAME:
            raise UsageError(f"its header has a class called {shorten(name)}")
    if not options.get("conditional") and (origin["num_classes"] or origin["class_names"]):
        raise UsageError("its header has classes, and its recipe is not conditional")
    classes = {"num_classes": origin["num_classes"], "class_names": origin["class_names"]}
    return {"sample_shape": origin["sample_shape"], **classes, **options}


def _check_unchanged(model: Any, file: archive.Archive, compile: bool) -> None:
    """Compare numbers, texts and optimizers with those that Keras saved.

    Raises:
        ModelFileError: the model was changed between `create` and `save`, so its recipe no longer describes it.
    """
    try:
        saved = json.loads(file.config)
        arguments = dict(saved["config"])
        optimizers = _class_names(saved.get("compile_config"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ModelFileError(f"{file.path} is damaged: its config.json is not as Keras writes it") from error
    for name, value in model.get_config().items():
        is_plain = value is None or isinstance(value, str | int | float)
        if is_plain and name != "name" and arguments.get(name, value) != value:
            was = shorten(arguments[name])
            raise _NotRebuiltError(
                file.path, f"was changed after kerasgen.create: its {name} is {was}, its recipe builds {shorten(value)}"
            )
    if compile and optimizers and optimizers != (built := _class_names(model.get_compile_config())):
        raise _NotRebuiltError(
            file.path,
            f"was compiled with {shorten(optimizers)} after kerasgen.create, its recipe compiles with {shorten(built)}",
        )


def _class_names(value: Any) -> list[str]:
    """Return the sorted names of all classes in a nested structure that Keras serialized."""
    if isinstance(value, dict):
        own = {value["class_name"]} if isinstance(value.get("class_name"), str) else set()
        return sorted(own.union(*map(_class_names, value.values())))
    return sorted(set().union(*map(_class_names, value))) if isinstance(value, list) else []


@contextlib.contextmanager
def _precision(name: Any) -> Iterator[None]:
    """Context manager in which models have a precision; `_check` has the message for a wrong one."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _load_by_keras(file: archive.Archive, compile: bool) -> Any:
    """Return the model that Keras rebuilds from a copy of the checked members."""
    copy = file.folder / "model.keras"
    with zipfile.ZipFile(copy, "w") as contents:
        for name in archive.MEMBERS:
            contents.write(file.folder / name, name)
    try:
        model = keras.saving.load_model(copy, compile=compile, safe_mode=True)
    except Exception as error:  # layers may raise any kind of error
        raise ModelFileError(f"cannot load {file.path}: {weights.first_line(error)}") from error
    object.__setattr__(model, "origin", file.origin)
    return model
