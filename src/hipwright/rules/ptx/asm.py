"""Inline PTX in asm statements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tree_sitter import Node, Query, QueryCursor

from hipwright.finding import Finding, Level
from hipwright.rule import Facts, Site, rule
from hipwright.rules.ptx import floats, integer, matrix, memory, video, warp
from hipwright.rules.ptx.syntax import (
    AsmOperand,
    AsmStatement,
    Program,
    UnreadableError,
    UnreadAsmError,
    read_asm,
    read_ptx,
)
from hipwright.rules.ptx.translate import Operand, Translation, Translator, UntranslatedError, known
from hipwright.rules.ptx.values import PRIMARY, Value, literal, named_type, precedence, side_effects, vector_type
from hipwright.source import Source, ancestors, language

TABLES = (floats, integer, matrix, memory, video, warp)  # importing them registers their instructions

_WORDS = re.compile(r"[A-Za-z_]\w*")
_CLASS = {"r": "b32", "l": "b64", "h": "b16", "f": "f32", "d": "f64", "c": "u8", "q": "b128", "n": "s64"}
_FITS = {"r": 32, "l": 64, "h": 16, "f": 32, "d": 64}
# Opcodes that need no dotted suffix to be recognized as PTX; all others do, which keeps x86 and AMD assembly out.
_BARE = frozenset({"exit", "trap", "brkpt", "ret"})
_PTX_SUFFIX = re.compile(
    r"(?:[usbf](?:8|16|32|64)|b128|f16x2|f32x2|bf16x?2?|pred|sync|cta|gl|sys|gpu|async|aligned|warp|proxy|acq_rel|sc|wait|uni|cc|lo|hi"
    r"|launch_dependents|commit_group|wait_group|wait_all|arrive|cluster|global|shared.*|L[12].*|wide|fence.*|inc|dec|tensormap|mbarrier_init"
    r"|try_wait|test_wait|init|inval|expect_tx|bulk|tensor|cp|alloc|dealloc|relinquish_alloc_permit|commit|mma|ld|st|shift)"
)


@rule(
    "inline-ptx",
    "Inline PTX becomes C++ and HIP builtins",
    hazards=("X01", "X02", "X03", "X04", "X05", "X06", "X07", "X09", "X10", "X11", "X12", "X13", "X14", "X15", "X16",
        "X17", "X18",
             "X19", "X20", "X21", "X22", "X23", "X24", "X25", "X26", "X27", "X28", "X30", "X31"),
    names=("asm", "__asm", "__asm__"),
    order=30,
    rewrites={
        '__device__ unsigned f() { unsigned r; asm("mov.u32 %0, %%laneid;" : "=r"(r)); return r; }':
        "__device__ unsigned f() { unsigned r; r = __lane_id() & 31; return r; }",
        '__device__ void f() { asm volatile("membar.gl;" ::: "memory"); }': "__device__ void f() { __threadfence(); }",
        '__device__ unsigned f(unsigned a, unsigned b, unsigned c) { unsigned d; asm("lop3.b32 %0, %1, %2, %3, '
        '0xEA;" : "=r"(d) : "r"(a), "r"(b), "r"(c)); return d; }':
        "__device__ unsigned f(unsigned a, unsigned b, unsigned c) { unsigned d; d = (a & b) | c; return d; }",
        '#define PTR "l"\n__device__ int f(const int* p) { int r; asm("ld.global.nc.s32 %0, [%1];" : "=r"(r) : '
        "PTR(p)); return r; }":
        '#define PTR "l"\n__device__ int f(const int* p) { int r; r = *(const int*)p; return r; }',
        '__device__ int f(int a) { int r; asm("add.s32 %1, %1, 3; neg.s32 %0, %1;" : "=r"(r) : "r"(a)); return r; }':
        "__device__ int f(int a) { int r; {\n    int copy1 = a;\n    copy1 = copy1 + 3u;\n    r = 0u - copy1;\n} "
        "return r; }",
    },
    keeps=(
        'unsigned long long f() { unsigned lo, hi; asm volatile("rdtsc" : "=a"(lo), "=d"(hi)); return lo; }',
        '__device__ void f() { asm volatile("s_sleep 1"); }',
        '__device__ void f() { asm volatile("" ::: "memory"); }',
        'void f(float* p) { asm volatile("vld1.32 {q0}, [%0]; vmla.f32 q1, q0, q0; vmin.s32 q0, q1, q2" :: "r"(p)); }',
    ),
    notes=('__device__ void f() { asm volatile("bar.sync 1, 128;"); }', '__device__ void f() { asm("exit;"); }'),
)  # fmt: skip
def inline_ptx(site: Site) -> Iterator[Finding]:
    """AMD's assembler knows no PTX, and it is the only one to say so: IR and assembly output of a compiler pass.

    The statement is translated as a whole, with PTX's own rules for shifts beyond the width, carry flags, saturation
    and
    NaN, or left as it is with a Note that names the instruction.
    """
    if not _keyword(site.node):
        return
    try:
        statement = read_asm(site.source, site.node.start_byte, site.facts.macro)
    except UnreadAsmError as error:
        if error.code and _is_ptx(error.code, _device(site.node)):
            yield site.note(Level.TODO, f"inline PTX is left: {error}", "write the instruction in C++")
        return
    if not statement.code.strip():
        yield from _empty(site, statement)
        return
    if not _is_ptx(statement.code, _device(site.node)):
        return
    try:
        program = read_ptx(statement)
        translator = _translator(site, statement, program)
        translation = translator.run()
    except UnreadableError as error:
        yield site.note(Level.TODO, f"inline PTX is left: {error} can't be translated", "write it in C++")
        return
    except UntranslatedError as error:
        yield site.note(
            Level.TODO, f"inline PTX is left: {error.reason}", error.hint or "write it in C++",
                hazards=(error.hazard,) if error.hazard else ()
        )  # fmt: skip
        return
    yield _edit(site, statement, translation)
    for level, message, hint, hazard in translation.notes:
        yield site.note(level, message, hint, hazards=(hazard,) if hazard else ())


def _keyword(node: Node) -> bool:
    return node.type in ("asm", "__asm__", "__asm", "identifier", "type_identifier") or node.child_count == 0


def _is_ptx(code: str, device: bool) -> bool:
    """Whether assembly is PTX rather than that of a host or of an AMD GPU.

    An unknown opcode counts in device code only: ARM writes `vmla.f32` as PTX would.
    """
    for piece in re.split(r"[;{}\n]", re.sub(r"//[^\n]*|/\*.*?\*/", " ", code, flags=re.S)):
        match = re.match(r"\s*(?:@!?\S+\s+)?([a-z]\w*)((?:\.[\w:]+)*)(?=\s|$|\[)", piece)
        if match is None:
            if re.match(r"\s*\.reg\s*\.", piece):
                return True
            continue
        name, suffixes = match[1], match[2].split(".")[1:]
        if not suffixes:
            if name in _BARE and not piece.strip().removeprefix(name).strip():
                return True
            continue
        neon = name.startswith("v") and len(suffixes) == 1
        if any(_PTX_SUFFIX.fullmatch(suffix) for suffix in suffixes) and (device or (known(name) and not neon)):
            return True
    return False


def _device(node: Node) -> bool:
    """Whether a node stands in a device function or kernel."""
    function = next((parent for parent in ancestors(node) if parent.type == "function_definition"), None)
    head = b"" if function is None else (function.text or b"").partition(b"{")[0]
    return b"__device__" in head or b"__global__" in head


def _empty(site: Site, statement: AsmStatement) -> Iterator[Finding]:
    """An empty template is a barrier for the compiler: only its register classes are NVIDIA's."""
    for operand, constraint in zip(statement.operands, statement.constraints, strict=True):
        if operand.letter in ("f", "d", "l", "h") and _device(site.node):
            yield site.edit(constraint.start, constraint.end, constraint.text.replace(operand.letter, "v"))


# -- operands
# ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Function:
    """What the operands of an asm need to know of the function around it."""

    declarations: tuple[tuple[int, int, str, str], ...]  # from where to where a name has a type
    shared_names: frozenset[str]  # variables whose address is taken or to which a reference is bound
    kernel: bool

    def locals_at(self, offset: int) -> dict[str, str]:
        """Parameters and local variables in scope: name to type, with a `*` for each pointer or array level."""
        return {name: type for start, end, name, type in self.declarations if start < offset < end}


_NO_FUNCTION = _Function((), frozenset(), False)
_SHARED_NAME = re.compile(r"(?<!&)&\s*(\w+)|&\s*\w+\s*[={(]\s*(\w+)")
_DECLARING = ("declaration", "parameter_declaration", "optional_parameter_declaration", "for_range_loop")
_SCOPES = frozenset(
    {"compound_statement", "for_statement", "if_statement", "while_statement", "function_definition",
    "lambda_expression",
     "for_range_loop"}
)  # fmt: skip


@lru_cache(maxsize=8)
def _function_of(source: Source, function: Node) -> _Function:
    found: list[tuple[int, int, str, str]] = []
    for child in _declaring(function):
        kind = child.child_by_field_name("type")
        if kind is None:
            continue
        start = kind.start_byte if child.type == "declaration" else child.start_byte
        base = re.sub(r"\b(?:extern|__shared__|static|constexpr|register)\b", " ", source.text(start, kind.end_byte))
        scope = next((parent for parent in ancestors(child) if parent.type in _SCOPES), function)
        for declarator in child.children_by_field_name("declarator"):
            named = _declared(source, declarator, base)
            if named is not None:
                found.append((child.start_byte, scope.end_byte, *named))
    body = source.text(function.start_byte, function.end_byte)
    shared = frozenset(name for match in _SHARED_NAME.finditer(body) for name in match.groups() if name)
    kernel = function.type == "function_definition" and "__global__" in body.partition("{")[0]
    return _Function(tuple(found), shared, kernel)


def _declaring(function: Node) -> list[Node]:
    nodes = QueryCursor(_declaration_query()).captures(function).get("node", [])
    return sorted(nodes, key=lambda node: node.start_byte)


@lru_cache(maxsize=1)
def _declaration_query() -> Query:
    return Query(language(), "[" + " ".join(f"({kind})" for kind in _DECLARING) + "] @node")


def _translator(site: Site, statement: AsmStatement, program: Program) -> Translator:
    node = next((p for p in ancestors(site.node) if p.type in ("function_definition", "lambda_expression")), None)
    function = _NO_FUNCTION if node is None else _function_of(site.source, node)
    locals_ = function.locals_at(site.node.start_byte)
    macro = _in_macro(site)
    operands = tuple(
        _operand(operand, index < statement.outputs, {} if macro else locals_, function.shared_names, macro, site.facts)
        for index, operand in enumerate(statement.operands)
    )
    taken = frozenset(word for operand in operands for word in _WORDS.findall(operand.text)) | locals_.keys()
    return Translator(operands, program, taken, "ptx_" if macro else "", function.kernel)


def _in_macro(site: Site) -> bool:
    top = site.node
    while top.parent is not None:
        top = top.parent
    if top == site.source.tree.root_node:
        return False
    around = site.source.tree.root_node.descendant_for_byte_range(site.node.start_byte, site.node.end_byte)
    if around is not None and around.type == "preproc_arg":
        return True
    inner = top.descendant_for_byte_range(site.node.start_byte, site.node.end_byte)
    return inner is not None and any(p.type == "preproc_function_def" for p in ancestors(inner))


def _operand(
    given: AsmOperand, output: bool, locals_: dict[str, str], shared: frozenset[str], macro: bool, facts: Facts
) -> Operand:
    text, constraint, letter = given.expression.text, given.constraint, given.letter
    read = not output or "+" in constraint
    text = " ".join(text.replace("\\\n", " ").replace("\\\r\n", " ").split()) if "\n" in text else text
    if letter in ("n", "i"):
        number = facts.integer(text)
        value = (
            Value(text, "s64", precedence(text))
            if number is None
            else literal(number, "s64" if abs(number) >> 63 == 0 else "u64")
        )
        return Operand(text, value, output, read)
    if letter not in _CLASS:
        raise UntranslatedError(f"operands of the register class {constraint}")
    type = _CLASS[letter]
    found = None if macro else _type_of(text, locals_)
    if found is not None and (found == "ptr" or letter not in ("f", "d")):
        type = found
    if re.fullmatch(r"(?:0[xX][0-9a-fA-F]+|\d+)[uUlL]*", text) and letter in ("r", "l", "h"):
        number = facts.integer(text)
        if number is not None:
            return Operand(text, literal(number, f"u{_FITS[letter]}"), output, read)
    prec = precedence(text)
    if macro and not text.startswith("("):
        prec = min(prec, 15)
    name = re.fullmatch(r"[A-Za-z_]\w*", text) is not None
    scalar = name and text in locals_ and "&" not in locals_[text] and text not in shared
    return Operand(
        text, Value(text, type, prec if prec < PRIMARY else PRIMARY), output, read, scalar, side_effects(text)
    )


def _type_of(text: str, locals_: dict[str, str]) -> str | None:
    """The type of an expression, where a glance tells it."""
    match = re.match(r"\(\s*((?:const\s+)?[\w ]+?\s*\**)\s*\)\s*(?=[\w(*&~-])", text)
    if match and named_type(match[1]) is not None and precedence(text) < PRIMARY:
        return named_type(match[1])
    match = re.match(r"(?:static_cast|reinterpret_cast)\s*<\s*([^<>]+?)\s*>\s*\(.*\)$", text, re.S)
    if match:
        return named_type(match[1])
    match = re.match(
        r"\*\s*(?:reinterpret_cast\s*<\s*([^<>*]+?)\s*\*\s*>\s*\(.*\)|\(\s*([\w ]+?)\s*\*\s*\)\s*[&\w(].*)$", text, re.S
    )
    if match:
        return named_type(match[1] or match[2])
    if re.match(r"(?:__float_as_uint|__half_as_ushort|__float_as_int|__cvta_generic_to_shared|lds_address)\(", text):
        return {"__float_as_uint": "u32", "__half_as_ushort": "u16", "__float_as_int": "s32", "lds_address": "u32"}.get(
            text.split("(")[0]
        )
    if re.fullmatch(r"&[\w\[\]().>-]+", text):
        return "ptr"
    match = re.match(r"([A-Za-z_]\w*)((?:\s*\[[^\[\]]*\])*)(?:\.([xyzw]))?$", text)
    if match is None:
        return None
    declared = locals_.get(match[1])
    if declared is None:
        return None
    depth = match[2].count("[")
    for _ in range(depth):
        if "*" not in declared:
            return None
        declared = declared[::-1].replace("*", "", 1)[::-1]
    if match[3]:
        return vector_type(declared)
    return named_type(declared)


_DECLARATORS = frozenset(
    {"pointer_declarator", "array_declarator", "reference_declarator", "init_declarator", "parenthesized_declarator"}
)


def _declared(source: Source, node: Node, type: str) -> tuple[str, str] | None:
    """The name that a declarator declares and its type."""
    while node.type in _DECLARATORS:
        if node.type in ("pointer_declarator", "array_declarator"):
            type += "*"
        elif node.type == "reference_declarator":
            type += "&"
        inner = node.child_by_field_name("declarator") or next(
            (c for c in node.named_children if c.type == "identifier" or c.type in _DECLARATORS), None
        )
        if inner is None:
            return None
        node = inner
    return (source.text(node.start_byte, node.end_byte), type) if node.type == "identifier" else None


# -- placing
# -------------------------------------------------------------------------------------------------------------


def _edit(site: Site, statement: AsmStatement, translation: Translation) -> Finding:
    data = site.source.data
    macro = _in_macro(site)
    end = statement.end
    behind = re.compile(rb"(?:[ \t\r\n]|\\\r?\n)*;").match(data, end)
    if behind is not None:
        end = behind.end()
    lines = translation.lines
    start = statement.start
    if not lines:
        return _removal(site, start, end, behind is not None, macro)
    if not translation.block and len(lines) == 1:
        text = lines[0] if behind is not None else lines[0].removesuffix(";")
        return site.edit(start, end, text, translation.includes, translation.helpers)
    if macro:
        text = "{ " + " ".join(lines) + " }"
        if behind is None:
            text = f"do {text} while (0)"
        elif not _alone(data, start):
            text = f"do {text} while (0);"
        return site.edit(start, end, text, translation.includes, translation.helpers)
    indent = re.compile(rb"[ \t]*").match(data, data.rfind(b"\n", 0, start) + 1)
    margin = (indent.group() if indent else b"").decode()
    newline = "\r\n" if b"\r\n" in data[:4096] else "\n"
    step = "\t" if margin.startswith("\t") else "  " if re.search(rb"\n  \S", data) else "    "
    inner = newline.join(
        f"{margin}{step}{line.replace('    ', step) if line.startswith('    ') else line}" for line in lines
    )
    return site.edit(start, end, f"{{{newline}{inner}{newline}{margin}}}", translation.includes, translation.helpers)


def _alone(data: bytes, start: int) -> bool:
    """Whether the statement can become a block: it is no branch of an if, whose else a semicolon would cut off."""
    before = data[:start].rstrip(b" \t\r\n\\")
    return before.endswith((b";", b"{", b"}")) or not before.endswith((b")", b"else"))


def _removal(site: Site, start: int, end: int, semicolon: bool, macro: bool) -> Finding:
    data = site.source.data
    parent = next(
        (p for p in ancestors(site.node) if p.type not in ("gnu_asm_expression", "expression_statement")), None
    )
    if macro or not semicolon or parent is None or parent.type != "compound_statement":
        return site.edit(start, end, ";" if semicolon else "(void)0")
    line_start = data.rfind(b"\n", 0, start) + 1
    line_end = data.find(b"\n", end)
    if line_end >= 0 and not data[line_start:start].strip() and not data[end:line_end].strip():
        return site.edit(line_start, line_end + 1, "")
    while start > 0 and data[start - 1 : start] == b" ":
        start -= 1
    return site.edit(start, end, "")
