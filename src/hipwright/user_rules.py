"""Rules of the user's own, as data: a text and what it becomes, for what a model or a person solved once.

A rule is a TOML file in `$HIPWRIGHT_RULES`, else in `~/.config/hipwright/rules`. It holds `title`, `why` and one or
more `[[rewrite]]` with `before` and `after`. Both are compared token by token, so that blanks and line ends do not
matter; `$name` stands for a balanced piece of code without `,` and `;` outside of brackets. They run on the ported
text, after all other rules. A project can bring none: they are the user's.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path

from hipwright.finding import Edit, HipwrightError
from hipwright.knowledge import lookup
from hipwright.source import Source

_TOKEN = re.compile(
    rb'\$\w+|[A-Za-z_]\w*|\.?\d(?:[eEpP][+-]|[\w.\'])*|(?:u8|[uUL])?"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
    rb"|//(?:\\\r?\n|[^\n])*|/\*.*?\*/|<<<|>>>|##|::|->|[-+*/%&|^<>=!]=|&&|\|\||<<|[^\s\w]",
    re.S,
)
_OPEN, _CLOSE = b"([{", b")]}"
_LEAST = 3  # tokens that a pattern has to name: less would match anywhere
_MOST = 60  # lines of one rewrite; more is a piece of a program, not a rule
_LONGEST = 200  # tokens that a placeholder stands for
_PASSES = 8
# Words of the language, which never become placeholders.
_WORDS = frozenset(
    b"alignas alignof asm auto bool break case catch char class const constexpr continue default define delete do "
    b"double elif else endif enum explicit extern false float for friend goto if ifdef ifndef include inline int long "
    b"mutable namespace new noexcept nullptr operator private protected public register return short signed sizeof "
    b"static struct switch template this throw true try typedef typename undef union unsigned using virtual void "
    b"volatile while size_t".split()
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a sign of a text, and where it stands."""

    text: bytes
    start: int
    end: int


@dataclass(frozen=True)
class UserRule:
    """A rewriting of the user's own."""

    id: str
    title: str
    why: str
    rewrites: tuple[tuple[str, str], ...]  # before, after

    def edits(self, source: Source) -> list[Edit]:
        """What the rule changes in a source, without overlaps."""
        tokens = tokenise(source.data)
        out: list[Edit] = []
        for before, after in self.rewrites:
            pattern = tokenise(before.encode())
            at = 0
            while at < len(tokens):
                found = _match(source.data, tokens, at, pattern)
                if found is None:
                    at += 1
                    continue
                end, names = found
                start, stop = tokens[at].start, tokens[end - 1].end
                text = re.sub(rb"\$(\w+)", lambda m, names=names: names.get(m[1], m[0]), after.encode())  # type: ignore[misc]
                if text != source.data[start:stop] and all(stop <= e.start or e.end <= start for e in out):
                    out.append(Edit(start, stop, text, f"user:{self.id}"))
                at = end
        return out


def tokenise(data: bytes) -> list[Token]:
    """The tokens of a text; comments are none."""
    found = (Token(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(data))
    return [token for token in found if not token.text.startswith((b"//", b"/*"))]


def _match(
    data: bytes, tokens: Sequence[Token], at: int, pattern: Sequence[Token]
) -> tuple[int, Mapping[bytes, bytes]] | None:
    """Where a match that begins at a token ends, and what its placeholders stand for."""
    names: dict[bytes, bytes] = {}
    for index, wanted in enumerate(pattern):
        if not wanted.text.startswith(b"$"):
            if at >= len(tokens) or tokens[at].text != wanted.text:
                return None
            at += 1
            continue
        stop = pattern[index + 1].text if index + 1 < len(pattern) else None
        end = _piece(tokens, at, stop)
        if end is None:
            return None
        text = data[tokens[at].start : tokens[end - 1].end]
        if names.setdefault(wanted.text[1:], text) != text:
            return None
        at = end
    return at, names


def _piece(tokens: Sequence[Token], at: int, stop: bytes | None) -> int | None:
    """Where the shortest balanced piece from a token on ends that `stop` follows; None if there is none."""
    depth, end = 0, at
    while end < len(tokens) and end - at < _LONGEST:
        text = tokens[end].text
        if depth == 0 and end > at and (stop is None or text == stop):
            return end
        if text in _OPEN:
            depth += 1
        elif text in _CLOSE:
            if depth == 0:
                return None
            depth -= 1
        elif depth == 0 and text in (b",", b";"):
            return None
        end += 1
    return end if stop is None and end > at and depth == 0 else None


# -- the user's folder -------------------------------------------------------------------------------------------------


def folder() -> Path:
    """Where the user's rules are."""
    if named := os.environ.get("HIPWRIGHT_RULES"):
        return Path(named)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "hipwright" / "rules"


def user_rules(where: Path | None = None) -> tuple[UserRule, ...]:
    """The user's rules by their names. Raises `HipwrightError` for one that makes no sense."""
    where = where or folder()
    return tuple(_read(path) for path in sorted(where.glob("*.toml"))) if where.is_dir() else ()


@lru_cache(maxsize=256)
def _parsed(path: Path, text: str) -> UserRule:
    try:
        data = tomllib.loads(text)
        rewrites = tuple((str(each["before"]), str(each["after"])) for each in data["rewrite"])
        rule = UserRule(path.stem, str(data.get("title", "")), str(data.get("why", "")), rewrites)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise HipwrightError(f"{path} is no rule: {error}", "it needs [[rewrite]] with before and after", 2) from error
    if problem := flaw(rule):
        raise HipwrightError(f"{path}: {problem}", "mend the rule, or remove its file", 2)
    return rule


def _read(path: Path) -> UserRule:
    return _parsed(path, path.read_text("utf-8"))


def flaw(rule: UserRule) -> str:
    """Why a rule must not be used; empty if it may."""
    for before, after in rule.rewrites:
        pattern = tokenise(before.encode())
        if sum(not token.text.startswith(b"$") and token.text[:1].isalnum() for token in pattern) < 1:
            return "a rewrite has to name something"
        if len(pattern) < _LEAST:
            return f"a rewrite has to name at least {_LEAST} tokens: {before!r} is found anywhere"
        unknown = set(re.findall(r"\$(\w+)", after)) - set(re.findall(r"\$(\w+)", before))
        if unknown:
            return f"`after` uses ${unknown.pop()}, which `before` has not"
    once = apply(Source("rule.cu", "\n".join(after for _, after in rule.rewrites).encode()), (rule,))
    return "its result would be rewritten again, without end" if once.changed_without_end else ""


@dataclass(frozen=True)
class Applied:
    """A source after the user's rules."""

    edits: tuple[tuple[Source, tuple[Edit, ...]], ...]  # of each pass, with the text that it began with
    source: Source
    changed_without_end: bool = False


def apply(source: Source, rules: Iterable[UserRule]) -> Applied:
    """Run rules over a source until none has an edit left."""
    passes: list[tuple[Source, tuple[Edit, ...]]] = []
    for rule in rules:
        for _ in range(_PASSES):
            edits = rule.edits(source)
            if not edits:
                break
            passes.append((source, tuple(edits)))
            source, _lines = source.apply(edits)
        else:
            return Applied(tuple(passes), source, True)
    return Applied(tuple(passes), source)


# -- from a fix --------------------------------------------------------------------------------------------------------


def from_fix(name: str, title: str, texts: Mapping[str, tuple[str, str]]) -> UserRule:
    """The rule that makes the same of a text as a fix did. `texts` has each file before and after it.

    Names that are the project's own become placeholders. Raises `HipwrightError` where the fix is no rule: it is too
    long, adds only text, or does not follow from what it replaces.
    """
    found: dict[tuple[str, str], None] = {}
    for old, new in texts.values():
        found |= dict.fromkeys(_general(before, after) for before, after in _regions(old, new))
    rule = UserRule(name, title, "a fix that was accepted", tuple(found))
    hint = "keep it as a commit, or write the rule by hand"
    if not found:
        raise HipwrightError("the fix changes no code", hint, 2)
    if problem := flaw(rule):
        raise HipwrightError(f"the fix is no rule: {problem}", hint, 2)
    for path, (old, new) in texts.items():
        done = apply(Source(path, old.encode()), (rule,)).source.data
        if [t.text for t in tokenise(done)] != [t.text for t in tokenise(new.encode())]:
            raise HipwrightError(f"the fix is no rule: applied to {path} it does something else", hint, 2)
    return rule


def _regions(old: str, new: str) -> Iterator[tuple[str, str]]:
    """The lines that a fix replaced, with what they became."""
    left, right = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for tag, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if a == b and a > 0:  # only added: it hangs on the line before
            a, c = a - 1, c - 1
        if b - a > _MOST or d - c > _MOST:
            raise HipwrightError(f"the fix is no rule: it replaces {max(b - a, d - c)} lines", "keep it as a commit", 2)
        yield "".join(left[a:b]).strip(), "".join(right[c:d]).strip()


def _general(before: str, after: str) -> tuple[str, str]:
    """Both texts with placeholders for names of variables that both have."""
    tokens, others = tokenise(before.encode()), {token.text for token in tokenise(after.encode())}
    own: dict[bytes, None] = {}
    for index, token in enumerate(tokens):
        word = re.fullmatch(rb"[A-Za-z_]\w*", token.text)
        following = tokens[index + 1].text if index + 1 < len(tokens) else b""
        previous = tokens[index - 1].text if index else b""
        named = (
            following in (b"(", b"::", b"<", b"<<<") or previous in (b".", b"->", b"::", b"#") or token.text in _WORDS
        )
        if word and not named and token.text in others and lookup(token.text.decode()) is None:
            own[token.text] = None

    def put(text: str) -> str:
        data, out, at = text.encode(), b"", 0
        for token in tokenise(data):
            out += data[at : token.start] + (b"$" + token.text if token.text in own else token.text)
            at = token.end
        return (out + data[at:]).decode()

    return put(before), put(after)


def as_toml(rule: UserRule) -> str:
    """A rule as its file."""
    parts = [f"title = {_quoted(rule.title)}", f"why = {_quoted(rule.why)}"]
    for before, after in rule.rewrites:
        parts.append(f"\n[[rewrite]]\nbefore = {_quoted(before)}\nafter = {_quoted(after)}")
    return "\n".join(parts) + "\n"


def _quoted(text: str) -> str:
    """A TOML string, over several lines where the text is."""
    escaped = "".join(
        {"\\": "\\\\", '"': '\\"', "\n": "\n", "\t": "\\t"}.get(c, c if c.isprintable() else f"\\u{ord(c):04x}")
        for c in text
    )
    return f'"""\n{escaped}"""' if "\n" in text else f'"{escaped}"'
