package saprolite.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static saprolite.Clients.HAIKU;
import static saprolite.Requests.ask;
import static saprolite.Requests.say;
import static saprolite.Requests.text;
import static saprolite.Requests.weather;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import saprolite.Clients;
import software.amazon.awssdk.core.document.Document;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeClient;
import software.amazon.awssdk.services.bedrockruntime.model.ContentBlock;
import software.amazon.awssdk.services.bedrockruntime.model.ConversationRole;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseResponse;
import software.amazon.awssdk.services.bedrockruntime.model.Message;
import software.amazon.awssdk.services.bedrockruntime.model.StopReason;
import software.amazon.awssdk.services.bedrockruntime.model.ToolChoice;
import software.amazon.awssdk.services.bedrockruntime.model.ToolResultBlock;
import software.amazon.awssdk.services.bedrockruntime.model.ToolResultContentBlock;
import software.amazon.awssdk.services.bedrockruntime.model.ToolUseBlock;
import software.amazon.awssdk.services.bedrockruntime.model.ValidationException;

class ToolsTest {
  private static final Clients clients = new Clients();
  private static final BedrockRuntimeClient client = clients.waiting();

  @AfterAll
  static void close() throws Exception {
    clients.close();
  }

  static Stream<ToolChoice> choices() {
    return Stream.of(
        ToolChoice.fromAuto(a -> {}), ToolChoice.fromAny(a -> {}), ToolChoice.fromTool(t -> t.name("get_weather")));
  }

  @ParameterizedTest
  @MethodSource("choices")
  void loop(ToolChoice choice) {
    List<Message> messages = new ArrayList<>(List.of(say(ConversationRole.USER, "What is the weather?")));
    ConverseResponse called =
        client.converse(r -> r.modelId(HAIKU).messages(messages).toolConfig(weather().toolChoice(choice).build()));
    assertEquals(StopReason.TOOL_USE, called.stopReason());
    ToolUseBlock use = called.output().message().content().get(1).toolUse();
    assertEquals("get_weather", use.name());
    assertEquals("Paris", use.input().asMap().get("city").asString());
    assertEquals(2, use.input().asMap().get("days").asNumber().intValue());

    messages.add(called.output().message());
    messages.add(results(result(use.toolUseId(), ToolResultContentBlock.fromText("It is sunny."))));
    ConverseResponse told = client.converse(r -> r.modelId(HAIKU).messages(messages).toolConfig(weather().build()));
    assertEquals("Take your sunglasses.", text(told));
    assertEquals(StopReason.END_TURN, told.stopReason());
  }

  @Test
  void twoAtOnce() {
    List<Message> messages = new ArrayList<>(List.of(say(ConversationRole.USER, "Compare the weather of two cities.")));
    ConverseResponse called = client.converse(r -> r.modelId(HAIKU).messages(messages).toolConfig(weather().build()));
    List<ToolUseBlock> uses = called.output().message().content().stream().map(ContentBlock::toolUse).toList();
    assertEquals(List.of("Paris", "Rome"), uses.stream().map(use -> use.input().asMap().get("city").asString()).toList());

    Document celsius = Document.mapBuilder().putNumber("celsius", 21).build();
    messages.add(called.output().message());
    messages.add(
        results(
            result(uses.get(0).toolUseId(), ToolResultContentBlock.fromJson(celsius)),
            ToolResultBlock.builder()
                .toolUseId(uses.get(1).toolUseId())
                .status("error")
                .content(ToolResultContentBlock.fromText("No such city."))
                .build()));
    ConverseResponse told = client.converse(r -> r.modelId(HAIKU).messages(messages).toolConfig(weather().build()));
    assertEquals("One is warm, the other is unknown.", text(told));
  }

  static Stream<Arguments> mistakes() {
    Message question = say(ConversationRole.USER, "What is the weather?");
    Message use =
        Message.builder()
            .role(ConversationRole.ASSISTANT)
            .content(ContentBlock.fromToolUse(t -> t.toolUseId("tooluse_1").name("get_weather").input(Document.mapBuilder().build())))
            .build();
    ToolResultContentBlock sunny = ToolResultContentBlock.fromText("It is sunny.");
    return Stream.of(
        Arguments.of(
            "Expected toolResult blocks at messages.2.content for the following Ids: tooluse_1",
            List.of(question, use, say(ConversationRole.USER, "Well?"))),
        Arguments.of(
            "The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of previous turn.",
            List.of(question, use, results(result("tooluse_1", sunny), result("tooluse_2", sunny)))),
        Arguments.of(
            "The content field at messages.2.content.0.toolResult cannot be empty when status value is error.",
            List.of(question, use, results(ToolResultBlock.builder().toolUseId("tooluse_1").status("error").content(List.of()).build()))));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void usesAndResultsThatDoNotPair(String message, List<Message> messages) {
    ValidationException error =
        assertThrows(
            ValidationException.class,
            () -> client.converse(r -> r.modelId(HAIKU).messages(messages).toolConfig(weather().build())));
    assertEquals(message, error.awsErrorDetails().errorMessage());
  }

  @Test
  void toolOnAModelWithoutTools() {
    ValidationException error =
        assertThrows(
            ValidationException.class,
            () -> client.converse(ask("amazon.titan-text-express-v1", "weather").toolConfig(weather().build()).build()));
    assertEquals("This model doesn't support tool use.", error.awsErrorDetails().errorMessage());
  }

  private static ToolResultBlock result(String id, ToolResultContentBlock content) {
    return ToolResultBlock.builder().toolUseId(id).content(content).build();
  }

  private static Message results(ToolResultBlock... results) {
    return Message.builder()
        .role(ConversationRole.USER)
        .content(Stream.of(results).map(ContentBlock::fromToolResult).toList())
        .build();
  }
}
