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
        assert.equal(await calls("What is the weather?", weather), "Take your sunglasses.");
        assert.equal(weather.inputs.length, 1);
        assert.equal(weather.inputs[0].city, "Paris");
      });
    }

    for (const [way, fills] of inEveryWay(framework, "fills", "fillsNatively")) {
      test(`${way} a schema`, async () => {
        assert.deepEqual(await fills("Describe Rome.", place), { city: "Rome", continent: "Europe", capital: true });
      });
    }

    test("streams", async () => {
      assert.deepEqual(await framework.streams("greet"), {
        pieces: ["Hi", " there", ",", " friend", "!"], inputTokens: 1, outputTokens: 5,
      });
    });

    for (const [prompt, status, message] of [["throttle", 429, "Slow down."], ["invalid", 400, "Not like this."]]) {
      test(`hears of an error: ${prompt}`, async () => {
        const error = await framework.fails(prompt);
        assert.equal(error.status, status);
        assert.ok(error.message.includes(message), error.message);
      });
    }
  });
}
