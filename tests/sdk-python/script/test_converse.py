from concurrent.futures import ThreadPoolExecutor

import pytest

from conversation import HAIKU, NOVA, SONNET, WEATHER, ask, say, text_of


def test_answer(runtime):
    answer = runtime.converse(**ask(HAIKU, "greet"))
    assert answer["output"]["message"] == say("assistant", "Hi there, friend!")
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"] == {"inputTokens": 1, "outputTokens": 5, "totalTokens": 6}
    assert answer["metrics"]["latencyMs"] >= 0
    assert len(answer["ResponseMetadata"]["RequestId"]) == 36


def test_usage(runtime):
    usage = runtime.converse(**ask(HAIKU, "usage"))["usage"]
    assert (usage["inputTokens"], usage["outputTokens"], usage["totalTokens"]) == (12, 34, 46)


def test_reasoning_and_the_conversation_after_it(runtime):
    message = runtime.converse(**ask(SONNET, "think"))["output"]["message"]
    assert message["content"] == [
        {"reasoningContent": {"reasoningText": {"text": "Let me see.", "signature": "c2lnbmF0dXJl"}}},
        {"text": "I see."},
    ]
    following = runtime.converse(modelId=SONNET, messages=[say("user", "think"), message, say("user", "greet")])
    assert text_of(following) == "Hi there, friend!"


def test_tool_and_what_its_result_leads_to(runtime):
    answer = runtime.converse(**ask(HAIKU, "What is the weather?", toolConfig=WEATHER))
    assert answer["stopReason"] == "tool_use"
    message = answer["output"]["message"]
    assert message["content"][1]["toolUse"] == {
        "toolUseId": "tooluse_weather",
        "name": "get_weather",
        "input": {"city": "Paris", "days": 2},
    }
    result = {"toolUseId": "tooluse_weather", "content": [{"text": "It is sunny."}]}
    messages = [say("user", "What is the weather?"), message, {"role": "user", "content": [{"toolResult": result}]}]
    following = runtime.converse(modelId=HAIKU, toolConfig=WEATHER, messages=messages)
    assert text_of(following) == "Take your sunglasses."
    assert following["stopReason"] == "end_turn"


def test_several_turns_and_a_system_prompt(runtime):
    answer = runtime.converse(
        modelId=HAIKU,
        system=[{"text": "Be kind."}],
        messages=[say("user", "greet"), say("assistant", "Hi!"), say("user", "remember")],
    )
    assert text_of(answer) == "That was our turn 2; the system said Be kind."


@pytest.mark.parametrize(
    ("stop_reason", "config", "text"),
    [
        ("end_turn", {"maxTokens": 5}, "Hi there, friend!"),
        ("max_tokens", {"maxTokens": 2}, "Hi there"),
        ("stop_sequence", {"stopSequences": ["never", " there"]}, "Hi"),
    ],
)
def test_stop_reasons(runtime, stop_reason, config, text):
    answer = runtime.converse(**ask(HAIKU, "greet", inferenceConfig=config))
    assert answer["stopReason"] == stop_reason
    assert text_of(answer) == text


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (HAIKU, {"max_tokens": 2, "top_k": 10}),
        (NOVA, {"inferenceConfig": {"maxTokens": 2, "topK": 10}}),
    ],
)
def test_additional_model_request_fields(runtime, model, fields):
    answer = runtime.converse(**ask(model, "greet", additionalModelRequestFields=fields))
    assert answer["stopReason"] == "max_tokens"
    assert text_of(answer) == "Hi there"


def test_additional_model_response_field_paths(runtime):
    answer = runtime.converse(
        **ask(
            HAIKU,
            "greet",
            inferenceConfig={"stopSequences": [" there"]},
            additionalModelResponseFieldPaths=["/stop_sequence", "/absent"],
        )
    )
    assert answer["additionalModelResponseFields"] == {"stop_sequence": " there"}


def test_what_an_answer_repeats_of_its_request(runtime):
    more = {
        "performanceConfig": {"latency": "standard"},
        "serviceTier": {"type": "default"},
        "requestMetadata": {"team": "blue"},
    }
    answer = runtime.converse(**ask(NOVA, "greet", **more))
    assert answer["performanceConfig"] == {"latency": "standard"}
    assert answer["serviceTier"] == {"type": "default"}
    plain = runtime.converse(**ask(NOVA, "greet"))
    assert not {"performanceConfig", "serviceTier"} & plain.keys()


@pytest.mark.parametrize(
    ("model_id", "model"),
    [
        (HAIKU, HAIKU),
        ("us." + HAIKU, HAIKU),
        ("amazon.titan-text-express-v1", "amazon.titan-text-express-v1"),
        ("arn:aws:bedrock:us-east-1::foundation-model/" + HAIKU, HAIKU),
        ("arn:aws:bedrock:us-east-1:123456789012:inference-profile/" + SONNET, SONNET.removeprefix("us.")),
        ("arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0", NOVA),
    ],
)
def test_model_ids(runtime, model_id, model):
    assert text_of(runtime.converse(**ask(model_id, "who"))) == model


def test_many_calls_of_one_client_at_the_same_time(runtime):
    questions = [f"question {i}" for i in range(16)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda question: runtime.converse(**ask(HAIKU, question)), questions))
    assert [text_of(answer) for answer in answers] == ["You said: " + question for question in questions]


def test_count_tokens(runtime):
    request = {
        "messages": [say("user", "Please count these words, one by one.")],
        "system": [{"text": "Be exact."}],
        "toolConfig": WEATHER,
    }
    usage = runtime.converse(modelId=HAIKU, **request)["usage"]
    count = runtime.count_tokens(modelId=HAIKU, input={"converse": request})["inputTokens"]
    assert count == usage["inputTokens"] > 0
