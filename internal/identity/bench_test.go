package identity_test

import (
	"crypto/sha256"
	"net/http"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/identity"
)

// BenchmarkAuthenticate is what each way to prove who one is costs per call, apart
// from the store and the sealing of session tokens (see internal/sts).
func BenchmarkAuthenticate(b *testing.B) {
	now := time.Now()
	_, long := identity.NewAPIKey("123456789012")
	hash := identity.HashAPIKey(long)
	credentials := house{
		sessionEnds: now.Add(time.Hour),
		apiKeys:     map[[sha256.Size]byte]identity.APIKey{hash: {Hash: hash, Principal: alice}},
	}.at(now)
	short, err := identity.NewShortTermKey(b.Context(), identity.ShortTermKey{
		AccessKeyID: identity.DevelopmentKeyID, Secret: identity.DevelopmentSecret, Region: "us-east-1",
	}, now)
	if err != nil {
		b.Fatal(err)
	}
	for name, r := range map[string]*http.Request{
		"header":         sessionRequest(b, "", "h", now),
		"session":        sessionRequest(b, sessionToken, "h", now),
		"long-term key":  bearer(b, long),
		"short-term key": bearer(b, short),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := credentials.Authenticate(b.Context(), r, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
