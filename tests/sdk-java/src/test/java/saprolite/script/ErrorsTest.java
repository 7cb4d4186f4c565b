package saprolite.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static saprolite.Clients.HAIKU;
import static saprolite.Requests.ask;
import static saprolite.Requests.askStream;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import saprolite.Chunks;
import saprolite.Clients;
import saprolite.Family;
import saprolite.Told;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.services.bedrockruntime.model.AccessDeniedException;
import software.amazon.awssdk.services.bedrockruntime.model.BedrockRuntimeException;
import software.amazon.awssdk.services.bedrockruntime.model.InternalServerException;
import software.amazon.awssdk.services.bedrockruntime.model.ModelErrorException;
import software.amazon.awssdk.services.bedrockruntime.model.ModelNotReadyException;
import software.amazon.awssdk.services.bedrockruntime.model.ModelStreamErrorException;
import software.amazon.awssdk.services.bedrockruntime.model.ModelTimeoutException;
import software.amazon.awssdk.services.bedrockruntime.model.ResourceNotFoundException;
import software.amazon.awssdk.services.bedrockruntime.model.ServiceQuotaExceededException;
import software.amazon.awssdk.services.bedrockruntime.model.ServiceUnavailableException;
import software.amazon.awssdk.services.bedrockruntime.model.ThrottlingException;
import software.amazon.awssdk.services.bedrockruntime.model.ValidationException;

class ErrorsTest {
  private static final String UNEXPECTED =
      "The system encountered an unexpected error during processing. Try your request again.";

  private static final Clients clients = new Clients();

  @AfterAll
  static void close() throws Exception {
    clients.close();
  }

  /** What script.yaml answers with an error: class, status and message; null is any. */
  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of("throttle", ThrottlingException.class, 429, "Slow down."),
        Arguments.of("unready", ModelNotReadyException.class, 429, "Model is not ready for inference. Wait and try your request again."),
        Arguments.of("timeout", ModelTimeoutException.class, 408, "Model has timed out in processing the request. Try your request again."),
        Arguments.of("unavailable", ServiceUnavailableException.class, 503, "Bedrock is unable to process your request."),
        Arguments.of("quota", ServiceQuotaExceededException.class, 400, null),
        Arguments.of("missing", ResourceNotFoundException.class, 404, null),
        Arguments.of("forbidden", AccessDeniedException.class, 403, "You don't have access to the model with the specified model ID."),
        Arguments.of("internal", InternalServerException.class, 500, UNEXPECTED),
        Arguments.of("invalid", ValidationException.class, 400, "Not like this."),
        Arguments.of("broken", ModelErrorException.class, 424, "The model is gone."));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void insteadOfAnAnswer(String text, Class<? extends BedrockRuntimeException> type, int status, String message)
      throws IOException {
    for (Executable operation : operations(clients, text)) {
      BedrockRuntimeException error = assertThrows(type, operation);
      assertEquals(status, error.statusCode());
      if (message != null) {
        assertEquals(message, error.awsErrorDetails().errorMessage());
      }
      if (error instanceof ModelErrorException broken) {
        assertEquals(500, broken.originalStatusCode());
        assertEquals("model-7", broken.resourceName());
      }
    }
  }

  /** What script.yaml breaks off after two words. */
  static Stream<Arguments> breaks() {
    return Stream.of(
        Arguments.of("break throttle", ThrottlingException.class, "Slow down."),
        Arguments.of("break model", ModelStreamErrorException.class, "The model is gone."),
        Arguments.of("break internal", InternalServerException.class, UNEXPECTED),
        Arguments.of("break invalid", ValidationException.class, "Not like this."),
        Arguments.of("break unavailable", ServiceUnavailableException.class, "Gone."));
  }

  @ParameterizedTest
  @MethodSource("breaks")
  void insideAStream(String text, Class<? extends BedrockRuntimeException> type, String message) {
    for (Protocol protocol : List.of(Protocol.HTTP1_1, Protocol.HTTP2)) {
      Told told = new Told();
      BedrockRuntimeException error =
          assertThrows(type, () -> told.listen(clients.streaming(protocol), askStream(HAIKU, text).build()));
      assertEquals(List.of("messageStart assistant", "contentBlockDelta"), told.order);
      assertEquals("one two", told.text);
      assertEquals(message, error.awsErrorDetails().errorMessage());
      if (error instanceof ModelStreamErrorException broken) {
        assertEquals("killed", broken.originalMessage());
        assertEquals(500, broken.originalStatusCode());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("breaks")
  void insideANativeStream(String text, Class<? extends BedrockRuntimeException> type, String message) throws Exception {
    for (Protocol protocol : List.of(Protocol.HTTP1_1, Protocol.HTTP2)) {
      Family family = Family.first();
      List<SdkBytes> chunks = new ArrayList<>();
      BedrockRuntimeException error =
          assertThrows(type, () -> Chunks.read(clients.streaming(protocol), family, text, chunks));
      assertEquals("one two", Chunks.text(family, chunks));
      assertEquals(message, error.awsErrorDetails().errorMessage());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a wrong secret | SAPROLITELOCALDEVKEY | InvalidSignatureException   | The request signature we calculated does not match the signature you provided.",
        "an unknown key | AKIAIOSFODNN7EXAMPLE | UnrecognizedClientException | The security token included in the request is invalid.",
      })
  void nobodyKnown(String name, String key, String code, String message) throws Exception {
    var credentials = StaticCredentialsProvider.create(AwsBasicCredentials.create(key, "x".repeat(40)));
    try (Clients strangers = new Clients(credentials)) {
      for (Executable operation : operations(strangers, "greet")) {
        BedrockRuntimeException error = assertThrows(BedrockRuntimeException.class, operation);
        assertEquals(code, error.awsErrorDetails().errorCode());
        assertEquals(403, error.statusCode());
        assertTrue(error.awsErrorDetails().errorMessage().startsWith(message), error.awsErrorDetails().errorMessage());
      }
    }
  }

  @Test
  void twoConstraints() {
    ValidationException error =
        assertThrows(
            ValidationException.class,
            () -> clients.waiting().converse(ask(HAIKU, "greet").inferenceConfig(c -> c.maxTokens(0).temperature(1.5f)).build()));
    assertEquals(
        "2 validation errors detected: Value '0' at 'inferenceConfig.maxTokens' failed to satisfy constraint: "
            + "Member must have value greater than or equal to 1; Value '1.5' at 'inferenceConfig.temperature' failed to satisfy "
            + "constraint: Member must have value less than or equal to 1",
        error.awsErrorDetails().errorMessage());
  }

  @Test
  void unknownModel() {
    BedrockRuntimeException error =
        assertThrows(BedrockRuntimeException.class, () -> clients.waiting().converse(ask("acme.no-such-model-v1:0", "greet").build()));
    assertInstanceOf(ValidationException.class, error);
    assertEquals("The provided model identifier is invalid.", error.awsErrorDetails().errorMessage());
  }

  /** Every operation of inference, with a text; streams on both protocols. */
  private static List<Executable> operations(Clients clients, String text) throws IOException {
    List<Executable> operations = new ArrayList<>();
    operations.add(() -> clients.waiting().converse(ask(HAIKU, text).build()));
    Family family = Family.first();
    operations.add(() -> clients.waiting().invokeModel(r -> r.modelId(family.model()).body(family.ask(text))));
    for (Protocol protocol : List.of(Protocol.HTTP1_1, Protocol.HTTP2)) {
      operations.add(() -> new Told().listen(clients.streaming(protocol), askStream(HAIKU, text).build()));
      operations.add(() -> Chunks.read(clients.streaming(protocol), family, text, new ArrayList<>()));
    }
    return operations;
  }
}
