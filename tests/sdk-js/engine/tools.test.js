import { ConverseCommand, ConverseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, haiku, listen, onEveryTransport, say, sonnet } from "../clients.js";

const schema = {
  type: "object",
  properties: { city: { type: "string", maxLength: 24 }, unit: { enum: ["celsius", "fahrenheit"] } },
  required: ["city", "unit"],
  additionalProperties: false,
};
const tools = [{ toolSpec: { name: "get_weather", description: "Tells the weather of a city.", inputSchema: { json: schema } } }];
const inferenceConfig = { temperature: 0, maxTokens: 96 };

// satisfies holds a value to the schema.
function satisfies(value) {
  assert.deepEqual(Object.keys(value).sort(), ["city", "unit"]);
  assert.equal(typeof value.city, "string");
  assert.ok(schema.properties.unit.enum.includes(value.unit));
}

onEveryTransport("tools of the default model", ({ runtime }) => {
  test("a loop that ends in words", async () => {
    const messages = [say("user", "What is the weather in Paris?")];
    const request = () => new ConverseCommand({ modelId: haiku, toolConfig: { tools }, inferenceConfig, messages });
    const called = await runtime().send(request());
    assert.equal(called.stopReason, "tool_use");
    const { toolUse } = called.output.message.content.at(-1);
    assert.match(toolUse.toolUseId, /^tooluse_[\w-]{22}$/);
    satisfies(toolUse.input);
    const toolResult = { toolUseId: toolUse.toolUseId, content: [{ json: { sky: "sunny" } }] };
    messages.push(called.output.message, { role: "user", content: [{ toolResult }] });
    const told = await runtime().send(request());
    assert.notEqual(told.stopReason, "tool_use");
    assert.match(told.output.message.content[0].text, /\w/);
  });

  test("any calls, whatever was said, in fragments", async () => {
    const input = ask(haiku, "Hello!", { toolConfig: { tools, toolChoice: { any: {} } }, inferenceConfig });
    const told = await listen((await runtime().send(new ConverseStreamCommand(input))).stream);
    assert.equal(told.stop.stopReason, "tool_use");
    assert.equal(told.tool.name, "get_weather");
    assert.ok(told.deltas > 1);
    satisfies(JSON.parse(told.toolInput));
  });

  test("structured output", async () => {
    const outputConfig = { textFormat: { type: "json_schema", structure: { jsonSchema: { name: "place", schema: JSON.stringify(schema) } } } };
    const answer = await runtime().send(new ConverseCommand(ask(sonnet, "How warm is Paris?", { outputConfig, inferenceConfig })));
    satisfies(JSON.parse(answer.output.message.content[0].text));
  });
});
