"""The model by its name, behind one guard: it counts what is spent, waits and asks again, and writes down all of it."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
from pydantic_ai.exceptions import (
    ModelAPIError,
    ModelAuthenticationError,
    ModelQuotaExceededError,
    ModelRequestRejectedError,
    UnexpectedModelBehavior,
    UserError,
)
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters, infer_model
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from hipwright.agent.budget import Meter, SpentError
from hipwright.agent.offline import Relay, Replay
from hipwright.finding import HipwrightError

_TRIES = 6  # of one request
_LONGEST = 60.0  # seconds between two tries, unless the provider asks for more
_WORST = 300.0  # seconds that a provider may ask us to wait

Log = Callable[[dict[str, Any]], None]


def model_named(name: str) -> Model:
    """`anthropic:…`, `openai:…`, `google:…`, `bedrock:…`, `ollama:…` and others that pydantic-ai knows; `relay:DIR`;
    `replay:TRANSCRIPT`; or `http://HOST/v1#NAME` for any endpoint that speaks OpenAI's protocol.

    Raises `HipwrightError` where there is no such model, or its key is missing.
    """
    kind, _, rest = name.partition(":")
    if kind == "relay":
        return Relay(Path(rest))
    if kind == "replay":
        return Replay(Path(rest))
    try:
        if kind in ("http", "https"):
            from pydantic_ai.models.openai import OpenAIChatModel
            from pydantic_ai.providers.openai import OpenAIProvider

            address, _, model = name.partition("#")
            key = os.environ.get("OPENAI_API_KEY") or "none"
            return OpenAIChatModel(model or "default", provider=OpenAIProvider(base_url=address, api_key=key))
        return infer_model(name)
    except ImportError as error:
        extra = f"pip install 'pydantic-ai-slim[{kind}]'"
        raise HipwrightError(f"what {name!r} needs is not installed: {error}", extra, 2) from error
    except UserError as error:
        raise HipwrightError(
            f"no model {name!r}: {error}", "for example anthropic:NAME, openai:NAME, relay:DIR", 2
        ) from error


@dataclass
class Spending:
    """Who pays for the requests that are made now."""

    run: Meter
    item: Meter
    log: Log = field(default=lambda event: None)
    shown: Callable[[str], None] = field(default=lambda text: None)


class Guarded(WrapperModel):
    """Another model whose requests are counted, logged and, where the failure may pass, made again."""

    def __init__(self, wrapped: Model, spending: Spending, streaming: bool = True, pause: float = 1.0) -> None:
        super().__init__(wrapped)
        self.spending = spending
        self.streaming = streaming and not isinstance(wrapped, Relay | Replay)
        self.pause = pause  # seconds before the second try; then twice as long each time

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """One answer of the model. Raises `SpentError` before a request that the budgets do not cover."""
        spending = self.spending
        for attempt in range(_TRIES):
            spending.run.check()
            spending.item.check()
            try:
                response = await self._ask(messages, model_settings, model_request_parameters)
            except (ModelAuthenticationError, ModelRequestRejectedError, ModelQuotaExceededError):
                raise  # it will be the same the next time
            except (ModelAPIError, httpx2.TransportError, UnexpectedModelBehavior) as error:
                told = f"{type(error).__name__}: {str(error)[:300]}"
                if attempt + 1 == _TRIES:
                    raise
                wait = min(_LONGEST, self.pause * 2**attempt) * random.uniform(0.8, 1.2)
                wait = max(wait, min(_WORST, getattr(error, "retry_after", None) or 0.0))
                spending.log({"event": "retry", "error": told, "try": attempt + 1})
                spending.shown(f"{told}; again in {wait:.0f} s")
                await asyncio.sleep(wait)
                continue
            tokens = response.usage.input_tokens + response.usage.output_tokens or _estimated(messages, response)
            price = _price(response)
            spending.run.add(tokens, price)
            spending.item.add(tokens, price)
            spending.log({"event": "answer", "request": _last(messages), "response": _plain(response)})
            spending.shown(str(spending.run))
            return response
        raise AssertionError

    async def _ask(
        self, messages: list[ModelMessage], settings: ModelSettings | None, parameters: ModelRequestParameters
    ) -> ModelResponse:
        """One try, no longer than the time that is left. An answer without any part was cut off."""
        limits = [left for meter in (self.spending.run, self.spending.item) if (left := meter.left()) is not None]
        try:
            async with asyncio.timeout(min(limits) if limits else None):
                if self.streaming:
                    async with self.wrapped.request_stream(messages, settings, parameters) as stream:
                        async for _ in stream:
                            pass
                    response = stream.get()
                else:
                    response = await self.wrapped.request(messages, settings, parameters)
        except TimeoutError as error:
            raise SpentError("no answer came within the time that was left") from error
        if not response.parts or (self.streaming and response.finish_reason is None):
            raise UnexpectedModelBehavior("the answer was cut off")
        return response


def _estimated(messages: list[ModelMessage], response: ModelResponse) -> int:
    """Tokens of a request where the server does not count them: four letters each, as in English and in code."""
    return sum(len(str(part)) for message in (*messages, response) for part in message.parts) // 4


def _price(response: ModelResponse) -> Decimal | None:
    """Dollars, if the price of this model is known."""
    if response.usage.cost is not None:
        return response.usage.cost
    try:
        return response.cost().total_price
    except (LookupError, ValueError, AssertionError):
        return None


def _plain(message: ModelMessage) -> Any:
    return ModelMessagesTypeAdapter.dump_python([message], mode="json")[0]


def _last(messages: list[ModelMessage]) -> list[Any]:
    """What is new since the last answer: everything before it is in the transcript already."""
    at = max((n for n, message in enumerate(messages) if isinstance(message, ModelResponse)), default=-1)
    return [_plain(message) for message in messages[at + 1 :]]
