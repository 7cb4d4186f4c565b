// Anthropic's own SDK, which speaks the Messages API through InvokeModel.
import { AnthropicBedrock } from "@anthropic-ai/bedrock-sdk";
import { toJSONSchema } from "zod";
import { endpoint, haiku, sonnet } from "./server.js";

export const name = "@anthropic-ai/bedrock-sdk";

const client = new AnthropicBedrock({ baseURL: endpoint, maxRetries: 0 });
const settings = { model: haiku, temperature: 0, max_tokens: 96 };
const user = (content) => ({ role: "user", content });

// calls tools until the model answers in words.
export function calls(prompt, weather) {
  return loop(prompt, weather, (request) => client.messages.create(request));
}

export function callsInStream(prompt, weather) {
  return loop(prompt, weather, (request) => client.messages.stream(request).finalMessage());
}

async function loop(prompt, weather, ask) {
  const tools = [{ name: weather.name, description: weather.description, input_schema: inputSchema(weather.schema) }];
  const messages = [user(prompt)];
  for (let turn = 0; turn < 4; turn++) {
    const answer = await ask({ ...settings, tools, messages });
    if (answer.stop_reason !== "tool_use") return textOf(answer);
    messages.push({ role: "assistant", content: answer.content });
    const uses = answer.content.filter((block) => block.type === "tool_use");
    messages.push(user(await Promise.all(uses.map(async (use) => ({
      type: "tool_result", tool_use_id: use.id, content: await weather.run(use.input),
    })))));
  }
  throw new Error("the model calls without end");
}

// fills gives what the model puts in a schema: the input of a tool that it must
// call.
export async function fills(prompt, schema) {
  const answer = await client.messages.create({
    ...settings, messages: [user(prompt)],
    tools: [{ name: "Place", input_schema: inputSchema(schema) }],
    tool_choice: { type: "tool", name: "Place" },
  });
  return answer.content.find((block) => block.type === "tool_use").input;
}

export async function fillsNatively(prompt, schema) {
  const answer = await client.messages.create({
    ...settings, model: sonnet, messages: [user(prompt)],
    output_config: { format: { type: "json_schema", schema: inputSchema(schema) } },
  });
  return JSON.parse(textOf(answer));
}

export async function streams(prompt) {
  const answer = client.messages.stream({ ...settings, messages: [user(prompt)] });
  const pieces = [];
  answer.on("text", (piece) => pieces.push(piece));
  const { usage } = await answer.finalMessage();
  return { pieces, inputTokens: usage.input_tokens, outputTokens: usage.output_tokens };
}

// fails gives the status and the message of a request that is refused.
export async function fails(prompt) {
  try {
    await client.messages.create({ ...settings, messages: [user(prompt)] });
  } catch (error) {
    return { status: error.status, message: error.message };
  }
}

function textOf(answer) {
  return answer.content.map((block) => block.text ?? "").join("");
}

function inputSchema(schema) {
  const { $schema, ...rest } = toJSONSchema(schema);
  return rest;
}
