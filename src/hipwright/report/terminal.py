"""A Report for a person at a terminal: what was done, what it is worth, what is left. Colour only on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hipwright.finding import Level, Note
from hipwright.report import Report
from hipwright.report.screen import console
from hipwright.report.verified import show_executed

if TYPE_CHECKING:
    from hipwright.explain import Explanation
    from hipwright.scan import Survey
    from hipwright.toolchain.doctor import Diagnosis

_SHOWN = 12  # entries of a list before the rest is only counted; the record holds all


def show_report(report: Report, out: Path) -> None:
    """Print the summary of a port or a check."""
    screen = console()
    counts = Counter(file.status for file in report.files)
    rewritten, unchanged, copied = counts["rewritten"], counts["unchanged"], counts["copied"]
    if report.files:
        edits = sum(len(lines) for file in report.files for lines in file.edits.values())
        screen.print(f"[bold]{escape(str(out))}[/]")
        screen.print(
            f"  translated  {rewritten} files with {edits} edits; {unchanged} needed none; {copied} copied as they are"
        )
    _show_compiled(screen, report)
    if report.verification:
        show_executed(screen, report.verification)
    _show_notes(screen, report.notes)
    _show_work(screen, report)
    _show_verdict(screen, report, out)


def _show_compiled(screen: Console, report: Report) -> None:
    if report.unchecked:
        screen.print(f"  compiled    [yellow]nothing[/]: {escape(report.unchecked)}")
        return
    screen.print(f"  compiled    with {escape(report.toolchain)}")
    passes = sorted({result.arch for result in report.units}, key=lambda arch: (arch == "host", arch))
    for arch in passes:
        results = [result for result in report.units if result.arch == arch]
        good = sum(result.ok for result in results)
        stopped = Counter(result.status for result in results if not result.ok)
        why = ", ".join(f"{count} {status}" for status, count in sorted(stopped.items()))
        colour = "green" if good == len(results) else "red"
        screen.print(f"    {arch:9} [{colour}]{good} of {len(results)} units[/]{f' ({why})' if why else ''}")
    if report.repaired:
        screen.print(f"  repaired    {report.repaired} places on the compiler's word")
    # Kernels of library templates are compiled too; those of the project are what a port is about.
    own = [k for r in report.units for k in r.kernels if k.place and not k.place.path.startswith("/")]
    if own:
        count = len({kernel.symbol for kernel in own})
        if report.verification is None or report.verification.skipped:
            why = report.verification.skipped if report.verification else report.unexecuted
            because = f" ({escape(why)})" if why else ""
            screen.print(f"  executed    nothing{because}: {count} kernels are compiled but [yellow]unverified[/]")
    spilling = sorted({(k.name, k.arch) for k in own if k.vgpr_spills or k.sgpr_spills})
    if spilling:
        names = ", ".join(f"{name if len(name) < 64 else name[:60] + ' …'} [{arch}]" for name, arch in spilling[:4])
        more = " …" * (len(spilling) > 4)
        screen.print(f"  spills      {len(spilling)} kernels spill registers: {escape(names)}{more}")


def _show_notes(screen: Console, notes: Iterable[Note]) -> None:
    titles = {
        Level.ERROR: ("red", "wrong until someone acts"),
        Level.TODO: ("yellow", "left for a person or an agent"),
        Level.TEST: ("cyan", "rewritten, wants a behavioural test"),
    }
    grouped: dict[tuple[Level, str, str], list[Note]] = {}
    for note in notes:
        if note.level in titles:
            grouped.setdefault((note.level, note.message, note.hint), []).append(note)
    for level, (colour, title) in titles.items():
        mine = [(key, places) for key, places in grouped.items() if key[0] is level]
        if not mine:
            continue
        total = sum(len(places) for _, places in mine)
        screen.print(f"\n[bold {colour}]{title}[/] ({total} places)")
        for (_, message, hint), places in sorted(mine, key=lambda item: -len(item[1]))[:_SHOWN]:
            more = f" and {len(places) - 1} more" if len(places) > 1 else ""
            screen.print(f"  {escape(str(places[0].place))}{more}: {escape(message)}")
            if hint:
                screen.print(f"      → {escape(hint)}", style="dim")
        if len(mine) > _SHOWN:
            screen.print(f"  … {len(mine) - _SHOWN} more kinds")


def _show_work(screen: Console, report: Report) -> None:
    if not report.work:
        return
    screen.print(f"\n[bold red]the compiler rejects[/] ({len(report.work)} places, on lines of the original)")
    for item in report.work[:_SHOWN]:
        archs = sorted({diagnostic.arch for diagnostic in item.diagnostics})
        screen.print(f"  {escape(str(item.place))}: {escape(item.title)} [dim]{escape(', '.join(archs))}[/]")
        for hypothesis in item.hypotheses:
            screen.print(f"      → {escape(hypothesis)}", style="dim")
    if len(report.work) > _SHOWN:
        screen.print(f"  … {len(report.work) - _SHOWN} more")


def _show_verdict(screen: Console, report: Report, out: Path) -> None:
    path = out / ".hipwright" / "report.json"
    record = f" Everything found: {escape(str(path))}" if path.exists() else ""
    if not report.left_to_do:
        screen.print(f"\n[bold green]Nothing is left to do[/] for the compiler{_and_the_runs(report)}.{record}")
        return
    parts = []
    if report.unchecked:
        parts.append("nothing was compiled")
    if report.work:
        parts.append(f"{len(report.work)} places do not compile")
    notes = report.count(Level.TODO) + report.count(Level.ERROR)
    if report.verification and report.verification.exit_code == 1:
        parts.append("what was executed differs or is wrong")
    if notes:
        parts.append(f"{notes} places need a person or an agent")
    screen.print(f"\n[bold yellow]Left to do[/]: {'; '.join(parts)}.{record}")


def _and_the_runs(report: Report) -> str:
    """How much executing the port adds to the good news."""
    found = report.verification
    if found is None or found.exit_code != 0:
        return ""
    rest = f", {len(found.unverified)} are unverified" if found.unverified else ""
    return f", and what was executed is equal: {len(found.verified)} kernels{rest}"


def show_scan(found: Survey) -> None:
    """Print what a scan found."""
    screen = console()
    screen.print(f"[bold]{escape(found.root)}[/]: {found.lines:,} lines in {sum(found.files.values())} source files")
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(found.files.items(), key=lambda item: -item[1]))
    screen.print(f"  files     {kinds}")
    screen.print(f"  device    {found.kernels} kernels, {found.launches} launches in source")
    builds = ", ".join(found.builds) or "none recognised"
    screen.print(f"  build     {escape(builds)}; {found.units} units")
    amd = {"none": "no sign of AMD support", "partly": "[cyan]partly supports AMD already[/]"}
    screen.print(f"  AMD       {amd.get(found.amd, '[green]supports AMD already[/]')}")
    for place, what in found.amd_evidence[:3]:
        screen.print(f"              {escape(str(place))}: {escape(what)}")
    if found.apis:
        table = Table(box=None, padding=(0, 2), header_style="bold")
        for column in ("API", "names used", "covered", "missing"):
            table.add_column(column, justify="left" if column in ("API", "missing") else "right")
        for api in found.apis:
            missing = escape(", ".join(api.missing[:4])) + " …" * (len(api.missing) > 4)
            table.add_row(api.library, str(api.used), str(api.known), missing)
        screen.print(table)
    _show_notes(screen, found.notes)
    if found.hazards:
        screen.print("\n[bold]hazards[/] that a rename alone would leave in (see: hipwright explain ID)")
        for hazard in found.hazards[: 2 * _SHOWN]:
            first = escape(str(hazard.places[0]))
            screen.print(f"  {hazard.count:5} × {escape(hazard.title)} ({hazard.id})  [dim]{first}[/]")
        if len(found.hazards) > 2 * _SHOWN:
            screen.print(f"  … {len(found.hazards) - 2 * _SHOWN} more")
    screen.print(f"\n  effort    {escape(found.effort)}")


def show_explanation(explanation: Explanation) -> None:
    """Print what is known of a rule, a hazard or a name."""
    screen = console()
    screen.print(f"[bold]{escape(explanation.title)}[/]")
    for line in explanation.lines:
        screen.print(escape(line))


def show_doctor(findings: Iterable[Diagnosis]) -> None:
    """Print what was found on the machine."""
    screen = console()
    colours = {"found": "green", "missing": "red", "absent": "dim"}
    for item in findings:
        state = item.state.value
        screen.print(f"  [{colours[state]}]{state:8}[/]{escape(item.subject):12} {escape(item.detail)}")
        if item.remedy:
            screen.print(f"          → {escape(item.remedy)}")
