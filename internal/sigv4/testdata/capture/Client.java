import java.net.URI;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeClient;
import software.amazon.awssdk.services.bedrockruntime.model.ContentBlock;

/** The requests of the SDK for Java. */
public final class Client {
  private static final String KEY = "SAPROLITELOCALDEVKEY";
  private static final String SECRET = "local-development-only-secret-key-000000";

  public static void main(String[] args) {
    call(AwsBasicCredentials.create(KEY, SECRET));
    call(AwsSessionCredentials.create(KEY, SECRET, "IQoJb3JpZ2luX2VjEND//a+session/token=="));
  }

  private static void call(AwsCredentials credentials) {
    try (BedrockRuntimeClient client =
        BedrockRuntimeClient.builder()
            .endpointOverride(URI.create(System.getenv("ENDPOINT")))
            .region(Region.US_EAST_1)
            .credentialsProvider(StaticCredentialsProvider.create(credentials))
            .overrideConfiguration(o -> o.retryStrategy(AwsRetryStrategy.doNotRetry()))
            .build()) {
      ignored(() -> client.converse(r -> r.modelId("anthropic.claude-3-haiku-20240307-v1:0")
          .messages(m -> m.role("user").content(ContentBlock.fromText("Über  café")))));
      ignored(() -> client.invokeModel(r -> r.modelId("amazon.titan-text-lite-v1").body(SdkBytes.fromUtf8String("{\"inputText\":\"hi\"}"))
          .accept("*/*").contentType("application/json").guardrailIdentifier("abcdefgh1234").guardrailVersion("1")));
      ignored(() -> client.listAsyncInvokes(r -> r.nextToken("a+b/c==  é~*'()!").maxResults(3)));
    }
  }

  /** What the client makes of the answer does not matter. */
  private static void ignored(Runnable call) {
    try {
      call.run();
    } catch (SdkException e) {
      // As expected of an empty answer.
    }
  }
}
