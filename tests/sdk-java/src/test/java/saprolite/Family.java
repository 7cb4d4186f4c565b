package saprolite;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.SdkHttpResponse;

/**
 * A native body that the suites of all SDKs share, and where its answers hold what; paths are keys
 * and indices between dots.
 */
public record Family(
    String name, String model, JsonObject body, String text, String stop, String stopped, String delta) {

  public static Stream<Family> all() throws IOException {
    return Stream.of(new Gson().fromJson(Files.readString(Path.of("..", "families.json")), Family[].class));
  }

  /** The first family, for tests to which all are alike. */
  public static Family first() throws IOException {
    return all().findFirst().orElseThrow();
  }

  /** A request of the family. */
  public SdkBytes ask(String prompt) {
    return SdkBytes.fromUtf8String(body.toString().replace("PROMPT", prompt));
  }

  /** The model of a profile, which CountTokens wants. */
  public String bareModel() {
    return model.startsWith("us.") ? model.substring(3) : model;
  }

  /** Follows a path through a document; what is not there is "". */
  public static String at(SdkBytes document, String path) {
    JsonElement value = parse(document);
    for (String key : path.split("\\.")) {
      if (value instanceof JsonObject object) {
        value = object.get(key);
      } else if (value != null && value.isJsonArray() && Integer.parseInt(key) < value.getAsJsonArray().size()) {
        value = value.getAsJsonArray().get(Integer.parseInt(key));
      } else {
        return "";
      }
    }
    return value == null || value.isJsonNull() ? "" : value.getAsString();
  }

  public static JsonElement parse(SdkBytes document) {
    return JsonParser.parseString(document.asUtf8String());
  }

  /** A header that tells a count of tokens, which the SDK has no member for. */
  public static int count(SdkHttpResponse response, String which) {
    return Integer.parseInt(
        response.firstMatchingHeader("x-amzn-bedrock-" + which + "-token-count").orElseThrow());
  }

  @Override
  public String toString() {
    return name;
  }
}
