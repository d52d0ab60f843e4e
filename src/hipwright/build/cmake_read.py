"""Reading CMake projects: targets, their sources and flags, as a configure run on Linux with CUDA would see them.

Nothing is configured or run. Conditions are evaluated where the files say enough; a question about the machine is
answered for Linux with CUDA and without HIP, because that is the build that gets ported.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hipwright.build.cmake_syntax import Command, commands
from hipwright.build.unit import SOURCE_SUFFIXES, Executable, Run, Unit, language_of, unique
from hipwright.finding import Place

_WORK = 300_000  # commands and expansions of one project
_SIZE = 1 << 20  # characters of one value
# Absolute paths of the project while reading: the folders above the root have names of their own.
_ROOT = "/\x01up3/\x01up2/\x01up1/\x01root"
_KEYWORDS = frozenset({"PUBLIC", "PRIVATE", "INTERFACE", "BEFORE", "AFTER", "SYSTEM"})
_MAKES_TARGET = frozenset(
    {"add_executable", "add_library", "cuda_add_executable", "cuda_add_library", "pybind11_add_module",
     "nanobind_add_module", "python_add_library"}
)  # fmt: skip
_OF_TARGET = frozenset(
    {"target_sources", "target_include_directories", "target_compile_definitions", "target_compile_options",
     "target_link_libraries", "target_compile_features"}
)  # fmt: skip
_LIBRARY_WORDS = frozenset(
    {"STATIC", "SHARED", "MODULE", "OBJECT", "INTERFACE", "EXCLUDE_FROM_ALL", "WIN32", "MACOSX_BUNDLE", "IMPORTED",
     "GLOBAL", "ALIAS", "OPTIONS"}
)  # fmt: skip
_CUDA_OPTION = re.compile(r"(?:^|_)CUDA$|^(?:USE|WITH|ENABLE|BUILD)_CUDA", re.I)
_ELSEWHERE = re.compile(
    r"HIP|ROCM|WIN32|WINDOWS|MSVC|APPLE|MACOS|DARWIN|MINGW|SYCL|MUSA|OPENCL|VULKAN|METAL|ANDROID|EMSCRIPTEN|NVHPC|FREEBSD",
    re.I,
)


class _StopError(Exception):
    """The project asks for more work than any real one."""


class _ReturnError(Exception):
    """return(): the rest of a file or function is not reached."""


@dataclass
class _Target:
    name: str
    place: Place
    sources: list[str] = field(default_factory=list)
    includes: list[str] = field(default_factory=list)
    defines: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    standard: str = ""
    flags: dict[str, str] = field(default_factory=dict)  # language → CMAKE_<LANG>_FLAGS where the target was made
    directory: str = "."
    interface: bool = False
    executable: bool = False


@dataclass
class _Reader:
    files: Sequence[str]
    read: Callable[[str], bytes | None]
    targets: dict[str, _Target] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)  # source → LANGUAGE property
    tests: list[tuple[list[str], str]] = field(default_factory=list)  # a command of add_test, and where it starts
    functions: dict[str, tuple[bool, tuple[str, ...], list[Command], str]] = field(default_factory=dict)
    visited: set[str] = field(default_factory=set)
    work: int = 0
    depth: int = 0

    def file(self, path: str, scope: dict[str, str]) -> None:
        """Run one file in a scope."""
        data = self.read(path)
        if data is None or self.depth > 30:
            return
        self.visited.add(path)
        before = scope.get("CMAKE_CURRENT_LIST_DIR", "")
        scope["CMAKE_CURRENT_LIST_DIR"] = _absolute(posixpath.dirname(path))
        scope["CMAKE_CURRENT_LIST_FILE"] = _absolute(path)
        self.depth += 1
        try:
            self.block(list(commands(data)), scope, path)
        except _ReturnError:
            pass
        finally:
            self.depth -= 1
            scope["CMAKE_CURRENT_LIST_DIR"] = before

    def block(self, body: Sequence[Command], scope: dict[str, str], path: str) -> None:
        index = 0
        while index < len(body):
            command = body[index]
            name = command.lower
            self.work += 1
            if self.work > _WORK:
                raise _StopError
            if name in _ENDS:
                end = _end_of(body, index, name)
                inner = list(body[index + 1 : end])
                match name:
                    case "if":
                        self.conditional(command, inner, scope, path)
                    case "foreach":
                        self.loop(command, inner, scope, path)
                    case "function" | "macro":
                        if command.arguments:
                            spelled = command.arguments[0].text.lower()
                            self.functions[spelled] = (name == "macro", command.words[1:], inner, path)
                index = end + 1
                continue
            self.command(command, scope, path)
            index += 1

    def conditional(self, command: Command, inner: list[Command], scope: dict[str, str], path: str) -> None:
        """The first branch whose condition holds."""
        depth = 0
        holds = self.holds(command, scope)
        start = 0
        for index, part in enumerate([*inner, None]):
            if part is not None and part.lower in _ENDS:
                depth += 1
            elif part is not None and part.lower in _ENDS.values():
                depth -= 1
            if depth == 0 and (part is None or part.lower in ("elseif", "else")):
                if holds:
                    self.block(inner[start:index], scope, path)
                    return
                start = index + 1
                if part is not None:
                    holds = part.lower == "else" or self.holds(part, scope)

    def loop(self, command: Command, inner: list[Command], scope: dict[str, str], path: str) -> None:
        words = self.arguments(command, scope)
        if not words:
            return
        variable, items = words[0], words[1:]
        if items[:1] == ["RANGE"]:
            numbers = [int(word) for word in items[1:] if word.isdigit()]
            items = [str(n) for n in range(*((0, numbers[0] + 1) if len(numbers) == 1 else (0, 0)))][:1000]
        elif items[:1] == ["IN"]:
            out: list[str] = []
            mode = ""
            for word in items[1:]:
                if word in ("LISTS", "ITEMS", "ZIP_LISTS"):
                    mode = word
                elif mode == "ITEMS":
                    out.append(word)
                else:
                    out += _list(scope.get(word, ""))
            items = out
        for item in items[:2000]:
            scope[variable] = item
            self.block(inner, scope, path)

    # -- words ---------------------------------------------------------------------------------------------------------

    def expand(self, text: str, scope: Mapping[str, str], depth: int = 0) -> str:
        """`${...}` replaced, innermost first; `$ENV{...}` is empty."""
        if "$" not in text:
            return text.replace('\\"', '"').replace("\\\\", "\\") if "\\" in text else text
        for _ in range(20):
            replaced = _REFERENCE.sub(lambda m: "" if m[1] else scope.get(m[2], ""), text)
            self.work += 1 + len(replaced) // 1000
            if len(replaced) > _SIZE or self.work > _WORK:
                raise _StopError
            if replaced == text:
                break
            text = replaced
        return text.replace('\\"', '"').replace("\\\\", "\\") if "\\" in text else text

    def arguments(self, command: Command, scope: Mapping[str, str]) -> list[str]:
        """A command's arguments expanded: unquoted ones split at semicolons."""
        out: list[str] = []
        for argument in command.arguments:
            text = self.expand(argument.text, scope)
            if argument.quoted:
                out.append(text)
            else:
                out += _list(text)
        return out

    def holds(self, command: Command, scope: Mapping[str, str]) -> bool:
        words: list[tuple[str, bool]] = [(self.expand(a.text, scope), a.quoted) for a in command.arguments]
        return _Condition(words, scope, self).result()

    # -- commands ------------------------------------------------------------------------------------------------------

    def command(self, command: Command, scope: dict[str, str], path: str) -> None:
        name = command.lower
        words = self.arguments(command, scope)
        here = scope.get("CMAKE_CURRENT_SOURCE_DIR", _ROOT)
        match name:
            case "set" if words:
                values = words[1:]
                for keyword in ("CACHE", "PARENT_SCOPE"):
                    if keyword in values:
                        values = values[: values.index(keyword)]
                scope[words[0]] = self.limited(";".join(values))
                if "PARENT_SCOPE" in words[1:] and self.parents:
                    self.parents[-1][words[0]] = scope[words[0]]
            case "unset" if words:
                scope.pop(words[0], None)
            case "option" if words:
                given = words[2] if len(words) > 2 else "OFF"
                if _CUDA_OPTION.search(words[0]) and not _ELSEWHERE.search(words[0]):
                    given = "ON"
                scope.setdefault(words[0], "OFF" if _ELSEWHERE.search(words[0]) else given)
            case "list" if len(words) > 1:
                self.list_command(words, scope)
            case "string" if words:
                self.string_command(words, scope)
            case "file" if len(words) > 2 and words[0] in ("GLOB", "GLOB_RECURSE"):
                scope[words[1]] = self.glob(words, here)
            case "aux_source_directory" if len(words) > 1:
                scope[words[1]] = self.glob(
                    ["GLOB", "", *(f"{words[0]}/*{suffix}" for suffix in (".c", ".cc", ".cpp", ".cxx"))], here
                )
            case "get_filename_component" if len(words) > 2:
                scope[words[0]] = _component(words[1], words[2], here)
            case "project" if words:
                scope["PROJECT_NAME"] = words[0]
                scope["PROJECT_SOURCE_DIR"] = here
                scope.setdefault("CMAKE_PROJECT_NAME", words[0])
                scope[f"{words[0]}_SOURCE_DIR"] = here
            case "find_package" if words:
                found = "FALSE" if _ELSEWHERE.search(words[0]) else "TRUE"
                scope[f"{words[0]}_FOUND"] = scope[f"{words[0].upper()}_FOUND"] = found
            case "check_language" if words:
                scope[f"CMAKE_{words[0]}_COMPILER"] = (
                    "nvcc" if words[0] == "CUDA" else "" if words[0] == "HIP" else "c++"
                )
            case "include" if words:
                target = self.included(words[0], scope)
                if target:
                    self.file(target, scope)
            case "add_subdirectory" if words:
                self.subdirectory(_join(here, words[0]), scope)
            case "return":
                raise _ReturnError
            case "include_directories":
                more = [_join(here, w) for w in _regrouped(words) if w not in _KEYWORDS]
                scope["\0includes"] = "\2".join([*_split(scope.get("\0includes", "")), *more])
            case "add_definitions":
                scope["\0options"] = "\2".join([*_split(scope.get("\0options", "")), *_regrouped(words)])
            case "add_compile_definitions":
                scope["\0defines"] = "\2".join([*_split(scope.get("\0defines", "")), *_regrouped(words)])
            case "add_compile_options":
                scope["\0options"] = "\2".join([*_split(scope.get("\0options", "")), *_regrouped(words)])
            case _ if words and name in _MAKES_TARGET:
                self.target(words, scope, Place(path, command.line))
                self.targets[words[0]].executable = name.endswith("add_executable")
            case "add_test" if len(words) > 1:
                self.test(words, here)
            case _ if words and name in _OF_TARGET:
                self.target_command(name, words, here)
            case "set_source_files_properties" if "PROPERTIES" in words:
                at = words.index("PROPERTIES")
                pairs = dict(zip(words[at + 1 :: 2], words[at + 2 :: 2], strict=False))
                for source in words[:at]:
                    if "LANGUAGE" in pairs:
                        self.languages[_relative(_join(here, source))] = pairs["LANGUAGE"]
            case "set_target_properties" if "PROPERTIES" in words:
                at = words.index("PROPERTIES")
                pairs = dict(zip(words[at + 1 :: 2], words[at + 2 :: 2], strict=False))
                for one in words[:at]:
                    if one in self.targets:
                        standard = pairs.get("CUDA_STANDARD") or pairs.get("CXX_STANDARD")
                        self.targets[one].standard = standard or self.targets[one].standard
                        if pairs.get("CUDA_SEPARABLE_COMPILATION", "").upper() in _TRUE:
                            self.targets[one].options.append("$<$<COMPILE_LANGUAGE:CUDA>:-rdc=true>")
            case _ if name in self.functions:
                self.invoke(name, words, scope)
            case _:
                self.unknown(words, scope, Place(path, command.line))

    parents: list[dict[str, str]] = field(default_factory=list)

    def limited(self, value: str) -> str:
        self.work += len(value) // 1000
        if len(value) > _SIZE:
            raise _StopError
        return value

    def list_command(self, words: list[str], scope: dict[str, str]) -> None:
        action, name, rest = words[0], words[1], words[2:]
        items = _list(scope.get(name, ""))
        match action:
            case "APPEND":
                items += rest
            case "PREPEND":
                items = rest + items
            case "REMOVE_ITEM":
                items = [item for item in items if item not in rest]
            case "REMOVE_DUPLICATES":
                items = list(dict.fromkeys(items))
            case "SORT":
                items.sort()
            case "FILTER" if len(rest) >= 3 and rest[1] == "REGEX":
                items = [item for item in items if _matches(rest[2], item) == (rest[0] == "INCLUDE")]
            case "LENGTH" if rest:
                scope[rest[0]] = str(len(items))
                return
            case "GET" if len(rest) >= 2 and rest[0].lstrip("-").isdigit():
                at = int(rest[0])
                scope[rest[-1]] = items[at] if -len(items) <= at < len(items) else "NOTFOUND"
                return
            case "JOIN" if len(rest) >= 2:
                scope[rest[1]] = self.limited(rest[0].join(items))
                return
            case _:
                return
        scope[name] = self.limited(";".join(items))

    def string_command(self, words: list[str], scope: dict[str, str]) -> None:
        match words:
            case ["APPEND", name, *rest]:
                scope[name] = self.limited(scope.get(name, "") + "".join(rest))
            case ["TOLOWER", text, name]:
                scope[name] = text.lower()
            case ["TOUPPER", text, name]:
                scope[name] = text.upper()
            case ["STRIP", text, name]:
                scope[name] = text.strip()
            case ["CONCAT", name, *rest]:
                scope[name] = self.limited("".join(rest))
            case ["REPLACE", old, new, name, *rest] if old:
                scope[name] = self.limited(";".join(rest).replace(old, new))

    def glob(self, words: list[str], here: str) -> str:
        recursive = words[0] == "GLOB_RECURSE"
        base = ""
        found: dict[str, None] = {}
        index = 2
        while index < len(words):
            word = words[index]
            index += 1
            if word == "RELATIVE" and index < len(words):
                base = words[index]
                index += 1
                continue
            if word in ("CONFIGURE_DEPENDS", "LIST_DIRECTORIES", "true", "false", "FOLLOW_SYMLINKS"):
                continue
            pattern = _relative(_join(here, word))
            folder, name = posixpath.split(pattern)
            for path in self.files:
                parent, base_name = posixpath.split(path)
                near = parent == folder or (
                    recursive and (not folder or folder == "." or parent.startswith(folder + "/"))
                )
                if not near and any(c in folder for c in "*?["):
                    near = parent.count("/") == folder.count("/") and fnmatch.fnmatchcase(parent, folder)
                if near and fnmatch.fnmatchcase(base_name, name):
                    full = _absolute(path)
                    found.setdefault(posixpath.relpath(full, base) if base else full)
        return self.limited(";".join(found))

    def included(self, word: str, scope: Mapping[str, str]) -> str:
        """The project's file that include() means: a path, or a module on CMAKE_MODULE_PATH."""
        here = scope.get("CMAKE_CURRENT_SOURCE_DIR", _ROOT)
        path = _relative(_join(here, word))
        if self.read(path) is not None:
            return path
        for folder in _list(scope.get("CMAKE_MODULE_PATH", "")):
            path = _relative(_join(_join(here, folder), word + ".cmake"))
            if self.read(path) is not None:
                return path
        return ""

    def subdirectory(self, folder: str, scope: dict[str, str]) -> None:
        path = _relative(posixpath.join(folder, "CMakeLists.txt"))
        if self.read(path) is None or path in self.visited:
            return
        inner = dict(scope)
        inner["CMAKE_CURRENT_SOURCE_DIR"] = folder
        inner["CMAKE_CURRENT_BINARY_DIR"] = folder
        self.parents.append(scope)
        try:
            self.file(path, inner)
        finally:
            self.parents.pop()

    def invoke(self, name: str, words: list[str], scope: dict[str, str]) -> None:
        """A call of one of the project's own functions or macros."""
        is_macro, parameters, body, path = self.functions[name]
        if self.depth > 30:
            return
        inner = scope if is_macro else dict(scope)
        inner.update(zip(parameters, words, strict=False))
        inner["ARGN"] = ";".join(words[len(parameters) :])
        inner["ARGV"] = ";".join(words)
        inner["ARGC"] = str(len(words))
        inner.update((f"ARGV{index}", word) for index, word in enumerate(words[:20]))
        self.depth += 1
        if not is_macro:
            self.parents.append(scope)
        before = len(self.targets)
        try:
            self.block(body, inner, path)
        except _ReturnError:
            pass
        finally:
            self.depth -= 1
            if not is_macro:
                self.parents.pop()
        if len(self.targets) == before and "SOURCES" in words:
            self.unknown(words, scope, Place(path, 1))

    def target(self, words: list[str], scope: Mapping[str, str], place: Place) -> None:
        here = scope.get("CMAKE_CURRENT_SOURCE_DIR", _ROOT)
        target = self.targets.setdefault(words[0], _Target(words[0], place, directory=_relative(here)))
        target.interface = "INTERFACE" in words[1:2]
        target.includes += _split(scope.get("\0includes", ""))
        target.defines += _split(scope.get("\0defines", ""))
        target.options += _split(scope.get("\0options", ""))
        target.standard = scope.get("CMAKE_CUDA_STANDARD") or scope.get("CMAKE_CXX_STANDARD") or target.standard
        # FindCUDA's own variable holds nvcc's flags, separated by semicolons.
        old = " ".join(_list(scope.get("CUDA_NVCC_FLAGS", "")))
        separable = "-rdc=true" if scope.get("CMAKE_CUDA_SEPARABLE_COMPILATION", "").upper() in _TRUE else ""
        target.flags = {
            "cuda": f"{scope.get('CMAKE_CUDA_FLAGS', '')} {old} {separable}",
            "c++": scope.get("CMAKE_CXX_FLAGS", ""),
            "c": scope.get("CMAKE_C_FLAGS", ""),
        }
        for word in words[1:]:
            if word not in _LIBRARY_WORDS:
                target.sources.append(_join(here, word))

    def test(self, words: list[str], here: str) -> None:
        """add_test(NAME name COMMAND command arg...) or add_test(name command arg...)."""
        folder = here
        for keyword in ("WORKING_DIRECTORY", "CONFIGURATIONS", "COMMAND_EXPAND_LISTS"):
            if keyword in words:
                at = words.index(keyword)
                folder = (
                    _join(here, words[at + 1]) if keyword == "WORKING_DIRECTORY" and at + 1 < len(words) else folder
                )
                words = words[:at]
        command = words[words.index("COMMAND") + 1 :] if "COMMAND" in words else words[1:]
        if command:
            self.tests.append((command, _relative(folder)))

    def target_command(self, name: str, words: list[str], here: str) -> None:
        target = self.targets.get(words[0])
        if target is None:
            return
        rest = _regrouped([word for word in words[1:] if word not in _KEYWORDS])
        match name:
            case "target_sources":
                target.sources += [_join(here, word) for word in rest]
            case "target_include_directories":
                target.includes += [word if "$<" in word else _join(here, word) for word in rest]
            case "target_compile_definitions":
                target.defines += rest
            case "target_compile_options":
                target.options += rest
            case "target_compile_features":
                standards = [m[1] for word in rest if (m := re.match(r"c(?:xx|uda)_std_(\d+)$", word))]
                target.standard = standards[-1] if standards else target.standard
            case _:
                target.links += rest

    def unknown(self, words: list[str], scope: Mapping[str, str], place: Place) -> None:
        """A command that the tree does not define: when it lists existing sources under SOURCES, it makes a target."""
        if not {"SOURCES", "SRCS", "CUDA_SOURCES"} & set(words):
            return
        here = scope.get("CMAKE_CURRENT_SOURCE_DIR", _ROOT)
        section = ""
        found: dict[str, list[str]] = {}
        for word in words:
            if re.fullmatch(r"[A-Z][A-Z_]+", word):
                section = word
            else:
                found.setdefault(section, []).append(word)
        sources = [word for key in ("SOURCES", "SRCS", "CUDA_SOURCES") for word in found.get(key, ())]
        name = (found.get("NAME") or found.get("") or [f"{place.path}:{place.line}"])[0]
        target = _Target(name, place, directory=_relative(here))
        target.sources = [_join(here, word) for word in sources if word.endswith(SOURCE_SUFFIXES)]
        for key, items in found.items():
            if "INCLUDE" in key:
                target.includes += [_join(here, word) for word in items]
            elif "DEFIN" in key:
                target.defines += items
            elif key.endswith(("OPTIONS", "FLAGS")):
                target.options += items
        if target.sources:
            self.targets.setdefault(f"{name}\0{place}", target)

    # -- units ---------------------------------------------------------------------------------------------------------

    def units(self, exists: Callable[[str], bool]) -> list[Unit]:
        return [unit for target in self.targets.values() for unit in self.compiled(target, exists)]

    def compiled(self, target: _Target, exists: Callable[[str], bool]) -> Iterator[Unit]:
        """The units of a target's own sources."""
        reached = self.reached(target)
        for source in unique(target.sources):
            path = _relative(_genex(source, "CUDA" if source.endswith(".cu") else "CXX"))
            if path.endswith(SOURCE_SUFFIXES) and exists(path):
                yield self.unit(target, reached, path)

    def executables(self, exists: Callable[[str], bool]) -> list[Executable]:
        """The programs of the project, each with the units of everything that it links."""
        out: list[Executable] = []
        for target in self.targets.values():
            if not target.executable:
                continue
            units: dict[Unit, None] = {}
            for one in self.reached(target):
                objects = [found[1] for text in one.sources if (found := _OBJECTS.search(text))]
                more = [self.targets[name] for name in objects if name in self.targets]
                for part in [one, *more]:
                    units.update(dict.fromkeys(self.compiled(part, exists)))
            runs = []
            for command, folder in self.tests:
                program = command[0].removeprefix("$<TARGET_FILE:").removesuffix(">")
                if posixpath.basename(program) == target.name:
                    runs.append(Run(tuple(word for word in command[1:] if "$<" not in word), folder))
            if units:
                out.append(Executable(target.name, tuple(units), target.directory, tuple(runs), target.place))
        return out

    def reached(self, target: _Target) -> list[_Target]:
        """A target and the project's targets it links, directly or not."""
        seen: dict[str, _Target] = {}
        queue = [target]
        while queue:
            one = queue.pop(0)
            if one.name in seen:
                continue
            seen[one.name] = one
            queue += [self.targets[name] for name in one.links if name in self.targets]
        return list(seen.values())

    def unit(self, target: _Target, reached: list[_Target], path: str) -> Unit:
        spoken = self.languages.get(path, "")
        known = {"CUDA": "cuda", "CXX": "c++", "C": "c", "HIP": "hip"}
        language = known.get(spoken, language_of(path))
        compiled = {"cuda": "CUDA", "c++": "CXX", "c": "C", "hip": "HIP"}[language]
        includes: list[str] = []
        defines: list[str] = []
        flags = target.flags.get(language, "").split()
        flags += [f"-std=c++{target.standard}"] if target.standard and language != "c" else []
        for one in reached:
            includes += [piece for text in one.includes for piece in _list(_genex(text, compiled))]
            defines += [piece for text in one.defines for piece in _list(_genex(text, compiled))]
        for text in target.options:
            for piece in _list(_genex(text, compiled)):
                flags += piece.removeprefix("SHELL:").split()
        plain: list[str] = []
        for flag in flags:
            if flag.startswith("-D") and len(flag) > 2:
                defines.append(flag[2:])
            elif flag.startswith("-I") and len(flag) > 2:
                includes.append(_join(_absolute(target.directory), flag[2:]))
            else:
                plain.append(flag)
        folders = unique(_relative(folder) for folder in includes if folder and "$<" not in folder)
        names = unique(name.removeprefix("-D") for name in defines if name)
        return Unit(path, language, folders, names, (), tuple(plain), target.place)


_ENDS = {"if": "endif", "foreach": "endforeach", "while": "endwhile", "function": "endfunction", "macro": "endmacro",
         "block": "endblock"}  # fmt: skip
_OBJECTS = re.compile(r"\$<TARGET_OBJECTS:([^<>]+)>")
_REFERENCE = re.compile(r"\$(ENV|CACHE)?\{([^${}]*)\}")


def _end_of(body: Sequence[Command], index: int, name: str) -> int:
    """Where a block's end command stands; the last command when there is none."""
    depth = 0
    for at in range(index, len(body)):
        if body[at].lower == name:
            depth += 1
        elif body[at].lower == _ENDS[name]:
            depth -= 1
            if depth == 0:
                return at
    return len(body)


def _list(text: str) -> list[str]:
    return [part for part in text.split(";") if part]


def _split(text: str) -> list[str]:
    """The directory's own lists, whose items may hold semicolons (inside generator expressions)."""
    return [part for part in text.split("\2") if part]


def _regrouped(words: Sequence[str]) -> list[str]:
    """Words with generator expressions put together again where lists or spaces took them apart."""
    out: list[str] = []
    depth = 0
    for word in words:
        if depth > 0:
            out[-1] += ";" + word
        else:
            out.append(word)
        depth += word.count("$<") - word.count(">") + word.count("->")
        depth = max(depth, 0)
    return out


def _absolute(path: str) -> str:
    return posixpath.normpath(posixpath.join(_ROOT, path))


def _relative(path: str) -> str:
    """A path of the reader's as one relative to the root; foreign absolute paths stay."""
    if path.startswith("/\x01up3"):
        return posixpath.relpath(path, _ROOT)
    return path


def _join(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path)) if path and not path.startswith("$<") else path


def _component(path: str, what: str, here: str) -> str:
    match what:
        case "DIRECTORY" | "PATH":
            return posixpath.dirname(path)
        case "NAME":
            return posixpath.basename(path)
        case "NAME_WE":
            return posixpath.basename(path).split(".")[0]
        case "NAME_WLE":
            return posixpath.splitext(posixpath.basename(path))[0]
        case "EXT":
            name = posixpath.basename(path)
            return name[name.find(".") :] if "." in name else ""
        case _:
            return _join(here, path)


_TRUE = frozenset({"1", "ON", "YES", "TRUE", "Y"})
_FALSE = frozenset({"0", "OFF", "NO", "FALSE", "N", "IGNORE", "NOTFOUND", ""})


class _Condition:
    """One if(): a recursive descent over its words."""

    def __init__(self, words: list[tuple[str, bool]], scope: Mapping[str, str], reader: _Reader) -> None:
        self.words = words
        self.scope = scope
        self.reader = reader
        self.at = 0

    def result(self) -> bool:
        return self.either() if self.words else False

    def peek(self) -> str:
        return self.words[self.at][0] if self.at < len(self.words) and not self.words[self.at][1] else ""

    def either(self) -> bool:
        value = self.both()
        while self.peek() == "OR":
            self.at += 1
            value = self.both() or value
        return value

    def both(self) -> bool:
        value = self.negated()
        while self.peek() == "AND":
            self.at += 1
            value = self.negated() and value
        return value

    def negated(self) -> bool:
        if self.peek() == "NOT":
            self.at += 1
            return not self.negated()
        if self.peek() == "(":
            self.at += 1
            value = self.either()
            self.at += 1
            return value
        return self.test()

    def take(self) -> tuple[str, bool]:
        word = self.words[self.at] if self.at < len(self.words) else ("", True)
        self.at += 1
        return word

    def test(self) -> bool:
        first, quoted = self.take()
        if not quoted and first in (
            "DEFINED",
            "EXISTS",
            "TARGET",
            "COMMAND",
            "POLICY",
            "IS_DIRECTORY",
            "IS_ABSOLUTE",
            "TEST",
        ):
            operand = self.take()[0]
            match first:
                case "DEFINED":
                    return operand in self.scope
                case "EXISTS" | "IS_DIRECTORY":
                    path = _relative(operand)
                    return any(name == path or name.startswith(path + "/") for name in self.reader.files)
                case "TARGET":
                    return operand in self.reader.targets or operand.startswith(("CUDA::", "Threads::", "OpenMP::"))
                case "COMMAND":
                    return operand.lower() in self.reader.functions
                case _:
                    return first == "POLICY"
        operator = self.peek()
        if operator in _OPERATORS:
            self.at += 1
            second, second_quoted = self.take()
            return self.compare(self.value(first, quoted), operator, self.value(second, second_quoted), second)
        return self.truth(first, quoted)

    def value(self, word: str, quoted: bool) -> str:
        return word if quoted else self.scope.get(word, word)

    def truth(self, word: str, quoted: bool) -> bool:
        upper = word.upper()
        if upper in _TRUE:
            return True
        if upper in _FALSE or upper.endswith("-NOTFOUND"):
            return False
        if quoted and word not in self.scope:
            return bool(word)
        if word in self.scope:
            value = self.scope[word].upper()
            return value not in _FALSE and not value.endswith("-NOTFOUND")
        if word.isdigit():
            return int(word) != 0
        if _ELSEWHERE.search(word):
            return False
        return word in ("UNIX", "LINUX") or _CUDA_OPTION.search(word) is not None or word.upper() == "CUDA_FOUND"

    def compare(self, left: str, operator: str, right: str, word: str) -> bool:
        match operator:
            case "STREQUAL" | "PATH_EQUAL":
                return left == right
            case "MATCHES":
                return _matches(right, left)
            case "IN_LIST":
                return left in _list(self.scope.get(word, ""))
            case _:
                a, b = _version(left), _version(right)
                kind = operator.removeprefix("VERSION_").removeprefix("STR")
                # What is not known (a compiler's version) is taken to be new.
                if not a and operator.startswith("VERSION_"):
                    return kind.startswith("GREATER")
                return {
                    "EQUAL": a == b,
                    "LESS": a < b,
                    "GREATER": a > b,
                    "LESS_EQUAL": a <= b,
                    "GREATER_EQUAL": a >= b,
                }[kind]


_RELATIONS = ("EQUAL", "LESS", "GREATER", "LESS_EQUAL", "GREATER_EQUAL")
_OPERATORS = frozenset(prefix + kind for prefix in ("", "VERSION_", "STR") for kind in _RELATIONS) | {
    "STREQUAL", "MATCHES", "IN_LIST", "PATH_EQUAL"
}  # fmt: skip


def _matches(pattern: str, text: str) -> bool:
    """Whether a pattern of the project's is found in a text; one that could take for ever is taken not to be."""
    if (
        len(pattern) > 300
        or len(text) > 2000
        or re.search(r"\)[*+{]", pattern)
        or len(re.findall(r"[*+]", pattern)) > 4
    ):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return re.search(pattern, text) is not None
    except (re.error, OverflowError):
        return False


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d{1,9}", text)[:4])


_GENEX = re.compile(r"\$<([^$<>:]*)(?::([^$<>]*))?>")


def _genex(text: str, language: str) -> str:
    """Generator expressions evaluated for a release build of one language; unknown ones give nothing."""
    if "$<" not in text:
        return text
    for _ in range(40):
        replaced = _GENEX.sub(lambda m: _evaluate(m[1], m[2] or "", language), text)
        if replaced == text:
            break
        text = replaced
    return text


def _evaluate(name: str, value: str, language: str) -> str:
    match name:
        case "1" | "BUILD_INTERFACE" | "BUILD_LOCAL_INTERFACE":
            return value
        case "COMPILE_LANGUAGE":
            return str(int(language in value.split(",")))
        case "COMPILE_LANG_AND_ID":
            return str(int(value.split(",")[0] == language and "Clang" not in value))
        case "CONFIG":
            return str(int("Release" in value))
        case "BOOL":
            return str(int(value.upper() not in _FALSE))
        case "NOT":
            return str(int(value == "0"))
        case "AND":
            return str(int("0" not in value.split(",")))
        case "OR":
            return str(int("1" in value.split(",")))
        case "CXX_COMPILER_ID":
            return str(int("GNU" in value))
        case "CUDA_COMPILER_ID":
            return str(int("NVIDIA" in value))
        case "COMMA":
            return ","
        case "SEMICOLON":
            return ";"
        case _:
            return ""


def read_cmake(
    path: str, files: Sequence[str], read: Callable[[str], bytes | None], exists: Callable[[str], bool]
) -> list[Unit]:
    """The units of the CMake project whose top file is `path`."""
    reader = _read_project(path, files, read)
    return reader.units(exists) if reader else []


def read_cmake_executables(
    path: str, files: Sequence[str], read: Callable[[str], bytes | None], exists: Callable[[str], bool]
) -> list[Executable]:
    """The programs of the CMake project whose top file is `path`, run as its tests do."""
    reader = _read_project(path, files, read)
    return reader.executables(exists) if reader else []


def _read_project(path: str, files: Sequence[str], read: Callable[[str], bytes | None]) -> _Reader | None:
    here = _absolute(posixpath.dirname(path))
    reader = _Reader(files, read)
    scope = {
        "CMAKE_SOURCE_DIR": here,
        "CMAKE_CURRENT_SOURCE_DIR": here,
        "CMAKE_CURRENT_BINARY_DIR": here,
        "CMAKE_BINARY_DIR": here,
        "PROJECT_SOURCE_DIR": here,
        "PROJECT_BINARY_DIR": here,
        "CMAKE_SYSTEM_NAME": "Linux",
        "CMAKE_SYSTEM_PROCESSOR": "x86_64",
        "CMAKE_BUILD_TYPE": "Release",
        "CMAKE_CXX_COMPILER_ID": "GNU",
        "CMAKE_C_COMPILER_ID": "GNU",
        "CMAKE_CUDA_COMPILER": "nvcc",
        "CMAKE_CUDA_COMPILER_ID": "NVIDIA",
        "CMAKE_SIZEOF_VOID_P": "8",
    }
    try:
        reader.file(path, scope)
    except (_StopError, RecursionError):
        return None
    return reader
