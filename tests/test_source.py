"""Positions, calls and edits of one source."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipwright.finding import Edit
from hipwright.source import LineMap, Source, non_overlapping

LINES = [letter * 6 for letter in "abcdefgh"]  # no two share a letter: a line of an edited text stems from one
TEXT = "\n".join(LINES) + "\n"


@st.composite
def some_edits(draw: st.DrawFn, length: int = len(TEXT)) -> list[Edit]:
    """Edits without overlaps whose text may bring and take line ends."""
    cuts = sorted(draw(st.sets(st.integers(0, length), max_size=8)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    text = st.text("xy\n", max_size=6)
    return [Edit(start, end, draw(text).encode(), "test") for start, end in pairs]


def whole_lines(source: Source) -> dict[int, int]:
    """Lines of an edited text that are lines of the original, byte for byte: new number → original number."""
    found = {}
    for number, line in enumerate(source.data.decode().split("\n"), 1):
        if line in LINES:
            found[number] = LINES.index(line) + 1
    return found


@given(some_edits())
@settings(deadline=None)
def test_untouched_lines_keep_their_numbers(edits: list[Edit]) -> None:
    source, lines = Source("a.cu", TEXT.encode()).apply(edits)
    for new, old in whole_lines(source).items():
        assert lines.original(new) == old


@given(some_edits(), st.data())
@settings(deadline=None)
def test_line_maps_compose(edits: list[Edit], data: st.DataObject) -> None:
    first, one = Source("a.cu", TEXT.encode()).apply(edits)
    second, two = first.apply(data.draw(some_edits(len(first.data))))
    lines = one.then(two)
    for new, old in whole_lines(second).items():
        assert lines.original(new) == old
    for new in range(1, second.data.count(b"\n") + 2):
        assert lines.original(new) == one.original(two.original(new))


def test_an_untouched_text_maps_to_itself() -> None:
    assert [LineMap().original(line) for line in (1, 7, 500)] == [1, 7, 500]


@pytest.mark.parametrize(
    ("text", "name", "args", "template"),
    [
        ("void f() { call(a, b<c, d>(e), {1, 2}); }", "call", ["a", "b<c, d>(e)", "{1, 2}"], []),
        ("void f() { call<int, 4>(x); }", "call", ["x"], ["int", "4"]),
        ("#define M(x) call(x, (1, 2), \"a,b\")\n", "call", ["x", "(1, 2)", '"a,b"'], []),
        ("#define M call(p<q, r>(1), \\\n 2)\n", "call", ["p<q, r>(1)", "2"], []),
        ("void f() { ns::call(); }", "call", [], []),
        ("void broken( { call(a < b, c > d) ", "call", ["a < b", "c > d"], []),
    ],
)  # fmt: skip
def test_calls_are_read_with_and_without_a_tree(text: str, name: str, args: list[str], template: list[str]) -> None:
    source = Source("a.cu", text.encode())
    start = text.index(name)
    node = source.node_at(start, start + len(name))
    assert node is not None
    call = source.call_of(node)
    assert call is not None
    assert [arg.text for arg in call.args] == args
    assert [arg.text for arg in call.template] == template
    assert source.text(call.open, call.close + 1).startswith("(")


def test_no_node_inside_comments_and_strings() -> None:
    text = '// cudaMalloc\nconst char* s = "cudaMalloc"; /* cudaMalloc */\n'
    source = Source("a.cu", text.encode())
    at = -1
    for _ in range(3):
        at = text.index("cudaMalloc", at + 1)
        assert source.node_at(at, at + 10) is None


def test_of_overlapping_edits_the_lower_rank_wins_and_the_other_waits() -> None:
    wide, narrow, apart = Edit(0, 10, b"w", "wide"), Edit(2, 4, b"n", "narrow"), Edit(10, 12, b"a", "narrow")
    chosen, waiting = non_overlapping([(narrow,), (wide,), (apart,)], {"wide": 0, "narrow": 1})
    assert set(chosen) == {wide, apart}
    assert waiting


def test_an_edited_tree_equals_a_fresh_one() -> None:
    text = b"void f() { int a = 1; /* x */ g(a, 2); }\n#define M(x) g(x)\n"
    source = Source("a.cu", text)
    assert not source.tree.root_node.has_error
    start = text.index(b"g(a")
    edited, _ = source.apply([Edit(start, start + 1, b"longer_name", "t"), Edit(4, 5, b"\nh\n", "t")])
    assert str(edited.tree.root_node) == str(Source("a.cu", edited.data).tree.root_node)
