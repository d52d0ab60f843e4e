"""The MCP server, driven by the SDK's own client over standard input and output and over HTTP."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, StdioServerParameters

import hipwright
from hipwright.emulate.run import Isolation, isolation
from hipwright.mcp import server

EXAMPLES = Path(__file__).parent.parent / "examples"

needs_sandbox = pytest.mark.skipif(isolation() is not Isolation.SANDBOX, reason="no sandbox here")


def answer(result: Any) -> Any:
    """What a tool gave back; its error if it failed."""
    text = result.content[0].text if result.content else ""
    assert not result.is_error, text
    return result.structured_content or text


def failure(result: Any) -> str:
    assert result.is_error
    return str(result.content[0].text)


@needs_sandbox
def test_a_client_ports_an_example_breaks_it_and_repairs_it(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "histogram", tmp_path / "cuda")
    steps: list[tuple[float, str | None]] = []

    async def seen(progress: float, total: float | None, message: str | None) -> None:
        steps.append((progress, message))

    async def drive() -> None:
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "hipwright.cli", "mcp", "--root", str(tmp_path)], cwd=tmp_path
        )
        async with Client(command) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert {"scan", "port", "check", "verify", "explain", "left", "read", "edit", "search", "outline"} <= names

            found = answer(await client.call_tool("scan", {"folder": "cuda"}))
            assert found["files"]
            arguments = {"folder": "cuda", "out": "hip", "targets": ["gfx942", "gfx1100"]}
            ported = answer(await client.call_tool("port", arguments, progress_callback=seen))
            assert ported["exit_code"] == 0 and not ported["work"]
            checked = answer(await client.call_tool("check", {"out": "hip"}))
            assert {unit["status"] for unit in checked["units"]} == {"ok"}

            trees = {"folder": "cuda", "out": "hip", "kernels": False}
            same = answer(await client.call_tool("verify", trees, progress_callback=seen))
            assert same["exit_code"] == 0 and same["verified"]
            hits = answer(await client.call_tool("search", {"out": "hip", "text": "atomicAdd("}))["result"]
            path, line, _ = hits.splitlines()[-1].split(":", 2)  # into the result
            old = Path(tmp_path / "hip" / path).read_text().splitlines()[int(line) - 1]
            broken = old.replace("atomicAdd(", "atomicSub(")
            edit = {"out": "hip", "path": path, "old": old + "\n", "new": broken + "\n"}
            answer(await client.call_tool("edit", edit))
            differs = answer(await client.call_tool("verify", trees))
            assert differs["exit_code"] == 1

            answer(await client.call_tool("edit", {**edit, "old": broken + "\n", "new": old + "\n"}))
            again = answer(await client.call_tool("verify", trees))
            assert again["exit_code"] == 0 and again["verified"] == same["verified"]

    anyio.run(drive)
    assert steps and any("port" in (message or "") or "check" in (message or "") for _, message in steps)


def test_only_folders_below_the_root_can_be_named(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.cu").write_text("__global__ void k() {}\n")
    (inner / "link").symlink_to(tmp_path)

    async def drive() -> None:
        async with Client(server(inner, None)) as client:
            for name in ("..", str(tmp_path), "link", "/etc"):
                assert "is not below" in failure(await client.call_tool("scan", {"folder": name}))
            assert "is no port" in failure(await client.call_tool("read", {"out": ".", "path": "../secret.cu"}))
            assert "nothing is executed" in failure(await client.call_tool("verify", {"folder": ".", "out": "."}))
            assert "known: gfx" in failure(
                await client.call_tool("port", {"folder": ".", "out": "o", "targets": ["gfx0"]})
            )

    anyio.run(drive)


def test_a_cancelled_request_ends_the_work(tmp_path: Path) -> None:
    folder = tmp_path / "cuda"
    folder.mkdir()
    for number in range(40):
        text = f"#include <cuda_runtime.h>\n__global__ void k{number}(int* p) {{ p[threadIdx.x] = {number}; }}\n"
        (folder / f"k{number}.cu").write_text(text)
    steps: list[str] = []

    async def seen(progress: float, total: float | None, message: str | None) -> None:
        steps.append(message or "")

    async def drive() -> None:
        async with Client(server(tmp_path, None)) as client:
            with anyio.move_on_after(4) as scope:
                arguments = {"folder": "cuda", "out": "hip", "targets": ["gfx942", "gfx1100"]}
                await client.call_tool("port", arguments, progress_callback=seen)
            assert scope.cancelled_caught
            await anyio.sleep(3)
            count = len(steps)
            await anyio.sleep(3)
            assert len(steps) == count  # nothing goes on behind it
            assert answer(await client.call_tool("explain", {"subject": "cudaMalloc"}))["title"] == "cudaMalloc"

    anyio.run(drive)


@pytest.fixture
def http(tmp_path: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "hipwright.cli", "mcp", "--http", str(port), "--root", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait(20)


def test_http_serves_this_machine_only(http: str) -> None:
    async def drive() -> None:
        async with Client(http) as client:
            found = answer(await client.call_tool("explain", {"subject": "W03"}))
            assert found["title"].startswith("hazard W03")

    anyio.run(drive)
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accept = {"Accept": "application/json, text/event-stream"}
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        assert httpx2.post(http, json=body, headers={**accept, **headers}).status_code in (403, 421)


def test_the_plugin_is_of_this_version_and_names_tools_that_exist() -> None:
    plugin = Path(hipwright.__file__).parent / "plugin"
    assert json.loads((plugin / ".claude-plugin" / "plugin.json").read_text())["version"] == hipwright.__version__
    assert json.loads((plugin / ".mcp.json").read_text())["mcpServers"]["hipwright"]["args"] == ["mcp"]
    skill = (plugin / "skills" / "port-cuda" / "SKILL.md").read_text()
    assert skill.startswith("---\nname: port-cuda\ndescription: ")

    async def names() -> set[str]:
        async with Client(server(plugin, None)) as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    told = set(re.findall(r"`([a-z_]+)`", skill)) - {"different", "fault", "schedule-dependent"}
    assert told <= anyio.run(names)
