"""Running an untrusted program: what it may see and use, and how it ends."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from hipwright.emulate.run import Command, Isolation, RunLimits, Runner, RunResult, isolation
from hipwright.finding import HipwrightError

SHORT = RunLimits(seconds=20)
WAYS = [Isolation.LIMITS, *([Isolation.SANDBOX] if isolation() is Isolation.SANDBOX else [])]
sandboxed = pytest.mark.skipif(isolation() is not Isolation.SANDBOX, reason="no working bubblewrap here")


def shell(work: Path, script: str, how: Isolation, limits: RunLimits = SHORT, stdin: Path | None = None) -> RunResult:
    """Run a shell script as the program."""
    command = Command(Path("/bin/sh"), ("-c", script), work, stdin=stdin, environment={"HIPWRIGHT_ORDER": "reverse"})
    return Runner(how).run(command, limits)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("how", WAYS)
def test_what_a_run_wrote_and_said(work: Path, how: Isolation) -> None:
    (work / "old").write_text("old")
    (work / "in").write_text("fed\n")
    script = (
        'cat; echo out; echo err >&2; echo new > new; echo "{\\"kind\\":\\"launch\\"}" >> $HIPWRIGHT_REPORT; exit 3'
    )
    result = shell(work, script, how, stdin=work / "in")
    assert (result.exit_code, result.signal, result.ended) == (3, "", True)
    assert (result.stdout, result.stderr) == ("fed\nout\n", "err\n")
    assert result.files == ("new",)
    assert result.events == ({"kind": "launch"},)


@pytest.mark.parametrize("how", WAYS)
def test_nothing_of_the_user_is_in_the_environment(work: Path, how: Isolation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "secret")
    result = shell(work, "env; cat /dev/stdin", how)
    assert "secret" not in result.stdout
    assert "HIPWRIGHT_ORDER=reverse" in result.stdout
    assert f"HOME={work}" in result.stdout


@pytest.mark.parametrize("how", WAYS)
def test_a_crash_has_its_signal(work: Path, how: Isolation) -> None:
    result = shell(work, "kill -SEGV $$", how)
    assert (result.signal, result.ended) == ("SIGSEGV", False)


@pytest.mark.parametrize("how", WAYS)
def test_a_run_that_does_not_end_is_ended_with_its_children(work: Path, how: Isolation) -> None:
    begin = time.monotonic()
    result = shell(work, "(sleep 3; touch late) & sleep 60", how, RunLimits(seconds=0.5))
    assert result.timeout and not result.ended
    assert time.monotonic() - begin < 5
    time.sleep(3)
    assert not (work / "late").exists()


@pytest.mark.parametrize("how", WAYS)
def test_memory_is_bounded(work: Path, how: Isolation) -> None:
    import sys

    script = "x = bytearray(1 << 30)\nfor i in range(0, len(x), 4096): x[i] = 1\nimport time; time.sleep(20)"
    command = Command(Path(sys.executable), ("-c", script), work, readable=(Path(sys.prefix), Path(sys.base_prefix)))
    result = Runner(how).run(command, RunLimits(seconds=20, memory=200 << 20))
    assert result.out_of_memory and result.how == "stopped: out of memory"


@pytest.mark.parametrize("how", WAYS)
def test_a_file_is_bounded(work: Path, how: Isolation) -> None:
    shell(work, "head -c 100000000 /dev/zero > big", how, RunLimits(seconds=20, file_size=1 << 20))
    assert (work / "big").stat().st_size <= 1 << 20


@pytest.mark.parametrize("how", WAYS)
def test_endless_output_is_cut(work: Path, how: Isolation) -> None:
    result = shell(work, "yes | head -c 40000000", how)
    assert result.truncated and len(result.stdout) == 16 << 20


@pytest.mark.parametrize("how", WAYS)
def test_broken_events_are_passed_over(work: Path, how: Isolation) -> None:
    result = shell(work, 'printf \'[1]\\n{"kind":3}\\n{"kind":"fault"}\\n{"kind":"la\' >> $HIPWRIGHT_REPORT', how)
    assert result.events == ({"kind": "fault"},)


@sandboxed
def test_the_sandbox_shows_nothing_else(work: Path, tmp_path: Path) -> None:
    (tmp_path / "private").write_text("secret")
    result = shell(
        work, f"cat {tmp_path}/private; ls {Path.home()} /work; ls /proc | grep -c '^[0-9]'", Isolation.SANDBOX
    )
    assert "secret" not in result.stdout
    assert result.stderr.count("No such file") == 3
    assert int(result.stdout) < 10


@sandboxed
def test_the_sandbox_has_no_network_and_a_read_only_system(work: Path) -> None:
    result = shell(
        work, "touch /usr/x || echo closed; cat /proc/net/dev | wc -l; touch /tmp/x && echo own", Isolation.SANDBOX
    )
    assert result.stdout.split() == ["closed", "3", "own"]  # two lines of headings, and the loopback


def test_no_sandbox_is_never_silent(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hipwright.emulate.run.sandbox", lambda: ())
    assert isolation() is Isolation.LIMITS
    with pytest.raises(HipwrightError, match="no sandbox"):
        Runner(Isolation.SANDBOX)


def test_stop_ends_what_runs(work: Path) -> None:
    runner = Runner(Isolation.LIMITS)
    results: list[RunResult] = []
    thread = threading.Thread(
        target=lambda: results.append(runner.run(Command(Path("/bin/sleep"), ("30",), work), SHORT))
    )
    thread.start()
    time.sleep(0.3)
    runner.stop()
    thread.join(5)
    assert results[0].signal == "SIGKILL"
    with pytest.raises(KeyboardInterrupt):
        runner.run(Command(Path("/bin/sleep"), ("30",), work), SHORT)
