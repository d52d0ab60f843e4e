"""Compare how data that crosses between host and device is laid out: in the original, in the port, on both sides.

A struct that the host fills and a kernel reads must have the same size, alignment and offsets for both compilers; a
port must keep those of the original, because files, other programs and hand-written strides rely on them. What the
compilers chose is taken from the debug information of the code that they made.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from hipwright import kept
from hipwright.compile import Unit, accepted_flags
from hipwright.debuginfo import DebugInfo, Root, alignments, spelled
from hipwright.finding import Diagnostic, Place
from hipwright.messages import messages
from hipwright.precompiled import dependencies, dependency_flags
from hipwright.toolchain import Toolchain, cache_dir
from hipwright.toolchain.cuda import CudaHeaders

_SECONDS = 300
_MEMORY = 8 << 30

# Debug information in full, which for NVIDIA's targets only the compiler proper is willing to write; no optimisation.
# A host pass also has to tell of types that only its calls into the runtime use: HIP's stubs say nothing of theirs.
_MODE = ("-O1", "-S", "-emit-llvm", "-w", "-Xclang", "-disable-llvm-passes", "-Xclang", "-dwarf-version=5", "-Xclang",
         "-fdump-record-layouts-simple", "-Xclang")  # fmt: skip
_KIND = {True: "-debug-info-kind=standalone", False: "-debug-info-kind=unused-types"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field, a base class, or a parameter of a kernel; positions in bits."""

    name: str
    type: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A record, the parameters of a kernel, or a variable in device memory, as one compiler laid it out."""

    name: str
    kind: str  # "record", "kernel" or "variable"
    size: int  # bytes
    align: int  # bytes; 0 where it is not known
    fields: tuple[Field, ...]
    place: Place | None  # in the tree; None for a type of the vendor's or the system's headers
    why: str  # what makes it cross: "parameter p of kernel k"

    def lines(self) -> list[str]:
        """The layout as text, a line for each field."""
        align = f", align {self.align}" if self.align else ""
        found = [f"{self.kind} {self.name}: size {self.size}{align}"]
        for item in self.fields:
            byte, bit = divmod(item.offset, 8)
            bits = f":{bit}-{bit + item.size - 1}" if item.size % 8 or bit else ""
            size = "" if bits else f" ({item.size // 8})"
            found.append(f"  {byte}{bits}  {item.type} {item.name}{size}")
        return found


@dataclass(frozen=True, slots=True)
class Side:
    """One compiler with one target, for the original or the port."""

    name: str  # "CUDA host", "HIP gfx942"
    command: Callable[[Unit], Sequence[str]] = field(compare=False, repr=False)
    device: bool
    arch: str  # "sm_80", "gfx942", "host"


@dataclass(frozen=True, slots=True)
class SideLayouts:
    """What one side made of all units."""

    side: Side
    types: Mapping[str, Layout]
    failed: tuple[Diagnostic, ...] = ()  # units that did not compile: nothing is known of what is in them alone


@dataclass(frozen=True, slots=True)
class LayoutDifference:
    """A type that two sides lay out differently."""

    type: str
    sides: tuple[str, str]
    left: Layout
    right: Layout
    what: str  # "size 24, not 32"
    arch: str = ""

    @property
    def place(self) -> Place:
        """Where the type is written: in the original if it is there."""
        return self.left.place or self.right.place or Place("", 0)

    def text(self) -> str:
        """The difference with both layouts."""
        shown = [f"{self.type}: {self.what} ({self.left.why})"]
        for side, layout in zip(self.sides, (self.left, self.right), strict=True):
            shown += [f"{side}:", *(f"  {line}" for line in layout.lines())]
        return "\n".join(shown)

    def diagnostic(self) -> Diagnostic:
        """The difference as an error with a place."""
        return Diagnostic(self.place, "error", self.text(), self.place.path, self.arch or self.sides[1])


@dataclass(frozen=True, slots=True)
class LayoutReport:
    """The comparison of a port with its original."""

    compared: tuple[str, ...]  # types that at least two sides agree or differ on
    differences: tuple[LayoutDifference, ...]
    unpaired: tuple[tuple[str, str], ...]  # a type, and the one of two sides that lacks it: not compared
    failed: tuple[Diagnostic, ...]
    sides: tuple[str, ...]


# -- sides -------------------------------------------------------------------------------------------------------------


def cuda_sides(toolchain: Toolchain, cuda: CudaHeaders) -> tuple[Side, Side]:
    """Device and host of an original."""
    from hipwright.emulate.cuda import device_flags, language_flags

    def flags(unit: Unit) -> list[str]:
        standard = [flag for flag in unit.flags if flag.startswith("-std=")]
        return [*toolchain.clang, *_flags(unit), *language_flags(toolchain, cuda, "hip", standard)]

    return (
        Side("CUDA device", lambda unit: [*flags(unit), *device_flags("sm_80")], True, "sm_80"),
        Side("CUDA host", lambda unit: [*flags(unit), "--cuda-host-only"], False, "host"),
    )


def hip_sides(toolchain: Toolchain, archs: Sequence[str]) -> tuple[Side, ...]:
    """The device for each target, and the host, of a port."""

    def flags(unit: Unit) -> list[str]:
        standards = [flag for flag in unit.flags if re.fullmatch(r"-std=(?:gnu|c)\+\+(?!98|03|0x|11|1y|14)\w+", flag)]
        standard = standards[-1] if standards else "-std=gnu++17"
        return [*toolchain.clang, *_flags(unit), *toolchain.language_flags("hip"), standard]

    def device(arch: str) -> Side:
        only = ["--cuda-device-only", f"--offload-arch={arch}", "-nogpulib"]
        return Side(f"HIP {arch}", lambda unit: [*flags(unit), *only], True, arch)

    return (*map(device, archs), Side("HIP host", lambda unit: [*flags(unit), "--cuda-host-only"], False, "host"))


def _flags(unit: Unit) -> list[str]:
    return [flag for flag in accepted_flags(unit.flags) if not re.match(r"-std=|-O|-g", flag)]


# -- reading -----------------------------------------------------------------------------------------------------------


def layouts(root: Path, units: Iterable[Unit], side: Side, *, also: Collection[str] = (), jobs: int = 0) -> SideLayouts:
    """The layouts of all that crosses between host and device in the units of a tree that have kernels.

    `also` are types that another side found to cross.

    Types are named as in CUDA on both sides (`float2`). Two units that give one name to different types have the second
    under `name in unit`, without the unit's suffix.
    """
    root = root.resolve()
    wanted = sorted({unit for unit in units if unit.language == "hip"}, key=lambda unit: (unit.path, unit.flags))
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        answers = list(pool.map(lambda unit: _unit(root, unit, side, also), wanted))
    types: dict[str, Layout] = {}
    failed: list[Diagnostic] = []
    for unit, answer in zip(wanted, answers, strict=True):
        if isinstance(answer, Diagnostic):
            failed.append(answer)
            continue
        for name, layout in answer.items():
            known = types.setdefault(name, layout)
            if _shape(known) != _shape(layout):
                types[f"{name} in {unit.path.rpartition('.')[0]}"] = layout
    return SideLayouts(side, dict(sorted(types.items())), tuple(failed))


def _unit(root: Path, unit: Unit, side: Side, also: Collection[str]) -> dict[str, Layout] | Diagnostic:
    """The layouts of one unit, or why there are none; kept while nothing changes that they come from."""
    command = _command(unit, side)
    key = _key(_own_code(), str(root), unit.path, command, sorted(also))
    entry = cache_dir() / "layouts" / key[:2] / f"{key}.json"
    if (stored := kept.load(entry, root)) is not None:
        return {name: _layout(data) for name, data in stored.items()}
    read = debug_info(root, unit, side)
    if isinstance(read, Diagnostic):
        return read
    found = _Reader(root, read.info, read.alignments, side).read(frozenset(also))
    kept.store(entry, root, read.files, {name: asdict(layout) for name, layout in found.items()})
    return found


def _command(unit: Unit, side: Side) -> list[str]:
    return [*side.command(unit), "-fno-color-diagnostics", "-Qunused-arguments", *_MODE, _KIND[side.device]]


@dataclass(frozen=True)
class UnitTypes:
    """What the compiler says of a unit's types."""

    info: DebugInfo
    alignments: Mapping[str, int]  # of records
    files: Collection[str]  # that the unit consists of


def debug_info(root: Path, unit: Unit, side: Side) -> UnitTypes | Diagnostic:
    """The types of a unit as one side has them, or why it does not compile."""
    command = _command(unit, side)
    with tempfile.TemporaryDirectory(prefix="hipwright-") as folder:
        made, dump, depends = (Path(folder) / name for name in ("unit.ll", "unit.layouts", "unit.d"))
        command += [*dependency_flags(depends, Path(folder) / "unit.h"), "-o", str(made), f"./{unit.path}"]
        with dump.open("wb") as output:
            try:
                done = subprocess.run(
                    command, cwd=root, stdin=subprocess.DEVNULL, stdout=output,
                    stderr=subprocess.PIPE, timeout=_SECONDS, check=False, env={**os.environ, "LC_ALL": "C"},
                    preexec_fn=_limit,
                )  # fmt: skip
            except (OSError, subprocess.TimeoutExpired) as error:
                return Diagnostic(Place(unit.path, 1), "error", str(error)[:300], unit.path, side.arch)
        if done.returncode or not made.is_file():
            return _failure(unit, side, done.stderr.decode("utf-8", "replace"))
        info = DebugInfo(made.read_text("utf-8", "surrogateescape"))
        known = alignments(dump.read_text("utf-8", "replace"))
        return UnitTypes(info, known, {unit.path} | dependencies(depends))


def _layout(data: dict[str, Any]) -> Layout:
    fields = tuple(Field(**item) for item in data["fields"])
    return Layout(**{**data, "fields": fields, "place": Place(**data["place"]) if data["place"] else None})


def _key(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogateescape")).hexdigest()


@lru_cache(maxsize=1)
def _own_code() -> str:
    """Changes with the code that reads layouts."""
    folder = Path(__file__).parent
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in ("layouts.py", "debuginfo.py"))).hexdigest()


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _failure(unit: Unit, side: Side, text: str) -> Diagnostic:
    for message in messages(text):
        if message.severity != "warning":
            return Diagnostic(Place(unit.path, 1), "error", message.text, unit.path, side.arch)
    said = [line for line in text.splitlines() if line.strip()] or ["the compiler said nothing"]
    return Diagnostic(Place(unit.path, 1), "error", said[-1][:300], unit.path, side.arch)


class _Reader:
    """Walks from what crosses to every record that it leads to."""

    def __init__(self, root: Path, info: DebugInfo, known: Mapping[str, int], side: Side) -> None:
        self.root = root
        self.info = info
        self.known = known
        self.side = side
        self.found: dict[str, Layout] = {}
        self.names: dict[int, str] = {}

    def read(self, also: Collection[str]) -> dict[str, Layout]:
        info = self.info
        roots = [*info.kernels(), *info.variables(device=self.side.device)]
        seen: dict[str, int] = {}
        for root in sorted(roots, key=lambda item: (item.path, item.line, item.name)):
            if self.place(root.path, root.line) is None:
                continue  # a kernel of the vendor's library
            # A lambda stands on another line in a port, but its kernel is the same.
            placeless = re.sub(r"\((lambda|unnamed[a-z ]*) at [^()]*\)", r"(\1)", root.name)
            name = f"{root.kind} {canonical(placeless)}"
            number = seen[name] = seen.get(name, 0) + 1
            self.root_layout(f"{name} #{number}" if number > 1 else name, root)
        if not self.side.device:
            self.copied()
        for record in info.records() if also else ():
            if record not in self.names and canonical(info.type_name(record)) in also:
                self.visit(record, "the device's use of it")
        return self.found

    def root_layout(self, name: str, root: Root) -> None:
        fields: list[Field] = []
        offset, largest = 0, 1
        for index, number in enumerate(root.types):
            size = self.info.size(number)
            align = self.align(number)
            offset = -(-offset // (align * 8)) * align * 8
            label = root.names[index] if index < len(root.names) else ""
            if root.kind == "kernel":
                fields.append(Field(label or f"#{index + 1}", self.type_name(number), offset, size))
            offset += size
            largest = max(largest, align)
            if root.kind == "kernel":
                self.visit(number, f"parameter {label or index + 1} of {name}")
            else:
                fields.append(Field("", self.type_name(number), 0, size))
                self.visit(number, name)
        place = self.place(root.path, root.line)
        align = largest if root.kind == "variable" else 0
        self.found[name] = Layout(name.partition(" ")[2], root.kind, offset // 8, align, tuple(fields), place, name)

    def visit(self, number: int | None, why: str) -> None:
        """Take down the record that a type is, points to or consists of, and those in it."""
        pending: list[tuple[int | None, str]] = [(number, why)]
        while pending:
            number, why = pending.pop()
            number, alias = self.info.stripped(number)
            while (inner := self.info.pointee(number)) is not None:
                number, alias = self.info.stripped(inner)
            if number is None or number in self.names or not self.info.is_record(number):
                continue
            name = self.name(number, alias)
            node = self.info.node(number)
            if node.has_flag("DIFlagFwdDecl") or not node.reference("elements"):
                continue  # a handle whose contents nobody here sees
            members = self.info.members(number)
            place = self.place(*self.info.place(number))
            fields = tuple(
                Field(item.name, self.type_name(item.type), item.offset, item.size)
                for item in members
            )  # fmt: skip
            size = node.number("size") // 8
            self.found[name] = Layout(name, "record", size, self.align(number), fields, place, why)
            pending += [(item.type, f"field {item.name} of {name}") for item in reversed(members)]

    def copied(self) -> None:
        """Take down what the text copies by its size: `cudaMemcpy(to, from, n * sizeof(T), ...)`."""
        names: dict[str, int] = {}
        for record in self.info.records():
            names.setdefault(spelled(self.info.type_name(record)), record)
            names.setdefault(spelled(self.info.node(record).fields.get("name", "")), record)
        for path in sorted(self.info.files()):
            if self.place(path, 1) is None:
                continue
            for call, size in _copies(Path(path)):
                why = f"sizeof({size}) in {call}"
                if (number := names.get(spelled(size))) is not None:
                    self.visit(number, why)
                elif found := re.fullmatch(r"\*?\s*(\w+)(?:\s*\[\w+\])?", size):
                    for root in self.info.named(found[1]):
                        if root.path == path:
                            self.visit(root.types[0], why)

    def name(self, number: int, alias: str) -> str:
        """The name of a record; two of one name, on one line or in two functions, are numbered."""
        if number not in self.names:
            base = canonical(self.info.qualified(number, alias))
            name, count = base, 1
            taken = set(self.names.values())
            while name in taken:
                count += 1
                name = f"{base} #{count}"
            self.names[number] = name
        return self.names[number]

    def type_name(self, number: int | None) -> str:
        return canonical(self.info.type_name(number))

    def align(self, number: int | None) -> int:
        """The alignment of a type in bytes: as clang says it of a record, by its size for anything else."""
        inner, alias = self.info.stripped(number)
        number, node = inner, self.info.node(inner)
        if node.fields.get("tag") == "DW_TAG_array_type":
            return self.align(node.reference("baseType"))
        if not self.info.is_record(number):
            size = self.info.size(number) // 8
            return min(1 << max(size - 1, 0).bit_length(), 16) if size else 1
        if (known := self.known.get(spelled(self.info.qualified(number, alias)))) is not None:
            return known
        # A record without a name: its fields decide, unless they were packed.
        written = node.number("align") // 8
        members = self.info.members(number)
        natural = max([written, 1, *(self.align(item.type) for item in members)])
        if written or not members:
            return natural
        packed = (node.number("size") // 8) % natural or any(
            item.offset % 8 == 0 and item.size % 8 == 0 and (item.offset // 8) % self.align(item.type)
            for item in members
        )
        return 1 if packed else natural

    def place(self, path: str, line: int) -> Place | None:
        """A place in the tree, None for one outside."""
        try:
            inside = Path(os.path.realpath(path)).relative_to(self.root)
        except ValueError:
            return None
        return Place(inside.as_posix(), line)


_COPY = re.compile(r"\b((?:cuda|hip|cu)(?:Mem|Malloc|Host|Array)\w*)\s*\(")


def _copies(path: Path) -> list[tuple[str, str]]:
    """The calls that copy or allocate by the size of something: place of the call, what is in `sizeof(...)`."""
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return []
    found = []
    for call in _COPY.finditer(text):
        depth, end = 1, call.end()
        while end < len(text) and depth and end - call.end() < 2000:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        line = text.count("\n", 0, call.start()) + 1
        where = f"{call[1]} at {path.name}:{line}"
        sizes = re.findall(r"\bsizeof\s*\(\s*((?:[^()]|\([^()]*\))+?)\s*\)", text[call.end() : end])
        found += [(where, size) for size in sizes]
    return found


_VECTORS = {
    "char": "char", "signed char": "char", "unsigned char": "uchar", "short": "short", "unsigned short": "ushort",
    "int": "int", "unsigned int": "uint", "long": "long", "unsigned long": "ulong", "long long": "longlong",
    "unsigned long long": "ulonglong", "float": "float", "double": "double",
}  # fmt: skip


def canonical(name: str) -> str:
    """A type's name with CUDA's spelling of what both vendors have, which is what types are paired by."""
    name = re.sub(r"\b(\d+)[uU]?[lL]{0,2}\b", r"\1", name)
    name = re.sub(
        r"\bHIP_vector_type<([\w ]+), (\d)>",
        lambda found: f"{_VECTORS[found[1]]}{found[2]}" if found[1] in _VECTORS else found[0],
        name,
    )
    name = re.sub(r"\b__hip_(?=bfloat16|fp8|fp6|fp4)", "__nv_", name)
    return re.sub(r"\bhip(?=[A-Z])", "cuda", re.sub(r"\bhip(?=(?:cub|rand|fft|blas|sparse|solver)\w*)", "cu", name))


# -- comparing ---------------------------------------------------------------------------------------------------------


_UNNAMED = re.compile(r"\((?:lambda|unnamed) at ")


def _shape(layout: Layout) -> tuple[object, ...]:
    return layout.size, layout.align, tuple((item.name, item.offset, item.size) for item in layout.fields)


def compare_layouts(left: SideLayouts, right: SideLayouts) -> tuple[LayoutDifference, ...]:
    """What two sides lay out differently, in the order of the places.

    Types are paired by their names, and by where they stand in what is paired already, so that a type that the port
    renamed is compared too.
    """
    return _compare(left, right)[0]


def _compare(left: SideLayouts, right: SideLayouts) -> tuple[tuple[LayoutDifference, ...], set[str]]:
    # What has no name is paired by where it is used: in a port it may stand on another line.
    same = left.side.name.split()[0] == right.side.name.split()[0]
    pending = [(name, name) for name in left.types if name in right.types and (same or not _UNNAMED.search(name))]
    seen = set(pending)
    found: list[LayoutDifference] = []
    while pending:
        names = pending.pop()
        one, other = left.types[names[0]], right.types[names[1]]
        if what := _difference(one, other):
            arch = right.side.arch if right.side.device else left.side.arch
            found.append(LayoutDifference(names[0], (left.side.name, right.side.name), one, other, what, arch))
        for a, b in zip(one.fields, other.fields, strict=False):
            pair = _record_of(a.type, left), _record_of(b.type, right)
            if pair[0] and pair[1] and pair not in seen and _alone(pair, left, right):
                seen.add(pair)
                pending.append(pair)
    found.sort(key=lambda item: (item.place, item.type, item.sides))
    return tuple(found), {a for a, _ in seen} | {b for _, b in seen}


def _alone(pair: tuple[str, str], left: SideLayouts, right: SideLayouts) -> bool:
    """Whether neither of two types has a namesake on the other side that it belongs to."""
    if all(_UNNAMED.search(name) for name in pair):
        return True
    return pair[0] not in right.types and pair[1] not in left.types


def _record_of(name: str, side: SideLayouts) -> str:
    name = re.sub(r"[*&\s]+$|(?:\[\d+\])+$", "", name)
    name = re.sub(r"[*&\s]+$|(?:\[\d+\])+$", "", name)
    return name if name in side.types else ""


def _difference(one: Layout, other: Layout) -> str:
    """What differs between two layouts, empty if nothing that matters does."""
    if one.size != other.size:
        return f"size {one.size} against {other.size}"
    if one.align and other.align and one.align != other.align:
        return f"alignment {one.align} against {other.align}"
    if one.place is None and other.place is None and one.kind == "record":
        return ""  # vendors build the same vector in different ways: their fields are their own affair
    if [(item.offset, item.size) for item in one.fields] == [(item.offset, item.size) for item in other.fields]:
        names = {item.name for item in one.fields} == {item.name for item in other.fields}
        swapped = names and [item.name for item in one.fields] != [item.name for item in other.fields]
        if not swapped or one.kind != "record":
            return ""
    theirs = {item.name: item for item in other.fields}
    for item in one.fields:
        match = theirs.get(item.name)
        if match is None and item.name:
            return f"field {item.name} is missing"
        if match and match.offset != item.offset:
            return f"field {item.name} at {_bits(item.offset)} against {_bits(match.offset)}"
        if match and match.size != item.size:
            return f"field {item.name} has {_bits(item.size)} against {_bits(match.size)} bytes"
    return "fields differ"


def _bits(value: int) -> str:
    return str(value // 8) if value % 8 == 0 else f"{value // 8}:{value % 8}"


def _tree(root: Path, units: Sequence[Unit], sides: Sequence[Side], jobs: int) -> list[SideLayouts]:
    """The layouts on the devices, then those on the host, which is asked for whatever crosses on a device."""
    found: list[SideLayouts] = []
    for side in sides:
        also = {name for known in found for name, item in known.types.items() if item.kind == "record"}
        found.append(layouts(root, units, side, also=also if not side.device else (), jobs=jobs))
    return found


def check_layouts(
    original: Path,
    original_units: Sequence[Unit],
    port: Path,
    port_units: Sequence[Unit],
    *,
    toolchain: Toolchain,
    cuda: CudaHeaders | None,
    archs: Sequence[str],
    jobs: int = 0,
) -> LayoutReport:
    """Compare what crosses between host and device: original with port, and each host with its devices.

    Without CUDA's headers only the port's own sides are compared. A difference between host and device that the
    original has too is found on both, for it is a fault of both.
    """
    theirs = _tree(original, original_units, cuda_sides(toolchain, cuda), jobs) if cuda else []
    ours = _tree(port, port_units, hip_sides(toolchain, archs), jobs)
    pairs: list[tuple[SideLayouts, SideLayouts]] = []
    if theirs:
        device, host = theirs
        pairs += [(device, side) for side in ours if side.side.device]
        pairs += [(host, ours[-1]), (host, device)]
    pairs += [(ours[-1], side) for side in ours[:-1]]
    differences: list[LayoutDifference] = []
    compared: set[str] = set()
    unpaired: set[tuple[str, str]] = set()
    for left, right in pairs:
        found, seen = _compare(left, right)
        compared |= seen
        # The same layouts on several devices are one difference, shown once.
        known = {(item.type, _shape(item.left), _shape(item.right), left.side.name) for item in differences}
        differences += [
            item for item in found if (item.type, _shape(item.left), _shape(item.right), left.side.name) not in known
        ]
        if left.side.device and right.side.device:
            for one, other in ((left, right), (right, left)):
                missing = (name for name, item in one.types.items() if item.place and name not in seen)
                unpaired |= {(name, other.side.name) for name in missing}
    failed = tuple(dict.fromkeys(item for side in (*theirs, *ours) for item in side.failed))
    names = tuple(side.side.name for side in (*theirs, *ours))
    ordered = sorted(differences, key=lambda item: (item.place, item.type, item.sides))
    return LayoutReport(tuple(sorted(compared)), tuple(ordered), tuple(sorted(unpaired)), failed, names)
