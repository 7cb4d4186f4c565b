package identity_test

import (
	"crypto/sha256"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/seal"
	"github.com/saprolite/saprolite/internal/sts"
)

// BenchmarkAuthenticate is what each way to prove who one is costs per call, apart
// from the store and from the hash of the body.
func BenchmarkAuthenticate(b *testing.B) {
	now := time.Now()
	_, long := identity.NewAPIKey("123456789012")
	hash := identity.HashAPIKey(long)
	h := house{apiKeys: map[[sha256.Size]byte]identity.APIKey{hash: {Hash: hash, Principal: alice}}}
	ring, err := seal.Parse(seal.NewKey())
	if err != nil {
		b.Fatal(err)
	}
	tokens := sts.NewTokens(ring)
	session, err := tokens.Issue(sts.Grant{RoleID: "AROAWRITER", Session: identity.Session{
		RoleARN: writer.Session.RoleARN, Name: "job", Issued: now, Expires: now.Add(time.Hour)}})
	if err != nil {
		b.Fatal(err)
	}
	credentials := identity.NewCredentials(identity.Options{Keys: h, Sessions: tokens, APIKeys: h})
	short, err := identity.NewShortTermKey(b.Context(), identity.ShortTermKey{
		AccessKeyID: identity.DevelopmentKeyID, Secret: identity.DevelopmentSecret, Region: "us-east-1",
	}, now)
	if err != nil {
		b.Fatal(err)
	}
	for name, r := range map[string]*http.Request{
		"header":         signedWith(b, aws.Credentials{AccessKeyID: identity.DevelopmentKeyID, SecretAccessKey: identity.DevelopmentSecret}, "h", now),
		"session":        signedWith(b, aws.Credentials{AccessKeyID: session.AccessKeyID, SecretAccessKey: session.Secret, SessionToken: session.SessionToken}, "h", now),
		"long-term key":  bearer(b, long),
		"short-term key": bearer(b, short),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := identity.Authenticate(b.Context(), credentials, r, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
