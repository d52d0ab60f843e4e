"""A Verification for a person at a terminal: verdicts, then what differs, what is wrong and what is not known."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hipwright.compare import Verdict
from hipwright.report.screen import console
from hipwright.report.verification import (
    Fault,
    KernelCoverage,
    KernelResult,
    ProgramResult,
    SideResult,
    Verification,
)

_SHOWN = 8
_COLOURS = {
    Verdict.SAME: "green",
    Verdict.TOLERANCE: "green",
    Verdict.DIFFERENT: "red",
    Verdict.SCHEDULE: "red",
    Verdict.FAULT: "red",
    Verdict.UNSUPPORTED: "yellow",
    Verdict.TIMEOUT: "yellow",
    Verdict.NOT_RUN: "yellow",
}
_MEANS = {
    Verdict.TOLERANCE: "equal but for floating-point numbers within the tolerance",
    Verdict.DIFFERENT: "the port's answer is not the original's",
    Verdict.SCHEDULE: "the order of lanes or blocks changes the answer: a race",
    Verdict.FAULT: "it did what no program may; see its place",
    Verdict.UNSUPPORTED: "it needs something that the emulator lacks",
    Verdict.TIMEOUT: "it did not end in time; give smaller arguments (--args) or more time (--timeout)",
    Verdict.NOT_RUN: "nothing is known of it",
}


def show_verification(found: Verification) -> None:
    """Print what was executed and compared."""
    screen = console()
    if found.skipped:
        screen.print(f"[yellow]Nothing was run[/]: {escape(found.skipped)}")
    show_executed(screen, found)
    _verdict(screen, found)


def show_executed(screen: Console, found: Verification) -> None:
    """Print everything but the last word: runs, faults, kernels, layouts."""
    if not found.skipped:
        _runs(screen, found)
    _layouts(screen, found)


def _runs(screen: Console, found: Verification) -> None:
    screen.print(f"executed on the CPU, built with {escape(found.toolchain)}")
    screen.print(f"  isolation   {escape(found.isolation)}{'' if found.isolation == 'bubblewrap' else ' (no sandbox)'}")
    if found.programs:
        _table(screen, found.programs)
    for program in found.programs:
        for side in program.sides:
            _difference(screen, program, side)
    _alone(screen, found.alone)
    _faults(screen, found.programs)
    _reasons(screen, found.programs)
    _kernels(screen, found.kernels)


def _title(side: SideResult, original: bool) -> str:
    return f"{side.side} {'original' if original else side.arch}"


def _table(screen: Console, programs: Iterable[ProgramResult]) -> None:
    programs = list(programs)
    table = Table(box=None, padding=(0, 2), header_style="bold")
    table.add_column("program")
    for index, side in enumerate(programs[0].sides):
        table.add_column(_title(side, index == 0))
    verdicts: set[Verdict] = set()
    for program in programs:
        cells = []
        for index, side in enumerate(program.sides):
            verdicts.add(side.verdict)
            kernels = f" ({len(side.launched)} kernels)" if index == 0 and side.launched else ""
            word = "runs" if index == 0 and side.verdict is Verdict.SAME else side.verdict.value
            cells.append(f"[{_COLOURS[side.verdict]}]{word}[/]{kernels}")
        shown = f"{program.name} {' '.join(program.args)}".strip()
        table.add_row(escape(shown if len(shown) <= 60 else f"{shown[:57]}..."), *cells)
    screen.print(table)
    for verdict in (each for each in _MEANS if each in verdicts):
        screen.print(f"  [dim]{verdict.value}: {_MEANS[verdict]}[/]")


def _difference(screen: Console, program: ProgramResult, side: SideResult) -> None:
    found = side.comparison
    if found is None or not found.differences:
        return
    screen.print(f"\n[bold red]{escape(program.name)} differs[/] on {escape(side.side)} ({escape(side.arch)})")
    for each in found.differences[:3]:
        line = each.left_line or each.right_line
        screen.print(f"  {escape(each.where)}{f' line {line}' if line else ''}")
        screen.print(f"    original  {escape(_cut(each.left)) if each.left else '[dim](no such line)[/]'}")
        screen.print(f"    port      {escape(_cut(each.right)) if each.right else '[dim](no such line)[/]'}")
    worst = f"; largest relative error {found.worst:.1e}" if found.worst else ""
    screen.print(f"  {found.count} differences{worst}")
    screen.print(f"  again: {escape(program.reproduce)}", style="dim")


def _alone(screen: Console, kernels: Iterable[KernelResult]) -> None:
    """The kernels that differ when they are launched by themselves, each with the smallest such launch."""
    for kernel in kernels:
        if not kernel.verdict.bad:
            continue
        screen.print(f"\n[bold red]{escape(_cut(kernel.name))} differs[/] when launched by itself")
        screen.print(f"  smallest launch: {escape(kernel.launch)}")
        for side in kernel.sides:
            if not side.verdict.bad:
                screen.print(f"  {side.side} {side.arch}: {side.verdict.value}")
                continue
            screen.print(f"  {side.side} {side.arch}: [red]{side.verdict.value}[/] {escape('; '.join(side.notes))}")
            for each in side.comparison.differences[:1] if side.comparison else ():
                more = f" ({side.comparison.count} values differ)" if side.comparison else ""
                values = f"original {_cut(each.left)}, port {_cut(each.right)}{more}"
                screen.print(f"    {escape(each.where)}: {escape(values)}")
            for fault in side.faults[:2]:
                where = f"{fault.place.path}:{fault.place.line}: " if fault.place else ""
                screen.print(f"    {escape(where)}{escape(str(fault))}{f' ({fault.where})' if fault.where else ''}")
        screen.print(f"  again: {escape(kernel.reproduce)}", style="dim")


def _faults(screen: Console, programs: Iterable[ProgramResult]) -> None:
    port: dict[Fault, list[str]] = {}
    own: dict[Fault, list[str]] = {}
    for program in programs:
        for index, side in enumerate(program.sides):
            for fault in side.faults:
                if index == 0 or not fault.original:
                    (own if index == 0 else port).setdefault(fault, []).append(f"{program.name} {side.side}")
    for title, faults in (("wrong in the port", port), ("wrong in the original itself", own)):
        if not faults:
            continue
        screen.print(f"\n[bold red]{title}[/] ({len(faults)})")
        for fault, places in list(faults.items())[:_SHOWN]:
            where = f"{fault.place.path}:{fault.place.line}: " if fault.place else ""
            ported = f" (port: {fault.ported})" if fault.ported else ""
            screen.print(f"  {escape(where)}{escape(str(fault))}{escape(ported)}")
            lane = f"{fault.where}; " if fault.where else ""
            screen.print(f"      {escape(lane)}{escape(', '.join(dict.fromkeys(places)))}", style="dim")
        if len(faults) > _SHOWN:
            screen.print(f"  … {len(faults) - _SHOWN} more")


def _reasons(screen: Console, programs: Iterable[ProgramResult]) -> None:
    reasons: dict[tuple[str, str], list[str]] = {}
    for program in programs:
        for side in program.sides:
            if side.reason:
                reasons.setdefault((side.verdict.value, side.reason), []).append(f"{program.name} {side.side}")
    notes = {(p.name, note) for p in programs for side in p.sides for note in side.notes}
    if reasons:
        screen.print("\n[bold yellow]not known[/]")
        for (verdict, reason), who in list(reasons.items())[: 2 * _SHOWN]:
            screen.print(f"  {verdict:12} {escape(reason)}")
            more = f" and {len(who) - 3} more" if len(who) > 3 else ""
            screen.print(f"               {escape(', '.join(who[:3]))}{more}", style="dim")
        if len(reasons) > 2 * _SHOWN:
            screen.print(f"  … {len(reasons) - 2 * _SHOWN} more")
    if notes:
        screen.print("\n[bold]to know[/]")
        for name, note in sorted(notes)[: 2 * _SHOWN]:
            screen.print(f"  {escape(name)}: {escape(note)}")


def _kernels(screen: Console, kernels: Iterable[KernelCoverage]) -> None:
    kernels = list(kernels)
    good = sum(kernel.verified for kernel in kernels)
    if not kernels:
        return
    colour = "green" if good == len(kernels) else "yellow"
    screen.print(f"\n[bold]kernels[/]: [{colour}]{good} of {len(kernels)}[/] were launched and agree with the original")
    generated = sum("generated" in kernel.how for kernel in kernels if kernel.verified)
    if generated:
        screen.print(f"  {generated} of them in generated launches, because no program reaches them")
    rest = [kernel for kernel in kernels if not kernel.verified]
    for kernel in rest[:_SHOWN]:
        screen.print(f"  unverified  {escape(_cut(kernel.name, 70))}: {escape(kernel.reason)}")
    if len(rest) > _SHOWN:
        screen.print(f"  … {len(rest) - _SHOWN} more unverified")


def _layouts(screen: Console, found: Verification) -> None:
    if found.layouts is None:
        return
    count, wrong = len(found.layouts.compared), found.layouts.differences
    if not wrong:
        screen.print(f"[bold]layouts[/]: {count} types, kernels and variables that cross between host and device agree")
    else:
        screen.print(
            f"\n[bold red]laid out differently[/] ({len(wrong)} of {count} that cross between host and device)"
        )
    for each in wrong[:_SHOWN]:
        screen.print(f"  {escape(str(each.place))}: {escape(each.text().replace(chr(10), chr(10) + '    '))}")
    if len(wrong) > _SHOWN:
        screen.print(f"  … {len(wrong) - _SHOWN} more")
    for failed in found.layouts.failed[:3]:
        screen.print(f"  [yellow]not compared[/]  {escape(failed.place.path)}: {escape(failed.message)}")


def _verdict(screen: Console, found: Verification) -> None:
    if found.exit_code == 0:
        unknown = sum(not side.verdict.good for program in found.programs for side in program.sides[1:])
        rest = f"; of {unknown} runs nothing is known" if unknown else ""
        screen.print(f"\n[bold green]All that was compared is equal[/]{rest}.")
    elif found.exit_code == 1:
        screen.print("\n[bold red]Something differs or is wrong.[/]")
    else:
        screen.print("\n[bold yellow]Nothing could be compared.[/]")


def _cut(text: str, width: int = 140) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."
