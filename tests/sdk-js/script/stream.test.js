import { ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, haiku, listen, onEveryTransport, sonnet } from "../clients.js";
import { weather } from "./weather.js";

onEveryTransport("ConverseStream", ({ runtime }) => {
  const stream = async (input) => listen((await runtime().send(new ConverseStreamCommand(input))).stream);

  test("an answer", async () => {
    const told = await stream(ask(haiku, "greet"));
    assert.deepEqual(told.order, ["messageStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"]);
    assert.equal(told.text, "Hi there, friend!");
    assert.equal(told.deltas, 5);
    assert.equal(told.stop.stopReason, "end_turn");
    assert.deepEqual(told.metadata.usage, { inputTokens: 1, outputTokens: 5, totalTokens: 6 });
    assert.equal(typeof told.metadata.metrics.latencyMs, "number");
  });

  test("reasoning", async () => {
    const told = await stream(ask(sonnet, "think"));
    assert.deepEqual(told.order, [
      "messageStart", "contentBlockDelta", "contentBlockStop", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata",
    ]);
    assert.equal(told.reasoning, "Let me see.");
    assert.equal(told.signature, "c2lnbmF0dXJl");
    assert.equal(told.text, "I see.");
  });

  test("a tool", async () => {
    const told = await stream(ask(haiku, "What is the weather?", { toolConfig: weather }));
    assert.deepEqual(told.tool, { toolUseId: "tooluse_weather", name: "get_weather" });
    assert.deepEqual(JSON.parse(told.toolInput), { city: "Paris", days: 2 });
    assert.equal(told.stop.stopReason, "tool_use");
  });

  test("a stop sequence, and the fields that tell it", async () => {
    const told = await stream(ask(haiku, "greet", {
      inferenceConfig: { stopSequences: [" there"] },
      additionalModelResponseFieldPaths: ["/stop_sequence", "/absent"],
    }));
    assert.equal(told.text, "Hi");
    assert.equal(told.stop.stopReason, "stop_sequence");
    assert.deepEqual(told.stop.additionalModelResponseFields, { stop_sequence: " there" });
  });

  test("max_tokens", async () => {
    const told = await stream(ask(haiku, "greet", { inferenceConfig: { maxTokens: 2 } }));
    assert.equal(told.text, "Hi there");
    assert.equal(told.stop.stopReason, "max_tokens");
  });
});
