"""Reading `setup.py`: which extensions it would build, found by following its assignments without running it.

The script of a ported tree is untrusted. A small evaluator walks its syntax tree with strings, lists and dictionaries;
whatever else it meets is an `Unknown` that carries its own text. Questions about the machine are answered as on Linux
with CUDA, because that is the build that gets ported.
"""

from __future__ import annotations

import ast
import contextlib
import fnmatch
import itertools
import operator
import posixpath
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hipwright.build.unit import Unit, language_of, unique, within
from hipwright.finding import Place

_WORK = 100_000  # expressions of one script; real ones need a few thousand
_LENGTH = 5_000  # characters or items a value may grow to
_EXTENSIONS = ("CUDAExtension", "CppExtension", "Extension", "Pybind11Extension")
_ELSEWHERE = re.compile(
    r"hip|rocm|win32|windows|darwin|macos|\bmsvc|\bnt\b|mlu|npu|\bmps\b|musa|xpu|sycl|diopi|dipu|cpu_only|only_cpu",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not computed, by the text it stands for."""

    text: str


class _StopError(Exception):
    """The script asks for more work than any real one."""


class _ReturnError(Exception):
    """A function's return statement: its value travels in `args`."""


class _LeaveError(Exception):
    """A raise, break or continue: the statements behind it are not reached."""


@dataclass
class _Script:
    directory: str
    files: Sequence[str]
    path: str
    extensions: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    work: int = 0
    depth: int = 0

    # -- statements ----------------------------------------------------------------------------------------------------

    def block(self, body: Sequence[ast.stmt], names: dict[str, Any]) -> None:
        for statement in body:
            self.statement(statement, names)

    def statement(self, node: ast.stmt, names: dict[str, Any]) -> None:
        match node:
            case ast.FunctionDef(name=name):
                self.functions[name] = node
            case ast.Assign(targets=targets, value=value):
                result = self.value(value, names)
                for target in targets:
                    self.assign(target, result, names)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(target, self.value(value, names), names)
            case ast.AugAssign(target=target, op=ast.Add(), value=value):
                self.assign(target, _add(self.value(target, names), self.value(value, names)), names)
            case ast.Expr(value=value):
                self.value(value, names)
            case ast.Return(value=value):
                raise _ReturnError(self.value(value, names) if value is not None else None)
            case ast.Raise() | ast.Break() | ast.Continue():
                raise _LeaveError
            case ast.If(test=test, body=body, orelse=orelse):
                self.branch(test, body, orelse, names)
            case ast.For(target=target, iter=iterable, body=body, orelse=orelse):
                self.loop(target, iterable, body, names)
                self.block(orelse, names)
            case ast.With(body=body):
                self.block(body, names)
            case ast.Try(body=body, orelse=orelse, finalbody=final):
                try:
                    self.block(body, names)
                    self.block(orelse, names)
                except _LeaveError:
                    pass
                self.block(final, names)
            case _:
                pass

    def branch(
        self, test: ast.expr, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt], names: dict[str, Any]
    ) -> None:
        """The branch that Linux with CUDA takes; both, one after the other, where that can't be told."""
        holds = self.truth(test, names)
        if holds is not None:
            self.block(body if holds else orelse, names)
            return
        for side in (body, orelse):
            try:
                self.block(side, names)
            except (_LeaveError, _ReturnError):
                continue

    def loop(self, target: ast.expr, iterable: ast.expr, body: Sequence[ast.stmt], names: dict[str, Any]) -> None:
        items = self.value(iterable, names)
        rounds = list(items)[:500] if isinstance(items, list | tuple | set | dict) else [Unknown("item")]
        for item in rounds:
            self.assign(target, item, names)
            try:
                self.block(body, names)
            except _LeaveError:
                continue

    def assign(self, target: ast.expr, value: Any, names: dict[str, Any]) -> None:
        match target:
            case ast.Name(id=name):
                names[name] = value
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                values = list(value) if isinstance(value, list | tuple) and len(value) == len(parts) else None
                for index, part in enumerate(parts):
                    self.assign(part, values[index] if values else Unknown("item"), names)
            case ast.Subscript(value=base, slice=key):
                holder, index = self.value(base, names), self.value(key, names)
                if isinstance(holder, dict) and isinstance(index, str | int):
                    holder[index] = value
            case _:
                pass

    # -- expressions ---------------------------------------------------------------------------------------------------

    def truth(self, node: ast.expr, names: dict[str, Any]) -> bool | None:
        """Whether a condition holds on Linux with CUDA; None when that can't be told."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.truth(operand, names)
                return None if inner is None else not inner
            case ast.BoolOp(op=op, values=values):
                sides = [self.truth(value, names) for value in values]
                decisive = isinstance(op, ast.Or)
                if decisive in sides:
                    return decisive
                return None if None in sides else not decisive
            case ast.Compare(left=left, ops=[relation], comparators=[right]):
                return self.compare(left, relation, right, names)
            case _:
                value = self.value(node, names)
                return _guess(value.text) if isinstance(value, Unknown) else bool(value)

    def compare(self, left: ast.expr, relation: ast.cmpop, right: ast.expr, names: dict[str, Any]) -> bool | None:
        a, b = self.value(left, names), self.value(right, names)
        if isinstance(relation, ast.Is | ast.IsNot | ast.Eq | ast.NotEq) and isinstance(a, Unknown) and b is None:
            there = _guess(a.text)
            return None if there is None else there != isinstance(relation, ast.Is | ast.Eq)
        if isinstance(a, Unknown) or isinstance(b, Unknown):
            return None
        try:
            match relation:
                case ast.Eq() | ast.Is():
                    return bool(a == b)
                case ast.NotEq() | ast.IsNot():
                    return bool(a != b)
                case ast.In():
                    return a in b
                case ast.NotIn():
                    return a not in b
                case ast.Lt():
                    return bool(a < b)
                case ast.LtE():
                    return bool(a <= b)
                case ast.Gt():
                    return bool(a > b)
                case _:
                    return bool(a >= b)
        except TypeError:
            return None

    def value(self, node: ast.expr | None, names: dict[str, Any]) -> Any:
        self.work += 1
        if self.work > _WORK:
            raise _StopError
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return names[name] if name in names else Unknown(name)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                out: list[Any] = []
                for item in items:
                    if isinstance(item, ast.Starred):
                        more = self.value(item.value, names)
                        out += more if isinstance(more, list) else []
                    else:
                        out.append(self.value(item, names))
                return out if not isinstance(node, ast.Tuple) else tuple(out)
            case ast.Dict(keys=keys, values=values):
                made: dict[Any, Any] = {}
                for key, item in zip(keys, values, strict=True):
                    got = self.value(item, names)
                    if key is None:
                        made |= got if isinstance(got, dict) else {}
                    else:
                        name = self.value(key, names)
                        if isinstance(name, str | int):
                            made[name] = got
                return made
            case ast.JoinedStr(values=pieces):
                texts = [self.value(p.value, names) if isinstance(p, ast.FormattedValue) else self.value(p, names)
                         for p in pieces]  # fmt: skip
                whole = "".join(t if isinstance(t, str) else f"{{{_text(t)}}}" for t in texts)
                return whole if len(whole) < _LENGTH else Unknown("text")
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _add(self.value(left, names), self.value(right, names))
            case ast.BinOp(left=left, op=ast.Div(), right=right):
                return _joined([self.value(left, names), self.value(right, names)])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                holds = self.truth(test, names)
                return self.value(body if holds is not False else orelse, names)
            case ast.BoolOp(values=values):
                holds = self.truth(node, names)
                found = [self.value(value, names) for value in values]
                if isinstance(node.op, ast.Or):
                    return next((f for f in found if f and not isinstance(f, Unknown)), bool(holds))
                return bool(holds) if holds is not None else Unknown(ast.unparse(node)[:200])
            case ast.UnaryOp(op=ast.Not()) | ast.Compare():
                told = self.truth(node, names)
                return Unknown(ast.unparse(node)[:200]) if told is None else told
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                number = self.value(operand, names)
                return -number if isinstance(number, int) else Unknown("number")
            case ast.Subscript(value=base, slice=key):
                return self.subscript(self.value(base, names), key, names)
            case ast.ListComp(elt=elt, generators=[only]) | ast.GeneratorExp(elt=elt, generators=[only]):
                return self.comprehension(elt, only, names)
            case ast.Attribute(value=base, attr=attr):
                return self.attribute(base, attr, names)
            case ast.Call():
                return self.call(node, names)
            case _:
                return Unknown("value")

    def subscript(self, base: Any, key: ast.expr, names: dict[str, Any]) -> Any:
        if isinstance(key, ast.Slice):
            parts = [self.value(part, names) if part is not None else None for part in (key.lower, key.upper, key.step)]
            whole = all(part is None or isinstance(part, int) for part in parts) and parts[2] != 0
            return base[slice(*parts)] if isinstance(base, str | list | tuple) and whole else Unknown("slice")
        index = self.value(key, names)
        try:
            return base[index]
        except (TypeError, KeyError, IndexError):
            return Unknown(f"{_text(base)}[{_text(index)}]")

    def comprehension(self, elt: ast.expr, loop: ast.comprehension, names: dict[str, Any]) -> Any:
        items = self.value(loop.iter, names)
        if not isinstance(items, list | tuple | set | dict):
            return Unknown("list")
        inner = dict(names)
        out = []
        for item in list(items)[:5000]:
            self.assign(loop.target, item, inner)
            if all(self.truth(test, inner) is not False for test in loop.ifs):
                out.append(self.value(elt, inner))
        return out

    def attribute(self, base: ast.expr, attr: str, names: dict[str, Any]) -> Any:
        owner = self.value(base, names)
        if isinstance(owner, Unknown):
            known = _KNOWN.get(f"{owner.text}.{attr}")
            return known if known is not None else Unknown(f"{owner.text}.{attr}"[:200])
        if isinstance(owner, str):
            if attr == "parent":
                return posixpath.dirname(owner)
            if attr == "name":
                return posixpath.basename(owner)
            if attr == "stem":
                return posixpath.splitext(posixpath.basename(owner))[0]
        return Unknown(attr)

    def call(self, node: ast.Call, names: dict[str, Any]) -> Any:
        arguments: list[Any] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                more = self.value(argument.value, names)
                arguments += more if isinstance(more, list | tuple) else []
            else:
                arguments.append(self.value(argument, names))
        keywords: dict[str, Any] = {}
        for keyword in node.keywords:
            got = self.value(keyword.value, names)
            if keyword.arg is not None:
                keywords[keyword.arg] = got
            elif isinstance(got, dict):
                keywords |= {key: item for key, item in got.items() if isinstance(key, str)}
        if isinstance(node.func, ast.Attribute):
            owner = self.value(node.func.value, names)
            if not isinstance(owner, Unknown):
                return self.method(owner, node.func.attr, arguments)
            name = f"{owner.text}.{node.func.attr}"
        else:
            target = self.value(node.func, names)
            name = target.text if isinstance(target, Unknown) else ""
        last = name.rpartition(".")[2]
        if last in _EXTENSIONS or last.endswith("Extension"):
            described = dict(zip(("name", "sources"), arguments, strict=False)) | keywords
            self.extensions.append((node.lineno, last, described))
            return described
        if name in self.functions:
            return self.run(self.functions[name], arguments, keywords)
        return self.builtin(name, last, arguments)

    def run(self, function: ast.FunctionDef, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """A call of one of the script's own functions. Its names start as copies of nothing but the arguments."""
        if self.depth > 10:
            return Unknown(function.name)
        names = dict(self.globals)
        parameters = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
        for parameter, default in zip(reversed(parameters), reversed(function.args.defaults), strict=False):
            names[parameter] = self.value(default, names)
        names.update(zip(parameters, arguments, strict=False))
        names.update(keywords)
        self.depth += 1
        try:
            self.block(function.body, names)
        except _ReturnError as result:
            return result.args[0]
        except _LeaveError:
            return Unknown(function.name)
        finally:
            self.depth -= 1
        return None

    globals: dict[str, Any] = field(default_factory=dict)

    def method(self, owner: Any, name: str, arguments: list[Any]) -> Any:
        match owner, name, arguments:
            case list(), "append", [item]:
                owner.append(item)
            case list(), "extend", [list() | tuple() as items]:
                if len(owner) + len(items) > _LENGTH:
                    raise _StopError
                owner.extend(items)
            case list(), "insert", [int(at), item]:
                owner.insert(at, item)
            case list(), "remove", [item] if item in owner:
                owner.remove(item)
            case list() | dict(), "copy", []:
                return owner.copy()
            case dict(), "update", [dict() as more]:
                owner.update(more)
            case dict(), "get", [str(key), *rest]:
                return owner.get(key, rest[0] if rest else None)
            case dict(), "setdefault", [str(key), item]:
                return owner.setdefault(key, item)
            case dict(), "items", []:
                return list(owner.items())
            case dict(), "keys", []:
                return list(owner)
            case dict(), "values", []:
                return list(owner.values())
            case str(), "join", [list() | tuple() as items] if all(isinstance(item, str) for item in items):
                return owner.join(items)
            case str(), "split", []:
                return owner.split()
            case str(), "split", [str(by), *_] if by:
                return owner.split(by)
            case str(), "replace", [str(old), str(new), *_] if old and len(owner) * (len(new) + 1) < _LENGTH:
                return owner.replace(old, new)
            case str(), "startswith" | "endswith", [str(part)]:
                return owner.startswith(part) if name == "startswith" else owner.endswith(part)
            case str(), "strip" | "lower" | "upper" | "rstrip" | "lstrip", []:
                return getattr(owner, name)()
            case str(), "resolve" | "absolute" | "as_posix" | "expanduser", _:
                return owner
            case str(), "glob" | "rglob", [str(pattern)]:
                return self.glob(posixpath.join(owner, "**" if name == "rglob" else "", pattern))
            case str(), "joinpath", items:
                return _joined([owner, *items])
            case str(), "exists" | "is_file" | "is_dir", []:
                return self.exists(owner)
            case str(), "relative_to", [str(start)]:
                return posixpath.relpath(owner or ".", start or ".")
            case _:
                return Unknown(f"{name}()")
        return None

    def builtin(self, name: str, last: str, arguments: list[Any]) -> Any:
        match last, arguments:
            case "join", items if "path" in name or name.startswith("osp"):
                return _joined(items)
            case "Path" | "PurePath" | "PosixPath" | "fspath" | "abspath" | "realpath" | "normpath", [str(path), *more]:
                return _joined([path, *more])
            case "str", [item]:
                return item if isinstance(item, str) else Unknown(_text(item))
            case "dirname", [str(path)]:
                return posixpath.dirname(path)
            case "basename", [str(path)]:
                return posixpath.basename(path)
            case "splitext", [str(path)]:
                return posixpath.splitext(path)
            case "relpath", [str(path), *rest]:
                start = rest[0] if rest and isinstance(rest[0], str) else "."
                return posixpath.relpath(path or ".", start or ".")
            case "exists" | "isfile" | "isdir", [str(path)]:
                return self.exists(path)
            case "glob" | "iglob", [str(pattern), *_]:
                return self.glob(pattern)
            case "listdir", [str(folder)]:
                return sorted({name.split("/")[0] for name in self.below(folder)})
            case "getcwd" | "cwd", []:
                return ""
            case "getenv" | "get", [str(_), *rest] if last == "getenv" or "environ" in name:
                return rest[0] if rest else None
            case "sorted" | "list" | "set" | "tuple", [list() | tuple() | set() | dict() as items]:
                items = list(items)
                return sorted(items) if last == "sorted" and all(isinstance(i, str) for i in items) else items
            case "list" | "dict" | "set", []:
                return {} if last == "dict" else []
            case "len", [str() | list() | dict() | tuple() as items]:
                return len(items)
            case "int", [str(digits)] if digits.isdigit() and len(digits) < 10:
                return int(digits)
            case "product", [list() as left, list() as right] if len(left) * len(right) < _LENGTH:
                return list(itertools.product(left, right))
            case "chain", lists if all(isinstance(part, list) for part in lists):
                return [item for part in lists for item in part]
            case "system", [] if name.startswith("platform"):
                return "Linux"
            case "machine", [] if name.startswith("platform"):
                return "x86_64"
            case "find_packages" | "open", _:
                return Unknown(last)
            case _, [list() as items, *_]:
                # An unknown function of a list most often returns it with a few items more.
                return list(items)
            case _:
                return Unknown(f"{name}()"[:200])

    # -- the tree ------------------------------------------------------------------------------------------------------

    def below(self, folder: str) -> list[str]:
        full = within(self.directory, folder or ".")
        prefix = "" if full == "." else full + "/"
        return [path[len(prefix) :] for path in self.files if path.startswith(prefix)]

    def exists(self, path: str) -> bool:
        full = within(self.directory, path or ".")
        return full == "." or any(file == full or file.startswith(full + "/") for file in self.files)

    def glob(self, pattern: str) -> list[str]:
        full = within(self.directory, pattern)
        expression = re.compile(_glob_expression(full))
        return [posixpath.relpath(path, self.directory or ".") for path in self.files if expression.match(path)]


_KNOWN = {"sys.platform": "linux", "os.name": "posix", "os.sep": "/", "osp.sep": "/", "os.path.sep": "/",
          "os.pathsep": ":"}  # fmt: skip


def _glob_expression(pattern: str) -> str:
    parts = [
        "(?:[^/]+/)*" if part == "**" else fnmatch.translate(part)[4:-3].replace(".*", "[^/]*") + "/"
        for part in pattern.split("/")
    ]
    return "^" + "".join(parts).removesuffix("/") + "$"


def _guess(text: str) -> bool | None:
    """Whether a thing a script asks for is there on Linux with CUDA and nothing else."""
    if _ELSEWHERE.search(text):
        return False
    return True if "cuda" in text.lower() or "nvcc" in text.lower() else None


def _text(value: Any) -> str:
    return value.text if isinstance(value, Unknown) else str(value)[:200]


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, list) and isinstance(right, tuple):
        right = list(right)
    if type(left) is type(right) and isinstance(left, str | list | tuple):
        whole: Any = operator.add(left, right) if len(left) + len(right) < _LENGTH else Unknown("sum")
        return whole
    # Half of a list of sources is better than none of it.
    for side in (left, right):
        if isinstance(side, list):
            return side
    return Unknown(f"{_text(left)}+{_text(right)}"[:200])


def _joined(parts: Sequence[Any]) -> Any:
    if not all(isinstance(part, str) for part in parts):
        return Unknown("/".join(_text(part) for part in parts)[:200])
    return posixpath.normpath(posixpath.join(*parts)) if any(parts) else ""


def read_setup_py(path: str, data: bytes, files: Sequence[str], exists: Callable[[str], bool]) -> list[Unit]:
    """The units of a setuptools script's extensions; none when it is no Python of today."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on escapes in the script's strings: they are its author's affair
            tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    script = _Script(posixpath.dirname(path), files, path)
    script.globals = {"__name__": "__main__", "__file__": posixpath.basename(path)}
    with contextlib.suppress(_StopError, _ReturnError, _LeaveError, RecursionError):
        script.block(tree.body, script.globals)
    units: dict[tuple[object, ...], Unit] = {}
    for line, kind, described in script.extensions:
        for unit in _units(script.directory, Place(path, line), kind, described, exists):
            units[(unit.path, unit.includes, unit.defines)] = unit
    return list(units.values())


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple | set) else []


def _units(
    directory: str, place: Place, kind: str, described: dict[str, Any], exists: Callable[[str], bool]
) -> Iterable[Unit]:
    torch = kind in ("CUDAExtension", "CppExtension")
    macros = described.get("define_macros")
    defines = [
        macro[0] if macro[1] is None else f"{macro[0]}={_text(macro[1])}"
        for macro in (macros if isinstance(macros, list | tuple) else ())
        if isinstance(macro, tuple | list) and len(macro) == 2 and isinstance(macro[0], str)
    ]
    defines += [f"-{name}" for name in _strings(described.get("undef_macros"))]
    if torch:
        name = _text(described.get("name", "extension")).rpartition(".")[2]
        if name.isidentifier():
            defines.append(f"TORCH_EXTENSION_NAME={name}")
    folders = [within(directory, folder) for folder in _strings(described.get("include_dirs"))]
    spoken = described.get("extra_compile_args")
    for source in _strings(described.get("sources")):
        where = within(directory, source)
        if not exists(where):
            continue
        language = language_of(where)
        words = spoken.get("nvcc" if language == "cuda" else "cxx") if isinstance(spoken, dict) else spoken
        flags = _strings(words)
        given = [word[2:] for word in flags if word.startswith("-D") and len(word) > 2]
        taken = ["-" + word[2:] for word in flags if word.startswith("-U") and len(word) > 2]
        more = [within(directory, word[2:]) for word in flags if word.startswith("-I") and len(word) > 2]
        yield Unit(
            where,
            language,
            unique((*folders, *more)),
            unique((*defines, *given, *taken)),
            (),
            tuple(word for word in flags if not word.startswith(("-D", "-U", "-I"))),
            place,
            "torch" if torch else "",
        )
