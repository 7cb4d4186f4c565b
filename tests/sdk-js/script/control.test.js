import {
  GetFoundationModelCommand, GetInferenceProfileCommand, ListFoundationModelsCommand, paginateListInferenceProfiles, ResourceNotFoundException,
} from "@aws-sdk/client-bedrock";
import assert from "node:assert/strict";
import { test } from "node:test";
import { haiku, onEveryTransport, sonnet } from "../clients.js";

onEveryTransport("the control plane", ({ control }) => {
  test("ListFoundationModels", async () => {
    const { modelSummaries } = await control().send(new ListFoundationModelsCommand({ byProvider: "anthropic" }));
    assert.ok(modelSummaries.some((model) => model.modelId === haiku));
    assert.ok(modelSummaries.every((model) => model.providerName === "Anthropic"));
  });

  test("GetFoundationModel", async () => {
    const modelArn = `arn:aws:bedrock:us-east-1::foundation-model/${haiku}`;
    for (const modelIdentifier of [haiku, modelArn]) {
      const { modelDetails } = await control().send(new GetFoundationModelCommand({ modelIdentifier }));
      assert.equal(modelDetails.modelId, haiku);
      assert.equal(modelDetails.modelArn, modelArn);
      assert.equal(modelDetails.responseStreamingSupported, true);
      assert.deepEqual(modelDetails.outputModalities, ["TEXT"]);
    }
    await assert.rejects(control().send(new GetFoundationModelCommand({ modelIdentifier: "acme.no-such-model-v1:0" })), ResourceNotFoundException);
  });

  test("ListInferenceProfiles and GetInferenceProfile", async () => {
    const profiles = [];
    let pages = 0;
    for await (const page of paginateListInferenceProfiles({ client: control(), pageSize: 50 }, {})) {
      pages++;
      profiles.push(...page.inferenceProfileSummaries);
    }
    assert.equal(pages, Math.ceil(profiles.length / 50));
    assert.ok(pages > 1);
    const listed = profiles.find((profile) => profile.inferenceProfileId === sonnet);
    const { $metadata, ...profile } = await control().send(new GetInferenceProfileCommand({ inferenceProfileIdentifier: sonnet }));
    assert.deepEqual(profile, listed);
    assert.equal(profile.type, "SYSTEM_DEFINED");
    await assert.rejects(control().send(new GetInferenceProfileCommand({ inferenceProfileIdentifier: "us.acme.no-such-model-v1:0" })), ResourceNotFoundException);
  });
});
