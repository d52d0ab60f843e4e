"""Finding CUDA's headers, and reading them out of wheels on an index that serves ranges or does not."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import threading
import urllib.parse
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest

from hipwright import toolchain
from hipwright.finding import HipwrightError
from hipwright.toolchain import cuda, doctor, index, install_cuda

HEADERS = {
    "runtime": {
        "cuda.h": b"#define CUDA_VERSION 12090\n",
        "cuda_runtime.h": b"// runtime\n",
        "vector_types.h": b"// vectors\n",
    },
    "nvcc": {"crt/host_defines.h": b"// host\n"},
    "curand": {"curand_mtgp32_kernel.h": b"// curand\n", "curand.h": b"// curand\n" * 5000},
}
LIBRARY = random.Random(1).randbytes(2 << 20)


def wheel(name: str, files: dict[str, bytes], *, prefix: str = "") -> tuple[bytes, str]:
    """A wheel with headers behind a large library, and the hash of its list of files."""
    buffer = BytesIO()
    entries = {f"nvidia/{name}/lib/lib{name}.so": LIBRARY, f"nvidia/{name}/include/__init__.py": b""}
    entries |= {f"{prefix or f'nvidia/{name}/include/'}{path}": data for path, data in files.items()}
    lines = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b'=').decode()},{len(data)}\n"
        for path, data in entries.items()
    ]
    record = "".join([*lines, f"nvidia_{name}-1.dist-info/RECORD,,\n"]).encode()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in [*entries.items(), (f"nvidia_{name}-1.dist-info/RECORD", record)]:
            archive.writestr(path, data)
    return buffer.getvalue(), hashlib.sha256(record).hexdigest()


@dataclass
class Server:
    """A package index on the loopback interface."""

    ranges: bool = True
    html: bool = False
    user: str = ""  # "name:password" that it wants
    files: dict[str, bytes] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    redirect: str = ""  # where wheels are instead
    failures: int = 0  # requests that are answered with an error first
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # path, range, authorization
    sent: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add(self, name: str, files: dict[str, bytes], **options: str) -> install_cuda.Pin:
        data, record = wheel(name, files, **options)
        self.files[f"nvidia_{name}_cu12-1-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl"] = data
        return install_cuda.Pin(f"nvidia-{name}-cu12", "1", record)

    def page(self, project: str) -> bytes | None:
        names = [name for name in self.files if name.startswith(project.replace("-", "_") + "-")]
        if not names:
            return None
        hashes = {name: self.hashes.get(name) or hashlib.sha256(self.files[name]).hexdigest() for name in names}
        other = f"{project.replace('-', '_')}-1-py3-none-win_amd64.whl"
        if self.html:
            lines = [f'<a href="../../files/{name}#sha256={hashes[name]}" data-x="1">{name}</a><br>' for name in names]
            return f"<!DOCTYPE html><html><body><a href='/x/{other}'>x</a>{''.join(lines)}</body></html>".encode()
        listed = [{"filename": name, "url": f"/files/{name}", "hashes": {"sha256": hashes[name]}} for name in names]
        return json.dumps({"files": [{"filename": other, "url": "/no", "hashes": {}}, *listed]}).encode()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, code: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            server.sent += len(body)
            self.wfile.write(body)

        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            path = urllib.parse.urlsplit(self.path).path  # a proxy is asked for whole addresses
            server.asked.append((self.path, wanted, self.headers.get("Authorization", "")))
            if server.failures:
                server.failures -= 1
                return self.answer(503)
            expected = "Basic " + base64.b64encode(server.user.encode()).decode()
            if server.user and self.headers.get("Authorization") != expected:
                return self.answer(401)
            if path.startswith("/simple/"):
                body = server.page(path.split("/")[2])
                if body is None:
                    return self.answer(404)
                kind = "text/html" if server.html else "application/vnd.pypi.simple.v1+json"
                return self.answer(200, body, Content_Type=kind)
            if server.redirect:
                return self.answer(302, Location=server.redirect + path)
            data = server.files.get(path.removeprefix("/files/"))
            if data is None:
                return self.answer(404)
            if server.ranges and (found := re.fullmatch(r"bytes=(\d+)-(\d+)", wanted)):
                start, end = int(found[1]), min(int(found[2]), len(data) - 1)
                return self.answer(206, data[start : end + 1], Content_Range=f"bytes {start}-{end}/{len(data)}")
            return self.answer(200, data)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _serve(server: Server) -> ThreadingHTTPServer:
    service = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    server.port = service.server_address[1]
    threading.Thread(target=service.serve_forever, daemon=True).start()
    return service


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """An index with three wheels, which is the one that pip is configured to, on a machine without CUDA."""
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_PROXY", "CUDA_HOME", "CUDA_PATH", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setattr(cuda, "_toolkits", lambda: iter(()))
    monkeypatch.setattr(cuda, "_merged_wheels", lambda cache: None)
    monkeypatch.setattr(cuda, "problem_of", lambda *_: "")
    monkeypatch.setattr("time.sleep", lambda _: None)
    made = Server()
    service = _serve(made)
    monkeypatch.setenv("PIP_INDEX_URL", f"{made.url}/simple")
    yield made
    service.shutdown()
    service.server_close()


def install(server: Server, cache: Path, *more: install_cuda.Pin) -> tuple[cuda.CudaHeaders, list[str]]:
    said: list[str] = []
    pins = tuple(server.add(name, files) for name, files in HEADERS.items())
    return install_cuda.install_cuda(said.append, cache, (*pins, *more)), said


# -- installing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("html", [False, True], ids=["json", "html"])
def test_only_headers_are_transferred(server: Server, tmp_path: Path, html: bool) -> None:
    server.html = html
    found, said = install(server, tmp_path)
    assert (found.version, found.source) == ("12.9", "cache")
    assert found.root.parent == tmp_path
    for files in HEADERS.values():
        for name, data in files.items():
            assert (found.include / name).read_bytes() == data
    assert not list(found.root.rglob("*.so")) + list(found.root.rglob("*.py"))
    assert server.sent < 3 * len(LIBRARY) // 2
    assert cuda.packages(found.root) == {f"nvidia-{name}-cu12": "1" for name in HEADERS}
    assert [path.name for path in tmp_path.iterdir()] == [found.root.name]
    assert "nvidia-nvcc-cu12 1: 1 headers" in said


def test_a_second_time_nothing_is_asked(server: Server, tmp_path: Path) -> None:
    found, _ = install(server, tmp_path)
    server.asked.clear()
    assert install(server, tmp_path)[0] == found
    assert server.asked == []


def test_a_server_without_ranges_is_asked_for_small_wheels_only(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install_cuda, "_WHOLE_LIMIT", 3 << 20)
    server.ranges = False
    large = server.add("large", {"large.h": random.Random(2).randbytes(2 << 20)})
    found, said = install(server, tmp_path, large)
    assert cuda.left_out(found) == ["nvidia-large-cu12"]
    assert [line for line in said if "left out: nvidia-large-cu12" in line]
    (shown,) = [item for item in doctor._cuda(tmp_path) if item.state == doctor.State.FOUND]
    assert "without nvidia-large-cu12" in shown.detail
    assert shown.remedy == "hipwright doctor --install"
    # What was left out is tried again, and the folder that has it is taken.
    server.ranges = True
    found, _ = install(server, tmp_path, large)
    assert cuda.left_out(found) == []
    assert (found.include / "large.h").is_file()


def test_a_needed_wheel_that_is_left_out_is_an_error(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install_cuda, "_WHOLE_LIMIT", 1 << 20)
    server.ranges = False
    with pytest.raises(HipwrightError, match="nvidia-runtime-cu12"):
        install(server, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_whole_wheel_must_have_the_hash_of_the_index(server: Server, tmp_path: Path) -> None:
    server.ranges = False
    server.hashes = dict.fromkeys([f"nvidia_{name}_cu12-1-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl"
                                   for name in HEADERS], "0" * 64)  # fmt: skip
    with pytest.raises(HipwrightError, match="its hash differs"):
        install(server, tmp_path)


def test_a_wheel_that_was_not_pinned_is_refused(server: Server, tmp_path: Path) -> None:
    pin = server.add("evil", {"evil.h": b"1"})
    server.add("evil", {"evil.h": b"2"})
    with pytest.raises(HipwrightError, match="not the wheel that was tested"):
        install(server, tmp_path, pin)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_header_is_refused(server: Server, tmp_path: Path) -> None:
    content = random.Random(3).randbytes(4000)
    pin = server.add("torn", {"torn.h": content})
    (name,) = [name for name in server.files if "torn" in name]
    data = bytearray(server.files[name])
    data[data.index(content[:16]) + 100] ^= 1  # random bytes are stored as they are
    server.files[name] = bytes(data)
    with pytest.raises(HipwrightError, match="torn"):
        install(server, tmp_path, pin)


@pytest.mark.parametrize("path", ["../../../../up.h", "..\\up.h", "C:/up.h", "a/../../b.h"])
def test_no_path_leaves_the_folder(server: Server, tmp_path: Path, path: str) -> None:
    cache = tmp_path / "cache"
    with pytest.raises(HipwrightError, match="path"):
        install(server, cache, server.add("paths", {path: b"1"}))
    assert not [found for found in tmp_path.rglob("*") if found.is_file()]


def test_what_is_outside_include_is_left(server: Server, tmp_path: Path) -> None:
    pin = server.add("odd", {"odd.h": b"1", "../bin/tool": b"2"}, prefix="nvidia/odd/nvvm/include/")
    with pytest.raises(HipwrightError, match="has no headers"):
        install(server, tmp_path, pin)


def test_a_project_that_the_index_lacks(server: Server, tmp_path: Path) -> None:
    with pytest.raises(HipwrightError, match="404"):
        install(server, tmp_path, install_cuda.Pin("nvidia-none-cu12", "1", "0" * 64))


def test_a_passing_failure_is_tried_again(server: Server, tmp_path: Path) -> None:
    server.failures = 2
    install(server, tmp_path)


# -- pip's configuration -----------------------------------------------------------------------------------------------


def test_credentials_of_an_index(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.user = "me:p@ss/word"
    monkeypatch.setenv("PIP_INDEX_URL", f"http://me:p%40ss%2Fword@127.0.0.1:{server.port}/simple")
    install(server, tmp_path)
    monkeypatch.setenv("PIP_INDEX_URL", f"http://me:wrong-secret@127.0.0.1:{server.port}/simple")
    with pytest.raises(HipwrightError, match="401") as error:
        install(server, tmp_path / "other")
    assert "wrong-secret" not in f"{error.value.message} {error.value.hint}"


def test_credentials_do_not_follow_a_redirect(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Server(files=server.files)
    service = _serve(other)
    server.user, server.redirect = "me:secret", f"http://localhost:{other.port}"
    monkeypatch.setenv("PIP_INDEX_URL", f"http://me:secret@127.0.0.1:{server.port}/simple")
    install(server, tmp_path)
    assert other.asked
    assert {authorization for _, _, authorization in other.asked} == {""}
    service.shutdown()
    service.server_close()


def test_credentials_in_netrc(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.user = "me:secret"
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    install(server, tmp_path / "cache")


def test_the_proxy_of_pip_is_used(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_PROXY", server.url)
    monkeypatch.setenv("PIP_INDEX_URL", "http://index.invalid/simple")
    install(server, tmp_path)
    assert all(path.startswith("http://index.invalid/") for path, _, _ in server.asked)


def test_settings_of_a_file_and_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CERT", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = http://a.example/simple\nproxy = http://proxy.example:1\ntimeout = 7\n"
        "trusted-host = one.example\n    two.example:8\n[download]\nextra-index-url = http://b.example/s\n"
    )
    found = index.pip_settings()
    assert found.indexes == ("http://a.example/simple", "http://b.example/s")
    assert (found.proxy, found.trusted) == ("http://proxy.example:1", frozenset({"one.example", "two.example:8"}))
    monkeypatch.setenv("PIP_INDEX_URL", "http://me:secret@c.example/simple")
    assert index.pip_settings().indexes[0] == "http://me:secret@c.example/simple"
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert index.pip_settings().indexes == ()


def test_without_configuration_pip_names_its_own_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    (default, *_) = index.pip_settings().indexes
    assert re.fullmatch(r"https://\S+/simple/?", default)


def test_wheels_of_local_folders(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pins = tuple(server.add(name, files) for name, files in HEADERS.items())
    (tmp_path / "wheels").mkdir()
    for name, data in server.files.items():
        (tmp_path / "wheels" / name).write_bytes(data)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    install_cuda.install_cuda(cache=tmp_path / "cache", pins=pins)
    assert server.asked == []


def test_an_index_does_not_name_files_of_this_machine(server: Server, tmp_path: Path) -> None:
    pin = server.add("local", {"local.h": b"1"})
    (name,) = server.files
    (tmp_path / name).write_bytes(server.files[name])
    server.page = lambda project: json.dumps(  # type: ignore[method-assign]
        {"files": [{"filename": name, "url": (tmp_path / name).as_uri(), "hashes": {}}]}
    ).encode()
    with pytest.raises(HipwrightError, match="has no nvidia-local-cu12 1"):
        install_cuda.install_cuda(cache=tmp_path / "cache", pins=(pin,))


def test_the_pins_are_of_one_release() -> None:
    assert len({pin.project for pin in install_cuda.PINS}) == len(install_cuda.PINS)
    versions = {pin.version for pin in install_cuda.PINS if "cuda_" in pin.project.replace("-", "_")}
    assert {version.rpartition(".")[0] for version in versions} == {"12.9"}
    assert all(re.fullmatch("[0-9a-f]{64}", pin.record) for pin in install_cuda.PINS)


# -- finding -----------------------------------------------------------------------------------------------------------


def _tree(include: Path, version: int = 12090) -> Path:
    for files in HEADERS.values():
        for name, data in files.items():
            path = include / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    (include / "cuda.h").write_text(f"#define CUDA_VERSION {version}\n")
    return include


def test_a_toolkit_comes_first_and_must_compile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _tree(tmp_path / "a/include", 12040)
    _tree(tmp_path / "b/include", 11080)
    (tmp_path / "b/include/vector_types.h").unlink()
    monkeypatch.setenv("CUDA_HOME", str(tmp_path / "b"))
    monkeypatch.setenv("CUDA_PATH", str(tmp_path / "a"))
    monkeypatch.setattr(cuda, "_merged_wheels", lambda cache: None)
    first = next(cuda.candidates(tmp_path / "cache"))
    assert (first.version, first.source, first.root) == ("12.4", "toolkit", tmp_path / "a")
    # These headers are empty: the compiler says so, and the answer is remembered.
    compiler = toolchain.find()
    assert cuda.problem_of(first, compiler, tmp_path / "cache")
    monkeypatch.setattr(cuda.CudaHeaders, "works", lambda *_: pytest.fail("the answer was not remembered"))
    assert cuda.problem_of(first, compiler, tmp_path / "cache")


def test_installed_wheels_are_merged_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    for name, files in HEADERS.items():
        data, _ = wheel(name, files)
        with zipfile.ZipFile(BytesIO(data)) as archive:
            archive.extractall(site)
        info = site / f"nvidia_{name}-1.dist-info"
        info.rename(site / f"nvidia_{name}_cu12-1.dist-info")
        (site / f"nvidia_{name}_cu12-1.dist-info/METADATA").write_text(f"Name: nvidia-{name}-cu12\nVersion: 1\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(cuda, "_toolkits", lambda: iter(()))
    (found,) = [item for item in cuda.candidates(tmp_path / "cache") if item.source == "wheels"]
    assert (found.include / "crt/host_defines.h").read_bytes() == b"// host\n"
    before = found.root.stat().st_ino
    (again,) = [item for item in cuda.candidates(tmp_path / "cache") if item.source == "wheels"]
    assert again.root.stat().st_ino == before
    assert not list(found.root.rglob("*.py"))


def test_this_machines_headers_compile() -> None:
    found = cuda.find_cuda()
    if found is None:
        pytest.skip("no CUDA headers: hipwright doctor --install")
    assert found.works(toolchain.find()) == ""
    assert found.has_header("cuda_fp16.h")
