// Graphs: recorded work with its dependencies. An executable graph is a copy in an order that keeps them.
#include "core.h"

#include <algorithm>

namespace hw::host {
namespace {

struct Registry {
    std::map<const Graph*, std::shared_ptr<Graph>> graphs;
    std::set<const Node*> nodes;
    std::set<Executable*> executables;
};

Registry& registry() {
    static auto* it = new Registry;
    return *it;
}

bool add_edge(Node* from, Node* to) {
    if (std::find(to->after.begin(), to->after.end(), from) != to->after.end()) return false;
    to->after.push_back(from);
    return true;
}

// Creation order wherever the dependencies leave a choice; fewer nodes than the graph has: there is a cycle.
std::vector<Node*> ordered(const Graph& graph) {
    std::vector<Node*> order;
    std::set<const Node*> done;
    for (bool more = true; more;) {
        more = false;
        for (auto& node : graph.nodes) {
            if (done.count(node.get())) continue;
            bool ready = std::all_of(node->after.begin(), node->after.end(), [&](Node* n) { return done.count(n) != 0; });
            if (!ready) continue;
            done.insert(node.get());
            order.push_back(node.get());
            more = true;
        }
    }
    return order;
}

bool acyclic(const Graph& graph) {
    for (auto& node : graph.nodes)
        if (auto* child = std::get_if<Child>(&node->task); child && !acyclic(*child->graph)) return false;
    return ordered(graph).size() == graph.nodes.size();
}

}  // namespace

Graph::~Graph() {
    Locked locked(table_lock());
    for (auto& node : nodes) registry().nodes.erase(node.get());
}

Error create_graph(Graph** out) {
    if (!out) return InvalidValue;
    Locked locked(table_lock());
    auto graph = std::make_shared<Graph>();
    registry().graphs[graph.get()] = graph;
    *out = graph.get();
    return Ok;
}

Error destroy_graph(Graph* graph) {
    Locked locked(table_lock());
    return registry().graphs.erase(graph) ? Ok : InvalidValue;
}

std::shared_ptr<Graph> share(Graph* graph) {
    Locked locked(table_lock());
    auto it = registry().graphs.find(graph);
    if (it != registry().graphs.end()) return it->second;
    // The graph of a child node belongs to that node.
    for (const Node* node : registry().nodes)
        if (auto* child = std::get_if<Child>(&node->task); child && child->graph.get() == graph) return child->graph;
    return nullptr;
}

bool alive(const Node* node) {
    Locked locked(table_lock());
    return registry().nodes.count(node) != 0;
}

Error add_node(Node** out, Graph* graph, Node* const* after, size_t count, Task task) {
    if (!out || (count && !after)) return InvalidValue;
    Locked locked(table_lock());
    auto shared = share(graph);
    if (!shared) return InvalidValue;
    auto node = std::make_unique<Node>();
    for (size_t i = 0; i < count; ++i) {
        if (!alive(after[i]) || after[i]->graph != graph || !add_edge(after[i], node.get())) return InvalidValue;
    }
    node->graph = graph;
    node->task = std::move(task);
    *out = node.get();
    registry().nodes.insert(node.get());
    shared->nodes.push_back(std::move(node));
    return Ok;
}

Error remove_node(Node* node) {
    Locked locked(table_lock());
    if (!alive(node)) return InvalidValue;
    Graph* graph = node->graph;
    for (auto& other : graph->nodes)
        other->after.erase(std::remove(other->after.begin(), other->after.end(), node), other->after.end());
    registry().nodes.erase(node);
    auto& nodes = graph->nodes;
    nodes.erase(std::find_if(nodes.begin(), nodes.end(), [&](auto& it) { return it.get() == node; }));
    return Ok;
}

static Error check_edges(Graph* graph, Node* const* from, Node* const* to, size_t count) {
    if (!share(graph) || (count && (!from || !to))) return InvalidValue;
    for (size_t i = 0; i < count; ++i) {
        bool fits = alive(from[i]) && alive(to[i]) && from[i]->graph == graph && to[i]->graph == graph && from[i] != to[i];
        if (!fits) return InvalidValue;
    }
    return Ok;
}

Error add_edges(Graph* graph, Node* const* from, Node* const* to, size_t count) {
    Locked locked(table_lock());
    if (Error e = check_edges(graph, from, to, count)) return e;
    for (size_t i = 0; i < count; ++i)
        if (!add_edge(from[i], to[i])) return InvalidValue;
    return Ok;
}

Error remove_edges(Graph* graph, Node* const* from, Node* const* to, size_t count) {
    Locked locked(table_lock());
    if (Error e = check_edges(graph, from, to, count)) return e;
    for (size_t i = 0; i < count; ++i) {
        auto& after = to[i]->after;
        auto it = std::find(after.begin(), after.end(), from[i]);
        if (it == after.end()) return InvalidValue;
        after.erase(it);
    }
    return Ok;
}

std::shared_ptr<Graph> copy_graph(const std::shared_ptr<Graph>& graph) {
    Locked locked(table_lock());
    auto copy = std::make_shared<Graph>();
    copy->original = graph;
    std::map<Node*, Node*> copies;
    for (auto& node : graph->nodes) {
        auto twin = std::make_unique<Node>(*node);
        twin->graph = copy.get();
        twin->original = node.get();
        if (auto* child = std::get_if<Child>(&twin->task)) child->graph = copy_graph(child->graph);
        copies[node.get()] = twin.get();
        registry().nodes.insert(twin.get());
        copy->nodes.push_back(std::move(twin));
    }
    for (auto& node : copy->nodes)
        for (Node*& before : node->after) before = copies[before];
    return copy;
}

Error clone_graph(Graph** out, Graph* graph) {
    if (!out) return InvalidValue;
    Locked locked(table_lock());
    auto shared = share(graph);
    if (!shared) return InvalidValue;
    auto copy = copy_graph(shared);
    registry().graphs[copy.get()] = copy;
    *out = copy.get();
    return Ok;
}

Node* find_copy(const Graph* graph, const Node* original) {
    for (auto& node : graph->nodes) {
        if (node->original == original) return node.get();
        if (auto* child = std::get_if<Child>(&node->task))
            if (Node* found = find_copy(child->graph.get(), original)) return found;
    }
    return nullptr;
}

Error instantiate(Executable** out, Graph* graph, unsigned long long flags) {
    if (!out) return InvalidValue;
    Locked locked(table_lock());
    auto shared = share(graph);
    if (!shared || !acyclic(*shared)) return InvalidValue;
    for (auto& node : shared->nodes)
        if (auto* call = std::get_if<KernelCall>(&node->task))
            if (Error e = check(*call)) return e;
    auto* executable = new Executable;
    executable->graph = copy_graph(shared);
    executable->order = ordered(*executable->graph);
    executable->flags = flags;
    registry().executables.insert(executable);
    *out = executable;
    return Ok;
}

bool alive(Executable* executable) {
    Locked locked(table_lock());
    return registry().executables.count(executable) != 0;
}

Error destroy_executable(Executable* executable) {
    Locked locked(table_lock());
    if (!registry().executables.erase(executable)) return InvalidValue;
    delete executable;
    return Ok;
}

Node* executable_node(Executable* executable, const Node* original) {
    Locked locked(table_lock());
    return alive(executable) ? find_copy(executable->graph.get(), original) : nullptr;
}

// Nodes are matched in order of creation, which for captures is the order of issue.
static bool same_shape(const Graph& a, const Graph& b, Node** culprit, int* result) {
    enum { TopologyChanged = 2, NodeTypeChanged = 3 };
    *culprit = nullptr;
    *result = TopologyChanged;
    if (a.nodes.size() != b.nodes.size()) return false;
    std::map<const Node*, const Node*> twin;
    for (size_t i = 0; i < a.nodes.size(); ++i) {
        const Node &x = *a.nodes[i], &y = *b.nodes[i];
        *culprit = b.nodes[i].get();
        if (x.task.index() != y.task.index()) {
            *result = NodeTypeChanged;
            return false;
        }
        twin[&x] = &y;
    }
    for (size_t i = 0; i < a.nodes.size(); ++i) {
        const Node &x = *a.nodes[i], &y = *b.nodes[i];
        *culprit = b.nodes[i].get();
        std::set<const Node*> expected, actual(y.after.begin(), y.after.end());
        for (Node* before : x.after) expected.insert(twin[before]);
        if (expected != actual) return false;
        if (auto* child = std::get_if<Child>(&x.task))
            if (!same_shape(*child->graph, *std::get<Child>(y.task).graph, culprit, result)) return false;
    }
    *culprit = nullptr;
    *result = 0;
    return true;
}

Error update(Executable* executable, Graph* graph, Node** culprit, int* result) {
    Locked locked(table_lock());
    auto shared = share(graph);
    if (!alive(executable) || !shared) return InvalidValue;
    if (!same_shape(*executable->graph, *shared, culprit, result)) return GraphExecUpdateFailure;
    std::vector<bool> enabled;
    for (auto& node : executable->graph->nodes) enabled.push_back(node->enabled);
    executable->graph = copy_graph(shared);
    for (size_t i = 0; i < enabled.size(); ++i) executable->graph->nodes[i]->enabled = enabled[i];
    executable->order = ordered(*executable->graph);
    return Ok;
}

static Error run(const std::vector<Node*>& order) {
    for (Node* node : order) {
        if (!node->enabled) continue;
        if (Error e = perform(node->task)) return e;
    }
    return Ok;
}

Error perform(const Graph& graph) { return run(ordered(graph)); }

Error launch(Executable* executable, void* stream) {
    if (Error e = broken()) return e;
    if (!alive(executable)) return InvalidValue;
    Stream* found;
    if (Error e = find_stream(stream, &found)) return e;
    if (found->capture) return submit(stream, Child{copy_graph(executable->graph)});
    std::shared_ptr<Graph> kept = executable->graph;
    return submit(stream, Work{[&] {
                      if (Error e = run(executable->order)) note(e);
                  }});
}

int node_type(const Task& task) {
    // The numbers of both APIs: kernel 0, memcpy 1, memset 2, host 3, graph 4, empty 5, wait 6, record 7, alloc 10, free 11.
    static constexpr int types[] = {5, 0, 1, 2, 3, 3, 7, 6, 4, 10, 11};
    static_assert(sizeof types / sizeof *types == std::variant_size_v<Task>);
    return types[task.index()];
}

}  // namespace hw::host
