import json

import pytest

from conversation import HAIKU, SONNET, WEATHER, Told, ask, say, text_of
from tools import OUTPUT, result, results, use

QUESTION = say("user", "What is the weather?")
SUNNY = {"text": "It is sunny."}
CACHE = {"cachePoint": {"type": "default"}}


@pytest.mark.parametrize("choice", [{"auto": {}}, {"any": {}}, {"tool": {"name": "get_weather"}}], ids=lambda c: next(iter(c)))
def test_loop(runtime, choice):
    request = {"modelId": HAIKU, "toolConfig": {**WEATHER, "toolChoice": choice}}
    called = runtime.converse(messages=[QUESTION], **request)
    assert called["stopReason"] == "tool_use"
    message = called["output"]["message"]
    answered = results(result(message["content"][1]["toolUse"]["toolUseId"], SUNNY))
    told = runtime.converse(messages=[QUESTION, message, answered], **request)
    assert text_of(told) == "Take your sunglasses."


def test_two_at_once(runtime):
    messages = [say("user", "Compare the weather of two cities.")]
    message = runtime.converse(modelId=HAIKU, toolConfig=WEATHER, messages=messages)["output"]["message"]
    first, second = (block["toolUse"] for block in message["content"])
    assert (first["input"], second["input"]) == ({"city": "Paris"}, {"city": "Rome"})
    answered = results(
        result(first["toolUseId"], {"json": {"celsius": 21}}, status="success"),
        result(second["toolUseId"], {"text": "No such city."}, status="error"),
    )
    told = runtime.converse(modelId=HAIKU, toolConfig=WEATHER, messages=[*messages, message, answered])
    assert text_of(told) == "One is warm, the other is unknown."


def test_fragments(runtime):
    told = Told().listen(runtime.converse_stream(**ask(HAIKU, "What is the weather?", toolConfig=WEATHER))["stream"])
    assert told.tool == {"toolUseId": "tooluse_weather", "name": "get_weather"}
    assert json.loads(told.tool_input) == {"city": "Paris", "days": 2}
    assert told.stop["stopReason"] == "tool_use"


@pytest.mark.parametrize(
    ("last", "message"),
    [
        pytest.param(
            say("user", "Well?"),
            "Expected toolResult blocks at messages.2.content for the following Ids: tooluse_1",
            id="no result",
        ),
        pytest.param(
            results(result("tooluse_1", SUNNY), result("tooluse_2", SUNNY)),
            "The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of previous turn.",
            id="too many results",
        ),
        pytest.param(
            results(result("tooluse_1", status="error")),
            "The content field at messages.2.content.0.toolResult cannot be empty when status value is error.",
            id="error without content",
        ),
    ],
)
def test_mistakes(runtime, last, message):
    with pytest.raises(runtime.exceptions.ValidationException) as caught:
        runtime.converse(modelId=HAIKU, toolConfig=WEATHER, messages=[QUESTION, use("tooluse_1"), last])
    assert caught.value.response["Error"]["Message"] == message


def test_structured_output(runtime):
    answer = runtime.converse(**ask(SONNET, "Describe Rome.", outputConfig=OUTPUT))
    assert json.loads(text_of(answer)) == {"city": "Rome", "continent": "Europe", "capital": True}


def test_cache_points(runtime):
    usage = runtime.converse(
        modelId=SONNET,
        system=[{"text": "Be brief."}, CACHE],
        toolConfig={"tools": [*WEATHER["tools"], CACHE]},
        messages=[{"role": "user", "content": [{"text": "cached"}, CACHE]}],
    )["usage"]
    assert (usage["cacheReadInputTokens"], usage["cacheWriteInputTokens"]) == (2000, 200)
    assert usage["totalTokens"] == 3 + 5 + 2000 + 200


def test_cache_point_without_a_cache(runtime):
    with pytest.raises(runtime.exceptions.ValidationException, match="prompt caching"):
        runtime.converse(modelId=HAIKU, messages=[{"role": "user", "content": [{"text": "cached"}, CACHE]}])
