import {
  CountTokensCommand, InvokeModelCommand, InvokeModelWithResponseStreamCommand, ValidationException,
} from "@aws-sdk/client-bedrock-runtime";
import assert from "node:assert/strict";
import { test } from "node:test";
import { nova, onEveryTransport } from "../clients.js";
import { at, families, invoke, parse, tokenCount } from "../families.js";

onEveryTransport("InvokeModel", ({ runtime }) => {
  for (const family of families) {
    test(family.name, async () => {
      const client = runtime();
      const counted = tokenCount(client);
      const answer = await client.send(new InvokeModelCommand(invoke(family, "greet")));
      assert.equal(answer.contentType, "application/json");
      const body = parse(answer.body);
      assert.equal(at(body, family.text), "Hi there, friend!");
      assert.equal(at(body, family.stop), family.stopped);
      assert.equal(counted.input, 1);
      assert.equal(counted.output, 5);
      assert.ok(counted.latency >= 0);
    });

    test(`${family.name}, streamed`, async () => {
      const answer = await runtime().send(new InvokeModelWithResponseStreamCommand(invoke(family, "greet")));
      assert.equal(answer.contentType, "application/json");
      let text = "";
      let last;
      for await (const { chunk } of answer.body) {
        last = parse(chunk.bytes);
        text += at(last, family.delta) ?? "";
      }
      assert.equal(text, "Hi there, friend!");
      const metrics = last["amazon-bedrock-invocationMetrics"];
      assert.equal(metrics.inputTokenCount, 1);
      assert.equal(metrics.outputTokenCount, 5);
      assert.equal(typeof metrics.invocationLatency, "number");
      assert.equal(typeof metrics.firstByteLatency, "number");
    });

    test(`${family.name}, counted`, async () => {
      const client = runtime();
      const { modelId, body } = invoke(family, "Please count these words.");
      const reported = tokenCount(client);
      await client.send(new InvokeModelCommand({ modelId, body }));
      const count = await runtime().send(new CountTokensCommand({
        modelId: modelId.replace(/^us\./, ""), input: { invokeModel: { body: new TextEncoder().encode(body) } },
      }));
      assert.ok(count.inputTokens > 0);
      assert.equal(count.inputTokens, reported.input);
    });
  }

  for (const [name, modelId, body, message] of [
    ["an extraneous key", nova, { messages: [{ role: "user", content: [{ text: "greet" }] }], oops: 1 },
      "Malformed input request: #: extraneous key [oops] is not permitted, please reformat your input and try again."],
    ["a missing key", "amazon.titan-text-express-v1", {},
      "Malformed input request: #: required key [inputText] not found, please reformat your input and try again."],
  ]) {
    test(name, async () => {
      for (const Command of [InvokeModelCommand, InvokeModelWithResponseStreamCommand]) {
        await assert.rejects(runtime().send(new Command({ modelId, body: JSON.stringify(body) })), (error) => {
          assert.ok(error instanceof ValidationException);
          assert.equal(error.message, message);
          return true;
        });
      }
    });
  }
});
