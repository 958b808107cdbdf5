"""`functions:` in the YAML → the functions. A broken source only loses its own functions, with a warning."""

import enum
import hashlib
import importlib
import importlib.util
import inspect
import re
import sys
import types
import typing
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from .models import Function, FunctionSet
from .signatures import read_signature

_MAX_NAME_CHARS: Final = 60
"""Models accept names of 64 characters; the rest is for `_2`."""
_MAX_DESCRIPTION_CHARS: Final = 1000
_STAMP: Final = "__navai_stamp__"


def load_functions(sources: Sequence[str], base: Path) -> FunctionSet:
    """Import the sources and return their public functions. Runs their code and blocks: call it in a thread.

    Args:
        sources: Files that end in `.py`, relative to `base`, and dotted names of modules. They may import files and
            modules in the same folder.
        base: The configuration's folder.

    Returns:
        The loaded functions, in the order of the sources, and a warning for everything that could not be loaded.
    """
    found = _Collector()
    seen: set[Any] = set()
    for source in sources:
        path = base / source if source.endswith(".py") else None
        key = path.resolve() if path else source
        if key in seen:
            found.warnings.append(f"{source} is listed twice in functions. Remove one of them.")
            continue
        seen.add(key)
        try:
            module = _import_file(path) if path else _import_module(source, base)
            found.add_module(module, source)
        except _MissingError:
            found.warnings.append(f"{source} does not exist. Correct its name in functions, or remove it.")
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- importing runs the user's code
            # Its text may quote anything, even a key, and clients see the warnings.
            found.warnings.append(
                f"{source} could not be loaded ({type(error).__name__}). The other sources are loaded."
            )
    return FunctionSet(tuple(found.functions.values()), tuple(found.warnings))


class _MissingError(Exception):
    """There is no such file or module."""


def _import_file(path: Path) -> types.ModuleType:
    """Import a file under a unique name, which hides no other module. Imports it again only if it has changed."""
    path = path.resolve()
    if not path.is_file():
        raise _MissingError
    status = path.stat()
    stamp = (status.st_mtime_ns, status.st_size)
    name = f"_navai_functions_{hashlib.sha256(str(path).encode()).hexdigest()[:16]}"
    known = sys.modules.get(name)
    if known is not None and getattr(known, _STAMP, None) == stamp:
        return known
    module = types.ModuleType(name)
    module.__file__ = str(path)
    # Compiled here: for the import system's cache, a file is unchanged if the second of the change is the same.
    code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    # Dataclasses and annotations look up their module while it runs.
    sys.modules[name] = module
    try:
        with _importable(path.parent):
            exec(code, vars(module))  # noqa: S102 -- the user's own file, from the configuration
    except BaseException:
        del sys.modules[name]
        raise
    setattr(module, _STAMP, stamp)
    return module


def _import_module(name: str, base: Path) -> types.ModuleType:
    with _importable(base):
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            # Not if the module exists, but something that it imports does not.
            if error.name and f"{name}.".startswith(f"{error.name}."):
                raise _MissingError from None
            raise


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Allow imports from a folder for a while. It comes last, so that a `json.py` there replaces nothing."""
    importlib.invalidate_caches()
    entry = str(folder.resolve())
    sys.path.append(entry)
    try:
        yield
    finally:
        # The last one is ours; the code may have changed the list, or added the same folder itself.
        for index in range(len(sys.path) - 1, -1, -1):
            if sys.path[index] == entry:
                del sys.path[index]
                break


class _Collector:
    """Gathers functions under unique names."""

    def __init__(self) -> None:
        self.functions: dict[str, Function] = {}
        self.warnings: list[str] = []

    def add_module(self, module: types.ModuleType, source: str) -> None:
        """Add all public functions of a module."""
        before = len(self.functions)
        listed = getattr(module, "__all__", None)
        names = list(vars(module)) if listed is None else [name for name in listed if isinstance(name, str)]
        for name in names:
            if name.startswith("_"):
                continue
            value = getattr(module, name, None)
            if callable(value) and _is_offered(value, module, listed=listed is not None):
                self._add_callable(name, value, source)
            elif listed is not None:
                self.warnings.append(
                    f"{source} lists {name} in __all__, but clients cannot call it. Remove it from __all__."
                )
        if len(self.functions) == before:
            self.warnings.append(f"{source} has no public function. Define one, or remove the source from functions.")

    def _add_callable(self, name: str, value: Callable[..., Any], source: str) -> None:
        if not isinstance(value, type):
            signature = read_signature(value)
            self._add(name, f"{source}#{name}", value, signature=signature, parameters=signature.schema(), target=value)
            return
        constructor = read_signature(value)
        for method_name, method in _methods(value):
            signature = read_signature(method, method=True)
            # The contract sends lists; for a model, names are clearer.
            parts = {"constructorArgs": constructor, "methodArgs": signature}
            properties = {key: part.schema() for key, part in parts.items() if part.takes_any}
            parameters: dict[str, Any] = {"type": "object", "properties": properties}
            if required := [key for key, schema in properties.items() if "required" in schema]:
                parameters["required"] = required
            self._add(
                f"{name}_{method_name}",
                f"{source}#{name}.{method_name}",
                method,
                signature=signature,
                parameters={**parameters, "additionalProperties": False},
                target=value,
                method=method_name,
                constructor=constructor,
            )

    def _add(self, wish: str, source: str, documented: Any, **parts: Any) -> None:
        wish = name = _snake_case(wish)
        number = 1
        while name in self.functions:
            number += 1
            name = f"{wish}_{number}"
        if name != wish:
            self.warnings.append(f"{source} is called {name}, because {wish} already exists.")
        self.functions[name] = Function(name, _description(documented, name), source, **parts)


def _is_offered(value: Callable[..., Any], module: types.ModuleType, *, listed: bool) -> bool:
    """Return whether it is a function, or a class with methods to call, and not a type for annotations."""
    if isinstance(value, typing.NewType) or typing.get_origin(value) is not None:
        return False
    if isinstance(value, type) and (
        issubclass(value, enum.Enum | BaseException)
        or inspect.isabstract(value)
        or getattr(value, "_is_protocol", False)
    ):
        return False
    # What a module imports from elsewhere is not public, unless it is in __all__.
    return listed or getattr(value, "__module__", None) == module.__name__


def _methods(cls: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public instance methods, also those of base classes in the same module, but not of a framework."""
    names = dict.fromkeys(name for base in cls.__mro__ if base.__module__ == cls.__module__ for name in vars(base))
    for name in names:
        method = inspect.getattr_static(cls, name)
        if not name.startswith("_") and inspect.isfunction(method):
            yield name, method


def _snake_case(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", plain)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:_MAX_NAME_CHARS] or "function"


def _description(documented: Any, name: str) -> str:
    text = inspect.getdoc(documented) if inspect.isroutine(documented) else getattr(documented, "__doc__", None)
    first = " ".join((text if isinstance(text, str) else "").strip().partition("\n\n")[0].split())
    return first[:_MAX_DESCRIPTION_CHARS] or f"Call the function {name}."
