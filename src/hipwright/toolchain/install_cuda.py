"""Add CUDA's headers to the cache, out of the wheels that NVIDIA publishes on the package index.

The wheels hold libraries of hundreds of megabytes beside a few headers: only the headers are transferred. Each wheel is
named with its version and the hash of its list of files, which has the hash of every file in turn, so that what is
unpacked is what was tested, from whichever mirror it came.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hipwright import toolchain as tools
from hipwright.finding import HipwrightError
from hipwright.toolchain import cuda
from hipwright.toolchain.index import Client, TooLargeError, Wheel, opened, pip_settings, wheels

Report = Callable[[str], None]

_WHOLE_LIMIT = 80 << 20  # the largest wheel that is downloaded whole: the one with cuRAND, which clang can't do without
_RECORD_LIMIT = 4 << 20


@dataclass(frozen=True, slots=True)
class Pin:
    """A wheel, and the hash of the list of files in it."""

    project: str
    version: str
    record: str

    @property
    def filename(self) -> re.Pattern[str]:
        """The names its Linux wheel may have: headers are the same for every processor."""
        project = re.sub(r"[-_.]+", "[-_.]+", self.project)
        return re.compile(rf"{project}-{re.escape(self.version)}-py3-none-manylinux[\w.]*x86_64\.whl", re.I)


PINS = (
    Pin("nvidia-cublas-cu12", "12.9.1.4", "22e6465298f300a8b1bfcfdd6d5e8449d9b8120fccecc09a573e3a3625ccdd08"),
    Pin("nvidia-cuda-cccl-cu12", "12.9.27", "339802b6d8b80348ba996ed9623451b46f7420a912b80ab585eac750ed66df30"),
    Pin("nvidia-cuda-cupti-cu12", "12.9.79", "b887a904314efaa9ae8e9c809a94c2c20e48a0835cd18d0cbf8ad183e9657bca"),
    Pin("nvidia-cuda-nvcc-cu12", "12.9.86", "33659c344ec4556318b04c8b58cc5e1f164da15343a0e60dcb5d7f493c8b30c9"),
    Pin("nvidia-cuda-nvrtc-cu12", "12.9.86", "8e4e747451dd5fb2779e79735e3223a468839818a9e2cbc94951ef9302d86b18"),
    Pin("nvidia-cuda-runtime-cu12", "12.9.79", "f3d62dcf8f26b3f336f9d435f67fb7aac618b5f3bec4e236571897db1b69fa57"),
    Pin("nvidia-cudnn-cu12", "9.28.0.42", "613bbe5a5483bdc07794fd5640fbee0661cfa8ea88e4c337261d6f48b24b7994"),
    Pin("nvidia-cufft-cu12", "11.4.1.4", "9f20df263f43fd5e94ef2a27380e2c40cb479dea128a2ea85f8eb324455c20f6"),
    Pin("nvidia-curand-cu12", "10.3.10.19", "8627b82ccd90bc1b806a3fb755a7fb8e126caff36ee13474a3b5251fa5649511"),
    Pin("nvidia-cusolver-cu12", "11.7.5.82", "9c50b5b126ec21a0098ca680a3e94e7aebecfa233c11021aa13e3d66a6b465a2"),
    Pin("nvidia-cusparse-cu12", "12.5.10.65", "cd5faf5127722d602d31d6716fcd90c9dcbcdc0241422d69ad1e87133f072b34"),
    Pin("nvidia-nccl-cu12", "2.32.3", "02fe89f9619e2ae2129efaabdaba0e7dbf1191fe93d7008d64b0ad79edd4bac9"),
    Pin("nvidia-nvml-dev-cu12", "12.9.79", "07c82de60e8d8463f6a82cf57dc59f067dca7f3d7869816fbc1fa70f2f55dae1"),
    Pin("nvidia-nvtx-cu12", "12.9.79", "f902ff8bdb6db11532e23fbf469ab1ad4b761e075bea195551cd822b94ea438d"),
)  # fmt: skip


def install_cuda(
    report: Report = lambda _: None, cache: Path | None = None, pins: tuple[Pin, ...] = PINS
) -> cuda.CudaHeaders:
    """Make `find_cuda` succeed, and return what it finds. Does nothing where everything is there already."""
    folder = cache or tools.cache_dir()
    found = cuda.find_cuda(folder)
    if found and not cuda.left_out(found):
        return found
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".installing-", dir=folder) as work:
            root = Path(work) / "root"
            left_out = _unpack(root, pins, report)
            for pin, why in left_out.items():
                report(f"left out: {pin.project} ({why})")
            _keep(folder, root, pins, left_out)
    except OSError as error:
        raise HipwrightError(f"{folder} can't be written: {error}", "set HIPWRIGHT_CACHE to another folder") from error
    found = cuda.find_cuda(folder)
    if found is None:
        raise HipwrightError("clang does not read the CUDA headers that were installed", "run `hipwright doctor`")
    return found


def _unpack(root: Path, pins: tuple[Pin, ...], report: Report) -> dict[Pin, str]:
    """Write the headers of all wheels into one folder; what could not be had comes back with the reason."""
    report(f"downloading CUDA's headers out of {len(pins)} wheels")
    client = Client(pip_settings())
    left_out: dict[Pin, str] = {}
    with ThreadPoolExecutor(4) as pool:
        answers = [(pin, pool.submit(_headers, client, pin)) for pin in pins]
        for pin, answer in answers:
            try:
                files = answer.result()
            except TooLargeError as error:
                left_out[pin] = error.message
                continue
            for name, data in files.items():
                target = root / "include" / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
            report(f"{pin.project} {pin.version}: {len(files)} headers")
    return left_out


def _headers(client: Client, pin: Pin) -> dict[str, bytes]:
    """The headers of a wheel by their path below `include`, from the first place that has the pinned wheel."""
    problems: list[HipwrightError] = []
    for wheel in wheels(client, pin.project):
        if not pin.filename.fullmatch(wheel.filename):
            continue
        try:
            return _read(client, wheel, pin)
        except HipwrightError as error:
            problems.append(error)
    if problems:
        raise next((error for error in problems if isinstance(error, TooLargeError)), problems[-1])
    raise HipwrightError(f"the package index has no {pin.project} {pin.version}", "check `pip config list`")


def _read(client: Client, wheel: Wheel, pin: Pin) -> dict[str, bytes]:
    with opened(client, wheel, _WHOLE_LIMIT) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        record = next((entry for name, entry in entries.items() if name.endswith(".dist-info/RECORD")), None)
        if record is None or record.file_size > _RECORD_LIMIT:
            raise HipwrightError(f"{wheel.filename} has no list of files")
        listed = archive.read(record)
        if hashlib.sha256(listed).hexdigest() != pin.record:
            raise HipwrightError(f"{wheel.filename} is not the wheel that was tested: its list of files differs")
        found: dict[str, bytes] = {}
        wanted = [(entries[path], path, name, digest, size) for path, name, digest, size in _listed(listed)
                  if path in entries]  # fmt: skip
        # In the order of the archive, so that neighbours come with one request.
        for entry, path, name, digest, size in sorted(wanted, key=lambda item: item[0].header_offset):
            if entry.file_size != size:
                raise HipwrightError(f"{wheel.filename}: {path} has another size than its list says")
            data = _entry(archive, entry)
            if base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode() != digest:
                raise HipwrightError(f"{wheel.filename}: the hash of {path} differs")
            found[name] = data
    if not found:
        raise HipwrightError(f"{wheel.filename} has no headers")
    return found


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        return archive.read(entry)  # raises where the checksum differs
    except (ValueError, RuntimeError) as error:
        raise HipwrightError(f"{entry.filename} can't be unpacked: {error}") from error


def _listed(record: bytes) -> Iterator[tuple[str, str, str, int]]:
    """The headers that a list of files names: path, path below `include`, hash, size."""
    for row in csv.reader(io.StringIO(record.decode("utf-8", "replace"))):
        if len(row) != 3 or not row[1].startswith("sha256=") or not row[2].isdigit():
            continue
        parts = PurePosixPath(row[0]).parts
        inside = parts[3:]
        if parts[:1] != ("nvidia",) or parts[2:3] != ("include",) or not inside or inside[-1].endswith(".py"):
            continue
        if any(part == ".." or re.search(r"[\\:\0]", part) for part in parts):
            raise HipwrightError(f"a wheel holds a file with the path {row[0]!r}")
        yield row[0], "/".join(inside), row[1].removeprefix("sha256="), int(row[2])


def _keep(cache: Path, root: Path, pins: tuple[Pin, ...], left_out: dict[Pin, str]) -> None:
    """Move a usable folder to its name in one step."""
    if not cuda.complete(root / "include"):
        missing = ", ".join(pin.project for pin in left_out) or "the wheels are not those of one release"
        raise HipwrightError(f"CUDA's headers could not be installed: {missing}", "use an index that serves ranges")
    version = cuda.cuda_version(root / "include")
    record = {
        "cuda": version,
        "packages": {pin.project: pin.version for pin in pins if pin not in left_out},
        "left_out": {pin.project: why for pin, why in left_out.items()},
    }
    text = json.dumps(record, indent=1, sort_keys=True) + "\n"
    (root / cuda.RECORD).write_text(text, encoding="utf-8")
    cuda.rename(root, cache / f"cuda-{version}-{hashlib.sha256(text.encode()).hexdigest()[:8]}")
