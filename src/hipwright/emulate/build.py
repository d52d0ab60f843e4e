"""Build a program for one side: device code rewritten for this machine, host code linked with the emulated GPU.

A side is the CUDA original (warps of 32) or the HIP port on a target (wavefronts of 64 or 32 lanes). Everything that
is compiled is kept by content in the cache. A function that the emulator lacks becomes one that names itself when it
is called: a program that never calls it runs all the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hipwright import kept
from hipwright.compile import Unit, accepted_flags
from hipwright.emulate.cuda import device_flags, language_flags
from hipwright.emulate.ir import DYNAMIC_LDS, IrError, rewrite
from hipwright.emulate.libraries import Part, part_of
from hipwright.emulate.program import Program
from hipwright.finding import Diagnostic, HipwrightError, Place
from hipwright.messages import messages
from hipwright.precompiled import dependencies, dependency_flags
from hipwright.resources import targets
from hipwright.toolchain import Toolchain, cache_dir, host_triple, write_atomic
from hipwright.toolchain.cuda import CudaHeaders

RUNTIME = Path(__file__).parent / "runtime"
_X86 = "-march=x86-64-v3"
_SECONDS = 600  # for one command
# What a GPU's linker adds to the units of a program with relocatable device code: a function that registers a unit's
# kernels, a handle of its image.
_LINKERS = re.compile(r"__cudaRegisterLinkedBinary_|__hip_gpubin_handle_")


@dataclass(frozen=True, slots=True)
class Side:
    """What a program is built for."""

    name: str  # "CUDA@32", "HIP@64", "HIP@32"
    arch: str  # "sm_80", "gfx942"
    wave: int  # lanes of a wavefront
    cuda: bool


@dataclass(frozen=True, slots=True)
class Built:
    """What came of a build: a program that can run, or why there is none."""

    executable: Path | None
    unsupported: tuple[str, ...] = ()  # functions that end the program when they are called
    diagnostics: tuple[Diagnostic, ...] = ()
    kernels: tuple[str, ...] = ()  # mangled
    libraries: tuple[str, ...] = ()  # substitutes of GPU libraries that it is linked with


CUDA_SIDE = Side("CUDA@32", "sm_80", 32, True)


def sides(archs: Sequence[str]) -> tuple[Side, ...]:
    """The original's side, then one of the port for each wave size among `archs`."""
    known = targets()
    found: dict[int, Side] = {}
    for arch in archs:
        wave = known[arch].waves[0]
        found.setdefault(wave, Side(f"HIP@{wave}", arch, wave, False))
    return (CUDA_SIDE, *(found[wave] for wave in sorted(found, reverse=True)))


class _BuildError(Exception):
    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(diagnostics[0].message if diagnostics else "failed")
        self.diagnostics = tuple(diagnostics)


def build(
    root: Path,
    program: Program,
    side: Side,
    work: Path,
    *,
    toolchain: Toolchain,
    cuda: CudaHeaders | None,
    checked: bool = False,
    fused: bool = True,
    jobs: int = 0,
    cache: Path | None = None,
) -> Built:
    """Build `program` of the tree `root` for `side` into the folder `work`.

    `checked` has every access to memory checked while it runs; `fused` contracts multiplications and additions as the
    target's back end does. Errors of the compiler come back as diagnostics.
    """
    if side.cuda and cuda is None:
        raise HipwrightError("CUDA's headers were not found", "run `hipwright doctor --install`")
    jobs = jobs or os.cpu_count() or 1
    maker = _Maker(root.resolve(), side, work, toolchain, cuda, checked, fused, cache or cache_dir(), jobs)
    try:
        with ThreadPoolExecutor(jobs) as pool:
            parts = list(pool.map(maker.unit, program.units, _rooms(program.units)))
        return maker.link(program, [item for part in parts for item in part[0]], [k for part in parts for k in part[1]])
    except _BuildError as failed:
        return Built(None, diagnostics=failed.diagnostics)


def build_driver(
    root: Path,
    units: Sequence[Unit],
    side: Side,
    work: Path,
    *,
    toolchain: Toolchain,
    cuda: CudaHeaders | None,
    checked: bool = True,
    cache: Path | None = None,
) -> Built:
    """Link the device code of `units` with a program that launches any of its kernels on demand (runtime/driver).

    No host code takes part, so it does not matter what that lacks.
    """
    if side.cuda and cuda is None:
        raise HipwrightError("CUDA's headers were not found", "run `hipwright doctor --install`")
    maker = _Maker(root.resolve(), side, work, toolchain, cuda, checked, True, cache or cache_dir(), 1)
    try:
        made = [maker.device(unit, room) for unit, room in zip(units, _rooms(units), strict=True)]
        program = Program(units[0].path.replace("/", "_"), tuple(units))
        objects = [*(path for path, _ in made if path), *maker.driver()]
        return maker.link(program, objects, [name for _, names in made for name in names])
    except _BuildError as failed:
        return Built(None, diagnostics=failed.diagnostics)


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a unit's device code has, before anything is made of it for this machine."""

    kernels: tuple[str, ...] = ()  # mangled
    dynamic_lds: bool = False  # some kernel uses LDS whose size the launch says
    problem: Diagnostic | None = None  # why it does not compile


def device_code(
    root: Path, unit: Unit, side: Side, *, toolchain: Toolchain, cuda: CudaHeaders | None, cache: Path | None = None
) -> DeviceCode:
    """Look into the device code of a unit; the IR is the one that a build starts from, and kept for it."""
    maker = _Maker(root.resolve(), side, root, toolchain, cuda, False, True, cache or cache_dir(), 1)
    try:
        text = maker.device_ir(unit, maker.identity(unit)).read_text("utf-8", "surrogateescape")
    except _BuildError as failed:
        return DeviceCode(problem=failed.diagnostics[0])
    kernels = re.findall(r'^define [^@\n]*\b(?:amdgpu|ptx)_kernel [^@\n]*@"?([^"(\n]+)', text, re.M)
    dynamic = re.search(r"^@.* addrspace\(3\) .*\[0 x ", text, re.M) is not None
    return DeviceCode(tuple(kernels), dynamic)


def _rooms(units: Sequence[Unit]) -> list[tuple[int, int]]:
    """Where each unit's LDS variables lie: apart where a kernel of one unit can call functions of another."""
    linked = [unit for unit in units if "-fgpu-rdc" in unit.flags]
    size = DYNAMIC_LDS // max(len(linked), 1) & ~0xFFF
    return [
        (linked.index(unit) * size, (linked.index(unit) + 1) * size) if unit in linked else (0, DYNAMIC_LDS)
        for unit in units
    ]


@dataclass(frozen=True)
class _Maker:
    root: Path
    side: Side
    work: Path
    toolchain: Toolchain
    cuda: CudaHeaders | None
    checked: bool
    fused: bool
    cache: Path
    jobs: int

    # -- units -------------------------------------------------------------------------------------------------------

    def unit(self, unit: Unit, room: tuple[int, int] = (0, DYNAMIC_LDS)) -> tuple[list[Path], list[str]]:
        """Objects of one unit, whose LDS variables lie in `room`, and the kernels in it."""
        identity = self.identity(unit)
        if unit.language != "hip":
            return [self._compiled(unit, self._host_flags(unit), "o")], []
        image = self.cache / "emulated" / "images" / identity
        if not image.is_file():
            write_atomic(image, f"HWMOD:{identity}\0".encode())
        host = [*self._host_flags(unit), "--cuda-host-only", "-Xclang", "-fcuda-include-gpubinary"]
        if self.side.cuda:
            # CUDA's libraries have the architecture in their names, on both sides.
            host.append(f"--offload-arch={self.side.arch}")
        # Static kernels have their unit in their names then, and the shadows of variables are shared as these are.
        host += ["-fgpu-rdc", "--no-offload-new-driver"] if "-fgpu-rdc" in unit.flags else []
        host += ["-Xclang", str(image), *self._cuid(identity)]
        if self.jobs == 1:
            made = self._compiled(unit, host, "o")
            device, kernels = self._device(unit, identity, room)
        else:
            with ThreadPoolExecutor(1) as other:
                device_side = other.submit(self._device, unit, identity, room)
                made = self._compiled(unit, host, "o")
                device, kernels = device_side.result()
        return [*([device] if device else []), made], kernels

    def identity(self, unit: Unit) -> str:
        """What a unit is called where its host code asks for its device code."""
        # By content, not by place: another tree with the same source has the same results in the cache.
        return _key(kept.signature(self.root, unit.path), unit.path, unit.flags, self.side)[:20]

    def device(self, unit: Unit, room: tuple[int, int]) -> tuple[Path | None, list[str]]:
        """The object of a unit's device code alone, and the kernels in it."""
        return self._device(unit, self.identity(unit), room)

    def driver(self) -> list[Path]:
        """The program that launches kernels on demand."""
        return self._sources([RUNTIME / "driver" / "driver.cpp"], [])

    def _cuid(self, identity: str) -> list[str]:
        # Both passes have to agree on the suffix of a static variable's name.
        return [f"-cuid={identity}"]

    def _language(self, unit: Unit) -> list[str]:
        standard = [flag for flag in unit.flags if flag.startswith("-std=")]
        if self.side.cuda and self.cuda:
            return language_flags(self.toolchain, self.cuda, unit.language, standard)
        flags = self.toolchain.language_flags(unit.language)
        if unit.language == "c":
            return flags
        old = {"98", "03", "0x", "11", "1y", "14"}
        chosen = [flag for flag in standard if flag.split("++")[-1] not in old]
        return [*flags, chosen[-1] if chosen else "-std=gnu++17"]

    def _flags(self, unit: Unit) -> list[str]:
        flags = [flag for flag in accepted_flags(unit.flags) if not re.match(r"-std=|-O|-m|-fgpu-rdc", flag)]
        return [*flags, *self._language(unit), "-w", *([] if unit.flags else ["-I."])]

    def _host_flags(self, unit: Unit) -> list[str]:
        # Plain x86-64 fuses nothing, but for HIP, not for CUDA, constants would be folded as if it did.
        own = ["-O2", "-ffp-contract=off", "-fno-pie", "-gline-tables-only", "-fdebug-compilation-dir=."]
        return [*self._flags(unit), *own]

    def device_ir(self, unit: Unit, identity: str) -> Path:
        """The compiler's IR of a unit's device code."""
        target = ["--cuda-device-only", f"--offload-arch={self.side.arch}"]
        if self.side.cuda:
            target = device_flags(self.side.arch)
        flags = [*self._flags(unit), *target, "-nogpulib", "-O2"]
        flags += ["-gline-tables-only", "-fdebug-compilation-dir=.", "-emit-llvm", *self._cuid(identity)]
        if "-fgpu-rdc" in unit.flags:
            flags.append("-fgpu-rdc")
        return self._compiled(unit, flags, "ll")

    def _device(self, unit: Unit, identity: str, room: tuple[int, int]) -> tuple[Path | None, list[str]]:
        relocatable = "-fgpu-rdc" in unit.flags
        text = self.device_ir(unit, identity)
        key = _key("rewritten", _digest(text), identity, _own_code(), relocatable, self.checked, self.fused, room)
        made = self.cache / "emulated" / key[:2] / f"{key}.o"
        names = made.with_suffix(".json")
        if made.is_file() and names.is_file():
            kernels = json.loads(names.read_text())
            return made, kernels
        try:
            rewritten = rewrite(
                text.read_text("utf-8", "surrogateescape"),
                identity,
                relocatable=relocatable,
                checked=self.checked,
                fused=self.fused,
                room=room,
            )
        except (IrError, ValueError) as error:
            raise _BuildError(
                [Diagnostic(Place(unit.path, 1), "error", f"emulator: {error}", unit.path, self.side.arch)]
            ) from error
        # Most changes of the rewriter change little of what it makes.
        same = _key("x86", self.toolchain.fingerprint, rewritten.text)
        compiled = self.cache / "emulated" / same[:2] / f"{same}.o"
        if not compiled.is_file():
            self._x86(unit, rewritten.text, compiled)
        write_atomic(names, json.dumps(rewritten.kernels).encode())
        write_atomic(made, compiled.read_bytes())
        return made, list(rewritten.kernels)

    def _x86(self, unit: Unit, text: str, made: Path) -> None:
        """Compile rewritten IR for this machine."""
        with tempfile.TemporaryDirectory(prefix="hipwright-") as folder:
            source, output = Path(folder) / "device.ll", Path(folder) / "device.o"
            source.write_text(text, "utf-8", "surrogateescape")
            command = [*self.toolchain.clang, f"--target={host_triple()}", "-x", "ir", "-O2", _X86, "-fno-pie", "-w"]
            command += ["-ffp-contract=off", "-c", str(source), "-o", str(output)]
            said = _run(command, Path(folder))
            if said.returncode:
                first = next((line for line in said.stderr.splitlines() if "error" in line), said.stderr[:300])
                raise _BuildError(
                    [Diagnostic(Place(unit.path, 1), "error", f"emulator: {first}", unit.path, self.side.arch)]
                )
            write_atomic(made, output.read_bytes())

    def _compiled(self, unit: Unit, flags: Sequence[str], suffix: str) -> Path:
        """The object or IR of one pass, from the cache where nothing that it was made from has changed."""
        cuda = self.cuda.fingerprint if self.side.cuda and self.cuda else ""
        source = kept.signature(self.root, unit.path)
        key = _key("unit", self.toolchain.fingerprint, cuda, source, unit.path, list(flags), suffix)
        folder = self.cache / "emulated" / key[:2]
        record = folder / f"{key}.files"
        name = kept.load(record, self.root)
        if name and (folder / name).is_file():
            return folder / str(name)
        with tempfile.TemporaryDirectory(prefix="hipwright-") as place:
            output, depends = Path(place) / f"unit.{suffix}", Path(place) / "unit.d"
            mode = ["-S"] if suffix == "ll" else ["-c"]
            command = [
                *self.toolchain.clang,
                "-fno-color-diagnostics",
                "-ferror-limit=20",
                "-Qunused-arguments",
                *flags,
            ]
            # The driver's own -MD writes nothing for a pass over device code.
            command += [*mode, *dependency_flags(depends, Path(place) / "unit.h"), "-o", str(output), f"./{unit.path}"]
            said = _run(command, self.root)
            if said.returncode:
                raise _BuildError(self._diagnostics(unit, said.stderr))
            # Named for what it is: trees that differ in a header may be built at the same time.
            made = folder / f"{_digest(output)}.{suffix}"
            write_atomic(made, output.read_bytes())
            kept.store(record, self.root, {unit.path} | dependencies(depends), made.name)
        return made

    def _diagnostics(self, unit: Unit, text: str) -> list[Diagnostic]:
        found = []
        for message in messages(text):
            if message.severity == "warning":
                continue
            path, line, column = message.places[0] if message.places else (unit.path, 1, 1)
            inside = os.path.relpath(path, self.root) if path.startswith("/") else path.removeprefix("./")
            found.append(Diagnostic(Place(inside, line, column), "error", message.text, unit.path, self.side.arch))
        if not found:
            last = [line for line in text.splitlines() if line.strip()][-1:] or ["the compiler said nothing"]
            found.append(Diagnostic(Place(unit.path, 1), "error", last[0][:300], unit.path, self.side.arch))
        return found

    # -- linking -----------------------------------------------------------------------------------------------------

    def link(self, program: Program, objects: Sequence[Path], kernels: Sequence[str]) -> Built:
        """Link with those parts of the runtime that the program needs."""
        self.work.mkdir(parents=True, exist_ok=True)
        executable = self.work / re.sub(
            r"[^\w.+-]",
            "_",
            f"{program.name}-{self.side.name}{'' if self.fused else '-unfused'}{'-checked' if self.checked else ''}",
        )
        # A rebuilt program may run at this moment, or another process build the same: it is replaced as a whole.
        made = executable.with_name(f".{executable.name}-{os.getpid()}-{threading.get_ident()}")
        core = [*self._runtime("."), *self._runtime("device"), *self._runtime("host")]
        parts: list[Path] = []
        extra: list[str] = []
        stubs: list[str] = []
        tried: set[Part] = set()
        for _round in range(4):
            missing = self._linked(made, [*objects, self._target()], [*core, *parts], extra, stubs)
            if not missing:
                made.replace(executable)
                unsupported = sorted(name for name in stubs if not _LINKERS.match(name))
                libraries = tuple(sorted(part.name for part in tried))
                return Built(executable, tuple(unsupported), (), tuple(dict.fromkeys(kernels)), libraries)
            wanted = {part for name in missing if (part := part_of(name, cuda=self.side.cuda))} - tried
            for part in sorted(wanted, key=lambda part: part.name):
                tried.add(part)
                parts += self._sources([RUNTIME / source for source in part.sources], part.flags())
                extra += part.link_flags()
            if not wanted:
                stubs += [name for name in missing if name not in stubs]
        first = program.units[0].path
        said = f"undefined: {', '.join(missing[:5])}"
        raise _BuildError([Diagnostic(Place(first, 1), "error", said, first, self.side.arch)])

    def _linked(
        self, output: Path, objects: Sequence[Path], library: Sequence[Path], extra: Sequence[str], stubs: Sequence[str]
    ) -> list[str]:
        """Link; the names that nothing defines come back."""
        command = [*self.toolchain.clang, f"--target={host_triple()}", f"--ld-path={self._linker()}", "-no-pie", "-o"]
        command += [str(output), *map(str, objects), *([str(self._stubs(stubs))] if stubs else [])]
        command += [
            "-Wl,--start-lib",
            *map(str, library),
            "-Wl,--end-lib",
            *extra,
            "-lstdc++",
            "-lm",
            "-lpthread",
            "-ldl",
        ]
        command += ["-Wl,--error-limit=0", "-Wl,--no-demangle", "-Wl,-z,noexecstack"]
        said = _run(command, self.work)
        if said.returncode == 0:
            return []
        missing = re.findall(r"undefined (?:hidden |protected )?symbol: (.+)", said.stderr)
        others = [
            line
            for line in said.stderr.splitlines()
            if "error:" in line and not re.search("undefined|linker command failed", line)
        ]
        if others or not missing:
            text = (others or said.stderr.splitlines() or ["the linker said nothing"])[0]
            raise _BuildError([Diagnostic(Place("", 0), "error", f"link: {text}"[:400], "", self.side.arch)])
        return list(dict.fromkeys(name.strip() for name in missing))

    def _stubs(self, names: Iterable[str]) -> Path:
        """An object in which each function says its own name and ends the program."""
        lines = ['.section .note.GNU-stack,"",@progbits', ".text"]
        for number, name in enumerate(sorted(names)):
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            shown = name.removeprefix("hw.").removeprefix("hw_").replace("\\", "").replace('"', "")
            if linked := _LINKERS.match(name):
                data = linked[0].startswith("__hip")
                section, content = (".data", ".quad 0") if data else (".text", "jmp hw_register_linked_binary")
                lines += [section, f'.globl "{quoted}"', f'"{quoted}": {content}', ".text"]
                continue
            lines += [f'.globl "{quoted}"', f'"{quoted}":', f"leaq .Lname{number}(%rip), %rdi", "andq $-16, %rsp"]
            lines += ["call hw_unsupported", f'.Lname{number}: .asciz "{shown}"']
        text = "\n".join(lines) + "\n"
        key = _key("stubs", text)
        made = self.cache / "emulated" / key[:2] / f"{key}.o"
        if not made.is_file():
            with tempfile.TemporaryDirectory(prefix="hipwright-") as folder:
                source, output = Path(folder) / "stubs.s", Path(folder) / "stubs.o"
                source.write_text(text)
                _must(
                    [*self.toolchain.clang, f"--target={host_triple()}", "-c", str(source), "-o", str(output)],
                    Path(folder),
                )
                write_atomic(made, output.read_bytes())
        return made

    def _linker(self) -> Path:
        """A script under the linker's usual name: the driver takes a path, and the wheel's linker is a subcommand."""
        folder = self.cache / "emulated" / "bin" / _key(list(self.toolchain.lld))[:12]
        script = folder / "ld.lld"
        if not script.is_file():
            quoted = " ".join("'" + part.replace("'", "'\\''") + "'" for part in self.toolchain.lld)
            write_atomic(script, f'#!/bin/sh\nexec {quoted} "$@"\n'.encode())
            script.chmod(0o755)
        return script

    # -- the runtime -------------------------------------------------------------------------------------------------

    def _target(self) -> Path:
        """An object that says what the program was built for."""
        lds = 163 << 10 if self.side.cuda else 64 << 10
        text = (
            '#include "machine.h"\n'
            f'extern "C" const hw::Target hw_target = {{"{self.side.arch}", {self.side.wave}, {lds},'
            f" {int(self.side.cuda)}}};\n"
        )
        path = self.cache / "emulated" / "targets" / f"{self.side.arch}-{_key(text)[:12]}.cpp"
        if not path.is_file():
            write_atomic(path, text.encode())
        return self._sources([path], [])[0]

    def _runtime(self, folder: str) -> list[Path]:
        """Objects of one folder of the runtime; what is for the other side is left out."""
        other = "hip" if self.side.cuda else "cuda"
        prefixes = (other, "nv_" if not self.side.cuda else "amd_")
        found = [path for path in sorted((RUNTIME / folder).glob("*.cpp")) if not path.name.startswith(prefixes)]
        if folder == "device" and self.side.cuda:
            found = [path for path in found if path.stem not in {"ocml", "ockl", "matrix"}]
        return self._sources(found, [])

    def _sources(self, sources: Sequence[Path], flags: Sequence[str]) -> list[Path]:
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            return list(pool.map(lambda source: self._source(source, flags), sources))

    def _source(self, source: Path, flags: Sequence[str]) -> Path:
        """One compiled source of the runtime, with the headers of the side whose functions it defines."""
        texts = _with_headers(source)
        # What speaks of no vendor's types is the same for both sides.
        cuda = self.cuda if self.side.cuda else None
        vendor = any(_VENDOR.search(text) for text in texts)
        side = (self.side.cuda, cuda.fingerprint if cuda else "") if vendor else ()
        key = _key("runtime", self.toolchain.fingerprint, texts, list(flags), side)
        made = self.cache / "emulated" / "runtime" / f"{source.stem}-{key[:20]}.o"
        if made.is_file():
            return made
        command = [*self.toolchain.clang, "-x", "c++", f"--target={host_triple()}", "-resource-dir"]
        command += [str(self.toolchain.resource_dir), "-std=c++17", "-O2", _X86, "-fno-pie", "-w", f"-I{RUNTIME}"]
        command += ["-ffp-contract=off", f"-I{source.parent}", *flags, *self.toolchain.system]
        if vendor and cuda:
            command += ["-isystem", str(cuda.include)]
        elif vendor:
            command += ["-D__HIP_PLATFORM_AMD__=1"]
            for include in self.toolchain.includes:
                command += ["-isystem", str(include)]
        for late in self.toolchain.late_includes:
            command += ["-idirafter", str(late)]
        with tempfile.TemporaryDirectory(prefix="hipwright-") as folder:
            output = Path(folder) / "out.o"
            _must([*command, "-c", str(source), "-o", str(output)], Path(folder))
            write_atomic(made, output.read_bytes())
        return made


# -- helpers -----------------------------------------------------------------------------------------------------------


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**{k: v for k, v in os.environ.items() if k not in {"CPATH", "CPLUS_INCLUDE_PATH"}}, "LC_ALL": "C"}
    try:
        return subprocess.run(
            [*command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="surrogateescape", timeout=_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess([*command], 1, "", f"error: stopped after {_SECONDS} s")


def _must(command: Sequence[str], folder: Path) -> None:
    """Run a command on our own code: if it fails, the toolchain is not what it seemed."""
    said = _run(command, folder)
    if said.returncode:
        lines = [line for line in said.stderr.splitlines() if "error" in line] or said.stderr.splitlines()[-3:]
        raise HipwrightError(
            f"the emulator's own code does not compile here: {' / '.join(lines[:3])[:600]}", "run `hipwright doctor`"
        )


def _key(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, default=str).encode("utf-8", "surrogateescape")).hexdigest()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _own_code() -> str:
    """Changes with the code that rewrites IR."""
    folder = Path(__file__).parent
    return _key(*(_digest(path) for path in sorted(folder.glob("*.py"))))


_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
_VENDOR = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<(?:hip|miopen|roc|rccl|cu|nccl|library_types|driver_types)", re.M)


def _with_headers(source: Path) -> list[str]:
    """A source of the runtime and the runtime's own headers that it includes, at any depth, as text."""
    found: dict[Path, str] = {}
    work = [source]
    while work:
        path = work.pop()
        if path in found:
            continue
        found[path] = path.read_text("utf-8")
        for name in _INCLUDE.findall(found[path]):
            near = (path.parent / name, RUNTIME / name)
            work += [each.resolve() for each in near if each.is_file()][:1]
    return [found[path] for path in sorted(found)]
