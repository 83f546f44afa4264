"""What code can be run from a function's handler: read from the source, function by function.

A name stands for what it was imported or defined as; an attribute that is no module's for what is so called in every
class, and in every module that is handed on as a value, of those that are mentioned. So more may be found than ever
runs, and no less, as long as no name is put together.
"""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from infra.packaging.reach import absolute, reached_files

AT_IMPORT = "<module>"


@dataclass
class Module:
    """`parts` are functions, methods (`Class.method`), classes, values that have a name, and what is done at import."""

    parts: dict[str, list[ast.AST]] = field(default_factory=lambda: {AT_IMPORT: []})
    imported: dict[str, str] = field(default_factory=dict)  # by the local name: "module", or "module:name"
    methods: dict[str, list[str]] = field(default_factory=dict)  # of a class


@dataclass
class Reach:
    """What was found until now. `holders` have attributes: classes, and modules that are values."""

    modules: dict[str, Module]
    places: set[str] = field(default_factory=set)
    holders: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)

    def follow(self, place: str) -> Iterator[str]:
        """What a place mentions."""
        name, _, part = place.partition(":")
        self.places.add(place)
        if part in self.modules[name].methods:
            self.holders.add(place)
        for node in self.modules[name].parts[part]:
            yield from self._mentions(name, node)

    def held(self) -> Iterator[str]:
        """What holders have by a name that is mentioned, and what Python calls by itself."""
        for holder in self.holders:
            name, _, owner = holder.partition(":")
            module = self.modules[name]
            if owner:
                yield from (
                    f"{holder}.{method}"
                    for method in module.methods[owner]
                    if method in self.attributes or method.startswith("__")
                )
            else:
                yield from (f"{name}:{part}" for part in module.parts if part in self.attributes)

    def _mentions(self, name: str, node: ast.AST) -> Iterator[str]:
        imported = self.modules[name].imported
        owners = {id(each.value) for each in ast.walk(node) if isinstance(each, ast.Attribute)}
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
                target = imported.get(each.id, f"{name}:{each.id}")
                if target in self.modules and id(each) not in owners:
                    self.holders.add(f"{target}:")
                yield from self._found(target)
            elif isinstance(each, ast.Attribute):
                owner = imported.get(each.value.id) if isinstance(each.value, ast.Name) else None
                if owner in self.modules:
                    yield from self._found(f"{owner}:{each.attr}")
                else:
                    self.attributes.add(each.attr)

    def _found(self, target: str) -> Iterator[str]:
        name, _, part = target.partition(":")
        module = self.modules.get(name)
        if module and part in module.parts:
            yield target
        elif module and part in module.imported:  # what a package shows of its modules
            yield from self._found(module.imported[part])


def reached(root: Path, start: str) -> set[str]:
    """`module:function` and `module:Class.method` of all that the module `start` can run."""
    files = (path for path in reached_files(root, start) if path.suffix == ".py")
    reach = Reach({_dotted(root, path): _module(root, path) for path in files})
    # Lambda calls the handler; whatever else is in its module is for it.
    waiting = {f"{name}:{AT_IMPORT}" for name in reach.modules} | {f"{start}:{it}" for it in reach.modules[start].parts}
    while waiting:
        mentioned = {each for place in waiting for each in reach.follow(place)}
        waiting = (mentioned | set(reach.held())) - reach.places
    return reach.places


@functools.cache
def _module(root: Path, path: Path) -> Module:
    module, name = Module(), _dotted(root, path)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = absolute(package, node)
            for alias in node.names:
                is_module = _is_module(root, f"{base}.{alias.name}")
                module.imported[alias.asname or alias.name] = f"{base}{'.' if is_module else ':'}{alias.name}"
    for statement in tree.body:
        _take(module, statement)
    return module


def _take(module: Module, node: ast.stmt) -> None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        module.parts[node.name] = [node]
        if any(isinstance(each, ast.Call) for each in node.decorator_list):  # a route is handed to its router
            module.parts[AT_IMPORT].append(ast.Name(node.name, ast.Load()))
    elif isinstance(node, ast.ClassDef):
        methods = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
        module.methods[node.name] = [method.name for method in methods]
        own = [each for each in node.body if each not in methods]
        module.parts[node.name] = [*own, *node.bases, *node.decorator_list]
        module.parts |= {f"{node.name}.{method.name}": [method] for method in methods}
    elif names := _assigned(node):
        # What a value names is run by whoever uses it; what is called to make it is run at once.
        module.parts |= {name: [node] for name in names}
        module.parts[AT_IMPORT] += [each.func for each in ast.walk(node) if isinstance(each, ast.Call)]
    else:
        module.parts[AT_IMPORT].append(node)


def _assigned(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]


def _is_module(root: Path, name: str) -> bool:
    path = root.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def _dotted(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
