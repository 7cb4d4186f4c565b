"""The requests of the SDK for Python."""

import os
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

CALLS = [
    ("converse", {
        "modelId": "anthropic.claude-3-haiku-20240307-v1:0",
        "messages": [{"role": "user", "content": [{"text": "Über  café"}]}],
    }),
    ("invoke_model", {
        "modelId": "amazon.titan-text-lite-v1", "body": b'{"inputText":"hi"}', "accept": "*/*",
        "contentType": "application/json", "guardrailIdentifier": "abcdefgh1234", "guardrailVersion": "1",
    }),
    ("list_async_invokes", {"nextToken": "a+b/c==  é~*'()!", "maxResults": 3}),
]

for token in [None, "IQoJb3JpZ2luX2VjEND//a+session/token=="]:
    session = boto3.Session(
        aws_access_key_id="SAPROLITELOCALDEVKEY",
        aws_secret_access_key="local-development-only-secret-key-000000",
        aws_session_token=token,
        region_name="us-east-1",
    )
    once = Config(retries={"total_max_attempts": 1})
    client = session.client("bedrock-runtime", endpoint_url=os.environ["ENDPOINT"], config=once)
    for name, arguments in CALLS:
        try:
            getattr(client, name)(**arguments)
        except (BotoCoreError, ClientError, KeyError):
            pass  # what the client makes of the answer does not matter
    security = session.client("sts", endpoint_url=os.environ["ENDPOINT"], config=Config(signature_version="v4"))
    url = security.generate_presigned_url("get_caller_identity", ExpiresIn=600, HttpMethod="GET")
    urllib.request.urlopen(url).close()
