// weather is a tool that script.yaml calls.
export const weather = {
  tools: [{
    toolSpec: {
      name: "get_weather",
      inputSchema: { json: { type: "object", properties: { city: { type: "string" } } } },
    },
  }],
};
