package saprolite.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static saprolite.Clients.HAIKU;
import static saprolite.Clients.NOVA;
import static saprolite.Clients.SONNET;
import static saprolite.Requests.ask;
import static saprolite.Requests.say;
import static saprolite.Requests.text;
import static saprolite.Requests.weather;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import saprolite.Clients;
import software.amazon.awssdk.core.document.Document;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeClient;
import software.amazon.awssdk.services.bedrockruntime.model.ContentBlock;
import software.amazon.awssdk.services.bedrockruntime.model.ConversationRole;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseResponse;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseTokensRequest;
import software.amazon.awssdk.services.bedrockruntime.model.CountTokensInput;
import software.amazon.awssdk.services.bedrockruntime.model.Message;
import software.amazon.awssdk.services.bedrockruntime.model.StopReason;
import software.amazon.awssdk.services.bedrockruntime.model.SystemContentBlock;

class ConverseTest {
  private static final Clients clients = new Clients();
  private static final BedrockRuntimeClient client = clients.waiting();

  @AfterAll
  static void close() throws Exception {
    clients.close();
  }

  @Test
  void answer() {
    ConverseResponse answer = client.converse(ask(HAIKU, "greet").build());
    assertEquals("Hi there, friend!", text(answer));
    assertEquals(ConversationRole.ASSISTANT, answer.output().message().role());
    assertEquals(StopReason.END_TURN, answer.stopReason());
    assertEquals(List.of(1, 5, 6), List.of(answer.usage().inputTokens(), answer.usage().outputTokens(), answer.usage().totalTokens()));
    assertNotNull(answer.metrics().latencyMs());
    assertEquals(36, answer.responseMetadata().requestId().length());
  }

  @Test
  void reasoningAndTheConversationAfterIt() {
    Message message = client.converse(ask(SONNET, "think").build()).output().message();
    var reasoning = message.content().get(0).reasoningContent().reasoningText();
    assertEquals("Let me see.", reasoning.text());
    assertEquals("c2lnbmF0dXJl", reasoning.signature());
    assertEquals("I see.", message.content().get(1).text());
    List<Message> next = List.of(say(ConversationRole.USER, "think"), message, say(ConversationRole.USER, "greet"));
    assertEquals("Hi there, friend!", text(client.converse(r -> r.modelId(SONNET).messages(next))));
  }

  @Test
  void severalTurnsAndSystem() {
    ConverseResponse answer =
        client.converse(
            ask(HAIKU, "greet")
                .system(SystemContentBlock.fromText("Be kind."))
                .messages(
                    say(ConversationRole.USER, "greet"),
                    say(ConversationRole.ASSISTANT, "Hi!"),
                    say(ConversationRole.USER, "remember"))
                .build());
    assertEquals("That was our turn 2; the system said Be kind.", text(answer));
  }

  @ParameterizedTest
  @CsvSource({"5, , END_TURN, 'Hi there, friend!'", "2, , MAX_TOKENS, Hi there", "9, ' there', STOP_SEQUENCE, Hi"})
  void stopReasons(int maxTokens, String sequence, StopReason stopReason, String said) {
    List<String> sequences = sequence == null ? List.of() : List.of(sequence);
    ConverseResponse answer =
        client.converse(ask(HAIKU, "greet").inferenceConfig(c -> c.maxTokens(maxTokens).stopSequences(sequences)).build());
    assertEquals(stopReason, answer.stopReason());
    assertEquals(said, text(answer));
  }

  @Test
  void additionalFields() {
    Document fields = Document.mapBuilder().putNumber("max_tokens", 2).putNumber("top_k", 10).build();
    ConverseResponse cut = client.converse(ask(HAIKU, "greet").additionalModelRequestFields(fields).build());
    assertEquals("Hi there", text(cut));

    ConverseResponse stopped =
        client.converse(
            ask(HAIKU, "greet")
                .inferenceConfig(c -> c.stopSequences(" there"))
                .additionalModelResponseFieldPaths("/stop_sequence", "/absent")
                .build());
    assertEquals(Map.of("stop_sequence", Document.fromString(" there")), stopped.additionalModelResponseFields().asMap());
  }

  @Test
  void whatAnAnswerRepeats() {
    ConverseResponse answer =
        client.converse(
            ask(NOVA, "greet")
                .performanceConfig(c -> c.latency("standard"))
                .serviceTier(s -> s.type("default"))
                .requestMetadata(Map.of("team", "blue"))
                .build());
    assertEquals("standard", answer.performanceConfig().latencyAsString());
    assertEquals("default", answer.serviceTier().typeAsString());
  }

  @ParameterizedTest
  @CsvSource({
    "us.anthropic.claude-3-haiku-20240307-v1:0, anthropic.claude-3-haiku-20240307-v1:0",
    "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0, amazon.nova-lite-v1:0",
    "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0, amazon.nova-lite-v1:0",
  })
  void modelIds(String id, String model) {
    assertEquals(model, text(client.converse(ask(id, "who").build())));
  }

  @Test
  void countTokens() {
    List<Message> messages = List.of(say(ConversationRole.USER, "Please count these words, one by one."));
    SystemContentBlock system = SystemContentBlock.fromText("Be exact.");
    ConverseResponse answer =
        client.converse(r -> r.modelId(HAIKU).messages(messages).system(system).toolConfig(weather().build()));
    ConverseTokensRequest counted =
        ConverseTokensRequest.builder().messages(messages).system(system).toolConfig(weather().build()).build();
    assertEquals(
        answer.usage().inputTokens(),
        client.countTokens(r -> r.modelId(HAIKU).input(CountTokensInput.fromConverse(counted))).inputTokens());
  }

  @Test
  void answerOfManyBlocksComesWhole() {
    List<ContentBlock> content =
        client.converse(ask(HAIKU, "What is the weather?").toolConfig(weather().build()).build()).output().message().content();
    assertEquals(List.of(ContentBlock.Type.TEXT, ContentBlock.Type.TOOL_USE), content.stream().map(ContentBlock::type).toList());
  }
}
