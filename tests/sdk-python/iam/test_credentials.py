"""The credentials of `auth: iam`: the environment has an access key of a user who may
do everything, and besides

    SAPROLITE_TEST_API_KEY   a long-term API key of that user
    SAPROLITE_TEST_ROLE      the ARN of a role that may invoke models, and that trusts that
                             user and service account system:serviceaccount:default:app
    SAPROLITE_TEST_TOKEN     the file with a token of that service account

botocore sends API keys over https only."""

import os
from datetime import timedelta

import boto3
import pytest
from aws_bedrock_token_generator import provide_token
from botocore.exceptions import ClientError

from conftest import ONCE
from conversation import HAIKU, ask

ROLE = os.environ.get("SAPROLITE_TEST_ROLE")
SECURE = os.environ.get("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "").startswith("https:")
over_tls = pytest.mark.skipif(not SECURE, reason="API keys need an endpoint with https")


def refusal(client, code, message):
    """Calls, and holds the refusal to what the service says."""
    with pytest.raises(ClientError) as refused:
        client.converse(**ask(HAIKU, "greet"))
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["Error"]["Message"] == message


@pytest.fixture
def bearer(monkeypatch):
    """Makes clients that send an API key."""

    def client(key, service="bedrock-runtime"):
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", key)
        return boto3.client(service, config=ONCE)

    return client


@over_tls
@pytest.mark.parametrize("kind", ["short-term", "long-term"])
def test_api_key(bearer, kind):
    region = boto3.Session().region_name
    key = os.environ["SAPROLITE_TEST_API_KEY"]
    if kind == "short-term":
        key = provide_token(region, expiry=timedelta(minutes=1))
    runtime = bearer(key)
    assert runtime.converse(**ask(HAIKU, "greet"))["output"]["message"]["role"] == "assistant"
    events = [name for event in runtime.converse_stream(**ask(HAIKU, "greet"))["stream"] for name in event]
    assert events[-1] == "metadata"
    assert bearer(key, "bedrock").list_foundation_models()["modelSummaries"]


@over_tls
def test_api_key_of_nobody(bearer):
    good = provide_token(boto3.Session().region_name)
    for key in [good[:-8], good + "AAAA", "bedrock-api-key-", "ABSKnobody"]:
        refusal(bearer(key), "AccessDeniedException", "Authentication failed: Please make sure your API Key is valid.")


def test_assumed_role():
    security = boto3.client("sts", config=ONCE)
    assert ":user/" in security.get_caller_identity()["Arn"]
    made = security.assume_role(RoleArn=ROLE, RoleSessionName="job", DurationSeconds=900)["Credentials"]
    session = boto3.Session(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    arn = session.client("sts", config=ONCE).get_caller_identity()["Arn"]
    assert arn.startswith("arn:aws:sts::") and arn.endswith("/job")
    assert session.client("bedrock-runtime", config=ONCE).converse(**ask(HAIKU, "greet"))["stopReason"] == "end_turn"

    broken = boto3.Session(made["AccessKeyId"], made["SecretAccessKey"], "A" + made["SessionToken"])
    refusal(
        broken.client("bedrock-runtime", config=ONCE),
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )


def test_pod(monkeypatch):
    """As in a container, the default chain has nothing but the token to go by."""
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", os.environ["SAPROLITE_TEST_TOKEN"])
    session = boto3.Session()
    assert session.client("bedrock-runtime", config=ONCE).converse(**ask(HAIKU, "greet"))["stopReason"] == "end_turn"
    assert session.get_credentials().access_key.startswith("ASIA")


def test_pod_whose_token_is_no_good(monkeypatch, tmp_path):
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]:
        monkeypatch.delenv(name)
    token = tmp_path / "token"
    token.write_text(open(os.environ["SAPROLITE_TEST_TOKEN"]).read()[:-8] + "AAAAAAAA")
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    with pytest.raises(ClientError) as refused:
        boto3.Session().client("bedrock-runtime", config=ONCE).converse(**ask(HAIKU, "greet"))
    assert refused.value.response["Error"]["Code"] == "InvalidIdentityToken"
