"""Reading Makefiles: enough of GNU make's language to know which sources are compiled with which flags.

Makefiles of a ported tree are untrusted: `$(shell ...)` gives nothing, nothing outside of the tree is included, and
the work is bounded.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hipwright.build.unit import Executable, Run, Unit, linked, split_command, unique, units_of_command, within
from hipwright.finding import Place

_WORK = 200_000  # expansions of one Makefile; real ones need a few thousand
_SIZE = 1 << 20  # characters one expansion may grow to
_DEPTH = 40
_COMPILED = (".cu", ".cpp", ".cc", ".c", ".cxx")

_ASSIGN = re.compile(
    r"^(?:(?:export|override|private|unexport)\s+)*(?P<name>[^\s:#=+?!]+)\s*(?P<op>\+=|\?=|:::?=|::?=|!=|=)\s*(?P<value>.*)$",
    re.S,
)
_CONDITION = re.compile(r"^(ifeq|ifneq|ifdef|ifndef|else|endif)\b\s*(.*)$", re.S)
_INCLUDE = re.compile(r"^[-s]?include\s+(.*)$", re.S)
_TARGET_VARIABLE = re.compile(r"^[^:=]+:\s*(?:(?:override|export|private)\s+)*[\w.-]+\s*(?:\+=|\?=|:=|=)")


class _ExhaustedError(Exception):
    """The Makefile asks for more work than any real one."""


@dataclass(frozen=True, slots=True)
class _Rule:
    targets: tuple[str, ...]
    prerequisites: tuple[str, ...]
    recipe: tuple[tuple[int, str], ...]
    pattern: str  # the target pattern of a static pattern rule


_Job = tuple[str, _Rule, str, tuple[str, ...], str]  # file, rule, target, prerequisites, stem


@dataclass
class Makefile:
    """The state of reading one Makefile; `directory` is where make would run, relative to the root."""

    directory: str
    files: Sequence[str]  # the project's files, for $(wildcard)
    read: Callable[[str], bytes | None]
    variables: dict[str, tuple[str, bool]] = field(default_factory=dict)  # name → text, expanded already
    rules: list[tuple[str, _Rule]] = field(default_factory=list)
    by_folder: dict[str, list[str]] = field(default_factory=dict)
    work: int = 0

    def load(self, path: str, depth: int = 0) -> None:
        """Read one file and those it includes."""
        data = self.read(path)
        if data is None or depth > 8:
            return
        active: list[tuple[bool, bool]] = []  # (this branch is taken, one was taken)
        targets = prerequisites = None
        pattern = ""
        recipe: list[tuple[int, str]] = []
        define: tuple[str, list[str]] | None = None

        def flush() -> None:
            if targets is not None:
                self.rules.append((path, _Rule(targets, prerequisites or (), tuple(recipe), pattern)))

        for number, line in logical_lines(data.decode("utf-8", "surrogateescape")):
            if define is not None:
                if line.strip() == "endef":
                    self.variables.setdefault(define[0], ("\n".join(define[1]), False))
                    define = None
                else:
                    define[1].append(line)
                continue
            if line.startswith("\t") and targets is not None and all(taken for taken, _ in active):
                recipe.append((number, line[1:]))
                continue
            line = _without_comment(line).strip()
            if not line:
                continue
            if condition := _CONDITION.match(line):
                self._condition(condition[1], condition[2], active)
                continue
            if not all(taken for taken, _ in active):
                continue
            if line.startswith("define ") or line == "define":
                name = line.split()[1] if len(line.split()) > 1 else ""
                define = (name, [])
                continue
            if include := _INCLUDE.match(line):
                for name in self.expand(include[1]).split():
                    self.load(within(self.directory, name), depth + 1)
                continue
            assign = _ASSIGN.match(line)
            if assign and ("$" not in assign["name"] or ":" not in assign["name"]):
                self._assign(assign["name"], assign["op"], assign["value"])
                continue
            if _TARGET_VARIABLE.match(line) or line.split()[0] in (
                "export",
                "unexport",
                "vpath",
                "undefine",
                "override",
                "$(eval",
            ):
                continue
            head, colon, tail = _split_rule(line)
            if not colon:
                continue
            flush()
            tail, _, inline = tail.partition(";")
            targets = tuple(self.expand(head).split())
            parts = self.expand(tail).split("|")[0]
            pattern = ""
            if ":" in parts:
                pattern, _, parts = parts.partition(":")
                pattern = pattern.strip()
            prerequisites = tuple(parts.split())
            recipe = [(number, inline.strip())] if inline.strip() else []
        flush()

    def _condition(self, word: str, rest: str, active: list[tuple[bool, bool]]) -> None:
        if word == "endif":
            if active:
                active.pop()
            return
        if word == "else":
            if not active:
                return
            _, had = active.pop()
            rest = rest.strip()
            if rest:
                again = _CONDITION.match(rest)
                holds = bool(again) and not had and self._holds(again[1], again[2]) if again else False
                active.append((holds, had or holds))
            else:
                active.append((not had, True))
            return
        outer = all(taken for taken, _ in active)
        holds = outer and self._holds(word, rest)
        active.append((holds, holds))

    def _holds(self, word: str, rest: str) -> bool:
        if word in ("ifdef", "ifndef"):
            defined = bool(self.variables.get(self.expand(rest).strip(), ("", True))[0])
            return defined == (word == "ifdef")
        rest = rest.strip()
        if rest.startswith("("):
            inner = rest[1 : rest.rfind(")")] if ")" in rest else rest[1:]
            left, _, right = _split_comma(inner)
        else:
            quoted = re.match(r"""(["'])(.*?)\1\s*(["'])(.*?)\3""", rest)
            left, right = (quoted[2], quoted[4]) if quoted else (rest, "")
        same = self.expand(left).strip() == self.expand(right).strip()
        return same == (word == "ifeq")

    def _assign(self, name: str, operator: str, value: str) -> None:
        name = self.expand(name)
        old, simple = self.variables.get(name, ("", False))
        match operator:
            case "+=":
                more = self.expand(value) if simple else value
                if len(old) + len(more) > _SIZE:
                    raise _ExhaustedError
                self.variables[name] = (f"{old} {more}".strip(), simple)
            case "?=":
                if name not in self.variables or name in _BUILT_IN:
                    self.variables[name] = (value, False)
            case "!=":
                self.variables[name] = ("", True)
            case "=":
                self.variables[name] = (value, False)
            case _:
                self.variables[name] = (self.expand(value), True)

    # -- expansion ---------------------------------------------------------------------------------------------------

    def expand(self, text: str, local: Mapping[str, str] | None = None, depth: int = 0) -> str:
        """`text` with every variable and function replaced."""
        if "$" not in text:
            return text
        self.work += 1
        if self.work > _WORK or depth > _DEPTH:
            raise _ExhaustedError
        out: list[str] = []
        size = 0
        position = 0
        while True:
            at = text.find("$", position)
            if at < 0 or at + 1 >= len(text):
                piece = text[position:]
                out.append(piece)
                break
            out.append(text[position:at])
            following = text[at + 1]
            if following == "$":
                out.append("$")
                position = at + 2
                continue
            if following in "({":
                end = _matching(text, at + 1)
                self.work += (end - at) // 50
                value = self._reference(text[at + 2 : end], local or {}, depth)
                position = end + 1
            else:
                value = self._variable(following, local or {}, depth)
                position = at + 2
            size += len(value)
            self.work += len(value) // 1000
            if size > _SIZE:
                raise _ExhaustedError
            out.append(value)
        return "".join(out)

    def _variable(self, name: str, local: Mapping[str, str], depth: int) -> str:
        if name in local:
            return local[name]
        text, expanded = self.variables.get(name, ("", True))
        return text if expanded else self.expand(text, local, depth + 1)

    def _reference(self, inner: str, local: Mapping[str, str], depth: int) -> str:
        function = re.match(r"^([a-z-]+)[ \t]+", inner)
        if function and function[1] in _FUNCTIONS | _SPECIAL:
            return self._function(function[1], inner[function.end() :], local, depth)
        name = inner
        substitution = re.match(r"^([^:]+):([^=]*)=(.*)$", inner, re.S)
        if substitution:
            name = substitution[1]
        name = self.expand(name, local, depth + 1)
        value = self._variable(name, local, depth)
        if substitution:
            before = self.expand(substitution[2], local, depth + 1)
            after = self.expand(substitution[3], local, depth + 1)
            if "%" not in before:
                before, after = "%" + before, "%" + after
            value = " ".join(_patsubst(before, after, word) for word in value.split())
        return value

    def _function(self, name: str, rest: str, local: Mapping[str, str], depth: int) -> str:
        parts = _arguments(rest)

        def value(index: int) -> str:
            return self.expand(parts[index], local, depth + 1) if index < len(parts) else ""

        match name:
            case "if":
                return value(1) if value(0).strip() else ",".join(value(i) for i in range(2, len(parts)))
            case "or":
                return next((v for i in range(len(parts)) if (v := value(i).strip())), "")
            case "and":
                last = ""
                for index in range(len(parts)):
                    last = value(index).strip()
                    if not last:
                        return ""
                return last
            case "foreach":
                variable = value(0).strip()
                body = ",".join(parts[2:])
                return " ".join(self.expand(body, {**local, variable: word}, depth + 1) for word in value(1).split())
            case "call":
                arguments = {str(i): value(i) for i in range(1, len(parts))}
                text, _ = self.variables.get(value(0).strip(), ("", True))
                return self.expand(text, {**local, **arguments}, depth + 1)
            case "value":
                return self.variables.get(value(0).strip(), ("", True))[0]
            case "origin":
                return "file" if value(0).strip() in self.variables else "undefined"
            case "wildcard":
                return " ".join(self._wildcard(value(0).split()))
            case "abspath" | "realpath":
                return " ".join(posixpath.normpath(word) for word in value(0).split())
            case "shell":
                return self._shell(value(0))
            case "eval" | "info" | "warning" | "error" | "file":
                return ""
            case _:
                return _pure(name, [self.expand(part, local, depth + 1) for part in parts])

    def _shell(self, command: str) -> str:
        """Nothing is run; three harmless questions about paths have answers of their own."""
        words = command.split()
        if words[:1] == ["pwd"]:
            return "."
        if words[:1] == ["uname"]:
            return "x86_64" if words[1:2] in (["-m"], ["-p"]) else "Linux"
        if words[:1] == ["ls"]:
            return " ".join(self._wildcard([word for word in words[1:] if not word.startswith("-")]))
        if words[:1] == ["find"] and "-name" in words and words.index("-name") + 1 < len(words):
            pattern = words[words.index("-name") + 1].strip("'\"")
            return " ".join(self._wildcard([f"{words[1]}/**/{pattern}"]))
        return ""

    def _wildcard(self, patterns: Iterable[str]) -> list[str]:
        found: list[str] = []
        if not self.by_folder:
            for path in self.files:
                self.by_folder.setdefault(posixpath.dirname(path), []).append(path)
        for pattern in patterns:
            recursive = "**/" in pattern
            folder, name = posixpath.split(within(self.directory, pattern.replace("**/", "")))
            if recursive:
                folders = [
                    f for f in self.by_folder if folder in ("", ".") or f == folder or f.startswith(folder + "/")
                ]
            elif any(c in folder for c in "*?["):
                folders = [
                    f for f in self.by_folder if f.count("/") == folder.count("/") and fnmatch.fnmatchcase(f, folder)
                ]
            else:
                folders = [folder] if folder in self.by_folder else []
            for path in sorted(path for f in folders for path in self.by_folder[f]):
                base = posixpath.basename(path)
                if base == name or fnmatch.fnmatchcase(base, name):
                    found.append(posixpath.relpath(path, self.directory or "."))
        return found


_BUILT_IN = {
    "CC": "cc", "CXX": "g++", "CPP": "cc -E", "AR": "ar", "RM": "rm -f", "MAKE": "make", "LD": "ld",
    "NVCC": "nvcc", "CURDIR": ".", "PWD": ".", "SHELL": "/bin/sh", "AS": "as", "OS": "", "HOSTTYPE": "x86_64"
}  # fmt: skip

_SPECIAL = frozenset({
    "if", "or", "and", "foreach", "call", "value", "origin", "wildcard", "abspath", "realpath", "shell", "eval",
    "info", "warning", "error", "file"
})  # fmt: skip
_FUNCTIONS = frozenset({
    "subst", "patsubst", "strip", "findstring", "filter", "filter-out", "sort", "word", "words", "wordlist",
    "firstword", "lastword", "dir", "notdir", "suffix", "basename", "addsuffix", "addprefix", "join"
})  # fmt: skip


def _pure(name: str, parts: list[str]) -> str:
    """The functions of make that only look at their arguments."""
    parts += [""] * (3 - len(parts))
    first, second, third = parts[0], parts[1], ",".join(parts[2:])
    match name:
        case "subst":
            return third.replace(first, second) if first else third
        case "patsubst":
            return " ".join(_patsubst(first.strip(), second.strip(), word) for word in third.split())
        case "strip":
            return " ".join(first.split())
        case "findstring":
            return first if first in second else ""
        case "filter" | "filter-out":
            patterns = first.split()
            keep = name == "filter"
            return " ".join(w for w in second.split() if any(_stem(p, w) is not None for p in patterns) == keep)
        case "sort":
            return " ".join(sorted(set(first.split())))
        case "word" | "wordlist":
            low = int(first) if first.strip().isdigit() else 1
            high = low if name == "word" else (int(second) if second.strip().isdigit() else low)
            words = (second if name == "word" else third).split()
            return " ".join(words[max(low - 1, 0) : high])
        case "words":
            return str(len(first.split()))
        case "firstword":
            return " ".join(first.split()[:1])
        case "lastword":
            return " ".join(first.split()[-1:])
        case "dir":
            return " ".join(word[: word.rfind("/") + 1] or "./" for word in first.split())
        case "notdir":
            return " ".join(word[word.rfind("/") + 1 :] for word in first.split())
        case "suffix":
            return " ".join(s for word in first.split() if (s := posixpath.splitext(word)[1]))
        case "basename":
            return " ".join(posixpath.splitext(word)[0] for word in first.split())
        case "addsuffix":
            return " ".join(word + first for word in ",".join(parts[1:]).rstrip(",").split())
        case "addprefix":
            return " ".join(first + word for word in ",".join(parts[1:]).rstrip(",").split())
        case _:
            left, right = first.split(), second.split()
            size = max(len(left), len(right))
            return " ".join("".join(side[i] for side in (left, right) if i < len(side)) for i in range(size))


def logical_lines(text: str) -> Iterable[tuple[int, str]]:
    """Lines with their continuations joined, and the number of the first."""
    pending = ""
    start = 0
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not pending:
            start = number
        backslashes = len(line) - len(line.rstrip("\\"))
        if backslashes % 2:
            pending += line[:-1].rstrip() + " " if pending else line[:-1].rstrip(" ") + " "
            continue
        yield start, pending + (line.lstrip() if pending else line)
        pending = ""
    if pending:
        yield start, pending


def _without_comment(line: str) -> str:
    at = line.find("#")
    while at > 0 and line[at - 1] == "\\":
        at = line.find("#", at + 1)
    return line if at < 0 else line[:at]


def _split_rule(line: str) -> tuple[str, str, str]:
    """A rule's targets and what follows its colon, outside of references."""
    depth = 0
    for index, char in enumerate(line):
        if char in "({":
            depth += 1
        elif char in ")}":
            depth -= 1
        elif char == ":" and depth <= 0:
            rest = line[index + 1 :]
            return line[:index], ":", rest[1:] if rest.startswith(":") else rest
    return line, "", ""


def _split_comma(text: str) -> tuple[str, str, str]:
    depth = 0
    for index, char in enumerate(text):
        if char in "({":
            depth += 1
        elif char in ")}":
            depth -= 1
        elif char == "," and depth == 0:
            return text[:index], ",", text[index + 1 :]
    return text, "", ""


def _arguments(text: str) -> list[str]:
    out: list[str] = []
    while True:
        head, comma, tail = _split_comma(text)
        out.append(head if not out else head.lstrip())
        if not comma:
            return out
        text = tail


def _matching(text: str, at: int) -> int:
    """Where the bracket at `at` closes; the end of the text when it does not."""
    opening = text[at]
    closing = ")" if opening == "(" else "}"
    depth = 0
    for index in range(at, len(text)):
        if text[index] == opening:
            depth += 1
        elif text[index] == closing:
            depth -= 1
            if depth == 0:
                return index
    return len(text)


def _stem(pattern: str, word: str) -> str | None:
    """What `%` stands for when `word` matches `pattern`; None when it does not."""
    head, percent, tail = pattern.partition("%")
    if not percent:
        return "" if pattern == word else None
    if len(word) >= len(head) + len(tail) and word.startswith(head) and word.endswith(tail):
        return word[len(head) : len(word) - len(tail)]
    return None


def _patsubst(before: str, after: str, word: str) -> str:
    stem = _stem(before, word)
    return word if stem is None else after.replace("%", stem, 1)


# -- from rules to units ---------------------------------------------------------------------------------------------


def read_makefile(path: str, files: Sequence[str], read: Callable[[str], bytes | None]) -> list[Unit]:
    """The units that a Makefile compiles, in the order of its rules.

    `files` are all paths of the project, `read` gives a file's bytes (None: no such file).
    """
    try:
        return _units(_loaded(path, files, read))
    except (_ExhaustedError, RecursionError):
        return []


def read_executables(path: str, files: Sequence[str], read: Callable[[str], bytes | None]) -> list[Executable]:
    """The programs that a Makefile links, with the arguments that its rules run them with."""
    try:
        return _executables(_loaded(path, files, read))
    except (_ExhaustedError, RecursionError):
        return []


def _loaded(path: str, files: Sequence[str], read: Callable[[str], bytes | None]) -> Makefile:
    makefile = Makefile(posixpath.dirname(path), files, read)
    makefile.variables.update({name: (value, True) for name, value in _BUILT_IN.items()})
    makefile.load(path)
    return makefile


def _jobs(makefile: Makefile) -> list[_Job]:
    """What make would do for each target: its recipe, and the prerequisites with their places."""
    present = frozenset(makefile.files)
    directory = makefile.directory
    implicit: list[tuple[str, _Rule]] = []
    jobs: list[_Job] = []
    prerequisites: dict[str, list[str]] = {}
    wanted: dict[str, None] = {}
    with_recipe: set[str] = set()
    search = [within(directory, folder) for folder in re.split(r"[:\s]+", makefile.expand("$(VPATH)")) if folder]

    def locate(name: str) -> str:
        """Where make finds a prerequisite: as written, or below VPATH."""
        if within(directory, name) in present:
            return name
        for folder in search:
            if posixpath.join(folder, name) in present:
                return posixpath.relpath(posixpath.join(folder, name), directory or ".")
        return name

    for file, rule in makefile.rules:
        suffixes = len(rule.targets) == 1 and re.match(r"^(\.\w+)(\.\w+)?$", rule.targets[0])
        if suffixes and not rule.prerequisites and rule.recipe:
            target, source = "%" + (suffixes[2] or ""), "%" + suffixes[1]
            implicit.append((file, _Rule((target,), (source,), rule.recipe, "")))
            continue
        if any("%" in target for target in rule.targets) and not rule.pattern:
            implicit.append((file, rule))
            continue
        for target in rule.targets:
            wanted.setdefault(target)
            stem = _stem(rule.pattern, target) if rule.pattern else ""
            needs = tuple(need.replace("%", stem or "", 1) if rule.pattern else need for need in rule.prerequisites)
            prerequisites.setdefault(target, []).extend(needs)
            for need in needs:
                wanted.setdefault(need)
            if rule.recipe:
                with_recipe.add(target)
                jobs.append((file, rule, target, needs, stem or ""))
    for target in list(wanted):
        if target in with_recipe:
            continue
        for file, rule in implicit:
            pattern = next((p for p in rule.targets if _stem(p, target)), None)
            if pattern is None or pattern == "%":
                continue
            stem = _stem(pattern, target) or ""
            needs = tuple(need.replace("%", stem, 1) for need in rule.prerequisites)
            if needs and within(directory, locate(needs[0])) not in present and needs[0] not in wanted:
                continue
            jobs.append((file, rule, target, (*needs, *prerequisites.get(target, ())), stem))
            break
    if not any(need.endswith(_COMPILED) for *_, needs, _ in jobs for need in needs):
        jobs += _every_match(makefile, implicit)
    return [(file, rule, target, tuple(map(locate, needs)), stem) for file, rule, target, needs, stem in jobs]


def _commands(makefile: Makefile, job: _Job) -> Iterator[tuple[str, Place, str]]:
    """A job's recipe expanded, line by line: the file, its place, the text."""
    file, rule, target, needs, stem = job
    local = {
        "@": target,
        "<": needs[0] if needs else "",
        "^": " ".join(unique(needs)),
        "+": " ".join(needs),
        "?": " ".join(unique(needs)),
        "*": stem,
    }
    for short in "@<^*":
        first = local[short].split(" ")[0]
        local[short + "D"] = posixpath.dirname(first) or "."
        local[short + "F"] = posixpath.basename(first)
    for number, line in rule.recipe:
        yield file, Place(file, number), makefile.expand(line, local)


def _units(makefile: Makefile) -> list[Unit]:
    present = frozenset(makefile.files)
    units: dict[tuple[object, ...], Unit] = {}
    for job in _jobs(makefile):
        for _, place, text in _commands(makefile, job):
            for unit in _recipe(makefile, text, place, present):
                units.setdefault((unit.path, unit.includes, unit.defines), unit)
    return list(units.values())


def _executables(makefile: Makefile) -> list[Executable]:
    """Targets that a compiler links, each with the sources below it and the commands that start it."""
    present = frozenset(makefile.files)
    jobs: dict[str, list[_Job]] = {}
    for job in _jobs(makefile):
        jobs.setdefault(posixpath.normpath(job[2]), []).append(job)
    found: dict[str, Executable] = {}
    started: list[tuple[str, Run]] = []
    for target, mine in jobs.items():
        for job in mine:
            for _, place, text in _commands(makefile, job):
                folder = makefile.directory
                for command in (c for line in text.split("\n") for c in split_command(line.lstrip("@-+ \t"))):
                    if command[0] == "cd" and len(command) > 1:
                        folder = within(folder, command[1])
                        continue
                    output = linked(command)
                    if output is None:
                        started += list(_started(command, folder))
                        continue
                    name = posixpath.basename(output or target)
                    units = _below(makefile, jobs, target, command, present)
                    if name not in found and units:
                        found[name] = Executable(name, units, folder, (), place)
    return [
        replace(each, runs=tuple(dict.fromkeys(run for name, run in started if name == each.name)))
        for each in found.values()
    ]


def _started(command: Sequence[str], folder: str) -> Iterator[tuple[str, Run]]:
    """The start of a program of the build's own, `./name`, behind whatever launches it."""
    at = next((index for index, word in enumerate(command) if "/" in word and not word.startswith(("-", "/"))), None)
    if at is None or "$" in " ".join(command):
        return
    words, stdin = [], ""
    rest = iter(command[at + 1 :])
    for word in rest:
        if word.strip("<>&12") == "" and any(sign in word for sign in "<>"):
            following = next(rest, "")
            stdin = following if word == "<" else stdin
        else:
            words.append(word)
    yield posixpath.basename(command[at]), Run(tuple(words), folder, stdin)


def _below(
    makefile: Makefile, jobs: Mapping[str, list[_Job]], target: str, command: Sequence[str], present: frozenset[str]
) -> tuple[Unit, ...]:
    """Every unit that is compiled on the way to a target, or named by the command that links it."""
    units: dict[Unit, None] = {}
    pending, seen = [target, *(posixpath.normpath(word) for word in command)], set()
    while pending:
        one = pending.pop(0)
        if one in seen:
            continue
        seen.add(one)
        for job in jobs.get(one, ()):
            for _, place, text in _commands(makefile, job):
                units.update(dict.fromkeys(_recipe(makefile, text, place, present)))
                pending += [posixpath.normpath(word) for line in split_command(text) for word in line]
            pending += [posixpath.normpath(need) for need in job[3]]
    return tuple(units)


def _every_match(makefile: Makefile, implicit: Sequence[tuple[str, _Rule]]) -> list[_Job]:
    """Pattern rules applied to every file they fit: for Makefiles whose goals come about in ways not read here."""
    jobs: list[_Job] = []
    here = [posixpath.relpath(path, makefile.directory or ".") for path in makefile.files]
    for file, rule in implicit:
        if not rule.prerequisites or "%" not in rule.prerequisites[0]:
            continue
        for name in here:
            stem = _stem(rule.prerequisites[0], name)
            if stem and not name.startswith("../") and name.endswith(_COMPILED):
                jobs.append((file, rule, rule.targets[0].replace("%", stem, 1), (name,), stem))
    return jobs


def _recipe(makefile: Makefile, text: str, place: Place, present: frozenset[str]) -> list[Unit]:
    units: list[Unit] = []
    directory = makefile.directory
    for line in text.split("\n"):
        for command in split_command(line.lstrip("@-+ \t")):
            if command[0] == "cd" and len(command) > 1:
                directory = within(directory, command[1])
            else:
                units += units_of_command(command, directory, place, present.__contains__)
    return units
