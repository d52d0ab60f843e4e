// The FFT functions in one library's spelling; hipfft.cpp and cufft.cpp define FFT(x), the types and status().

using namespace hw;

template <class Integer>
static Status make_many(Handle handle, int rank, const Integer* n, const Integer* inembed, int64_t istride, int64_t idist,
                        const Integer* onembed, int64_t ostride, int64_t odist, Type type, int64_t batch, size_t* work) {
    fft::Plan* plan = fft::find(intptr_t(handle));
    if (!plan) return status(fft::Status::invalid_plan);
    if (!n) return status(fft::Status::invalid_value);
    if (rank < 1 || rank > 3) return status(fft::Status::invalid_size);
    fft::Layout in, out;
    if (inembed && onembed) {
        in = {{inembed, inembed + rank}, istride, idist};
        out = {{onembed, onembed + rank}, ostride, odist};
    }
    if (work) *work = 0;   // no work area is needed here
    return status(fft::make(*plan, {n, n + rank}, int(type), batch, in, out));
}

template <class... Sizes>
static Status make_dense(Handle handle, Type type, int64_t batch, size_t* work, Sizes... sizes) {
    int64_t n[] = {sizes...};
    return make_many<int64_t>(handle, int(sizeof...(sizes)), n, nullptr, 1, 0, nullptr, 1, 0, type, batch, work);
}

// A new plan in *plan, or none if making it fails.
template <class Make>
static Status planned(Handle* plan, Make make) {
    if (!plan) return status(fft::Status::invalid_value);
    Handle made = Handle(fft::create());
    Status result = make(made);
    if (result == status(fft::Status::ok)) *plan = made;
    else fft::plans().erase(intptr_t(made));
    return result;
}

static Status no_work(size_t* work) {
    if (!work) return status(fft::Status::invalid_value);
    *work = 0;
    return status(fft::Status::ok);
}

extern "C" {

Status FFT(Create)(Handle* plan) {
    return planned(plan, [](Handle) { return status(fft::Status::ok); });
}
Status FFT(Destroy)(Handle plan) {
    return status(fft::plans().erase(intptr_t(plan)) ? fft::Status::ok : fft::Status::invalid_plan);
}
Status FFT(SetStream)(Handle handle, Stream stream) {
    fft::Plan* plan = fft::find(intptr_t(handle));
    if (!plan) return status(fft::Status::invalid_plan);
    plan->stream = stream;
    return status(fft::Status::ok);
}

Status FFT(MakePlan1d)(Handle plan, int nx, Type type, int batch, size_t* work) {
    return make_dense(plan, type, batch, work, int64_t(nx));
}
Status FFT(MakePlan2d)(Handle plan, int nx, int ny, Type type, size_t* work) {
    return make_dense(plan, type, 1, work, int64_t(nx), int64_t(ny));
}
Status FFT(MakePlan3d)(Handle plan, int nx, int ny, int nz, Type type, size_t* work) {
    return make_dense(plan, type, 1, work, int64_t(nx), int64_t(ny), int64_t(nz));
}
Status FFT(MakePlanMany)(Handle plan, int rank, int* n, int* inembed, int istride, int idist, int* onembed, int ostride, int odist,
                         Type type, int batch, size_t* work) {
    return make_many<int>(plan, rank, n, inembed, istride, idist, onembed, ostride, odist, type, batch, work);
}
Status FFT(MakePlanMany64)(Handle plan, int rank, long long* n, long long* inembed, long long istride, long long idist,
                           long long* onembed, long long ostride, long long odist, Type type, long long batch, size_t* work) {
    return make_many<long long>(plan, rank, n, inembed, istride, idist, onembed, ostride, odist, type, batch, work);
}

Status FFT(Plan1d)(Handle* plan, int nx, Type type, int batch) {
    return planned(plan, [=](Handle made) { return FFT(MakePlan1d)(made, nx, type, batch, nullptr); });
}
Status FFT(Plan2d)(Handle* plan, int nx, int ny, Type type) {
    return planned(plan, [=](Handle made) { return FFT(MakePlan2d)(made, nx, ny, type, nullptr); });
}
Status FFT(Plan3d)(Handle* plan, int nx, int ny, int nz, Type type) {
    return planned(plan, [=](Handle made) { return FFT(MakePlan3d)(made, nx, ny, nz, type, nullptr); });
}
Status FFT(PlanMany)(Handle* plan, int rank, int* n, int* inembed, int istride, int idist, int* onembed, int ostride, int odist,
                     Type type, int batch) {
    return planned(plan, [=](Handle made) {
        return FFT(MakePlanMany)(made, rank, n, inembed, istride, idist, onembed, ostride, odist, type, batch, nullptr);
    });
}

Status FFT(Estimate1d)(int, Type, int, size_t* work) { return no_work(work); }
Status FFT(Estimate2d)(int, int, Type, size_t* work) { return no_work(work); }
Status FFT(Estimate3d)(int, int, int, Type, size_t* work) { return no_work(work); }
Status FFT(EstimateMany)(int, int*, int*, int, int, int*, int, int, Type, int, size_t* work) { return no_work(work); }
Status FFT(GetSize1d)(Handle, int, Type, int, size_t* work) { return no_work(work); }
Status FFT(GetSize2d)(Handle, int, int, Type, size_t* work) { return no_work(work); }
Status FFT(GetSize3d)(Handle, int, int, int, Type, size_t* work) { return no_work(work); }
Status FFT(GetSizeMany)(Handle, int, int*, int*, int, int, int*, int, int, Type, int, size_t* work) { return no_work(work); }
Status FFT(GetSizeMany64)(Handle, int, long long*, long long*, long long, long long, long long*, long long, long long, Type,
                          long long, size_t* work) {
    return no_work(work);
}
Status FFT(GetSize)(Handle handle, size_t* work) {
    return fft::find(intptr_t(handle)) ? no_work(work) : status(fft::Status::invalid_plan);
}
Status FFT(SetAutoAllocation)(Handle handle, int) {
    return status(fft::find(intptr_t(handle)) ? fft::Status::ok : fft::Status::invalid_plan);
}
Status FFT(SetWorkArea)(Handle handle, void*) {
    return status(fft::find(intptr_t(handle)) ? fft::Status::ok : fft::Status::invalid_plan);
}

#define EXECUTE(name, In, Out, twice, real_in, real_out)                                                                \
    Status FFT(name)(Handle plan, In* in, Out* out) {                                                                    \
        return status(fft::execute(fft::find(intptr_t(plan)), twice, real_in, real_out, in, out, real_in ? -1 : 1));     \
    }
EXECUTE(ExecR2C, float, Complex, false, true, false)
EXECUTE(ExecC2R, Complex, float, false, false, true)
EXECUTE(ExecD2Z, double, DoubleComplex, true, true, false)
EXECUTE(ExecZ2D, DoubleComplex, double, true, false, true)
Status FFT(ExecC2C)(Handle plan, Complex* in, Complex* out, int direction) {
    return status(fft::execute(fft::find(intptr_t(plan)), false, false, false, in, out, direction));
}
Status FFT(ExecZ2Z)(Handle plan, DoubleComplex* in, DoubleComplex* out, int direction) {
    return status(fft::execute(fft::find(intptr_t(plan)), true, false, false, in, out, direction));
}

}  // extern "C"
