// hipSPARSE over sparse_core: names, enumerators and types of hipsparse.h.
#include <hip/hip_runtime_api.h>
#include <hipsparse/hipsparse.h>

#include "sparse_core.h"

using Status = hipsparseStatus_t;
using Handle = hipsparseHandle_t;
using Operation = hipsparseOperation_t;
using IndexType = hipsparseIndexType_t;
using IndexBase = hipsparseIndexBase_t;
using PointerMode = hipsparsePointerMode_t;
using MatDescr = hipsparseMatDescr_t;
using MatrixType = hipsparseMatrixType_t;
using FillMode = hipsparseFillMode_t;
using DiagType = hipsparseDiagType_t;
using SpVec = hipsparseSpVecDescr_t;
using ConstSpVec = hipsparseConstSpVecDescr_t;
using DnVec = hipsparseDnVecDescr_t;
using ConstDnVec = hipsparseConstDnVecDescr_t;
using DnMat = hipsparseDnMatDescr_t;
using ConstDnMat = hipsparseConstDnMatDescr_t;
using SpMat = hipsparseSpMatDescr_t;
using ConstSpMat = hipsparseConstSpMatDescr_t;
using Order = hipsparseOrder_t;
using MatFormat = hipsparseFormat_t;
using Attribute = hipsparseSpMatAttribute_t;
using SpMVAlg = hipsparseSpMVAlg_t;
using SpMMAlg = hipsparseSpMMAlg_t;
using SDDMMAlg = hipsparseSDDMMAlg_t;
using SparseToDenseAlg = hipsparseSparseToDenseAlg_t;
using DenseToSparseAlg = hipsparseDenseToSparseAlg_t;
using SpSVAlg = hipsparseSpSVAlg_t;
using SpSVDescr = hipsparseSpSVDescr_t;
using SpSMAlg = hipsparseSpSMAlg_t;
using SpSMDescr = hipsparseSpSMDescr_t;
using SpGEMMAlg = hipsparseSpGEMMAlg_t;
using SpGEMMDescr = hipsparseSpGEMMDescr_t;
using Action = hipsparseAction_t;
using Csr2CscAlg = hipsparseCsr2CscAlg_t;
using ConstOrNot = hipsparseSpMatDescr_t;
using Stream = hipStream_t;
using ValueType = hipDataType;
using Complex = hipComplex;
using DoubleComplex = hipDoubleComplex;

#define SPARSE(x) hipsparse##x
#define ENUM(x) HIPSPARSE_##x
#define ENUM_NAME(x) "HIPSPARSE_" #x
#define SPSM_BUFFER , void*
#define ATTRIBUTE_DATA const
#define RESULT 
#include "sparse_spelling.h"
