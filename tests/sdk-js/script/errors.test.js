import * as sdk from "@aws-sdk/client-bedrock-runtime";
import { ConfiguredRetryStrategy } from "@smithy/core/retry";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, haiku, listen, nova, onEveryTransport } from "../clients.js";
import { at, families, invoke, parse } from "../families.js";
import { weather } from "./weather.js";

const unexpected = "The system encountered an unexpected error during processing. Try your request again.";

// What script.yaml answers with an error.
const failures = {
  throttle: ["ThrottlingException", 429, { message: "Slow down." }],
  unready: ["ModelNotReadyException", 429, { message: "Model is not ready for inference. Wait and try your request again." }],
  timeout: ["ModelTimeoutException", 408, { message: "Model has timed out in processing the request. Try your request again." }],
  unavailable: ["ServiceUnavailableException", 503, { message: "Bedrock is unable to process your request." }],
  quota: ["ServiceQuotaExceededException", 400, {}],
  missing: ["ResourceNotFoundException", 404, {}],
  forbidden: ["AccessDeniedException", 403, { message: "You don't have access to the model with the specified model ID." }],
  internal: ["InternalServerException", 500, { message: unexpected }],
  invalid: ["ValidationException", 400, { message: "Not like this." }],
  broken: ["ModelErrorException", 424, { message: "The model is gone.", originalStatusCode: 500, resourceName: "model-7" }],
};

// What script.yaml breaks off.
const breaks = {
  "break throttle": ["ThrottlingException", { message: "Slow down." }],
  "break model": ["ModelStreamErrorException", { message: "The model is gone.", originalMessage: "killed", originalStatusCode: 500 }],
  "break internal": ["InternalServerException", { message: unexpected }],
  "break invalid": ["ValidationException", { message: "Not like this." }],
  "break unavailable": ["ServiceUnavailableException", { message: "Gone." }],
};

// is holds an error to a class of the SDK and its members.
function is(error, type, members) {
  assert.ok(error instanceof sdk[type], `${error.name}: ${error.message}`);
  assert.equal(error.name, type);
  for (const [name, value] of Object.entries(members)) assert.equal(error[name], value);
  return true;
}

onEveryTransport("errors", ({ runtime }) => {
  const commands = (text) => [
    new sdk.ConverseCommand(ask(haiku, text)),
    new sdk.ConverseStreamCommand(ask(haiku, text)),
    new sdk.InvokeModelCommand(invoke(families[0], text)),
    new sdk.InvokeModelWithResponseStreamCommand(invoke(families[0], text)),
  ];

  for (const [text, [type, status, members]] of Object.entries(failures)) {
    test(`${type} instead of an answer`, async () => {
      for (const command of commands(text)) {
        await assert.rejects(runtime().send(command), (error) => {
          assert.equal(error.$metadata.httpStatusCode, status);
          assert.match(error.$metadata.requestId, /^[0-9a-f-]{36}$/);
          return is(error, type, members);
        });
      }
    });
  }

  for (const [text, [type, members]] of Object.entries(breaks)) {
    test(`${type} inside a stream`, async () => {
      const { stream } = await runtime().send(new sdk.ConverseStreamCommand(ask(haiku, text)));
      await assert.rejects(listen(stream), (error) => {
        assert.deepEqual(error.told.order, ["messageStart", "contentBlockDelta"]);
        assert.equal(error.told.text, "one two");
        return is(error, type, members);
      });
    });

    test(`${type} inside a native stream`, async () => {
      const { body } = await runtime().send(new sdk.InvokeModelWithResponseStreamCommand(invoke(families[0], text)));
      let said = "";
      await assert.rejects(async () => {
        for await (const { chunk } of body) said += at(parse(chunk.bytes), families[0].delta) ?? "";
      }, (error) => is(error, type, members));
      assert.equal(said, "one two");
    });
  }

  for (const [name, input, message] of [
    ["an unknown model", ask("acme.no-such-model-v1:0", "greet"), "The provided model identifier is invalid."],
    ["a constraint", ask(haiku, "greet", { inferenceConfig: { temperature: 1.5 } }),
      "1 validation error detected: Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1"],
    ["two constraints", ask(haiku, "greet", { inferenceConfig: { maxTokens: 0, temperature: 1.5 } }),
      "2 validation errors detected: Value '0' at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
      "Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1"],
    ["a blank text", ask(haiku, " \n"),
      "The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again."],
    ["an additional field that the model does not know", ask(nova, "greet", { additionalModelRequestFields: { oops: 1 } }),
      "The model returned the following errors: Malformed input request: #: extraneous key [oops] is not permitted, please reformat your input and try again."],
    ["a model without tools", ask("amazon.titan-text-express-v1", "weather", { toolConfig: weather }), "This model doesn't support tool use."],
    ["a pointer that is none", ask(haiku, "greet", { additionalModelResponseFieldPaths: ["stop_sequence"] }), undefined],
  ]) {
    test(`${name} is refused`, async () => {
      await assert.rejects(runtime().send(new sdk.ConverseCommand(input)), (error) => is(error, "ValidationException", message ? { message } : {}));
    });
  }

  for (const [text, attempts] of [["throttle", 2], ["unready", 2], ["unavailable", 2], ["internal", 2], ["invalid", 1], ["forbidden", 1]]) {
    test(`${text} is tried ${attempts} times`, async () => {
      const retryStrategy = new ConfiguredRetryStrategy(2, 0);
      await assert.rejects(runtime({ retryStrategy }).send(new sdk.ConverseCommand(ask(haiku, text))), (error) => {
        assert.equal(error.$metadata.attempts, attempts);
        return true;
      });
    });
  }

  for (const [name, credentials, code, message] of [
    ["a wrong secret", { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: "x".repeat(40) },
      "InvalidSignatureException", /^The request signature we calculated does not match the signature you provided\./],
    ["an unknown key", { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY },
      "UnrecognizedClientException", /^The security token included in the request is invalid\.$/],
  ]) {
    test(`${name} is refused`, async () => {
      for (const command of commands("greet")) {
        await assert.rejects(runtime({ credentials }).send(command), (error) => {
          assert.equal(error.name, code);
          assert.equal(error.$metadata.httpStatusCode, 403);
          assert.match(error.message, message);
          return true;
        });
      }
    });
  }
});
