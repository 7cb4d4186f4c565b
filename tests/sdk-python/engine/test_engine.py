import json

import pytest

from conversation import HAIKU, Told, ask, say, text_of
from native import FAMILIES, at, bare, header, invoke, name

QUESTION = "What is the capital of France?"


def ask_model(**more):
    """The question, and no choice for the model."""
    return ask(HAIKU, QUESTION, inferenceConfig={"temperature": 0, "maxTokens": 64, **more})


def test_answer(runtime):
    answer = runtime.converse(**ask_model())
    assert "Paris" in text_of(answer)
    assert answer["stopReason"] == "end_turn"
    usage = answer["usage"]
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]


def test_answer_piece_by_piece(runtime):
    told = Told().listen(runtime.converse_stream(**ask_model())["stream"])
    assert "Paris" in told.text
    assert told.deltas > 1
    assert told.stop["stopReason"] == "end_turn"
    whole = runtime.converse(**ask_model())
    assert told.metadata["usage"]["inputTokens"] == whole["usage"]["inputTokens"]


def test_stop_sequence(runtime):
    answer = runtime.converse(**ask_model(stopSequences=["France"]))
    assert answer["stopReason"] == "stop_sequence"
    assert text_of(answer) == "The capital of "


def test_max_tokens(runtime):
    answer = runtime.converse(**ask_model(maxTokens=3))
    assert answer["stopReason"] == "max_tokens"
    assert answer["usage"]["outputTokens"] == 3


def test_exact_count(runtime):
    request = {
        "system": [{"text": "Answer in one word. Ünïcödé counts too: 数える"}],
        "messages": [say("user", QUESTION), say("assistant", "Paris."), say("user", "And of Italy?")],
    }
    answer = runtime.converse(modelId=HAIKU, inferenceConfig={"maxTokens": 1}, **request)
    count = runtime.count_tokens(modelId=HAIKU, input={"converse": request})
    assert count["inputTokens"] == answer["usage"]["inputTokens"]


@pytest.mark.parametrize("family", FAMILIES, ids=name)
def test_native_body(runtime, family):
    request = invoke(family, QUESTION)
    answer = runtime.invoke_model(**request)
    assert "Paris" in at(json.loads(answer["body"].read()), family["text"])
    count = runtime.count_tokens(modelId=bare(family["model"]), input={"invokeModel": {"body": request["body"]}})
    assert count["inputTokens"] == header(answer, "input-token-count")


def test_embedding(runtime):
    """The cosines are those of the reference implementation of the default embedding model."""

    def embed(text):
        body = json.dumps({"inputText": text, "dimensions": 512})
        answer = runtime.invoke_model(modelId="amazon.titan-embed-text-v2:0", body=body)
        return json.loads(answer["body"].read())["embedding"]

    food, bread, baby = map(embed, ("A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby."))
    assert len(food) == 512
    assert sum(a * b for a, b in zip(food, bread)) == pytest.approx(0.7553, abs=0.001)
    assert sum(a * b for a, b in zip(food, baby)) == pytest.approx(-0.1049, abs=0.001)
