// The requests of the SDK for JavaScript, over HTTP/2 as it does by default.
import {
  BedrockRuntimeClient, ConverseCommand, InvokeModelCommand, ListAsyncInvokesCommand,
} from "@aws-sdk/client-bedrock-runtime";

for (const sessionToken of [undefined, "IQoJb3JpZ2luX2VjEND//a+session/token=="]) {
  const client = new BedrockRuntimeClient({
    endpoint: process.env.ENDPOINT,
    region: "us-east-1",
    maxAttempts: 1,
    credentials: {
      accessKeyId: "SAPROLITELOCALDEVKEY",
      secretAccessKey: "local-development-only-secret-key-000000",
      sessionToken,
    },
  });
  for (const command of [
    new ConverseCommand({
      modelId: "anthropic.claude-3-haiku-20240307-v1:0",
      messages: [{ role: "user", content: [{ text: "Über  café" }] }],
    }),
    new InvokeModelCommand({
      modelId: "amazon.titan-text-lite-v1",
      body: '{"inputText":"hi"}',
      accept: "*/*",
      contentType: "application/json",
      guardrailIdentifier: "abcdefgh1234",
      guardrailVersion: "1",
    }),
    new ListAsyncInvokesCommand({ nextToken: "a+b/c==  é~*'()!", maxResults: 3 }),
  ]) {
    // What the client makes of the answer does not matter.
    await client.send(command).catch(() => undefined);
  }
  client.destroy();
}
