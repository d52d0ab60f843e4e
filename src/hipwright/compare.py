"""Do two runs say the same? Words and integers exactly, other numbers within a tolerance, timings not at all.

What is not compared is kept small, because each thing passed over can hide a wrong port: numbers with a unit of time or
speed, numbers that a word such as "elapsed" announces, addresses, lines that describe the device, and what already
differs between two equal runs of the original. All of it is counted, so that a report can say what was not compared.
"""

from __future__ import annotations

import difflib
import math
import re
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache


class Verdict(StrEnum):
    """What a comparison came to. Only the first two say that the port did what the original did."""

    SAME = "same"
    TOLERANCE = "tolerance"  # equal but for floating-point numbers that are off by less than is allowed
    DIFFERENT = "different"
    SCHEDULE = "schedule-dependent"  # the order of lanes, wavefronts or blocks changes the answer: a race
    UNSUPPORTED = "unsupported"  # it needs something that the emulator does not have, by name
    TIMEOUT = "timeout"
    FAULT = "fault"  # a run did what no program may: each fault has its place
    NOT_RUN = "not-run"

    @property
    def good(self) -> bool:
        """Whether original and port agree."""
        return self in (Verdict.SAME, Verdict.TOLERANCE)

    @property
    def bad(self) -> bool:
        """Whether something was found that someone has to look at; the rest says only that nothing is known."""
        return self in (Verdict.DIFFERENT, Verdict.SCHEDULE, Verdict.FAULT)


# The verdict of several comparisons is the gravest: what is wrong, then what is not known, then what agrees.
GRAVITY = (Verdict.FAULT, Verdict.DIFFERENT, Verdict.SCHEDULE, Verdict.TIMEOUT, Verdict.UNSUPPORTED, Verdict.NOT_RUN,
           Verdict.TOLERANCE, Verdict.SAME)  # fmt: skip


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of several things together; of none, that none was run."""
    found = set(verdicts)
    return next((each for each in GRAVITY if each in found), Verdict.NOT_RUN)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far a floating-point number may be off: the widest of the three holds. Integers and words are exact."""

    relative: float = 1e-5
    absolute: float = 1e-6
    ulps: int = 4  # of a binary array's own type; text does not say which type it was printed from

    def holds(self, left: float, right: float) -> bool:
        """Whether two numbers agree. NaN agrees with NaN: the bits of one mean nothing."""
        if left == right or (math.isnan(left) and math.isnan(right)):
            return True
        if not (math.isfinite(left) and math.isfinite(right)):
            return False
        off = abs(left - right)
        return off <= self.absolute or off <= self.relative * max(abs(left), abs(right))


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two runs differ; a side that has no such line is empty and has line 0."""

    where: str  # "stdout", "stderr", "exit code" or the name of a file
    left: str
    right: str
    left_line: int = 0
    right_line: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two runs have in common: `left` is the original."""

    verdict: Verdict
    differences: tuple[Difference, ...] = ()  # the first few
    count: int = 0  # of all differences: lines of text, elements of binary files
    worst: float = 0.0  # the largest relative error of a floating-point number
    numbers: int = 0  # compared
    ignored: int = 0  # numbers and lines that differ but are times, addresses, descriptions of the device
    nans: int = 0  # numbers that are NaN on both sides: equal, but hardly what anyone wants


@dataclass(frozen=True)
class Output:
    """What a run left behind, as far as it is compared."""

    exit_code: int = 0
    signal: str = ""
    stdout: str = ""
    stderr: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)


_SHOWN = 5


@dataclass
class _Tally:
    """A comparison as it grows."""

    tolerance: Tolerance
    differences: list[Difference] = field(default_factory=list)
    count: int = 0
    worst: float = 0.0
    numbers: int = 0
    ignored: int = 0
    nans: int = 0
    within: bool = False

    def differs(self, difference: Difference, count: int = 1) -> None:
        self.count += count
        if len(self.differences) < _SHOWN:
            self.differences.append(difference)

    def real(self, left: float, right: float) -> bool:
        """Take in two floating-point numbers; whether they agree."""
        self.numbers += 1
        if math.isnan(left) and math.isnan(right):
            self.nans += 1
            return True
        if left == right:
            return True
        if math.isfinite(left) and math.isfinite(right):
            self.worst = max(self.worst, abs(left - right) / max(abs(left), abs(right)))
        if self.tolerance.holds(left, right):
            self.within = True
            return True
        return False

    def result(self) -> Comparison:
        verdict = Verdict.DIFFERENT if self.count else Verdict.TOLERANCE if self.within else Verdict.SAME
        return Comparison(
            verdict, tuple(self.differences), self.count, self.worst, self.numbers, self.ignored, self.nans
        )


def compare(
    left: Output,
    right: Output,
    tolerance: Tolerance = Tolerance(),
    *,
    ordered: bool = True,
    again: Output | None = None,
    types: Mapping[str, str] | None = None,
) -> Comparison:
    """Compare a run of the port (`right`) with one of the original (`left`).

    `ordered` is false where the original itself prints its lines in an order that depends on the schedule. `again` is
    a second run of the original under the same conditions: numbers in which it differs are not compared. `types` names
    the element type of binary files ("float16", "float32", "float64"), which then are compared with the tolerance.
    """
    tally = _Tally(tolerance)
    ends = [f"ended by {each.signal}" if each.signal else str(each.exit_code) for each in (left, right)]
    if ends[0] != ends[1]:
        tally.differs(Difference("exit code", ends[0], ends[1]))
    for where in ("stdout", "stderr"):
        one, other = getattr(left, where), getattr(right, where)
        _text(tally, where, one, other, ordered, getattr(again, where) if again else None)
    for path in sorted({*left.files, *right.files}):
        if path not in left.files or path not in right.files:
            absent = path not in left.files
            tally.differs(
                Difference(path, "not written" if absent else "written", "written" if absent else "not written")
            )
            continue
        repeated = again.files.get(path) if again else None
        _file(tally, path, left.files[path], right.files[path], ordered, repeated, (types or {}).get(path, ""))
    return tally.result()


def _file(
    tally: _Tally, path: str, left: bytes, right: bytes, ordered: bool, again: bytes | None, element: str
) -> None:
    if left == right:
        return
    texts = [_as_text(each) for each in (left, right)]
    if not element and texts[0] is not None and texts[1] is not None:
        _text(tally, path, texts[0], texts[1], ordered, _as_text(again) if again is not None else None)
    else:
        _binary(tally, path, left, right, element)


# -- text --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a line: a word (a sign too), a number, or an address."""

    kind: str  # "word", "integer", "real" or "pointer"
    text: str  # a word in the spelling that both vendors share; a number as written
    timing: bool = False  # a number that says how long or how fast

    @property
    def number(self) -> bool:
        """Whether it is an integer or a floating-point number."""
        return self.kind in ("integer", "real")

    @property
    def value(self) -> float:
        """A number's value."""
        text = self.text.lower()
        if "nan" in text:
            return math.nan
        return float(int(text, 16)) if "x" in text else float(text)


_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PIECE = re.compile(
    r"""(?P<number>(?:(?<![\w.)\]])[-+])? (?<![\w.]) (?:
            0[xX][0-9a-fA-F]+(?![.\w]) | (?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?!\.\d) | (?:nan|inf(?:inity)?)(?!\w) ))
      | (?P<word>[^\W\d]\w*) | (?P<digits>\d+[\w.]*) | (?P<other>\S)""",
    re.X | re.I,
)
_POINTER = re.compile(r"0x[57][0-9a-f]{11}", re.I)  # where Linux puts programs, heaps and mappings on x86-64

_SECONDS = (
    r"(?:s|secs?|seconds?|[mµμun]s|[mµμun]secs?|milli-?secs?|micro-?secs?|nano-?secs?"
    r"|milli-?seconds?|micro-?seconds?|nano-?seconds?|minutes|hours)"
)
_SPEED = (
    r"(?:[KMGTP]i?(?:B|bytes?|bits?|b)\s*/\s*s(?:ec(?:ond)?)?|[KMGT]bps|B/s|bytes/s(?:ec)?"
    r"|[KMGTP]?(?:FLOPS?|OPS?)(?:\s*/\s*s(?:ec)?)?|[KMGT]?IPS|fps|[kMG]?Hz|cycles?|clocks?|clks?"
    r"|\w+\s*/\s*s(?:ec(?:ond)?)?|\w+ per second|per second|/s(?:ec(?:ond)?)?)"
)
_UNIT = re.compile(rf"\s*[(\[]?\s*(?:{_SECONDS}|{_SPEED})(?![\w/])", re.I)
_ANNOUNCES = re.compile(
    r"(?<![^\W_])(?:(?:run|wall)?-?time(?!s?\s*-?_?(?:steps?|points?|index|series|levels?|slots?|stamps?))|timings?"
    r"|elapsed|took|takes|durations?|latency|bandwidth|throughput|speed-?ups?|[kmgt]?flop/?s|fps|seconds|secs|overhead"
    r"|cycles|clocks|performance)(?![^\W_])"
    rf"|[(\[]\s*(?:{_SECONDS}|{_SPEED})\s*[)\]]",
    re.I,
)
_SHARE = re.compile(r"\s*%")
_CLAUSE = re.compile(r"[,;|]|\t|\s{2,}")
# What may stand between the word and its number, as in "time of the kernel (average): ".
_LEADS = re.compile(r"(?<![^\W_])(?:and|but|error|result|sum|energy|value|checksum|residual|norm)(?![^\W_])", re.I)

# Lines that describe the device: their numbers are the device's, not the program's.
_PROPERTY = re.compile(
    r"compute capability|(?:number of |\b)(?:multi-?processors?|compute units|SMs|CUs)\b|warp\s*size|wavefront size"
    r"|(?:driver|runtime|CUDA|HIP|ROCm) version|(?:clock|memory) rate"
    r"|\b(?:total|shared|global|constant|free) (?:global |constant )?memory"
    r"|shared memory per|registers per|max(?:imum)?\.? (?:threads|grid|block|resident)|L2 cache|(?:bus|memory) width"
    r"|\bpci\b|\bsm_\d+|\bgfx\d",
    re.I,
)
_PRODUCT = re.compile(r"(?:vendor|geforce|tesla|quadro|rtx|radeon|instinct|gpu|[ahbvlt]\d{1,3}\w?|mi\d{2,3}\w?)$", re.I)
_NAME_LENGTH = 8  # words of a device's name

_LIBRARIES = r"blas(?:lt)?|fft|rand|sparse(?:lt)?|solver|cub|thrust"
_VENDOR = (
    (re.compile(rf"(?<![A-Za-z])(?:cu|hip|roc)(?={_LIBRARIES})", re.I), "gpu"),
    (re.compile(r"(?<![A-Za-z])(?:cudnn|miopen)", re.I), "gpudnn"),
    (re.compile(r"(?<![A-Za-z])(?:nvcc|hipcc|rocm)(?![a-z])", re.I), "gpu"),
    (re.compile(r"(?<![A-Za-z])(?:cuda|hip)(?![a-z])"), "gpu"),
    (re.compile(r"(?<![A-Za-z])(?:CUDA|HIP|Cuda|Hip)(?![A-Z][a-z]?[A-Z]|[a-z])"), "gpu"),
    (re.compile(r"^cuh?$|^cub$"), "gpu"),
    (re.compile(r"^(?:nccl|rccl)", re.I), "ccl"),
    (re.compile(r"^(?:nvidia|amd)$", re.I), "vendor"),
    (re.compile(r"^(?:sm_\d+\w?|gfx\d\w+)$", re.I), "gpu"),
)
_MAYBE_VENDOR = re.compile(r"cu|hip|roc|nv|miopen|rccl|amd|sm_|gfx", re.I)


@lru_cache(maxsize=4096)
def _neutral(word: str) -> str:
    """A word in the spelling that both vendors share: cudaMalloc and hipMalloc are one."""
    if not _MAYBE_VENDOR.search(word):
        return word
    for pattern, name in _VENDOR:
        word = pattern.sub(name, word)
    return word


def tokens(line: str) -> list[Token]:
    """A line's pieces, without its spaces."""
    soft = list(_timed(line))
    found: list[Token] = []
    for piece in _PIECE.finditer(line):
        text = piece.group()
        if piece["number"]:
            if _POINTER.fullmatch(text):
                found.append(Token("pointer", text))
                continue
            whole = re.fullmatch(r"[-+]?(?:\d+|0[xX][0-9a-fA-F]+)", text) is not None
            timing = _UNIT.match(line, piece.end()) is not None or any(a <= piece.start() < b for a, b in soft)
            found.append(Token("integer" if whole else "real", text, timing))
        else:
            found.append(Token("word", _neutral(text)))
    return found


def _timed(line: str) -> Iterator[tuple[int, int]]:
    """Stretches of a line whose numbers are times or speeds, because a word in front says so.

    A stretch ends with its clause, and at a word that announces something else.
    """
    for announced in _ANNOUNCES.finditer(line):
        end = _CLAUSE.search(line, announced.end() + 2)
        stop = end.start() if end else len(line)
        # Columns are separated by spaces too: the number may stand after them, if only signs stand between.
        if end and not re.search(r"[\w]", line[announced.end() : end.start()]):
            following = _CLAUSE.search(line, re.compile(r"[,;|\s]*").match(line, end.start()).end())  # type: ignore[union-attr]
            stop = following.start() if following else len(line)
        other = _LEADS.search(line, announced.end(), stop)
        stop = other.start() if other else stop
        # After a number, another name begins something else: "time 0.5 error 0.1".
        number = re.compile(r"\d[\d.eE+-]*").search(line, announced.end(), stop)
        if number:
            unit = _UNIT.match(line, number.end()) or _SHARE.match(line, number.end())
            after = re.compile(r"[^\W\d_]{2,}").search(line, unit.end() if unit else number.end(), stop)
            stop = after.start() if after else stop
        yield announced.end(), stop


def lines_of(text: str) -> list[str]:
    """A text's lines as a terminal would show them at the end, without colours and empty lines."""
    found = []
    for line in _ESCAPE.sub("", text).split("\n"):
        line = line.rstrip().rpartition("\r")[2]
        if line.strip():
            found.append(line)
    return found


def skeleton(line: str) -> str:
    """A line with its numbers taken out: what two runs have in common if only numbers differ."""
    return " ".join("#" if token.kind != "word" else token.text for token in tokens(line))


def _text(tally: _Tally, where: str, left: str, right: str, ordered: bool, again: str | None) -> None:
    if left == right:
        tally.numbers += sum(token.number and not token.timing for line in lines_of(left) for token in tokens(line))
        return
    one, other = list(enumerate(lines_of(left), 1)), list(enumerate(lines_of(right), 1))
    repeated = lines_of(again) if again is not None else [line for _, line in one]
    unstable = _unstable([line for _, line in one], repeated)
    if not ordered:
        one, other = sorted(one, key=_order), sorted(other, key=_order)
    if len(one) == len(other):
        pairs = zip(one, other, strict=True)
        for (number, before), (there, after) in pairs:
            if not _line(tally, before, after, unstable.get(number, frozenset())):
                tally.differs(Difference(where, before, after, number, there))
        return
    matcher = difflib.SequenceMatcher(
        None, [skeleton(line) for _, line in one], [skeleton(line) for _, line in other], autojunk=len(one) > 5000
    )
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            for (number, before), (there, after) in zip(one[a:b], other[c:d], strict=True):
                if not _line(tally, before, after, unstable.get(number, frozenset())):
                    tally.differs(Difference(where, before, after, number, there))
            continue
        for index in range(max(b - a, d - c)):
            mine = one[a + index] if a + index < b else (0, "")
            theirs = other[c + index] if c + index < d else (0, "")
            tally.differs(Difference(where, mine[1], theirs[1], mine[0], theirs[0]))


def _order(item: tuple[int, str]) -> tuple[str, list[float]]:
    values = [0.0 if math.isnan(token.value) else token.value for token in tokens(item[1]) if token.number]
    return skeleton(item[1]), values


def _unstable(first: Sequence[str], second: Sequence[str]) -> dict[int, frozenset[int]]:
    """Numbers in which two equal runs of one program differ, by line and place in it: times, or seeds from a clock."""
    found: dict[int, frozenset[int]] = {}
    if len(first) != len(second):
        return found
    for number, (before, after) in enumerate(zip(first, second, strict=True), 1):
        if before == after:
            continue
        one, other = tokens(before), tokens(after)
        if [token.text for token in one if not token.number] == [token.text for token in other if not token.number]:
            places = {at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a.text != b.text}
            found[number] = frozenset(places)
    return found


def _line(tally: _Tally, left: str, right: str, unstable: frozenset[int]) -> bool:
    """Whether two lines agree."""
    one, other = tokens(left), tokens(right)
    if left == right:
        tally.numbers += sum(token.number and not token.timing for token in one)
        return True
    if [t.text for t in one if not t.number] != [t.text for t in other if not t.number] and _names_devices(one, other):
        tally.ignored += 1
        return True
    if len(one) != len(other):
        return False
    device = _PROPERTY.search(left) is not None and _PROPERTY.search(right) is not None
    agree = True
    ignored = 0
    for at, (mine, theirs) in enumerate(zip(one, other, strict=True)):
        if mine.number and theirs.number:
            if device or (mine.timing and theirs.timing) or at in unstable:
                ignored += mine.text != theirs.text
            elif mine.kind == theirs.kind == "integer":
                tally.numbers += 1
                agree = agree and mine.text.lstrip("+") == theirs.text.lstrip("+")
            else:
                agree = tally.real(mine.value, theirs.value) and agree
        elif mine.kind == theirs.kind == "pointer":
            ignored += mine.text != theirs.text
        elif mine != theirs:
            # A time prints itself in other units when it is longer: "900 us" and "1.1 ms".
            agree = agree and at > 0 and one[at - 1].timing and other[at - 1].timing and _both_units(mine, theirs)
    tally.ignored += ignored
    return agree


def _names_devices(one: Sequence[Token], other: Sequence[Token]) -> bool:
    """Whether two lines differ in one stretch only, and there each has the name of a device."""
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    after = 0
    while after < min(len(one), len(other)) - same and one[-1 - after] == other[-1 - after]:
        after += 1
    stretches = [each[same : len(each) - after] for each in (one, other)]
    if any(len(each) > _NAME_LENGTH for each in stretches) or not same:
        return False
    named = _PRODUCT.match(one[same - 1].text) is not None
    return named or all(each and _PRODUCT.match(each[0].text) for each in stretches)


def _both_units(left: Token, right: Token) -> bool:
    return all(re.fullmatch(_SECONDS, each.text, re.I) for each in (left, right))


# -- binary files -----------------------------------------------------------------------------------------------------

_ELEMENTS = {"float16": ("e", 2), "float32": ("f", 4), "float64": ("d", 8)}


def _as_text(data: bytes) -> str | None:
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _binary(tally: _Tally, path: str, left: bytes, right: bytes, element: str) -> None:
    """Bytes, unless both are arrays of floating-point numbers.

    Without a declared type only differences of a few units in the last place pass: what looks like an array of numbers
    may be one of shorter numbers.
    """
    if len(left) != len(right):
        tally.differs(Difference(path, f"{len(left)} bytes", f"{len(right)} bytes"))
        return
    declared = element in _ELEMENTS
    candidates = [element] if declared else ["float32", "float64"]
    for kind in candidates:
        code, size = _ELEMENTS[kind]
        if len(left) % size:
            continue
        count = len(left) // size
        one, other = (struct.unpack(f"<{count}{code}", data) for data in (left, right))
        if not declared and not (_plausible(one) and _plausible(other)):
            continue
        for at, (a, b) in enumerate(zip(one, other, strict=True)):
            near = _ulps(a, b, kind) <= tally.tolerance.ulps
            if near and a != b and not math.isnan(a):
                tally.within = True
                tally.numbers += 1
                tally.worst = max(tally.worst, abs(a - b) / max(abs(a), abs(b)))
            elif not (declared and tally.real(a, b)) and not near:
                tally.differs(Difference(path, f"[{at}] {a!r}", f"[{at}] {b!r}", at + 1, at + 1))
        return
    first = next(at for at, (a, b) in enumerate(zip(left, right, strict=True)) if a != b)
    count = sum(a != b for a, b in zip(left, right, strict=True))
    shown = [f"byte {first}: {data[first : first + 8].hex(' ')}" for data in (left, right)]
    tally.differs(Difference(path, shown[0], shown[1], first + 1, first + 1), count)


def _plausible(values: Sequence[float]) -> bool:
    """Whether bytes read as floating-point numbers look like such: integers and packed bytes give absurd magnitudes."""
    odd = sum(not (value == 0 or 1e-20 < abs(value) < 1e20) for value in values)
    return odd * 1000 <= len(values) and any(values)


def _ulps(left: float, right: float, kind: str) -> float:
    """How many numbers of the type lie between two."""
    if left == right or (math.isnan(left) and math.isnan(right)):
        return 0
    if not (math.isfinite(left) and math.isfinite(right)):
        return math.inf
    code, size = _ELEMENTS[kind]
    whole = {2: "h", 4: "i", 8: "q"}[size]

    def rank(value: float) -> int:
        bits: int = struct.unpack(f"<{whole}", struct.pack(f"<{code}", value))[0]
        return bits if bits >= 0 else -(1 << (8 * size - 1)) - bits

    return abs(rank(left) - rank(right))
