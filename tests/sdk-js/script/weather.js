// weather is a tool that script.yaml calls.
export const weather = {
  tools: [{
    toolSpec: {
      name: "get_weather",
      inputSchema: { json: { type: "object", properties: { city: { type: "string" } } } },
    },
  }],
};

// results is the message that answers uses of tools.
export function results(...all) {
  return { role: "user", content: all.map((toolResult) => ({ toolResult })) };
}
