package saprolite;

import java.util.List;
import software.amazon.awssdk.core.document.Document;
import software.amazon.awssdk.services.bedrockruntime.model.ContentBlock;
import software.amazon.awssdk.services.bedrockruntime.model.ConversationRole;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseRequest;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseResponse;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseStreamRequest;
import software.amazon.awssdk.services.bedrockruntime.model.Message;
import software.amazon.awssdk.services.bedrockruntime.model.Tool;
import software.amazon.awssdk.services.bedrockruntime.model.ToolConfiguration;
import software.amazon.awssdk.services.bedrockruntime.model.ToolInputSchema;
import software.amazon.awssdk.services.bedrockruntime.model.ToolSpecification;

/** What the tests ask. */
public final class Requests {
  private Requests() {}

  public static Message say(ConversationRole role, String text) {
    return Message.builder().role(role).content(ContentBlock.fromText(text)).build();
  }

  /** A request with one user message. */
  public static ConverseRequest.Builder ask(String model, String text) {
    return ConverseRequest.builder().modelId(model).messages(say(ConversationRole.USER, text));
  }

  /** A request with one user message, whose answer is streamed. */
  public static ConverseStreamRequest.Builder askStream(String model, String text) {
    return ConverseStreamRequest.builder().modelId(model).messages(say(ConversationRole.USER, text));
  }

  /** The text of an answer of one block. */
  public static String text(ConverseResponse answer) {
    List<ContentBlock> content = answer.output().message().content();
    if (content.size() != 1) {
      throw new AssertionError(content.size() + " blocks, not one: " + content);
    }
    return content.get(0).text();
  }

  /** A tool that script.yaml calls. */
  public static ToolConfiguration.Builder weather() {
    Document schema =
        Document.mapBuilder()
            .putString("type", "object")
            .putDocument(
                "properties",
                Document.mapBuilder()
                    .putDocument("city", Document.mapBuilder().putString("type", "string").build())
                    .build())
            .putList("required", List.of(Document.fromString("city")))
            .build();
    ToolSpecification spec =
        ToolSpecification.builder()
            .name("get_weather")
            .description("Tells the weather of a city.")
            .inputSchema(ToolInputSchema.fromJson(schema))
            .build();
    return ToolConfiguration.builder().tools(Tool.fromToolSpec(spec));
  }
}
