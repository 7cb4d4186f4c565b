package saprolite.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static saprolite.Clients.HAIKU;
import static saprolite.Clients.SONNET;
import static saprolite.Requests.askStream;
import static saprolite.Requests.weather;

import com.google.gson.JsonParser;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import saprolite.Clients;
import saprolite.Told;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeAsyncClient;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseStreamRequest;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseStreamResponseHandler;
import software.amazon.awssdk.services.bedrockruntime.model.StopReason;

class StreamTest {
  private static final Clients clients = new Clients();

  @AfterAll
  static void close() throws Exception {
    clients.close();
  }

  private Told listen(Protocol protocol, ConverseStreamRequest.Builder request) throws Exception {
    return new Told().listen(clients.streaming(protocol), request.build());
  }

  @Test
  void answerToAClientAsItComes() throws Exception {
    try (BedrockRuntimeAsyncClient client = BedrockRuntimeAsyncClient.create()) {
      assertEquals("Hi there, friend!", new Told().listen(client, askStream(HAIKU, "greet").build()).text);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP1_1", "HTTP2"})
  void answer(Protocol protocol) throws Exception {
    Told told = listen(protocol, askStream(HAIKU, "greet"));
    assertEquals(
        List.of("messageStart assistant", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"), told.order);
    assertEquals("Hi there, friend!", told.text);
    assertEquals(5, told.deltas);
    assertEquals(StopReason.END_TURN, told.stop.stopReason());
    assertEquals(1, told.metadata.usage().inputTokens());
    assertEquals(5, told.metadata.usage().outputTokens());
    assertEquals(6, told.metadata.usage().totalTokens());
    assertNotNull(told.metadata.metrics().latencyMs());
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP1_1", "HTTP2"})
  void reasoning(Protocol protocol) throws Exception {
    Told told = listen(protocol, askStream(SONNET, "think"));
    assertEquals("Let me see.", told.reasoning);
    assertEquals("c2lnbmF0dXJl", told.signature);
    assertEquals("I see.", told.text);
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP1_1", "HTTP2"})
  void tool(Protocol protocol) throws Exception {
    Told told = listen(protocol, askStream(HAIKU, "What is the weather?").toolConfig(weather().build()));
    assertEquals(
        List.of(
            "messageStart assistant", "contentBlockDelta", "contentBlockStop",
            "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"),
        told.order);
    assertEquals("get_weather", told.tools.get(0).name());
    assertEquals("tooluse_weather", told.tools.get(0).toolUseId());
    assertEquals(JsonParser.parseString("{\"city\": \"Paris\", \"days\": 2}"), JsonParser.parseString(told.toolInput));
    assertEquals(StopReason.TOOL_USE, told.stop.stopReason());
  }

  @ParameterizedTest
  @EnumSource(names = {"HTTP1_1", "HTTP2"})
  void clientThatLeaves(Protocol protocol) {
    CompletableFuture<Void> begun = new CompletableFuture<>();
    CompletableFuture<Void> stream =
        clients
            .streaming(protocol)
            .converseStream(
                askStream(HAIKU, "hang").build(),
                ConverseStreamResponseHandler.builder()
                    .subscriber(
                        ConverseStreamResponseHandler.Visitor.builder().onMessageStart(e -> begun.complete(null)).build())
                    .build());
    begun.join();
    stream.cancel(true);
    assertThrows(CancellationException.class, stream::join);
  }
}
