"""Tools, and what the tests tell of them."""

import json

# A schema that the default model is held to.
PLACE = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 24},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
    },
    "required": ["city", "unit"],
    "additionalProperties": False,
}

# PLACE is the input of the tool.
STRICT = {
    "tools": [
        {
            "toolSpec": {
                "name": "get_weather",
                "description": "Tells the weather of a city.",
                "inputSchema": {"json": PLACE},
            }
        }
    ]
}

# PLACE is the answer.
OUTPUT = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"name": "place", "schema": json.dumps(PLACE)}}}}


def satisfies_place(value):
    return (
        value.keys() == {"city", "unit"}
        and isinstance(value["city"], str)
        and value["unit"] in PLACE["properties"]["unit"]["enum"]
    )


def use(identifier):
    """The message that calls the weather."""
    tool_use = {"toolUseId": identifier, "name": "get_weather", "input": {}}
    return {"role": "assistant", "content": [{"toolUse": tool_use}]}


def results(*all_results):
    """The message that answers uses of tools."""
    return {"role": "user", "content": [{"toolResult": result} for result in all_results]}


def result(identifier, *content, **more):
    return {"toolUseId": identifier, "content": list(content), **more}
