"""A server on the loopback address that speaks the wire protocols of Anthropic and OpenAI, and answers by a script."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Turn:
    """One answer: tool calls (name and arguments), or text; or a failure of the wire."""

    calls: tuple[tuple[str, Any], ...] = ()  # arguments that are a string are sent as they are: they may be no JSON
    text: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False  # the connection breaks in the middle of the answer
    drop: bool = False  # and before it
    hang: bool = False  # no answer ever comes
    tokens: tuple[int, int] = (100, 20)


@dataclass(frozen=True)
class Request:
    """What the client sent, as far as a script cares."""

    number: int  # from 1, failures included
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """The whole body."""
        return json.dumps(self.body, ensure_ascii=False)

    @property
    def tools(self) -> set[str]:
        """The names of the tools that are offered."""
        return {tool.get("name") or tool["function"]["name"] for tool in self.body.get("tools", ())}

    @property
    def review(self) -> bool:
        """Whether it is a reviewer that asks."""
        return "ported" not in self.tools


Script = Callable[[Request], Turn]


def call(name: str, **arguments: Any) -> Turn:
    """An answer that calls one tool."""
    return Turn(((name, arguments),))


def one_by_one(*turns: Turn) -> Script:
    """Each answer once, in this order; a reviewer is always content. After the last one the model gives up."""
    left = list(turns)

    def script(request: Request) -> Turn:
        if request.review:
            return call("review", approve=True, reason="fine")
        return left.pop(0) if left else call("give_up", reason="the script is at its end")

    return script


@dataclass
class ModelServer:
    """The server while it runs."""

    address: str
    script: Script
    requests: list[Request] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving(script: Script) -> Iterator[ModelServer]:
    """A server that answers by a script, on a free port."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            return

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                request = Request(
                    len(state.requests) + 1, self.path, {k.lower(): v for k, v in self.headers.items()}, body
                )
                state.requests.append(request)
                turn = state.script(request)
            if turn.hang:
                state.gate.wait(60)
                return
            if turn.drop:
                self.close_connection = True
                self.connection.close()
                return
            if turn.status != 200:
                kind = {429: "rate_limit_error", 529: "overloaded_error", 401: "authentication_error"}
                error = {"type": "error", "error": {"type": kind.get(turn.status, "api_error"), "message": "no"}}
                self._send(turn.status, "application/json", json.dumps(error).encode(), turn.headers)
                return
            events = anthropic(turn, body) if self.path.endswith("/messages") else openai(turn, body)
            data = "".join(events).encode()
            if turn.cut:
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: len(data) // 3])
                self.wfile.flush()
                self.close_connection = True
                self.connection.close()
                return
            self._send(200, "text/event-stream", data)

        def _send(self, status: int, kind: str, data: bytes, headers: Sequence[tuple[str, str]] = ()) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    state = ModelServer(f"http://127.0.0.1:{httpd.server_address[1]}", script)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.gate.set()
        httpd.shutdown()
        httpd.server_close()


def _arguments(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def anthropic(turn: Turn, body: dict[str, Any]) -> Iterator[str]:
    """An answer as the Messages API streams it."""
    assert body["stream"] is True

    def event(kind: str, **data: Any) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n"

    start, end = turn.tokens
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "content": [],
        "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": start, "output_tokens": 1},
    }  # fmt: skip
    yield event("message_start", message=message)
    index = 0
    if turn.text:
        yield event("content_block_start", index=index, content_block={"type": "text", "text": ""})
        yield event("content_block_delta", index=index, delta={"type": "text_delta", "text": turn.text})
        yield event("content_block_stop", index=index)
        index += 1
    for name, arguments in turn.calls:
        block = {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": {}}
        yield event("content_block_start", index=index, content_block=block)
        text = _arguments(arguments)
        for piece in (text[: len(text) // 2], text[len(text) // 2 :]):
            yield event("content_block_delta", index=index, delta={"type": "input_json_delta", "partial_json": piece})
        yield event("content_block_stop", index=index)
        index += 1
    reason = "tool_use" if turn.calls else "end_turn"
    yield event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage={"output_tokens": end})
    yield event("message_stop")


def openai(turn: Turn, body: dict[str, Any]) -> Iterator[str]:
    """An answer as the Chat Completions API streams it."""
    assert body["stream"] is True

    def chunk(delta: dict[str, Any], reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return _chunk(body, [choice])

    yield chunk({"role": "assistant", "content": turn.text or None})
    for index, (name, arguments) in enumerate(turn.calls):
        head = {"index": index, "id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": ""}}
        yield chunk({"tool_calls": [head]})
        text = _arguments(arguments)
        for piece in (text[: len(text) // 2], text[len(text) // 2 :]):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, "tool_calls" if turn.calls else "stop")
    start, end = turn.tokens
    usage = {"prompt_tokens": start, "completion_tokens": end, "total_tokens": start + end}
    yield _chunk(body, [], usage)
    yield "data: [DONE]\n\n"


def _chunk(body: dict[str, Any], choices: list[dict[str, Any]], usage: dict[str, int] | None = None) -> str:
    data = {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": body["model"],
        "choices": choices,
        "usage": usage,
    }
    return f"data: {json.dumps(data)}\n\n"
