"""One item after the other, each in a conversation of its own, until the gates pass or a budget is used up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import anyio
from pydantic import BaseModel, Field
from pydantic_ai import Agent, ModelRetry, Tool, ToolOutput
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.models import Model

from hipwright.agent import tools
from hipwright.agent.budget import Budget, Meter, SpentError
from hipwright.agent.gate import Gate, Judgement, Standing, diff
from hipwright.agent.items import Item
from hipwright.agent.model import Guarded, Spending
from hipwright.agent.offline import Replay
from hipwright.agent.prompt import Solved, about, for_review, instructions
from hipwright.agent.session import Decision, Session
from hipwright.agent.workspace import Tentative, Workspace


class Ported(BaseModel):
    """The edit is done; it is compiled and executed now."""

    summary: str = Field(description="What was changed and why, in one or two sentences.")


class GiveUp(BaseModel):
    """The item can't be done here, or a person has to decide."""

    reason: str = Field(description="Why, in one or two sentences.")


class Review(BaseModel):
    """What a second look at an edit says."""

    approve: bool
    reason: str


@dataclass
class Work:
    """What all items of a run share."""

    workspace: Workspace
    gate: Gate
    session: Session
    model: Model
    run: Meter
    item_budget: Budget
    refusals: int = 4  # of one item, before it is left open
    review: bool = True
    extra: tuple[Callable[..., str], ...] = ()  # further tools of the workspace, such as a shell
    streaming: bool = True
    pause: float = 1.0  # seconds before a failed request is made again
    solved: list[Solved] = field(default_factory=list)
    shown: Callable[[str], None] = field(default=lambda text: None)


def work_off(work: Work, item: Item) -> Decision:
    """Let the model try one item. What it leaves in the port has passed the gates, or is put back as it was."""
    meter = Meter(work.item_budget, "item")
    spending = Spending(work.run, meter, partial(work.session.log, item=item.id), work.shown)
    if isinstance(work.model, Replay):
        work.model.item = item.id
    model = Guarded(work.model, spending, work.streaming, work.pause)
    work.session.begin_item(item)
    with work.workspace.tentative(item.files) as attempt:
        before = work.gate.stand(item.files)
        prompt = about(item, work.workspace, before, work.gate.archs, work.solved)
        trial = _Trial(work, item, model, attempt, before)
        try:
            output = anyio.run(trial.converse, prompt)
        except (SpentError, AgentRunError, TimeoutError, ValueError, OSError) as error:
            decision = Decision(item.id, "open", f"{type(error).__name__}: {error}"[:600])
        else:
            decision = _decided(work, item, attempt, trial.judgement, output)
    work.session.end_item()
    return work.session.decide(replace(
        decision, title=item.title, path=item.places[0].path, line=item.places[0].line, requests=meter.requests,
        tokens=meter.tokens, refusals=trial.refused,
    ))  # fmt: skip


@dataclass
class _Trial:
    """The conversation about one item."""

    work: Work
    item: Item
    model: Model
    attempt: Tentative
    before: Standing
    refused: int = 0
    judgement: Judgement = field(default_factory=lambda: Judgement(()))

    async def converse(self, prompt: str) -> Ported | GiveUp:
        """Ask until the model gives up or its edit passes. Raises what ends a conversation early."""
        agent: Agent[object, Ported | GiveUp] = Agent(
            self.model, output_type=[ToolOutput(Ported, name="ported"), ToolOutput(GiveUp, name="give_up")],
            instructions=instructions("port"), retries=max(3, self.work.refusals), tools=self._tools(),
        )  # fmt: skip
        agent.output_validator(self._judged)
        return (await agent.run(prompt)).output

    async def _judged(self, output: Ported | GiveUp) -> Ported | GiveUp:
        if isinstance(output, GiveUp):
            return output
        changes = self.attempt.changed()
        self.judgement = await anyio.to_thread.run_sync(self.work.gate.judge, self.item, changes, self.before)
        refusals = list(self.judgement.refusals)
        if not refusals and self.judgement.risky and self.work.review:
            refusals = await self._reviewed(diff(changes))
        if refusals:
            self.refused += 1
            self.work.session.log({"event": "refused", "reasons": refusals, "diff": diff(changes)}, self.item.id)
            raise ModelRetry("Not accepted.\n" + "\n".join(refusals))
        return output

    async def _reviewed(self, edit: str) -> list[str]:
        """A second conversation that knows nothing of the first may veto what could not be executed."""
        reviewer = Agent(self.model, output_type=ToolOutput(Review, name="review"), instructions=instructions("review"))
        found = (await reviewer.run(for_review(self.item, edit, self.judgement.unverified))).output
        return [] if found.approve else [f"A review of the edit says: {found.reason}"]

    def _tools(self) -> list[Tool[object]]:
        gate, space = self.work.gate, self.work.workspace
        of_port: list[Callable[..., str]] = [tools.read, tools.read_original, tools.search, tools.outline, tools.edit]
        bound = [tools.bound(each, space) for each in (*of_port, *self.work.extra)]
        bound += [tools.bound(tools.lookup), tools.bound(tools.compile_port, space, gate.archs, gate.jobs)]
        bound += [tools.bound(tools.verify, gate.execute)]
        return [Tool(each, takes_ctx=False, sequential=True) for each in bound]


def _decided(work: Work, item: Item, attempt: Tentative, judgement: Judgement, output: Ported | GiveUp) -> Decision:
    if isinstance(output, GiveUp):
        return Decision(item.id, "given-up", output.reason)
    changes = attempt.changed()
    attempt.keep()
    proof = (
        f"Compiled for {', '.join(work.gate.archs)}. Equal: {', '.join(judgement.verified) or 'nothing was executed'}."
    )
    commit = work.session.commit(item, changes, f"{' '.join(output.summary.split())[:600]}\n\n{proof}")
    work.solved.append(Solved(item.title, item.kind, diff(changes)))
    return Decision(item.id, "accepted", output.summary, commit, judgement.verified, judgement.unverified)
