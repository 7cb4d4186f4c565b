// All that the tests know of the server is in the environment, as
// "saprolite serve" tells to paste it.
import { z } from "zod";

export const endpoint = process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME;

// Two models of Anthropic: to the older one, structured output is a tool; the newer
// one takes the schema itself.
export const haiku = "anthropic.claude-3-haiku-20240307-v1:0";
export const sonnet = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

// place is a schema that answers are held to.
export const place = z.object({ city: z.string(), continent: z.enum(["Africa", "Asia", "Europe"]), capital: z.boolean() });

// weatherTool is a tool, and the inputs that it was called with.
export function weatherTool() {
  const inputs = [];
  return {
    inputs,
    name: "get_weather",
    description: "Tells the weather of a city.",
    schema: z.object({ city: z.string() }),
    run: async (input) => {
      inputs.push(input);
      return "It is sunny.";
    },
  };
}

// all reads a stream to its end.
export async function all(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return parts;
}
