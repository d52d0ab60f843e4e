"""The command line: one function per verb. Parse, call, print, exit code."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

import hipwright
from hipwright.finding import HipwrightError

if TYPE_CHECKING:
    from hipwright.agent.run import Options as AgentOptions
    from hipwright.emulate.run import Isolation
    from hipwright.port import Options as PortOptions
    from hipwright.report import Report
    from hipwright.report.screen import Progress

P = ParamSpec("P")
R = TypeVar("R")

_PORT_SECONDS = 60.0  # a run, while a port is made; `verify` has more patience

_PORT_HELP = """Port the CUDA tree DIR to HIP, compile it for AMD targets, execute the original and the port on the CPU,
compare, and say what was done and what is left.

The original is never written. Exit code: 0 nothing is left to do, 1 something is, 2 wrong usage, 3 could not.

\b
Examples:
  hipwright port ./project                      # → ./project-hip
  hipwright port ./project -o ../out --arch gfx942,gfx1100
  hipwright port ./project --exclude 'third_party/*' --json > report.json
  hipwright port ./project --agent anthropic:NAME --max-dollars 5
"""


def _errors(function: Callable[P, R]) -> Callable[P, R]:
    """Show a HipwrightError as a message and a hint, and leave with its exit code."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        # Compilers have groups of their own and would outlive us: end in good order, as for a terminal's interrupt.
        with contextlib.suppress(ValueError):  # not the main thread
            signal.signal(signal.SIGTERM, stop)
        try:
            return function(*args, **kwargs)
        except HipwrightError as error:
            click.echo(f"hipwright: {error.message}", err=True)
            if error.hint:
                click.echo(f"  hint: {error.hint}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("hipwright: interrupted; run the same command again to finish", err=True)
            sys.exit(3)

    return wrapped


def _archs(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    from hipwright.port import ARCHS
    from hipwright.resources import targets

    if not value:
        return ARCHS
    names = tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
    unknown = [name for name in names if name not in targets()]
    if unknown or not names:
        raise click.BadParameter(
            f"unknown target {', '.join(unknown) or value!r}; known: {', '.join(sorted(targets()))}"
        )
    return names


def _verified_archs(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    from hipwright.verify import ARCHS

    return _archs(context, parameter, value) if value else ARCHS


def _isolation(consent: bool) -> Isolation:
    """How the project's programs may be run here: in a sandbox, or without one if the user says so."""
    from hipwright.emulate.run import Isolation, isolation

    if isolation() is Isolation.SANDBOX:
        return Isolation.SANDBOX
    if not consent and sys.stdin.isatty() and sys.stderr.isatty():
        click.echo(
            "No sandbox here: bubblewrap is not installed, or may not make namespaces. The project's programs would\n"
            "run with your rights, with limits on time and memory only.",
            err=True,
        )
        consent = click.confirm("Run them without a sandbox?", err=True)
    # Without consent the runner refuses, and says how to get on.
    return Isolation.LIMITS if consent else Isolation.SANDBOX


_CONSENT = click.option(
    "--yes", "--no-sandbox", "consent", is_flag=True, help="Where there is no sandbox, run the programs without one."
)
_FOLDERS = click.option(
    "-I",
    "--include-dir",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Compile with headers of this folder too: a library of someone else's, such as MPI.",
)
_ARCH = click.option("--arch", "archs", metavar="LIST", callback=_archs, help="Targets, such as gfx942,gfx1100.")
_JSON = click.option("--json", "as_data", is_flag=True, help="Print the report as JSON on standard output.")
_JOBS = click.option(
    "-j", "--jobs", type=click.IntRange(min=0), default=0, help="Compilers at a time; default: all cores."
)
_INCLUDE = click.option("--include", multiple=True, metavar="GLOB", help="Port only files that match; copy the rest.")
_EXCLUDE = click.option("--exclude", multiple=True, metavar="GLOB", help="Copy files that match as they are.")
_DEFINE = click.option("--define", "defines", multiple=True, metavar="NAME[=VALUE]", help="Compile with this macro.")
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_AGENT_EXCLUDE = click.option(
    "--agent-exclude", multiple=True, metavar="GLOB", help="Never show these files to the model, such as 'private/*'."
)
_MAX_DOLLARS = click.option(
    "--max-dollars",
    type=click.FloatRange(min=0),
    metavar="N",
    help="Stop once this was spent; default: no bound.",
)
_MAX_TOKENS = click.option(
    "--max-tokens",
    type=click.IntRange(min=1),
    metavar="N",
    help="Stop after so many tokens; default: 6 million.",
)
_MAX_MINUTES = click.option(
    "--max-minutes", type=click.FloatRange(min=0), metavar="N", help="Stop after so long; default: 240."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(hipwright.__version__, prog_name="hipwright")
def main() -> None:
    """Port CUDA code to AMD ROCm/HIP and prove the port right, without a GPU.

    \b
    Examples:
      hipwright doctor --install     # once: the compiler and AMD's headers, no root needed
      hipwright scan ./project       # what is there, and what a port would meet
      hipwright port ./project       # → ./project-hip
      hipwright verify ./project ./project-hip   # run both on the CPU, compare
      hipwright explain __shfl_sync  # a name, a rule or a hazard
    """


@main.command(help=_PORT_HELP)
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Output folder; default: DIR-hip beside DIR.")
@_ARCH
@_INCLUDE
@_EXCLUDE
@_DEFINE
@_FOLDERS
@click.option("--no-check", is_flag=True, help="Translate only; compile and execute nothing.")
@click.option("--no-verify", is_flag=True, help="Execute nothing.")
@_CONSENT
@click.option("--force", is_flag=True, help="Replace a port that is there already.")
@click.option("--rename", metavar="SUFFIX", default="", help="Give files that end in .cu this suffix, such as .hip.")
@click.option("--agent", "model", metavar="MODEL", default="", help="A model works off what is left; see `agent`.")
@_AGENT_EXCLUDE
@_MAX_DOLLARS
@_MAX_TOKENS
@_MAX_MINUTES
@_JOBS
@_JSON
@_errors
def port(
    folder: Path,
    out: Path | None,
    archs: tuple[str, ...],
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    defines: tuple[str, ...],
    folders: tuple[Path, ...],
    no_check: bool,
    no_verify: bool,
    consent: bool,
    force: bool,
    rename: str,
    model: str,
    agent_exclude: tuple[str, ...],
    max_dollars: float | None,
    max_tokens: int | None,
    max_minutes: float | None,
    jobs: int,
    as_data: bool,
) -> None:
    from hipwright.port import Options
    from hipwright.port import port as run
    from hipwright.report.screen import Progress

    out = out or folder.resolve().with_name(f"{folder.resolve().name}-hip")
    options = Options(archs, include, exclude, defines, folders, not no_check, force, rename, jobs)
    isolated = None if no_check or no_verify else _isolation(consent)
    with Progress() as progress:
        report = run(folder, out, options, progress.step)
        if isolated:
            report = _proved(folder, out, report, options, isolated, progress)
        if model and report.left_to_do:
            from hipwright.agent.run import Options as AgentOptions

            how = AgentOptions(model, exclude=agent_exclude, isolation=isolated, jobs=jobs)
            report = _worked_off(out, _within(how, max_dollars, max_tokens, max_minutes), progress)
    _show(report, as_data, out)


def _proved(
    folder: Path, out: Path, report: Report, options: PortOptions, isolated: Isolation, progress: Progress
) -> Report:
    """The report with what executing the original and the port showed."""
    from hipwright.verify import Options, prove

    how = Options(
        options.archs, timeout=_PORT_SECONDS, isolation=isolated, defines=options.defines, folders=options.folders,
        kernels=False, jobs=options.jobs,  # those by themselves take `verify`'s time
    )  # fmt: skip
    return prove(folder, out, report, how, progress.step)


def _within(options: AgentOptions, dollars: float | None, tokens: int | None, minutes: float | None) -> AgentOptions:
    """The options with the bounds that were given in the place of the usual ones."""
    from dataclasses import replace

    run = replace(options.run, dollars=dollars)
    run = replace(run, tokens=tokens) if tokens is not None else run
    run = replace(run, seconds=minutes * 60) if minutes is not None else run
    return replace(options, run=run)


def _worked_off(out: Path, options: AgentOptions, progress: Progress) -> Report:
    """The report of a port after a model worked off what was left; what it decided is told while it goes on."""
    from hipwright.agent.run import agent as run

    found = run(out, options, progress=progress.step, shown=progress.message)
    spent = found.spent
    money = f", ${spent['dollars']:.2f}" if spent["dollars"] else ""
    unknown = spent["requests_of_unknown_price"]
    money += f" ({unknown} requests of unknown price: tokens are what bounds them)" if unknown else ""
    counts = {what: sum(each.outcome == what for each in found.decisions) for what in ("accepted", "given-up", "open")}
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    progress.message(f"agent: {told}; {spent['requests']} requests, {spent['tokens']:,} tokens{money}")
    if found.stopped:
        progress.message(f"agent: stopped: {found.stopped}; the same command goes on")
    return found.report


_AGENT_HELP = """Let a language model work off what the rules left of the port OUT, one item at a time.

MODEL is anthropic:NAME, openai:NAME, google:NAME, bedrock:NAME, ollama:NAME or another that pydantic-ai knows, with its
key in the environment; http://HOST/v1#NAME for an endpoint that speaks OpenAI's protocol; relay:DIR, which hands each
request to you as a file; or replay:TRANSCRIPT. An edit is accepted only if everything still compiles for every target,
no kernel lost its body, and nothing that was executed differs from the original. Each one is a commit in OUT.

Exit code: 0 nothing is left to do, 1 something is, 2 wrong usage, 3 could not. Run it again to go on.

\b
Examples:
  hipwright agent ./project-hip --model anthropic:NAME --max-dollars 5
  hipwright agent ./project-hip --model ollama:qwen3-coder
  hipwright agent ./project-hip --dry-run             # what would be sent; sends nothing
"""


@main.command(help=_AGENT_HELP)
@click.argument("out", metavar="OUT", type=_FOLDER)
@click.option(
    "--model", metavar="MODEL", default="", help="Which model; default: $HIPWRIGHT_MODEL.", envvar="HIPWRIGHT_MODEL"
)
@click.option("--original", type=_FOLDER, help="The CUDA original, if it is not where the port's record says.")
@click.option("--dry-run", is_flag=True, help="Print exactly what would be sent first for each item; send nothing.")
@click.option("--again", is_flag=True, help="Try again what a model gave up or did not finish.")
@click.option("--no-review", is_flag=True, help="No second conversation about edits that could not be executed.")
@click.option("--no-verify", is_flag=True, help="Execute nothing: compiling is the only proof.")
@click.option(
    "--allow-shell", is_flag=True, help="Give the model a shell, in a sandbox, on a copy that is thrown away."
)
@click.option("--item-tokens", type=click.IntRange(min=1), metavar="N", help="For one item; default: 600,000.")
@click.option("--item-requests", type=click.IntRange(min=1), metavar="N", help="For one item; default: 40.")
@click.option("--item-minutes", type=click.FloatRange(min=0), metavar="N", help="For one item; default: 30.")
@click.option("--item-dollars", type=click.FloatRange(min=0), metavar="N", help="For one item; default: no bound.")
@_AGENT_EXCLUDE
@_MAX_DOLLARS
@_MAX_TOKENS
@_MAX_MINUTES
@_CONSENT
@_JOBS
@_JSON
@_errors
def agent(
    out: Path,
    model: str,
    original: Path | None,
    dry_run: bool,
    again: bool,
    no_review: bool,
    no_verify: bool,
    allow_shell: bool,
    item_tokens: int | None,
    item_requests: int | None,
    item_minutes: float | None,
    item_dollars: float | None,
    agent_exclude: tuple[str, ...],
    max_dollars: float | None,
    max_tokens: int | None,
    max_minutes: float | None,
    consent: bool,
    jobs: int,
    as_data: bool,
) -> None:
    from hipwright.agent.budget import ITEM, Budget
    from hipwright.agent.run import Options
    from hipwright.agent.run import dry_run as try_out
    from hipwright.emulate.run import Isolation
    from hipwright.report.screen import Progress

    isolated = None if no_verify else _isolation(consent)
    item = Budget(
        item_dollars, item_tokens or ITEM.tokens, item_requests or ITEM.requests,
        ITEM.seconds if item_minutes is None else item_minutes * 60,
    )  # fmt: skip
    options = Options(
        model, original=original, item=item, review=not no_review, exclude=agent_exclude, isolation=isolated,
        shell=allow_shell, again=again, jobs=jobs,
    )  # fmt: skip
    if dry_run:
        sent = list(try_out(out, options))
        if as_data:
            click.echo(json.dumps(sent, indent=1, sort_keys=True))
        for each in sent if not as_data else ():
            click.echo(f"==== {each['item']} {each['title']}\n---- instructions\n{each['instructions']}")
            click.echo(f"---- prompt\n{each['prompt']}\n")
        return
    if not model:
        raise HipwrightError("no model is named", "--model MODEL, such as anthropic:NAME, ollama:NAME or relay:DIR", 2)
    if allow_shell and isolated is not Isolation.SANDBOX:
        raise HipwrightError("--allow-shell needs a sandbox, and there is none", "install bubblewrap", 2)
    with Progress() as progress:
        report = _worked_off(out, _within(options, max_dollars, max_tokens, max_minutes), progress)
    _show(report, as_data, out)


@main.command()
@click.argument("out", metavar="OUT", type=_FOLDER)
@_ARCH
@_JOBS
@_JSON
@_errors
def check(out: Path, archs: tuple[str, ...], jobs: int, as_data: bool) -> None:
    """Compile every unit of the ported tree OUT for each target, and show what each kernel needs.

    \b
    Example:
      hipwright check ./project-hip --arch gfx90a
    """
    from hipwright.port import check as run
    from hipwright.report.screen import Progress

    with Progress() as progress:
        report = run(out, archs, jobs, progress.step)
    _show(report, as_data, out)


_VERIFY_HELP = """Execute the CUDA original DIR and its port OUT on the CPU, compare, and say where they differ.

Programs are found in the build files, or named in DIR/hipwright.toml. Each one is built and run as the original with
warps of 32, and as the port for each target's wavefront size. OUT may be anyone's port. No GPU is needed. Kernels that
no program reaches are launched by themselves, with arguments that are made up.

The programs run in a sandbox (bubblewrap) without network; where that is missing you are asked first.
Exit code: 0 all that was compared is equal, 1 something differs or is wrong, 2 wrong usage, 3 nothing could be run.

\b
Examples:
  hipwright verify ./project ./project-hip
  hipwright verify ./project ./project-hip --program saxpy --arch gfx90a
  hipwright verify ./project ./project-hip --program nbody --args '1024 2'   # a smaller run
  hipwright verify ./project ./project-hip --kernel scale_add   # one kernel by itself
"""


@main.command(help=_VERIFY_HELP)
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.argument("out", metavar="OUT", type=_FOLDER)
@click.option(
    "--arch", "archs", metavar="LIST", callback=_verified_archs, help="Targets; one for each wave size is run."
)
@click.option("--program", metavar="NAME", default="", help="Only this program; a pattern such as 'test_*' too.")
@click.option("--args", "arguments", metavar="ARGS", help="Run with these arguments instead of the build files'.")
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=300.0, metavar="S", help="Seconds a run; default: 300."
)
@_DEFINE
@click.option(
    "--kernels/--no-kernels",
    default=True,
    help="Launch by itself each kernel that no program reached; default: yes, unless a program is named.",
)
@click.option("--kernel", metavar="NAME", default="", help="Only kernels with this in their name, each by itself.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of the launches that are made up; default: 0.")
@_FOLDERS
@_CONSENT
@_JOBS
@_JSON
@_errors
def verify(
    folder: Path,
    out: Path,
    archs: tuple[str, ...],
    program: str,
    arguments: str | None,
    timeout: float,
    defines: tuple[str, ...],
    kernels: bool,
    kernel: str,
    seed: int,
    folders: tuple[Path, ...],
    consent: bool,
    jobs: int,
    as_data: bool,
) -> None:
    import shlex

    from hipwright.report.screen import Progress
    from hipwright.report.verification import as_json
    from hipwright.report.verified import show_verification
    from hipwright.verify import Options
    from hipwright.verify import verify as run

    try:
        args = None if arguments is None else tuple(shlex.split(arguments))
    except ValueError as error:
        raise click.BadParameter(f"--args: {error}") from error
    isolation = _isolation(consent)
    options = Options(
        archs, program, args, timeout, isolation, defines, folders, kernels=kernels or bool(kernel), kernel=kernel,
        seed=seed, jobs=jobs,
    )  # fmt: skip
    with Progress() as progress:
        found = run(folder, out, options, progress.step)
    if as_data:
        click.echo(json.dumps(as_json(found), indent=1, sort_keys=True))
    else:
        show_verification(found)
    sys.exit(found.exit_code)


@main.command()
@click.argument("folder", metavar="DIR", type=_FOLDER)
@_INCLUDE
@_EXCLUDE
@_JSON
@_errors
def scan(folder: Path, include: tuple[str, ...], exclude: tuple[str, ...], as_data: bool) -> None:
    """Say what is in DIR: files, APIs and whether HIP has them, hazards with places, AMD support already there.

    \b
    Example:
      hipwright scan ./project
    """
    from hipwright.report.screen import Progress
    from hipwright.report.terminal import show_scan
    from hipwright.scan import as_json, survey

    with Progress() as progress:
        found = survey(folder, include, exclude, progress.step)
    if as_data:
        click.echo(json.dumps(as_json(found), indent=1, sort_keys=True))
    else:
        show_scan(found)


@main.command()
@click.argument("subject", metavar="ID_OR_NAME")
@_JSON
@_errors
def explain(subject: str, as_data: bool) -> None:
    """Explain a rule, a hazard id (W03) or a CUDA name: what, why, evidence, example.

    \b
    Examples:
      hipwright explain cudaMemcpyToSymbol
      hipwright explain W03
      hipwright explain shuffle-width
    """
    from hipwright.explain import explain as look_up
    from hipwright.report.terminal import show_explanation

    explanation = look_up(subject)
    if as_data:
        click.echo(json.dumps(explanation.as_json(), indent=1, sort_keys=True))
    else:
        show_explanation(explanation)


@main.command()
@click.option("--install", is_flag=True, help="Install what is missing: two wheels, AMD's and CUDA's headers.")
@_JSON
@_errors
def doctor(install: bool, as_data: bool) -> None:
    """Say which compilers, headers and GPUs were found, and the one command that adds what is missing.

    \b
    Example:
      hipwright doctor --install
    """
    from hipwright.report.screen import Progress
    from hipwright.report.terminal import show_doctor
    from hipwright.toolchain.doctor import State, diagnose
    from hipwright.toolchain.install import install as add
    from hipwright.toolchain.install_cuda import install_cuda

    if install:
        with Progress() as progress:
            add(progress.message)
            try:
                install_cuda(progress.message)
            except HipwrightError as error:  # a port can be made and checked without them
                progress.message(f"CUDA's headers are missing: {error.message}")
    findings = diagnose()
    if as_data:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=1, sort_keys=True))
    else:
        show_doctor(findings)
    if any(finding.state is State.MISSING for finding in findings):
        sys.exit(1)


@main.group()
def rule() -> None:
    """Rules of your own: text in, text out, run after all others when a tree is ported.

    \b
    Examples:
      hipwright rule from-fix ./project-hip 4c2ea66665ef --name paste-hip
      hipwright rule list
    """


@rule.command("from-fix")
@click.argument("out", metavar="OUT", type=_FOLDER)
@click.argument("commit")
@click.option("--name", required=True, help="Of the rule, and of its file.")
@click.option("--force", is_flag=True, help="Replace a rule of that name.")
@_errors
def rule_from_fix(out: Path, commit: str, name: str, force: bool) -> None:
    """Save what COMMIT of the port OUT changed as a rule of your own, so that the next port needs no model for it."""
    import re

    from hipwright.agent.session import Session
    from hipwright.output import write_file
    from hipwright.user_rules import as_toml, folder, from_fix

    if not re.fullmatch(r"[A-Za-z0-9][\w-]*", name):
        raise click.BadParameter("--name: letters, digits, - and _")
    target = folder() / f"{name}.toml"
    if target.exists() and not force:
        raise HipwrightError(f"{target} exists", "choose another --name, or replace it with --force", 2)
    title, texts = Session(out.resolve()).fix(commit)
    write_file(target, as_toml(from_fix(name, title, texts)).encode())
    click.echo(f"wrote {target}")


@rule.command("list")
@_JSON
@_errors
def rule_list(as_data: bool) -> None:
    """Show your own rules."""
    from hipwright.user_rules import folder, user_rules

    found = user_rules()
    if as_data:
        click.echo(json.dumps([asdict(each) for each in found], indent=1, sort_keys=True))
        return
    for each in found:
        click.echo(f"{each.id}: {each.title}")
    click.echo(f"{len(found)} rules in {folder()}")


@main.command()
@click.option("--root", type=_FOLDER, default=".", help="Only folders below it may be named; default: here.")
@click.option(
    "--http", "port_number", type=click.IntRange(1, 65535), metavar="PORT", help="Serve on 127.0.0.1:PORT/mcp."
)
@_CONSENT
@_errors
def mcp(root: Path, port_number: int | None, consent: bool) -> None:
    """Serve the verbs to a coding agent by MCP: on standard input and output, or by HTTP on this machine only.

    \b
    Examples:
      claude mcp add hipwright -- hipwright mcp
      hipwright mcp --http 8765 --root ~/code
    """
    try:
        from hipwright.mcp import serve
    except ImportError as error:
        raise HipwrightError(f"the MCP server is not installed: {error}", "pip install 'hipwright[mcp]'", 2) from error
    from hipwright.emulate.run import Isolation, isolation

    found = isolation()
    serve(root, found if found is Isolation.SANDBOX or consent else None, port_number or 0)


def _show(report: Report, as_data: bool, out: Path) -> None:
    from hipwright.report import as_json
    from hipwright.report.terminal import show_report

    if as_data:
        click.echo(json.dumps(as_json(report), indent=1, sort_keys=True))
    else:
        show_report(report, out)
    sys.exit(report.exit_code)


if __name__ == "__main__":
    main()
