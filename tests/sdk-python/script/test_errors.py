import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

from conftest import ONCE
from conversation import HAIKU, NOVA, WEATHER, Told, ask
from native import FAMILIES, at, invoke

UNEXPECTED = "The system encountered an unexpected error during processing. Try your request again."

# What script.yaml answers with an error: class, status, message and members.
FAILURES = {
    "throttle": ("ThrottlingException", 429, "Slow down.", {}),
    "unready": ("ModelNotReadyException", 429, "Model is not ready for inference. Wait and try your request again.", {}),
    "timeout": ("ModelTimeoutException", 408, "Model has timed out in processing the request. Try your request again.", {}),
    "unavailable": ("ServiceUnavailableException", 503, "Bedrock is unable to process your request.", {}),
    "quota": ("ServiceQuotaExceededException", 400, None, {}),
    "missing": ("ResourceNotFoundException", 404, None, {}),
    "forbidden": ("AccessDeniedException", 403, "You don't have access to the model with the specified model ID.", {}),
    "internal": ("InternalServerException", 500, UNEXPECTED, {}),
    "invalid": ("ValidationException", 400, "Not like this.", {}),
    "broken": ("ModelErrorException", 424, "The model is gone.", {"originalStatusCode": 500, "resourceName": "model-7"}),
}

# What script.yaml breaks off: the name of the exception, and its message.
BREAKS = {
    "break throttle": ("throttlingException", "Slow down."),
    "break model": ("modelStreamErrorException", "The model is gone."),
    "break internal": ("internalServerException", UNEXPECTED),
    "break invalid": ("validationException", "Not like this."),
    "break unavailable": ("serviceUnavailableException", "Gone."),
}

OPERATIONS = {
    "converse": lambda text: ask(HAIKU, text),
    "converse_stream": lambda text: ask(HAIKU, text),
    "invoke_model": lambda text: invoke(FAMILIES[0], text),
    "invoke_model_with_response_stream": lambda text: invoke(FAMILIES[0], text),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("text", FAILURES)
def test_instead_of_an_answer(runtime, operation, text):
    name, status, message, members = FAILURES[text]
    with pytest.raises(getattr(runtime.exceptions, name)) as caught:
        getattr(runtime, operation)(**OPERATIONS[operation](text))
    response = caught.value.response
    assert response["Error"]["Code"] == name
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    if message is not None:
        assert response["Error"]["Message"] == message
    assert {member: response[member] for member in members} == members


@pytest.mark.parametrize("text", BREAKS)
def test_inside_a_stream(runtime, text):
    stream = runtime.converse_stream(**ask(HAIKU, text))["stream"]
    told = Told()
    with pytest.raises(EventStreamError) as caught:
        told.listen(stream)
    assert told.order == ["messageStart", "contentBlockDelta"]
    assert told.text == "one two"
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == BREAKS[text]


@pytest.mark.parametrize("text", BREAKS)
def test_inside_a_native_stream(runtime, text):
    body = runtime.invoke_model_with_response_stream(**invoke(FAMILIES[0], text))["body"]
    said = []
    with pytest.raises(EventStreamError) as caught:
        for event in body:
            said.append(at(json.loads(event["chunk"]["bytes"]), FAMILIES[0]["delta"]) or "")
    assert "".join(said) == "one two"
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == BREAKS[text]


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        pytest.param(ask("acme.no-such-model-v1:0", "greet"), "The provided model identifier is invalid.", id="unknown model"),
        pytest.param(
            ask(HAIKU, "greet", inferenceConfig={"temperature": 1.5}),
            "1 validation error detected: Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: "
            "Member must have value less than or equal to 1",
            id="constraint",
        ),
        pytest.param(
            ask(HAIKU, "greet", inferenceConfig={"temperature": 1.5, "topP": 7}),
            "2 validation errors detected: Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: "
            "Member must have value less than or equal to 1; Value '7' at 'inferenceConfig.topP' failed to satisfy constraint: "
            "Member must have value less than or equal to 1",
            id="two constraints",
        ),
        pytest.param(
            ask(HAIKU, " \n"),
            "The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again.",
            id="blank text",
        ),
        pytest.param(
            ask(NOVA, "greet", additionalModelRequestFields={"oops": 1}),
            "The model returned the following errors: Malformed input request: #: extraneous key [oops] is not permitted, "
            "please reformat your input and try again.",
            id="unknown additional field",
        ),
        pytest.param(
            ask("amazon.titan-text-express-v1", "weather", toolConfig=WEATHER),
            "This model doesn't support tool use.",
            id="no tools",
        ),
        pytest.param(ask(HAIKU, "greet", additionalModelResponseFieldPaths=["stop_sequence"]), None, id="bad pointer"),
    ],
)
def test_refused(runtime, request_, message):
    with pytest.raises(runtime.exceptions.ValidationException) as caught:
        runtime.converse(**request_)
    if message is not None:
        assert caught.value.response["Error"]["Message"] == message


@pytest.mark.parametrize(
    ("text", "attempts"),
    [("throttle", 2), ("unavailable", 2), ("internal", 2), ("invalid", 1), ("forbidden", 1)],
)
def test_tried_again(text, attempts):
    client = boto3.client("bedrock-runtime", config=Config(retries={"mode": "standard", "total_max_attempts": 2}))
    with pytest.raises(ClientError) as caught:
        client.converse(**ask(HAIKU, text))
    client.close()
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == attempts - 1


@pytest.mark.parametrize("text", [pytest.param("greet", id="small"), pytest.param("greet " * 2**20, id="large")])
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("credentials", "code", "message"),
    [
        pytest.param(
            {"aws_access_key_id": "SAPROLITELOCALDEVKEY", "aws_secret_access_key": "x" * 40},
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided.",
            id="wrong secret",
        ),
        pytest.param(
            {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x" * 40},
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            id="unknown key",
        ),
    ],
)
def test_nobody_known(operation, credentials, code, message, text):
    """A large request may be refused before it is sent."""
    client = boto3.client("bedrock-runtime", config=ONCE, **credentials)
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**OPERATIONS[operation](text))
    client.close()
    response = caught.value.response
    assert response["Error"]["Code"] == code
    assert response["Error"]["Message"].startswith(message)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
