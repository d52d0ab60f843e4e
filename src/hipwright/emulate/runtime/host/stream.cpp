// Streams, events and capture. Work runs at its call, so a stream is always idle when the program looks at it.
#include "core.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace hw {

void enqueue(void* stream, std::function<void()> work) {
    host::Error error = host::submit(stream, host::Work{std::move(work)});
    if (error) host::note(error);
}

namespace host {
namespace {

struct Registry {
    std::set<Stream*> streams;
    std::set<Event*> events;
    std::set<std::shared_ptr<Capture>> captures;      // in progress
    std::map<int, Stream*> defaults;
    uint64_t next_id = 1;
};

Registry& registry() {
    static auto* it = new Registry;
    return *it;
}

enum Mode : int { Global = 0, ThreadLocal = 1, Relaxed = 2 };
thread_local int thread_mode = Global;

uint64_t this_thread() {
    static std::atomic<uint64_t> count{0};
    thread_local uint64_t id = ++count;
    return id;
}

void invalidate(Capture& capture) { capture.status = CaptureInvalidated; }

void join(Stream* stream, const std::shared_ptr<Capture>& capture) {
    stream->capture = capture;
    stream->tips.clear();
    capture->streams.insert(stream);
}

void leave(Capture& capture) {
    for (Stream* stream : capture.streams) {
        stream->capture.reset();
        stream->tips.clear();
    }
    capture.streams.clear();
}

void add_tips(Stream* stream, const std::vector<Node*>& nodes) {
    for (Node* node : nodes)
        if (std::find(stream->tips.begin(), stream->tips.end(), node) == stream->tips.end()) stream->tips.push_back(node);
}

// The legacy stream waits for all blocking streams: using it while one of them is captured can't be recorded.
Error legacy_in_capture() {
    auto& all = registry();
    for (auto& capture : all.captures) {
        for (Stream* stream : capture->streams) {
            if (stream->flags & 1) continue;
            invalidate(*capture);
            return StreamCaptureImplicit;
        }
    }
    return Ok;
}

bool is_legacy(void* handle) { return handle == nullptr || handle == reinterpret_cast<void*>(1); }

}  // namespace

Error create_stream(Stream** out, unsigned flags, int priority) {
    if (!out || flags > 1) return InvalidValue;
    Locked locked(table_lock());
    auto& all = registry();
    auto* stream = new Stream;
    stream->flags = flags;
    stream->priority = hw_target.is_cuda ? std::max(-5, std::min(0, priority)) : std::max(-1, std::min(1, priority));
    stream->device = current_device();
    stream->id = all.next_id++;
    all.streams.insert(stream);
    *out = stream;
    return Ok;
}

Error find_stream(void* handle, Stream** out) {
    Locked locked(table_lock());
    auto& all = registry();
    if (reinterpret_cast<uintptr_t>(handle) <= 2) {
        Stream*& stream = all.defaults[current_device()];
        if (!stream) {
            stream = new Stream;
            stream->device = current_device();
        }
        *out = stream;
        return Ok;
    }
    auto* stream = static_cast<Stream*>(handle);
    if (!all.streams.count(stream)) return InvalidHandle;
    *out = stream;
    return Ok;
}

Error destroy_stream(Stream* stream) {
    Locked locked(table_lock());
    auto& all = registry();
    if (!all.streams.count(stream)) return InvalidHandle;
    if (stream->capture) {
        auto capture = stream->capture;
        invalidate(*capture);
        capture->streams.erase(stream);
        if (capture->origin == stream) {
            leave(*capture);
            all.captures.erase(capture);
        }
    }
    all.streams.erase(stream);
    delete stream;
    return Ok;
}

Error perform(Task& task) {
    return std::visit(
        [](auto& it) -> Error {
            using T = std::decay_t<decltype(it)>;
            if constexpr (std::is_same_v<T, KernelCall> || std::is_same_v<T, Copy> || std::is_same_v<T, Fill>) {
                return perform(it);
            } else if constexpr (std::is_same_v<T, HostCall>) {
                it.function(it.data);
            } else if constexpr (std::is_same_v<T, Work>) {
                it.run();
            } else if constexpr (std::is_same_v<T, EventRecord>) {
                if (!alive(it.event)) return InvalidHandle;
                it.event->at = std::chrono::steady_clock::now();
                it.event->recorded = true;
            } else if constexpr (std::is_same_v<T, Child>) {
                return perform(*it.graph);
            } else if constexpr (std::is_same_v<T, Release>) {
                return release(it.pointer, MemoryKind::device);
            }
            return Ok;
        },
        task);
}

Error submit(void* handle, Task task) {
    if (Error e = broken()) return e;
    Stream* stream;
    if (Error e = find_stream(handle, &stream)) return e;
    {
        Locked locked(table_lock());
        if (auto capture = stream->capture) {
            if (capture->status == CaptureInvalidated) return StreamCaptureInvalidated;
            if (auto* call = std::get_if<KernelCall>(&task)) {
                if (Error e = check(*call)) return e;
                keep_arguments(*call, call->args.data());
            }
            Node* node;
            if (Error e = add_node(&node, capture->graph.get(), stream->tips.data(), stream->tips.size(), std::move(task)))
                return e;
            stream->tips = {node};
            return Ok;
        }
        if (is_legacy(handle))
            if (Error e = legacy_in_capture()) return e;
    }
    return perform(task);
}

Error synchronise(void* handle) {
    if (Error e = broken()) return e;
    Stream* stream;
    if (Error e = find_stream(handle, &stream)) return e;
    Locked locked(table_lock());
    if (stream->capture) {
        invalidate(*stream->capture);
        return StreamCaptureUnsupported;
    }
    return is_legacy(handle) ? legacy_in_capture() : Ok;
}

Error synchronise_device() {
    if (Error e = broken()) return e;
    Locked locked(table_lock());
    for (auto& capture : registry().captures) {
        invalidate(*capture);
        return StreamCaptureUnsupported;
    }
    return Ok;
}

Error unsafe_in_capture() {
    Locked locked(table_lock());
    if (thread_mode == Relaxed) return Ok;
    for (auto& capture : registry().captures) {
        bool forbids = capture->mode == Global ? thread_mode == Global || capture->thread == this_thread()
                                               : capture->mode == ThreadLocal && capture->thread == this_thread();
        if (!forbids) continue;
        invalidate(*capture);
        return StreamCaptureUnsupported;
    }
    return Ok;
}

int exchange_capture_mode(int mode) { return std::exchange(thread_mode, mode); }

// -- events -------------------------------------------------------------------------------------------------------------------

Error create_event(Event** out, unsigned flags) {
    if (!out) return InvalidValue;
    Locked locked(table_lock());
    *out = new Event;
    (*out)->flags = flags;
    (*out)->device = current_device();
    registry().events.insert(*out);
    return Ok;
}

bool alive(Event* event) {
    Locked locked(table_lock());
    return registry().events.count(event) != 0;
}

Error destroy_event(Event* event) {
    Locked locked(table_lock());
    if (!registry().events.erase(event)) return InvalidHandle;
    delete event;
    return Ok;
}

Error record_event(Event* event, void* handle, bool external) {
    if (Error e = broken()) return e;
    if (!alive(event)) return InvalidHandle;
    Stream* stream;
    if (Error e = find_stream(handle, &stream)) return e;
    Locked locked(table_lock());
    if (stream->capture && !external) {
        event->capturing = stream->capture->origin;
        event->capture = stream->capture->id;
        event->nodes = stream->tips;
        return Ok;
    }
    event->capturing = nullptr;
    return submit(handle, EventRecord{event});
}

Error wait_event(void* handle, Event* event, bool external) {
    if (Error e = broken()) return e;
    if (!alive(event)) return InvalidHandle;
    Stream* stream;
    if (Error e = find_stream(handle, &stream)) return e;
    Locked locked(table_lock());
    if (external) return submit(handle, EventWait{event});
    if (!event->capturing) return stream->capture ? StreamCaptureIsolation : Ok;
    std::shared_ptr<Capture> capture;
    for (auto& it : registry().captures)
        if (it->id == event->capture) capture = it;
    if (!capture) return InvalidValue;  // that capture is over: its event stands for nothing
    if (is_legacy(handle)) {
        invalidate(*capture);
        return StreamCaptureImplicit;
    }
    if (stream->capture && stream->capture != capture) {
        invalidate(*capture);
        invalidate(*stream->capture);
        return StreamCaptureMerge;
    }
    if (!stream->capture) join(stream, capture);
    add_tips(stream, event->nodes);
    return Ok;
}

Error query_event(Event* event) {
    if (Error e = broken()) return e;
    Locked locked(table_lock());
    if (!alive(event)) return InvalidHandle;
    return event->capturing ? CapturedEvent : Ok;
}

Error elapsed(float* ms, Event* start, Event* end) {
    if (!ms) return InvalidValue;
    Locked locked(table_lock());
    if (!alive(start) || !alive(end)) return InvalidHandle;
    if (start->capturing || end->capturing) return CapturedEvent;
    bool timed = !((start->flags | end->flags) & kEventDisableTiming);
    if (!timed || !start->recorded || !end->recorded) return InvalidHandle;
    *ms = std::chrono::duration<float, std::milli>(end->at - start->at).count();
    return Ok;
}

// -- capture ------------------------------------------------------------------------------------------------------------------

Error begin_capture(void* handle, int mode, Graph* into, Node* const* after, size_t count) {
    if (Error e = broken()) return e;
    if (mode < Global || mode > Relaxed) return InvalidValue;
    Stream* stream;
    if (Error e = find_stream(handle, &stream)) return e;
    if (is_legacy(handle)) return StreamCaptureUnsupported;
    Locked locked(table_lock());
    if (stream->capture) return InvalidValue;
    auto capture = std::make_shared<Capture>();
    Graph* graph = into;
    if (into ? !share(into) : create_graph(&graph) != Ok) return InvalidValue;
    capture->graph = share(graph);
    capture->into_given = into != nullptr;
    capture->id = registry().next_id++;
    capture->mode = mode;
    capture->thread = this_thread();
    capture->origin = stream;
    join(stream, capture);
    stream->tips.assign(after, after + count);
    registry().captures.insert(capture);
    return Ok;
}

Error end_capture(void* handle, Graph** out) {
    Stream* stream;
    if (Error e = find_stream(handle, &stream)) return e;
    Locked locked(table_lock());
    if (out) *out = nullptr;
    auto capture = stream->capture;
    if (!capture) return InvalidValue;
    if (capture->origin != stream) {
        invalidate(*capture);
        return StreamCaptureUnmatched;
    }
    if (capture->mode != Relaxed && capture->thread != this_thread()) return StreamCaptureWrongThread;
    Error error = capture->status == CaptureInvalidated ? StreamCaptureInvalidated : Ok;
    if (!error) {
        // What other streams recorded must have come back to the origin: their last nodes lie before its last.
        std::set<Node*> reached;
        std::vector<Node*> todo = stream->tips;
        while (!todo.empty()) {
            Node* node = todo.back();
            todo.pop_back();
            if (reached.insert(node).second) todo.insert(todo.end(), node->after.begin(), node->after.end());
        }
        for (Stream* other : capture->streams)
            for (Node* tip : other->tips)
                if (!reached.count(tip)) error = StreamCaptureUnjoined;
    }
    leave(*capture);
    registry().captures.erase(capture);
    if (error) {
        if (!capture->into_given) destroy_graph(capture->graph.get());
        return error;
    }
    if (out) *out = capture->graph.get();
    return Ok;
}

Error capture_info(void* handle, CaptureStatus* status, uint64_t* id, Graph** graph, Node* const** tips, size_t* count) {
    Stream* stream;
    if (Error e = find_stream(handle, &stream)) return e;
    Locked locked(table_lock());
    Capture* capture = stream->capture.get();
    if (!capture && is_legacy(handle))
        for (auto& it : registry().captures)
            for (Stream* other : it->streams)
                if (!(other->flags & 1)) return StreamCaptureImplicit;
    *status = capture ? capture->status : CaptureNone;
    if (*status != CaptureActive) return Ok;
    if (id) *id = capture->id;
    if (graph) *graph = capture->graph.get();
    if (tips) *tips = stream->tips.data();
    if (count) *count = stream->tips.size();
    return Ok;
}

Error update_capture(void* handle, Node* const* nodes, size_t count, bool replace) {
    Stream* stream;
    if (Error e = find_stream(handle, &stream)) return e;
    Locked locked(table_lock());
    if (!stream->capture) return IllegalState;
    if (stream->capture->status != CaptureActive) return StreamCaptureInvalidated;
    for (size_t i = 0; i < count; ++i)
        if (!alive(nodes[i]) || nodes[i]->graph != stream->capture->graph.get()) return InvalidValue;
    if (replace) stream->tips.clear();
    add_tips(stream, {nodes, nodes + count});
    return Ok;
}

}  // namespace host
}  // namespace hw
