// The clients of the tests. All they know of the server is in the environment, as
// "saprolite serve" tells to paste it.
import { BedrockClient } from "@aws-sdk/client-bedrock";
import { BedrockRuntimeClient } from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { after, describe } from "node:test";

export const haiku = "anthropic.claude-3-haiku-20240307-v1:0";
export const sonnet = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
export const nova = "amazon.nova-lite-v1:0";

// What the tests of errors expect must not be tried again.
const once = { maxAttempts: 1 };

const transports = {
  "HTTP/2": () => ({}),
  "HTTP/1.1": () => ({ requestHandler: new NodeHttpHandler() }),
};

// onEveryTransport runs the tests twice: with the SDK's default handler, which
// speaks HTTP/2 with prior knowledge, and with that of HTTP/1.1. Clients made by
// runtime and control end with the tests.
export function onEveryTransport(name, tests) {
  for (const [transport, options] of Object.entries(transports)) {
    describe(`${name}, ${transport}`, () => {
      const clients = [];
      const make = (Client) => (more = {}) => {
        const client = new Client({ ...once, ...options(), ...more });
        clients.push(client);
        return client;
      };
      after(() => clients.forEach((client) => client.destroy()));
      tests({ runtime: make(BedrockRuntimeClient), control: make(BedrockClient) });
    });
  }
}

// ask is a request with one user message.
export function ask(modelId, text, more = {}) {
  return { modelId, messages: [say("user", text)], ...more };
}

export function say(role, text) {
  return { role, content: [{ text }] };
}

// listen reads a stream to its end: the names of its events in their order, where
// a run of deltas is one, and what they hold. What breaks the stream off is thrown,
// with what was told before.
export async function listen(stream) {
  const told = { order: [], text: "", reasoning: "", signature: "", toolInput: "", deltas: 0 };
  try {
    for await (const event of stream) take(told, event);
  } catch (error) {
    throw Object.assign(error, { told });
  }
  return told;
}

function take(told, event) {
  const [name] = Object.keys(event);
  const value = event[name];
  if (name !== "contentBlockDelta" || told.order.at(-1) !== name) told.order.push(name);
  switch (name) {
    case "contentBlockStart":
      told.tool = value.start.toolUse;
      break;
    case "contentBlockDelta":
      told.deltas++;
      told.text += value.delta.text ?? "";
      told.toolInput += value.delta.toolUse?.input ?? "";
      told.reasoning += value.delta.reasoningContent?.text ?? "";
      told.signature += value.delta.reasoningContent?.signature ?? "";
      break;
    case "messageStop":
      told.stop = value;
      break;
    case "metadata":
      told.metadata = value;
  }
}
