"""Credentials that are good, and such as are not, as SAPROLITE_CREDENTIALS lists
them."""

import json
import os

import boto3
import pytest
from aws_bedrock_token_generator import provide_token
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from conftest import ONCE
from conversation import ask


class Static:
    """A provider of one access key."""

    def __init__(self, access_key, secret, token):
        self.credentials = Credentials(access_key, secret, token)

    def load(self):
        return self.credentials


def listed():
    return json.loads(os.environ["SAPROLITE_CREDENTIALS"])


@pytest.fixture(params=listed(), ids=lambda credential: credential["name"])
def credential(request, monkeypatch):
    """A credential; an API key is in the environment, where boto3 looks for it."""
    credential = request.param
    key = credential.get("apiKey")
    if credential.get("generate"):
        of = Static(credential["accessKeyId"], credential["secret"], credential.get("sessionToken"))
        key = provide_token("us-east-1", of)
    if key:
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", key)
    return credential


def test_credential(credential):
    client = boto3.client(
        "bedrock-runtime",
        aws_access_key_id=credential.get("accessKeyId"),
        aws_secret_access_key=credential.get("secret"),
        aws_session_token=credential.get("sessionToken"),
        config=ONCE,
    )
    try:
        if "code" not in credential:
            answer = client.converse(**ask(credential["model"], "greet"))
            assert answer["output"]["message"]["content"][0]["text"] == "Hi there, friend!"
            return
        with pytest.raises(ClientError) as refusal:
            client.converse(**ask(credential["model"], "greet"))
        response = refusal.value.response
        assert response["Error"]["Code"] == credential["code"]
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert response["Error"]["Message"].startswith(credential["message"])
    finally:
        client.close()
