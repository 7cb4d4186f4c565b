package saprolite;

import static software.amazon.awssdk.services.bedrockruntime.model.ConverseStreamResponseHandler.Visitor;

import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeAsyncClient;
import software.amazon.awssdk.services.bedrockruntime.model.ContentBlockDelta;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseStreamMetadataEvent;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseStreamRequest;
import software.amazon.awssdk.services.bedrockruntime.model.ConverseStreamResponseHandler;
import software.amazon.awssdk.services.bedrockruntime.model.MessageStopEvent;
import software.amazon.awssdk.services.bedrockruntime.model.ToolUseBlockStart;

/**
 * What a stream told: the names of its events in their order, where a run of deltas is one, and
 * what they hold. One thread tells, and the one that waits for its end reads.
 */
public final class Told {
  public final List<String> order = new ArrayList<>();
  public final List<ToolUseBlockStart> tools = new ArrayList<>();
  public String text = "";
  public String toolInput = "";
  public String reasoning = "";
  public String signature = "";
  public int deltas;
  public MessageStopEvent stop;
  public ConverseStreamMetadataEvent metadata;

  /** Reads a stream to its end; what breaks it off is thrown. */
  public Told listen(BedrockRuntimeAsyncClient client, ConverseStreamRequest request)
      throws Exception {
    ConverseStreamResponseHandler handler =
        ConverseStreamResponseHandler.builder()
            .subscriber(
                Visitor.builder()
                    .onMessageStart(e -> took("messageStart " + e.roleAsString()))
                    .onContentBlockStart(
                        e -> {
                          took("contentBlockStart");
                          tools.add(e.start().toolUse());
                        })
                    .onContentBlockDelta(e -> take(e.delta()))
                    .onContentBlockStop(e -> took("contentBlockStop"))
                    .onMessageStop(
                        e -> {
                          took("messageStop");
                          stop = e;
                        })
                    .onMetadata(
                        e -> {
                          took("metadata");
                          metadata = e;
                        })
                    .build())
            .build();
    Clients.await(client.converseStream(request, handler));
    return this;
  }

  private void took(String name) {
    order.add(name);
  }

  private void take(ContentBlockDelta delta) {
    if (order.isEmpty() || !order.get(order.size() - 1).equals("contentBlockDelta")) {
      took("contentBlockDelta");
    }
    deltas++;
    switch (delta.type()) {
      case TEXT -> text += delta.text();
      case TOOL_USE -> toolInput += delta.toolUse().input();
      case REASONING_CONTENT -> {
        switch (delta.reasoningContent().type()) {
          case TEXT -> reasoning += delta.reasoningContent().text();
          case SIGNATURE -> signature += delta.reasoningContent().signature();
          default -> throw new AssertionError("a reasoning of " + delta.reasoningContent().type());
        }
      }
      default -> throw new AssertionError("a delta of " + delta.type());
    }
  }
}
