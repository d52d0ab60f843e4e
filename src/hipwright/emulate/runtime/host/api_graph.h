// Graphs in one spelling; see api_memory.h.

#include <cstdio>

static Graph* core_graph(GPU(Graph_t) graph) { return reinterpret_cast<Graph*>(graph); }
static Node* core_node(GPU(GraphNode_t) node) { return reinterpret_cast<Node*>(node); }
static Executable* core_executable(GPU(GraphExec_t) executable) { return reinterpret_cast<Executable*>(executable); }

static Error add_task(GPU(GraphNode_t)* out, GPU(Graph_t) graph, const GPU(GraphNode_t)* after, size_t count, Task task) {
    return add_node(reinterpret_cast<Node**>(out), core_graph(graph), reinterpret_cast<Node* const*>(after), count,
                    std::move(task));
}

template <class T>
static T* task_of(GPU(GraphNode_t) node) {
    return alive(core_node(node)) ? std::get_if<T>(&core_node(node)->task) : nullptr;
}

// The same node in an executable graph made from the node's graph.
template <class T>
static T* task_of(GPU(GraphExec_t) executable, GPU(GraphNode_t) node) {
    if (!alive(core_executable(executable))) return nullptr;
    Node* found = executable_node(core_executable(executable), core_node(node));
    return found ? std::get_if<T>(&found->task) : nullptr;
}

template <class T>
static Error assign(T* to, Error made, T&& value) {
    if (made) return made;
    if (!to) return InvalidValue;
    *to = std::move(value);
    return Ok;
}

// -- kernels ------------------------------------------------------------------------------------------------------------------

static Error kernel_task(const GPU(KernelNodeParams)* p, KernelCall* out) {
    if (!p) return InvalidValue;
    if (p->extra) hw_unsupported(TEXT(GraphAddKernelNode) " with packed arguments");
    out->function = find_function(reinterpret_cast<const void*>(p->func));
    if (!out->function) return InvalidDeviceFunction;
    out->symbol = reinterpret_cast<const void*>(p->func);
    out->grid = core_dim(p->gridDim);
    out->block = core_dim(p->blockDim);
    out->dynamic_lds = p->sharedMemBytes;
    if (out->function->kernel->arg_count && !p->kernelParams) return InvalidValue;
    if (Error e = check(*out)) return e;
    keep_arguments(*out, p->kernelParams);
    return Ok;
}

// -- copies -------------------------------------------------------------------------------------------------------------------

static Error copy_task(const GPU(Memcpy3DParms)* p, Copy* out) {
    if (!p) return InvalidValue;
    *out = volume_copy(*p, p->kind);
    return check(*out);
}

static Error copy_task(void* to, const void* from, size_t bytes, int kind, Copy* out) {
    *out = linear_copy(to, from, bytes, kind);
    return check(*out);
}

static Error symbol_task(const void* symbol, void* memory, size_t bytes, size_t offset, int kind, bool into, Copy* out) {
    Symbol found;
    if (Error e = find_symbol(symbol, &found)) return e;
    if (offset + bytes > found.bytes) return InvalidValue;
    char* address = found.address + offset;
    *out = into ? linear_copy(address, memory, bytes, kind) : linear_copy(memory, address, bytes, kind);
    return check(*out);
}

static void describe(const Place& place, const Copy& copy, GPU(Array_t)* array, GPU(Pos)* position, GPU(PitchedPtr)* memory) {
    *array = reinterpret_cast<GPU(Array_t)>(place.array);
    *position = {};
    position->x = place.array ? place.x / place.array->element : place.x;
    position->y = place.y;
    position->z = place.z;
    *memory = {};
    memory->ptr = place.base;
    memory->pitch = place.pitch ? place.pitch : copy.width;
    memory->xsize = copy.width;
    memory->ysize = place.rows ? place.rows : copy.height;
}

static GPU(Memcpy3DParms) described(const Copy& copy) {
    GPU(Memcpy3DParms) p = {};
    describe(copy.to, copy, &p.dstArray, &p.dstPos, &p.dstPtr);
    describe(copy.from, copy, &p.srcArray, &p.srcPos, &p.srcPtr);
    const Array* array = copy.to.array ? copy.to.array : copy.from.array;
    p.extent.width = array ? copy.width / array->element : copy.width;
    p.extent.height = copy.height;
    p.extent.depth = copy.depth;
    p.kind = static_cast<GPU(MemcpyKind)>(copy.kind);
    return p;
}

// -- fills --------------------------------------------------------------------------------------------------------------------

static Error fill_task(const GPU(MemsetParams)* p, Fill* out) {
    if (!p) return InvalidValue;
    bool sized = p->elementSize == 1 || p->elementSize == 2 || p->elementSize == 4;
    if (!sized) return InvalidValue;
    *out = linear_fill(p->dst, p->value, p->elementSize, p->width);
    out->pitch = p->pitch;
    out->height = p->height;
    out->rows = p->height;
    return check(*out);
}

extern "C" {

GPU(Error_t) GPU(GraphCreate)(GPU(Graph_t)* graph, unsigned flags) {
    DONE(flags ? InvalidValue : create_graph(reinterpret_cast<Graph**>(graph)));
}
GPU(Error_t) GPU(GraphDestroy)(GPU(Graph_t) graph) { DONE(destroy_graph(core_graph(graph))); }
GPU(Error_t) GPU(GraphClone)(GPU(Graph_t)* out, GPU(Graph_t) graph) {
    DONE(clone_graph(reinterpret_cast<Graph**>(out), core_graph(graph)));
}
GPU(Error_t) GPU(GraphNodeFindInClone)(GPU(GraphNode_t)* out, GPU(GraphNode_t) node, GPU(Graph_t) clone) {
    if (!out || !share(core_graph(clone))) DONE(InvalidValue);
    *out = reinterpret_cast<GPU(GraphNode_t)>(find_copy(core_graph(clone), core_node(node)));
    DONE(*out ? Ok : InvalidValue);
}

GPU(Error_t) GPU(GraphAddKernelNode)(GPU(GraphNode_t)* out, GPU(Graph_t) graph, const GPU(GraphNode_t)* after,
                                     size_t count, const GPU(KernelNodeParams)* p) {
    KernelCall call;
    if (Error e = kernel_task(p, &call)) DONE(e);
    DONE(add_task(out, graph, after, count, std::move(call)));
}
GPU(Error_t) GPU(GraphKernelNodeGetParams)(GPU(GraphNode_t) node, GPU(KernelNodeParams)* p) {
    KernelCall* call = task_of<KernelCall>(node);
    if (!call || !p) DONE(InvalidValue);
    *p = {};
    p->func = reinterpret_cast<decltype(p->func)>(const_cast<void*>(call->symbol));
    p->gridDim = dim3(call->grid.x, call->grid.y, call->grid.z);
    p->blockDim = dim3(call->block.x, call->block.y, call->block.z);
    p->sharedMemBytes = unsigned(call->dynamic_lds);
    p->kernelParams = call->args.data();
    DONE(Ok);
}
GPU(Error_t) GPU(GraphKernelNodeSetParams)(GPU(GraphNode_t) node, const GPU(KernelNodeParams)* p) {
    KernelCall call;
    Error made = kernel_task(p, &call);
    DONE(assign(task_of<KernelCall>(node), made, std::move(call)));
}
GPU(Error_t) GPU(GraphExecKernelNodeSetParams)(GPU(GraphExec_t) executable, GPU(GraphNode_t) node,
                                               const GPU(KernelNodeParams)* p) {
    KernelCall call;
    Error made = kernel_task(p, &call);
    DONE(assign(task_of<KernelCall>(executable, node), made, std::move(call)));
}

GPU(Error_t) GPU(GraphAddMemcpyNode)(GPU(GraphNode_t)* out, GPU(Graph_t) graph, const GPU(GraphNode_t)* after,
                                     size_t count, const GPU(Memcpy3DParms)* p) {
    Copy copy;
    if (Error e = copy_task(p, &copy)) DONE(e);
    DONE(add_task(out, graph, after, count, copy));
}
GPU(Error_t) GPU(GraphMemcpyNodeGetParams)(GPU(GraphNode_t) node, GPU(Memcpy3DParms)* p) {
    Copy* copy = task_of<Copy>(node);
    if (!copy || !p) DONE(InvalidValue);
    *p = described(*copy);
    DONE(Ok);
}
GPU(Error_t) GPU(GraphMemcpyNodeSetParams)(GPU(GraphNode_t) node, const GPU(Memcpy3DParms)* p) {
    Copy copy;
    Error made = copy_task(p, &copy);
    DONE(assign(task_of<Copy>(node), made, std::move(copy)));
}
GPU(Error_t) GPU(GraphExecMemcpyNodeSetParams)(GPU(GraphExec_t) executable, GPU(GraphNode_t) node,
                                               CONST_IN_CUDA GPU(Memcpy3DParms)* p) {
    Copy copy;
    Error made = copy_task(p, &copy);
    DONE(assign(task_of<Copy>(executable, node), made, std::move(copy)));
}
GPU(Error_t) GPU(GraphAddMemcpyNode1D)(GPU(GraphNode_t)* out, GPU(Graph_t) graph, const GPU(GraphNode_t)* after,
                                       size_t count, void* to, const void* from, size_t bytes, GPU(MemcpyKind) kind) {
    Copy copy;
    if (Error e = copy_task(to, from, bytes, kind, &copy)) DONE(e);
    DONE(add_task(out, graph, after, count, copy));
}
GPU(Error_t) GPU(GraphMemcpyNodeSetParams1D)(GPU(GraphNode_t) node, void* to, const void* from, size_t bytes,
                                             GPU(MemcpyKind) kind) {
    Copy copy;
    Error made = copy_task(to, from, bytes, kind, &copy);
    DONE(assign(task_of<Copy>(node), made, std::move(copy)));
}
GPU(Error_t) GPU(GraphExecMemcpyNodeSetParams1D)(GPU(GraphExec_t) executable, GPU(GraphNode_t) node, void* to,
                                                 const void* from, size_t bytes, GPU(MemcpyKind) kind) {
    Copy copy;
    Error made = copy_task(to, from, bytes, kind, &copy);
    DONE(assign(task_of<Copy>(executable, node), made, std::move(copy)));
}
GPU(Error_t) GPU(GraphAddMemcpyNodeToSymbol)(GPU(GraphNode_t)* out, GPU(Graph_t) graph, const GPU(GraphNode_t)* after,
                                             size_t count, const void* symbol, const void* from, size_t bytes,
                                             size_t offset, GPU(MemcpyKind) kind) {
    Copy copy;
    if (Error e = symbol_task(symbol, const_cast<void*>(from), bytes, offset, kind, true, &copy)) DONE(e);
    DONE(add_task(out, graph, after, count, copy));
}
GPU(Error_t) GPU(GraphAddMemcpyNodeFromSymbol)(GPU(GraphNode_t)* out, GPU(Graph_t) graph,
                                               const GPU(GraphNode_t)* after, size_t count, void* to, const void* symbol,
                                               size_t bytes, size_t offset, GPU(MemcpyKind) kind) {
    Copy copy;
    if (Error e = symbol_task(symbol, to, bytes, offset, kind, false, &copy)) DONE(e);
    DONE(add_task(out, graph, after, count, copy));
}
GPU(Error_t) GPU(GraphExecMemcpyNodeSetParamsToSymbol)(GPU(GraphExec_t) executable, GPU(GraphNode_t) node,
                                                       const void* symbol, const void* from, size_t bytes, size_t offset,
                                                       GPU(MemcpyKind) kind) {
    Copy copy;
    Error made = symbol_task(symbol, const_cast<void*>(from), bytes, offset, kind, true, &copy);
    DONE(assign(task_of<Copy>(executable, node), made, std::move(copy)));
}
GPU(Error_t) GPU(GraphExecMemcpyNodeSetParamsFromSymbol)(GPU(GraphExec_t) executable, GPU(GraphNode_t) node, void* to,
                                                         const void* symbol, size_t bytes, size_t offset,
                                                         GPU(MemcpyKind) kind) {
    Copy copy;
    Error made = symbol_task(symbol, to, bytes, offset, kind, false, &copy);
    DONE(assign(task_of<Copy>(executable, node), made, std::move(copy)));
}

GPU(Error_t) GPU(GraphAddMemsetNode)(GPU(GraphNode_t)* out, GPU(Graph_t) graph, const GPU(GraphNode_t)* after,
                                     size_t count, const GPU(MemsetParams)* p) {
    Fill fill;
    if (Error e = fill_task(p, &fill)) DONE(e);
    DONE(add_task(out, graph, after, count, fill));
}
GPU(Error_t) GPU(GraphMemsetNodeGetParams)(GPU(GraphNode_t) node, GPU(MemsetParams)* p) {
    Fill* fill = task_of<Fill>(node);
    if (!fill || !p) DONE(InvalidValue);
    *p = {};
    p->dst = fill->start;
    p->elementSize = fill->element;
    p->value = fill->value;
    p->pitch = fill->pitch;
    p->width = fill->width;
    p->height = fill->height;
    DONE(Ok);
}
GPU(Error_t) GPU(GraphMemsetNodeSetParams)(GPU(GraphNode_t) node, const GPU(MemsetParams)* p) {
    Fill fill;
    Error made = fill_task(p, &fill);
    DONE(assign(task_of<Fill>(node), made, std::move(fill)));
}
GPU(Error_t) GPU(GraphExecMemsetNodeSetParams)(GPU(GraphExec_t) executable, GPU(GraphNode_t) node,
                                               const GPU(MemsetParams)* p) {
    Fill fill;
    Error made = fill_task(p, &fill);
    DONE(assign(task_of<Fill>(executable, node), made, std::move(fill)));
}

GPU(Error_t) GPU(GraphAddHostNode)(GPU(GraphNode_t)* out, GPU(Graph_t) graph, const GPU(GraphNode_t)* after, size_t count,
                                   const GPU(HostNodeParams)* p) {
    if (!p || !p->fn) DONE(InvalidValue);
    DONE(add_task(out, graph, after, count, HostCall{p->fn, p->userData}));
}
GPU(Error_t) GPU(GraphHostNodeGetParams)(GPU(GraphNode_t) node, GPU(HostNodeParams)* p) {
    HostCall* call = task_of<HostCall>(node);
    if (!call || !p) DONE(InvalidValue);
    *p = {};
    p->fn = call->function;
    p->userData = call->data;
    DONE(Ok);
}
GPU(Error_t) GPU(GraphHostNodeSetParams)(GPU(GraphNode_t) node, const GPU(HostNodeParams)* p) {
    if (!p || !p->fn) DONE(InvalidValue);
    DONE(assign(task_of<HostCall>(node), Ok, HostCall{p->fn, p->userData}));
}
GPU(Error_t) GPU(GraphExecHostNodeSetParams)(GPU(GraphExec_t) executable, GPU(GraphNode_t) node,
                                             const GPU(HostNodeParams)* p) {
    if (!p || !p->fn) DONE(InvalidValue);
    DONE(assign(task_of<HostCall>(executable, node), Ok, HostCall{p->fn, p->userData}));
}

GPU(Error_t) GPU(GraphAddChildGraphNode)(GPU(GraphNode_t)* out, GPU(Graph_t) graph, const GPU(GraphNode_t)* after,
                                         size_t count, GPU(Graph_t) child) {
    auto shared = share(core_graph(child));
    if (!shared) DONE(InvalidValue);
    DONE(add_task(out, graph, after, count, Child{copy_graph(shared)}));
}
GPU(Error_t) GPU(GraphChildGraphNodeGetGraph)(GPU(GraphNode_t) node, GPU(Graph_t)* graph) {
    Child* child = task_of<Child>(node);
    if (!child || !graph) DONE(InvalidValue);
    *graph = reinterpret_cast<GPU(Graph_t)>(child->graph.get());
    DONE(Ok);
}
GPU(Error_t) GPU(GraphExecChildGraphNodeSetParams)(GPU(GraphExec_t) executable, GPU(GraphNode_t) node,
                                                   GPU(Graph_t) graph) {
    auto shared = share(core_graph(graph));
    if (!shared) DONE(InvalidValue);
    DONE(assign(task_of<Child>(executable, node), Ok, Child{copy_graph(shared)}));
}
GPU(Error_t) GPU(GraphAddEmptyNode)(GPU(GraphNode_t)* out, GPU(Graph_t) graph, const GPU(GraphNode_t)* after,
                                    size_t count) {
    DONE(add_task(out, graph, after, count, Empty{}));
}

GPU(Error_t) GPU(GraphAddEventRecordNode)(GPU(GraphNode_t)* out, GPU(Graph_t) graph, const GPU(GraphNode_t)* after,
                                          size_t count, GPU(Event_t) event) {
    if (!alive(core_event(event))) DONE(InvalidHandle);
    DONE(add_task(out, graph, after, count, EventRecord{core_event(event)}));
}
GPU(Error_t) GPU(GraphEventRecordNodeGetEvent)(GPU(GraphNode_t) node, GPU(Event_t)* event) {
    EventRecord* record = task_of<EventRecord>(node);
    if (!record || !event) DONE(InvalidValue);
    *event = reinterpret_cast<GPU(Event_t)>(record->event);
    DONE(Ok);
}
GPU(Error_t) GPU(GraphEventRecordNodeSetEvent)(GPU(GraphNode_t) node, GPU(Event_t) event) {
    DONE(assign(task_of<EventRecord>(node), alive(core_event(event)) ? Ok : InvalidHandle, EventRecord{core_event(event)}));
}
GPU(Error_t) GPU(GraphExecEventRecordNodeSetEvent)(GPU(GraphExec_t) executable, GPU(GraphNode_t) node,
                                                   GPU(Event_t) event) {
    DONE(assign(task_of<EventRecord>(executable, node), alive(core_event(event)) ? Ok : InvalidHandle,
                EventRecord{core_event(event)}));
}
GPU(Error_t) GPU(GraphAddEventWaitNode)(GPU(GraphNode_t)* out, GPU(Graph_t) graph, const GPU(GraphNode_t)* after,
                                        size_t count, GPU(Event_t) event) {
    if (!alive(core_event(event))) DONE(InvalidHandle);
    DONE(add_task(out, graph, after, count, EventWait{core_event(event)}));
}
GPU(Error_t) GPU(GraphEventWaitNodeGetEvent)(GPU(GraphNode_t) node, GPU(Event_t)* event) {
    EventWait* wait = task_of<EventWait>(node);
    if (!wait || !event) DONE(InvalidValue);
    *event = reinterpret_cast<GPU(Event_t)>(wait->event);
    DONE(Ok);
}
GPU(Error_t) GPU(GraphEventWaitNodeSetEvent)(GPU(GraphNode_t) node, GPU(Event_t) event) {
    DONE(assign(task_of<EventWait>(node), alive(core_event(event)) ? Ok : InvalidHandle, EventWait{core_event(event)}));
}
GPU(Error_t) GPU(GraphExecEventWaitNodeSetEvent)(GPU(GraphExec_t) executable, GPU(GraphNode_t) node, GPU(Event_t) event) {
    DONE(assign(task_of<EventWait>(executable, node), alive(core_event(event)) ? Ok : InvalidHandle,
                EventWait{core_event(event)}));
}

// -- structure ----------------------------------------------------------------------------------------------------------------

GPU(Error_t) GPU(GraphAddDependencies)(GPU(Graph_t) graph, const GPU(GraphNode_t)* from, const GPU(GraphNode_t)* to,
                                       size_t count) {
    DONE(add_edges(core_graph(graph), reinterpret_cast<Node* const*>(from), reinterpret_cast<Node* const*>(to), count));
}
GPU(Error_t) GPU(GraphRemoveDependencies)(GPU(Graph_t) graph, const GPU(GraphNode_t)* from, const GPU(GraphNode_t)* to,
                                          size_t count) {
    DONE(remove_edges(core_graph(graph), reinterpret_cast<Node* const*>(from), reinterpret_cast<Node* const*>(to), count));
}
GPU(Error_t) GPU(GraphDestroyNode)(GPU(GraphNode_t) node) { DONE(remove_node(core_node(node))); }
GPU(Error_t) GPU(GraphNodeGetType)(GPU(GraphNode_t) node, enum GPU(GraphNodeType)* type) {
    if (!type || !alive(core_node(node))) DONE(InvalidValue);
    *type = static_cast<enum GPU(GraphNodeType)>(node_type(core_node(node)->task));
    DONE(Ok);
}

}  // extern "C"

// How many there are, or up to `*count` of them; places beyond the last are cleared.
static Error give_nodes(const std::vector<Node*>& nodes, GPU(GraphNode_t)* out, size_t* count) {
    if (!count) return InvalidValue;
    for (size_t i = 0; out && i < *count; ++i)
        out[i] = i < nodes.size() ? reinterpret_cast<GPU(GraphNode_t)>(nodes[i]) : nullptr;
    *count = out && *count < nodes.size() ? *count : nodes.size();
    return Ok;
}

template <class Wanted>
static Error give_nodes_of(GPU(Graph_t) graph, GPU(GraphNode_t)* out, size_t* count, Wanted wanted) {
    auto shared = share(core_graph(graph));
    if (!shared) return InvalidValue;
    std::vector<Node*> nodes;
    for (auto& node : shared->nodes)
        if (wanted(*node)) nodes.push_back(node.get());
    return give_nodes(nodes, out, count);
}

extern "C" {

GPU(Error_t) GPU(GraphGetNodes)(GPU(Graph_t) graph, GPU(GraphNode_t)* out, size_t* count) {
    DONE(give_nodes_of(graph, out, count, [](const Node&) { return true; }));
}
GPU(Error_t) GPU(GraphGetRootNodes)(GPU(Graph_t) graph, GPU(GraphNode_t)* out, size_t* count) {
    DONE(give_nodes_of(graph, out, count, [](const Node& node) { return node.after.empty(); }));
}
GPU(Error_t) GPU(GraphGetEdges)(GPU(Graph_t) graph, GPU(GraphNode_t)* from, GPU(GraphNode_t)* to, size_t* count) {
    auto shared = share(core_graph(graph));
    if (!shared || !count || !from != !to) DONE(InvalidValue);
    std::vector<Node*> starts, ends;
    for (auto& node : shared->nodes) {
        for (Node* before : node->after) {
            starts.push_back(before);
            ends.push_back(node.get());
        }
    }
    size_t room = *count;
    if (Error e = give_nodes(starts, from, &room)) DONE(e);
    DONE(give_nodes(ends, to, count));
}
GPU(Error_t) GPU(GraphNodeGetDependencies)(GPU(GraphNode_t) node, GPU(GraphNode_t)* out, size_t* count) {
    if (!alive(core_node(node))) DONE(InvalidValue);
    DONE(give_nodes(core_node(node)->after, out, count));
}
GPU(Error_t) GPU(GraphNodeGetDependentNodes)(GPU(GraphNode_t) node, GPU(GraphNode_t)* out, size_t* count) {
    if (!alive(core_node(node))) DONE(InvalidValue);
    std::vector<Node*> found;
    for (auto& other : core_node(node)->graph->nodes)
        for (Node* before : other->after)
            if (before == core_node(node)) found.push_back(other.get());
    DONE(give_nodes(found, out, count));
}

// -- executable graphs ----------------------------------------------------------------------------------------------------------

GPU(Error_t) GPU(GraphInstantiateWithFlags)(GPU(GraphExec_t)* out, GPU(Graph_t) graph, unsigned long long flags) {
    DONE(instantiate(reinterpret_cast<Executable**>(out), core_graph(graph), flags));
}
GPU(Error_t) GPU(GraphExecDestroy)(GPU(GraphExec_t) executable) { DONE(destroy_executable(core_executable(executable))); }
GPU(Error_t) GPU(GraphExecGetFlags)(GPU(GraphExec_t) executable, unsigned long long* flags) {
    if (!flags || !alive(core_executable(executable))) DONE(InvalidValue);
    *flags = core_executable(executable)->flags;
    DONE(Ok);
}
GPU(Error_t) GPU(GraphLaunch)(GPU(GraphExec_t) executable, GPU(Stream_t) stream) {
    DONE(launch(core_executable(executable), stream));
}
GPU(Error_t) GPU(GraphUpload)(GPU(GraphExec_t) executable, GPU(Stream_t) stream) {
    Stream* found;
    if (Error e = find_stream(stream, &found)) DONE(e);
    DONE(alive(core_executable(executable)) ? Ok : InvalidValue);
}
GPU(Error_t) GPU(GraphNodeSetEnabled)(GPU(GraphExec_t) executable, GPU(GraphNode_t) node, unsigned enabled) {
    Node* found = alive(core_executable(executable)) ? executable_node(core_executable(executable), core_node(node)) : nullptr;
    if (!found || node_type(found->task) > 2) DONE(InvalidValue);
    found->enabled = enabled != 0;
    DONE(Ok);
}
GPU(Error_t) GPU(GraphNodeGetEnabled)(GPU(GraphExec_t) executable, GPU(GraphNode_t) node, unsigned* enabled) {
    Node* found = alive(core_executable(executable)) ? executable_node(core_executable(executable), core_node(node)) : nullptr;
    if (!found || !enabled || node_type(found->task) > 2) DONE(InvalidValue);
    *enabled = found->enabled;
    DONE(Ok);
}

}  // extern "C"
