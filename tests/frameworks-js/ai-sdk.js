// The AI SDK, whose provider for Bedrock signs and speaks Converse by itself.
import { createAmazonBedrock } from "@ai-sdk/amazon-bedrock";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { all, endpoint, haiku, sonnet } from "./server.js";

export const name = "@ai-sdk/amazon-bedrock";

const bedrock = createAmazonBedrock({ baseURL: endpoint });

// What the tests of errors expect must not be tried again.
const settings = { model: bedrock(haiku), temperature: 0, maxOutputTokens: 96, maxRetries: 0 };

const loop = (prompt, weather) => ({
  ...settings,
  prompt,
  stopWhen: stepCountIs(4),
  tools: {
    [weather.name]: tool({ description: weather.description, inputSchema: weather.schema, execute: weather.run }),
  },
});

// calls tools until the model answers in words.
export async function calls(prompt, weather) {
  return (await generateText(loop(prompt, weather))).text;
}

export async function callsInStream(prompt, weather) {
  return streamText(loop(prompt, weather)).text;
}

// fills gives what the model puts in a schema: older models are made to call a
// tool "json", newer ones are given the schema itself.
export async function fills(prompt, schema) {
  const { output } = await generateText({ ...settings, prompt, output: Output.object({ schema }) });
  return output;
}

export async function fillsNatively(prompt, schema) {
  const { output } = await generateText({ ...settings, model: bedrock(sonnet), prompt, output: Output.object({ schema }) });
  return output;
}

export async function streams(prompt) {
  const answer = streamText({ ...settings, prompt });
  const pieces = await all(answer.textStream);
  const { inputTokens, outputTokens } = await answer.usage;
  return { pieces, inputTokens, outputTokens };
}

// fails gives the status and the message of a request that is refused.
export async function fails(prompt) {
  try {
    await generateText({ ...settings, prompt });
  } catch (error) {
    return { status: error.statusCode, message: error.message };
  }
}
