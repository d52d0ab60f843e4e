// The sparse functions in one library's spelling; hipsparse.cpp and cusparse.cpp define SPARSE(x), ENUM(x) and the types.
//
// hipSPARSE's descriptors are all void*, so what they stand for is said at each use.

using namespace hw;

#define NEED(...) if (sparse::any_null(__VA_ARGS__)) return ENUM(STATUS_INVALID_VALUE)

static Status status(sparse::Status s) {
    switch (s) {
    case sparse::Status::ok: return ENUM(STATUS_SUCCESS);
    case sparse::Status::not_initialized: return ENUM(STATUS_NOT_INITIALIZED);
    case sparse::Status::not_supported: return ENUM(STATUS_NOT_SUPPORTED);
    case sparse::Status::insufficient_resources: return ENUM(STATUS_INSUFFICIENT_RESOURCES);
    default: return ENUM(STATUS_INVALID_VALUE);
    }
}
static sparse::Handle* own(Handle h) { return reinterpret_cast<sparse::Handle*>(h); }
static sparse::Vector* vector(const void* p) { return static_cast<sparse::Vector*>(const_cast<void*>(p)); }
static sparse::SparseVector* sparse_vector(const void* p) { return static_cast<sparse::SparseVector*>(const_cast<void*>(p)); }
static sparse::Dense* dense(const void* p) { return static_cast<sparse::Dense*>(const_cast<void*>(p)); }
static sparse::Matrix* matrix(const void* p) { return static_cast<sparse::Matrix*>(const_cast<void*>(p)); }
static sparse::Product* product(const void* p) { return static_cast<sparse::Product*>(const_cast<void*>(p)); }
struct MatDescription { int type = 0, fill = 0, diagonal = 0, base = 0; };
static MatDescription* described(const void* p) { return static_cast<MatDescription*>(const_cast<void*>(p)); }
static int base_of(const void* p) { return p ? described(p)->base : 0; }

static sparse::Op op(Operation o) {
    return o == ENUM(OPERATION_NON_TRANSPOSE)         ? sparse::Op::n
           : o == ENUM(OPERATION_TRANSPOSE)           ? sparse::Op::t
           : o == ENUM(OPERATION_CONJUGATE_TRANSPOSE) ? sparse::Op::c
                                                      : sparse::Op::invalid;
}
static DataType type(ValueType t) { return DataType(int(t)); }
static sparse::Indices indices(const void* p, IndexType t) {
    return {const_cast<void*>(p), t == ENUM(INDEX_64I) ? 8 : t == ENUM(INDEX_32I) ? 4 : 2};
}
static IndexType index_type(const sparse::Indices& i) {
    return i.bytes == 8 ? ENUM(INDEX_64I) : i.bytes == 4 ? ENUM(INDEX_32I) : ENUM(INDEX_16U);
}
static bool bad_type(ValueType t) { return !size_of(type(t)); }

template <class Desc> static Status give(Desc* out, const void* made) {
    *out = static_cast<Desc>(const_cast<void*>(made));
    return ENUM(STATUS_SUCCESS);
}
template <class Desc>
static Status create_matrix(Desc* out, sparse::Format format, int64_t rows, int64_t columns, int64_t count, const void* offsets,
                            const void* inner, const void* values, IndexType offset_type, IndexType inner_type, IndexBase base, ValueType kind) {
    NEED(out);
    if (rows < 0 || columns < 0 || count < 0 || bad_type(kind)) return ENUM(STATUS_INVALID_VALUE);
    auto* made = new sparse::Matrix;
    made->format = format;
    made->rows = rows, made->columns = columns, made->count = count, made->base = base == ENUM(INDEX_BASE_ONE);
    made->offsets = indices(offsets, offset_type), made->inner = indices(inner, inner_type);
    made->values = const_cast<void*>(values);
    made->type = type(kind);
    *out = reinterpret_cast<Desc>(made);
    return ENUM(STATUS_SUCCESS);
}
template <class Pointer>
static Status read_matrix(const void* m, int64_t* rows, int64_t* columns, int64_t* count, Pointer* offsets, Pointer* inner, Pointer* values,
                          IndexType* offset_type, IndexType* inner_type, IndexBase* base, ValueType* kind) {
    NEED(m, rows, columns, count, offsets, inner, values, offset_type, inner_type, base, kind);
    *rows = matrix(m)->rows, *columns = matrix(m)->columns, *count = matrix(m)->count;
    *offsets = matrix(m)->offsets.data, *inner = matrix(m)->inner.data, *values = matrix(m)->values;
    *offset_type = index_type(matrix(m)->offsets), *inner_type = index_type(matrix(m)->inner);
    *base = matrix(m)->base ? ENUM(INDEX_BASE_ONE) : ENUM(INDEX_BASE_ZERO);
    *kind = ValueType(int(matrix(m)->type));
    return ENUM(STATUS_SUCCESS);
}
static Status no_buffer(size_t* bytes) {
    NEED(bytes);
    *bytes = 0;
    return ENUM(STATUS_SUCCESS);
}

extern "C" {

// -- the library --------------------------------------------------------------------------------------------------------

Status SPARSE(Create)(Handle* handle) {
    NEED(handle);
    *handle = reinterpret_cast<Handle>(new sparse::Handle);
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(Destroy)(Handle handle) {
    if (!handle) return ENUM(STATUS_NOT_INITIALIZED);
    delete own(handle);
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(SetStream)(Handle handle, Stream stream) {
    if (!handle) return ENUM(STATUS_NOT_INITIALIZED);
    own(handle)->stream = stream;
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(GetStream)(Handle handle, Stream* stream) {
    if (!handle) return ENUM(STATUS_NOT_INITIALIZED);
    NEED(stream);
    *stream = static_cast<Stream>(own(handle)->stream);
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(SetPointerMode)(Handle handle, PointerMode mode) {
    if (!handle) return ENUM(STATUS_NOT_INITIALIZED);
    own(handle)->device_scalars = mode == ENUM(POINTER_MODE_DEVICE);
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(GetPointerMode)(Handle handle, PointerMode* mode) {
    if (!handle) return ENUM(STATUS_NOT_INITIALIZED);
    NEED(mode);
    *mode = own(handle)->device_scalars ? ENUM(POINTER_MODE_DEVICE) : ENUM(POINTER_MODE_HOST);
    return ENUM(STATUS_SUCCESS);
}
const char* SPARSE(GetErrorName)(Status s) {
    switch (s) {
#define CASE(x) case ENUM(x): return ENUM_NAME(x);
    CASE(STATUS_SUCCESS) CASE(STATUS_NOT_INITIALIZED) CASE(STATUS_ALLOC_FAILED) CASE(STATUS_INVALID_VALUE) CASE(STATUS_ARCH_MISMATCH)
    CASE(STATUS_EXECUTION_FAILED) CASE(STATUS_INTERNAL_ERROR) CASE(STATUS_MATRIX_TYPE_NOT_SUPPORTED) CASE(STATUS_NOT_SUPPORTED)
    CASE(STATUS_INSUFFICIENT_RESOURCES)
#undef CASE
    default: return "unknown status";
    }
}
const char* SPARSE(GetErrorString)(Status s) { return SPARSE(GetErrorName)(s); }

// -- descriptors --------------------------------------------------------------------------------------------------------

Status SPARSE(CreateMatDescr)(MatDescr* out) {
    NEED(out);
    *out = reinterpret_cast<MatDescr>(new MatDescription);
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(DestroyMatDescr)(MatDescr m) {
    delete described(m);
    return ENUM(STATUS_SUCCESS);
}
#define MEMBER(Name, Type, member)                                                                                                \
    Status SPARSE(SetMat##Name)(MatDescr m, Type value) {                                                                         \
        NEED(m);                                                                                                                  \
        described(m)->member = int(value);                                                                                        \
        return ENUM(STATUS_SUCCESS);                                                                                              \
    }                                                                                                                             \
    Type SPARSE(GetMat##Name)(const MatDescr m) { return Type(described(m)->member); }
MEMBER(Type, MatrixType, type)
MEMBER(FillMode, FillMode, fill)
MEMBER(DiagType, DiagType, diagonal)
MEMBER(IndexBase, IndexBase, base)
#undef MEMBER

#define SPARSE_VECTOR(Name, Desc, Data)                                                                                           \
    Status SPARSE(Name)(Desc * out, int64_t size, int64_t count, Data * where, Data * values, IndexType width, IndexBase base, ValueType kind) { \
        NEED(out);                                                                                                                \
        if (size < 0 || count < 0 || count > size || bad_type(kind)) return ENUM(STATUS_INVALID_VALUE);                           \
        auto* made = new sparse::SparseVector{size, count, base == ENUM(INDEX_BASE_ONE), indices(where, width), const_cast<void*>(values), type(kind)}; \
        *out = reinterpret_cast<Desc>(made);                                                                                      \
        return ENUM(STATUS_SUCCESS);                                                                                              \
    }
SPARSE_VECTOR(CreateSpVec, SpVec, void)
SPARSE_VECTOR(CreateConstSpVec, ConstSpVec, const void)
Status SPARSE(DestroySpVec)(ConstSpVec v) {
    delete sparse_vector(v);
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(SpVecGetValues)(SpVec v, void** values) {
    NEED(v, values);
    *values = sparse_vector(v)->values;
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(SpVecSetValues)(SpVec v, void* values) {
    NEED(v);
    sparse_vector(v)->values = values;
    return ENUM(STATUS_SUCCESS);
}
#define DENSE_VECTOR(Name, Desc, Data)                                                                                            \
    Status SPARSE(Name)(Desc * out, int64_t size, Data * values, ValueType kind) {                                                \
        NEED(out);                                                                                                                \
        if (size < 0 || bad_type(kind)) return ENUM(STATUS_INVALID_VALUE);                                                        \
        *out = reinterpret_cast<Desc>(new sparse::Vector{size, const_cast<void*>(values), type(kind)});                           \
        return ENUM(STATUS_SUCCESS);                                                                                              \
    }
DENSE_VECTOR(CreateDnVec, DnVec, void)
DENSE_VECTOR(CreateConstDnVec, ConstDnVec, const void)
Status SPARSE(DestroyDnVec)(ConstDnVec v) {
    delete vector(v);
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(DnVecGet)(DnVec v, int64_t* size, void** values, ValueType* kind) {
    NEED(v, size, values, kind);
    *size = vector(v)->size, *values = vector(v)->values, *kind = ValueType(int(vector(v)->type));
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(DnVecGetValues)(DnVec v, void** values) {
    NEED(v, values);
    *values = vector(v)->values;
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(DnVecSetValues)(DnVec v, void* values) {
    NEED(v);
    vector(v)->values = values;
    return ENUM(STATUS_SUCCESS);
}
#define DENSE_MATRIX(Name, Desc, Data)                                                                                            \
    Status SPARSE(Name)(Desc * out, int64_t rows, int64_t columns, int64_t ld, Data * values, ValueType kind, Order order) {      \
        NEED(out);                                                                                                                \
        bool row_major = order == ENUM(ORDER_ROW);                                                                                \
        if (rows < 0 || columns < 0 || ld < (row_major ? columns : rows) || bad_type(kind)) return ENUM(STATUS_INVALID_VALUE);    \
        *out = reinterpret_cast<Desc>(new sparse::Dense{rows, columns, ld, const_cast<void*>(values), type(kind), row_major});    \
        return ENUM(STATUS_SUCCESS);                                                                                              \
    }
DENSE_MATRIX(CreateDnMat, DnMat, void)
DENSE_MATRIX(CreateConstDnMat, ConstDnMat, const void)
Status SPARSE(DestroyDnMat)(ConstDnMat m) {
    delete dense(m);
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(DnMatGet)(DnMat m, int64_t* rows, int64_t* columns, int64_t* ld, void** values, ValueType* kind, Order* order) {
    NEED(m, rows, columns, ld, values, kind, order);
    *rows = dense(m)->rows, *columns = dense(m)->columns, *ld = dense(m)->ld, *values = dense(m)->values;
    *kind = ValueType(int(dense(m)->type));
    *order = dense(m)->row_major ? ENUM(ORDER_ROW) : ENUM(ORDER_COL);
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(DnMatGetValues)(DnMat m, void** values) {
    NEED(m, values);
    *values = dense(m)->values;
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(DnMatSetValues)(DnMat m, void* values) {
    NEED(m);
    dense(m)->values = values;
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(DnMatSetStridedBatch)(DnMat m, int count, int64_t stride) {
    NEED(m);
    if (count < 1) return ENUM(STATUS_INVALID_VALUE);
    dense(m)->batches = count, dense(m)->stride = stride;
    return ENUM(STATUS_SUCCESS);
}

#define COMPRESSED(Name, Desc, Data, format)                                                                                      \
    Status SPARSE(Name)(Desc * out, int64_t rows, int64_t columns, int64_t count, Data * offsets, Data * inner, Data * values,    \
                        IndexType offset_type, IndexType inner_type, IndexBase base, ValueType kind) {                            \
        return create_matrix(out, sparse::Format::format, rows, columns, count, offsets, inner, values, offset_type, inner_type, base, kind); \
    }
COMPRESSED(CreateCsr, SpMat, void, csr)
COMPRESSED(CreateConstCsr, ConstSpMat, const void, csr)
COMPRESSED(CreateCsc, SpMat, void, csc)
COMPRESSED(CreateConstCsc, ConstSpMat, const void, csc)
Status SPARSE(CreateCoo)(SpMat* out, int64_t rows, int64_t columns, int64_t count, void* row, void* column, void* values, IndexType width, IndexBase base, ValueType kind) {
    return create_matrix(out, sparse::Format::coo, rows, columns, count, row, column, values, width, width, base, kind);
}
Status SPARSE(CreateConstCoo)(ConstSpMat* out, int64_t rows, int64_t columns, int64_t count, const void* row, const void* column, const void* values, IndexType width, IndexBase base, ValueType kind) {
    return create_matrix(out, sparse::Format::coo, rows, columns, count, row, column, values, width, width, base, kind);
}
Status SPARSE(DestroySpMat)(ConstSpMat m) {
    delete matrix(m);
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(CsrGet)(ConstOrNot m, int64_t* rows, int64_t* columns, int64_t* count, void** offsets, void** inner, void** values,
                      IndexType* offset_type, IndexType* inner_type, IndexBase* base, ValueType* kind) {
    return read_matrix(m, rows, columns, count, offsets, inner, values, offset_type, inner_type, base, kind);
}
Status SPARSE(CooGet)(ConstOrNot m, int64_t* rows, int64_t* columns, int64_t* count, void** row, void** column, void** values, IndexType* width, IndexBase* base, ValueType* kind) {
    IndexType other;
    return read_matrix(m, rows, columns, count, row, column, values, width, &other, base, kind);
}
Status SPARSE(CsrSetPointers)(SpMat m, void* offsets, void* inner, void* values) {
    NEED(m);
    matrix(m)->offsets.data = offsets, matrix(m)->inner.data = inner, matrix(m)->values = values;
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(CscSetPointers)(SpMat m, void* offsets, void* inner, void* values) { return SPARSE(CsrSetPointers)(m, offsets, inner, values); }
Status SPARSE(CooSetPointers)(SpMat m, void* row, void* column, void* values) { return SPARSE(CsrSetPointers)(m, row, column, values); }
Status SPARSE(SpMatGetSize)(ConstSpMat m, int64_t* rows, int64_t* columns, int64_t* count) {
    NEED(m, rows, columns, count);
    *rows = matrix(m)->rows, *columns = matrix(m)->columns, *count = matrix(m)->count;
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(SpMatGetFormat)(ConstSpMat m, MatFormat* format) {
    NEED(m, format);
    *format = matrix(m)->format == sparse::Format::csr ? ENUM(FORMAT_CSR) : matrix(m)->format == sparse::Format::csc ? ENUM(FORMAT_CSC) : ENUM(FORMAT_COO);
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(SpMatGetIndexBase)(ConstSpMat m, IndexBase* base) {
    NEED(m, base);
    *base = matrix(m)->base ? ENUM(INDEX_BASE_ONE) : ENUM(INDEX_BASE_ZERO);
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(SpMatGetValues)(SpMat m, void** values) {
    NEED(m, values);
    *values = matrix(m)->values;
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(SpMatSetValues)(SpMat m, void* values) {
    NEED(m);
    matrix(m)->values = values;
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(CsrSetStridedBatch)(SpMat m, int count, int64_t offsets, int64_t values) {
    NEED(m);
    if (count < 1) return ENUM(STATUS_INVALID_VALUE);
    matrix(m)->batches = count, matrix(m)->offset_stride = offsets, matrix(m)->value_stride = values;
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(CooSetStridedBatch)(SpMat m, int count, int64_t stride) { return SPARSE(CsrSetStridedBatch)(m, count, stride, stride); }
Status SPARSE(SpMatSetAttribute)(SpMat m, Attribute which, ATTRIBUTE_DATA void* data, size_t bytes) {
    NEED(m, data);
    if (bytes != sizeof(FillMode)) return ENUM(STATUS_INVALID_VALUE);
    if (which == ENUM(SPMAT_FILL_MODE)) matrix(m)->upper = *static_cast<const FillMode*>(data) == ENUM(FILL_MODE_UPPER);
    else matrix(m)->unit = *static_cast<const DiagType*>(data) == ENUM(DIAG_TYPE_UNIT);
    return ENUM(STATUS_SUCCESS);
}

// -- generic operations; none needs a buffer ----------------------------------------------------------------------------

Status SPARSE(Axpby)(Handle h, const void* alpha, ConstSpVec x, const void* beta, DnVec y) {
    return status(sparse::axpby(own(h), alpha, sparse_vector(x), beta, vector(y)));
}
Status SPARSE(Gather)(Handle h, ConstDnVec y, SpVec x) { return status(sparse::gather(own(h), vector(y), sparse_vector(x), false)); }
Status SPARSE(Scatter)(Handle h, ConstSpVec x, DnVec y) { return status(sparse::gather(own(h), vector(y), sparse_vector(x), true)); }
Status SPARSE(Rot)(Handle h, const void* c, const void* s, SpVec x, DnVec y) {
    return status(sparse::rotate(own(h), c, s, sparse_vector(x), vector(y)));
}
Status SPARSE(SpVV_bufferSize)(Handle, Operation, ConstSpVec, ConstDnVec, RESULT void*, ValueType, size_t* bytes) { return no_buffer(bytes); }
Status SPARSE(SpVV)(Handle h, Operation o, ConstSpVec x, ConstDnVec y, void* result, ValueType compute, void*) {
    return status(sparse::spvv(own(h), op(o), sparse_vector(x), vector(y), result, type(compute)));
}
Status SPARSE(SpMV_bufferSize)(Handle, Operation, const void*, ConstSpMat, ConstDnVec, const void*, DnVec, ValueType, SpMVAlg, size_t* bytes) { return no_buffer(bytes); }
Status SPARSE(SpMV_preprocess)(Handle, Operation, const void*, ConstSpMat, ConstDnVec, const void*, DnVec, ValueType, SpMVAlg, void*) { return ENUM(STATUS_SUCCESS); }
Status SPARSE(SpMV)(Handle h, Operation o, const void* alpha, ConstSpMat a, ConstDnVec x, const void* beta, DnVec y, ValueType compute, SpMVAlg, void*) {
    return status(sparse::spmv(own(h), op(o), alpha, matrix(a), vector(x), beta, vector(y), type(compute)));
}
Status SPARSE(SpMM_bufferSize)(Handle, Operation, Operation, const void*, ConstSpMat, ConstDnMat, const void*, DnMat, ValueType, SpMMAlg, size_t* bytes) { return no_buffer(bytes); }
Status SPARSE(SpMM_preprocess)(Handle, Operation, Operation, const void*, ConstSpMat, ConstDnMat, const void*, DnMat, ValueType, SpMMAlg, void*) { return ENUM(STATUS_SUCCESS); }
Status SPARSE(SpMM)(Handle h, Operation oa, Operation ob, const void* alpha, ConstSpMat a, ConstDnMat b, const void* beta, DnMat c, ValueType compute, SpMMAlg, void*) {
    return status(sparse::spmm(own(h), op(oa), op(ob), alpha, matrix(a), dense(b), beta, dense(c), type(compute)));
}
Status SPARSE(SDDMM_bufferSize)(Handle, Operation, Operation, const void*, ConstDnMat, ConstDnMat, const void*, SpMat, ValueType, SDDMMAlg, size_t* bytes) { return no_buffer(bytes); }
Status SPARSE(SDDMM_preprocess)(Handle, Operation, Operation, const void*, ConstDnMat, ConstDnMat, const void*, SpMat, ValueType, SDDMMAlg, void*) { return ENUM(STATUS_SUCCESS); }
Status SPARSE(SDDMM)(Handle h, Operation oa, Operation ob, const void* alpha, ConstDnMat a, ConstDnMat b, const void* beta, SpMat c, ValueType compute, SDDMMAlg, void*) {
    return status(sparse::sddmm(own(h), op(oa), op(ob), alpha, dense(a), dense(b), beta, matrix(c), type(compute)));
}
Status SPARSE(SparseToDense_bufferSize)(Handle, ConstSpMat, DnMat, SparseToDenseAlg, size_t* bytes) { return no_buffer(bytes); }
Status SPARSE(SparseToDense)(Handle h, ConstSpMat a, DnMat b, SparseToDenseAlg, void*) { return status(sparse::to_dense(own(h), matrix(a), dense(b))); }
Status SPARSE(DenseToSparse_bufferSize)(Handle, ConstDnMat, SpMat, DenseToSparseAlg, size_t* bytes) { return no_buffer(bytes); }
Status SPARSE(DenseToSparse_analysis)(Handle h, ConstDnMat a, SpMat b, DenseToSparseAlg, void*) { return status(sparse::count_nonzeros(own(h), dense(a), matrix(b))); }
Status SPARSE(DenseToSparse_convert)(Handle h, ConstDnMat a, SpMat b, DenseToSparseAlg, void*) { return status(sparse::to_sparse(own(h), dense(a), matrix(b))); }

// A triangular solve's analysis tells nothing that the solve needs here; that it came first is checked.
Status SPARSE(SpSV_createDescr)(SpSVDescr* out) {
    NEED(out);
    *out = reinterpret_cast<SpSVDescr>(new bool(false));
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(SpSV_destroyDescr)(SpSVDescr d) {
    delete reinterpret_cast<bool*>(d);
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(SpSV_bufferSize)(Handle, Operation, const void*, ConstSpMat, ConstDnVec, DnVec, ValueType, SpSVAlg, SpSVDescr, size_t* bytes) { return no_buffer(bytes); }
Status SPARSE(SpSV_analysis)(Handle, Operation, const void*, ConstSpMat, ConstDnVec, DnVec, ValueType, SpSVAlg, SpSVDescr d, void*) {
    NEED(d);
    *reinterpret_cast<bool*>(d) = true;
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(SpSV_solve)(Handle h, Operation o, const void* alpha, ConstSpMat a, ConstDnVec x, DnVec y, ValueType compute, SpSVAlg, SpSVDescr d) {
    NEED(x, y, d);
    if (!*reinterpret_cast<bool*>(d)) return ENUM(STATUS_INVALID_VALUE);
    sparse::Dense right = sparse::as_column(*vector(x)), left = sparse::as_column(*vector(y));
    return status(sparse::solve(own(h), op(o), sparse::Op::n, alpha, matrix(a), &right, &left, type(compute)));
}
Status SPARSE(SpSM_createDescr)(SpSMDescr* out) { return SPARSE(SpSV_createDescr)(reinterpret_cast<SpSVDescr*>(out)); }
Status SPARSE(SpSM_destroyDescr)(SpSMDescr d) { return SPARSE(SpSV_destroyDescr)(reinterpret_cast<SpSVDescr>(d)); }
Status SPARSE(SpSM_bufferSize)(Handle, Operation, Operation, const void*, ConstSpMat, ConstDnMat, DnMat, ValueType, SpSMAlg, SpSMDescr, size_t* bytes) { return no_buffer(bytes); }
Status SPARSE(SpSM_analysis)(Handle, Operation, Operation, const void*, ConstSpMat, ConstDnMat, DnMat, ValueType, SpSMAlg, SpSMDescr d, void*) {
    NEED(d);
    *reinterpret_cast<bool*>(d) = true;
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(SpSM_solve)(Handle h, Operation oa, Operation ob, const void* alpha, ConstSpMat a, ConstDnMat b, DnMat c, ValueType compute, SpSMAlg, SpSMDescr d SPSM_BUFFER) {
    NEED(d);
    if (!*reinterpret_cast<bool*>(d)) return ENUM(STATUS_INVALID_VALUE);
    return status(sparse::solve(own(h), op(oa), op(ob), alpha, matrix(a), dense(b), dense(c), type(compute)));
}

Status SPARSE(SpGEMM_createDescr)(SpGEMMDescr* out) {
    NEED(out);
    *out = reinterpret_cast<SpGEMMDescr>(new sparse::Product);
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(SpGEMM_destroyDescr)(SpGEMMDescr d) {
    delete product(d);
    return ENUM(STATUS_SUCCESS);
}
// Both are called twice, for the size of a buffer and with it; programs expect a size to allocate.
Status SPARSE(SpGEMM_workEstimation)(Handle, Operation, Operation, const void*, ConstSpMat, ConstSpMat, const void*, SpMat, ValueType, SpGEMMAlg, SpGEMMDescr, size_t* bytes, void* buffer) {
    NEED(bytes);
    if (!buffer) *bytes = 16;
    return ENUM(STATUS_SUCCESS);
}
Status SPARSE(SpGEMM_compute)(Handle h, Operation oa, Operation ob, const void* alpha, ConstSpMat a, ConstSpMat b, const void* beta, SpMat c, ValueType compute, SpGEMMAlg, SpGEMMDescr d, size_t* bytes, void* buffer) {
    NEED(bytes);
    if (!buffer) {
        *bytes = 16;
        return ENUM(STATUS_SUCCESS);
    }
    return status(sparse::multiply(own(h), product(d), op(oa), op(ob), alpha, matrix(a), matrix(b), beta, matrix(c), type(compute)));
}
Status SPARSE(SpGEMM_copy)(Handle h, Operation, Operation, const void*, ConstSpMat, ConstSpMat, const void*, SpMat c, ValueType, SpGEMMAlg, SpGEMMDescr d) {
    return status(sparse::copy_product(own(h), product(d), matrix(c)));
}

// -- conversions --------------------------------------------------------------------------------------------------------

Status SPARSE(Csr2cscEx2_bufferSize)(Handle, int, int, int, const void*, const int*, const int*, void*, int*, int*, ValueType, Action, IndexBase, Csr2CscAlg, size_t* bytes) { return no_buffer(bytes); }
Status SPARSE(Csr2cscEx2)(Handle h, int m, int n, int count, const void* values, const int* offsets, const int* inner, void* out, int* out_offsets, int* out_inner, ValueType kind, Action action, IndexBase base, Csr2CscAlg, void*) {
    return status(sparse::transpose(own(h), m, n, count, values, offsets, inner, out, out_offsets, out_inner, type(kind), action == ENUM(ACTION_NUMERIC), base == ENUM(INDEX_BASE_ONE)));
}
Status SPARSE(Xcoo2csr)(Handle h, const int* rows, int count, int m, int* offsets, IndexBase base) { return status(sparse::compress(own(h), rows, count, m, offsets, base == ENUM(INDEX_BASE_ONE))); }
Status SPARSE(Xcsr2coo)(Handle h, const int* offsets, int, int m, int* rows, IndexBase base) { return status(sparse::expand(own(h), offsets, m, rows, base == ENUM(INDEX_BASE_ONE))); }
Status SPARSE(CreateIdentityPermutation)(Handle h, int n, int* p) {
    if (n < 0 || (n && !p)) return ENUM(STATUS_INVALID_VALUE);
    return status(sparse::later(own(h), [=] { std::iota(p, p + n, 0); }));
}
Status SPARSE(Xcoosort_bufferSizeExt)(Handle, int, int, int, const int*, const int*, size_t* bytes) { return no_buffer(bytes); }
Status SPARSE(XcoosortByRow)(Handle h, int, int, int count, int* rows, int* columns, int* p, void*) { return status(sparse::sort_coo(own(h), count, rows, columns, p, true)); }
Status SPARSE(XcoosortByColumn)(Handle h, int, int, int count, int* rows, int* columns, int* p, void*) { return status(sparse::sort_coo(own(h), count, rows, columns, p, false)); }
Status SPARSE(Xcsrsort_bufferSizeExt)(Handle, int, int, int, const int*, const int*, size_t* bytes) { return no_buffer(bytes); }
Status SPARSE(Xcsrsort)(Handle h, int m, int, int, const MatDescr d, const int* offsets, int* inner, int* p, void*) { return status(sparse::sort_rows(own(h), m, offsets, inner, p, base_of(d))); }
Status SPARSE(Xcscsort_bufferSizeExt)(Handle, int, int, int, const int*, const int*, size_t* bytes) { return no_buffer(bytes); }
Status SPARSE(Xcscsort)(Handle h, int, int n, int, const MatDescr d, const int* offsets, int* inner, int* p, void*) { return status(sparse::sort_rows(own(h), n, offsets, inner, p, base_of(d))); }

Status SPARSE(Xcsrgeam2Nnz)(Handle h, int m, int, const MatDescr da, int, const int* offsets_a, const int* inner_a, const MatDescr db, int, const int* offsets_b, const int* inner_b, const MatDescr dc, int* offsets, int* count, void*) {
    return status(sparse::add_structure(own(h), m, {offsets_a, inner_a, base_of(da)}, {offsets_b, inner_b, base_of(db)}, offsets, count, base_of(dc)));
}
#define GEAM(X, T, N)                                                                                                             \
    Status SPARSE(X##csrgeam2_bufferSizeExt)(Handle, int, int, const T*, const MatDescr, int, const T*, const int*, const int*,   \
                                             const T*, const MatDescr, int, const T*, const int*, const int*, const MatDescr,     \
                                             const T*, const int*, const int*, size_t* bytes) { return no_buffer(bytes); }        \
    Status SPARSE(X##csrgeam2)(Handle h, int m, int, const T* alpha, const MatDescr da, int, const T* va, const int* offsets_a,   \
                               const int* inner_a, const T* beta, const MatDescr db, int, const T* vb, const int* offsets_b,      \
                               const int* inner_b, const MatDescr dc, T* out, int* offsets, int* inner, void*) {                  \
        return status(sparse::add<N>(own(h), m, reinterpret_cast<const N*>(alpha), {offsets_a, inner_a, base_of(da)},             \
                                     reinterpret_cast<const N*>(va), reinterpret_cast<const N*>(beta), {offsets_b, inner_b, base_of(db)}, \
                                     reinterpret_cast<const N*>(vb), offsets, inner, reinterpret_cast<N*>(out), base_of(dc)));    \
    }
GEAM(S, float, float) GEAM(D, double, double) GEAM(C, Complex, ComplexF) GEAM(Z, DoubleComplex, ComplexD)

}  // extern "C"
