"""Turn the device code of a GPU, as LLVM IR text, into code for this machine's processor.

The IR comes from the compiler that makes the shipped object, with the real headers, before any device library is
linked. What differs from code for a processor is a short list: address spaces, LDS, kernels' calling convention,
intrinsics. Calls that make lanes meet get the number of their place as a last argument, in an order that `flow` gives.
The emulated GPU (runtime/machine.h) does the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hipwright.emulate import flow
from hipwright.emulate.accesses import (
    ACCESS,
    ACQUIRE,
    ATOMIC,
    BLOCK_BARRIER,
    CHECKED,
    DECIDES,
    MEMORY_CALLS,
    ORDERING,
    READ,
    RELEASES,
    STEP,
    VALUE,
    VOLATILE,
    WRITE,
    decides,
    fence_scope,
    order_scope,
)
from hipwright.emulate.contraction import fuse, without_contract
from hipwright.emulate.conversions import to_integer
from hipwright.emulate.inline_asm import Asm, inline_asm
from hipwright.emulate.intrinsics import synchronises
from hipwright.emulate.ir_text import (
    ADDRSPACE,
    CALL,
    NAME,
    bare_name,
    blocks_of,
    c_string,
    callee_of,
    i32s,
    joined,
    without_addrspaces,
    without_call_attributes,
    without_linkage,
    without_parameter_attributes,
)
from hipwright.emulate.ir_types import Types, balanced, split_top

DYNAMIC_LDS = 3 << 20  # kDynamicLds of machine.h
LDS_GAP = 64  # bytes between LDS variables, filled with a pattern that shows overruns

_GLOBAL = re.compile(rf"^({NAME}) = (.*)$")
_METADATA = re.compile(r",? !(?!\")[a-zA-Z_.][\w.]* !(?:\d+|DIExpression\([^)]*\)|\{[^}]*\})")
_DBG = re.compile(r"!dbg !(\d+)")
_GROUP = re.compile(r" #\d+(?=$|,| \[)")
# Functions of C's library that device code may leave undefined; everything else without two underscores in front
# belongs to another unit of the program.
_C_LIBRARY = frozenset(
    {"vprintf", "printf", "puts", "putchar", "malloc", "free", "calloc", "realloc", "memcpy", "memmove", "memset",
     "memcmp", "strlen", "abort", "exit"}
)  # fmt: skip


class IrError(Exception):
    """IR that the rewriter does not understand: the emulator's fault, not the program's."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Device code for this machine, and what it defines."""

    text: str
    kernels: tuple[str, ...]
    unknown_asm: tuple[str, ...] = ()


@dataclass(slots=True)
class _Function:
    name: str
    head: str  # what stands between `define` and the name, without linkage
    params: str
    attributes: str
    kernel: bool
    lines: list[str]
    linkage: str
    calls: set[str] = field(default_factory=set)
    indirect: bool = False
    syncs: bool = False


@dataclass(frozen=True, slots=True)
class _Lds:
    offset: int
    size: int
    name: str


def rewrite(
    text: str,
    module: str,
    *,
    relocatable: bool = False,
    checked: bool = False,
    fused: bool = True,
    room: tuple[int, int] = (0, DYNAMIC_LDS),
) -> Rewritten:
    """Rewrite one module of device code.

    `module` names it for the host side; `relocatable` leaves its functions visible to other modules of the program.
    `checked` has each access to memory checked at run time, which costs a call each; `fused` makes of multiplications
    and additions what the target's back end would make of them. `room` is the part of LDS that its variables may take.
    """
    return _Rewriter(text, module, relocatable, checked, fused, room).run()


class _Rewriter:
    def __init__(
        self, text: str, module: str, relocatable: bool, checked: bool, fused: bool, room: tuple[int, int]
    ) -> None:
        self.module = module
        self.room = room
        self.relocatable = relocatable
        self.checked = checked
        self.fused = fused
        self.ptx = 'target triple = "nvptx' in text
        self.types = Types()
        self.globals: list[tuple[str, str]] = []
        self.functions: dict[str, _Function] = {}
        self.declared: dict[str, str] = {}
        self.attributes: dict[str, str] = {}
        self.metadata: dict[str, str] = {}
        self.lds: dict[str, _Lds] = {}
        self.variables: dict[str, tuple[str, int, bool]] = {}  # symbol → host name, bytes, constant
        self.managed: set[str] = set()
        self.tables: dict[str, tuple[str, int]] = {}  # checked: objects that only device code knows
        self.defined: set[str] = set()
        self.sites: list[tuple[str, int, int, str]] = []
        self.used: dict[str, str] = {}  # runtime function → its declaration
        self.helpers: dict[str, str] = {}  # IR text of helper functions
        self.unknown_asm: set[str] = set()
        self.taken: set[str] = set()
        self.module_asm: list[str] = []
        self.strings: dict[str, str] = {}  # text that checks name → its symbol
        self._read(text)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _read(self, text: str) -> None:
        lines = iter(text.split("\n"))
        for line in lines:
            if not line or line[0] == ";":
                continue
            if line.startswith("define "):
                body: list[str] = []
                for inner in lines:
                    if inner == "}":
                        break
                    body.append(inner)
                self._define(line, body)
            elif line.startswith("declare "):
                self._declare(line)
            elif line[0] == "@":
                found = _GLOBAL.match(line)
                if not found:
                    raise IrError(f"unreadable global: {line[:200]}")
                self.globals.append((found[1], found[2]))
            elif line[0] == "%":
                name, _, definition = line.partition(" = type ")
                self.types.define(name, without_addrspaces(definition))
            elif line.startswith("attributes #"):
                number, _, content = line[len("attributes #") :].partition(" = ")
                self.attributes[number] = content
            elif line[0] == "!":
                name, _, content = line.partition(" = ")
                self.metadata[name[1:]] = content

    def _define(self, line: str, body: list[str]) -> None:
        at = line.index("@")
        name = re.match(NAME, line[at:])
        if not name:
            raise IrError(f"unreadable function: {line[:200]}")
        start = at + name.end()
        end = balanced(line, start)
        head, linkage = without_linkage(line[len("define ") : at])
        kernel = "amdgpu_kernel" in linkage or "ptx_kernel" in linkage
        function = _Function(
            name[0], head, line[start + 1 : end - 1], line[end:], kernel, joined(body), " ".join(linkage)
        )
        self.functions[name[0]] = function

    def _declare(self, line: str) -> None:
        line = re.sub(r"^declare (?:!\w+ !\d+ )*", "", line)
        at = line.index("@")
        name = re.match(NAME, line[at:])
        if name:
            end = balanced(line, at + name.end())
            head, _ = without_linkage(line[:at])
            self.declared[name[0]] = f"{head} {{}}{line[at + name.end() : end]}"

    # -- the whole module ----------------------------------------------------------------------------------------------

    def run(self) -> Rewritten:
        """Rewrite everything."""
        self.defined |= set(self.functions)  # tables of functions are variables that name them
        variables = self._globals()
        self._graph()
        bodies = [self._function(function) for function in self.functions.values()]
        kernels = [function for function in self.functions.values() if function.kernel]
        tables = self._tables(kernels)
        out = [
            'target datalayout = "e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"',
            'target triple = "x86_64-unknown-linux-gnu"',
            "",
            *(f"{name} = type {definition}" for name, definition in self.types.named.items()),
            "@hw_lds = external thread_local(initialexec) global [4194304 x i8]",
            "@hw_self = external thread_local(initialexec) global ptr",
            "@hw_site_base = internal global i32 0",
            *variables,
            *bodies,
            *self.helpers.values(),
            *(declaration for declaration in self.used.values()),
            *tables,
            'attributes #0 = { nounwind "no-trapping-math"="true" }',
            'attributes #1 = { alwaysinline nounwind "no-trapping-math"="true" }',
        ]
        return Rewritten(
            "\n".join(out) + "\n", tuple(bare_name(f.name) for f in kernels), tuple(sorted(self.unknown_asm))
        )

    def _globals(self) -> list[str]:
        """Lay out LDS, note what the host can see, and rewrite the rest."""
        kept: list[tuple[str, str, str]] = []
        offset, end = self.room
        for name, text in self.globals:
            if name in {"@llvm.used", "@llvm.compiler.used", "@llvm.global_ctors", "@llvm.global_dtors"}:
                continue
            space = re.match(r"[^{\[<]*? addrspace\((\d+)\)", " " + text)
            if space and space[1] == "3":
                body = without_linkage(ADDRSPACE.sub("", text))[0]
                kind = self.types.read(body.split(" ", 1)[1])[0]
                size, align = self.types.size(kind)
                stated = re.search(r", align (\d+)", text)
                align = max(align, int(stated[1]) if stated else 1, 16)
                if size == 0 or (text.startswith("external") and not self.relocatable):
                    self.lds[name] = _Lds(DYNAMIC_LDS, 0, bare_name(name))
                else:
                    offset = -(-offset // align) * align
                    self.lds[name] = _Lds(offset, size, bare_name(name))
                    offset += size + LDS_GAP
                continue
            self.defined.add(name)
            if 'section "hw_managed"' in text:
                self.managed.add(name)
            kept.append((name, text, bare_name(name)))
        if offset > end:
            raise IrError(
                f"the module's kernels declare {offset - self.room[0]} bytes of LDS together: "
                "more than the emulator lays out"
            )
        return [self._global(name, text, bare) for name, text, bare in kept]

    def _global(self, name: str, text: str, bare: str) -> str:
        seen = "externally_initialized" in text
        body, linkage = without_linkage(without_addrspaces(" " + _METADATA.sub("", text)).strip())
        body = re.sub(r", (?:section|partition) \"[^\"]*\"|, comdat(?:\(\$[^)]*\))?|, !\w+ !\d+", "", body)
        if body.startswith("alias "):
            return f"{self._renamed(name)} = internal {self._names(body)}"
        if name in self.managed:
            # CUDA's managed variables, as our header declares them: the host's object serves both sides.
            if "internal" in linkage or bare.startswith(("_ZL", "_ZN12_GLOBAL__N_1")):
                raise IrError(f"the managed variable {bare} is seen in its unit only: there is no name to share it by")
            kind = self.types.read(body.partition(" ")[2])[0]
            self.variables[name] = (bare, self.types.size(kind)[0], False)
            return f"{name} = external global {kind}"
        # `constant` stays only where the host can't write it: the compiler would fold the value otherwise.
        kind, _, rest = body.partition(" ")
        if seen:
            kind = "global"
            size, _align = self.types.size(self.types.read(rest)[0])
            self.variables[self._renamed(name)] = (bare, size, "constant" in text.split("[")[0].split("{")[0])
        external = "external" in linkage or "extern_weak" in linkage
        if self.checked and not external and not name.startswith("@llvm."):
            if not seen:
                self.tables[self._renamed(name)] = bare, self.types.size(self.types.read(rest)[0])[0]
            rest = self._padded(rest)
        if external:
            return f"{self._renamed(name)} = external {kind} {self._names(rest)}"
        shown = self.relocatable and not {"private", "internal"} & set(linkage)
        visible = (
            ("linkonce_odr " if "linkonce_odr" in linkage or "weak_odr" in linkage else "") if shown else "internal "
        )
        return f"{self._renamed(name)} = {visible}{kind} {self._names(rest)}"

    def _padded(self, text: str) -> str:
        """An object with a gap behind it, so that its end is not the next one's beginning."""
        kind, value = self.types.read(text)
        value, *rest = split_top(value)
        return ", ".join([f"{{ {kind}, [64 x i8] }} {{ {kind} {value}, [64 x i8] zeroinitializer }}", *rest])

    def _renamed(self, name: str) -> str:
        """A module's own symbol, out of the way of the host side's."""
        return f'@"hwd.{bare_name(name)}"'

    def _names(self, text: str) -> str:
        """Rewrite every reference to a symbol in a piece of plain IR."""
        return re.sub(NAME, self._reference, text) if "@" in text else text

    def _reference(self, found: re.Match[str]) -> str:
        name = found[0]
        if lds := self.lds.get(name):
            return f"getelementptr (i8, ptr @hw_lds, i64 {lds.offset})"
        if name in self.managed:
            return name
        if name in self.defined:
            return self._renamed(name)
        if name.startswith("@hw_"):
            return name
        return self._outside(name)

    def _outside(self, name: str) -> str:
        """A function that this module does not define: LLVM's, the runtime's, or another module's."""
        bare = bare_name(name)
        if bare.startswith("llvm."):
            if bare.startswith(("llvm.amdgcn.", "llvm.nvvm.", "llvm.r600.")):
                symbol = "@hw_" + re.sub(r"\.p[1-9]\b", ".p0", bare)[5:].replace(".", "_")
            elif bare in {"llvm.trap", "llvm.debugtrap", "llvm.ubsantrap"}:
                symbol = "@hw_trap"
            elif bare in {"llvm.readsteadycounter", "llvm.readcyclecounter"}:
                symbol = "@hw_" + bare[5:]
            else:
                symbol = "@" + re.sub(r"\.p[1-9]\b", ".p0", bare)
        elif bare.startswith("__") or bare in _C_LIBRARY or not self.relocatable:
            symbol = f'@"hw.{bare}"'
        else:
            symbol = f'@"hwd.{bare}"'
        if symbol not in self.used and name in self.declared:
            text = without_addrspaces(_METADATA.sub("", self.declared[name]))
            if symbol.startswith("@hw_"):
                text = re.sub(r" immarg\b", "", text)  # only intrinsics may ask for literals
            if self._sited(bare):
                end = text.rindex(")")
                text = f"{text[:end]}{', ' if text[end - 1] != '(' else ''}i32{text[end:]}"
            # What LLVM knows of its own intrinsics need not be said; of ours nothing may be assumed.
            if inline := _INLINE.get(bare):
                self.used[symbol] = inline(symbol)
            else:
                self.used[symbol] = f"declare {text.replace('{}', symbol)}"
        return symbol

    def _sited(self, bare: str) -> bool:
        return synchronises(bare) or bare in {"llvm.trap", "llvm.debugtrap", "llvm.ubsantrap"}

    # -- which functions make lanes meet -------------------------------------------------------------------------------

    def _graph(self) -> None:
        """Who calls whom, whose address is taken, and who can reach a barrier or a wave operation."""
        for function in self.functions.values():
            for line in function.lines:
                if "@" not in line and " asm " not in line:
                    plain = without_addrspaces(line) if "call" in line else ""
                    if CALL.match(plain) and " %" in plain.partition("(")[0].partition("call")[2]:
                        function.indirect = True
                    continue
                called = callee_of(line)
                if called:
                    function.calls.add(called)
                elif "call " in line and " asm " not in line:
                    function.indirect = True
                if " asm " in line and re.search(
                    r"bar\.|barrier|shfl|vote|match\.|redux|activemask|mma|ldmatrix", line
                ):
                    function.syncs = True
                for name in re.findall(NAME, line):
                    if name != called and name in self.functions:
                        self.taken.add(name)
            if any(synchronises(bare_name(name)) for name in function.calls):
                function.syncs = True
            if self._spins(function):
                function.syncs = True
        for _, text in self.globals:
            self.taken |= {name for name in re.findall(NAME, text) if name in self.functions}
        changed = True
        while changed:
            changed = False
            indirect = any(self.functions[name].syncs for name in self.taken) or self.relocatable
            for function in self.functions.values():
                if not function.syncs and (
                    any(self._callee_syncs(name) for name in function.calls) or (function.indirect and indirect)
                ):
                    function.syncs = changed = True

    def _callee_syncs(self, name: str) -> bool:
        if name in self.functions:
            return self.functions[name].syncs
        # Another module's function may do anything.
        return self.relocatable and self._outside(name).startswith('@"hwd.')

    def _spins(self, function: _Function) -> bool:
        if not any(_WAITS.search(line) for line in function.lines):
            return False
        blocks, graph = blocks_of(function.lines)
        _, loops = flow.ordered(graph, next(iter(graph)))
        return any(_WAITS.search(line) for loop in loops for name in loop.blocks for line in blocks[name])

    # -- functions -----------------------------------------------------------------------------------------------------

    def _function(self, function: _Function) -> str:
        params = self._names(without_parameter_attributes(without_addrspaces(function.params)))
        shown = self.relocatable and not function.kernel and "internal" not in function.linkage.split()
        odr = "linkonce_odr " if re.search(r"linkonce|weak", function.linkage) else ""
        linkage = odr if shown else "internal "
        head = f"define {linkage}{without_addrspaces(function.head)} {self._renamed(function.name)}({params}) #0 {{"
        return "\n".join([head, *self._body(function), "}"])

    def _body(self, function: _Function) -> Iterator[str]:
        blocks, graph = blocks_of(function.lines)
        entry = next(iter(graph))
        order, loops = flow.ordered(graph, entry)
        rank = {name: number for number, name in enumerate(order)}
        meeting = {
            name: any(self._meets(line) for line in lines) for name, lines in blocks.items()
        } if function.syncs else {}  # fmt: skip
        back: dict[str, list[str]] = {}
        back_to = {latch: True for loop in loops for latch in loop.latches}
        roots = self._roots(function) if self.checked else None
        part = self._conditional_barriers(function, blocks, graph, entry) if self.checked else {}
        for loop in loops:
            if any(_WAITS.search(line) for name in loop.blocks for line in blocks[name]):
                for latch in loop.latches:
                    back.setdefault(latch, []).append("hw_yield")
            # Without a meeting in each round, lanes that skipped one would run ahead into the next round.
            spots = [name for name in loop.blocks if meeting.get(name)]
            if any(not flow.passes(graph, loop, name) for name in spots):
                for latch in loop.latches:
                    back.setdefault(latch, []).append("hw_converge")
        rewritten: dict[str, list[str]] = {}
        for name in sorted(blocks, key=lambda block: rank.get(block, len(rank))):
            lines = []
            for number, line in enumerate(blocks[name]):
                for call, site in part.get((name, number), ()):
                    base = f"%hw.part.{len(self.sites)}"
                    self.sites.append(self._place(line))
                    lines += self._used_check(
                        call,
                        "(i32)",
                        f"  {base}.base = load i32, ptr @hw_site_base, align 4",
                        f"  {base} = add i32 {base}.base, {site}",
                        f"  call void @{call}(i32 {base})",
                    )
                if roots is not None and (scope := fence_scope(blocks[name], number)) is not None:
                    lines += self._fence(scope)
                lines += self._line(function, line, roots)
            if self.fused:
                lines = fuse(lines, self.used, self._fusion(function, blocks[name]) if self.checked else None)
            # What was not fused by now must stay so: this machine's back end would fuse by its own measure.
            lines = [without_contract(line) for line in lines]
            if roots is not None and back_to.get(name) and not any("call " in line for line in blocks[name]):
                self.used.setdefault("@hw_check_place", "declare void @hw_check_place(i32)")
                note = self._site_of("  call void @hw_check_place(i32 %s)", self._place(blocks[name][-1]), function)
                lines[-1:-1] = note
            for call in back.get(name, ()):
                self.used.setdefault(f"@{call}", f"declare void @{call}(i32)")
                where = self._place(blocks[name][-1])
                lines[-1:-1] = self._site_of(f"  call void @{call}(i32 %s)", where, function)
            rewritten[name] = lines
        for name in blocks:
            if name != entry or function.lines[0].startswith(f"{name}:"):
                yield f"{name}:"
            yield from rewritten[name]

    def _meets(self, line: str) -> bool:
        if " asm " in line:
            return self._asm_meets(line)
        called = callee_of(line)
        if called is None:
            return "call " in line
        return synchronises(bare_name(called)) or self._callee_syncs(called)

    def _site_of(self, template: str, where: tuple[str, int, int, str], function: _Function) -> list[str]:
        """Lines that compute the site's number, unique in the process, and the call with %s replaced by it."""
        number = len(self.sites)
        self.sites.append(where)
        base = f"%hw.base.{number}"
        site = f"%hw.site.{number}"
        return [
            f"  {base} = load i32, ptr @hw_site_base, align 4, !invariant.load !0",
            f"  {site} = add i32 {base}, {number}",
            template.replace("%s", site),
        ]

    def _place(self, line: str) -> tuple[str, int, int, str]:
        """File, line, column and function of an instruction: of the innermost place in the project, not in a header."""
        found = _DBG.search(line)
        number = found[1] if found else ""
        places: list[tuple[str, int, int, str]] = []
        while number:
            text = self.metadata.get(number, "")
            at = re.search(r"DILocation\(line: (\d+)(?:, column: (\d+))?", text)
            if not at:
                break
            scope = re.search(r"scope: !(\d+)", text)
            file, function = self._scope(scope[1] if scope else "")
            places.append((file, int(at[1]), int(at[2] or 0), function))
            inlined = re.search(r"inlinedAt: !(\d+)", text)
            number = inlined[1] if inlined else ""
        own = [place for place in places if not _HEADER.search(place[0]) and place[1]]
        return (own or places or [("", 0, 0, "")])[0]

    def _kernel_site(self, kernel: _Function) -> int:
        """The site of a kernel's definition."""
        found = _DBG.search(kernel.attributes)
        text = self.metadata.get(found[1], "") if found else ""
        line = re.search(r"\bline: (\d+)", text)
        file, name = self._scope(found[1]) if found else ("", "")
        self.sites.append((file, int(line[1]) if line else 0, 0, name))
        return len(self.sites) - 1

    def _scope(self, number: str) -> tuple[str, str]:
        name = ""
        while number:
            text = self.metadata.get(number, "")
            if "DISubprogram" in text and not name:
                found = re.search(r'name: "([^"]*)"', text)
                name = found[1] if found else ""
            if file := re.search(r"file: !(\d+)", text):
                content = self.metadata.get(file[1], "")
                found = re.search(r'filename: "([^"]*)", directory: "([^"]*)"', content)
                if found:
                    path = found[1] if found[1].startswith("/") else f"{found[2]}/{found[1]}"
                    return path, name or self._subprogram(number)
            up = re.search(r"scope: !(\d+)", text)
            number = up[1] if up else ""
        return "", name

    def _subprogram(self, number: str) -> str:
        while number:
            text = self.metadata.get(number, "")
            if "DISubprogram" in text:
                found = re.search(r'name: "([^"]*)"', text)
                return found[1] if found else ""
            up = re.search(r"scope: !(\d+)", text)
            number = up[1] if up else ""
        return ""

    def _line(self, function: _Function, line: str, roots: Mapping[str, str] | None) -> list[str]:
        """One instruction, rewritten; more than one line where it needs a site."""
        where_from = line
        line = _METADATA.sub("", line)
        if "llvm.experimental.noalias.scope.decl" in line or line.lstrip().startswith("#dbg_"):
            return []
        if "ptrtoint (ptr addrspace(3)" in line:
            line = self._lds_constants(line)
        if "call " in line and (found := CALL.match(line)) and found[2] != "invoke":
            return self._call(function, line, found, where_from, roots)
        if " = fpto" in line and (made := to_integer(line, self.used, ptx=self.ptx)):
            return made
        if "addrspace(3)" in line:
            line = self._lds_casts(line)
        line = re.sub(r' syncscope\("[^"]*"\)', "", line)
        lines = [self._names(without_addrspaces(line))]
        if roots is not None:
            lines = self._checks(function, lines[0], where_from, roots) + lines
        return lines

    def _lds_casts(self, line: str) -> str:
        """LDS pointers are offsets to the device, of 32 bits; here they are addresses."""
        if cast := re.match(r"^(\s*\S+ = )ptrtoint ptr addrspace\(3\) (\S+) to (i32|i64)$", line):
            whole = cast[3] == "i64"
            name = f"@hw_lds_offset{'_64' if whole else ''}"
            self.used.setdefault(name, f"declare {cast[3]} {name}(ptr)")
            return f"{cast[1]}call {cast[3]} {name}(ptr {self._names(cast[2])})"
        if cast := re.match(r"^(\s*\S+ = )inttoptr (i32|i64) (\S+) to ptr addrspace\(3\)$", line):
            name = f"@hw_lds_pointer{'_64' if cast[2] == 'i64' else ''}"
            self.used.setdefault(name, f"declare ptr {name}({cast[2]})")
            return f"{cast[1]}call ptr {name}({cast[2]} {cast[3]})"
        return line

    def _lds_constants(self, line: str) -> str:
        """Offsets of LDS variables that stand as constants, also among a call's arguments."""

        def constant(found: re.Match[str]) -> str:
            lds = self.lds.get(found[2])
            return str(lds.offset + int(found[3] or 0)) if lds else found[0]

        element = r"(getelementptr (?:inbounds |nuw |nusw )*\(i8, ptr addrspace\(3\) )?"
        step = r"(?(1), i(?:32|64) (\d+)\)|())"
        return re.sub(rf"ptrtoint \(ptr addrspace\(3\) {element}({NAME}){step} to i(?:32|64)\)", constant, line)

    def _call(
        self, function: _Function, line: str, found: re.Match[str], where_from: str, roots: Mapping[str, str] | None
    ) -> list[str]:
        if " asm " in line:
            return self._asm(function, line, where_from, roots)
        line = _GROUP.sub("", line).replace("musttail call", "call")
        line = re.sub(r"\b(?:ptx_device|amdgpu_gfx|fastcc|coldcc) (?=\S)", "", line)
        called = callee_of(line)
        plain = without_call_attributes(self._names(without_addrspaces(line)))
        if called is None:
            if not function.syncs:
                return [plain]
            return self._bracketed(plain, where_from, function)
        bare = bare_name(called)
        if called in self.functions or (called not in self.functions and self._callee_syncs(called)):
            return self._bracketed(plain, where_from, function) if self._callee_syncs(called) else [plain]
        if bare == "__ockl_wfany_i32" and (always := re.match(r"^(\s*%[\w.$-]+) = .*\(i32 [^%]*\b1\)$", plain)):
            # "Does any lane say 1?" has its answer without asking; HIP's checks of masks begin with it.
            return [f"{always[1]} = freeze i1 true"]
        if not self._sited(bare):
            return [*self._call_checks(function, bare, plain, where_from, roots), plain]
        if bare == "llvm.trap" and function.name == "@__assert_fail":
            # How HIP's headers end a kernel whose assertion failed, behind their message.
            plain = plain.replace("@hw_trap", "@hw_assert_failed")
            self.used.setdefault("@hw_assert_failed", "declare void @hw_assert_failed(i32)")
        end = plain.rindex(")")
        gap = "" if plain[end - 1] == "(" else ", "
        return self._site_of(
            f"{plain[:end]}{gap}i32 %s{plain[end:]}".replace("tail call", "call"), self._place(where_from), function
        )

    def _bracketed(self, call: str, where_from: str, function: _Function) -> list[str]:
        """A call of a function in which lanes meet: the place of the call is part of where they meet."""
        self.used.setdefault("@hw_enter", "declare void @hw_enter(i32)")
        self.used.setdefault("@hw_leave", "declare void @hw_leave()")
        enter = self._site_of("  call void @hw_enter(i32 %s)", self._place(where_from), function)
        return [*enter, call.replace("tail call", "call"), "  call void @hw_leave()"]

    def _asm(self, function: _Function, line: str, where_from: str, roots: Mapping[str, str] | None) -> list[str]:
        replaced = self._replaced_asm(line)
        if replaced.unknown:
            self.unknown_asm.add(replaced.unknown)
        self.helpers.update(replaced.helpers)
        self.used.update({name: text for name, text in replaced.declares.items() if name not in self.used})
        lines: list[str] = []
        for new in replaced.lines:
            if roots is not None:
                lines += self._checks(function, new, where_from, roots)
            lines += self._site_of(new, self._place(where_from), function) if "%s" in new else [new]
        return lines

    def _replaced_asm(self, line: str) -> Asm:
        # PTX writes predicates as @p: what stands in quotes has no references to symbols.
        parts = re.split(r'("(?:[^"\\]|\\.)*")', without_addrspaces(_GROUP.sub("", _METADATA.sub("", line))))
        text = "".join(part if number % 2 else self._names(part) for number, part in enumerate(parts))
        return inline_asm(text, ptx=self.ptx)

    def _asm_meets(self, line: str) -> bool:
        return any("%s" in new for new in self._replaced_asm(line).lines)

    # -- the checked build ---------------------------------------------------------------------------------------------

    def _roots(self, function: _Function) -> dict[str, str]:
        """Which values of a function point into which object: a variable of LDS, or "" for a lane's own memory."""
        roots = {
            name[0]: ""
            for part in split_top(function.params)
            if re.search(r"\bby(?:val|ref)\(", part) and (name := re.search(r"%[\w.$-]+$", part))
        }
        for line in function.lines:
            if found := re.match(r"\s*(%[\w.$-]+) = alloca ", line):
                roots[found[1]] = ""
            elif found := STEP.match(line):
                base = found[2]
                if base in roots:
                    roots[found[1]] = roots[base]
                elif base in self.lds:
                    roots[found[1]] = base
        return roots

    def _conditional_barriers(
        self, function: _Function, blocks: Mapping[str, Sequence[str]], graph: flow.Graph, entry: str
    ) -> dict[tuple[str, int], list[tuple[str, int]]]:
        """Where lanes arrive at a barrier of the block that others can go round, and where they meet again behind it.

        Lanes that leave the kernel early go round a barrier too, and may: what tells them apart is that they do nothing
        any more behind the place where both ways come together.
        """
        found: dict[tuple[str, int], list[tuple[str, int]]] = {}
        if not function.kernel:
            return found
        for name, lines in blocks.items():
            for number, line in enumerate(lines):
                called = callee_of(line) if "barrier" in line else None
                if not called or not BLOCK_BARRIER.match(bare_name(called)):
                    continue
                joined = flow.reached(graph, graph[name]) & flow.reached(graph, [entry], without=name) - {name}
                spots = [
                    (block, at)
                    for block in sorted(joined)
                    for at, each in enumerate(blocks[block])
                    if re.search(r"\b(?:load|store|call|atomicrmw|cmpxchg) ", each) and self._place(each)[1]
                ]
                first = dict(reversed(spots))
                if not first:
                    continue
                site = len(self.sites)
                self.sites.append(self._place(line))
                found.setdefault((name, number), []).append(("hw_check_arrived", site))
                for spot in first.items():
                    found.setdefault(spot, []).append(("hw_check_passed", site))
        return found

    def _used_check(self, name: str, parameters: str, *lines: str) -> list[str]:
        self.used.setdefault(f"@{name}", f"declare void @{name}{parameters}")
        return list(lines)

    def _checks(self, function: _Function, line: str, where_from: str, roots: Mapping[str, str]) -> list[str]:
        """Calls that check the access a line makes, in front of it."""
        access = ACCESS.match(line)
        if access is None:
            return []
        # A pointer may be a constant expression with commas and pointers of its own.
        operands = split_top(access["operands"])
        how, pointed, valued = CHECKED[access["kind"]]
        pointer = ORDERING.sub("", operands[pointed].partition("ptr ")[2])
        size = self._stored_size(self.types.read(operands[valued])[0])
        if " atomic " in line:
            how |= ATOMIC
        if " volatile " in line:
            how |= VOLATILE
        fence = []
        # In CUDA's IR every atomic operation claims the strongest order, which the language does not promise.
        if RELEASES.search(line) and not (self.ptx and access["kind"] in {"atomicrmw", "cmpxchg"}):
            fence = self._fence(order_scope(where_from))
            how |= ACQUIRE if order_scope(where_from) and access["kind"] != "store" else 0
        if how & (ATOMIC | VOLATILE) and not how & WRITE and decides(line, function.lines):
            how |= DECIDES
        return fence + self._access(function, pointer, f"i64 {size}", how, where_from, roots)

    def _fence(self, scope: int) -> list[str]:
        return self._used_check("hw_check_fence", "(i32)", f"  call void @hw_check_fence(i32 {scope})")

    def _stored_size(self, kind: str) -> int:
        """The bytes that an access touches: of a vector of three those of three elements."""
        if found := re.fullmatch(r"<(\d+) x (.*)>", kind):
            if found[2] == "i1":
                return -(-int(found[1]) // 8)
            return int(found[1]) * self.types.size(found[2])[0]
        return self.types.size(kind)[0]

    def _access(
        self, function: _Function, pointer: str, size: str, how: int, where_from: str, roots: Mapping[str, str]
    ) -> list[str]:
        root = roots.get(pointer, self._named_lds(pointer))
        if root == "" or ("@hw_" in pointer and "@hw_lds" not in pointer):
            return []
        where = self._place(where_from)
        if root is not None and (lds := self.lds[root]).size:
            self.strings.setdefault(lds.name, f"@hw.named.{len(self.strings)}")
            self.used.setdefault("@hw_check_lds", "declare void @hw_check_lds(ptr, i64, i32, i32, i32, i32, ptr)")
            call = (
                f"  call void @hw_check_lds(ptr {pointer}, {size}, i32 {how}, i32 %s, i32 {lds.offset}, "
                f"i32 {lds.size}, ptr {self.strings[lds.name]})"
            )
        else:
            self.used.setdefault("@hw_check_access", "declare void @hw_check_access(ptr, i64, i32, i32)")
            call = f"  call void @hw_check_access(ptr {pointer}, {size}, i32 {how}, i32 %s)"
        return self._site_of(call, where, function)

    def _named_lds(self, pointer: str) -> str | None:
        """The variable of LDS that a constant points into."""
        found = re.search(r"@hw_lds, i64 (\d+)\)", pointer)
        inside = [
            name for name, lds in self.lds.items() if found and 0 <= int(found[1]) - lds.offset < lds.size + LDS_GAP
        ]
        return inside[0] if inside else None

    def _call_checks(
        self, function: _Function, bare: str, line: str, where_from: str, roots: Mapping[str, str] | None
    ) -> list[str]:
        """The checks of a call: copies and fills of memory, and accesses that are spelled as functions."""
        if roots is None or not MEMORY_CALLS.match(bare):
            return []
        arguments = split_top(line[line.index("(", line.index("@")) + 1 : line.rindex(")")])
        pointers = [found[0] if (found := re.search(rf"{VALUE}$", each)) else "" for each in arguments[:2]]
        if bare.startswith("llvm.mem"):
            source = "null" if bare.startswith("llvm.memset") or roots.get(pointers[1]) == "" else pointers[1]
            target = "null" if roots.get(pointers[0]) == "" else pointers[0]
            call = f"  call void @hw_check_copy(ptr {target}, ptr {source}, {arguments[2]}, i32 %s)"
            self.used.setdefault("@hw_check_copy", "declare void @hw_check_copy(ptr, ptr, i64, i32)")
            if not arguments[2].startswith("i64 "):
                return []
            return self._site_of(call, self._place(where_from), function)
        if bare.startswith("llvm.nvvm.atomic"):
            size = self.types.size(self.types.read(arguments[1])[0])[0]
            return self._access(function, pointers[0], f"i64 {size}", READ | WRITE | ATOMIC, where_from, roots)
        result = re.search(r"= (?:tail )?call (?:\w+ )*?(<[^>]*>|[\w.]+) @", line)
        if not result:
            return []
        return self._access(function, pointers[0], f"i64 {self._stored_size(result[1])}", READ, where_from, roots)

    def _fusion(self, function: _Function, block: Sequence[str]) -> Callable[[str], int]:
        """Gives the operation of this result a site, by which it can be left unfused when the program runs."""
        places = {line.split(" = ", 1)[0].strip(): line for line in block if " = f" in line}

        def site(result: str) -> int:
            self.sites.append(self._place(places.get(result, "")))
            return len(self.sites) - 1

        return site

    # -- what the machine is told --------------------------------------------------------------------------------------

    def _tables(self, kernels: Sequence[_Function]) -> Iterator[str]:
        yield from self._strings
        names: list[str] = []
        entries: list[str] = []
        for number, kernel in enumerate(kernels):
            yield self._thunk(kernel, number)
            sizes = self._parameter_sizes(kernel)
            yield f"@hw.sizes.{number} = internal constant [{max(len(sizes), 1)} x i32] [{i32s(sizes or [0])}]"
            ranges = self._reachable_lds(kernel)
            items = []
            for index, item in enumerate(ranges):
                yield c_string(f"@hw.ldsname.{number}.{index}", item.name)
                items.append(f"{_LDS} {{ i32 {item.offset}, i32 {item.size}, ptr @hw.ldsname.{number}.{index} }}")
            if items:
                yield f"@hw.lds.{number} = internal constant [{len(items)} x {_LDS}] [{', '.join(items)}]"
            yield c_string(f"@hw.kernel.{number}", bare_name(kernel.name))
            lds = f"@hw.lds.{number}" if items else "null"
            entries.append(
                f"{_KERNEL} {{ ptr @hw.kernel.{number}, ptr @hw.thunk.{number}, ptr @hw.sizes.{number}, "
                f"i32 {len(sizes)}, i32 {int(kernel.syncs)}, ptr {lds}, i32 {len(items)}, "
                f"i32 {self._max_block(kernel)}, i32 {self._kernel_site(kernel)}, i32 {self._effects(kernel)} }}"
            )
            names.append(kernel.name)
        yield f"@hw.kernels = internal constant [{len(entries)} x {_KERNEL}] [{', '.join(entries)}]"
        variables = []
        for number, (symbol, (name, size, constant)) in enumerate(self.variables.items()):
            yield c_string(f"@hw.variable.{number}", name)
            variables.append(
                f"{_VARIABLE} {{ ptr @hw.variable.{number}, ptr {symbol}, i64 {size}, i32 {int(constant)}, "
                f"i32 {int(symbol in self.managed)} }}"
            )
        for number, (symbol, (name, size)) in enumerate(self.tables.items()):
            yield c_string(f"@hw.table.{number}", name)
            variables.append(f"{_VARIABLE} {{ ptr @hw.table.{number}, ptr {symbol}, i64 {size}, i32 1, i32 2 }}")
        yield f"@hw.variables = internal constant [{len(variables)} x {_VARIABLE}] [{', '.join(variables)}]"
        strings: dict[str, str] = {}
        sites = []
        for file, line, column, function in self.sites:
            for text in (file, function):
                if text not in strings:
                    strings[text] = f"@hw.text.{len(strings)}"
                    yield c_string(strings[text], text)
            sites.append(f"{_SITE} {{ ptr {strings[file]}, i32 {line}, i32 {column}, ptr {strings[function]} }}")
        yield f"@hw.sites = internal constant [{len(sites)} x {_SITE}] [{', '.join(sites)}]"
        yield c_string("@hw.id", self.module)
        if self.checked:
            yield f"@hw.unfused = internal global [{max(len(sites), 1)} x i8] zeroinitializer"
        unfused = "@hw.unfused" if self.checked else "null"
        yield (
            "@hw.module = internal constant { ptr, ptr, i32, ptr, i32, ptr, i32, ptr, ptr, i32, i32 } { ptr @hw.id, "
            f"ptr @hw.kernels, i32 {len(entries)}, ptr @hw.variables, i32 {len(variables)}, "
            f"ptr @hw.sites, i32 {len(sites)}, ptr @hw_site_base, ptr {unfused}, i32 {int(self.checked)}, "
            f"i32 {int(self.relocatable)} }}"
        )
        yield "declare void @hw_register_module(ptr)"
        yield "define internal void @hw.register() {\n  call void @hw_register_module(ptr @hw.module)\n  ret void\n}"
        # Before the host side's constructors, which look for the module.
        yield (
            "@llvm.global_ctors = appending global [1 x { i32, ptr, ptr }] "
            "[{ i32, ptr, ptr } { i32 101, ptr @hw.register, ptr null }]"
        )
        yield "!0 = !{}"

    @property
    def _strings(self) -> Iterator[str]:
        for text, symbol in self.strings.items():
            yield c_string(symbol, text)

    def _parameters(self, kernel: _Function) -> list[str]:
        return [without_addrspaces(part) for part in split_top(kernel.params)] if kernel.params.strip() else []

    def _parameter_sizes(self, kernel: _Function) -> list[int]:
        sizes = []
        for parameter in self._parameters(kernel):
            inside = re.search(r"\bby(?:ref|val)\((.*)", parameter)
            text = inside[1][: balanced("(" + inside[1], 0) - 2] if inside else self.types.read(parameter)[0]
            sizes.append(self.types.size(text)[0])
        return sizes

    def _thunk(self, kernel: _Function, number: int) -> str:
        lines = [f"define internal void @hw.thunk.{number}(ptr %args) #0 {{"]
        passed = []
        for index, parameter in enumerate(self._parameters(kernel)):
            kind, _ = self.types.read(parameter)
            lines.append(f"  %p{index} = getelementptr ptr, ptr %args, i64 {index}")
            lines.append(f"  %q{index} = load ptr, ptr %p{index}")
            if "byref(" in parameter:
                passed.append(f"ptr %q{index}")
            elif inside := re.search(r"\bbyval\((.*)", parameter):
                text = inside[1][: balanced("(" + inside[1], 0) - 2]
                align = re.search(r"\balign (\d+)", parameter)
                passed.append(f"ptr byval({text}) align {align[1] if align else 8} %q{index}")
            elif kind == "i1":
                lines.append(f"  %b{index} = load i8, ptr %q{index}")
                lines.append(f"  %v{index} = trunc i8 %b{index} to i1")
                passed.append(f"i1 %v{index}")
            else:
                lines.append(f"  %v{index} = load {kind}, ptr %q{index}, align 1")
                passed.append(f"{kind} %v{index}")
        lines += [f"  call void {self._renamed(kernel.name)}({', '.join(passed)})", "  ret void", "}"]
        return "\n".join(lines)

    def _max_block(self, kernel: _Function) -> int:
        text = " ".join(self.attributes.get(number, "") for number in re.findall(r"#(\d+)", kernel.attributes))
        text += kernel.attributes
        if found := re.search(r'"amdgpu-flat-work-group-size"="\d+,(\d+)"', text):
            return 0 if int(found[1]) == 1024 else int(found[1])
        if found := re.search(r'"nvvm\.maxntid"="([\d,]+)"', text):
            product = 1
            for part in found[1].split(","):
                product *= int(part)
            return product
        return 0

    def _reachable(self, kernel: _Function) -> Iterator[_Function]:
        """The kernel and every function of the module that it can call."""
        seen: set[str] = set()
        work = [kernel.name]
        while work:
            name = work.pop()
            if name in seen or name not in self.functions:
                continue
            seen.add(name)
            yield self.functions[name]
            work += self.functions[name].calls
            if self.functions[name].indirect:
                work += self.taken

    def _reachable_lds(self, kernel: _Function) -> list[_Lds]:
        found: set[str] = set()
        for function in self._reachable(kernel):
            for line in function.lines:
                if "@" in line:
                    found |= {ref for ref in re.findall(NAME, line) if ref in self.lds}
        items = [self.lds[name] for name in found]
        return sorted((item for item in items if item.size), key=lambda item: item.offset)

    def _effects(self, kernel: _Function) -> int:
        """0: nothing that the kernel can reach has an effect; 1: only such as the checks count; 2: others."""
        found = 0
        for function in self._reachable(kernel):
            if function.indirect:
                return 2
            for line in function.lines:
                if _EFFECT.match(line):
                    found = 1
                name = None if " asm " in line else callee_of(line)
                if " asm " in line or (name and name not in self.functions and not _without_effect(name)):
                    return 2
        return found


def _without_effect(name: str) -> bool:
    """Whether a function outside the module leaves memory and the host alone."""
    bare = bare_name(name)
    if synchronises(bare):
        return not re.search(r"ds\.(?:append|consume|gws)", bare)
    return bool(_PURE.match(name))


_LDS = "{ i32, i32, ptr }"
_KERNEL = "{ ptr, ptr, ptr, i32, i32, ptr, i32, i32, i32, i32 }"
_VARIABLE = "{ ptr, ptr, i64, i32, i32 }"
_SITE = "{ ptr, i32, i32, ptr }"
_HEADER = re.compile(
    r"/(?:clang/\d+/include|include/hip|amd_detail|include/(?:rocprim|hipcub|thrust|cub|cuda|rocwmma|hiprand|rocrand)"
    r"|cooperative_groups|crt|emulate/headers)/|/cuda_\w+\.h|/sm_\d+_\w+\.h|/curand\w*\.h|/cooperative_groups\.h"
)
# What a lane does that waits for another one without meeting it.
_WAITS = re.compile(
    r"\b(?:load (?:atomic|volatile)|atomicrmw|cmpxchg|store volatile)\b|amdgcn\.s\.sleep|nvvm\.nanosleep|nanosleep"
    r"| asm .*(?:ld\.(?:volatile|relaxed|acquire|mmio)|atom\.)"
)
_EFFECT = re.compile(r"^\s*(?:store|(?:%[\w.$-]+ = )?(?:atomicrmw|cmpxchg))\b| asm ")
# Functions of the target that change nothing: all but those whose names speak of storing.
_PURE = re.compile(
    r"@(?:llvm\.(?!trap|memcpy|memset|memmove|masked\.|vp\."
    r"|(?:nvvm|amdgcn)\.(?:.*(?:atomic|store|\.st\.|sust|red\.async|cp\.async|bulk|lds)|ds\.(?:add|append|consume|f)))"
    r"|__ockl_get_|__ocml_|__nv_)"
)
# -- functions that are only a field of the running lane: written out, so that the compiler sees through them ----------


def _field(result: str, parameter: bool, offset: int) -> Callable[[str], str]:
    def text(symbol: str) -> str:
        step = "  %step = mul i32 %dim, 4\n  %wide = zext i32 %step to i64\n" if parameter else ""
        index = "%wide" if parameter else "0"
        extend = "  %out = zext i32 %value to i64\n  ret i64 %out" if result == "i64" else "  ret i32 %value"
        # A dimension that is no constant can only be 0, 1 or 2: the headers say so.
        return (
            f"define internal {result} {symbol}({'i32 %dim' if parameter else ''}) #1 {{\n"
            f"  %self = load ptr, ptr @hw_self, align 8\n{step}"
            f"  %base = getelementptr i8, ptr %self, i64 {offset}\n"
            f"  %place = getelementptr i8, ptr %base, i64 {index}\n"
            f"  %value = load i32, ptr %place, align 4\n{extend}\n}}"
        )

    return text


_INLINE: dict[str, Callable[[str], str]] = {
    "__ockl_get_local_id": _field("i64", True, 0),
    "__ockl_get_group_id": _field("i64", True, 12),
    "__ockl_get_local_size": _field("i64", True, 24),
    "__ockl_get_num_groups": _field("i64", True, 36),
    **{
        f"llvm.nvvm.read.ptx.sreg.{name}.{axis}": _field("i32", False, offset + 4 * number)
        for name, offset in (("tid", 0), ("ctaid", 12), ("ntid", 24), ("nctaid", 36))
        for number, axis in enumerate("xyz")
    },
    "llvm.nvvm.read.ptx.sreg.laneid": _field("i32", False, 48),
}
