// Credentials that are good, and such as are not, as SAPROLITE_CREDENTIALS lists
// them.
import { BedrockRuntimeClient, ConverseCommand } from "@aws-sdk/client-bedrock-runtime";
import { getToken } from "@aws/bedrock-token-generator";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask } from "../clients.js";

for (const credential of JSON.parse(process.env.SAPROLITE_CREDENTIALS)) {
  test(credential.name, async (t) => {
    const client = new BedrockRuntimeClient({ maxAttempts: 1, ...(await options(credential)) });
    t.after(() => client.destroy());
    const call = client.send(new ConverseCommand(ask(credential.model, "greet")));
    if (credential.code) {
      await assert.rejects(call, (error) => {
        assert.equal(error.name, credential.code);
        assert.equal(error.$metadata.httpStatusCode, 403);
        assert.ok(error.message.startsWith(credential.message), error.message);
        return true;
      });
    } else {
      assert.equal((await call).output.message.content[0].text, "Hi there, friend!");
    }
  });
}

// options are those of a client that calls with a credential.
async function options({ accessKeyId, secret, sessionToken, apiKey, generate }) {
  const credentials = { accessKeyId, secretAccessKey: secret, sessionToken };
  if (generate) apiKey = await getToken({ region: "us-east-1", credentials });
  return apiKey ? { token: { token: apiKey }, authSchemePreference: ["httpBearerAuth"] } : { credentials };
}
