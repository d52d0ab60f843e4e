"""Execute the original and the port on the CPU with the same inputs, and say whether they do the same."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Any

from hipwright.emulate.build import Side, sides
from hipwright.emulate.program import Program
from hipwright.emulate.run import Isolation, Runner, isolation
from hipwright.finding import HipwrightError
from hipwright.judge import Judge, fault_of, of_library
from hipwright.kernels import Work, verify_kernels
from hipwright.layouts import LayoutReport, check_layouts
from hipwright.measure import ARCHS, Measured, Options, Progress, Runs, Tree, silent
from hipwright.messages import demangled
from hipwright.port import compile_units
from hipwright.programs import counterpart
from hipwright.record import write_report
from hipwright.report import Report
from hipwright.report.verification import (
    Fault,
    KernelCoverage,
    KernelResult,
    ProgramResult,
    SideResult,
    Verification,
)
from hipwright.toolchain import Toolchain, find
from hipwright.toolchain.cuda import CudaHeaders, find_cuda

__all__ = ["ARCHS", "Options", "prove", "verify"]

_OPTIONS = Options()


def verify(original: Path, port: Path, options: Options = _OPTIONS, progress: Progress = silent) -> Verification:
    """Run every program of `original` and what stands for it in `port`, and compare.

    Raises `HipwrightError` when a tree cannot be read, no compiler is found, or the sandbox that was asked for is not
    there.
    """
    runner = Runner(options.isolation or Isolation.LIMITS)
    toolchain = find()
    cuda = find_cuda(toolchain=toolchain)
    if cuda is None:
        raise HipwrightError(
            "CUDA's headers were not found: the original can't be built", "run `hipwright doctor --install`"
        )
    ours = Tree.original(original, options.folders, options.defines)
    theirs = Tree.port(port, options.folders)
    chosen = [_with_arguments(each, options) for each in ours.programs if _wanted(each, options.program)]
    chosen = chosen if options.isolation else []
    if options.program and not chosen:
        names = ", ".join(each.name for each in ours.programs) or "none"
        raise HipwrightError(f"no program is called {options.program!r}", f"programs found: {names}", 2)
    if options.kernel:
        chosen = []
    run = Runs(ours, theirs, options, runner, toolchain, cuda, progress)
    try:
        results = _all(run, chosen)
    finally:
        runner.stop()
    alone: list[KernelResult] = []
    if options.kernels and options.isolation and not options.program:
        alone = _alone(run, _reached(results), Runner(options.isolation))
        if options.kernel and not alone:
            raise HipwrightError(f"no kernel is called {options.kernel!r}", "a part of a name is enough", 2)
    found = Verification(
        archs=options.archs,
        programs=tuple(result for result, _ in results),
        kernels=tuple(_coverage(results, theirs if not options.kernel else replace(theirs, kernels=()), alone)),
        alone=tuple(alone),
        toolchain=_versions(toolchain, cuda),
        isolation=str(options.isolation or ""),
        layouts=_layouts(run) if options.layouts and not options.kernel else None,
    )
    if not options.isolation:
        found = replace(found, skipped=_NO_SANDBOX)
    elif not chosen and not alone:
        hint = "no build file links a program, and no source has a main function"
        found = replace(found, skipped=f"{hint}; name programs in hipwright.toml")
    return found


def prove(original: Path, out: Path, report: Report, options: Options, progress: Progress = silent) -> Report:
    """Verify a port that was just made, if anything of it compiled, and put what was found into its report."""
    if report.unchecked:
        return replace(report, unexecuted="nothing was compiled")
    if options.isolation is Isolation.SANDBOX and isolation() is not Isolation.SANDBOX:
        options = replace(options, isolation=None)
    try:
        found = verify(original, out, options, progress)
    except HipwrightError as error:
        report = replace(report, unexecuted=f"{error.message} ({error.hint})" if error.hint else error.message)
    else:
        report = replace(report, verification=found)
    write_report(out, report)
    return report


_NO_SANDBOX = "there is no sandbox: install bubblewrap, or say --yes to run the project's programs without one"


def _wanted(program: Program, pattern: str) -> bool:
    return not pattern or program.name == pattern or fnmatch.fnmatchcase(program.name, pattern)


def _with_arguments(program: Program, options: Options) -> Program:
    return program if options.args is None else replace(program, args=options.args)


def _versions(toolchain: Toolchain, cuda: CudaHeaders) -> str:
    return (
        f"clang {toolchain.clang_version} ({toolchain.source}), ROCm {toolchain.rocm_version} headers, "
        f"CUDA {cuda.version} headers"
    )


# -- programs ----------------------------------------------------------------------------------------------------------


def _all(run: Runs, chosen: Sequence[Program]) -> list[tuple[ProgramResult, tuple[str, ...]]]:
    """Every program's result with the kernels that its port has, in the order of the programs."""
    wanted = (*sides(run.options.archs), *(gpu.side for gpu in run.gpus))
    total = len(chosen) * (len(wanted) + 1)
    done = 0
    results: dict[int, tuple[ProgramResult, tuple[str, ...]]] = {}
    measured: dict[int, dict[str, Measured]] = {index: {} for index in range(len(chosen))}
    pool = ThreadPoolExecutor(run.jobs)
    try:
        pending: dict[Future[Any], tuple[int, Side | None]] = {}
        for index, program in enumerate(chosen):
            for side in wanted:
                pending[pool.submit(run.measure, program, side)] = index, side
        while pending:
            for future in as_completed(list(pending)):
                index, a_side = pending.pop(future)
                done += 1
                name = chosen[index].name
                run.progress("verify", done, total, f"{name} {a_side.name}" if a_side else name)
                if a_side is None:
                    results[index] = future.result()
                    continue
                measured[index][a_side.name] = future.result()
                if len(measured[index]) == len(wanted):
                    mine = [measured[index][each.name] for each in wanted]
                    pending[pool.submit(_judge, run, chosen[index], mine)] = index, None
                    break
    finally:
        run.runner.stop()
        pool.shutdown(wait=True, cancel_futures=True)
    return [results[index] for index in range(len(chosen))]


def _judge(run: Runs, program: Program, measured: Sequence[Measured]) -> tuple[ProgramResult, tuple[str, ...]]:
    original, ports = measured[0], measured[1:]
    judge = Judge(run, program, original)
    first = judge.original_result()
    results = [first, *(judge.port_result(each) for each in ports)]
    kernels = [kernel for each in ports if each.built for kernel in each.built.kernels]
    archs = ",".join(each.side.arch for each in ports if "@" in each.side.name)
    arguments = f" --args {_quoted(' '.join(program.args))}" if run.options.args is not None else ""
    reproduce = f"hipwright verify DIR OUT --program {_quoted(program.name)} --arch {archs}{arguments}"
    result = ProgramResult(program.name, program.args, tuple(results), reproduce)
    return result, tuple(dict.fromkeys(map(demangled, kernels)))


def _layouts(run: Runs) -> LayoutReport:
    """How each side lays out what crosses between host and device."""
    ours = compile_units(run.ours.project, run.options.folders, str)
    recorded = [unit for units in run.theirs.recorded.values() for unit in units]
    archs = [side.arch for side in sides(run.options.archs) if not side.cuda]
    return check_layouts(
        run.ours.root, ours, run.theirs.root, recorded or list(run.theirs.units.values()),
        toolchain=run.toolchain, cuda=run.cuda, archs=archs, jobs=run.jobs,
    )  # fmt: skip


# -- kernels by themselves ---------------------------------------------------------------------------------------------


def _reached(results: Sequence[tuple[ProgramResult, tuple[str, ...]]]) -> set[str]:
    """Kernels that some program launched on every side where it ran: what is known of them, the programs say."""
    missed: set[str] = set()
    reached: set[str] = set()
    for program, _ in results:
        sides = [side for side in program.sides[1:] if side.verdict.good or side.verdict.bad]
        every = {name for side in sides for name in side.launched}
        reached |= every
        missed |= {name for name in every for side in program.sides[1:] if name not in side.launched}
    return reached - missed


def _alone(run: Runs, reached: set[str], runner: Runner) -> list[KernelResult]:
    """Verify by themselves the kernels that no program reached."""
    options, ours, theirs = run.options, run.ours, run.theirs

    def wanted(name: str) -> bool:
        if options.kernel:
            return options.kernel in name or fnmatch.fnmatchcase(name, options.kernel)
        return name not in reached and not of_library(name)

    pairs = []
    for unit in compile_units(ours.project, options.folders, str):
        if unit.language != "hip":
            continue
        port = counterpart(Program("", (unit,)), (), theirs.units, theirs.recorded)
        if port:
            pairs.append((unit, port.units[0]))

    def place(event: Mapping[str, Any], side: Side) -> Fault:
        return fault_of(event, theirs, side)

    work = Work(
        ours.project, theirs.root, sides(options.archs), tuple(pairs), run.toolchain, run.cuda, runner,
        run.cache / "kernels", place, options.seed, options.checked, run.jobs,
    )  # fmt: skip
    archs = ",".join(side.arch for side in work.sides[1:])
    try:
        found = verify_kernels(work, wanted, lambda done, total, name: run.progress("kernels", done, total, name))
    finally:
        runner.stop()
    again = f"hipwright verify DIR OUT --arch {archs} --seed {options.seed} --kernel"
    return [replace(result, reproduce=f"{again} {_quoted(result.name)}") for result in found]


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[\w./-]+", text) else "'" + text.replace("'", "'\\''") + "'"


# -- coverage ----------------------------------------------------------------------------------------------------------


def _coverage(
    results: Sequence[tuple[ProgramResult, tuple[str, ...]]], port: Tree, alone: Sequence[KernelResult]
) -> Iterable[KernelCoverage]:
    """Every kernel of the port: executed and compared on every target, by which way, or why not."""
    names: set[str] = {name for name in port.kernels if not of_library(name)}
    launched: dict[str, list[tuple[ProgramResult, SideResult]]] = {}
    for program, kernels in results:
        names |= {name for name in kernels if not of_library(name)}
        for side in program.sides[1:]:
            for name in side.launched:
                launched.setdefault(name, []).append((program, side))
    by_itself = {result.name: result for result in alone}
    for name in sorted(names | by_itself.keys()):
        by_programs = _covered(name, launched.get(name, []))
        result = by_itself.get(name)
        yield by_programs if by_programs.verified or result is None else _covered_alone(result)


def _covered(name: str, mine: Sequence[tuple[ProgramResult, SideResult]]) -> KernelCoverage:
    """What the programs that launch a kernel say of it."""
    wrong = [(program, side) for program, side in mine if side.verdict.bad]
    good = {side.side for _, side in mine if side.verdict.good}
    tested = {side.side for program, _ in mine for side in program.sides[1:]}
    if not mine:
        return KernelCoverage(name, False, "no program that ran launches it")
    if wrong:
        program, side = wrong[0]
        why = f"launched by {program.name}, whose verdict is {side.verdict} on {side.side}"
        return KernelCoverage(name, False, why)
    if good != tested:
        return KernelCoverage(name, False, f"not compared on {', '.join(sorted(tested - good))}")
    by = ", ".join(dict.fromkeys(program.name for program, _ in mine))
    return KernelCoverage(name, True, how=f"launched by {by}")


def _covered_alone(result: KernelResult) -> KernelCoverage:
    """What launches by itself say of a kernel."""
    if result.verdict.good:
        how = f"{result.launches} generated launches, blocks of up to {result.lanes}"
        return KernelCoverage(result.name, True, how=f"{how}; {result.note}" if result.note else how)
    worst = next(side for side in result.sides if side.verdict is result.verdict)
    if result.verdict.bad:
        return KernelCoverage(result.name, False, f"{worst.verdict} in a generated launch on {worst.side}")
    return KernelCoverage(result.name, False, worst.reason or str(worst.verdict))
