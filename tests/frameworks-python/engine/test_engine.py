import pytest

from framework import WAYS, Place, call_until_words, chat, fill, streamed, whole


@pytest.mark.parametrize("ask", [whole, streamed])
def test_tool_loop(ask):
    words, cities = call_until_words("What is the weather in Paris?", ask)
    assert words.strip()
    assert len(cities) == 1


@pytest.mark.parametrize("way", WAYS)
def test_schema(way):
    assert isinstance(fill(way, "Describe Paris, the capital of France."), Place)


def test_stream():
    chunks = list(chat().stream("What is the capital of France?"))
    assert "Paris" in "".join(chunk.text for chunk in chunks)
    assert len([chunk for chunk in chunks if chunk.text]) > 1
    usage = sum(chunks[1:], chunks[0]).usage_metadata
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
