"""Prints short-term API keys of the generator for Python, one a line."""

from datetime import timedelta

from aws_bedrock_token_generator import provide_token
from botocore.credentials import Credentials


class Static:
    """A provider of the development key."""

    def __init__(self, token):
        self.token = token

    def load(self):
        return Credentials("SAPROLITELOCALDEVKEY", "local-development-only-secret-key-000000", self.token)


for token in [None, "IQoJb3JpZ2luX2VjEND//a+session/token=="]:
    for hours in [12, 1]:
        print(provide_token("eu-west-3", Static(token), timedelta(hours=hours)))
