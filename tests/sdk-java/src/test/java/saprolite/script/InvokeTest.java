package saprolite.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static saprolite.Clients.NOVA;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import saprolite.Chunks;
import saprolite.Clients;
import saprolite.Family;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.bedrockruntime.model.CountTokensInput;
import software.amazon.awssdk.services.bedrockruntime.model.InvokeModelResponse;
import software.amazon.awssdk.services.bedrockruntime.model.ValidationException;

class InvokeTest {
  private static final Clients clients = new Clients();

  @AfterAll
  static void close() throws Exception {
    clients.close();
  }

  @ParameterizedTest
  @MethodSource("saprolite.Family#all")
  void answer(Family family) {
    InvokeModelResponse answer = clients.waiting().invokeModel(r -> r.modelId(family.model()).body(family.ask("greet")));
    assertEquals("application/json", answer.contentType());
    assertEquals("Hi there, friend!", Family.at(answer.body(), family.text()));
    assertEquals(family.stopped(), Family.at(answer.body(), family.stop()));
    assertEquals(1, Family.count(answer.sdkHttpResponse(), "input"));
    assertEquals(5, Family.count(answer.sdkHttpResponse(), "output"));
  }

  @ParameterizedTest
  @MethodSource("saprolite.Family#all")
  void stream(Family family) throws Exception {
    for (Protocol protocol : List.of(Protocol.HTTP1_1, Protocol.HTTP2)) {
      List<SdkBytes> chunks = new ArrayList<>();
      Chunks.read(clients.streaming(protocol), family, "greet", chunks);
      assertEquals("Hi there, friend!", Chunks.text(family, chunks));
      JsonObject metrics =
          Family.parse(chunks.get(chunks.size() - 1)).getAsJsonObject().getAsJsonObject("amazon-bedrock-invocationMetrics");
      assertEquals(1, metrics.get("inputTokenCount").getAsInt());
      assertEquals(5, metrics.get("outputTokenCount").getAsInt());
    }
  }

  @ParameterizedTest
  @MethodSource("saprolite.Family#all")
  void count(Family family) {
    SdkBytes body = family.ask("Please count these words.");
    InvokeModelResponse answer = clients.waiting().invokeModel(r -> r.modelId(family.model()).body(body));
    int counted =
        clients
            .waiting()
            .countTokens(r -> r.modelId(family.bareModel()).input(CountTokensInput.fromInvokeModel(i -> i.body(body))))
            .inputTokens();
    assertEquals(Family.count(answer.sdkHttpResponse(), "input"), counted);
  }

  @Test
  void keyThatIsNone() {
    SdkBytes body = SdkBytes.fromUtf8String("{\"messages\": [{\"role\": \"user\", \"content\": [{\"text\": \"greet\"}]}], \"oops\": 1}");
    ValidationException error =
        assertThrows(ValidationException.class, () -> clients.waiting().invokeModel(r -> r.modelId(NOVA).body(body)));
    assertEquals(
        "Malformed input request: #: extraneous key [oops] is not permitted, please reformat your input and try again.",
        error.awsErrorDetails().errorMessage());
  }
}
