"""Hostile archives, and paths that are not files."""

import os
import struct
import warnings
import zipfile


def with_member(name, content=b"x", mode=0o600 << 16):
    """Return the case of a file with an additional member."""

    def make(material, path):
        material.pack(path)
        with zipfile.ZipFile(path, "a") as archive:
            info = zipfile.ZipInfo("x")
            info.filename = info.orig_filename = name
            info.external_attr = mode
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about duplicate names
                archive.writestr(info, content)

    return make


def with_bytes(change):
    """Return the case of a file whose bytes `change(bytearray)` changes, or replaces by those that it returns."""

    def make(material, path):
        material.pack(path)
        data = bytearray(path.read_bytes())
        other = change(data)
        path.write_bytes(data if other is None else other)

    return make


def renamed(old, new):
    """Return the case of a file in which a member has another name of the same length."""
    return with_bytes(lambda data: data.replace(old, new))


def encrypted(data):
    """Mark the first member as encrypted."""
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + offset] |= 1


def larger(data):
    """Let the directory say that the config has 4 GB."""
    place = data.rfind(b"PK\x01\x02", 0, data.rfind(b"config.json"))
    data[place + 20 : place + 28] = struct.pack("<II", 0xFFFFFFF0, 0xFFFFFFF0)


def overlapping(data):
    """Let the directory's entry for the weights point at the config."""
    config, weights = (data.rfind(b"PK\x01\x02", 0, data.rfind(name)) for name in (b"config.json", b"model.weights"))
    data[weights + 42 : weights + 46] = data[config + 42 : config + 46]


def wrong_crc(data):
    """Change a byte of the weights."""
    data[len(data) // 2] ^= 255


def symlink(material, path):
    """Make the weights a symbolic link, as an archive can say."""
    material.pack(path, seal=False)
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
    with zipfile.ZipFile(path, "w") as archive:
        for info in infos:
            info.external_attr = 0o120777 << 16 if info.filename.endswith("h5") else info.external_attr
            archive.writestr(info, material.members[info.filename])
    _seal(path, material.origin)


def bomb(material, path):
    """Write 100 MB of zeros as weights, compressed a thousandfold."""
    material.pack(path, compression=zipfile.ZIP_DEFLATED, weights=bytes(100 * 2**20))


def many_members(material, path):
    """Add 100,000 empty members, whose directory takes more memory than the file."""
    material.pack(path)
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(100_000):
            archive.writestr(f"{number}", b"")


def false_directory(data):
    """Declare a directory that is as long as the file."""
    place = data.rfind(b"PK\x05\x06")
    data[place + 12 : place + 16] = struct.pack("<I", len(data))


def linked(target):
    """Return the case of a path that is a link to `target`; None means to itself."""
    return lambda material, path: os.symlink(path if target is None else target, path)


def _seal(path, origin):
    from kerasgen.io import archive

    archive.seal(path, origin)


CASES = {
    "path above the folder": with_member("../sentinel"),
    "absolute path": with_member("/tmp/sentinel"),
    "path with a drive letter": with_member("C:\\sentinel"),
    "path with a zero byte": with_member("config.json\0x"),
    "assets": with_member("assets/vocabulary.txt"),
    "a script beside the model": with_member("sentinel.py"),
    "link in the archive": with_member("link", b"/etc/passwd", 0o120777 << 16),
    "weights are a link": symlink,
    "config twice": with_member("config.json", b"{}"),
    "weights twice": with_member("model.weights.h5"),
    "config in capitals": renamed(b"config.json", b"Config.json"),
    "config is a folder": renamed(b"config.json", b"config.jso/"),
    "no config": lambda material, path: material.pack(path, config=None),
    "no weights": lambda material, path: material.pack(path, weights=None),
    "no metadata": lambda material, path: material.pack(path, metadata=None),
    "encrypted": with_bytes(encrypted),
    "wrong checksum of a member": with_bytes(wrong_crc),
    "bomb: 100,000 members": many_members,
    "a directory that is too long": with_bytes(false_directory),
    "no checksum of the file": lambda material, path: material.pack(path, seal=False),
    "bomb: compressed a thousandfold": bomb,
    "bomb: a directory that says 4 GB": with_bytes(larger),
    "members over each other": with_bytes(overlapping),
    "another file before it": with_bytes(lambda data: b"#!/bin/sh\n" + data),
    "a megabyte before the directory": with_bytes(
        lambda data: data[: data.find(b"PK\x01\x02")] + bytes(2**20) + data[data.find(b"PK\x01\x02") :]
    ),
    "empty": lambda material, path: path.write_bytes(b""),
    "text": lambda material, path: path.write_text("hello"),
    "HDF5 file": lambda material, path: path.write_bytes(material.members["model.weights.h5"]),
    "folder": lambda material, path: path.mkdir(),
    "pipe": lambda material, path: os.mkfifo(path),
    "device": linked("/dev/zero"),
    "link to itself": linked(None),
    "link to nothing": linked("nowhere"),
}
