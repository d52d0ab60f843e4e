"""Measure a model on the hard items: how many it solves through the gates, in how many rounds and with how many tokens.

    python benchmarks/agent.py MODEL [NAME ...] [--work DIR] [--json]
    python benchmarks/agent.py relay:DIR        # any outside model: requests and answers are files of DIR

Each item of `benchmarks/hard/` is ported by the engine, then the model works off what is left, then the hidden check of
the item, which neither engine nor model has seen, says whether the port is right. A port that is accepted in all parts
and fails the hidden check is a *false acceptance*: the gates let something wrong pass. Results are kept in the work
folder: a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from hard import Item, items, passes

from hipwright.agent.run import Options, agent
from hipwright.emulate.run import isolation
from hipwright.finding import HipwrightError
from hipwright.port import Options as PortOptions
from hipwright.port import port
from hipwright.toolchain import cache_dir


@dataclass(frozen=True)
class Result:
    """What a model made of one item."""

    name: str
    solved: bool  # the hidden check passes
    finished: bool  # nothing is left, as far as the gates can tell
    accepted: int  # edits
    given_up: int
    open: int
    rounds: int  # requests
    refusals: int
    tokens: int
    dollars: float
    why: str = ""  # the hidden check's words

    @property
    def wrong(self) -> bool:
        """Whether the gates let something wrong pass."""
        return self.finished and not self.solved


def measured(item: Item, model: str, work: Path, jobs: int) -> Result:
    """Port an item, let the model work on it, and put the outcome to the hidden check."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(item.original, work / item.name)
    out = work / f"{item.name}-hip"
    port(work / item.name, out, PortOptions(archs=item.archs, jobs=jobs))
    options = Options(model, isolation=isolation(), jobs=jobs)
    found = agent(out, options, shown=lambda text: print(f"    {text}", flush=True))
    outcome = passes(out, item, work / "check")
    counts = {what: sum(each.outcome == what for each in found.decisions) for what in ("accepted", "given-up", "open")}
    return Result(
        item.name, outcome.passed, found.exit_code == 0, counts["accepted"], counts["given-up"], counts["open"],
        found.spent["requests"], sum(each.refusals for each in found.decisions), found.spent["tokens"],
        found.spent["dollars"], "" if outcome.passed else outcome.text,
    )  # fmt: skip


def line(result: Result) -> str:
    """A result in a line."""
    state = "solved" if result.solved else "WRONG" if result.wrong else "left"
    spent = f"{result.rounds} rounds, {result.refusals} refusals, {result.tokens:,} tokens"
    counts = f"{result.accepted} accepted, {result.given_up} given up, {result.open} open"
    return f"{state:7}{result.name:24}{counts}; {spent}  {result.why}".rstrip()


@click.command()
@click.argument("model")
@click.argument("names", nargs=-1)
@click.option("--work", type=click.Path(path_type=Path), help="Where results are kept; in the cache if not told.")
@click.option("--jobs", default=2)
@click.option("--json", "as_data", is_flag=True)
def main(model: str, names: tuple[str, ...], work: Path | None, jobs: int, as_data: bool) -> None:
    """Measure MODEL on the hard items."""
    label = "".join(c if c.isalnum() else "-" for c in model)
    work = (work or cache_dir() / "agent" / label).resolve()
    work.mkdir(parents=True, exist_ok=True)
    store, results = work / "results.jsonl", {}
    if store.is_file():
        results = {each["name"]: Result(**each) for each in map(json.loads, store.read_text("utf-8").splitlines())}
    chosen = items(names)
    for item in chosen:
        if item.name not in results:
            try:
                results[item.name] = measured(item, model, work / item.name, jobs)
            except HipwrightError as error:
                raise click.ClickException(error.message) from error
            with store.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(asdict(results[item.name])) + "\n")
        if not as_data:
            print(line(results[item.name]), flush=True)
    found = [results[item.name] for item in chosen]
    if as_data:
        print(json.dumps([asdict(each) for each in found], indent=1))
        return
    solved, wrong = sum(each.solved for each in found), sum(each.wrong for each in found)
    rounds, tokens = sum(each.rounds for each in found), sum(each.tokens for each in found)
    print(f"{solved} of {len(found)} solved, {wrong} wrongly accepted; {rounds} rounds, {tokens:,} tokens")


if __name__ == "__main__":
    main()
