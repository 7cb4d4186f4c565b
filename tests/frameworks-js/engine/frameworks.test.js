import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { frameworks, inEveryWay } from "../frameworks.js";
import { place, weatherTool } from "../server.js";

for (const framework of frameworks) {
  describe(framework.name, () => {
    after(() => framework.close?.());

    for (const [way, calls] of inEveryWay(framework, "calls", "callsInStream")) {
      test(`${way} a tool, and ends in words`, async () => {
        const weather = weatherTool();
        const words = await calls("What is the weather in Paris?", weather);
        assert.match(words, /\w/);
        assert.equal(weather.inputs.length, 1);
        assert.deepEqual(weather.schema.parse(weather.inputs[0]), weather.inputs[0]);
      });
    }

    for (const [way, fills] of inEveryWay(framework, "fills", "fillsNatively")) {
      test(`${way} a schema`, async () => {
        const filled = await fills("Describe Paris, the capital of France.", place);
        assert.deepEqual(place.parse(filled), filled);
      });
    }

    test("streams", async () => {
      const { pieces, inputTokens, outputTokens } = await framework.streams("What is the capital of France?");
      assert.match(pieces.join(""), /Paris/);
      assert.ok(pieces.length > 1);
      assert.ok(inputTokens > 0 && outputTokens > 0);
    });
  });
}
