// LangChain, over the AWS SDK for JavaScript.
import { BedrockRuntimeClient } from "@aws-sdk/client-bedrock-runtime";
import { HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatBedrockConverse } from "@langchain/aws";
import { all, haiku } from "./server.js";

export const name = "@langchain/aws";

// A client of our own: the one that it makes speaks TLS only.
const client = new BedrockRuntimeClient({ maxAttempts: 1 });
const model = new ChatBedrockConverse({
  client, model: haiku, region: process.env.AWS_REGION, temperature: 0, maxTokens: 96, maxRetries: 0,
});

export function close() {
  client.destroy();
}

// calls tools until the model answers in words.
export async function calls(prompt, weather) {
  return loop(prompt, weather, (bound, messages) => bound.invoke(messages));
}

export async function callsInStream(prompt, weather) {
  return loop(prompt, weather, async (bound, messages) => {
    const chunks = await all(await bound.stream(messages));
    return chunks.reduce((whole, chunk) => whole.concat(chunk));
  });
}

async function loop(prompt, weather, ask) {
  const callable = tool(weather.run, { name: weather.name, description: weather.description, schema: weather.schema });
  const bound = model.bindTools([callable]);
  const messages = [new HumanMessage(prompt)];
  for (let turn = 0; turn < 4; turn++) {
    const answer = await ask(bound, messages);
    if (!answer.tool_calls?.length) return answer.text;
    messages.push(answer);
    for (const call of answer.tool_calls) messages.push(await callable.invoke(call));
  }
  throw new Error("the model calls without end");
}

// fills gives what the model puts in a schema, which is the input of a tool.
export function fills(prompt, schema) {
  return model.withStructuredOutput(schema, { name: "Place" }).invoke(prompt);
}

export async function streams(prompt) {
  const chunks = await all(await model.stream(prompt));
  const { usage_metadata: usage } = chunks.reduce((whole, chunk) => whole.concat(chunk));
  return {
    pieces: chunks.map((chunk) => chunk.text).filter(Boolean),
    inputTokens: usage.input_tokens, outputTokens: usage.output_tokens,
  };
}

// fails gives the status and the message of a request that is refused.
export async function fails(prompt) {
  try {
    await model.invoke(prompt);
  } catch (error) {
    return { status: error.$metadata.httpStatusCode, message: error.message };
  }
}
