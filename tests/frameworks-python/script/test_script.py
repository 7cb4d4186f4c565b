import pytest
from botocore.exceptions import ClientError
from langchain_aws import ChatBedrockConverse

from framework import CHATS, SONNET, Place, call_until_words, chat, fill, streamed, whole

ROME = Place(city="Rome", continent="Europe", capital=True)

each = pytest.mark.parametrize("kind", CHATS)


@each
@pytest.mark.parametrize("ask", [whole, streamed])
def test_tool_loop(kind, ask):
    words, cities = call_until_words(chat(kind), "What is the weather?", ask)
    assert words == "Take your sunglasses."
    assert cities == ["Paris"]


@each
def test_schema_of_a_tool(kind):
    assert fill(chat(kind), "Describe Rome.") == ROME


def test_schema_of_the_answer():
    assert fill(chat(ChatBedrockConverse, SONNET), "Describe Rome.", method="json_schema") == ROME


@each
def test_stream(kind):
    chunks = list(chat(kind).stream("greet"))
    assert [chunk.text for chunk in chunks if chunk.text] == ["Hi", " there", ",", " friend", "!"]
    usage = sum(chunks[1:], chunks[0]).usage_metadata
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (1, 5, 6)


@each
@pytest.mark.parametrize(("text", "code"), [("throttle", "ThrottlingException"), ("invalid", "ValidationException")])
def test_error(kind, text, code):
    with pytest.raises(ClientError) as caught:
        chat(kind).invoke(text)
    assert caught.value.response["Error"]["Code"] == code
