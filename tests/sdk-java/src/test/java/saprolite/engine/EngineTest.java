package saprolite.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static saprolite.Clients.HAIKU;
import static saprolite.Requests.ask;
import static saprolite.Requests.askStream;
import static saprolite.Requests.say;
import static saprolite.Requests.text;
import static saprolite.Requests.weather;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import saprolite.Chunks;
import saprolite.Clients;
import saprolite.Family;
import saprolite.Told;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.bedrockruntime.model.ConversationRole;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseResponse;
import software.amazon.awssdk.services.bedrockruntime.model.CountTokensInput;
import software.amazon.awssdk.services.bedrockruntime.model.Message;
import software.amazon.awssdk.services.bedrockruntime.model.StopReason;
import software.amazon.awssdk.services.bedrockruntime.model.ToolChoice;
import software.amazon.awssdk.services.bedrockruntime.model.ToolUseBlock;

/** The default model answers. */
class EngineTest {
  private static final String QUESTION = "What is the capital of France?";

  private static final Clients clients = new Clients();

  @AfterAll
  static void close() throws Exception {
    clients.close();
  }

  @Test
  void answersAndCounts() {
    List<Message> messages = List.of(say(ConversationRole.USER, QUESTION));
    ConverseResponse answer =
        clients.waiting().converse(ask(HAIKU, QUESTION).inferenceConfig(c -> c.temperature(0f).maxTokens(64)).build());
    assertTrue(text(answer).contains("Paris"), text(answer));
    assertEquals(StopReason.END_TURN, answer.stopReason());
    int counted =
        clients
            .waiting()
            .countTokens(r -> r.modelId(HAIKU).input(CountTokensInput.fromConverse(c -> c.messages(messages))))
            .inputTokens();
    assertEquals(answer.usage().inputTokens(), counted);
  }

  @Test
  void answersPieceByPiece() throws Exception {
    for (Protocol protocol : List.of(Protocol.HTTP1_1, Protocol.HTTP2)) {
      Told told =
          new Told()
              .listen(
                  clients.streaming(protocol),
                  askStream(HAIKU, QUESTION).inferenceConfig(c -> c.temperature(0f).maxTokens(64)).build());
      assertTrue(told.text.contains("Paris"), told.text);
      assertTrue(told.deltas > 1);
      assertEquals(StopReason.END_TURN, told.stop.stopReason());
    }
  }

  @Test
  void answersANativeBody() throws Exception {
    Family family = Family.first();
    List<SdkBytes> chunks = new ArrayList<>();
    Chunks.read(clients.streaming(Protocol.HTTP2), family, QUESTION, chunks);
    assertTrue(Chunks.text(family, chunks).contains("Paris"));
  }

  @Test
  void callsATool() throws Exception {
    ConverseResponse answer =
        clients
            .waiting()
            .converse(
                ask(HAIKU, "Hello!")
                    .inferenceConfig(c -> c.temperature(0f).maxTokens(96))
                    .toolConfig(weather().toolChoice(ToolChoice.fromAny(a -> {})).build())
                    .build());
    assertEquals(StopReason.TOOL_USE, answer.stopReason());
    ToolUseBlock use = answer.output().message().content().get(0).toolUse();
    assertEquals("get_weather", use.name());
    assertTrue(use.toolUseId().matches("tooluse_[A-Za-z0-9_-]{22}"), use.toolUseId());
    assertTrue(use.input().asMap().get("city").isString());
  }

  @Test
  void callsAToolPieceByPiece() throws Exception {
    Told told =
        new Told()
            .listen(
                clients.streaming(Protocol.HTTP2),
                askStream(HAIKU, "What is the weather in Paris?")
                    .inferenceConfig(c -> c.temperature(0f).maxTokens(96))
                    .toolConfig(weather().build())
                    .build());
    assertEquals(StopReason.TOOL_USE, told.stop.stopReason());
    assertEquals("get_weather", told.tools.get(0).name());
    JsonObject input = JsonParser.parseString(told.toolInput).getAsJsonObject();
    assertTrue(input.get("city").getAsJsonPrimitive().isString());
  }
}
