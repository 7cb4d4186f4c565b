// The credentials of `auth: iam`: the environment has an access key of a user who may
// do everything, and besides
//
//   SAPROLITE_TEST_API_KEY   a long-term API key of that user
//   SAPROLITE_TEST_ROLE      the ARN of a role that may invoke models, and that trusts
//                            service account system:serviceaccount:default:app
//   SAPROLITE_TEST_TOKEN     the file with a token of that service account
import { ConverseCommand, ConverseStreamCommand, InvokeModelCommand } from "@aws-sdk/client-bedrock-runtime";
import { ListFoundationModelsCommand } from "@aws-sdk/client-bedrock";
import { getToken } from "@aws/bedrock-token-generator";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, haiku, listen, onEveryTransport } from "../clients.js";

const user = { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY };
const region = process.env.AWS_REGION ?? "us-east-1";

// bearer makes the SDK send an API key in place of a signature.
const bearer = (token) => ({ token: { token }, authSchemePreference: ["httpBearerAuth"] });

// refused holds an error to what the service says of an API key.
const refused = (message) => (error) => {
  assert.equal(error.name, "AccessDeniedException");
  assert.equal(error.$metadata.httpStatusCode, 403);
  assert.equal(error.message, message);
  return true;
};

onEveryTransport("credentials", ({ runtime, control }) => {
  for (const [name, key] of Object.entries({
    "a short-term key": () => getToken({ region, credentials: user, expiresInSeconds: 60 }),
    "a long-term key": () => process.env.SAPROLITE_TEST_API_KEY,
  })) {
    test(name, async () => {
      const client = runtime(bearer(await key()));
      const { output } = await client.send(new ConverseCommand(ask(haiku, "greet")));
      assert.equal(output.message.role, "assistant");
      const { stream } = await client.send(new ConverseStreamCommand(ask(haiku, "greet")));
      assert.equal((await listen(stream)).stop.stopReason, "end_turn");
      const body = JSON.stringify({ anthropic_version: "bedrock-2023-05-31", max_tokens: 9, messages: [{ role: "user", content: "greet" }] });
      assert.ok((await client.send(new InvokeModelCommand({ modelId: haiku, body, contentType: "application/json" }))).body.length > 0);
      assert.ok((await control(bearer(await key())).send(new ListFoundationModelsCommand({}))).modelSummaries.length > 0);
    });
  }

  test("keys that are none", async () => {
    const good = await getToken({ region, credentials: user });
    const another = await getToken({ region, credentials: { ...user, secretAccessKey: "another" } });
    for (const key of [another, good.slice(0, -8), `${good}AAAA`, "bedrock-api-key-", "ABSKnobody"]) {
      await assert.rejects(
        runtime(bearer(key)).send(new ConverseCommand(ask(haiku, "greet"))),
        refused("Authentication failed: Please make sure your API Key is valid."),
      );
    }
  });

  test("a pod", async () => {
    // As in a container, the default chain has nothing but this to go by.
    const before = { ...process.env };
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
    Object.assign(process.env, {
      AWS_ROLE_ARN: process.env.SAPROLITE_TEST_ROLE,
      AWS_WEB_IDENTITY_TOKEN_FILE: process.env.SAPROLITE_TEST_TOKEN,
      AWS_EC2_METADATA_DISABLED: "true",
    });
    try {
      const client = runtime();
      const { output } = await client.send(new ConverseCommand(ask(haiku, "greet")));
      assert.equal(output.message.role, "assistant");
      const session = await client.config.credentials();
      assert.match(session.accessKeyId, /^ASIA/);
      // The session makes short-term keys too.
      const token = await getToken({ region, credentials: session, expiresInSeconds: 60 });
      assert.ok(await runtime(bearer(token)).send(new ConverseCommand(ask(haiku, "greet"))));
      const broken = { ...session, sessionToken: `A${session.sessionToken}` };
      await assert.rejects(runtime({ credentials: broken }).send(new ConverseCommand(ask(haiku, "greet"))), (error) => {
        assert.equal(error.name, "UnrecognizedClientException");
        assert.equal(error.message, "The security token included in the request is invalid.");
        return true;
      });
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
      Object.assign(process.env, before);
    }
  });
});
