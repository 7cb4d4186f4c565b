package saprolite;

import java.util.List;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeAsyncClient;
import software.amazon.awssdk.services.bedrockruntime.model.InvokeModelWithResponseStreamResponseHandler;
import software.amazon.awssdk.services.bedrockruntime.model.InvokeModelWithResponseStreamResponseHandler.Visitor;

/** The chunks of InvokeModelWithResponseStream. */
public final class Chunks {
  private Chunks() {}

  /** Reads a stream to its end; what breaks it off is thrown, after what came before. */
  public static void read(BedrockRuntimeAsyncClient client, Family family, String prompt, List<SdkBytes> chunks)
      throws Exception {
    InvokeModelWithResponseStreamResponseHandler handler =
        InvokeModelWithResponseStreamResponseHandler.builder()
            .subscriber(Visitor.builder().onChunk(chunk -> chunks.add(chunk.bytes())).build())
            .build();
    Clients.await(
        client.invokeModelWithResponseStream(r -> r.modelId(family.model()).body(family.ask(prompt)), handler));
  }

  public static String text(Family family, List<SdkBytes> chunks) {
    return chunks.stream().map(chunk -> Family.at(chunk, family.delta())).collect(Collectors.joining());
  }
}
