import { ConverseCommand, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, haiku, onEveryTransport, say, sonnet } from "../clients.js";
import { results, weather } from "./weather.js";

const question = say("user", "What is the weather?");

onEveryTransport("tools", ({ runtime }) => {
  const converse = (input) => runtime().send(new ConverseCommand(input));

  for (const toolChoice of [{ auto: {} }, { any: {} }, { tool: { name: "get_weather" } }]) {
    test(`a loop of ${Object.keys(toolChoice)}`, async () => {
      const toolConfig = { ...weather, toolChoice };
      const called = await converse({ modelId: haiku, toolConfig, messages: [question] });
      assert.equal(called.stopReason, "tool_use");
      const { message } = called.output;
      const { toolUseId } = message.content[1].toolUse;
      const told = await converse({
        modelId: haiku, toolConfig, messages: [question, message, results({ toolUseId, content: [{ text: "It is sunny." }] })],
      });
      assert.equal(told.output.message.content[0].text, "Take your sunglasses.");
    });
  }

  test("a choice of a tool that is not there is refused", async () => {
    const toolConfig = { ...weather, toolChoice: { tool: { name: "get_time" } } };
    await assert.rejects(converse({ modelId: haiku, toolConfig, messages: [question] }), {
      name: "ValidationException",
      message: "The model returned the following errors: Tool 'get_time' not found in provided tools",
    });
  });

  test("two at once, with a result in JSON and one that failed", async () => {
    const messages = [say("user", "Compare the weather of two cities.")];
    const called = await converse({ modelId: haiku, toolConfig: weather, messages });
    const uses = called.output.message.content.map((block) => block.toolUse);
    assert.deepEqual(uses.map((use) => use.input), [{ city: "Paris" }, { city: "Rome" }]);
    messages.push(called.output.message, results(
      { toolUseId: uses[0].toolUseId, content: [{ json: { celsius: 21 } }], status: "success" },
      { toolUseId: uses[1].toolUseId, content: [{ text: "No such city." }], status: "error" },
    ));
    const told = await converse({ modelId: haiku, toolConfig: weather, messages });
    assert.equal(told.output.message.content[0].text, "One is warm, the other is unknown.");
  });

  test("two at once, streamed: each block has its own fragments", async () => {
    const { stream } = await runtime().send(new ConverseStreamCommand(ask(haiku, "The weather of two cities?", { toolConfig: weather })));
    const blocks = [];
    for await (const { contentBlockStart: start, contentBlockDelta: delta } of stream) {
      if (start) blocks[start.contentBlockIndex] = { ...start.start.toolUse, input: "", fragments: 0 };
      if (!delta) continue;
      blocks[delta.contentBlockIndex].input += delta.delta.toolUse.input;
      blocks[delta.contentBlockIndex].fragments++;
    }
    assert.deepEqual(blocks.map(({ toolUseId, input }) => [toolUseId, JSON.parse(input)]), [
      ["tooluse_paris", { city: "Paris" }], ["tooluse_rome", { city: "Rome" }],
    ]);
    assert.ok(blocks.every(({ fragments }) => fragments > 1));
  });

  const use = { role: "assistant", content: [{ toolUse: { toolUseId: "tooluse_1", name: "get_weather", input: {} } }] };
  const sunny = (toolUseId) => ({ toolUseId, content: [{ text: "It is sunny." }] });
  for (const [name, message, last, toolConfig = weather] of [
    ["a use without its result", "Expected toolResult blocks at messages.2.content for the following Ids: tooluse_1", say("user", "Well?")],
    ["more results than uses", "The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of previous turn.",
      results(sunny("tooluse_1"), sunny("tooluse_2"))],
    ["a failure that says nothing", "The content field at messages.2.content.0.toolResult cannot be empty when status value is error.",
      results({ toolUseId: "tooluse_1", content: [], status: "error" })],
    ["a result without tools", "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
      results(sunny("tooluse_1")), null],
  ]) {
    test(`${name} is refused`, async () => {
      const input = { modelId: haiku, messages: [question, use, last], ...(toolConfig && { toolConfig }) };
      await assert.rejects(converse(input), { name: "ValidationException", message });
    });
  }

  test("structured output", async () => {
    const schema = JSON.stringify({ type: "object", properties: { city: { type: "string" } }, required: ["city"] });
    const outputConfig = { textFormat: { type: "json_schema", structure: { jsonSchema: { name: "place", schema } } } };
    const answer = await converse(ask(sonnet, "Describe Rome.", { outputConfig }));
    assert.deepEqual(JSON.parse(answer.output.message.content[0].text), { city: "Rome", continent: "Europe", capital: true });
  });

  const cachePoint = { type: "default" };
  test("cache points, and what was read and written", async () => {
    const { usage } = await converse({
      modelId: sonnet,
      system: [{ text: "Be brief." }, { cachePoint }],
      toolConfig: { tools: [...weather.tools, { cachePoint }] },
      messages: [{ role: "user", content: [{ text: "cached" }, { cachePoint }] }],
    });
    assert.equal(usage.cacheReadInputTokens, 2000);
    assert.equal(usage.cacheWriteInputTokens, 200);
    assert.equal(usage.totalTokens, 3 + 5 + 2000 + 200);
  });

  test("a cache point on a model without a cache is refused", async () => {
    const input = { modelId: haiku, messages: [{ role: "user", content: [{ text: "cached" }, { cachePoint }] }] };
    await assert.rejects(converse(input), { name: "ValidationException", message: /prompt caching/ });
  });
});
