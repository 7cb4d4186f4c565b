package saprolite;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeAsyncClient;
import software.amazon.awssdk.services.bedrockruntime.BedrockRuntimeClient;

/**
 * The clients of a class of tests, which end with it. All they know of the server is in the environment, as
 * "saprolite serve" tells to paste it. What the tests of errors expect must not be tried again.
 */
public final class Clients implements AutoCloseable {
  /** The models of most tests: one that is old and plain, and one that reasons. */
  public static final String HAIKU = "anthropic.claude-3-haiku-20240307-v1:0";

  public static final String SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
  public static final String NOVA = "amazon.nova-lite-v1:0";

  private static final long PATIENCE_SECONDS = 60;

  private final AwsCredentialsProvider credentials;
  private final Map<Protocol, BedrockRuntimeAsyncClient> streaming = new EnumMap<>(Protocol.class);
  private final List<AutoCloseable> open = new ArrayList<>();
  private BedrockRuntimeClient waiting;

  public Clients() {
    this(EnvironmentVariableCredentialsProvider.create());
  }

  public Clients(AwsCredentialsProvider credentials) {
    this.credentials = credentials;
  }

  /** A client that waits for its answers. */
  public BedrockRuntimeClient waiting() {
    if (waiting == null) {
      waiting =
          keep(
              BedrockRuntimeClient.builder()
                  .credentialsProvider(credentials)
                  .overrideConfiguration(o -> o.retryStrategy(AwsRetryStrategy.doNotRetry()))
                  .build());
    }
    return waiting;
  }

  /** A client of streams; on HTTP/2 it needs no TLS to agree on it. */
  public BedrockRuntimeAsyncClient streaming(Protocol protocol) {
    return streaming.computeIfAbsent(protocol, this::newStreaming);
  }

  private BedrockRuntimeAsyncClient newStreaming(Protocol protocol) {
    return keep(
        BedrockRuntimeAsyncClient.builder()
            .credentialsProvider(credentials)
            .overrideConfiguration(o -> o.retryStrategy(AwsRetryStrategy.doNotRetry()))
            .httpClient(keep(NettyNioAsyncHttpClient.builder().protocol(protocol).build()))
            .build());
  }

  private <T extends AutoCloseable> T keep(T client) {
    open.add(client);
    return client;
  }

  /** Waits for what a client of streams does, and throws what it throws. */
  public static <T> T await(Future<T> future) throws Exception {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  @Override
  public void close() throws Exception {
    // The one that was made last uses those before.
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }
}
