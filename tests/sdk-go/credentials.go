package sdkgo

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/smithy-go/auth/bearer"
)

// Credential is one that a caller tries, and what comes of it. It is an API key, or
// an access key.
type Credential struct {
	Name         string `json:"name"`
	AccessKeyID  string `json:"accessKeyId,omitempty"`
	Secret       string `json:"secret,omitempty"`
	SessionToken string `json:"sessionToken,omitempty"`
	APIKey       string `json:"apiKey,omitempty"`
	// Generate has AWS's own generator make an API key of the access key, for suites
	// of languages that have one.
	Generate bool `json:"generate,omitempty"`
	// Model is asked.
	Model string `json:"model"`
	// Code and Message are those of the refusal; the code is empty for an answer.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// Credentials tries each credential, plainly and streamed.
func Credentials(t *testing.T, target Target, tries []Credential) {
	for _, try := range tries {
		if try.Generate {
			continue
		}
		t.Run(try.Name, func(t *testing.T) {
			client := target.runtime(try.use)
			out, err := client.Converse(t.Context(), ask(try.Model, "greet"))
			if try.Code != "" {
				checkRefused(t, err, try.Code, try.Message)
				_, err = client.ConverseStream(t.Context(), askStream(try.Model, "greet"))
				checkRefused(t, err, try.Code, try.Message)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "text", text(t, out), "Hi there, friend!")
		})
	}
}

func (c Credential) use(o *bedrockruntime.Options) {
	if c.APIKey == "" {
		o.Credentials = credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.Secret, c.SessionToken)
		return
	}
	o.BearerAuthTokenProvider = bearer.StaticTokenProvider{Token: bearer.Token{Value: c.APIKey}}
	o.AuthSchemePreference = []string{"httpBearerAuth"}
}
