"""The native bodies that the suites of all SDKs share."""

import functools
import json
import pathlib

# Native bodies, and where their answers hold what; paths are keys and indices
# between dots.
FAMILIES = json.loads((pathlib.Path(__file__).parent.parent / "families.json").read_text(encoding="utf-8"))


def name(family):
    return family["name"]


def invoke(family, prompt):
    """A request of a family with a prompt."""
    return {"modelId": family["model"], "body": json.dumps(family["body"]).replace("PROMPT", prompt)}


def at(document, path):
    """Follows a path through a document; what is not there is None."""

    def step(value, key):
        if isinstance(value, dict):
            return value.get(key)
        if isinstance(value, list) and int(key) < len(value):
            return value[int(key)]
        return None

    return functools.reduce(step, path.split("."), document)


def bare(model):
    """The model of a profile, which CountTokens wants."""
    return model.removeprefix("us.")


def header(answer, which):
    """A header of an answer, which boto3 has no member for."""
    return int(answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-bedrock-" + which])
