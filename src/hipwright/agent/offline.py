"""Models without a network: one that hands each request to whoever answers files, and one that repeats a transcript."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic_ai.exceptions import ModelRequestRejectedError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from hipwright.finding import HipwrightError
from hipwright.output import write_json

_POLL = 0.2  # seconds between two looks for an answer


class Relay(Model):
    """Writes each request to `DIR/NNNN.request.json` and waits for `DIR/NNNN.answer.json`.

    A request holds `messages`, `tools` and `answers` (the tools that end the conversation), with their schemas. An
    answer holds `calls`, each with `name` and `arguments`, or `text`; and, if it is known, `usage` with `input_tokens`
    and `output_tokens`. Write it to another name first and rename it, so that it is never seen half.
    """

    def __init__(self, folder: Path, patience: float = 24 * 3600) -> None:
        super().__init__()
        self.folder = folder
        self.patience = patience
        folder.mkdir(parents=True, exist_ok=True)
        self._number = len(list(folder.glob("*.request.json")))

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Hand one request over and wait for its answer."""
        self._number += 1
        name = f"{self._number:04}"
        write_json(
            self.folder / f"{name}.request.json",
            {
                "messages": ModelMessagesTypeAdapter.dump_python(messages, mode="json"),
                "tools": [_tool(each) for each in model_request_parameters.function_tools],
                "answers": [_tool(each) for each in model_request_parameters.output_tools],
            },
        )
        wanted, end = self.folder / f"{name}.answer.json", time.monotonic() + self.patience
        while not wanted.is_file():
            if time.monotonic() > end:
                raise ModelRequestRejectedError(self.model_name, f"nobody answered {wanted} in {self.patience:.0f} s")
            await asyncio.sleep(_POLL)
        return answered(json.loads(wanted.read_text("utf-8")), self.model_name)

    @property
    def model_name(self) -> str:
        """What reports call it."""
        return "relay"

    @property
    def system(self) -> str:
        """What reports call its provider."""
        return "relay"


class Replay(Model):
    """Gives the answers that a transcript recorded, item by item and in their order, without asking anybody."""

    def __init__(self, transcript: Path) -> None:
        super().__init__()
        try:
            lines = [json.loads(line) for line in transcript.read_text("utf-8").splitlines() if line.strip()]
        except (OSError, ValueError) as error:
            raise HipwrightError(
                f"{transcript} is no transcript", "name a .hipwright/agent/transcript.jsonl", 2
            ) from error
        self._answers: dict[str, list[Any]] = {}
        for line in lines:
            if line.get("event") == "answer":
                self._answers.setdefault(line["item"], []).append(line["response"])
        self.item = ""  # whose answers come next; set before each item

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """The next recorded answer for the item."""
        left = self._answers.get(self.item)
        if not left:
            raise ModelRequestRejectedError(self.model_name, f"the transcript has no further answer for {self.item}")
        response = ModelMessagesTypeAdapter.validate_python([left.pop(0)])[0]
        assert isinstance(response, ModelResponse)
        return response

    @property
    def model_name(self) -> str:
        """What reports call it."""
        return "replay"

    @property
    def system(self) -> str:
        """What reports call its provider."""
        return "replay"


def answered(data: Any, model: str) -> ModelResponse:
    """The response that an answer file stands for. Raises `ValueError` where it makes no sense."""
    if not isinstance(data, dict):
        raise ValueError("an answer is an object with `calls` or `text`")
    usage = data.get("usage") or {}
    calls: Sequence[Any] = data.get("calls") or ()
    parts: list[Any] = [TextPart(str(data["text"]))] if data.get("text") else []
    parts += [ToolCallPart(str(call["name"]), call.get("arguments") or {}) for call in calls]
    return ModelResponse(
        parts,
        usage=RequestUsage(
            input_tokens=int(usage.get("input_tokens", 0)), output_tokens=int(usage.get("output_tokens", 0))
        ),
        model_name=str(data.get("model", model)),
    )


def _tool(tool: Any) -> dict[str, Any]:
    return {"name": tool.name, "description": tool.description, "schema": tool.parameters_json_schema}
