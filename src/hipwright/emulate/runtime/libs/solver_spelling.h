// The dense solvers in one library's spelling; hipsolver.cpp and cusolver.cpp define DN(x), TALL_ONLY, the types and
// status(). hipSOLVER's names with Dn have cuSOLVER's arguments.

using namespace hw;

static solver::State* own(Handle h) { return reinterpret_cast<solver::State*>(h); }
static bool wants(EigMode mode) { return mode == EigMode(202); }        // …_EIG_MODE_VECTOR in both
struct Jacobi { double tolerance = 0; int sweeps = 100, sorted = 1; };
template <class Info> static Jacobi* jacobi(Info info) { return reinterpret_cast<Jacobi*>(info); }

// Nothing here needs scratch memory; a size is told and asked for, so that a port which passes another one is seen.
static Status tell(int* size, int64_t elements) {
    if (!size || elements < 0) return status(solver::Status::invalid_value);
    *size = int(std::max<int64_t>(1, elements));
    return status(solver::Status::ok);
}
static bool lacks(const void* work, int given, int64_t elements) { return !work || given < std::max<int64_t>(1, elements); }
#define ROOM(elements) if (lacks(work, room, elements)) return status(solver::Status::invalid_value)

extern "C" {

Status DN(Create)(Handle* handle) {
    if (!handle) return status(solver::Status::invalid_value);
    *handle = reinterpret_cast<Handle>(new solver::State);
    return status(solver::Status::ok);
}
Status DN(Destroy)(Handle handle) {
    if (!handle) return status(solver::Status::not_initialized);
    delete own(handle);
    return status(solver::Status::ok);
}
Status DN(SetStream)(Handle handle, Stream stream) {
    if (!handle) return status(solver::Status::not_initialized);
    own(handle)->stream = stream;
    return status(solver::Status::ok);
}
Status DN(GetStream)(Handle handle, Stream* stream) {
    if (!handle || !stream) return status(solver::Status::not_initialized);
    *stream = static_cast<Stream>(own(handle)->stream);
    return status(solver::Status::ok);
}
#define JACOBI(Kind, Type)                                                                                                    \
    Status DN(Create##Kind##Info)(Type * info) {                                                                              \
        if (!info) return status(solver::Status::invalid_value);                                                              \
        *info = reinterpret_cast<Type>(new Jacobi);                                                                           \
        return status(solver::Status::ok);                                                                                    \
    }                                                                                                                         \
    Status DN(Destroy##Kind##Info)(Type info) {                                                                               \
        delete jacobi(info);                                                                                                  \
        return status(solver::Status::ok);                                                                                    \
    }
JACOBI(Gesvdj, GesvdjInfo) JACOBI(Syevj, SyevjInfo)
#undef JACOBI
// Iterations run until nothing is left to do; asking for less accuracy or no order is answered with more.
#define SETTING(name, Info, Type)                                                                                             \
    Status DN(name)(Info info, Type) { return status(info ? solver::Status::ok : solver::Status::invalid_value); }
SETTING(XgesvdjSetTolerance, GesvdjInfo, double) SETTING(XgesvdjSetMaxSweeps, GesvdjInfo, int) SETTING(XgesvdjSetSortEig, GesvdjInfo, int)
SETTING(XsyevjSetTolerance, SyevjInfo, double) SETTING(XsyevjSetMaxSweeps, SyevjInfo, int) SETTING(XsyevjSetSortEig, SyevjInfo, int)
#undef SETTING

#define SOLVERS(X, T, R, orgqr_, ormqr_, syev_)                                                                               \
    Status DN(X##getrf_bufferSize)(Handle, int m, int n, T*, int, int* size) { return tell(size, int64_t(m) * n); }           \
    Status DN(X##getrf)(Handle h, int m, int n, T* a, int lda, T* work, int* pivots, int* info) {                             \
        if (!work) return status(solver::Status::invalid_value);                                                              \
        return status(solver::getrf(own(h), m, n, native(a), lda, pivots, info));                                             \
    }                                                                                                                         \
    Status DN(X##getrs)(Handle h, Operation o, int n, int columns, const T* a, int lda, const int* pivots, T* b, int ldb, int* info) { \
        return status(solver::getrs(own(h), op(o), n, columns, native(a), lda, pivots, native(b), ldb, info));                \
    }                                                                                                                         \
    Status DN(X##potrf_bufferSize)(Handle, FillMode, int n, T*, int, int* size) { return tell(size, n); }                     \
    Status DN(X##potrf)(Handle h, FillMode f, int n, T* a, int lda, T* work, int room, int* info) {                           \
        ROOM(n);                                                                                                              \
        return status(solver::potrf(own(h), fill(f), n, batch(a), lda, info, 1));                                             \
    }                                                                                                                         \
    Status DN(X##potrs)(Handle h, FillMode f, int n, int columns, const T* a, int lda, T* b, int ldb, int* info) {            \
        return status(solver::potrs(own(h), fill(f), n, columns, batch(a), lda, batch(b), ldb, info, 1));                     \
    }                                                                                                                         \
    Status DN(X##potri_bufferSize)(Handle, FillMode, int n, T*, int, int* size) { return tell(size, int64_t(n) * n); }        \
    Status DN(X##potri)(Handle h, FillMode f, int n, T* a, int lda, T* work, int room, int* info) {                           \
        ROOM(int64_t(n) * n);                                                                                                 \
        return status(solver::potri(own(h), fill(f), n, native(a), lda, info));                                               \
    }                                                                                                                         \
    Status DN(X##potrfBatched)(Handle h, FillMode f, int n, T* a[], int lda, int* info, int count) {                          \
        return status(solver::potrf(own(h), fill(f), n, batch(static_cast<T* const*>(a)), lda, info, count));                 \
    }                                                                                                                         \
    Status DN(X##potrsBatched)(Handle h, FillMode f, int n, int columns, T* a[], int lda, T* b[], int ldb, int* info, int count) { \
        blas::Batch<const Native<T>> left{nullptr, reinterpret_cast<const Native<T>* const*>(a), 0};                          \
        return status(solver::potrs(own(h), fill(f), n, columns, left, lda, batch(static_cast<T* const*>(b)), ldb, info, count)); \
    }                                                                                                                         \
    Status DN(X##geqrf_bufferSize)(Handle, int, int n, T*, int, int* size) { return tell(size, n); }                          \
    Status DN(X##geqrf)(Handle h, int m, int n, T* a, int lda, T* taus, T* work, int room, int* info) {                       \
        ROOM(n);                                                                                                              \
        return status(solver::geqrf(own(h), m, n, native(a), lda, native(taus), info));                                       \
    }                                                                                                                         \
    Status DN(orgqr_##_bufferSize)(Handle, int, int n, int, const T*, int, const T*, int* size) { return tell(size, n); }     \
    Status DN(orgqr_)(Handle h, int m, int n, int k, T* a, int lda, const T* taus, T* work, int room, int* info) {            \
        ROOM(n);                                                                                                              \
        return status(solver::orgqr(own(h), m, n, k, native(a), lda, native(taus), info));                                    \
    }                                                                                                                         \
    Status DN(ormqr_##_bufferSize)(Handle, SideMode s, Operation, int m, int n, int, const T*, int, const T*, const T*, int, int* size) { \
        return tell(size, side(s) == blas::Side::left ? n : m);                                                               \
    }                                                                                                                         \
    Status DN(ormqr_)(Handle h, SideMode s, Operation o, int m, int n, int k, const T* a, int lda, const T* taus, T* c, int ldc, \
                      T* work, int room, int* info) {                                                                         \
        ROOM(side(s) == blas::Side::left ? n : m);                                                                            \
        return status(solver::ormqr(own(h), side(s), op(o), m, n, k, native(a), lda, native(taus), native(c), ldc, info));    \
    }                                                                                                                         \
    Status DN(X##gesvd_bufferSize)(Handle, int m, int n, int* size) { return tell(size, int64_t(m) + n); }                    \
    Status DN(X##gesvd)(Handle h, signed char job_u, signed char job_v, int m, int n, T* a, int lda, R* s, T* u, int ldu, T* v, \
                        int ldv, T* work, int room, R*, int* info) {                                                          \
        ROOM(int64_t(m) + n);                                                                                                 \
        if (TALL_ONLY && m < n) return status(solver::Status::invalid_value);                                                 \
        return status(solver::gesvd(own(h), job_u, job_v, m, n, native(a), lda, s, native(u), ldu, native(v), ldv, info));    \
    }                                                                                                                         \
    Status DN(X##gesvdj_bufferSize)(Handle, EigMode, int, int m, int n, const T*, int, const R*, const T*, int, const T*, int, \
                                    int* size, GesvdjInfo) { return tell(size, int64_t(m) + n); }                             \
    Status DN(X##gesvdj)(Handle h, EigMode mode, int economy, int m, int n, T* a, int lda, R* s, T* u, int ldu, T* v, int ldv, \
                         T* work, int room, int* info, GesvdjInfo parameters) {                                               \
        ROOM(int64_t(m) + n);                                                                                                 \
        if (!parameters) return status(solver::Status::invalid_value);                                                        \
        return status(solver::gesvdj(own(h), wants(mode), economy, m, n, native(a), lda, s, native(u), ldu, native(v), ldv, info)); \
    }                                                                                                                         \
    Status DN(syev_##d_bufferSize)(Handle, EigMode, FillMode, int n, const T*, int, const R*, int* size) { return tell(size, 3 * int64_t(n)); } \
    Status DN(syev_##d)(Handle h, EigMode mode, FillMode f, int n, T* a, int lda, R* values, T* work, int room, int* info) {  \
        ROOM(3 * int64_t(n));                                                                                                 \
        return status(solver::syevd(own(h), wants(mode), fill(f), n, batch(a), lda, values, info, 1));                        \
    }                                                                                                                         \
    Status DN(syev_##j_bufferSize)(Handle, EigMode, FillMode, int n, const T*, int, const R*, int* size, SyevjInfo) { return tell(size, 3 * int64_t(n)); } \
    Status DN(syev_##j)(Handle h, EigMode mode, FillMode f, int n, T* a, int lda, R* values, T* work, int room, int* info, SyevjInfo parameters) { \
        ROOM(3 * int64_t(n));                                                                                                 \
        if (!parameters) return status(solver::Status::invalid_value);                                                        \
        return status(solver::syevd(own(h), wants(mode), fill(f), n, batch(a), lda, values, info, 1));                        \
    }                                                                                                                         \
    Status DN(syev_##jBatched_bufferSize)(Handle, EigMode, FillMode, int n, const T*, int, const R*, int* size, SyevjInfo, int count) { \
        return tell(size, 3 * int64_t(n) * count);                                                                            \
    }                                                                                                                         \
    Status DN(syev_##jBatched)(Handle h, EigMode mode, FillMode f, int n, T* a, int lda, R* values, T* work, int room, int* info, \
                               SyevjInfo parameters, int count) {                                                             \
        ROOM(3 * int64_t(n) * count);                                                                                         \
        if (!parameters) return status(solver::Status::invalid_value);                                                        \
        return status(solver::syevd(own(h), wants(mode), fill(f), n, batch(a, int64_t(lda) * n), lda, values, info, count));  \
    }
SOLVERS(S, float, float, Sorgqr, Sormqr, Ssyev)
SOLVERS(D, double, double, Dorgqr, Dormqr, Dsyev)
SOLVERS(C, Complex, float, Cungqr, Cunmqr, Cheev)
SOLVERS(Z, DoubleComplex, double, Zungqr, Zunmqr, Zheev)
#undef SOLVERS

}  // extern "C"
