"""Hostile files with a false header: wrong types, sizes, names and encodings."""

import json
import re
import zipfile
from typing import Any

from checks.hostile import Case

HUGE = 10**20
ESCAPE = "\x1b]0;PWN\x07"


def with_origin(**changes: Any) -> Case:
    """Return the case of a file with other values in its origin."""
    return lambda material, path: material.pack(path, origin=material.origin | changes)


def with_options(**changes: Any) -> Case:
    """Return the case of a file with other options."""
    return lambda material, path: material.pack(
        path, origin=material.origin | {"options": material.origin["options"] | changes}
    )


def without(key: str) -> Case:
    """Return the case of a file with a key less in its origin."""
    return lambda material, path: material.pack(
        path, origin={name: value for name, value in material.origin.items() if name != key}
    )


def with_comment(change: Any) -> Case:
    """Return the case of a file with the comment `change(good comment)`, or these bytes."""

    def make(material, path):
        material.pack(path)
        with zipfile.ZipFile(path, "a") as archive:
            comment = change(archive.comment) if callable(change) else change
            assert comment != archive.comment, "the case changes nothing"
            archive.comment = comment

    return make


def with_header(**changes: Any) -> Case:
    """Return the case of a file whose header has other values next to the origin."""

    def change(comment):
        header = json.loads(comment.removeprefix(b"kerasgen ")) | changes
        return b"kerasgen " + json.dumps(header, sort_keys=True).encode()

    return with_comment(change)


RECIPES = {
    "recipe that is not installed": with_origin(recipe="stable-diffusion"),
    "recipe with a path": with_origin(recipe="../../recipes/evil"),
    "recipe with an escape sequence": with_origin(recipe=f"dcgan{ESCAPE}"),
    "recipe of 40,000 letters": with_origin(recipe="d" * 40_000),
    "recipe that is a list": with_origin(recipe=["dcgan"]),
    "recipe that is an object": with_origin(recipe={"class_name": "dcgan"}),
    "recipe that is nothing": with_origin(recipe=None),
    "recipe of other weights": with_origin(recipe="gan", options={}),
    "another version": with_origin(version=99),
    "version 0": with_origin(version=0),
    "version of 30 digits": with_origin(version=10**30),
    "version that is text": with_origin(version="1"),
    "version that is true": with_origin(version=True),
    "version that is a fraction": with_origin(version=1.0),
    "no version": without("version"),
}
OPTIONS = {
    "bomb: width above its maximum": with_options(width=HUGE),
    "bomb: width of a million": with_options(width=2**20),
    "bomb: width of 2,000": with_options(width=2000),
    "bomb: discriminator_width of a million": with_options(discriminator_width=2**20),
    "bomb: latent_dim of a million": with_options(latent_dim=2**20),
    "bomb: latent_dim of 100,000": with_options(latent_dim=100_000),
    "bomb: packing of a million": with_options(packing=2**20),
    "bomb: number of 4,000 digits": with_options(width=10**4000),
    "width slightly too large": with_options(width=5),
    "width of 0": with_options(width=0),
    "width below 0": with_options(width=-4),
    "width that is text": with_options(width="4"),
    "width that is true": with_options(width=True),
    "width that is a fraction": with_options(width=4.0),
    "width that is a list": with_options(width=[4]),
    "width that is nothing": with_options(width=None),
    "rate that is whole": with_options(learning_rate=1),
    "rate below 0": with_options(learning_rate=-0.1),
    "rate of 1e300": with_options(learning_rate=1e300),
    "objective that is a function": with_options(objective="builtins.exec"),
    "objective that is an object": with_options(
        objective={"module": "builtins", "class_name": "function", "config": "exec", "registered_name": "exec"}
    ),
    "objective with an escape sequence": with_options(objective=ESCAPE),
    "option that the recipe lacks": with_options(custom_objects="x"),
    "option with a dunder name": with_options(__class__="x"),
    "options that are a list": with_origin(options=[["width", 4]]),
    "options that are text": with_origin(options="width=4"),
    "no options": without("options"),
    "another default": with_options(average=0.5),
    "another objective": with_options(objective="hinge"),
}
SHAPES = {
    "bomb: images of 1e20 pixels": with_origin(sample_shape=[HUGE, HUGE, 1]),
    "bomb: images of 8,192 pixels": with_origin(sample_shape=[8192, 8192, 1]),
    "bomb: images of 4,096 pixels": with_origin(sample_shape=[4096, 4096, 1]),
    "bomb: images with 8,192 channels": with_origin(sample_shape=[16, 16, 8192]),
    "images of 32 pixels": with_origin(sample_shape=[32, 32, 1]),
    "images of 0 pixels": with_origin(sample_shape=[0, 16, 1]),
    "images of -16 pixels": with_origin(sample_shape=[-16, -16, 1]),
    "images of 16.0 pixels": with_origin(sample_shape=[16.0, 16, 1]),
    "images of true pixels": with_origin(sample_shape=[True, 16, 1]),
    "images of text pixels": with_origin(sample_shape=["16", "16", "1"]),
    "images of four axes": with_origin(sample_shape=[16, 16, 1, 1]),
    "images without axes": with_origin(sample_shape=[]),
    "images with nested axes": with_origin(sample_shape=[[16], [16], [1]]),
    "points of a recipe for images": with_origin(sample_shape=[16]),
    "shape that is text": with_origin(sample_shape="16x16"),
    "no shape": without("sample_shape"),
}
CLASSES = {
    "bomb: a million classes": with_origin(num_classes=2**20, class_names=None),
    "bomb: 1e20 classes": with_origin(num_classes=HUGE, class_names=None),
    "0 classes": with_origin(num_classes=0, class_names=None),
    "-1 classes": with_origin(num_classes=-1, class_names=None),
    "2.0 classes": with_origin(num_classes=2.0),
    "one name too many": with_origin(class_names=["cat", "dog", "cow"]),
    "3 classes": with_origin(num_classes=3, class_names=None),
    "class with an escape sequence": with_origin(class_names=["cat", f"dog{ESCAPE}"]),
    "class with a line break": with_origin(class_names=["cat", "dog\nroot"]),
    "class with half a character": with_origin(class_names=["cat", "dog\udc80"]),
    "class that turns the text around": with_origin(class_names=["cat", "dog\u202e"]),
    "class of 10,000 letters": with_origin(class_names=["cat", "d" * 10_000]),
    "class that is a number": with_origin(class_names=["cat", 1]),
    "class that is a list": with_origin(class_names=["cat", ["dog"]]),
    "classes that are text": with_origin(class_names="cd"),
    "classes of a model without": with_options(conditional=False),
    "precision of 8 bits": with_origin(precision="int8_from_float32"),
    "precision that is a path": with_origin(precision="../x"),
    "precision that is nothing": with_origin(precision=None),
    "another precision": with_origin(precision="float16"),
}
ENCODINGS = {
    "key too many": with_origin(custom_objects=None),
    "origin that is a list": with_header(origin=[]),
    "origin that is text": with_header(origin="dcgan"),
    "no origin": with_header(origin=None),
    "no header": with_comment(b""),
    "header of another program": with_comment(b"torch 1.0"),
    "header of format 1": with_comment(b"kerasgen sha256:" + b"0" * 64),
    "header of format 3": with_header(format=3),
    "header of format 2.0": with_header(format=2.0),
    "header without a format": with_comment(b"kerasgen {}"),
    "header that is a list": with_comment(b"kerasgen []"),
    "header that is no JSON": with_comment(lambda comment: comment[:-2]),
    "header 60,000 deep": with_comment(b"kerasgen " + b"[" * 60_000),
    "header 30,000 deep": with_comment(b"kerasgen " + b"[" * 30_000 + b"]" * 30_000),
    "header that is not ASCII": with_comment(lambda comment: comment.replace(b"dcgan", b"dcg\xc3\xa4n")),
    "header that is not UTF-8": with_comment(lambda comment: comment.replace(b"dcgan", b"dcg\xffn")),
    "header with a key twice": with_comment(lambda comment: re.sub(rb'("version": \d+)', rb"\1, \1", comment)),
    "header with NaN": with_comment(lambda comment: re.sub(rb'"average": [0-9.]+', b'"average": NaN', comment)),
    "header with infinity": with_comment(lambda comment: re.sub(rb'"average": [0-9.]+', b'"average": 1e999', comment)),
    "header with a number of 9,000 digits": with_comment(
        lambda comment: comment.replace(b'"width": 4', b'"width": ' + b"9" * 9000)
    ),
    "header with a space more": with_comment(lambda comment: comment.replace(b'"format": 2', b'"format":  2')),
    "header with other options": with_comment(lambda comment: comment.replace(b'"width": 4', b'"width": 8')),
    "header with another class": with_comment(lambda comment: comment.replace(b'"dog"', b'"cow"')),
    "checksum that is a number": with_header(sha256=0),
    "checksum of another file": with_header(sha256="0" * 64),
}
CASES = RECIPES | OPTIONS | SHAPES | CLASSES | ENCODINGS
