// cuSPARSE over sparse_core: names, enumerators and types of cusparse.h.
#include <cusparse.h>

#include "sparse_core.h"

using Status = cusparseStatus_t;
using Handle = cusparseHandle_t;
using Operation = cusparseOperation_t;
using IndexType = cusparseIndexType_t;
using IndexBase = cusparseIndexBase_t;
using PointerMode = cusparsePointerMode_t;
using MatDescr = cusparseMatDescr_t;
using MatrixType = cusparseMatrixType_t;
using FillMode = cusparseFillMode_t;
using DiagType = cusparseDiagType_t;
using SpVec = cusparseSpVecDescr_t;
using ConstSpVec = cusparseConstSpVecDescr_t;
using DnVec = cusparseDnVecDescr_t;
using ConstDnVec = cusparseConstDnVecDescr_t;
using DnMat = cusparseDnMatDescr_t;
using ConstDnMat = cusparseConstDnMatDescr_t;
using SpMat = cusparseSpMatDescr_t;
using ConstSpMat = cusparseConstSpMatDescr_t;
using Order = cusparseOrder_t;
using MatFormat = cusparseFormat_t;
using Attribute = cusparseSpMatAttribute_t;
using SpMVAlg = cusparseSpMVAlg_t;
using SpMMAlg = cusparseSpMMAlg_t;
using SDDMMAlg = cusparseSDDMMAlg_t;
using SparseToDenseAlg = cusparseSparseToDenseAlg_t;
using DenseToSparseAlg = cusparseDenseToSparseAlg_t;
using SpSVAlg = cusparseSpSVAlg_t;
using SpSVDescr = cusparseSpSVDescr_t;
using SpSMAlg = cusparseSpSMAlg_t;
using SpSMDescr = cusparseSpSMDescr_t;
using SpGEMMAlg = cusparseSpGEMMAlg_t;
using SpGEMMDescr = cusparseSpGEMMDescr_t;
using Action = cusparseAction_t;
using Csr2CscAlg = cusparseCsr2CscAlg_t;
using ConstOrNot = cusparseSpMatDescr_t;
using Stream = cudaStream_t;
using ValueType = cudaDataType;
using Complex = cuComplex;
using DoubleComplex = cuDoubleComplex;

#define SPARSE(x) cusparse##x
#define ENUM(x) CUSPARSE_##x
#define ENUM_NAME(x) "CUSPARSE_" #x
#define SPSM_BUFFER 
#define ATTRIBUTE_DATA 
#define RESULT const
#include "sparse_spelling.h"
