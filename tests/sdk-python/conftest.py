"""The clients of the tests. All they know of the server is in the environment, as
"saprolite serve" tells to paste it."""

import boto3
import pytest
from botocore.config import Config

# What the tests of errors expect must not be tried again.
ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture(scope="session")
def runtime():
    client = boto3.client("bedrock-runtime", config=ONCE)
    yield client
    client.close()


@pytest.fixture(scope="session")
def control():
    client = boto3.client("bedrock", config=ONCE)
    yield client
    client.close()
