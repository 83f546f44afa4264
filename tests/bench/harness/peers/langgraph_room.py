# mypy: ignore-errors
"""A room as a user of LangGraph writes it: a plan, agents side by side, a review; kept in SQLite. Run by rooms_peers.

`run BASE_URL MARK AGENTS FILE`: does it once to warm up, then as it is measured; `resume …` goes on with what FILE has.
"""

import asyncio
import json
import operator
import os
import sys
import time
from typing import Annotated, TypedDict

from langchain.agents import create_agent
from langchain.tools import tool
from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send


class State(TypedDict):
    mark: str
    agents: int
    reports: Annotated[list[str], operator.add]


@tool
def write_file(filename: str, content: str) -> str:
    """Write a file."""
    return f"Written: {filename}"


def graph_of(base_url: str) -> StateGraph:
    model = ChatOpenAI(base_url=base_url, api_key="offline", model="hercules-extractive-1")
    agent = create_agent(model, [write_file], system_prompt="Write the file that the brief asks for, then say so.")

    async def plan(state: State) -> dict:
        await model.ainvoke(f"Plan the work: plan-{state['mark']}")
        return {}

    def fan_out(state: State) -> list[Send]:
        return [Send("agent", {"brief": f"brief-{n}-{state['mark']}"}) for n in range(1, state["agents"] + 1)]

    async def work(task: dict, config: RunnableConfig) -> dict:
        result = await agent.ainvoke({"messages": [{"role": "user", "content": task["brief"]}]}, config)
        return {"reports": [result["messages"][-1].content]}

    async def review(state: State) -> dict:
        await model.ainvoke(f"Review these reports: {state['reports']} review-{state['mark']}")
        return {}

    graph = StateGraph(State)
    graph.add_node("plan", plan)
    graph.add_node("agent", work)
    graph.add_node("review", review)
    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", fan_out, ["agent"])
    graph.add_edge("agent", "review")
    graph.add_edge("review", END)
    return graph


def served() -> object:
    """For `langgraph dev`, which keeps what is done itself."""
    return graph_of(os.environ["BASE_URL"]).compile()


async def main(mode: str, base_url: str, mark: str, agents: int, file: str) -> None:
    async with AsyncSqliteSaver.from_conn_string(file) as saver:
        room = graph_of(base_url).compile(checkpointer=saver)
        if mode == "run":
            warm_up = {"mark": f"warm-{mark[:4]}", "agents": agents, "reports": []}
            await room.ainvoke(warm_up, {"configurable": {"thread_id": "warm-up"}})
        began = time.monotonic()
        asked = {"mark": mark, "agents": agents, "reports": []} if mode == "run" else None
        await room.ainvoke(asked, {"configurable": {"thread_id": mark}})
        print(json.dumps({"wall_s": time.monotonic() - began}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]))
