// The Lt functions in one library's spelling; hipblaslt.cpp and cublaslt.cpp define LT(x), ENUM(x), LT_NAME, the types,
// status(), op(), compute() and type().

using namespace hw;

static blaslt::Layout* own(LayoutDesc l) { return reinterpret_cast<blaslt::Layout*>(l); }
static blaslt::Product* own(ProductDesc p) { return reinterpret_cast<blaslt::Product*>(p); }
static blaslt::Transform* own(TransformDesc t) { return reinterpret_cast<blaslt::Transform*>(t); }
struct Preference { uint32_t search = 0, unused = 0; uint64_t bytes = 0; };
static Preference* own(PreferenceDesc p) { return reinterpret_cast<Preference*>(p); }
static Status done() { return status(blaslt::Status::ok); }
static Status invalid() { return status(blaslt::Status::invalid_value); }

struct Slot { void* data; size_t bytes; };         // where an attribute is kept; no data: there is no such attribute here
static Slot slot(blaslt::Layout* l, LayoutAttribute which) {
    switch (which) {
    case ENUM(MATRIX_LAYOUT_TYPE): return {&l->type, 4};
    case ENUM(MATRIX_LAYOUT_ORDER): return {&l->order, 4};
    case ENUM(MATRIX_LAYOUT_ROWS): return {&l->rows, 8};
    case ENUM(MATRIX_LAYOUT_COLS): return {&l->columns, 8};
    case ENUM(MATRIX_LAYOUT_LD): return {&l->ld, 8};
    case ENUM(MATRIX_LAYOUT_BATCH_COUNT): return {&l->batches, 4};
    case ENUM(MATRIX_LAYOUT_STRIDED_BATCH_OFFSET): return {&l->stride, 8};
    default: hw_unsupported(LT_NAME "MatrixLayoutSetAttribute with a rarer attribute");
    }
}
static Slot slot(blaslt::Product* p, ProductAttribute which) {
    switch (which) {
    case ENUM(MATMUL_DESC_POINTER_MODE): return {&p->pointer_mode, 4};
    case ENUM(MATMUL_DESC_TRANSA): return {&p->ta, 4};
    case ENUM(MATMUL_DESC_TRANSB): return {&p->tb, 4};
    case ENUM(MATMUL_DESC_EPILOGUE): return {&p->epilogue, 4};
    case ENUM(MATMUL_DESC_BIAS_POINTER): return {&p->bias, 8};
    case ENUM(MATMUL_DESC_BIAS_DATA_TYPE): return {&p->bias_type, 4};
    case ENUM(MATMUL_DESC_EPILOGUE_AUX_POINTER): return {&p->aux, 8};
    case ENUM(MATMUL_DESC_EPILOGUE_AUX_LD): return {&p->aux_ld, 8};
    case ENUM(MATMUL_DESC_EPILOGUE_AUX_BATCH_STRIDE): return {&p->aux_stride, 8};
    case ENUM(MATMUL_DESC_EPILOGUE_AUX_DATA_TYPE): return {&p->aux_type, 4};
    case ENUM(MATMUL_DESC_A_SCALE_POINTER): return {&p->a_scale, 8};
    case ENUM(MATMUL_DESC_B_SCALE_POINTER): return {&p->b_scale, 8};
    case ENUM(MATMUL_DESC_C_SCALE_POINTER): return {&p->c_scale, 8};
    case ENUM(MATMUL_DESC_D_SCALE_POINTER): return {&p->d_scale, 8};
    MORE_PRODUCT_SLOTS
    default: hw_unsupported(LT_NAME "MatmulDescSetAttribute with a rarer attribute");
    }
}
static Slot slot(blaslt::Transform* t, TransformAttribute which) {
    switch (which) {
    case ENUM(MATRIX_TRANSFORM_DESC_SCALE_TYPE): return {&t->scale, 4};
    case ENUM(MATRIX_TRANSFORM_DESC_POINTER_MODE): return {&t->pointer_mode, 4};
    case ENUM(MATRIX_TRANSFORM_DESC_TRANSA): return {&t->ta, 4};
    case ENUM(MATRIX_TRANSFORM_DESC_TRANSB): return {&t->tb, 4};
    default: hw_unsupported(LT_NAME "MatrixTransformDescSetAttribute with a rarer attribute");
    }
}
static Slot slot(Preference* p, PreferenceAttribute which) {
    static uint64_t ignored;                       // hints that narrow a search
    if (which == ENUM(MATMUL_PREF_SEARCH_MODE)) return {&p->search, 4};
    if (which == ENUM(MATMUL_PREF_MAX_WORKSPACE_BYTES)) return {&p->bytes, 8};
    return {&ignored, 0};
}
static Status set(Slot to, const void* from, size_t bytes) {
    if (!from || (to.bytes && bytes != to.bytes)) return invalid();
    std::memcpy(to.data, from, to.bytes);
    return done();
}
static Status get(Slot from, void* to, size_t bytes, size_t* written) {
    if (written) *written = from.bytes;
    if (!bytes) return done();
    if (!to || bytes < from.bytes) return invalid();
    std::memcpy(to, from.data, from.bytes);
    return done();
}
// What is not computed here is refused by name before anything runs.
static void refuse(const blaslt::Product& p, const blaslt::Layout* const (&layouts)[4]) {
    uint32_t known = blaslt::kPlain | blaslt::kRelu | blaslt::kBias | blaslt::kGelu | blaslt::kGeluBackward | blaslt::kAux;
    if (p.epilogue & ~known) hw_unsupported(LT_NAME "Matmul with an epilogue of a bias gradient, or an extension");
    if (p.epilogue & blaslt::kAux && !(p.epilogue & (blaslt::kGelu | blaslt::kGeluBackward))) hw_unsupported(LT_NAME "Matmul with the mask of a ReLU");
    if (p.pointer_mode > 1) hw_unsupported(LT_NAME "Matmul with a vector of scaling factors");
    for (const blaslt::Layout* l : layouts)
        if (l && l->order > 1) hw_unsupported(LT_NAME "Matmul with a tiled order");
    DataType result = layouts[3]->data_type();
    if (result == DataType::e4m3 || result == DataType::e5m2) hw_unsupported(LT_NAME "Matmul with an fp8 result");
}
#define CREATED(Own, Desc, ...)                       \
    if (!out) return invalid();                       \
    auto* made = new Own;                             \
    __VA_ARGS__;                                      \
    *out = reinterpret_cast<Desc>(made);              \
    return done()

extern "C" {

Status LT(Create)(Handle* out) { CREATED(uint64_t, Handle, *made = 0); }
Status LT(Destroy)(const Handle handle) {
    delete reinterpret_cast<uint64_t*>(handle);
    return done();
}

Status LT(MatrixLayoutCreate)(LayoutDesc* out, ValueType kind, uint64_t rows, uint64_t columns, int64_t ld) {
    CREATED(blaslt::Layout, LayoutDesc, (made->type = int(kind), made->rows = rows, made->columns = columns, made->ld = ld));
}
Status LT(MatmulDescCreate)(ProductDesc* out, ComputeType how, ValueType scale) {
    CREATED(blaslt::Product, ProductDesc, (made->compute = int(compute(how)), made->scale = int(scale), made->ta = made->tb = int(kNoTranspose)));
}
Status LT(MatrixTransformDescCreate)(TransformDesc* out, ValueType scale) {
    CREATED(blaslt::Transform, TransformDesc, (made->scale = int(scale), made->ta = made->tb = int(kNoTranspose)));
}
Status LT(MatmulPreferenceCreate)(PreferenceDesc* out) { CREATED(Preference, PreferenceDesc, ); }
#define ATTRIBUTES(Name, Desc, Attribute)                                                                                     \
    Status LT(Name##Destroy)(const Desc d) {                                                                                  \
        delete own(d);                                                                                                        \
        return done();                                                                                                        \
    }                                                                                                                         \
    Status LT(Name##SetAttribute)(Desc d, Attribute which, const void* from, size_t bytes) {                                  \
        return d ? set(slot(own(d), which), from, bytes) : invalid();                                                         \
    }                                                                                                                         \
    Status LT(Name##GetAttribute)(Desc d, Attribute which, void* to, size_t bytes, size_t* written) {                         \
        return d ? get(slot(own(d), which), to, bytes, written) : invalid();                                                  \
    }
ATTRIBUTES(MatrixLayout, LayoutDesc, LayoutAttribute)
ATTRIBUTES(MatmulDesc, ProductDesc, ProductAttribute)
ATTRIBUTES(MatrixTransformDesc, TransformDesc, TransformAttribute)
ATTRIBUTES(MatmulPreference, PreferenceDesc, PreferenceAttribute)
#undef ATTRIBUTES

// One algorithm, which needs no workspace.
Status LT(MatmulAlgoGetHeuristic)(Handle h, ProductDesc p, LayoutDesc a, LayoutDesc b, LayoutDesc c, LayoutDesc d, PreferenceDesc, int wanted,
                                  HeuristicResult results[], int* found) {
    if (!h || !p || !a || !b || !c || !d || !results || !found || wanted < 1) return invalid();
    *found = 0;
    refuse(*own(p), {own(a), own(b), own(c), own(d)});
    blaslt::Status good = blaslt::check(own(p), op(own(p)->ta), op(own(p)->tb), own(a), own(b), own(c), own(d));
    if (good != blaslt::Status::ok) return status(good);
    results[0] = {};
    results[0].state = done();
    results[0].wavesCount = 1;
    *found = 1;
    return done();
}
Status LT(Matmul)(Handle h, ProductDesc p, const void* alpha, const void* pa, LayoutDesc a, const void* pb, LayoutDesc b, const void* beta,
                  const void* pc, LayoutDesc c, void* pd, LayoutDesc d, const Algorithm*, void*, size_t, Stream stream) {
    if (!h || !p || !a || !b || !c || !d) return h ? invalid() : status(blaslt::Status::not_initialized);
    refuse(*own(p), {own(a), own(b), own(c), own(d)});
    return status(blaslt::matmul(stream, own(p), op(own(p)->ta), op(own(p)->tb), alpha, own(a), pa, own(b), pb, beta, own(c), pc, own(d), pd));
}
Status LT(MatrixTransform)(Handle h, TransformDesc t, const void* alpha, const void* pa, LayoutDesc a, const void* beta, const void* pb,
                           LayoutDesc b, void* pc, LayoutDesc c, Stream stream) {
    if (!h || !t || !a || !c) return h ? invalid() : status(blaslt::Status::not_initialized);
    for (const blaslt::Layout* l : {own(a), own(b), own(c)})
        if (l && l->order > 1) hw_unsupported(LT_NAME "MatrixTransform with a tiled order");
    return status(blaslt::transform(stream, own(t), op(own(t)->ta), op(own(t)->tb), alpha, pa, own(a), beta, pb, own(b), pc, own(c)));
}

}  // extern "C"
