"""Rules of the user's own: how they match, what is refused, and how a fix becomes one."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipwright.finding import HipwrightError
from hipwright.port import Options, port
from hipwright.source import Source
from hipwright.user_rules import UserRule, apply, as_toml, flaw, from_fix, user_rules


def rule(before: str, after: str) -> UserRule:
    return UserRule("mine", "t", "w", ((before, after),))


def applied(text: str, *rules: UserRule) -> str:
    return apply(Source("a.cu", text.encode()), rules).source.data.decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f(a, b);", "g(b, a);"),
        ("f( a[i, j] , (b, c) );", "g((b, c), a[i, j]);"),  # brackets belong together
        ("f(a,\n  b);", "g(b, a);"),
        ("// f(a, b)\n\"f(a, b)\"", "// f(a, b)\n\"f(a, b)\""),  # comments and strings are no code
        ("f(a, b, c); ff(a, b); x.f;", "f(a, b, c); ff(a, b); x.f;"),
        ("f(f(a, b), c);", "g(c, g(b, a));"),
    ],
)  # fmt: skip
def test_what_a_rule_matches(text: str, expected: str) -> None:
    assert applied(text, rule("f($x, $y)", "g($y, $x)")) == expected


def test_a_placeholder_stands_for_the_same_everywhere() -> None:
    mine = rule("swap($x, $x)", "nothing($x)")
    assert applied("swap(a, a); swap(a, b);", mine) == "nothing(a); swap(a, b);"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("$x", "$x", "name something"),
        ("a;", "b;", "at least 3 tokens"),
        ("f($x)", "g($y)", "$y"),
        ("f($x)", "f(f($x))", "without end"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(before: str, after: str, problem: str) -> None:
    assert problem in flaw(rule(before, after))


def test_a_fix_becomes_a_rule_for_other_names() -> None:
    old = "int* counts;\nlegacy_scan(counts, size, stream_of(queue));\n"
    new = "int* counts;\nmodern_scan(stream_of(queue), counts, size);\n"
    made = from_fix("scan", "the scan moved", {"a.cu": (old, new)})
    assert applied("legacy_scan(totals, n + 1, stream_of(other[3]));", made) == (
        "modern_scan(stream_of(other[3]), totals, n + 1);"
    )
    assert not flaw(made)


def test_a_fix_that_is_no_rule_is_refused() -> None:
    long = "".join(f"line{n}();\n" for n in range(100))
    for old, new, problem in (
        ("a(b);\n", "a(b);\n", "changes no code"),
        (long, long.replace("line", "other"), "replaces 100 lines"),
        ("x(p, q);\n", "x(q, p);\n", "without end"),
        ("check(p);\nuse(p);\ncheck(p);\n", "check(p);\nuse(p);\nchecked(p);\n", "does something else"),
    ):
        with pytest.raises(HipwrightError, match=problem):
            from_fix("no", "t", {"a.cu": (old, new)})


def test_the_next_port_needs_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIPWRIGHT_RULES", str(tmp_path / "rules"))
    source = (
        "#include <cuda_runtime.h>\n#define CALL(name) cuda##name\nint f(void** p) { return CALL(Malloc)(p, 4); }\n"
    )
    (tmp_path / "cuda").mkdir()
    (tmp_path / "cuda" / "a.cu").write_text(source)
    fix = {"a.cu": ("#define CALL(name) cuda##name\n", "#define CALL(name) hip##name\n")}
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "paste.toml").write_text(as_toml(from_fix("paste", "pasted names", fix)))
    report = port(tmp_path / "cuda", tmp_path / "hip", Options(archs=("gfx942",)))
    assert "#define CALL(name) hip##name" in (tmp_path / "hip" / "a.cu").read_text()
    assert report.exit_code == 0 and report.files[0].edits["user:paste"] == (2,)
    port(tmp_path / "hip", tmp_path / "again", Options(check=False))
    assert (tmp_path / "again" / "a.cu").read_bytes() == (tmp_path / "hip" / "a.cu").read_bytes()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("rewrite = 3\n")
    with pytest.raises(HipwrightError, match=r"bad\.toml is no rule"):
        user_rules(tmp_path)


@given(st.text(alphabet=string.printable + "é\x01", max_size=60))
def test_any_text_survives_its_file(text: str) -> None:
    import tomllib

    made = UserRule("x", text, "w", ((text, text),))
    back = tomllib.loads(as_toml(made))
    assert back["title"] == back["rewrite"][0]["before"] == text
