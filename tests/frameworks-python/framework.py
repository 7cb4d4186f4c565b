"""LangChain's model, and what the tests have it do. All it knows of the server is in
the environment, as "saprolite serve" tells to paste it."""

import os
from typing import Literal

from botocore.config import Config
from langchain_aws import ChatBedrock, ChatBedrockConverse
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel, ConfigDict

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"

# LangChain's two ways to a model: Converse, and InvokeModel with Anthropic's bodies.
CHATS = [ChatBedrockConverse, ChatBedrock]


class Place(BaseModel):
    """A schema that answers are held to."""

    model_config = ConfigDict(extra="forbid")

    city: str
    continent: Literal["Africa", "Asia", "Europe"]
    capital: bool


def chat(kind, model=HAIKU):
    """A model that is asked once: what the tests of errors expect must not be tried
    again."""
    return kind(
        model=model,
        endpoint_url=os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"],
        temperature=0,
        max_tokens=96,
        config=Config(retries={"total_max_attempts": 1}),
    )


def fill(model, prompt, **way):
    return model.with_structured_output(Place, **way).invoke(prompt)


def whole(model, messages):
    return model.invoke(messages)


def streamed(model, messages):
    first, *others = model.stream(messages)
    return sum(others, first)


def call_until_words(model, prompt, ask):
    """Runs what the model calls until it answers in words: the words, and the cities
    whose weather it asked for."""
    cities = []

    @tool
    def get_weather(city: str) -> str:
        """Tells the weather of a city."""
        cities.append(city)
        return "It is sunny."

    bound = model.bind_tools([get_weather])
    messages = [HumanMessage(prompt)]
    for _ in range(4):
        answer = ask(bound, messages)
        if not answer.tool_calls:
            return answer.text, cities
        messages.append(answer)
        for call in answer.tool_calls:
            result = get_weather.invoke(call)
            assert isinstance(result, ToolMessage)
            messages.append(result)
    raise AssertionError("the model calls without end")
