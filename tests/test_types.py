"""The public API is annotated: functions, constructors and public methods of `kerasgen` and its packages."""

import inspect

import pytest

import kerasgen

pytestmark = pytest.mark.once


def functions_of(value):
    """Return the public functions of a public object: itself, or the constructor and the methods of a class."""
    if inspect.isfunction(value):
        return {"": value}
    own = [base for base in value.__mro__ if base.__module__.startswith("kerasgen")]
    methods = {}
    for base in own:
        for name, member in vars(base).items():
            member = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            is_ours = inspect.isfunction(member) and member.__module__.startswith("kerasgen")
            if is_ours and member.__name__ != "<lambda>" and (name == "__init__" or not name.startswith("_")):
                methods.setdefault(f".{name}", member)
    return methods


PUBLIC = {
    f"{module.__name__}.{name}{method}": function
    for module in (kerasgen, *(getattr(kerasgen, package) for package in kerasgen._MODULES))
    for name in getattr(module, "__all__", ())
    if callable(value := getattr(module, name)) and getattr(value, "__module__", "").startswith("kerasgen")
    if inspect.isfunction(value) or inspect.isclass(value)
    for method, function in functions_of(value).items()
}


@pytest.mark.parametrize("name", PUBLIC)
def test_every_argument_and_result_is_annotated(name):
    signature = inspect.signature(PUBLIC[name])
    missing = [
        p.name for p in signature.parameters.values() if p.annotation is p.empty and p.name not in ("self", "cls")
    ]
    assert not missing
    assert name.endswith(".__init__") or signature.return_annotation is not signature.empty


def test_the_annotations_are_shipped():
    from importlib.resources import files

    assert (files("kerasgen") / "py.typed").is_file()
