package identity_test

import (
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	smithybearer "github.com/aws/smithy-go/auth/bearer"

	"github.com/saprolite/saprolite/internal/identity"
)

// TestGoSDKWithAPIKey has the SDK send keys of both kinds, which it does over TLS only.
func TestGoSDKWithAPIKey(t *testing.T) {
	_, long := identity.NewAPIKey("123456789012")
	short, err := identity.NewShortTermKey(t.Context(), identity.ShortTermKey{
		AccessKeyID: identity.DevelopmentKeyID, Secret: identity.DevelopmentSecret, Region: "eu-west-3", Expires: time.Minute,
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	hash := identity.HashAPIKey(long)
	h := house{apiKeys: map[[sha256.Size]byte]identity.APIKey{hash: {Hash: hash, Principal: alice}}}
	credentials := h.at(time.Now())
	callers := make(chan identity.Principal, 1)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		caller, refusal := identity.Authenticate(r.Context(), credentials, r, body)
		if err := errors.Join(err, refusal); err != nil {
			t.Error(err)
		}
		callers <- caller
		_, _ = io.WriteString(w, "{}")
	}))
	defer server.Close()
	for kind, key := range map[identity.BearerTokenType]string{identity.LongTerm: long, identity.ShortTerm: short} {
		client := bedrockruntime.New(bedrockruntime.Options{
			BaseEndpoint: &server.URL, Region: "eu-west-3", HTTPClient: server.Client(),
			BearerAuthTokenProvider: smithybearer.StaticTokenProvider{Token: smithybearer.Token{Value: key}},
			AuthSchemePreference:    []string{"httpBearerAuth"},
		})
		// What the client makes of the empty answer does not matter here.
		_, _ = client.Converse(t.Context(), &bedrockruntime.ConverseInput{ModelId: new("anthropic.claude-3-haiku-20240307-v1:0")})
		if got := <-callers; got.ARN != alice.ARN || got.BearerTokenType != kind || got.Method != identity.MethodAPIKey {
			t.Errorf("%s: %+v", kind, got)
		}
	}
}
