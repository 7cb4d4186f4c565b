import { ConverseCommand, CountTokensCommand } from "@aws-sdk/client-bedrock-runtime";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, haiku, nova, onEveryTransport, say, sonnet } from "../clients.js";
import { weather } from "./weather.js";

onEveryTransport("Converse", ({ runtime }) => {
  const converse = (input) => runtime().send(new ConverseCommand(input));
  const text = (answer) => answer.output.message.content[0].text;

  test("an answer", async () => {
    const answer = await converse(ask(haiku, "greet"));
    assert.deepEqual(answer.output.message, say("assistant", "Hi there, friend!"));
    assert.equal(answer.stopReason, "end_turn");
    assert.deepEqual(answer.usage, { inputTokens: 1, outputTokens: 5, totalTokens: 6 });
    assert.equal(typeof answer.metrics.latencyMs, "number");
    assert.equal(answer.$metadata.httpStatusCode, 200);
    assert.match(answer.$metadata.requestId, /^[0-9a-f-]{36}$/);
  });

  test("usage", async () => {
    const { usage } = await converse(ask(haiku, "usage"));
    assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.totalTokens], [12, 34, 46]);
  });

  test("reasoning, and the conversation after it", async () => {
    const { message } = (await converse(ask(sonnet, "think"))).output;
    assert.deepEqual(message.content, [
      { reasoningContent: { reasoningText: { text: "Let me see.", signature: "c2lnbmF0dXJl" } } },
      { text: "I see." },
    ]);
    const next = await converse({ modelId: sonnet, messages: [say("user", "think"), message, say("user", "greet")] });
    assert.equal(text(next), "Hi there, friend!");
  });

  test("a tool, and what its result leads to", async () => {
    const answer = await converse(ask(haiku, "What is the weather?", { toolConfig: weather }));
    assert.equal(answer.stopReason, "tool_use");
    const { message } = answer.output;
    assert.deepEqual(message.content[1].toolUse, {
      toolUseId: "tooluse_weather", name: "get_weather", input: { city: "Paris", days: 2 },
    });
    const result = { toolUseId: "tooluse_weather", content: [{ text: "It is sunny." }] };
    const next = await converse({
      modelId: haiku, toolConfig: weather,
      messages: [say("user", "What is the weather?"), message, { role: "user", content: [{ toolResult: result }] }],
    });
    assert.equal(text(next), "Take your sunglasses.");
    assert.equal(next.stopReason, "end_turn");
  });

  test("several turns and a system prompt", async () => {
    const answer = await converse({
      modelId: haiku, system: [{ text: "Be kind." }],
      messages: [say("user", "greet"), say("assistant", "Hi!"), say("user", "remember")],
    });
    assert.equal(text(answer), "That was our turn 2; the system said Be kind.");
  });

  for (const [stopReason, inferenceConfig, want] of [
    ["end_turn", { maxTokens: 5 }, "Hi there, friend!"],
    ["max_tokens", { maxTokens: 2 }, "Hi there"],
    ["stop_sequence", { stopSequences: ["never", " there"] }, "Hi"],
  ]) {
    test(`the stop reason ${stopReason}`, async () => {
      const answer = await converse(ask(haiku, "greet", { inferenceConfig }));
      assert.equal(answer.stopReason, stopReason);
      assert.equal(text(answer), want);
    });
  }

  for (const [modelId, additionalModelRequestFields] of [
    [haiku, { max_tokens: 2, top_k: 10 }],
    [nova, { inferenceConfig: { maxTokens: 2, topK: 10 } }],
  ]) {
    test(`additionalModelRequestFields of ${modelId}`, async () => {
      const answer = await converse(ask(modelId, "greet", { additionalModelRequestFields }));
      assert.equal(answer.stopReason, "max_tokens");
      assert.equal(text(answer), "Hi there");
    });
  }

  test("additionalModelResponseFieldPaths", async () => {
    const answer = await converse(ask(haiku, "greet", {
      inferenceConfig: { stopSequences: [" there"] },
      additionalModelResponseFieldPaths: ["/stop_sequence", "/absent"],
    }));
    assert.deepEqual(answer.additionalModelResponseFields, { stop_sequence: " there" });
  });

  test("what an answer repeats of its request", async () => {
    const answer = await converse(ask(nova, "greet", {
      performanceConfig: { latency: "standard" }, serviceTier: { type: "default" }, requestMetadata: { team: "blue" },
    }));
    assert.deepEqual(answer.performanceConfig, { latency: "standard" });
    assert.deepEqual(answer.serviceTier, { type: "default" });
    const plain = await converse(ask(nova, "greet"));
    assert.equal(plain.performanceConfig, undefined);
    assert.equal(plain.serviceTier, undefined);
  });

  for (const [id, model] of [
    [haiku, haiku],
    [`us.${haiku}`, haiku],
    ["amazon.titan-text-express-v1", "amazon.titan-text-express-v1"],
    [`arn:aws:bedrock:us-east-1::foundation-model/${haiku}`, haiku],
    [`arn:aws:bedrock:us-east-1:123456789012:inference-profile/${sonnet}`, sonnet.slice("us.".length)],
    ["arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0", nova],
  ]) {
    test(`the model id ${id}`, async () => {
      assert.equal(text(await converse(ask(id, "who"))), model);
    });
  }

  test("many calls of one client at the same time", async () => {
    const client = runtime();
    const questions = Array.from({ length: 16 }, (_, i) => `question ${i}`);
    const answers = await Promise.all(questions.map((question) => client.send(new ConverseCommand(ask(haiku, question)))));
    assert.deepEqual(answers.map(text), questions.map((question) => `You said: ${question}`));
  });

  test("CountTokens", async () => {
    const input = {
      messages: [say("user", "Please count these words, one by one.")], system: [{ text: "Be exact." }], toolConfig: weather,
    };
    const { usage } = await converse({ modelId: haiku, ...input });
    const count = await runtime().send(new CountTokensCommand({ modelId: haiku, input: { converse: input } }));
    assert.ok(count.inputTokens > 0);
    assert.equal(count.inputTokens, usage.inputTokens);
  });
});
