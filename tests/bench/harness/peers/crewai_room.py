# mypy: ignore-errors
"""A room as a user of CrewAI writes it: a flow with a crew of one for each agent, kept by state. Run by rooms_peers.

The arguments are those of langgraph_room.
"""

import asyncio
import json
import os
import sys
import time
from typing import Any

os.environ |= {"CREWAI_DISABLE_TELEMETRY": "true", "OTEL_SDK_DISABLED": "true", "CREWAI_TRACING_ENABLED": "false"}

from crewai import LLM, Agent, Crew, Task
from crewai.flow.flow import Flow, listen, start
from crewai.flow.persistence import SQLiteFlowPersistence, persist
from crewai.tools import BaseTool
from pydantic import BaseModel

BASE_URL, FILE = sys.argv[2], sys.argv[5]


class WriteFile(BaseTool):
    name: str = "write_file"
    description: str = "Write a file."

    def _run(self, filename: str, content: str) -> str:  # noqa: ARG002 - a model gives it
        return f"Written: {filename}"


class State(BaseModel):
    id: str = ""
    mark: str = ""
    agents: int = 1
    planned: bool = False
    reports: list[str] = []


def model() -> LLM:
    return LLM(model="openai/hercules-extractive-1", base_url=BASE_URL, api_key="offline")


@persist(SQLiteFlowPersistence(FILE))
class Room(Flow[State]):
    @start()
    async def plan(self) -> None:
        if not self.state.planned:
            await asyncio.to_thread(model().call, f"Plan the work: plan-{self.state.mark}")
            self.state.planned = True

    @listen(plan)
    async def work(self) -> None:
        writer = Agent(
            role="writer", goal="Write the file", backstory="You write files.", llm=model(), tools=[WriteFile()]
        )
        task = Task(description="{brief}", expected_output="One sentence.", agent=writer)
        briefs = [{"brief": f"brief-{n}-{self.state.mark}"} for n in range(1, self.state.agents + 1)]
        results = await Crew(agents=[writer], tasks=[task]).kickoff_for_each_async(inputs=briefs)
        self.state.reports = [str(result) for result in results]

    @listen(work)
    async def review(self) -> None:
        await asyncio.to_thread(model().call, f"Review {self.state.reports}: review-{self.state.mark}")


async def main(mode: str, mark: str, agents: int) -> None:
    if mode == "run":
        await Room().kickoff_async(inputs={"id": "warm-up", "mark": f"warm-{mark[:4]}", "agents": agents})
    began = time.monotonic()
    inputs: dict[str, Any] = {"id": mark} | ({"mark": mark, "agents": agents} if mode == "run" else {})
    await Room().kickoff_async(inputs=inputs)
    print(json.dumps({"wall_s": time.monotonic() - began}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[3], int(sys.argv[4])))
