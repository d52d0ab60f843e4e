"""When two runs agree. What passes that should not is the worst mistake, so most of these are about what must not pass."""

from __future__ import annotations

import struct
from array import array

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hipwright.compare import Comparison, Output, Tolerance, Verdict, compare, gravest, tokens


def said(left: str, right: str, again: str | None = None, *, ordered: bool = True) -> Comparison:
    """Compare two standard outputs."""
    repeated = None if again is None else Output(stdout=again)
    return compare(Output(stdout=left), Output(stdout=right), ordered=ordered, again=repeated)


SAME = [
    ("Average kernel execution time: 0.123 (us)", "Average kernel execution time: 0.456 (us)"),
    ("time 0.5 error 0.1", "time 0.7 error 0.1"),
    ("CUDA kernel took 12.5ms", "HIP kernel took 1.2s"),
    ("took 900 us", "took 1.1 ms"),
    ("cudaMalloc failed in foo.cu", "hipMalloc failed in foo.hip"),
    ("cublasSgemm ok", "hipblasSgemm ok"),
    ("at 0x7f1234567890", "at 0x7f12345678a0"),
    ("Device 0: NVIDIA A100", "Device 0: AMD Instinct MI300X"),
    ("Warp size: 32", "Warp size: 64"),
    ("Bandwidth (GB/s): 12.3 sum 7", "Bandwidth (GB/s): 14.3 sum 7"),
    ("kernel(10): 5.1 GFLOPS, 3.2 % of peak performance", "kernel(10): 6.1 GFLOPS, 3.2 % of peak performance"),
    ("10 iterations in 0.123 seconds", "10 iterations in 0.2 seconds"),
    ("total time:     12.5", "total time:     13.5"),
    ("nan", "-nan"),
    ("1e-3", "0.001"),
    ("progress 1\rprogress 2\n\n", "progress 2"),
    ("\x1b[32mPASS\x1b[0m", "PASS"),
    ("-0.000", "0.000"),
]
DIFFERENT = [
    ("x = 1", "x = 2"),
    ("PASS", "FAIL"),
    ("PASS on NVIDIA A100", "FAIL on AMD Instinct"),
    ("Device 0 result: 123", "Device 0 result: 124"),
    ("time 0.5 error 0.1", "time 0.7 error 0.2"),
    ("Time step 5, error 0.01", "Time step 5, error 0.02"),
    ("accuracy 97.5%", "accuracy 96.5%"),
    ("checksum 0xdeadbeef", "checksum 0xdeadbeee"),
    ("version 1.2.3", "version 1.2.4"),
    ("11 iterations in 0.123 seconds", "10 iterations in 0.2 seconds"),
    ("v=-5", "v=5"),
    ("a-5", "a-6"),
    ("scuda", "ship"),
    ("0.12", "0.13"),
    ("1.0", "nan"),
    ("inf", "1e30"),
    ("inf", "-inf"),
    ("a\nb\nc", "a\nc"),
    ("a\nb", "b\na"),
    ("10 20", "10 20 30"),
    ("10 20", "1020"),
    ("16777216", "16777217"),
    ("", "a"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_same(left: str, right: str) -> None:
    result = said(left, right)
    assert (result.verdict, result.count, result.differences) == (Verdict.SAME, 0, ())


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different(left: str, right: str) -> None:
    for one, other in ((left, right), (right, left)):
        result = said(one, other)
        assert result.verdict is Verdict.DIFFERENT and result.count and result.differences


def test_tolerance_is_its_own_verdict_and_says_how_far() -> None:
    result = said("x = 1.0000001, n = 3", "x = 1.0000002, n = 3")
    assert result.verdict is Verdict.TOLERANCE and 0 < result.worst < 2e-7 and result.numbers == 2
    assert said("x = 1.5", "x = 1.6").worst == pytest.approx(0.0625)


def test_the_first_differing_lines_are_shown() -> None:
    result = said("a\nb 1\n" + "c\n" * 9, "a\nb 2\n" + "d\n" * 9)
    assert result.count == 10 and len(result.differences) == 5
    first = result.differences[0]
    assert (first.left, first.right, first.left_line, first.right_line) == ("b 1", "b 2", 2, 2)


def test_a_missing_line_does_not_shift_the_rest() -> None:
    result = said("a\nb\nc 1\nd", "a\nc 1\nd")
    assert result.count == 1 and result.differences[0].left == "b" and result.differences[0].right_line == 0


def test_what_differs_between_equal_runs_is_not_compared() -> None:
    assert said("seed 5\nsum 3", "seed 9\nsum 3", "seed 7\nsum 3").verdict is Verdict.SAME
    assert said("seed 5\nsum 3", "seed 9\nsum 4", "seed 7\nsum 3").verdict is Verdict.DIFFERENT
    assert said("seed 5", "seed 9", "seed 5").verdict is Verdict.DIFFERENT
    assert said("word a 1", "word a 2", "word b 1").verdict is Verdict.DIFFERENT


def test_order_only_matters_where_the_original_has_one() -> None:
    assert said("t 1\nt 2\nend", "t 2\nend\nt 1", ordered=False).verdict is Verdict.SAME
    assert said("t 1\nt 2\nend", "t 2\nend\nt 3", ordered=False).verdict is Verdict.DIFFERENT
    assert said("t 1\nt 2", "t 2\nt 2", ordered=False).verdict is Verdict.DIFFERENT


def test_exit_codes_and_signals() -> None:
    assert compare(Output(exit_code=0), Output(exit_code=1)).verdict is Verdict.DIFFERENT
    assert compare(Output(signal="SIGSEGV"), Output()).verdict is Verdict.DIFFERENT
    assert compare(Output(exit_code=2), Output(exit_code=2)).verdict is Verdict.SAME


def test_both_not_a_number_is_counted() -> None:
    assert said("loss nan", "loss nan").numbers == 1
    assert said("loss nan 1", "loss -nan 1").nans == 1


def files(left: bytes, right: bytes, name: str = "out", **types: str) -> Comparison:
    """Compare one written file."""
    return compare(Output(files={name: left}), Output(files={name: right}), types=types)


def test_files() -> None:
    assert files(b"a 1.0\n", b"a 1.000001\n").verdict is Verdict.TOLERANCE
    assert files(b"a 1\n", b"a 2\n").verdict is Verdict.DIFFERENT
    assert compare(Output(files={"a": b""}), Output()).verdict is Verdict.DIFFERENT
    assert compare(Output(), Output(files={"a": b""})).verdict is Verdict.DIFFERENT
    assert files(b"\0\1\2", b"\0\1\3").verdict is Verdict.DIFFERENT
    assert files(b"\0\1\2", b"\0\1\2\3").verdict is Verdict.DIFFERENT


def test_binary_arrays_of_numbers() -> None:
    one = array("f", [1.5, 2.5, 0.0, -3.25] * 10)
    last_place, off = array("f", one), array("f", one)
    last_place[3] = struct.unpack("<f", struct.pack("<I", struct.unpack("<I", struct.pack("<f", one[3]))[0] + 2))[0]
    off[3] = one[3] * (1 + 5e-6)
    assert files(one.tobytes(), last_place.tobytes()).verdict is Verdict.TOLERANCE
    assert files(one.tobytes(), off.tobytes()).verdict is Verdict.DIFFERENT, (
        "an undeclared type passes the last places only"
    )
    assert files(one.tobytes(), off.tobytes(), out="float32").verdict is Verdict.TOLERANCE
    off[3] = one[3] * 1.001
    assert files(one.tobytes(), off.tobytes(), out="float32").verdict is Verdict.DIFFERENT
    integers = array("i", range(100))
    other = array("i", integers)
    other[5] += 1
    assert files(integers.tobytes(), other.tobytes()).verdict is Verdict.DIFFERENT


def test_the_gravest_verdict_stands_for_all() -> None:
    assert gravest([]) is Verdict.NOT_RUN
    assert gravest([Verdict.SAME, Verdict.TOLERANCE]) is Verdict.TOLERANCE
    assert gravest([Verdict.SAME, Verdict.DIFFERENT, Verdict.TIMEOUT]) is Verdict.DIFFERENT
    assert {verdict for verdict in Verdict if verdict.good} & {verdict for verdict in Verdict if verdict.bad} == set()


# -- properties -----------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x1b"), max_size=80)
WORDS = st.lists(st.from_regex(r"[a-z]{3,8}", fullmatch=True), max_size=4).map(" ".join)
PLAIN = WORDS.filter(lambda text: not any(token.timing for token in tokens(f"{text} 1 {text}")))


@given(TEXT)
def test_everything_is_the_same_as_itself(text: str) -> None:
    assert said(text, text).verdict is Verdict.SAME


@given(TEXT, TEXT)
def test_the_verdict_does_not_depend_on_the_side(left: str, right: str) -> None:
    assert said(left, right).verdict is said(right, left).verdict


@given(TEXT)
def test_spaces_do_not_matter_and_nothing_is_lost(line: str) -> None:
    kept = "".join(token.text for token in tokens(line))
    assert sum(character.isdigit() for character in kept) == sum(character.isdigit() for character in line)


@given(PLAIN, st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12), PLAIN)
def test_integers_are_exact(before: str, one: int, other: int, after: str) -> None:
    assume(not any(token.timing for token in tokens(f"{before} 1 {after}")))
    expected = Verdict.SAME if one == other else Verdict.DIFFERENT
    assert said(f"{before} {one} {after}", f"{before} {other} {after}").verdict is expected


@given(PLAIN, st.floats(1e-3, 1e6), st.floats(-1e-2, 1e-2))
def test_reals_are_compared_by_the_tolerance(before: str, value: float, error: float) -> None:
    assume(not any(token.timing for token in tokens(f"{before} 1.0")))
    other = value * (1 + error)
    tolerance = Tolerance(1e-4, 0.0)
    left, right = Output(stdout=f"{before} {value:.17e}"), Output(stdout=f"{before} {other:.17e}")
    result = compare(left, right, tolerance)
    assume(abs(abs(value - other) / max(value, other) - 1e-4) > 1e-12)
    if value == other:
        assert result.verdict is Verdict.SAME
    else:
        within = abs(value - other) <= 1e-4 * max(value, other)
        assert result.verdict is (Verdict.TOLERANCE if within else Verdict.DIFFERENT)


@given(st.lists(PLAIN.filter(bool), min_size=1, max_size=6), st.data())
def test_a_changed_word_is_seen(lines: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines) - 1))
    changed = [*lines[:at], lines[at] + "x", *lines[at + 1 :]]
    for ordered in (True, False):
        assert said("\n".join(lines), "\n".join(changed), ordered=ordered).verdict is Verdict.DIFFERENT


@given(st.lists(st.tuples(PLAIN.filter(bool), st.integers()), max_size=6), st.randoms())
def test_order_insensitive_means_any_order(lines: list[tuple[str, int]], random: object) -> None:
    text = [f"{word} {number}" for word, number in lines]
    shuffled = list(text)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert said("\n".join(text), "\n".join(shuffled), ordered=False).verdict is Verdict.SAME


@given(st.binary(max_size=64), st.binary(max_size=64))
def test_bytes_that_are_no_numbers_are_exact(left: bytes, right: bytes) -> None:
    left, right = b"\0\xff" + left, b"\0\xff" + right
    result = files(left, right)
    assert (result.verdict is Verdict.SAME) == (left == right) or result.verdict is Verdict.TOLERANCE
