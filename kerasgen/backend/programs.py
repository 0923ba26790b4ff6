"""The part of `backend.compiled` that the backends share: its cache, and the scope in which variables are read-only."""

import functools
import inspect
import weakref
from collections.abc import Callable, Hashable

import keras

from kerasgen.errors import UsageError

_programs: dict[int, dict] = {}  # id of a living function, or of the object of a method -> {key: program}


def compiler(build: Callable[[Callable], Callable]) -> Callable[..., Callable]:
    """Return the function `compiled` of a backend.

    Args:
        build: Function that returns the program of a function; the arguments of the program are tensors.
    """

    def compiled(function: Callable, **constants: Hashable) -> Callable:
        """Return a pure function of tensors as one program.

        `keras.ops.fori_loop` and `while_loop` in the function become loops of the program: an iterative sampler is one
        call instead of one call of `predict` per step. Variables are read at each call, so a program has the current
        weights after training.

        The backend traces the function once for each combination of shapes, and the program keeps the Python values of
        that trace. Programs are cached by the function, so pass the same function each time: a method, or a function
        at the top level of a module. A function that is defined inside another one is a new function at each call.

        Args:
            function: Function of tensors, or of nests of tensors and None. It may read variables, but not assign any.
            constants: Keyword arguments of the function with hashable values, such as `guided=True`, which the program
                keeps. Do not pass networks here: use a method of an object that has them.

        Returns:
            Callable with the positional arguments of `function`. It accepts tensors, arrays and numbers.

        Raises:
            UsageError: When it is called, if the function assigns to a variable.

        Example:
            ```python
            class Sampler:
                def __init__(self, network):
                    self.network = network

                def denoise(self, noise):
                    def step(i, x):
                        return x - 0.1 * backend.run(self.network, x)

                    return keras.ops.fori_loop(0, 10, step, noise)

            images = backend.compiled(Sampler(network).denoise)(noise)
            ```
        """
        return _cached(build, function, constants)

    return compiled


def _cached(build, function, constants):
    is_method = inspect.ismethod(function)
    owner = function.__self__ if is_method else function
    key = (function.__func__ if is_method else None, tuple(sorted(constants.items())))
    if id(owner) not in _programs:
        _programs[id(owner)] = {}
        weakref.finalize(owner, _programs.pop, id(owner))
    programs = _programs[id(owner)]
    if key not in programs:
        # The program must not keep its own key alive.
        reference = weakref.WeakMethod(function) if is_method else weakref.ref(function)
        programs[key] = build(lambda *tensors: reference()(*tensors, **constants))
    return functools.partial(_call, programs[key], function)


def _call(program, function, *arguments):
    """Call the program of `function`, which this partial call keeps alive."""
    return program(*keras.tree.map_structure(_to_tensor, arguments))


def _to_tensor(value):
    return None if value is None else keras.ops.convert_to_tensor(value)


class ReadOnlyScope(keras.StatelessScope):
    """Scope in which variables have their current values, and an assignment raises `UsageError`."""

    def __init__(self) -> None:
        super().__init__()
        self._read: dict[int, keras.Variable] = {}

    @property
    def read(self) -> list[keras.Variable]:
        """Return the variables that have been read in this scope."""
        return list(self._read.values())

    def get_current_value(self, variable: keras.Variable) -> None:
        """Note that a variable is read; None means its value outside the scope."""
        self._read[id(variable)] = variable

    def add_update(self, update: tuple) -> None:
        """Refuse an assignment."""
        variable, _ = update
        raise UsageError(
            f"a function passed to backend.compiled assigns to the variable {variable.path}; a compiled function may "
            "only read variables: pass random numbers as arguments, and call networks with training=False"
        )
