"""Verify kernels that no program reaches: each by itself, original against port, in launches that are made up.

A launch counts only if the original survives it: without a fault, and with the same answer when its lanes run in
reverse order. Then every byte that the original or the port writes is compared.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from hipwright.compare import Comparison, Difference, Verdict
from hipwright.compile import Unit
from hipwright.context import Context, gather
from hipwright.debuginfo import DebugInfo
from hipwright.emulate.build import Built, DeviceCode, Side, build_driver, device_code
from hipwright.emulate.driver import Driver, DriverError, Inside
from hipwright.emulate.run import Runner
from hipwright.finding import Diagnostic
from hipwright.kernels.generate import Subject
from hipwright.kernels.judge import Bench, Found, Judge, Judged
from hipwright.kernels.parameters import Shape, Shapes, Signature
from hipwright.kernels.sites import Sites, plain
from hipwright.layouts import canonical, cuda_sides, debug_info
from hipwright.messages import demangled
from hipwright.project import Project
from hipwright.report.verification import Fault, KernelResult, SideResult, base_name
from hipwright.toolchain import Toolchain
from hipwright.toolchain.cuda import CudaHeaders

_FORWARD = {
    "HIPWRIGHT_ORDER": "forward",
    "HIPWRIGHT_POISON": "0xA5",
    "HIPWRIGHT_THREADS": "1",
    "HIPWRIGHT_TIMEOUT": "600",
}
# The original comes in both orders; a launch that it does not survive says nothing, so it ends there.
_ORIGINAL = {**_FORWARD, "HIPWRIGHT_STOP": "1"}
_REVERSED = {**_ORIGINAL, "HIPWRIGHT_ORDER": "reverse", "HIPWRIGHT_POISON": "0x3C"}

FaultOf = Callable[[Mapping[str, Any], Side], Fault]


@dataclass(frozen=True)
class Work:
    """What the verification of all kernels shares."""

    original: Project
    port: Path
    sides: tuple[Side, ...]  # the original's first
    pairs: tuple[tuple[Unit, Unit], ...]  # units of the original with those of the port
    toolchain: Toolchain
    cuda: CudaHeaders
    runner: Runner
    built: Path  # where programs are linked
    fault: FaultOf  # what a report of the emulator means, with its place in the original
    seed: int = 0
    checked: bool = True
    jobs: int = 1

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The original's sources that launch kernels."""
        read = ((file.path, self.original.read(file.path)) for file in self.original.code)
        return {path: plain(data.decode("utf-8", "replace")) for path, data in read if b"<<<" in data}

    @cached_property
    def context(self) -> Context:
        """The original's constants."""
        return gather(self.original.read(file.path) for file in self.original.code)


def verify_kernels(
    work: Work,
    wanted: Callable[[str], bool],
    progress: Callable[[int, int, str], None],
) -> list[KernelResult]:
    """Verify the port's kernels whose readable names are wanted; those of a library are nobody's."""
    with ThreadPoolExecutor(work.jobs) as pool:
        found = list(pool.map(lambda pair: _unit(work, pair), work.pairs))
    seen: set[str] = set()
    chosen: list[tuple[_UnitPair, list[tuple[str, str]]]] = []
    for unit in found:
        mine = [each for each in unit.kernels if each[1] not in seen and wanted(demangled(each[1] or each[0]))]
        seen |= {port for _, port in mine}
        if mine:
            chosen.append((unit, mine))
    total = sum(len(mine) for _, mine in chosen)
    results: list[KernelResult] = []

    def step(name: str) -> None:
        progress(len(results), total, name)

    for unit, mine in chosen:
        results.extend(_UnitRun(work, unit).results(mine, step))
    return sorted(results, key=lambda result: result.name)


# -- units -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _UnitPair:
    """A unit of the original and its counterpart, as far as the compilers' device code says."""

    original: Unit
    port: Unit
    codes: tuple[DeviceCode, ...]  # by side
    kernels: tuple[tuple[str, str], ...]  # mangled: the original's, the port's; empty where one has none


def _unit(work: Work, pair: tuple[Unit, Unit]) -> _UnitPair:
    original, port = pair
    codes = []
    for side in work.sides:
        root, unit = (work.original.root, original) if side.cuda else (work.port, port)
        codes.append(device_code(root, unit, side, toolchain=work.toolchain, cuda=work.cuda))
    theirs = tuple(dict.fromkeys(name for code in codes[1:] for name in code.kernels))
    return _UnitPair(original, port, tuple(codes), tuple(paired(codes[0].kernels, theirs)))


def paired(originals: Sequence[str], ports: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Kernels of both sides: by mangled name, by readable name in CUDA's spelling, or as the only ones of a name."""
    left = {name: name for name in originals}
    right = dict.fromkeys(ports)
    keys: tuple[Callable[[str], str], ...] = (
        lambda name: name,
        lambda name: canonical(demangled(name)),
        lambda name: base_name(demangled(name)),
    )
    for key in keys:
        counts = Counter(key(name) for name in left), Counter(key(name) for name in right)
        by_key = {key(name): name for name in right}
        for name in list(left):
            word = key(name)
            if counts[0][word] == counts[1][word] == 1:
                other = by_key[word]
                del left[name], right[other]
                yield name, other
    yield from ((name, "") for name in left)
    yield from (("", name) for name in right)


class _UnitRun:
    """The kernels of one pair of units."""

    def __init__(self, work: Work, unit: _UnitPair) -> None:
        self.work = work
        self.unit = unit

    def results(self, kernels: Sequence[tuple[str, str]], progress: Callable[[str], None]) -> Iterator[KernelResult]:
        """Judge each kernel."""
        both = [pair for pair in kernels if all(pair)]
        for original, port in kernels:
            if not original or not port:
                who = "original" if not original else "port"
                problem = next((code.problem for code in self._codes(who) if code.problem), None)
                why = f"the {who}'s {self._path(who)} has no such kernel"
                if problem:
                    why = f"the {who}'s {self._path(who)} does not compile: {problem.message}"
                yield self._nothing(original or port, why)
        if not both:
            return
        built = self._built()
        if isinstance(built, str):
            yield from (self._nothing(port, built) for _, port in both)
            return
        side = cuda_sides(self.work.toolchain, self.work.cuda)[0]
        types = debug_info(self.work.original.root, self.unit.original, side)
        if isinstance(types, Diagnostic):
            yield from (self._nothing(port, f"its types can't be read: {types.message}") for _, port in both)
            return
        yield from self._launched(both, built, types.info, progress)

    def _codes(self, who: str) -> Iterable[DeviceCode]:
        return self.unit.codes[:1] if who == "original" else self.unit.codes[1:]

    def _path(self, who: str) -> str:
        return self.unit.original.path if who == "original" else self.unit.port.path

    def _nothing(self, symbol: str, reason: str) -> KernelResult:
        sides = [SideResult(side.name, side.arch, Verdict.NOT_RUN, reason) for side in self.work.sides[1:]]
        return KernelResult(demangled(symbol), tuple(sides))

    def _built(self) -> list[Path] | str:
        """The drivers of all sides, or why there is none."""

        def one(side: Side) -> Built:
            root, unit = self._of(side)
            # Trees with units of one name may be verified at the same time.
            key = hashlib.sha256(repr((str(root), unit, side, self.work.checked)).encode("utf-8", "surrogateescape"))
            return build_driver(
                root, self._linked(unit, side), side, self.work.built / key.hexdigest()[:20],
                toolchain=self.work.toolchain, cuda=self.work.cuda, checked=self.work.checked,
            )  # fmt: skip

        with ThreadPoolExecutor(self.work.jobs) as pool:
            found = list(pool.map(one, self.work.sides))
        for side, built in zip(self.work.sides, found, strict=True):
            if built.executable is None:
                said = built.diagnostics[0].message if built.diagnostics else "no reason is known"
                return f"{side.name} does not build: {said}"
        return [built.executable for built in found if built.executable]

    def _of(self, side: Side) -> tuple[Path, Unit]:
        if side.cuda:
            return self.work.original.root, self.unit.original
        return self.work.port, self.unit.port

    def _linked(self, unit: Unit, side: Side) -> tuple[Unit, ...]:
        """The units whose device code belongs together."""
        if "-fgpu-rdc" not in unit.flags:
            return (unit,)
        every = (pair[0] if side.cuda else pair[1] for pair in self.work.pairs)
        return tuple(dict.fromkeys([unit, *(each for each in every if "-fgpu-rdc" in each.flags)]))

    def _launched(
        self,
        kernels: Sequence[tuple[str, str]],
        built: Sequence[Path],
        info: DebugInfo,
        progress: Callable[[str], None],
    ) -> Iterator[KernelResult]:
        roots = {root.symbol: root for root in info.kernels()}
        shapes = Shapes(info)
        with ExitStack() as stack:
            settings = [_ORIGINAL, _REVERSED, *(_FORWARD for _ in self.work.sides[1:])]
            programs = [built[0], *built]
            drivers = [
                stack.enter_context(Driver(program, self.work.runner, each))
                for program, each in zip(programs, settings, strict=True)
            ]
            inside = [driver.describe() for driver in drivers]
            variables = _variables(inside)
            typed = _typed(info, shapes, inside[0], variables)
            for original, port in kernels:
                name = demangled(port)
                progress(name)
                root = roots.get(original)
                if root is None:
                    yield self._nothing(port, "the compiler's debug information does not tell its parameters")
                    continue
                signature = shapes.signature(root)
                if reason := _misfit(signature, inside, original, port):
                    yield self._nothing(port, reason)
                    continue
                yield self._one(original, port, signature, drivers, inside, variables, typed)

    def _one(
        self,
        original: str,
        port: str,
        signature: Signature,
        drivers: Sequence[Driver],
        inside: Sequence[Inside],
        variables: Sequence[Mapping[str, str]],
        typed: Sequence[tuple[str, Shape, int]],
    ) -> KernelResult:
        work = self.work
        facts = inside[0].kernels[original]
        sites = Sites.of(demangled(original), signature.path, signature.line, work.texts, work.context)
        subject = Subject(
            signature, facts, sites, self.unit.codes[0].dynamic_lds, tuple(typed), facts.max_block or 1024
        )
        benches = [
            Bench(side, driver, original if side.cuda else port, names)
            for side, driver, names in zip((work.sides[0], *work.sides), drivers, variables, strict=True)
        ]
        try:
            judged = Judge(subject, benches[0], benches[1], benches[2:]).judge(work.seed)
        except DriverError as error:
            return self._nothing(port, str(error))
        return self._result(port, judged)

    def _result(self, port: str, judged: Judged) -> KernelResult:
        name = demangled(port)
        sides = []
        for number, side in enumerate(self.work.sides[1:]):
            found = judged.ports[number] if judged.ports else Found(judged.verdicts[number])
            sides.append(self._side(side, judged.verdicts[number], found, judged.reason, name))
        return KernelResult(
            name,
            tuple(sides),
            judged.launches,
            judged.tried,
            judged.lanes,
            judged.case.said if judged.case else "",
            judged.note,
        )

    def _side(self, side: Side, verdict: Verdict, found: Found, reason: str, kernel: str) -> SideResult:
        comparison = None
        if found.memory and found.memory.count:
            memory = found.memory
            where = f"memory {memory.where}" if memory.where[:1].isdigit() else memory.where
            first = Difference(where.removeprefix("@"), memory.left, memory.right)
            comparison = Comparison(verdict, (first,), memory.count, memory.worst)
        faults = []
        for event in found.events:
            fault = self.work.fault(event, side)
            faults.append(replace(fault, message=fault.message or found.text, kernel=fault.kernel or kernel))
        notes = (found.text,) if found.text and not faults else ()
        return SideResult(side.name, side.arch, verdict, reason, comparison, tuple(faults), notes=notes)


def _misfit(signature: Signature, inside: Sequence[Inside], original: str, port: str) -> str:
    """Why one set of arguments does not do for all sides."""
    own = inside[0].kernels.get(original)
    if own is None or len(own.sizes) != len(signature.parameters):
        return "its parameters are not as the debug information says"
    for each in inside[2:]:
        theirs = each.kernels.get(port)
        if theirs is None:
            return "one target of the port has no such kernel"
        if theirs.sizes != own.sizes:
            return f"the port's parameters have other sizes: {_listed(theirs.sizes)}, not {_listed(own.sizes)} bytes"
    return ""


def _listed(sizes: Collection[int]) -> str:
    return ", ".join(map(str, sizes))


def _variables(inside: Sequence[Inside]) -> list[dict[str, str]]:
    """The device variables that all sides have with one size: what each side calls them, by the original's name."""
    by_name = [{_shared(name): name for name in each.variables} for each in inside]
    common = {name for name in by_name[0] if all(name in names for names in by_name)}

    def sizes(name: str) -> set[int]:
        return {each.variables[names[name]][0] for each, names in zip(inside, by_name, strict=True)}

    same = {name for name in common if len(sizes(name)) == 1}
    return [{name: names[name] for name in sorted(same)} for names in by_name]


def _shared(name: str) -> str:
    """A variable's name without what makes a static one unique."""
    for mark in ("__static__", ".static.", "__intern__", ".intern."):
        name = name.partition(mark)[0]
    return name


def _typed(
    info: DebugInfo, shapes: Shapes, inside: Inside, variables: Sequence[Mapping[str, str]]
) -> list[tuple[str, Shape, int]]:
    """The variables that launches fill: those that start as zeros, which the host is there to set."""
    found = []
    for root in info.variables(device=True):
        name = _shared(root.symbol)
        own = variables[0].get(name)
        if own is None or not inside.variables[own][1] or len(root.types) != 1:
            continue
        shape = shapes.shape(root.types[0])
        if shape.handles or any(leaf.kind == "pointer" for leaf in shape.leaves):
            continue
        found.append((name, shape, inside.variables[own][0]))
    return found
