import json

import pytest

from conversation import NOVA
from native import FAMILIES, at, bare, header, invoke, name


@pytest.mark.parametrize("family", FAMILIES, ids=name)
def test_native_body(runtime, family):
    answer = runtime.invoke_model(**invoke(family, "greet"))
    assert answer["contentType"] == "application/json"
    body = json.loads(answer["body"].read())
    assert at(body, family["text"]) == "Hi there, friend!"
    assert at(body, family["stop"]) == family["stopped"]
    assert header(answer, "input-token-count") == 1
    assert header(answer, "output-token-count") == 5
    assert header(answer, "invocation-latency") >= 0


@pytest.mark.parametrize("family", FAMILIES, ids=name)
def test_native_stream(runtime, family):
    answer = runtime.invoke_model_with_response_stream(**invoke(family, "greet"))
    assert answer["contentType"] == "application/json"
    chunks = [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]
    assert "".join(at(chunk, family["delta"]) or "" for chunk in chunks) == "Hi there, friend!"
    metrics = chunks[-1]["amazon-bedrock-invocationMetrics"]
    assert metrics["inputTokenCount"] == 1
    assert metrics["outputTokenCount"] == 5
    assert metrics["invocationLatency"] >= metrics["firstByteLatency"] >= 0


@pytest.mark.parametrize("family", FAMILIES, ids=name)
def test_count_tokens(runtime, family):
    request = invoke(family, "Please count these words.")
    answer = runtime.invoke_model(**request)
    answer["body"].close()
    count = runtime.count_tokens(modelId=bare(family["model"]), input={"invokeModel": {"body": request["body"]}})
    assert count["inputTokens"] == header(answer, "input-token-count") > 0


@pytest.mark.parametrize("operation", ["invoke_model", "invoke_model_with_response_stream"])
@pytest.mark.parametrize(
    ("model", "body", "message"),
    [
        (
            NOVA,
            {"messages": [{"role": "user", "content": [{"text": "greet"}]}], "oops": 1},
            "Malformed input request: #: extraneous key [oops] is not permitted, please reformat your input and try again.",
        ),
        (
            "amazon.titan-text-express-v1",
            {},
            "Malformed input request: #: required key [inputText] not found, please reformat your input and try again.",
        ),
    ],
)
def test_bad_body(runtime, operation, model, body, message):
    with pytest.raises(runtime.exceptions.ValidationException) as caught:
        getattr(runtime, operation)(modelId=model, body=json.dumps(body))
    assert caught.value.response["Error"]["Message"] == message
