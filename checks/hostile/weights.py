"""Hostile files whose HDF5 file holds other things than the arrays of the model."""

import io

PLACE = "generator/layers/dense/vars"


def with_file(change):
    """Return the case of a file whose weights `change(open HDF5 file, group of a layer)` changes."""

    def make(material, path):
        import h5py

        contents = io.BytesIO(material.members["model.weights.h5"])
        with h5py.File(contents, "r+") as file:
            change(file, file[PLACE])
        material.pack(path, weights=contents.getvalue())

    return make


def with_array(**made):
    """Return the case of a file in which `create_dataset(**made)` replaces the first array of a layer."""

    def change(file, group):
        del group["0"]
        group.create_dataset("0", **made)

    return with_file(change)


def with_values(index, value):
    """Return the case of a file in which one weight has another value."""
    return with_file(lambda file, group: group["0"].__setitem__(index, value))


def with_link(make):
    """Return the case of a file in which the first array of a layer is the link that `make(h5py)` returns."""

    def change(file, group):
        import h5py

        del group["0"]
        group["0"] = make(h5py)

    return with_file(change)


def declared(numbers):
    """Return the case of an array that is declared without bytes."""
    return with_file(lambda file, group: (group.pop("0"), _early(group, numbers)))


def _early(group, numbers):
    import h5py

    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_alloc_time(h5py.h5d.ALLOC_TIME_LATE)
    space = h5py.h5s.create_simple((numbers,))
    h5py.h5d.create(group.id, b"0", h5py.h5t.IEEE_F32LE, space, made)


def external(file, group):
    """Keep the array's bytes in another file."""
    shape = group["0"].shape
    del group["0"]
    group.create_dataset("0", shape, "f4", external=[("/etc/hostname", 0, 2**20)])


def virtual(file, group):
    """Compose the array from arrays in other files."""
    import h5py

    layout = h5py.VirtualLayout(group["0"].shape, "f4")
    layout[...] = h5py.VirtualSource("/tmp/other.h5", "x", group["0"].shape)
    del group["0"]
    group.create_virtual_dataset("0", layout)


def endless(file, group):
    """Add a group to itself."""
    group["again"] = file["generator"]


def twice(file, group):
    """Give one array two names."""
    group["2"] = group["0"]


def deep(file, group):
    """Nest a hundred groups."""
    file.create_group("/".join("g" * 100))


def as_bfloat16(file, group):
    """Declare 32-bit numbers as bfloat16."""
    group["0"].attrs["dtype"] = "bfloat16"


def named_type(file, group):
    """Replace an array by a named type."""
    import numpy as np

    del group["0"]
    group["0"] = np.dtype("f8")


def turned(file, group):
    """Transpose an array."""
    values = group["0"][()].T
    del group["0"]
    group.create_dataset("0", data=values)


def replaced(group, kind):
    """Store the same numbers in another type."""
    values = group["0"][()]
    del group["0"]
    group.create_dataset("0", data=values.astype(kind))


def short_states(file, group):
    """Store one random state less."""
    name = next(name for name in _names(file) if name.endswith("seed_states"))
    values = file[name][1:]
    del file[name]
    file.create_dataset(name, data=values)


def _optimizer(file):
    return file[next(name for name in _names(file) if name.startswith("optimizer/")).rpartition("/")[0]]


def _names(file):
    import h5py

    names = []
    file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return names


CASES = {
    "link to another HDF5 file": with_link(lambda h5py: h5py.ExternalLink("/tmp/other.h5", "/x")),
    "link within the HDF5 file": with_link(lambda h5py: h5py.SoftLink("/generator")),
    "group that contains itself": with_file(endless),
    "array with two names": with_file(twice),
    "groups 100 deep": with_file(deep),
    "bytes in another file": with_file(external),
    "array of arrays elsewhere": with_file(virtual),
    "type instead of an array": with_file(named_type),
    "bomb: 1 GB in gzip": with_array(shape=(2**28,), dtype="f4", chunks=(2**20,), compression="gzip", fillvalue=0),
    "bomb: a sparse array of 1 GB": with_array(shape=(2**28,), dtype="f4", chunks=(2**20,)),
    "bomb: 1 GB declared": declared(2**28),
    "bomb: 3.9 GB declared": declared(2**30 - 2**25),
    "bomb: 40 GB declared": declared(10 * 2**30),
    "array in pieces": with_array(data=[[0.0] * 64] * 3, chunks=(1, 64)),
    "text instead of numbers": with_array(data=["a", "b"]),
    "compound type": with_array(shape=(3,), dtype=[("a", "f4"), ("b", "i4")]),
    "complex numbers": with_array(data=[1j, 2j]),
    "array without a shape": with_array(data=None, dtype="f4", shape=None),
    "32 bits that say they are 16": with_file(as_bfloat16),
    "NaN among the weights": with_values((0, 0), float("nan")),
    "infinity among the weights": with_values((1, 5), float("-inf")),
    "HDF5 file cut off": lambda material, path: material.pack(path, weights=material.members["model.weights.h5"][:-99]),
    "weights are text": lambda material, path: material.pack(path, weights=b"hello"),
    "weights are empty": lambda material, path: material.pack(path, weights=b""),
    "no weights at all": with_file(lambda file, group: file.clear()),
    "one array missing": with_file(lambda file, group: group.pop("0")),
    "one layer missing": with_file(lambda file, group: file["generator/layers"].pop("dense")),
    "the discriminator missing": with_file(lambda file, group: file.pop("discriminator")),
    "one array too many": with_file(lambda file, group: group.create_dataset("2", data=[0.0])),
    "a layer too many": with_file(
        lambda file, group: file.create_dataset("generator/layers/lambda/vars/0", data=[0.0])
    ),
    "an array with an escape sequence": with_file(
        lambda file, group: group.create_dataset("\x1b]0;PWN\x07", data=[0.0])
    ),
    "array turned around": with_file(turned),
    "array of 64 bits": with_file(lambda file, group: replaced(group, "f8")),
    "array of 16 bits": with_file(lambda file, group: replaced(group, "f2")),
    "array of whole numbers": with_file(lambda file, group: replaced(group, "i4")),
    "random states of another length": with_file(short_states),
    "optimizer: one array missing": with_file(lambda file, group: _optimizer(file).pop("2")),
    "optimizer: one array too many": with_file(lambda file, group: _optimizer(file).create_dataset("99", data=[0.0])),
    "optimizer: NaN": with_file(lambda file, group: _optimizer(file)["2"].__setitem__(..., float("nan"))),
}
