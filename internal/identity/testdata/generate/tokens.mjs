// Prints short-term API keys of the generator for JavaScript, one a line.
import { getToken } from "@aws/bedrock-token-generator";

for (const sessionToken of [undefined, "IQoJb3JpZ2luX2VjEND//a+session/token=="]) {
  for (const expiresInSeconds of [undefined, 3600]) {
    const credentials = {
      accessKeyId: "SAPROLITELOCALDEVKEY",
      secretAccessKey: "local-development-only-secret-key-000000",
      sessionToken,
    };
    console.log(await getToken({ region: "eu-west-3", credentials, expiresInSeconds }));
  }
}
