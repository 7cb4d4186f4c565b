import pytest
from botocore.exceptions import ClientError

from framework import WAYS, Place, call_until_words, chat, fill, streamed, whole


@pytest.mark.parametrize("ask", [whole, streamed])
def test_tool_loop(ask):
    words, cities = call_until_words("What is the weather?", ask)
    assert words == "Take your sunglasses."
    assert cities == ["Paris"]


@pytest.mark.parametrize("way", WAYS)
def test_schema(way):
    assert fill(way, "Describe Rome.") == Place(city="Rome", continent="Europe", capital=True)


def test_stream():
    chunks = list(chat().stream("greet"))
    assert [chunk.text for chunk in chunks if chunk.text] == ["Hi", " there", ",", " friend", "!"]
    usage = sum(chunks[1:], chunks[0]).usage_metadata
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (1, 5, 6)


@pytest.mark.parametrize(("text", "code"), [("throttle", "ThrottlingException"), ("invalid", "ValidationException")])
def test_error(text, code):
    with pytest.raises(ClientError) as caught:
        chat().invoke(text)
    assert caught.value.response["Error"]["Code"] == code
