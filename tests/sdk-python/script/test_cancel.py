"""That the server notices is seen when it ends: it waits for nothing then."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from conversation import HAIKU, ask
from native import FAMILIES, invoke


def test_gives_up_on_converse():
    client = boto3.client("bedrock-runtime", config=Config(read_timeout=0.2, retries={"total_max_attempts": 1}))
    with pytest.raises(ReadTimeoutError):
        client.converse(**ask(HAIKU, "hang"))
    client.close()


def test_closes_a_stream(runtime):
    stream = runtime.converse_stream(**ask(HAIKU, "hang"))["stream"]
    assert next(iter(stream)) == {"messageStart": {"role": "assistant"}}
    stream.close()


def test_closes_a_native_stream(runtime):
    body = runtime.invoke_model_with_response_stream(**invoke(FAMILIES[0], "hang"))["body"]
    assert next(iter(body))["chunk"]["bytes"]
    body.close()
