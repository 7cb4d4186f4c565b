// The native bodies that the suites of all SDKs share.
import { readFileSync } from "node:fs";

// families are native bodies, and where their answers hold what; paths are keys
// and indices between dots.
export const families = JSON.parse(readFileSync(new URL("../families.json", import.meta.url), "utf8"));

// invoke is a request of a family with a prompt.
export function invoke(family, prompt) {
  return { modelId: family.model, body: JSON.stringify(family.body).replaceAll("PROMPT", prompt) };
}

// at follows a path through a document; what is not there is undefined.
export function at(document, path) {
  return path.split(".").reduce((value, key) => value?.[key], document);
}

export function parse(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes));
}

// tokenCount keeps, of a client's answers, the header that tells the input's
// tokens: the SDK has no member for it.
export function tokenCount(client) {
  const seen = {};
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const headers = result.response.headers;
      seen.input = Number(headers["x-amzn-bedrock-input-token-count"]);
      seen.output = Number(headers["x-amzn-bedrock-output-token-count"]);
      seen.latency = Number(headers["x-amzn-bedrock-invocation-latency"]);
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  return seen;
}
