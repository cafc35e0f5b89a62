"""One hash over the code that decides the results: changed code means a new model.

What counts is syntax: comments, docstrings and blank lines change nothing. It is read from where Python reads it, for
all modules that are reached from given ones by imports: within `models` and `contracts`, and for modules from outside
within their own top-level package and what lies beside it. Installed libraries count by their version instead.
"""

from __future__ import annotations

import ast
import hashlib
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

__all__ = ["code_hash", "reached"]

_OURS: Final = frozenset({"contracts", "models"})
# They meet models at the edges only: what they decide is on the topics.
_OTHER_ROOMS: Final = frozenset({"consumers", "dashboard", "freshet", "infra", "producers", "spark_jobs"})
# Scores what was answered, and decides none of it: another metric is no other model.
_SCORING: Final = "models.evaluate"
_SITE: Final = frozenset(Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib"))
_PYC_HEADER_BYTES: Final = 16  # when and from what it was compiled


class _Module(NamedTuple):
    """Where a module is from, and what its relative imports go out from; no code: a folder without `__init__`."""

    path: str
    package: str
    code: bytes | None


@cache
def code_hash(roots: frozenset[str], libraries: frozenset[str] = frozenset()) -> str:
    """Hash the syntax of all modules that are reached from `roots`; worked out once a process.

    Parameters
    ----------
    roots : frozenset of str
        Names of modules, as in `sys.modules`.
    libraries : frozenset of str
        Top-level packages that count by their version: their code is not read.

    Returns
    -------
    str
        Hex, 32 digits: the same for the same syntax, wherever it lies.
    """
    syntax = sorted(reached(roots, libraries).items())
    return hashlib.blake2b(repr(syntax).encode(), digest_size=16).hexdigest()


def reached(roots: Iterable[str], libraries: frozenset[str] = frozenset()) -> dict[str, str]:
    """All modules that are reached from `roots` by imports, and a hash of the syntax of each; see `code_hash`."""
    passed_over = libraries | sys.stdlib_module_names
    roots = {name for name in roots if _top(name) not in passed_over}
    outside = {_top(name) for name in roots} - _OURS - _OTHER_ROOMS
    beside = {_folder_of(name) for name in outside} - _SITE - {None}

    def counts(name: str) -> bool:
        top = _top(name)
        if name == _SCORING or name.startswith(f"{_SCORING}."):
            return False
        if name in roots or top in _OURS | outside:
            return True
        return top not in _OTHER_ROOMS | passed_over and _folder_of(top) in beside

    found: dict[str, str] = {}
    seen: set[str] = set()
    ahead = list(roots)
    while ahead:
        name = ahead.pop()
        if name in seen or not counts(name):
            continue
        seen.add(name)
        if "." in name and _top(name) not in _OURS:  # packages of ours only pass on what is named
            ahead.append(name.rpartition(".")[0])
        module = _find(name)
        if module is not None and module.code is not None:
            found[name], imported = _read(module)
            ahead += imported
    return found


def _top(name: str) -> str:
    return name.partition(".")[0]


@cache
def _folder_of(top: str) -> Path | None:
    """Where a top-level package or module lies."""
    module = _find(top)
    if module is None or not module.path:
        return None
    folder = Path(module.path).resolve().parent
    return folder.parent if module.package == top else folder


def _find(name: str) -> _Module | None:
    """Find a module without running it; None for what is none, such as a class in a module."""
    loaded = sys.modules.get(name)
    if loaded is not None and loaded.__spec__ is None:  # a script
        path = getattr(loaded, "__file__", None)
        return _Module(path, "", Path(path).read_bytes()) if path else None
    spec = _spec(name)
    if spec is None:
        return None
    package = name if spec.submodule_search_locations is not None else name.rpartition(".")[0]
    read = getattr(spec.loader, "get_data", None)  # of files, and of what lies in a zip
    if spec.origin is None or read is None:
        return _Module("", package, None)
    return _Module(spec.origin, package, read(spec.origin))


def _spec(name: str) -> ModuleSpec | None:
    if name in sys.modules:
        return sys.modules[name].__spec__
    above = name.rpartition(".")[0]
    if not above:
        return find_spec(name)
    parent = _spec(above)
    folders = parent.submodule_search_locations if parent is not None else None
    try:
        return PathFinder.find_spec(name, folders) if folders is not None else None
    except KeyError:  # a folder without `__init__` in a package that nothing has imported
        return None


def _read(module: _Module) -> tuple[str, list[str]]:
    """Hash a module's syntax, or its bytes where it is compiled, and name what it imports, at its top or within."""
    code = module.code or b""
    names: list[str] = []
    if module.path.endswith(".pyc"):
        code = code[_PYC_HEADER_BYTES:]
    elif module.path.endswith(".py"):
        with suppress(SyntaxError):  # imported in a try, and passed over
            tree = ast.parse(code)
            for node in ast.walk(tree):
                names += _imported(node, module.package)
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    node.body = [line for line in node.body if not _is_words(line)]
            code = ast.dump(tree).encode()
    return hashlib.blake2b(code, digest_size=16).hexdigest(), names


def _is_words(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        parts = package.split(".")
        above = parts[: len(parts) + 1 - node.level] if node.level else []
        source = ".".join([*above, *([node.module] if node.module else [])])
        yield source
        yield from (f"{source}.{alias.name}" for alias in node.names)  # some are modules
