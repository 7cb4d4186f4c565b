"""Requests of the tests, and how they read streams."""

import dataclasses

HAIKU = "anthropic.claude-3-haiku-20240307-v1:0"
SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "amazon.nova-lite-v1:0"

# A tool that script.yaml calls.
WEATHER = {
    "tools": [
        {
            "toolSpec": {
                "name": "get_weather",
                "inputSchema": {"json": {"type": "object", "properties": {"city": {"type": "string"}}}},
            }
        }
    ]
}


def say(role, text):
    return {"role": role, "content": [{"text": text}]}


def ask(model, text, **more):
    """A request with one user message."""
    return {"modelId": model, "messages": [say("user", text)], **more}


def text_of(answer):
    (block,) = answer["output"]["message"]["content"]
    return block["text"]


@dataclasses.dataclass
class Told:
    """What a stream told: the names of its events in their order, where a run of
    deltas is one, and what they hold."""

    order: list = dataclasses.field(default_factory=list)
    text: str = ""
    reasoning: str = ""
    signature: str = ""
    tool_input: str = ""
    deltas: int = 0
    tool: dict | None = None
    stop: dict | None = None
    metadata: dict | None = None

    def listen(self, stream):
        """Reads the stream to its end; what breaks it off is raised."""
        for event in stream:
            self._take(event)
        return self

    def _take(self, event):
        ((name, value),) = event.items()
        if name != "contentBlockDelta" or self.order[-1:] != [name]:
            self.order.append(name)
        if name == "contentBlockStart":
            self.tool = value["start"]["toolUse"]
        elif name == "contentBlockDelta":
            self._take_delta(value["delta"])
        elif name == "messageStop":
            self.stop = value
        elif name == "metadata":
            self.metadata = value

    def _take_delta(self, delta):
        self.deltas += 1
        self.text += delta.get("text", "")
        self.tool_input += delta.get("toolUse", {}).get("input", "")
        self.reasoning += delta.get("reasoningContent", {}).get("text", "")
        self.signature += delta.get("reasoningContent", {}).get("signature", "")
