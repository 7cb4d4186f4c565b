import {
  ConverseCommand, ConverseStreamCommand, CountTokensCommand, InvokeModelCommand,
} from "@aws-sdk/client-bedrock-runtime";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, haiku, listen, onEveryTransport, say } from "../clients.js";
import { at, families, invoke, parse, tokenCount } from "../families.js";

const question = "What is the capital of France?";
// askModel asks the question and leaves the model no choice.
const askModel = (more = {}) => ask(haiku, question, { inferenceConfig: { temperature: 0, maxTokens: 64, ...more } });

onEveryTransport("the default model", ({ runtime }) => {
  test("answers", async () => {
    const answer = await runtime().send(new ConverseCommand(askModel()));
    assert.match(answer.output.message.content[0].text, /Paris/);
    assert.equal(answer.stopReason, "end_turn");
    assert.equal(answer.usage.totalTokens, answer.usage.inputTokens + answer.usage.outputTokens);
  });

  test("answers piece by piece", async () => {
    const told = await listen((await runtime().send(new ConverseStreamCommand(askModel()))).stream);
    assert.match(told.text, /Paris/);
    assert.ok(told.deltas > 1);
    assert.equal(told.stop.stopReason, "end_turn");
    const whole = await runtime().send(new ConverseCommand(askModel()));
    assert.equal(told.metadata.usage.inputTokens, whole.usage.inputTokens);
  });

  test("stops at a stop sequence", async () => {
    const answer = await runtime().send(new ConverseCommand(askModel({ stopSequences: ["France"] })));
    assert.equal(answer.stopReason, "stop_sequence");
    assert.equal(answer.output.message.content[0].text, "The capital of ");
  });

  test("is cut at maxTokens", async () => {
    const answer = await runtime().send(new ConverseCommand(askModel({ maxTokens: 3 })));
    assert.equal(answer.stopReason, "max_tokens");
    assert.equal(answer.usage.outputTokens, 3);
  });

  test("counts a conversation exactly", async () => {
    const input = {
      system: [{ text: "Answer in one word. Ünïcödé counts too: 数える" }],
      messages: [say("user", question), say("assistant", "Paris."), say("user", "And of Italy?")],
    };
    const answer = await runtime().send(new ConverseCommand({ modelId: haiku, inferenceConfig: { maxTokens: 1 }, ...input }));
    const count = await runtime().send(new CountTokensCommand({ modelId: haiku, input: { converse: input } }));
    assert.equal(count.inputTokens, answer.usage.inputTokens);
  });

  for (const family of families) {
    test(`answers and counts a body of ${family.name}`, async () => {
      const client = runtime();
      const reported = tokenCount(client);
      const { modelId, body } = invoke(family, question);
      const answer = await client.send(new InvokeModelCommand({ modelId, body }));
      assert.match(at(parse(answer.body), family.text), /Paris/);
      const count = await runtime().send(new CountTokensCommand({
        modelId: modelId.replace(/^us\./, ""), input: { invokeModel: { body: new TextEncoder().encode(body) } },
      }));
      assert.equal(count.inputTokens, reported.input);
    });
  }
});
