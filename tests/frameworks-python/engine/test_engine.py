import pytest
from langchain_aws import ChatBedrockConverse

from framework import CHATS, SONNET, Place, call_until_words, chat, fill, streamed, whole

PARIS = "Describe Paris, the capital of France."


@pytest.mark.parametrize(("kind", "ask"), [(kind, ask) for kind in CHATS for ask in (whole, streamed)])
def test_tool_loop(kind, ask):
    words, cities = call_until_words(chat(kind), "What is the weather in Paris?", ask)
    assert words.strip()
    assert len(cities) == 1


@pytest.mark.parametrize("kind", CHATS)
def test_schema_of_a_tool(kind):
    assert isinstance(fill(chat(kind), PARIS), Place)


def test_schema_of_the_answer():
    assert isinstance(fill(chat(ChatBedrockConverse, SONNET), PARIS, method="json_schema"), Place)


@pytest.mark.parametrize("kind", CHATS)
def test_stream(kind):
    chunks = list(chat(kind).stream("What is the capital of France?"))
    assert "Paris" in "".join(chunk.text for chunk in chunks)
    assert len([chunk for chunk in chunks if chunk.text]) > 1
    usage = sum(chunks[1:], chunks[0]).usage_metadata
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
