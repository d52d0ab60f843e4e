"""CMake files for HIP: CUDA's language, packages, targets, properties and flags become HIP's; names of sources stay.

CMake knows HIP as a language since 3.21. It takes only `.hip` for HIP by suffix, so every `.cu` source gets its
language as a property, in the folder that makes the target. Which AMD targets are built comes from
CMAKE_HIP_ARCHITECTURES, which stays the user's to set (hazard B04).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from hipwright.build.cmake_syntax import Argument, Command, commands
from hipwright.build.edits import EditSet
from hipwright.build.flags import LIBRARIES, NO_COUNTERPART, steps
from hipwright.finding import Finding, Level, Note, Place

RULE = "cmake"

# What CMake calls ROCm's libraries: link name → (package, target).
PACKAGES: dict[str, tuple[str, str]] = {
    "MIOpen": ("miopen", "MIOpen"),
    "amdhip64": ("hip", "hip::host"),
    "hipblas": ("hipblas", "roc::hipblas"),
    "hipblaslt": ("hipblaslt", "roc::hipblaslt"),
    "hipfft": ("hipfft", "hip::hipfft"),
    "hipfftw": ("hipfft", "hip::hipfftw"),
    "hiprand": ("hiprand", "hip::hiprand"),
    "hiprtc": ("hiprtc", "hiprtc::hiprtc"),
    "hipsolver": ("hipsolver", "roc::hipsolver"),
    "hipsparse": ("hipsparse", "roc::hipsparse"),
    "hipsparselt": ("hipsparselt", "roc::hipsparselt"),
    "rccl": ("rccl", "roc::rccl"),
    "roctx64": ("", "roctx64"),
}
_DRIVER = {"cuda_driver": "cuda", "nvtx3": "nvToolsExt", "cudart_static": "cudart", "toolkit": "cudart"}

# Variables and properties whose HIP form has the same meaning.
_RENAMED = re.compile(
    r"\bCMAKE_CUDA_(?=(?:ARCHITECTURES|FLAGS(?:_\w+)?|STANDARD(?:_REQUIRED)?|EXTENSIONS|COMPILER|COMPILER_ID|COMPILER_VERSION"
    r"|COMPILER_LAUNCHER|PLATFORM_ID|SOURCE_FILE_EXTENSIONS|VISIBILITY_PRESET)\b)"
)
_PROPERTY = re.compile(r"^CUDA_(?=(?:ARCHITECTURES|STANDARD|STANDARD_REQUIRED|EXTENSIONS|VISIBILITY_PRESET)$)")
_NO_PROPERTY = frozenset(
    {"CUDA_RESOLVE_DEVICE_SYMBOLS", "CUDA_RUNTIME_LIBRARY", "CUDA_CUBIN_COMPILATION", "CUDA_FATBIN_COMPILATION",
     "CUDA_OPTIX_COMPILATION", "CUDA_PTX_COMPILATION", "CUDA_SOURCE_PROPERTY_FORMAT"}
)  # fmt: skip
_LANGUAGE = re.compile(r"(?<=COMPILE_LANGUAGE:)CUDA\b|(?<=LINK_LANGUAGE:)CUDA\b")
_LANGUAGE_AND_ID = re.compile(r"(?<=LANG_AND_ID:)CUDA,NVIDIA\b")
_VARIABLES: dict[str, str] = {
    "CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES": "hip_INCLUDE_DIRS",
    "CUDA_FOUND": "hip_FOUND",
    "CUDA_INCLUDE_DIRS": "hip_INCLUDE_DIRS",
    "CUDA_TOOLKIT_INCLUDE": "hip_INCLUDE_DIRS",
    "CUDAToolkit_FOUND": "hip_FOUND",
    "CUDAToolkit_INCLUDE_DIRS": "hip_INCLUDE_DIRS",
}
_HIP_FOLDERS = frozenset(name for name, hip in _VARIABLES.items() if hip == "hip_INCLUDE_DIRS")
# Header libraries that come with ROCm's headers, which the HIP language finds by itself. Their ROCm targets would put
# `-x hip` on host files too (hazard B06), so none takes their place.
_HEADER_PACKAGES = frozenset({"CCCL", "CUB", "Thrust", "libcudacxx"})
_HEADER_TARGETS = frozenset(
    {"CCCL::CCCL", "CCCL::CUB", "CCCL::Thrust", "CUB::CUB", "Thrust::Thrust", "CCCL::libcudacxx"}
)
# FindCUDA's variables that stand for libraries.
_LIBRARY_VARIABLE = re.compile(r"\$\{CUDA_(?:(CUBLAS|CUFFT)_LIBRARIES|(\w+?)_LIBRARY|(LIBRARIES)|CUDA_(LIBRARY))\}")
# What FindCUDA sets or reads and HIP has nothing for.
_LEFT = re.compile(
    r"\b(?:CUDA_(?:VERSION(?:_\w+)?|TOOLKIT_ROOT_DIR|HOST_COMPILER|PROPAGATE_HOST_FLAGS|ARCH_BIN|ARCH_PTX"
    r"|NVCC_EXECUTABLE|SEPARABLE_COMPILATION|SDK_ROOT_DIR|BIN_PATH|NVCC_FLAGS_\w+)"
    r"|CUDAToolkit_(?:VERSION\w*|NVCC_EXECUTABLE|BIN_DIR|ROOT|LIBRARY_DIR|TARGET_DIR)"
    r"|CMAKE_CUDA_(?:SEPARABLE_COMPILATION|RUNTIME_LIBRARY|RESOLVE_DEVICE_SYMBOLS|TOOLKIT_\w+|ARCHITECTURES_\w+))\b"
)
_NO_OPTIONS = re.compile(rb"\s*\(\s*\S+(?:\s+(?:BEFORE|PRIVATE|PUBLIC|INTERFACE))*\s*\)")
_HOST_COMPILER = frozenset({"CUDA_HOST_COMPILER", "CMAKE_CUDA_HOST_COMPILER", "CUDA_PROPAGATE_HOST_FLAGS"})
_FLAG_COMMANDS = frozenset({"add_compile_options", "target_compile_options", "add_definitions"})
_FLAG_VARIABLE = re.compile(r"CUDA\w*FLAGS|NVCC|CMAKE_HIP_FLAGS|CUDA_\w*OPTIONS|CUDA_ARCH", re.I)
_NVCC_WORD = re.compile(
    r"--?(?:gencode|generate-code|ptxas-options|Xptxas|Xcompiler|maxrregcount|expt-[\w-]+|extended-lambda|use_fast_math"
    r"|Xcudafe|diag-suppress)\b|-(?:arch|-gpu-architecture)=(?:sm|compute)_"
)
_FLAG_WORD = re.compile(r"[^\s;<>\"]+")
_TARGET_COMMANDS = frozenset(
    {"add_executable", "add_library", "cuda_add_executable", "cuda_add_library", "pybind11_add_module",
     "nanobind_add_module", "python_add_library"}
)  # fmt: skip
_NO_SOURCES = frozenset(
    {"set", "list", "file", "if", "elseif", "foreach", "string", "message", "set_source_files_properties", "install",
     "configure_file", "set_property", "get_filename_component", "add_custom_command", "add_test", "while", "return",
     "source_group", "target_link_libraries", "get_source_file_property", "endif", "else", "function", "macro"}
)  # fmt: skip
# CMake's own commands that take no sources to compile; others that list `.cu` files are wrappers of the project.
_OWN = (
    "target_", "find_", "set_", "get_", "add_compile", "add_sub", "add_def", "include", "option", "project", "enable_",
    "check_", "cmake_", "link_", "mark_", "math", "execute_", "export", "unset", "end", "add_custom", "add_dep",
    "add_link", "separate_", "break", "continue", "try_", "ctest_",
)  # fmt: skip
_ALREADY = re.compile(
    rb"\bLANGUAGES?\s[^)]{0,300}\bHIP\b|\benable_language\s*\(\s*HIP|\bfind_package\s*\(\s*(?:hip|HIP)\b"
)
_NAMES_TARGETS = re.compile(rb"-gencode\b|-arch[= ]\s*(?:sm|compute)_|--gpu-architecture|--generate-code")
_ABOUT_CUDA = re.compile(rb"cuda|nvcc|[.]cu\b|gencode", re.I)


# nvcc optimises device code whatever the configuration (but for -G); clang does what the configuration says, and at -O0
# rocPRIM does not even compile for every target.
_OPTIMISED = (
    'add_compile_options("$<$<AND:$<COMPILE_LANGUAGE:HIP>,$<OR:$<CONFIG:>,$<CONFIG:Debug>>>:SHELL:-Xarch_device -O3>")'
)


def port_cmake(
    data: bytes,
    path: str,
    targets: Sequence[str] = (),
    libraries: Iterable[str] = (),
    has_cuda: bool = True,
    moved: Mapping[str, str] | None = None,
    own: Iterable[str] = (),
    found_above: bool = True,
) -> list[Finding]:
    """Edits and Notes that make a CMake file build with HIP.

    `targets` become the default of CMAKE_HIP_ARCHITECTURES where the file sets one for CUDA. `libraries` are CUDA
    libraries that files below use: their packages are found where CUDA's package was. `has_cuda` tells whether the
    project compiles `.cu` files at all, so that lists held in variables are looked through. `moved` maps folders as
    the file spells them to where the port has put them. `own` are the project's targets, which may be called like one
    of CUDA's libraries. `found_above` tells whether a file above this one finds the packages of its libraries.
    """
    if _ABOUT_CUDA.search(data) is None and not moved and not (has_cuda and b"${" in data):
        return []
    if _ALREADY.search(data):
        if re.search(rb"\bCUDA\b", data):
            note = Note(
                RULE, Level.INFO, Place(path, 1), "can be built for HIP already: left as it is", hazards=("B04",)
            )
            return [note]
        return []
    targets_made = frozenset(own) | made_targets(data)
    one = _Port(data, path, tuple(targets), frozenset(libraries), has_cuda, dict(moved or {}), targets_made)
    one.lonely = not found_above and not finds_cuda(data)
    return one.run()


def finds_cuda(data: bytes) -> bool:
    """Whether a CMake file enables CUDA or finds its package, so that its port finds ROCm's."""
    return any(
        "CUDA" in c.words if c.lower in ("project", "enable_language")
        else c.lower == "find_package" and c.words[:1] in (("CUDA",), ("CUDAToolkit",))
        for c in commands(data)
    )  # fmt: skip


def builds_hip(data: bytes) -> bool:
    """Whether a CMake file builds for HIP by itself: it enables the language or finds the package."""
    return _ALREADY.search(data) is not None


def made_targets(data: bytes) -> frozenset[str]:
    """The targets that a CMake file makes."""
    makers = _TARGET_COMMANDS | {"add_custom_target"}
    return frozenset(command.words[0] for command in commands(data) if command.lower in makers and command.words)


def cuda_libraries(data: bytes, own: Iterable[str] = ()) -> frozenset[str]:
    """The CUDA libraries (by link name) that a CMake file links; `own` are the project's targets."""
    found = set()
    for command in commands(data):
        if command.lower in (
            "target_link_libraries",
            "link_libraries",
            "cuda_add_cublas_to_target",
            "cuda_add_cufft_to_target",
        ):
            for argument in command.arguments:
                name = _library_of(argument.text)
                if name and argument.text not in own:
                    found.add(name)
            if command.lower.startswith("cuda_add_"):
                found.add("cublas" if "cublas" in command.lower else "cufft")
    return frozenset(found)


def _library_of(text: str) -> str:
    """The CUDA library that a word of target_link_libraries() means; nothing when it means none."""
    if text.startswith("CUDA::"):
        name = text[6:]
        return _DRIVER.get(name, name)
    if match := _LIBRARY_VARIABLE.fullmatch(text):
        name = (match[1] or match[2] or ("cuda" if match[4] else "cudart")).lower()
        return {"cublaslt": "cublasLt", "nvtoolsext": "nvToolsExt"}.get(name, name)
    bare = text.removeprefix("-l")
    return bare if bare in LIBRARIES else ""


class _Port:
    """One CMake file on its way."""

    def __init__(
        self,
        data: bytes,
        path: str,
        targets: tuple[str, ...],
        libraries: frozenset[str],
        has_cuda: bool,
        moved: dict[str, str],
        made: frozenset[str],
    ) -> None:
        self.data = data
        self.path = path
        self.targets = targets
        self.has_cuda = has_cuda
        self.moved = moved
        self.commands = list(commands(data))
        self.made = made
        self.interfaces = {c.words[0] for c in self.commands if c.lower == "add_library" and "INTERFACE" in c.words[1:]}
        self.libraries = libraries | cuda_libraries(data, made)
        self.newline = "\r\n" if b"\r\n" in data else "\n"
        self.edits = EditSet(data, RULE)
        self.notes: dict[tuple[int, str], Note] = {}
        self.found = any(
            c.lower == "find_package" and c.words[:1] in (("CUDA",), ("CUDAToolkit",), ("CUDNN",))
            for c in self.commands
        )
        self.packaged: set[str] = set()
        self.lonely = False  # no other file finds the packages of the libraries that this one links
        self.left: set[str] = set()
        self.hoisted = False
        self.legacy: Command | None = None  # find_package(CUDA) where nothing else enables the language

    def run(self) -> list[Finding]:
        for command in self.commands:
            self._command(command)
        self._default_targets()
        return [*self.edits.all(), *sorted(self.notes.values(), key=lambda note: (note.place, note.message))]

    # -- small tools -------------------------------------------------------------------------------------------------

    def _raw(self, argument: Argument) -> str:
        return self.data[argument.start : argument.end].decode("utf-8", "surrogateescape")

    def _note(
        self, command: Command, message: str, level: Level, hazards: tuple[str, ...] = ("B04",), hint: str = ""
    ) -> None:
        note = Note(RULE, level, Place(self.path, command.line), message, hint, hazards)
        self.notes.setdefault((command.line, message), note)

    def _after(self, command: Command, lines: Sequence[str]) -> None:
        """Put commands behind one, indented as it is."""
        begin = self.data.rfind(b"\n", 0, command.start) + 1
        indent = self.data[begin : command.start].decode("latin-1")
        indent = indent if not indent.strip() else ""
        self.edits.put(command.end, command.end, "".join(f"{self.newline}{indent}{line}" for line in lines))

    def _before(self, command: Command, line: str) -> None:
        """Put a command in front of one, indented as it is."""
        begin = self.data.rfind(b"\n", 0, command.start) + 1
        indent = self.data[begin : command.start].decode("latin-1")
        indent = indent if not indent.strip() else ""
        self.edits.put(command.start, command.start, f"{line}{self.newline}{indent}")

    def _drop(self, command: Command, first: Argument, last: Argument) -> None:
        """Take arguments out, with the blank before them."""
        start = first.start
        while start > command.name_end and self.data[start - 1 : start] in (b" ", b"\t", b"\n", b"\r"):
            start -= 1
        if self.data[start : start + 1] == b"(" or start < command.name_end + 1:
            start = first.start
        self.edits.put(start, last.end, "")

    def _remove(self, command: Command) -> None:
        """Take a command out with its line."""
        start = self.data.rfind(b"\n", 0, command.start) + 1
        end = self.data.find(b"\n", command.end)
        end = len(self.data) if end < 0 else end + 1
        if self.data[start : command.start].strip() or self.data[command.end : end].strip():
            start, end = command.start, command.end
        self.edits.put(start, end, "")

    # -- commands ----------------------------------------------------------------------------------------------------

    def _command(self, command: Command) -> None:
        name, words = command.lower, command.words
        match name:
            case "cmake_minimum_required":
                self._minimum(command)
                return
            case "project" | "enable_language" | "check_language":
                self._languages(command)
            case "find_package" if words[:1] in (("CUDA",), ("CUDAToolkit",)):
                self._package(command)
                return
            case "find_package" if words[:1] in (("CUDNN",), ("cuDNN",), ("NCCL",)):
                package = "rccl" if words[0] == "NCCL" else "miopen"
                self.edits.put(command.arguments[0].start, command.arguments[-1].end, self._required(package, words))
                self.packaged.add(package)
                return
            case "find_package" if words and words[0] in _HEADER_PACKAGES:
                self._remove(command)
                self._note(command, f"{words[0]}'s headers come with ROCm", Level.INFO, ("L18",))
                return
            case "set" | "list" if self._legacy_flags(command):
                return
            case "cuda_add_executable" | "cuda_add_library":
                self.edits.put(command.start, command.name_end, command.name[len("cuda_") :])
                self._without_options(command)
            case "cuda_include_directories":
                self.edits.put(command.start, command.name_end, "include_directories")
            case "cuda_add_cublas_to_target" | "cuda_add_cufft_to_target" if words:
                library = "roc::hipblas" if "cublas" in name else "hip::hipfft"
                self.edits.put(command.start, command.end, f"target_link_libraries({words[0]} {library})")
                return
            case "cuda_select_nvcc_arch_flags":
                self._remove(command)
                self._note(
                    command, "the choice of NVIDIA targets is gone: CMAKE_HIP_ARCHITECTURES takes its place", Level.INFO
                )
                return
            case "set_target_properties" | "set_property" | "set_source_files_properties":
                self._properties(command)
            case "set" if words and words[0] in _HOST_COMPILER:
                self._remove(command)
                self._note(command, f"{words[0]} is gone: clang compiles host code, too", Level.INFO, ("B05",))
                return
            case "set" if words and words[0] == "CMAKE_CUDA_ARCHITECTURES":
                self._architectures(command)
                return
            case "set" if words and words[0] in ("CMAKE_CUDA_SEPARABLE_COMPILATION", "CUDA_SEPARABLE_COMPILATION"):
                self._separable_everywhere(command)
                return
            case "set" if words and words[0] in ("CMAKE_CUDA_STANDARD",) and len(words) > 1:
                self._standard(command, command.arguments[1])
            case "target_link_libraries" | "link_libraries":
                self._libraries(command)
            case "include_directories" | "target_include_directories" if _HIP_FOLDERS.intersection(
                re.findall(r"\$\{(\w+)\}", " ".join(words))
            ):
                self._platform(command)
            case "target_compile_features":
                for argument in command.arguments[1:]:
                    if old := re.fullmatch(r"cuda_std_(\d+)", argument.text):
                        self.edits.put(
                            argument.start, argument.end, f"hip_std_{max(int(old[1]), 17) if old[1] != '03' else 17}"
                        )
            case _ if name.startswith("cuda_") and name not in _NO_SOURCES:
                self._note(command, f"{command.name}() is FindCUDA's own and has no counterpart", Level.TODO, ("B05",))
        self._flags(command)
        self._texts(command)
        self._sources(command)

    def _legacy_flags(self, command: Command) -> bool:
        """CUDA_NVCC_FLAGS, a list, becomes CMAKE_HIP_FLAGS, a string with blanks."""
        words = command.words
        appends = command.lower == "list" and words[:2] == ("APPEND", "CUDA_NVCC_FLAGS")
        if not appends and not (command.lower == "set" and words[:1] == ("CUDA_NVCC_FLAGS",)):
            return False
        text = (
            " ".join(words[2 if appends else 1 :]).replace(";", " ").replace("${CUDA_NVCC_FLAGS}", "${CMAKE_HIP_FLAGS}")
        )
        flags: list[str] = []
        given = text.split()
        for step in steps(given):
            flags += step.words
            if step.remark is not None and not step.target:
                self._note(command, step.remark.message, step.remark.level, step.remark.hazards)
        if not flags or (not appends and flags == ["${CMAKE_HIP_FLAGS}"]):
            self._remove(command)
        elif appends:
            self.edits.put(command.start, command.end, f'string(APPEND CMAKE_HIP_FLAGS " {" ".join(flags)}")')
        else:
            self.edits.put(command.start, command.end, f'set(CMAKE_HIP_FLAGS "{" ".join(flags)}")')
        return True

    def _minimum(self, command: Command) -> None:
        for argument in command.arguments:
            version = re.match(r"(\d+)\.(\d+)", argument.text)
            if version and (int(version[1]), int(version[2])) < (3, 21) and _ABOUT_CUDA.search(self.data):
                rest = argument.text.partition("...")[2]
                newer = re.match(r"(\d+)\.(\d+)", rest)
                keep = newer and (int(newer[1]), int(newer[2])) > (3, 21)
                self.edits.put(argument.start, argument.end, f"3.21...{rest}" if keep else "3.21")

    def _languages(self, command: Command) -> None:
        first = 1 if command.lower == "project" else 0
        for argument in command.arguments[first:]:
            if argument.text == "CUDA":
                self.edits.put(argument.start, argument.end, "HIP")
                if command.lower != "check_language":
                    self._after(command, [*(() if self.found else self._finds(required=True)), _OPTIMISED])

    def _finds(self, required: bool) -> list[str]:
        packages = {PACKAGES[LIBRARIES[n]][0] for n in self.libraries if LIBRARIES.get(n) in PACKAGES} - {""}
        if b"CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES" in self.data:
            packages.add("hip")
        self.packaged |= packages
        return [f"find_package({package}{' REQUIRED' if required else ''})" for package in sorted(packages)]

    def _required(self, package: str, words: Sequence[str]) -> str:
        return " ".join([package, *(word for word in ("QUIET", "REQUIRED") if word in words)])

    def _package(self, command: Command) -> None:
        words = command.words
        self.edits.put(command.arguments[0].start, command.arguments[-1].end, self._required("hip", words))
        more = [
            line
            for line in self._finds("REQUIRED" in words)
            if not line.startswith(("find_package(hip)", "find_package(hip "))
        ]
        self._after(command, more)
        # Objects of HIP are made by the language, which FindCUDA did without.
        if words[0] == "CUDA" and not any(
            "CUDA" in c.words for c in self.commands if c.lower in ("project", "enable_language")
        ):
            self._after(command, ["enable_language(HIP)", _OPTIMISED])
            self.legacy = command
        if any(re.fullmatch(r"\d+(?:\.\d+)*", word) for word in words[1:]):
            self._note(command, "the required version of CUDA is dropped; ROCm counts differently", Level.INFO)

    def _without_options(self, command: Command) -> None:
        """FindCUDA takes nvcc's flags after OPTIONS; add_executable() does not."""
        at = next((i for i, a in enumerate(command.arguments) if a.text == "OPTIONS"), None)
        if at is None:
            return
        flags = " ".join(command.words[at + 1 :])
        self._drop(command, command.arguments[at], command.arguments[-1])
        translated: list[str] = []
        for step in steps(flags.split()):
            translated += step.words
            if step.remark is not None and not step.target:
                self._note(command, step.remark.message, step.remark.level, step.remark.hazards)
        if translated:
            target = command.words[0]
            options = ";".join(translated)
            self._after(command, [f"target_compile_options({target} PRIVATE $<$<COMPILE_LANGUAGE:HIP>:{options}>)"])

    def _properties(self, command: Command) -> None:
        words = command.words
        keyword = "PROPERTY" if command.lower == "set_property" else "PROPERTIES"
        if keyword not in words:
            return
        at = words.index(keyword)
        subjects = [
            w for w in words[:at] if w not in ("TARGET", "SOURCE", "DIRECTORY", "GLOBAL", "APPEND", "APPEND_STRING")
        ]
        index = at + 1
        left = (len(words) - at - 1) // 2
        while index < len(words):
            argument = command.arguments[index]
            value = command.arguments[index + 1] if index + 1 < len(words) else argument
            if argument.text == "LANGUAGE" and value.text == "CUDA":
                self.edits.put(value.start, value.end, "HIP")
            elif argument.text == "CUDA_SEPARABLE_COMPILATION" or argument.text in _NO_PROPERTY:
                if argument.text == "CUDA_SEPARABLE_COMPILATION" and value.text.upper() in ("ON", "TRUE", "1", "YES"):
                    # On an interface library the property has no effect, and it cannot have options of its own.
                    for subject in (subject for subject in subjects if subject not in self.interfaces):
                        self._after(command, _separable(subject))
                        self._note(
                            command, "separate device code: -fgpu-rdc when compiling and linking", Level.TEST, ("B03",)
                        )
                left -= 1
                if left == 0 or keyword == "PROPERTY":
                    self._remove_keeping_insertion(command)
                else:
                    self._drop(command, argument, value)
            elif _PROPERTY.match(argument.text):
                self.edits.put(argument.start, argument.end, _PROPERTY.sub("HIP_", argument.text))
                if argument.text == "CUDA_ARCHITECTURES":
                    last = len(words) - 1 if keyword == "PROPERTY" else min(index + 1, len(words) - 1)
                    while last + 1 < len(words) and re.fullmatch(r"\d+a?f?(?:-\w+)?", words[last + 1]):
                        last += 1  # a list without its quotes
                    self.edits.put(value.start, command.arguments[last].end, '"${CMAKE_HIP_ARCHITECTURES}"')
                    index = last - 1
                elif argument.text == "CUDA_STANDARD":
                    self._standard(command, value)
            index += 2

    def _remove_keeping_insertion(self, command: Command) -> None:
        """A command goes; what was put behind it takes its place."""
        inserted = self.edits.take(command.end, command.end)
        text = inserted.text.decode("utf-8", "surrogateescape").lstrip() if inserted else ""
        if text:
            self.edits.put(command.start, command.end, text)
        else:
            self._remove(command)

    def _standard(self, command: Command, value: Argument) -> None:
        if value.text.isdigit() and (int(value.text) < 17 or value.text == "98"):
            self.edits.put(value.start, value.end, "17")
            self._note(command, f"C++{value.text} raised to C++17: ROCm's libraries need it", Level.INFO, ("L19",))

    def _platform(self, command: Command) -> None:
        """A host compiler that finds HIP's headers by their folder has to be told which platform they are for."""
        define = "__HIP_PLATFORM_AMD__=1"
        if command.lower == "include_directories":
            self._after(command, [f"add_compile_definitions({define})"])
            return
        scope = next((word for word in command.words if word in ("INTERFACE", "PUBLIC", "PRIVATE")), "PRIVATE")
        self._after(command, [f"target_compile_definitions({command.words[0]} {scope} {define})"])

    def _separable_everywhere(self, command: Command) -> None:
        on = len(command.words) > 1 and command.words[1].upper() in ("ON", "TRUE", "1", "YES")
        if not on:
            self._remove(command)
            return
        lines = [
            "add_compile_options($<$<COMPILE_LANGUAGE:HIP>:-fgpu-rdc>)",
            "add_link_options($<$<LINK_LANGUAGE:HIP>:-fgpu-rdc>)",
        ]
        lines.append("add_link_options($<$<LINK_LANGUAGE:HIP>:--hip-link>)")
        begin = self.data.rfind(b"\n", 0, command.start) + 1
        indent = self.data[begin : command.start].decode("latin-1")
        self.edits.put(command.start, command.end, f"{self.newline}{indent if not indent.strip() else ''}".join(lines))
        self._note(command, "separate device code: -fgpu-rdc when compiling and linking", Level.TEST, ("B03",))

    def _architectures(self, command: Command) -> None:
        """A default of NVIDIA targets becomes one of AMD targets, which the user may override."""
        first, rest = command.arguments[0], command.arguments[1:]
        self.edits.put(first.start, first.end, "CMAKE_HIP_ARCHITECTURES")
        values = []
        for argument in rest:
            if argument.text in ("CACHE", "PARENT_SCOPE"):
                break
            values.append(argument)
        if not values or all(value.text.startswith("${") for value in values):
            for value in values:
                self.edits.put(value.start, value.end, self._raw(value).replace("CMAKE_CUDA_", "CMAKE_HIP_"))
            return
        names = self._names()
        enabling = self._enabling()
        if enabling is None or command.start < enabling.start:
            guard = "" if "CACHE" in command.words else ' CACHE STRING "AMD targets to build for"'
            self.edits.put(values[0].start, values[-1].end, f'"{names}"{guard}')
            if enabling is None:
                hint = "give -DCMAKE_HIP_ARCHITECTURES=..."
                self._note(command, "CMake chooses HIP's targets when it enables the language", Level.TEST, hint=hint)
            return
        # HIP's targets are chosen when the language is enabled: a later default would come too late.
        self._hoist(enabling.start)
        self.edits.take(first.start, first.end)
        at = self.commands.index(command)
        around = self.commands[at - 1], self.commands[at + 1] if at + 1 < len(self.commands) else command
        if around[0].words[:2] == ("NOT", "DEFINED") and around[0].lower == "if" and around[1].lower == "endif":
            start = self.data.rfind(b"\n", 0, around[0].start) + 1
            end = self.data.find(b"\n", around[1].end)
            for edit in self.edits.within(start, around[1].end):
                self.edits.take(edit.start, edit.end)
            self.edits.put(start, len(self.data) if end < 0 else end + 1, "")
        else:
            self._remove(command)

    def _names(self) -> str:
        return ";".join(self.targets) if self.targets else "gfx90a;gfx942;gfx1100;gfx1201"

    def _hoist(self, before: int) -> None:
        """Put the default targets before the command that enables the language."""
        if self.hoisted:
            return
        self.hoisted = True
        begin = self.data.rfind(b"\n", 0, before) + 1
        indent = self.data[begin:before].decode("latin-1")
        indent = indent if not indent.strip() else ""
        line = f'set(CMAKE_HIP_ARCHITECTURES "{self._names()}" CACHE STRING "AMD targets to build for")'
        self.edits.put(begin, begin, f"{indent}{line}{self.newline}")

    def _default_targets(self) -> None:
        """A file that names NVIDIA's targets in flags names AMD's too; one that names none lets CMake choose."""
        chosen = any(c.lower == "cuda_select_nvcc_arch_flags" for c in self.commands)
        named = chosen or _NAMES_TARGETS.search(self.data)
        if not named or any("CMAKE_CUDA_ARCHITECTURES" in word for c in self.commands for word in c.words):
            return
        enabling = self._enabling()
        if enabling is not None:
            self._hoist(enabling.start)
        elif self.found and self.legacy is not None:
            self._hoist(self.legacy.start)

    def _enabling(self) -> Command | None:
        """The command of this file that enables the language."""
        return next((c for c in self.commands if c.lower in ("project", "enable_language") and "CUDA" in c.words), None)

    def _libraries(self, command: Command) -> None:
        for argument in command.arguments[0 if command.lower == "link_libraries" else 1 :]:
            if argument.text in _HEADER_TARGETS:
                self._drop(command, argument, argument)
                continue
            name = _library_of(argument.text)
            if not name or argument.text in self.made:
                continue
            if name in NO_COUNTERPART or name not in LIBRARIES:
                known = name in NO_COUNTERPART
                message = (
                    f"{argument.text} has no AMD counterpart"
                    if known
                    else f"{argument.text}: what it is for AMD is not known"
                )
                self._note(command, message, Level.TODO, ("L25",) if known else ("B02",))
                continue
            target = LIBRARIES[name]
            if not target:
                self._drop(command, argument, argument)
                continue
            spelled = PACKAGES[target][1]
            if spelled in command.words or any(
                PACKAGES.get(LIBRARIES.get(_library_of(other.text), ""), ("", ""))[1] == spelled
                for other in command.arguments
                if other.start < argument.start
            ):
                self._drop(command, argument, argument)
                continue
            self.edits.put(argument.start, argument.end, spelled)
            package = PACKAGES[target][0]
            if self.lonely and package and package not in self.packaged:
                self.packaged.add(package)
                self._before(command, f"find_package({package} REQUIRED)")
            if name == "cudnn":
                self._note(command, "cuDNN's counterpart MIOpen has an interface of its own", Level.TODO, ("L08",))

    # -- words -------------------------------------------------------------------------------------------------------

    def _flags(self, command: Command) -> None:
        """nvcc's flags, in the commands and variables that carry flags."""
        words = command.words
        variable = words[1] if command.lower in ("list", "string") and len(words) > 1 else words[0] if words else ""
        carries = command.lower in _FLAG_COMMANDS or (
            command.lower in ("set", "list", "string")
            and (
                _FLAG_VARIABLE.search(variable) is not None
                or any("COMPILE_LANG" in word or _NVCC_WORD.match(word) for word in words)
            )
        )
        if not carries:
            return
        pieces: list[tuple[str, int, int]] = []
        for argument in command.arguments:
            raw = self.data[argument.start : argument.end].decode("latin-1")
            for match in _FLAG_WORD.finditer(raw):
                text, start = match.group(), match.start()
                for prefix in ("SHELL:", ":"):
                    if text.startswith(prefix):
                        text, start = text[len(prefix) :], start + len(prefix)
                if text:
                    pieces.append((text, argument.start + start, argument.start + start + len(text)))
        for step in steps([text for text, _, _ in pieces]):
            if not pieces[step.start][0].startswith("-"):
                continue
            before = [text for text, _, _ in pieces[step.start : step.end]]
            if list(step.words) == before:
                continue
            start, end = pieces[step.start][1], pieces[step.end - 1][2]
            between = self.data[start:end].decode("latin-1")
            separator = ";" if ";" in between or (self.data[start - 1 : start] in (b":", b";")) else " "
            if not step.words:
                while self.data[start - 1 : start] in (b" ", b";") and self.data[start - 2 : start - 1] not in (b"(",):
                    start -= 1
                line_end = re.compile(rb"[ \t]*\r?\n").match(self.data, end)
                if line_end and self.data[start - 1 : start] == b"\n":  # it had a line to itself
                    end = line_end.end()
            self.edits.put(start, end, separator.join(step.words))
            if step.remark is not None and not step.target:
                self._note(command, step.remark.message, step.remark.level, step.remark.hazards)
        self._emptied(command)

    def _emptied(self, command: Command) -> None:
        """Take out generator expressions that have no flag left to give."""
        index = 0
        while index < len(command.arguments):
            first = last = index
            while last + 1 < len(command.arguments) and (raw := self._between(command, first, last)).count(
                "$<"
            ) > raw.count(">"):
                last += 1
            start, end = command.arguments[first].start, command.arguments[last].end
            inside = self.edits.within(start, end)
            if inside and self._raw(command.arguments[first]).startswith("$<"):
                text = self.data[start:end]
                for edit in sorted(inside, key=lambda edit: -edit.start):
                    text = text[: edit.start - start] + edit.text + text[edit.end - start :]
                if re.fullmatch(rb"\$<[^\s]*[>:]:[;\s]*>", text):
                    for edit in inside:
                        self.edits.take(edit.start, edit.end)
                    self._drop(command, command.arguments[first], command.arguments[last])
            index = last + 1
        inside = [edit for edit in self.edits.within(command.start, command.end) if edit.start < command.end]
        left = self.data[command.name_end : command.end]
        for edit in sorted(inside, key=lambda edit: -edit.start):
            left = left[: edit.start - command.name_end] + edit.text + left[edit.end - command.name_end :]
        if inside and command.lower == "target_compile_options" and _NO_OPTIONS.fullmatch(left):
            for edit in inside:
                self.edits.take(edit.start, edit.end)
            self._remove_keeping_insertion(command)

    def _between(self, command: Command, first: int, last: int) -> str:
        return self.data[command.arguments[first].start : command.arguments[last].end].decode("latin-1")

    def _texts(self, command: Command) -> None:
        """Names of variables and languages, wherever they stand in arguments."""
        for argument in command.arguments:
            raw = self.data[argument.start : argument.end].decode("latin-1")
            condition = command.lower in ("if", "elseif", "while")
            for match in _RENAMED.finditer(raw):
                self.edits.put(argument.start + match.start(), argument.start + match.end(), "CMAKE_HIP_")
            for old, new in self.moved.items():
                for match in re.finditer(rf"(?:(?<=DIR\}}/)|(?<![\w./-])){re.escape(old)}(?=[/\s;\"')]|$)", raw):
                    self.edits.put(argument.start + match.start(), argument.start + match.end(), new)
            for pattern, new in ((_LANGUAGE, "HIP"), (_LANGUAGE_AND_ID, "HIP,Clang")):
                for match in pattern.finditer(raw):
                    self.edits.put(argument.start + match.start(), argument.start + match.end(), new)
            for name, new in _VARIABLES.items():
                for match in re.finditer(
                    rf"(?<=\$\{{){name}(?=\}})|^{name}$" if condition else rf"(?<=\$\{{){name}(?=\}})", raw
                ):
                    self.edits.put(argument.start + match.start(), argument.start + match.end(), new)
            if command.lower not in ("target_link_libraries", "link_libraries"):
                for match in _LIBRARY_VARIABLE.finditer(raw):
                    name = _library_of(match.group())
                    if LIBRARIES.get(name) in PACKAGES:
                        start = argument.start + match.start()
                        self.edits.put(start, start + len(match.group()), PACKAGES[LIBRARIES[name]][1])
            for match in re.finditer(r"\bCUDA_NVCC_FLAGS\b", raw):
                self.edits.put(argument.start + match.start(), argument.start + match.end(), "CMAKE_HIP_FLAGS")
            for match in _LEFT.finditer(raw):
                if (
                    match.group() not in _VARIABLES
                    and match.group() not in self.left
                    and "propert" not in command.lower
                ):
                    self.left.add(match.group())
                    self._note(command, f"{match.group()} means nothing to HIP", Level.TODO, ("B05",))
            compared = any("CMAKE_CUDA_COMPILER_ID" in word for word in command.words)
            if argument.text == "NVIDIA" and compared and not self._has_clang_branch(command):
                self.edits.put(argument.start, argument.end, raw.replace("NVIDIA", "Clang"))
            if (
                command.lower == "list"
                and command.words[0] == "TRANSFORM"
                and argument.text == "CMAKE_CUDA_ARCHITECTURES"
            ):
                self._note(command, "changes the names of targets in a way AMD's do not have", Level.TODO)
            if re.search(r"(?:WARP|WAVE(?:FRONT)?)_?SIZE=\d+", raw):
                self._note(
                    command, f"{argument.text} fixes one wave size for host and every target", Level.TEST, ("B12",)
                )
            if argument.text in ("INTERPROCEDURAL_OPTIMIZATION", "CMAKE_INTERPROCEDURAL_OPTIMIZATION"):
                self._note(
                    command, "link-time optimisation with HIP can lose a module's entry point", Level.TEST, ("B08",)
                )

    def _has_clang_branch(self, command: Command) -> bool:
        """Whether another branch of the same if() is for clang, which compiles HIP."""
        at = self.commands.index(command)
        depth = 0
        for other in self.commands[at + 1 :]:
            depth += (other.lower == "if") - (other.lower == "endif")
            if depth < 0:
                return False
            if depth == 0 and other.lower == "elseif" and "Clang" in other.words:
                return True
        return False

    def _may_hold_cuda(self, words: Sequence[str]) -> bool:
        """Whether a variable among sources may name `.cu` files: it is set elsewhere, or says so here."""
        for name in (name for word in words for name in re.findall(r"\$\{(\w+)\}", word)):
            if name in ("PROJECT_NAME", "CMAKE_PROJECT_NAME", "CMAKE_CURRENT_SOURCE_DIR", "CMAKE_SOURCE_DIR"):
                continue
            set_here = [
                c for c in self.commands
                if name in c.words[:2] and c.lower in ("set", "list", "file", "aux_source_directory")
            ]  # fmt: skip
            if not set_here or any(".cu" in word or "${" in word for c in set_here for word in c.words):
                return True
        return False

    def _sources(self, command: Command) -> None:
        """Sources named `.cu` get HIP as their language, in the folder whose targets use them."""
        name = command.lower
        words = command.words
        makes = name in _TARGET_COMMANDS
        if name in _NO_SOURCES or (not makes and name != "target_sources" and name.startswith(_OWN)):
            return
        if makes and {"INTERFACE", "IMPORTED", "ALIAS"} & set(words[1:2]):
            return
        literal = [
            w for w in words[1 if makes or name == "target_sources" else 0 :] if w.endswith(".cu") and "$<" not in w
        ]
        if literal and name != "target_sources":
            self._after(command, [f"set_source_files_properties({' '.join(literal)} PROPERTIES LANGUAGE HIP)"])
            return
        variable = self._may_hold_cuda(words[1:])
        if not literal and not (variable and self.has_cuda and (makes or name == "target_sources")):
            return
        target = words[0]
        label = re.sub(r"\W+", "_", target).strip("_").lower() or "target"
        scope = f" TARGET_DIRECTORY {target}" if name == "target_sources" else ""
        self._after(
            command,
            [
                f"get_target_property({label}_hip_sources {target} SOURCES)",
                f'list(FILTER {label}_hip_sources INCLUDE REGEX "[.]cu$")',
                f"set_source_files_properties(${{{label}_hip_sources}}{scope} PROPERTIES LANGUAGE HIP)",
            ],
        )


def _separable(target: str) -> list[str]:
    return [
        f"target_compile_options({target} PRIVATE $<$<COMPILE_LANGUAGE:HIP>:-fgpu-rdc>)",
        f"target_link_options({target} PRIVATE -fgpu-rdc --hip-link)",
    ]
