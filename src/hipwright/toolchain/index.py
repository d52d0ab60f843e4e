"""Read single files out of wheels on a package index, without downloading the wheels whole.

Which index, through which proxy and with which certificates is what pip is configured to: nothing of it is repeated
here, so a machine with a mirror of its own keeps using it.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import http.client
import importlib.util
import io
import json
import netrc
import os
import re
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from html.parser import HTMLParser
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

from hipwright.finding import HipwrightError

_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
_BLOCK = 1 << 18  # bytes that one request asks for: fewer requests are worth more than fewer bytes
_PAGE_LIMIT = 64 << 20
_RANGE_LIMIT = 64 << 20  # bytes that may be read of one wheel in ranges
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """What pip is told about where packages come from."""

    indexes: tuple[str, ...]
    links: tuple[str, ...] = ()  # folders or pages that list wheels
    proxy: str = ""
    certificates: str = ""
    client_certificate: str = ""
    trusted: frozenset[str] = frozenset()  # hosts whose certificates are not checked
    timeout: float = 60


def pip_settings() -> Settings:
    """pip's configuration as its files and environment variables give it, for what it downloads."""
    values = _pip_values()
    index = values.get("index-url") or _default_index()
    indexes = [] if values.get("no-index", "").lower() in {"1", "true", "yes", "on"} else [index]
    indexes += values.get("extra-index-url", "").split() if indexes else []
    try:
        timeout = float(values.get("timeout") or values.get("default-timeout") or 60)
    except ValueError:
        timeout = 60
    return Settings(
        tuple(url for url in indexes if url),
        tuple(values.get("find-links", "").split()),
        values.get("proxy", ""),
        values.get("cert") or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or "",
        values.get("client-cert", ""),
        frozenset(values.get("trusted-host", "").split()),
        timeout,
    )


def _pip_values() -> dict[str, str]:
    """pip's settings, each as the strongest of its sources has it: environment, then `download`, then `global`."""
    found: dict[tuple[int, str], str] = {}
    rank = {"global": 0, "download": 1, ":env:": 2}
    for line in _pip("config", "list").splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.strip().rpartition(".")
        if section not in rank:
            continue
        try:
            read = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            continue
        found[rank[section], key.lower()] = str(read)
    if not found:  # a Python without pip: its variables may be set all the same
        for name, value in os.environ.items():
            if name.startswith("PIP_"):
                found[2, name[4:].lower().replace("_", "-")] = value
    return {key: value for (_, key), value in sorted(found.items())}


def _default_index() -> str:
    """The index that pip itself takes where none is configured, which only its own help says."""
    text = _pip("download", "--help").partition("--index-url")[2]
    found = re.search(r"\(default\s+(\S+?)\)", text)
    return found[1] if found else ""


def _pip(*arguments: str) -> str:
    if importlib.util.find_spec("pip") is None:
        return ""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    environment = {**os.environ, "COLUMNS": "1000", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"}
    try:
        return subprocess.run(
            command, env=environment, capture_output=True, encoding="utf-8", errors="replace", timeout=60, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


# -- requests ----------------------------------------------------------------------------------------------------------


def _split(url: str) -> tuple[str, str]:
    """An address without its credentials, and the header that they become."""
    parts = urllib.parse.urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, ""
    name, _, password = user.partition(":")
    return parts._replace(netloc=host).geturl(), _basic(urllib.parse.unquote(name), urllib.parse.unquote(password))


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode("ascii")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects; credentials go along only to the host that they are meant for."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        header = req.unredirected_hdrs.get("Authorization")
        if new is not None and header and _origin(new.full_url) == _origin(req.full_url):
            new.add_unredirected_header("Authorization", header)
        return new


def _origin(url: str) -> tuple[str, str]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.netloc


@dataclass
class Client:
    """Requests as pip would make them."""

    settings: Settings
    credentials: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)  # by origin

    def __post_init__(self) -> None:
        self._checking = self._opener(trusted=False)
        self._trusting = self._opener(trusted=True)

    def _opener(self, *, trusted: bool) -> urllib.request.OpenerDirector:
        proxy = self.settings.proxy
        proxies = {"http": proxy, "https": proxy} if proxy else None
        certificates = self.settings.certificates
        try:
            context = ssl.create_default_context(
                cafile=certificates if certificates and not Path(certificates).is_dir() else None,
                capath=certificates if certificates and Path(certificates).is_dir() else None,
            )
            if self.settings.client_certificate:
                context.load_cert_chain(self.settings.client_certificate)
        except (OSError, ssl.SSLError) as error:
            raise HipwrightError(f"pip's certificates can't be read: {error}", "check `pip config list`") from error
        if trusted:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        # The handlers are named one by one: an index has no business with files of this machine.
        opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(proxies), urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(context=context), _Redirects(), urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(), urllib.request.UnknownHandler(),
        ):  # fmt: skip
            opener.add_handler(handler)
        return opener

    def open(self, url: str, headers: Mapping[str, str] | None = None) -> http.client.HTTPResponse:
        """Ask for an address; a failure that may pass is tried again."""
        url, header = _split(url)
        if header:
            self.credentials[_origin(url)] = header
        request = urllib.request.Request(url, headers={"User-Agent": "hipwright", **(headers or {})})
        host = urllib.parse.urlsplit(url).hostname or ""
        if known := self.credentials.get(_origin(url)) or _from_netrc(host):
            request.add_unredirected_header("Authorization", known)
        port = urllib.parse.urlsplit(url).netloc
        opener = self._trusting if self.settings.trusted & {host, port} else self._checking
        problem = ""
        for attempt in range(_TRIES):
            time.sleep(attempt)
            try:
                response: http.client.HTTPResponse = opener.open(request, timeout=self.settings.timeout)
                return response
            except urllib.error.HTTPError as error:
                problem = f"HTTP {error.code} {error.reason}"
                if error.code < 500 and error.code != 429:
                    break
            except (OSError, http.client.HTTPException) as error:
                problem = str(getattr(error, "reason", "") or error or type(error).__name__)
        raise HipwrightError(f"{url}: {problem}", "check the network and `pip config list`")

    def read(self, url: str, limit: int, headers: Mapping[str, str] | None = None) -> tuple[bytes, str, Message]:
        """The whole body of an address, the address that it came from in the end, and the headers."""
        for attempt in range(_TRIES):
            with self.open(url, headers) as response:
                try:
                    data = response.read(limit + 1)
                except (OSError, http.client.HTTPException) as error:
                    if attempt + 1 < _TRIES:
                        continue
                    raise HipwrightError(f"{_split(url)[0]}: {error}") from error
                break
        if len(data) > limit:
            raise HipwrightError(f"{_split(url)[0]} is larger than {limit >> 20} MB")
        return data, response.url, response.headers


def _from_netrc(host: str) -> str:
    try:
        found = netrc.netrc().authenticators(host)
    except (OSError, netrc.NetrcParseError):
        return ""
    return _basic(found[0], found[2] or "") if found else ""


# -- the index ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel that an index offers."""

    filename: str
    url: str  # http(s), or a path on this machine
    sha256: str = ""


def wheels(client: Client, name: str) -> Iterator[Wheel]:
    """The files of a project, from each place that pip looks in; a place without the project is passed over.

    Raises the problem of the last place if none could be read.
    """
    problem: HipwrightError | None = None
    read = False
    for link in client.settings.links:
        try:
            yield from _listed(client, link, link)
            read = True
        except HipwrightError as error:
            problem = error
    for index in client.settings.indexes:
        page = f"{index.rstrip('/')}/{re.sub(r'[-_.]+', '-', name).lower()}/"
        try:
            yield from _listed(client, page, index)
            read = True
        except HipwrightError as error:
            problem = error
    if problem and not read:
        raise problem
    if not client.settings.links and not client.settings.indexes:
        raise HipwrightError("no package index is configured", "set PIP_INDEX_URL, or install pip into this Python")


def _listed(client: Client, page: str, source: str) -> Iterator[Wheel]:
    """The wheels that a page, or a folder of this machine, lists."""
    local = _local(page)
    if local is not None and local.is_dir() and not (local / "index.html").is_file():
        for path in sorted(local.glob("*.whl")):
            yield Wheel(path.name, str(path))
        return
    if local is not None:
        path = local / "index.html" if local.is_dir() else local
        try:
            data = path.read_bytes()
        except OSError as error:
            raise HipwrightError(f"{path} can't be read") from error
        base, kind = path.as_uri(), "text/html"
    else:
        data, base, headers = client.read(page, _PAGE_LIMIT, {"Accept": _ACCEPT})
        kind = headers.get_content_type()
    for filename, link, sha256 in _json_files(data) if kind.endswith("json") else _html_files(data):
        url = urllib.parse.urljoin(base, link)
        file = _local(url)
        if file is not None and _local(source) is None:
            continue  # a remote index does not name files of this machine
        if filename.endswith(".whl"):
            yield Wheel(filename, str(file) if file is not None else url, sha256)


def _local(url: str) -> Path | None:
    if url.lower().startswith("file:"):
        return Path(urllib.request.url2pathname(urllib.parse.urlsplit(url).path))
    return None if re.match(r"[a-z][a-z0-9+.-]+:", url, re.I) else Path(url).expanduser()


def _json_files(data: bytes) -> Iterator[tuple[str, str, str]]:
    try:
        for item in json.loads(data)["files"]:
            yield str(item["filename"]), str(item["url"]), str((item.get("hashes") or {}).get("sha256", ""))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HipwrightError("the package index answers with a page of unknown form") from error


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if href and tag == "base":
            self.base = self.base or href
        elif href and tag == "a":
            self.links.append(href)


def _html_files(data: bytes) -> Iterator[tuple[str, str, str]]:
    parser = _Links()
    parser.feed(data.decode("utf-8", "replace"))
    for link in parser.links:
        url, _, fragment = urllib.parse.urljoin(parser.base, link).partition("#")
        filename = urllib.parse.unquote(urllib.parse.urlsplit(url).path.rpartition("/")[2])
        found = re.search(r"sha256=([0-9a-f]{64})", fragment)
        yield filename, url, found[1] if found else ""


# -- the files of a wheel ----------------------------------------------------------------------------------------------


class TooLargeError(HipwrightError):
    """The server sends whole files only, and this one is larger than is worth it."""


class _Remote(io.RawIOBase):
    """A file on a server that answers range requests."""

    def __init__(self, client: Client, url: str, size: int) -> None:
        self.client, self.url, self.size = client, url, size
        self.position = self.fetched = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.position = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.size}[whence])
        return self.position

    def tell(self) -> int:
        return self.position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        end = min(self.position + len(buffer), self.size)
        if end <= self.position:
            return 0
        wanted = end - self.position
        self.fetched += wanted
        if self.fetched > _RANGE_LIMIT:
            raise HipwrightError(f"{_split(self.url)[0]}: reading its headers takes more than {_RANGE_LIMIT >> 20} MB")
        headers = {"Range": f"bytes={self.position}-{end - 1}", "Accept-Encoding": "identity"}
        data, _, answer = self.client.read(self.url, wanted, headers)
        if not answer.get("Content-Range", "").startswith(f"bytes {self.position}-{end - 1}/") or len(data) != wanted:
            raise HipwrightError(f"{_split(self.url)[0]}: the server answers another range than was asked for")
        buffer[:wanted] = data
        self.position = end
        return wanted


@contextmanager
def opened(client: Client, wheel: Wheel, limit: int) -> Iterator[zipfile.ZipFile]:
    """A wheel as an archive of which only what is read is transferred.

    A server that sends whole files only is asked for one of at most `limit` bytes, else TooLargeError is raised. Damage
    in transfer is found by the checksum that the archive has of each file; a whole wheel also has its index's hash.
    """
    try:
        with _file(client, wheel, limit) as file, zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
        raise HipwrightError(f"{wheel.filename} can't be read: {error}") from error


def _file(client: Client, wheel: Wheel, limit: int) -> IO[bytes]:
    if (local := _local(wheel.url)) is not None:
        return local.open("rb")
    with client.open(wheel.url, {"Range": "bytes=0-0", "Accept-Encoding": "identity"}) as response:
        total = re.fullmatch(r"bytes 0-0/(\d+)", response.headers.get("Content-Range") or "")
        if response.status == http.HTTPStatus.PARTIAL_CONTENT and total:
            # An address that a redirect led to may be good for a short time only: each request starts at the first.
            return io.BufferedReader(_Remote(client, wheel.url, int(total[1])), _BLOCK)
        length = response.headers.get("Content-Length") or ""
        if not length.isdigit() or int(length) > limit:
            raise TooLargeError(f"the server sends {wheel.filename} only whole")
    data, _, _ = client.read(wheel.url, limit)
    if wheel.sha256 and hashlib.sha256(data).hexdigest() != wheel.sha256:
        raise HipwrightError(f"{wheel.filename} is not what the index says: its hash differs")
    return io.BytesIO(data)
