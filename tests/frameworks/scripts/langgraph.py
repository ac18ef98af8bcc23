"""langgraph: a graph of one node that asks a model of langchain, and tries again by its policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from langchain_anthropic import ChatAnthropic
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import RetryPolicy

from tests.frameworks.scripts import DEPLOYMENT, KEY, MAX_TOKENS


def scenarios(url: str) -> Mapping[str, Callable[[str], object]]:
    """Of a compiled graph."""

    def graph(max_retries: int = 2) -> Any:
        model = ChatAnthropic(
            model=DEPLOYMENT, base_url=url, api_key=KEY, max_tokens=MAX_TOKENS, max_retries=max_retries
        )
        policy = RetryPolicy(initial_interval=0.01, max_attempts=3, retry_on=_is_limit)

        def ask(state: MessagesState) -> dict[str, Any]:
            return {"messages": [model.invoke(state["messages"])]}

        async def ask_async(state: MessagesState) -> dict[str, Any]:
            return {"messages": [await model.ainvoke(state["messages"])]}

        from langchain_core.runnables import RunnableLambda

        built = StateGraph(MessagesState)
        built.add_node("ask", RunnableLambda(ask, ask_async), retry_policy=policy)
        built.add_edge(START, "ask")
        built.add_edge("ask", END)
        return built.compile()

    def plain(text: str) -> object:
        return graph().invoke({"messages": [("user", text)]})["messages"][-1].content

    def streamed(text: str) -> str:
        pieces = graph().stream({"messages": [("user", text)]}, stream_mode="messages")
        return "".join(str(chunk.text) for chunk, _ in pieces)

    async def plain_async(text: str) -> object:
        return (await graph().ainvoke({"messages": [("user", text)]}))["messages"][-1].content

    async def streamed_async(text: str) -> str:
        pieces = graph().astream({"messages": [("user", text)]}, stream_mode="messages")
        return "".join([str(chunk.text) async for chunk, _ in pieces])

    def own_retry(text: str) -> object:
        return graph(0).invoke({"messages": [("user", text)]})["messages"][-1].content

    return {
        "plain": plain,
        "streamed": streamed,
        "async": plain_async,
        "async_streamed": streamed_async,
        "sdk_retry": plain,
        "own_retry": own_retry,
        "refused": plain,
    }


def _is_limit(error: BaseException) -> bool:
    return getattr(error, "status_code", None) == 429
