// The host functions for random numbers in one library's spelling; hiprand.cpp and curand.cpp define RAND(x), the types,
// RAND_NAME, kind() and status().

using namespace hw;

static rand::Generator* generator(Handle handle) { return reinterpret_cast<rand::Generator*>(handle); }

static Status create(Handle* handle, RngType type) {
    if (!handle) return status(rand::Status::out_of_range);
    rand::Kind which = kind(type);
    if (which == rand::Kind::unknown) return status(rand::Status::type_error);
    // Its parameter tables belong to the vendors, and other sequences would not be MTGP32.
    if (which == rand::Kind::mtgp32) hw_unsupported(RAND_NAME "CreateGenerator(MTGP32)");
    auto* made = new rand::Generator;
    made->kind = which;
    *handle = reinterpret_cast<Handle>(made);
    return status(rand::Status::ok);
}

extern "C" {

Status RAND(CreateGenerator)(Handle* handle, RngType type) { return create(handle, type); }
Status RAND(CreateGeneratorHost)(Handle* handle, RngType type) { return create(handle, type); }
Status RAND(DestroyGenerator)(Handle handle) {
    if (!handle) return status(rand::Status::not_initialized);
    delete generator(handle);
    return status(rand::Status::ok);
}
Status RAND(SetStream)(Handle handle, Stream stream) {
    if (!handle) return status(rand::Status::not_initialized);
    generator(handle)->stream = stream;
    return status(rand::Status::ok);
}
Status RAND(SetPseudoRandomGeneratorSeed)(Handle handle, unsigned long long seed) {
    if (!handle) return status(rand::Status::not_initialized);
    if (generator(handle)->quasi()) return status(rand::Status::type_error);
    generator(handle)->seed = seed;
    generator(handle)->source = nullptr;
    return status(rand::Status::ok);
}
Status RAND(SetGeneratorOffset)(Handle handle, unsigned long long offset) {
    if (!handle) return status(rand::Status::not_initialized);
    generator(handle)->offset = offset;
    generator(handle)->sobol_place = 0;
    generator(handle)->source = nullptr;
    return status(rand::Status::ok);
}
Status RAND(SetQuasiRandomGeneratorDimensions)(Handle handle, unsigned dimensions) {
    if (!handle) return status(rand::Status::not_initialized);
    if (!generator(handle)->quasi()) return status(rand::Status::type_error);
    if (dimensions < 1 || dimensions > 20000) return status(rand::Status::out_of_range);
    if (dimensions > unsigned(rand::kSobolDimensions))
        hw_unsupported(RAND_NAME "SetQuasiRandomGeneratorDimensions(more than 21)");
    generator(handle)->dimensions = dimensions;
    return status(rand::Status::ok);
}
Status RAND(GenerateSeeds)(Handle handle) {
    if (!handle) return status(rand::Status::not_initialized);
    if (!generator(handle)->quasi()) generator(handle)->start();
    return status(rand::Status::ok);
}

Status RAND(Generate)(Handle handle, unsigned* out, size_t n) { return status(rand::generate_words(generator(handle), out, n)); }
Status RAND(GenerateLongLong)(Handle handle, unsigned long long* out, size_t n) {
    return status(rand::generate_words(generator(handle), reinterpret_cast<uint64_t*>(out), n));
}
Status RAND(GenerateUniform)(Handle handle, float* out, size_t n) {
    return status(rand::generate_uniform(generator(handle), out, n));
}
Status RAND(GenerateUniformDouble)(Handle handle, double* out, size_t n) {
    return status(rand::generate_uniform(generator(handle), out, n));
}
#define NORMAL(name, T, expression)                                                                                      \
    Status RAND(name)(Handle handle, T * out, size_t n, T mean, T deviation) {                                           \
        return status(rand::generate_normal(generator(handle), out, n, [=](double x) { return T(expression); }));        \
    }
NORMAL(GenerateNormal, float, mean + deviation * x)
NORMAL(GenerateNormalDouble, double, mean + deviation * x)
NORMAL(GenerateLogNormal, float, std::exp(mean + deviation * x))
NORMAL(GenerateLogNormalDouble, double, std::exp(mean + deviation * x))
#undef NORMAL
Status RAND(GeneratePoisson)(Handle handle, unsigned* out, size_t n, double lambda) {
    return status(rand::generate_poisson(generator(handle), out, n, lambda));
}

}  // extern "C"
