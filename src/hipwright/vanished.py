"""Kernels that a guard empties: each body is compared under the CUDA view and the HIP view.

A guard that the port reads differently can empty a kernel without a word from any compiler.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hipwright.conditions import parse
from hipwright.finding import Level, Note
from hipwright.source import Source
from hipwright.views import DEAD, Environment, Reader, Stretch, View, cuda_view, hip_view, live_text, walk

OLD_ARCHES = (350, 530, 600, 700, 750, 800, 900)

# -- kernels -----------------------------------------------------------------------------------------------------------

_CODE_TOKEN = re.compile(
    rb'R"([^()\\\s]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n]){1,4}\'|//(?:\\\r?\n|[^\n])*|/\*.*?\*/'
    rb"|(?P<word>[A-Za-z_]\w*)|(?P<number>\d[\w.']*)"
    rb"|(?P<punct>&&|\|\||[-+*/%&|^=!<>]=|<<|>>|->|::|\+\+|--|[^\s\w])",
    re.S,
)
_WITH_ARGUMENT = frozenset(
    {"__launch_bounds__", "__attribute__", "__align__", "alignas", "__cluster_dims__", "__maxnreg__", "__block_size__",
     "decltype", "noexcept", "__declspec"}
)  # fmt: skip
_BEHIND_PARAMETERS = frozenset({"const", "noexcept", "override", "final", "volatile", "mutable", "throw"})
_COMPARISONS = frozenset({"==", "!=", "<=", ">="})
# Statements that do no work of a kernel: they stop it, or keep compilers quiet.
_IDLE = re.compile(
    r"(?:assert|__trap|abort|__builtin_trap|printf|static_assert|using|typedef|NO_DEVICE_CODE|no_device_code"
    r"|\w*UNUSED\w*|__builtin_unreachable|__brkpt)\b"
)
_REFUSES = re.compile(r"(?:assert|__trap|abort|__builtin_trap|NO_DEVICE_CODE|no_device_code)\Z")


@dataclass(frozen=True, slots=True)
class Body:
    """A function that runs on the GPU: where its name and its braces are, and how many statements it would execute."""

    name: str
    parameters: str  # as written, for telling overloads apart
    kernel: bool  # __global__, else __device__
    at: int
    start: int
    end: int
    statements: int
    refuses: bool = False  # it traps or asserts: not what was asked for, but not in silence


class _Token(NamedTuple):  # a tuple, since a large file has a hundred thousand
    text: str
    start: int
    end: int


def kernel_bodies(
    source: Source, environment: Environment | None = None, read: Reader | None = None
) -> tuple[Body, ...]:
    """Each `__global__` and `__device__` function with a body, as one view (HIP's device pass by default) sees it.

    Qualifiers may hide in macros; statements behind an unconditional `return`, and in arms of `if` whose condition is
    a constant 0 there, do not count.
    """
    env = environment or Environment(hip_view())
    return _bodies(source.data, walk(source.data, env, source.path, read), env)


def _qualifiers(env: Environment) -> dict[str, bool]:
    """Words that make a function run on the GPU, macros included; True for those that make it a kernel."""
    qualifiers = {"__global__": True, "__device__": False}
    for name, macro in env.macros.items():
        if macro is not None and macro.parameters is None:
            if "__global__" in macro.body:
                qualifiers[name] = True
            elif "__device__" in macro.body:
                qualifiers[name] = False
    return qualifiers


def _bodies(data: bytes, stretches: Iterable[Stretch], env: Environment) -> tuple[Body, ...]:
    text = live_text(data, stretches)
    qualifiers = _qualifiers(env)
    if not any(name.encode() in text for name in qualifiers):
        return ()
    tokens = [
        _Token(match.group().decode("latin-1"), *match.span())
        for match in _CODE_TOKEN.finditer(text)
        if match.lastgroup
    ]
    found = []
    index = 0
    while index < len(tokens):
        kernel = qualifiers.get(tokens[index].text)
        if kernel is None:
            index += 1
            continue
        body = _function(tokens, index, kernel, qualifiers, env)
        if body is None:
            index += 1
        else:
            found.append(body[0])
            index = body[1]
    return tuple(found)


def _function(
    tokens: list[_Token], index: int, kernel: bool, qualifiers: Mapping[str, bool], env: Environment
) -> tuple[Body, int] | None:
    """The function whose qualifier is at `index`, and the index of its first token inside the body."""
    name: _Token | None = None
    while index < len(tokens):
        token = tokens[index]
        kernel = kernel or qualifiers.get(token.text, False)
        if token.text in (";", "=", "}", "{"):
            return None
        if token.text in _WITH_ARGUMENT and index + 1 < len(tokens) and tokens[index + 1].text == "(":
            index = _behind(tokens, index + 1)
            continue
        if token.text == "operator":
            spelled = token.text
            index += 1
            while index < len(tokens) and tokens[index].text != "(":
                spelled += tokens[index].text
                index += 1
            name = _Token(spelled, token.start, token.end)
            if index + 1 < len(tokens) and tokens[index + 1].text == ")":
                index += 2
            continue
        if token.text == "(":
            behind = _behind(tokens, index)
            if name is not None and behind < len(tokens):
                after = tokens[behind].text
                # LAUNCH_BOUNDS(256) kernel(int* p): the first parenthesis belongs to a macro.
                macro = after not in _BEHIND_PARAMETERS and (after[0].isalpha() or after[0] == "_")
                if not macro:
                    opening = _opening(tokens, behind)
                    if opening is None:
                        return None
                    end = _behind(tokens, opening)
                    count, _ = _statements(tokens, opening + 1, end - 1, env)
                    stop = tokens[end - 1].end if end <= len(tokens) else tokens[-1].end
                    refuses = any(_REFUSES.match(token.text) for token in tokens[opening:end])
                    parameters = " ".join(token.text for token in tokens[index + 1 : behind - 1])
                    body = Body(name.text, parameters, kernel, name.start, tokens[opening].start, stop, count, refuses)
                    return body, opening + 1
            index = behind
            continue
        if token.text == "<" and name is not None:
            # kernel<half>(…) {: arguments of a specialisation, not the name.
            closing = _angle(tokens, index)
            if closing is not None and closing + 1 < len(tokens) and tokens[closing + 1].text == "(":
                index = closing + 1
                continue
        if token.text != "operator" and (token.text[0].isalpha() or token.text[0] == "_"):
            name = token
        index += 1
    return None


def _opening(tokens: list[_Token], index: int) -> int | None:
    """From behind the parameters to the brace that opens the body; None for a declaration."""
    initializers = False
    while index < len(tokens):
        text = tokens[index].text
        if text == "{":
            # `: a{1} {` holds braces of member initializers: one directly behind a name is not the body.
            if not initializers or not (tokens[index - 1].text[0].isalnum() or tokens[index - 1].text[0] == "_"):
                return index
            index = _behind(tokens, index)
            continue
        if text in (";", "}", ","):
            if text == "," and initializers:
                index += 1
                continue
            return None
        if text == "=":
            return None
        initializers = initializers or text == ":"
        index = _behind(tokens, index) if text == "(" else index + 1
    return None


def _angle(tokens: list[_Token], index: int) -> int | None:
    """The index of the `>` that closes the `<` at `index`, if one does before the statement or parameters begin."""
    depth = 0
    for at in range(index, min(index + 80, len(tokens))):
        text = tokens[at].text
        if text in (";", "{", "}"):
            return None
        depth += {"<": 1, ">": -1}.get(text, 0)
        if depth == 0:
            return at
    return None


_CLOSING = {"(": ")", "{": "}", "[": "]"}


def _behind(tokens: list[_Token], index: int) -> int:
    """The index behind the bracket that closes the one at `index`."""
    opening = tokens[index].text
    closing, depth = _CLOSING[opening], 0
    while index < len(tokens):
        text = tokens[index].text
        depth += (text == opening) - (text == closing)
        index += 1
        if depth == 0:
            break
    return index


def _statements(tokens: list[_Token], index: int, end: int, env: Environment) -> tuple[int, bool]:
    """How many statements a block executes, and whether it always returns before its end."""
    total = 0
    while index < end:
        count, index, returns = _statement(tokens, index, end, env)
        total += count
        if returns:
            return total, True
    return total, False


def _statement(tokens: list[_Token], index: int, end: int, env: Environment) -> tuple[int, int, bool]:
    """One statement: how much it executes, the index behind it, and whether it leaves the function for sure."""
    if index >= end:
        return 0, end, False
    text = tokens[index].text
    if text == "{":
        behind = min(_behind(tokens, index), end)
        count, returns = _statements(tokens, index + 1, behind - 1, env)
        return count, behind, returns
    if text == "if":
        return _if(tokens, index, end, env)
    if text in ("for", "while", "switch") and index + 1 < end and tokens[index + 1].text == "(":
        behind = min(_behind(tokens, index + 1), end)
        if text == "while" and _constant(tokens, index + 1, behind, env) == 0:
            _, after, _ = _statement(tokens, behind, end, env)
            return 0, after, False
        count, after, _ = _statement(tokens, behind, end, env)
        return count + (1 if count else 0), after, False
    if text in ("do", "else", "try"):
        return _statement(tokens, index + 1, end, env)
    if text == "return":
        behind = _semicolon(tokens, index, end)
        return int(behind - index > 2), behind, True
    if text in ("case", "default") or (index + 1 < end and tokens[index + 1].text == ":"):
        while index < end and tokens[index].text != ":":
            index += 1
        return 0, index + 1, False
    behind = _semicolon(tokens, index, end)
    words = tokens[index:behind]
    return int(_works(words)), max(behind, index + 1), False


def _if(tokens: list[_Token], index: int, end: int, env: Environment) -> tuple[int, int, bool]:
    index += 1
    while index < end and tokens[index].text != "(":
        index += 1
    behind = min(_behind(tokens, index), end) if index < end else end
    value = _constant(tokens, index, behind, env)
    count, after, returns = _statement(tokens, behind, end, env)
    other, other_returns = 0, False
    if after < end and tokens[after].text == "else":
        other, after, other_returns = _statement(tokens, after + 1, end, env)
    if value == 0:
        return other, after, other_returns
    if value is not None:
        return count, after, returns
    return count + other, after, returns and other_returns


def _constant(tokens: list[_Token], start: int, end: int, env: Environment) -> int | None:
    """The value of a parenthesised condition that consists of constants and macros known in this view."""
    words = tokens[start + 1 : end - 1]
    if not words or len(words) > 40:
        return None
    for word in words:
        name = word.text[0].isalpha() or word.text[0] == "_"
        if name and word.text not in ("true", "false", "defined") and not env.defined(word.text):
            return None
    return env.value(parse(re.sub(r"\bfalse\b", "0", " ".join(word.text for word in words))))


def _semicolon(tokens: list[_Token], index: int, end: int) -> int:
    while index < end:
        text = tokens[index].text
        if text == ";":
            return index + 1
        if text in _CLOSING:
            index = _behind(tokens, index)
            # A macro that is used like a block, or the end of a local class: `FOR_EACH(i) { ... }`.
            if text == "{" and index < end and tokens[index].text not in (";", ")", ",", "(", "."):
                return index
            continue
        index += 1
    return end


def _works(words: list[_Token]) -> bool:
    """Whether a statement does something: not a bare declaration, not a cast to void, not a trap."""
    texts = [word.text for word in words if word.text != ";"]
    if not texts or _IDLE.match(texts[0]):
        return False
    if texts[:3] == ["(", "void", ")"]:
        return False
    if texts[0] in ("asm", "__asm__", "__asm") and any("trap" in text for text in texts):
        return False
    if texts[0] in ("extern", "struct", "class", "enum"):
        return False
    return any(text in ("(", "{", "++", "--") or (text[-1] == "=" and text not in _COMPARISONS) for text in texts)


# -- comparison --------------------------------------------------------------------------------------------------------

_RULE = "vanished-kernel"
_HINT = (
    "read the #if around the body: in HIP __CUDA_ARCH__, __CUDACC__ and CUDART_VERSION do not exist and"
    " __HIP_DEVICE_COMPILE__ is 1"
)


def vanished(
    original: Source,
    ported: Source,
    read_original: Reader | None = None,
    read_ported: Reader | None = None,
    defines: Mapping[str, str] | None = None,
) -> list[Note]:
    """Kernels that CUDA compiles from the original, and that HIP compiles from the port to nothing, or to little.

    The readers find project headers, so that guards written there count. Places are in the original. With one source
    in both places it is a lint of a port made by hand.
    """
    if not _DEVICE.search(original.data) and not _DEVICE.search(ported.data):
        return []
    cuda, hip = Environment(cuda_view(defines=defines)), Environment(hip_view(defines=defines))
    cuda_side = walk(original.data, cuda, original.path, read_original)
    hip_side = walk(ported.data, hip, ported.path, read_ported)
    if _same(original.data, cuda_side, cuda, ported.data, hip_side, hip):
        return []
    now = _by_name(_bodies(ported.data, hip_side, hip))
    modern = _by_name(_bodies(original.data, cuda_side, cuda))
    pairs = [pair for name in sorted(modern) for pair in _paired(modern[name], now.get(name, []))]
    suspects = [(body, other) for body, other in pairs if body.statements and _less(body, other)]
    if not suspects:
        return []
    views = [
        _by_name(kernel_bodies(original, Environment(cuda_view(arch, defines=defines)), read_original))
        for arch in OLD_ARCHES
    ]
    author = _by_name(_asked_for(original, read_original, defines))
    notes = []
    for body, other in suspects:
        # A branch for older GPUs may be shorter, and may be the one that was chosen.
        older = [_same_body(body, view.get(body.name, [])) for view in views]
        least = min((one.statements for one in older if one is not None and one.statements), default=body.statements)
        problem = _lost(body, least, other)
        wanted = _same_body(body, author.get(body.name, []))
        if not problem or wanted is None or not wanted.statements:
            continue  # nothing is lost, or the author's own guard takes it out on AMD
        level = Level.TODO if other is not None and other.refuses and not body.refuses else Level.ERROR
        place = original.place(body.at)
        notes.append(Note(_RULE, level, place, f"{body.name}: {problem}", _HINT, ("R04", "R05", "R06")))
    return notes


# An `if` that may turn out constant: a number, a literal or a name in capitals.
_CONSTANT_IF = re.compile(rb"\bif\s*(?:constexpr\s*)?\(\s*!?\(*\s*(?:\d|false\b|true\b|[A-Z_][A-Z0-9_]+\b)")
_DEVICE = re.compile(rb"\b__(?:global|device)__\b|\b[A-Z_]*(?:KERNEL|GLOBAL|DEVICE|HD)[A-Z_]*\b")


def _same(
    original: bytes, cuda_side: tuple[Stretch, ...], cuda: Environment,
    ported: bytes, hip_side: tuple[Stretch, ...], hip: Environment,
) -> bool:  # fmt: skip
    """Whether nothing can have vanished, seen cheaply: no dead code on either side, no constant `if`, nothing gone."""
    if ported.count(b";") < original.count(b";") or ported.count(b"__global__") < original.count(b"__global__"):
        return False
    if ported.count(b"return;") > original.count(b"return;"):
        return False
    for data, side in ((original, cuda_side), (ported, hip_side)):
        if any(stretch.state == DEAD and data[stretch.start : stretch.end].strip() for stretch in side):
            return False
    asked = sorted(match.group() for match in _CONSTANT_IF.finditer(ported))
    if asked:
        # The same questions with the same answers on both sides leave the same code.
        names = {word.decode() for question in asked for word in re.findall(rb"[A-Z_][A-Z0-9_]+", question)}
        if asked != sorted(match.group() for match in _CONSTANT_IF.finditer(original)):
            return False
        if any(cuda.value(parse(name)) != hip.value(parse(name)) for name in names):
            return False
    return _qualifiers(cuda) == _qualifiers(hip)


def _paired(theirs: list[Body], ours: list[Body]) -> Iterator[tuple[Body, Body | None]]:
    """Functions of one name on both sides: by parameters, and what is left by order where as many are left."""
    left = list(ours)
    open_: list[Body] = []
    for body in theirs:
        match = next((other for other in left if other.parameters == body.parameters), None)
        if match is None:
            open_.append(body)
        else:
            left.remove(match)
            yield body, match
    if len(left) == len(open_):
        yield from zip(open_, left, strict=True)
    else:
        # Which of them is gone can't be told: the last ones stand for it.
        yield from ((body, None) for body in open_[len(left) :])


def _same_body(body: Body, others: list[Body]) -> Body | None:
    """The function of another view of the same text that has this place, or at least this signature."""
    exact = next((other for other in others if other.at == body.at), None)
    return exact or next((other for other in others if other.parameters == body.parameters), None)


def _less(body: Body, other: Body | None) -> bool:
    return other is None or other.statements < body.statements


def _lost(body: Body, least: int, here: Body | None) -> str:
    what = "kernel" if body.kernel else "device function"
    if here is None:
        # A device function that is gone is an error of the compiler wherever it is called.
        return f"this {what} exists under CUDA but not under HIP" if body.kernel else ""
    if here.statements == 0 and here.refuses and not body.refuses:
        return f"this {what} only stops with a trap under HIP ({body.statements} statements under CUDA)"
    if here.statements == 0:
        return f"the body of this {what} vanishes under HIP ({body.statements} statements under CUDA)"
    if least - here.statements >= 3 and here.statements * 5 < least * 2:
        return f"most of this {what} vanishes under HIP ({here.statements} of {body.statements} statements are left)"
    return ""


def _asked_for(original: Source, read: Reader | None, defines: Mapping[str, str] | None) -> tuple[Body, ...]:
    """The original as both compilers at once would see it: only a guard that names AMD takes anything out."""
    cuda, hip = cuda_view(defines=defines), hip_view(defines=defines)
    both = View("both", {**cuda.macros, **hip.macros})
    return kernel_bodies(original, Environment(both), read)


def _by_name(bodies: Iterable[Body]) -> dict[str, list[Body]]:
    found: dict[str, list[Body]] = {}
    for body in bodies:
        found.setdefault(body.name, []).append(body)
    return found
