import json

from conversation import HAIKU, SONNET, Told, ask, say, text_of
from tools import OUTPUT, STRICT, result, results, satisfies_place

CONFIG = {"temperature": 0, "maxTokens": 96}


def test_loop_that_ends_in_words(runtime):
    request = {"modelId": HAIKU, "toolConfig": STRICT, "inferenceConfig": CONFIG}
    messages = [say("user", "What is the weather in Paris?")]
    called = runtime.converse(messages=messages, **request)
    assert called["stopReason"] == "tool_use"
    message = called["output"]["message"]
    tool_use = message["content"][-1]["toolUse"]
    assert satisfies_place(tool_use["input"])
    answered = results(result(tool_use["toolUseId"], {"json": {"sky": "sunny"}}))
    told = runtime.converse(messages=[*messages, message, answered], **request)
    assert told["stopReason"] != "tool_use"
    assert text_of(told).strip()


def test_choice_of_a_tool_in_fragments(runtime):
    config = {**STRICT, "toolChoice": {"tool": {"name": "get_weather"}}}
    told = Told().listen(runtime.converse_stream(**ask(HAIKU, "Hello!", toolConfig=config, inferenceConfig=CONFIG))["stream"])
    assert told.stop["stopReason"] == "tool_use"
    assert told.tool["name"] == "get_weather"
    assert told.deltas > 1
    assert satisfies_place(json.loads(told.tool_input))


def test_structured_output(runtime):
    answer = runtime.converse(**ask(SONNET, "How warm is Paris?", outputConfig=OUTPUT, inferenceConfig=CONFIG))
    assert satisfies_place(json.loads(text_of(answer)))
