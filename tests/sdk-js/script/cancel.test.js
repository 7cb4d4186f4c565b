// That the server notices is seen when it ends: it waits for nothing then.
import { ConverseCommand, ConverseStreamCommand, InvokeModelWithResponseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, haiku, onEveryTransport } from "../clients.js";
import { families, invoke, parse } from "../families.js";

onEveryTransport("a client that leaves", ({ runtime }) => {
  test("aborts Converse", async () => {
    const client = runtime();
    const abort = new AbortController();
    const hanging = client.send(new ConverseCommand(ask(haiku, "hang")), { abortSignal: abort.signal });
    hanging.catch(() => {});
    // While another is answered, the request goes out.
    await client.send(new ConverseCommand(ask(haiku, "greet")));
    abort.abort();
    await assert.rejects(hanging, { name: "AbortError" });
  });

  // A loop that is left does not end a stream of this SDK: its signal does.
  test("aborts ConverseStream", async () => {
    const abort = new AbortController();
    const { stream } = await runtime().send(new ConverseStreamCommand(ask(haiku, "hang")), { abortSignal: abort.signal });
    const told = [];
    await untilAborted(stream, (event) => {
      told.push(...Object.keys(event));
      abort.abort();
    });
    assert.deepEqual(told, ["messageStart"]);
  });

  test("aborts InvokeModelWithResponseStream", async () => {
    const abort = new AbortController();
    const request = new InvokeModelWithResponseStreamCommand(invoke(families[0], "hang"));
    const { body } = await runtime().send(request, { abortSignal: abort.signal });
    const told = [];
    await untilAborted(body, ({ chunk }) => {
      told.push(parse(chunk.bytes).type);
      abort.abort();
    });
    assert.deepEqual(told, ["message_start"]);
  });
});

// untilAborted reads a stream until its signal ends it: HTTP/2 ends the loop, and
// HTTP/1.1 throws.
async function untilAborted(stream, each) {
  try {
    for await (const event of stream) each(event);
  } catch (error) {
    assert.equal(error.message, "aborted");
  }
}
