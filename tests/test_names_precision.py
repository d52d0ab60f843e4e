"""Names that only look like CUDA's stay; the same constructs around CUDA's own names change.

Each trap goes through all rules and must come out byte for byte. Each twin proves that the construct is looked at.
"""

from __future__ import annotations

import pytest

from hipwright.context import gather
from hipwright.rewrite import Engine
from hipwright.rule import all_rules
from hipwright.source import Source

ENGINE = Engine(all_rules().values())


def ported(text: str) -> str:
    data = text.encode()
    # Not a .cu file: nvcc's implicit headers are another rule's business.
    return ENGINE.rewrite(Source("trap.cpp", data), gather([data]), prelude=False).source.data.decode()


TRAPS = {
    # Longer names.
    "own type with the prefix": "struct cudaGaugeField { int v; };\ncudaGaugeField make(cudaGaugeField* g) { return *g; }",
    "own function with the prefix": "void cudaMallocOrDie(void** p, int n);\nvoid f(void** p) { cudaMallocOrDie(p, 4); }",
    "prefix, suffix and CamelCase": "int mycudaMalloc, cudaMalloc_, cudaMallocs, _cudaFree, CudaMalloc, CUDAMALLOC, cuda_malloc, cudamalloc;",
    "own enumerators with the prefix": "enum Mode { cudaModeFast, cudaModeSlow };\nint m = cudaModeFast;",
    "own macro with the prefix": "#define cudaCheckErr(x) check(x)\n#define CUDA_OWN_LIMIT 4\nint f() { return cudaCheckErr(CUDA_OWN_LIMIT); }",
    "own macros around the word": "#ifdef USE_CUDA_MALLOC\n#define HAVE_cudaMalloc_FN 1\n#endif\nint x;",
    "own classes like libraries'": "class CublasHandle {};\nclass cublasWrapper { CublasHandle h; };\nstruct CUBLAS_CONTEXT {};",
    "own half-like class": "namespace fp { struct half_t { unsigned short bits; }; half_t convert(half_t h) { return h; } }",
    # Members.
    "data member": "struct S { int cudaMalloc; };\nint f(S s) { return s.cudaMalloc; }",
    "method declared and called": "struct Gpu { void cudaFree(); void cudaMalloc(int) {} };\nvoid f(Gpu& obj) { obj.cudaFree(); obj.cudaMalloc(1); }",
    "method called through a pointer": "struct Gpu { void cudaFree(); };\nvoid f(Gpu* obj) { obj->cudaFree(); }",
    "member named as a type": "struct T { int cudaStream_t; };\nint f(T* obj) { return obj->cudaStream_t; }",
    "designated initialiser": "struct S { int cudaSuccess; };\nS s = {.cudaSuccess = 1};",
    "method defined outside of its class": "struct Gpu { void cudaFree(); };\nvoid Gpu::cudaFree() {}",
    "static member": "struct Gpu { static int cudaMalloc(int); };\nint x = Gpu::cudaMalloc(1);",
    "nested type": "struct Gpu { struct cudaEvent_t {}; };\nGpu::cudaEvent_t e;",
    "pointer to member": "struct Gpu { void cudaFree(); };\nauto p = &Gpu::cudaFree;",
    "templated method": "struct Gpu { template <class T> T cudaMalloc(int); };\nint f(Gpu& g) { return g.cudaMalloc<int>(3); }",
    "initialiser list": "struct S { int cudaSuccess; S() : cudaSuccess(0) {} };",
    "member used inside its class": "struct S { int cudaSuccess = 0; int get() const { return this->cudaSuccess; } };",
    # Namespaces.
    "namespace of one's own": "namespace mine { void cudaMalloc(int); }\nvoid f() { mine::cudaMalloc(1); }",
    "nested namespaces": "namespace a { namespace b { void cudaFree(void*) {} } }\nvoid f() { a::b::cudaFree(nullptr); }",
    "type in a namespace of one's own": "namespace mine { struct cudaStream_t {}; }\nvoid f(mine::cudaStream_t s);",
    "used unqualified in one's own namespace": "namespace mine { int* cudaFree(int); void g() { cudaFree(1); } }",
    "used unqualified in one's own class": "struct Gpu { using cudaStream_t = int; cudaStream_t s; void g() { cudaFree(s); } void cudaFree(int); };",
    "enumeration's scope": "enum class Status { cudaSuccess };\nint f(Status s) { return s == Status::cudaSuccess; }",
    "namespace cub of one's own inside another": "namespace app { namespace math { int reduce(int); } }\nint x = app::math::reduce(1);",
    "local variable named cub": "int f() { int cub = 3; cub += 1; return cub * 2; }",
    "variable named thrust": "struct Engine { double thrust; };\ndouble f(Engine e) { double thrust = e.thrust; return thrust * 2; }",
    "parameter named cub": "int volume(int cub) { return cub * cub * cub; }",
    "type named cub": "struct cub { int x; };\ncub make();\ncub* p;",
    "parameter named threadIdx": "struct Idx { int x; };\nint use(Idx threadIdx) { return threadIdx.x; }",
    "name looked up at run time": 'void* find(const char*);\nauto h = find("cudaMalloc");',
    "type of one's own namespace, used in it": "namespace mine { struct cublasHandle_t { int x; }; cublasHandle_t make() { return cublasHandle_t{1}; } }",
    "exception type of one's own": "namespace mine { struct cudaError {}; }\nvoid f() { try { } catch (const mine::cudaError& e) { } }",
    "namespaces with longer names": "namespace thrust_ext { int f(); }\nnamespace nvcuda_mine { int g(); }",
    "member named wmma": "struct K { int wmma; };\nint f(K k) { return k.wmma; }",
    # Text.
    "line comment": "// cudaMalloc allocates; see cudaFree.\nint x;",
    "block and doc comments": "/** @see cudaMemcpy\n * cudaMemcpyHostToDevice */\nint x;  /* cudaFree(p) */",
    "URL in a comment": "// https://example.org/cuda/cudaMalloc.html#cudaMalloc <cuda_runtime.h>\nint x;",
    "string": 'const char* s = "cudaMalloc failed: cudaErrorMemoryAllocation";',
    "string with escapes": 'const char* s = "\\"cudaMalloc\\" \\\\" "cudaFree(";',
    "adjacent and wide strings": 'auto a = L"cudaMalloc", b = u8"cudaFree" "cudaSuccess";',
    "character literal": "int c = 'cuda';",
    "raw string without device code": 'const char* help = R"(usage: cudaMalloc(n) <cuda.h>)";',
    "raw string with delimiter": 'const char* help = R"doc(cudaMalloc )" cudaFree)doc";',
    "error and warning": "#if 0\n#error cudaMalloc is missing\n#endif\nint x;",
    "pragma": "#pragma message cudaMalloc\nint x;",
    "host assembly": 'void f() { asm volatile("# cudaMalloc" ::: "memory"); }',
    "stringified": '#define NAME(x) #x\nconst char* n = "cudaFree";',
    "pasted prefix": "#define CALL(X) cuda##X\n#define OWN(x) own_##x\nint OWN(cudaThing);",
    "spliced comment": "// a comment that goes on \\\ncudaMalloc(p, 4);\nint x;",
    "attribute's text": '[[deprecated("use cudaMallocAsync")]] void f();',
    "static assertion's text": 'static_assert(sizeof(int) == 4, "cudaMalloc");',
    # Files.
    "own header like CUDA's": '#include "cuda_utils.h"\n#include "my/cuda_runtime_wrapper.h"\nint x;',
    "own folder like a library's": "#include <cub_mine/x.h>\n#include <thrustmaster/stick.h>\n#include <cudaless.h>\nint x;",
    # Others.
    "label": "int f(int n) {\ncudaError:\n  if (n-- > 0) goto cudaError;\n  return n;\n}",
    "own word of a library": "int fdivide(int a, int b) { return a / b; }\nint g() { return fdivide(4, 2); }",
    "user's attribute": "[[mine::cudaMalloc]] void f();",
    "HIP's own": "#include <hip/hip_runtime.h>\nvoid f(void** p) { hipMalloc(p, 4); hipFree(*p); }",
}  # fmt: skip

# Text before, and what must stand in the port.
TWINS = {
    "call": ("void f(void** p) { cudaMalloc(p, 4); }", "hipMalloc(p, 4)"),
    "global scope": ("void f(void** p) { ::cudaMalloc(p, 4); }", "::hipMalloc(p, 4)"),
    "inside a namespace": ("namespace mine { void f(void** p) { cudaMalloc(p, 4); } }", "hipMalloc(p, 4)"),
    "type of a member": ("struct S { cudaStream_t s; };", "hipStream_t s;"),
    "type of a parameter": ("void f(cudaStream_t s, const cudaEvent_t& e);", "hipStream_t s, const hipEvent_t& e"),
    "type behind struct in a namespace": ("namespace mine { void f() { struct cudaDeviceProp p; } }", "hipDeviceProp_t p"),
    "C function declared in a namespace": (
        'namespace mine { extern "C" int cudaDeviceReset(); void f() { cudaDeviceReset(); } }', "{ hipDeviceReset(); }"),
    "behind a macro without semicolon": ("namespace mine { void f(void* p) { RETURN_IF cudaFree(p); } }", "hipFree(p)"),
    "the global function where a class has a namesake": (
        "struct Gpu { void cudaFree(); };\nvoid f(void* p) { cudaFree(p); }", "void f(void* p) { hipFree(p); }"),
    "type behind struct": ("void f(struct cudaDeviceProp* p);", "hipDeviceProp_t* p"),
    "argument beside a member": ("struct S { void* p; };\nvoid f(S* s) { cudaFree(s->p); }", "hipFree(s->p)"),
    "called within a method of the same name": (
        "struct Gpu { void* p; void cudaFree() { ::cudaFree(p); } };", "cudaFree() { ::hipFree(p); }"),
    "value of a designated initialiser": ("struct S { int a; };\nS s = {.a = cudaSuccess};", "{.a = hipSuccess}"),
    "case label": (
        "int f(cudaError_t e) { switch (e) { case cudaSuccess: return 0; default: return 1; } }", "case hipSuccess:"),
    "template argument": ("#include <vector>\nstd::vector<cudaStream_t> v;", "std::vector<hipStream_t>"),
    "template parameter's default": ("template <cudaMemcpyKind K = cudaMemcpyDefault> void f();", "hipMemcpyKind K = hipMemcpyDefault"),
    "macro's body": ("#define OK(x) ((x) == cudaSuccess)\n", "#define OK(x) ((x) == hipSuccess)"),
    "macro's body over lines": ("#define OK(x) \\\n  do { if ((x) != cudaSuccess) \\\n    fail(); } while (0)\n", "hipSuccess) \\"),
    "stringified call in a macro": ("#define T(x) cudaFree(x), #x\n", "hipFree(x), #x"),
    "code behind a comment": ("/* cudaFree */ void f(void* p) { cudaFree(p); /* cudaFree */ }", "/* cudaFree */ void f(void* p) { hipFree(p); /* cudaFree */ }"),
    "code beside a string": ('void f(void* p) { say("cudaFree", cudaFree(p)); }', '("cudaFree", hipFree(p))'),
    "device code in a raw string": (
        'const char* k = R"(#include <cuda_fp16.h>\n__global__ void k(cudaTextureObject_t t) {})";', "hipTextureObject_t t"),
    "address of a function": ("auto p = &cudaMalloc;", "&hipMalloc"),
    "using declaration": ("using ::cudaMalloc;", "using ::hipMalloc;"),
    "alias": ("using Stream = cudaStream_t;\ntypedef cudaEvent_t Event;", "using Stream = hipStream_t;\ntypedef hipEvent_t Event;"),
    "type of a member function pointer": (
        "struct Api { cudaError_t (*cudaMalloc)(void**, unsigned long); };", "hipError_t (*cudaMalloc)"),
    "macro that stands in for a function": (
        "#define cudaFree(p) mine(p)\nint f(void* p) { return cudaFree(p); }\n#undef cudaFree\n",
        "#define hipFree(p) mine(p)\nint f(void* p) { return hipFree(p); }\n#undef hipFree\n"),
    "namespace of CUB": ("#include <cub/cub.cuh>\nusing R = cub::BlockReduce<int, 128>;", "hipcub::BlockReduce<int, 128>"),
    "alias of CUB": ("#include <cub/cub.cuh>\nnamespace c = cub;", "namespace c = hipcub;"),
    "using namespace": ("#include <cub/cub.cuh>\nusing namespace cub;", "using namespace hipcub;"),
    "lambda": ("auto f = [](void* p) { return cudaFree(p); };", "return hipFree(p)"),
    "conditional expression": ("int f(bool b) { return b ? cudaSuccess : cudaErrorInvalidValue; }", "b ? hipSuccess : hipErrorInvalidValue"),
    "cast": ("int f(int e) { return (cudaError_t)e == static_cast<cudaError_t>(1); }", "(hipError_t)e == static_cast<hipError_t>(1)"),
    "sizeof and decltype": ("int n = sizeof(cudaStream_t); decltype(cudaMalloc)* p;", "sizeof(hipStream_t); decltype(hipMalloc)*"),
    "condition of the preprocessor": ("#ifdef cudaMalloc\n#undef cudaMalloc\n#endif\n", "#ifdef hipMalloc\n#undef hipMalloc\n"),
    "forward declaration": ("struct CUstream_st;\ntypedef struct CUstream_st* S;", "ihipStream_t"),
    "header in angle brackets": ("#include <cuda_runtime.h>\nint x;", "#include <hip/hip_runtime.h>"),
    "header in quotes": ('#include "cuda_fp16.h"\nint x;', "#include <hip/hip_fp16.h>"),
    "name beside its longer namesake": (
        "void cudaMallocOrDie(void** p) { if (cudaMalloc(p, 4) != cudaSuccess) throw 1; }",
        "void cudaMallocOrDie(void** p) { if (hipMalloc(p, 4) != hipSuccess) throw 1; }"),
    "windows line ends": ("void f(void* p) {\r\n  cudaFree(p);\r\n}\r\n", "{\r\n  hipFree(p);\r\n}\r\n"),
    "inside a broken function": ("void f(void* p) { if (x { cudaFree(p); }", "hipFree(p)"),
}  # fmt: skip


@pytest.mark.parametrize("text", TRAPS.values(), ids=TRAPS)
def test_what_only_looks_like_cuda_stays(text: str) -> None:
    assert ported(text + "\n") == text + "\n"


@pytest.mark.parametrize(("text", "wanted"), TWINS.values(), ids=TWINS)
def test_what_is_cuda_changes(text: str, wanted: str) -> None:
    assert wanted in ported(text)


def test_a_bridge_to_amd_of_the_projects_own_is_kept() -> None:
    """Renaming the macro too would define HIP's name as itself, and hide what HIP's headers define it as."""
    text = "#define cudaDeviceProp hipDeviceProp_t\ncudaDeviceProp prop;\n"
    data = text.encode()
    done = Engine(all_rules().values()).rewrite(Source("a.h", data), gather([data])).source.data.decode()
    assert "#define cudaDeviceProp hipDeviceProp_t\n" in done
