package sdkgo

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// testIdentity calls with a wrong secret and with a key that nobody knows.
func testIdentity(t *testing.T, target Target) {
	for name, test := range map[string]struct{ keyID, secret, code, message string }{
		"wrong secret": {keyID, strings.Repeat("x", len(secret)), "InvalidSignatureException", "The request signature we calculated does not match the signature you provided."},
		"unknown key":  {"AKIAIOSFODNN7EXAMPLE", secret, "UnrecognizedClientException", "The security token included in the request is invalid."},
	} {
		t.Run(name, func(t *testing.T) {
			client := target.runtime(func(o *bedrockruntime.Options) {
				o.Credentials = credentials.NewStaticCredentialsProvider(test.keyID, test.secret, "")
			})
			_, err := client.Converse(t.Context(), ask(haiku, "greet"))
			checkRefused(t, err, test.code, test.message)
			// It may be answered before it is sent.
			_, err = client.Converse(t.Context(), ask(haiku, strings.Repeat("greet ", 1<<20)))
			checkRefused(t, err, test.code, test.message)
			_, err = client.ConverseStream(t.Context(), askStream(haiku, "greet"))
			checkRefused(t, err, test.code, test.message)
		})
	}
}

func checkRefused(t *testing.T, err error, code, message string) {
	t.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	response, answered := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || !answered {
		t.Fatalf("the error is %v", err)
	}
	equal(t, "code", api.ErrorCode(), code)
	equal(t, "status", response.HTTPStatusCode(), 403)
	if !strings.HasPrefix(api.ErrorMessage(), message) {
		t.Errorf("the message is %q", api.ErrorMessage())
	}
}
