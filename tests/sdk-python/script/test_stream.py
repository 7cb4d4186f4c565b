import json

from conversation import HAIKU, SONNET, WEATHER, Told, ask


def listen(runtime, request):
    return Told().listen(runtime.converse_stream(**request)["stream"])


def test_answer(runtime):
    told = listen(runtime, ask(HAIKU, "greet"))
    assert told.order == ["messageStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"]
    assert told.text == "Hi there, friend!"
    assert told.deltas == 5
    assert told.stop["stopReason"] == "end_turn"
    assert told.metadata["usage"] == {"inputTokens": 1, "outputTokens": 5, "totalTokens": 6}
    assert told.metadata["metrics"]["latencyMs"] >= 0


def test_reasoning(runtime):
    told = listen(runtime, ask(SONNET, "think"))
    block = ["contentBlockDelta", "contentBlockStop"]
    assert told.order == ["messageStart", *block, *block, "messageStop", "metadata"]
    assert told.reasoning == "Let me see."
    assert told.signature == "c2lnbmF0dXJl"
    assert told.text == "I see."


def test_tool(runtime):
    told = listen(runtime, ask(HAIKU, "What is the weather?", toolConfig=WEATHER))
    assert told.tool == {"toolUseId": "tooluse_weather", "name": "get_weather"}
    assert json.loads(told.tool_input) == {"city": "Paris", "days": 2}
    assert told.stop["stopReason"] == "tool_use"


def test_stop_sequence_and_the_fields_that_tell_it(runtime):
    request = ask(
        HAIKU,
        "greet",
        inferenceConfig={"stopSequences": [" there"]},
        additionalModelResponseFieldPaths=["/stop_sequence", "/absent"],
    )
    told = listen(runtime, request)
    assert told.text == "Hi"
    assert told.stop["stopReason"] == "stop_sequence"
    assert told.stop["additionalModelResponseFields"] == {"stop_sequence": " there"}


def test_max_tokens(runtime):
    told = listen(runtime, ask(HAIKU, "greet", inferenceConfig={"maxTokens": 2}))
    assert told.text == "Hi there"
    assert told.stop["stopReason"] == "max_tokens"
