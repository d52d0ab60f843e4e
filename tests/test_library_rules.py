"""What the library rules do with whole files: sequences, layouts, several rules at one call."""

from __future__ import annotations

from hipwright.context import gather
from hipwright.finding import Level
from hipwright.rewrite import Engine, Rewritten
from hipwright.rule import all_rules
from hipwright.source import Source

ENGINE = Engine(all_rules().values())


def port(text: str, path: str = "example.cu") -> Rewritten:
    data = text.encode()
    return ENGINE.rewrite(Source(path, data), gather([data]))


def body(text: str) -> str:
    """The ported text behind the prelude."""
    return port(text).source.data.decode()


CONVOLUTION = """\
#include <cudnn.h>
#define CHECK(s) check((s), __LINE__)
void check(cudnnStatus_t s, int line) { if (s != CUDNN_STATUS_SUCCESS) throw cudnnGetErrorString(s); }
void run(cudnnHandle_t h, bool nhwc, int n, float* x, float* w, float* b, float* z, float* y, void* ws, size_t bytes) {
  const cudnnTensorFormat_t layout = nhwc ? CUDNN_TENSOR_NHWC : CUDNN_TENSOR_NCHW;
  cudnnTensorDescriptor_t xd, bd;
  cudnnFilterDescriptor_t wd;
  cudnnConvolutionDescriptor_t cd;
  cudnnActivationDescriptor_t ad;
  CHECK(cudnnCreateTensorDescriptor(&xd));
  CHECK(cudnnCreateFilterDescriptor(&wd));
  CHECK(cudnnSetTensor4dDescriptor(xd, layout, CUDNN_DATA_FLOAT, n, 8, 4, 4));
  CHECK(cudnnSetTensor4dDescriptor(bd, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, 1, 8, 1, 1));
  CHECK(cudnnSetFilter4dDescriptor(wd, CUDNN_DATA_FLOAT, layout, 8, 8, 3, 3));
  CHECK(cudnnSetConvolution2dDescriptor(cd, 1, 1, 1, 1, 1, 1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT));
  CHECK(cudnnSetConvolutionMathType(cd, CUDNN_TENSOR_OP_MATH));
  CHECK(cudnnSetActivationDescriptor(ad, CUDNN_ACTIVATION_RELU, CUDNN_NOT_PROPAGATE_NAN, 0.0));
  float one = 1, zero = 0;
  CHECK(cudnnConvolutionBiasActivationForward(h, &one, xd, x, wd, w, cd, CUDNN_CONVOLUTION_FWD_ALGO_GEMM, ws, bytes,
                                              &one, xd, z, bd, b, ad, xd, y));
}
"""


def test_a_cudnn_layer_becomes_miopen_with_its_layout_and_its_helpers() -> None:
    result = port(CONVOLUTION)
    text = result.source.data.decode()
    for expected in (
        "#include <miopen/miopen.h>",
        "hipwrightSet4dDescriptor(xd, layout, miopenFloat, n, 8, 4, 4)",
        "miopenSet4dTensorDescriptor(bd, miopenFloat, 1, 8, 1, 1)",
        "hipwrightSet4dDescriptor(wd, layout, miopenFloat, 8, 8, 3, 3)",
        "miopenInitConvolutionDescriptor(cd, miopenConvolution, 1, 1, 1, 1, 1, 1)",
        "miopenSetActivationDescriptor(ad, miopenActivationRELU, 0.0, 1.0, 1.0)",
        "hipwrightConvolutionBiasActivationForward(h, &one, xd, x, wd, w, cd, miopenConvolutionFwdAlgoGEMM, ws, bytes,",
        "#if defined(MIOPEN_GUARD_MIOPEN_H_) && !defined(HIPWRIGHT_MIOPEN_CONVOLUTION)",
    ):
        assert expected in text
    assert "cudnn" not in text.replace("cuDNN", "")
    assert not [note for note in result.notes if note.level.left_to_do]
    assert any(note.rule == "dnn-calls" and note.level is Level.TEST for note in result.notes)


def test_porting_a_ported_cudnn_layer_changes_nothing() -> None:
    once = port(CONVOLUTION).source.data
    assert port(once.decode()).source.data == once


def test_helpers_are_not_written_twice_into_a_header_and_its_includer() -> None:
    once = port(CONVOLUTION).source.data.decode()
    assert once.count("#define HIPWRIGHT_MIOPEN_CONVOLUTION\n") == 1


def test_a_true_convolution_is_an_error_unless_it_is_never_chosen() -> None:
    chosen = port("#include <cudnn.h>\nauto m = CUDNN_CONVOLUTION;\n")
    assert [note.level for note in chosen.notes if note.rule == "dnn-convolution-mode"] == [Level.ERROR]
    never = port(
        "#include <cudnn.h>\nconst bool cross = 1;\nauto m = cross ? CUDNN_CROSS_CORRELATION : CUDNN_CONVOLUTION;\n"
    )
    assert not [note for note in never.notes if note.rule == "dnn-convolution-mode"]


def test_gemm_arguments_get_casts_types_and_modes_at_once() -> None:
    text = body(
        "#include <cublas_v2.h>\n#include <cuda_fp16.h>\n"
        "void f(cublasHandle_t h, int n, half* a, half one) {\n"
        "  cublasSetMathMode(h, CUBLAS_TENSOR_OP_MATH);\n"
        "  cublasHgemm(h, CUBLAS_OP_T, CUBLAS_OP_N, n, n, n, &one, a, n, a, n, &one, a, n);\n"
        "  cublasGemmStridedBatchedEx(h, CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, &one, a, CUDA_R_16F, n, n,\n"
        "                             a, CUDA_R_16F,\n"
        "                             n, n, &one, a, CUDA_R_16F, n, n, 2, CUDA_R_16F, CUBLAS_GEMM_DEFAULT_TENSOR_OP);\n"
        "}\n"
    )
    assert "hipblasSetMathMode(h, HIPBLAS_DEFAULT_MATH)" in text
    assert "(const hipblasHalf*)&one, (const hipblasHalf*)a, n, (const hipblasHalf*)a, n" in text
    assert "n, n, 2, HIPBLAS_COMPUTE_16F, HIPBLAS_GEMM_DEFAULT)" in text
    assert "a, HIP_R_16F, n, n,\n" in text


def test_a_variable_of_the_old_type_goes_through_the_derivation_of_cublas() -> None:
    text = body(
        "#include <cublas_v2.h>\n"
        "void f(cublasHandle_t h, int n, void* a, cudaDataType_t compute) {\n"
        "  cublasGemmEx(h, CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, a, a, CUDA_R_32F, n, a, CUDA_R_32F, n,\n"
        "               a, a, CUDA_R_32F, n, compute, CUBLAS_GEMM_DEFAULT);\n"
        "}\n"
    )
    assert "hipwrightComputeType(compute), HIPBLAS_GEMM_DEFAULT" in text


def test_a_label_is_kept_where_another_case_falls_into_its_statements() -> None:
    text = body(
        "#include <cublas_v2.h>\n"
        "int f(cublasStatus_t s) {\n  switch (s) {\n    case CUBLAS_STATUS_ALLOC_FAILED:\n"
        "    case CUBLAS_STATUS_LICENSE_ERROR:\n      return 1;\n    default:\n      return 0;\n  }\n}\n"
    )
    assert "case HIPBLAS_STATUS_ALLOC_FAILED:\n" in text
    assert "LICENSE" not in text
    assert "return 1;" in text


def test_legacy_blas_needs_the_number_of_arguments_to_tell_it_apart() -> None:
    new = body("#include <cublas_v2.h>\nvoid f(cublasHandle_t h, int n, double* x) { cublasDscal(h, n, x, x, 1); }\n")
    assert "hipblasDscal(h, n, x, x, 1)" in new
    old = body("#include <cublas.h>\nvoid f(int n, double* x) { cublasDscal(n, 2.0, x, 1); }\n")
    assert "hipblasDscal(hipwrightBlas(), n, hipwrightBlasScalar<double>(2.0), x, 1)" in old


def test_layout_records_are_one_for_each_kind_and_file() -> None:
    product = "  cublasSgemm(h, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, a, a, 1, a, 1, a, a, 1);\n"
    products = "#include <cublas_v2.h>\nvoid g(cublasHandle_t h, float* a) {\n" + product * 3 + "}\n"
    result = port(CONVOLUTION + products)
    records = [note.message for note in result.notes if note.rule == "layout-contract"]
    assert len(records) == 2
    assert any(record.startswith("3 calls: cuDNN") for record in records)
    assert any(record.startswith("3 calls: cuBLAS") for record in records)


def test_tiled_orders_are_errors() -> None:
    result = port("#include <cublasLt.h>\ncublasLtOrder_t order = CUBLASLT_ORDER_COL32;\n")
    assert [note.level for note in result.notes if note.rule == "layout-unbridged"] == [Level.ERROR]


def test_a_users_own_names_are_left_alone() -> None:
    text = (
        "namespace net {\ntemplate <typename T>\nvoid cublasXgemm(T* a);\n"
        "struct cudnnLayer { int cudnnAddTensor; void cublasInit(); };\n"
        'const char* label = "cudnnConvolutionForward"; // cublasHgemm\n}\n'
    )
    result = port(text)
    assert result.source.data.decode() == text
    assert not result.notes
