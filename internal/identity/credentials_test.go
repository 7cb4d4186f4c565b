package identity_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/sigv4"
)

const sessionToken = "IQoJb3JpZ2luX2VjEND//a+session/token=="

var (
	alice = identity.Principal{
		ARN: "arn:aws:iam::123456789012:user/alice", Account: "123456789012", UserID: "AIDAALICE",
		UserName: "alice", Tags: map[string]string{"team": "rock"},
	}
	writer = identity.Principal{
		ARN: "arn:aws:sts::123456789012:assumed-role/writer/job", Account: "123456789012", UserID: "AROAWRITER:job",
		Session: &identity.Session{RoleARN: "arn:aws:iam::123456789012:role/writer", Name: "job"},
	}
)

// house holds one access key, one session of a key with the same id and secret, and
// API keys.
type house struct {
	sessionEnds time.Time
	apiKeys     map[[sha256.Size]byte]identity.APIKey
	fault       error
}

func (h house) Lookup(_ context.Context, id string) (identity.Key, error) {
	if id != identity.DevelopmentKeyID {
		return identity.Key{}, identity.ErrUnknownKey
	}
	return identity.Key{Secret: identity.DevelopmentSecret, Principal: alice}, h.fault
}

func (h house) Open(_ context.Context, id, token string) (identity.Key, error) {
	if id != identity.DevelopmentKeyID || token != sessionToken {
		return identity.Key{}, identity.ErrUnknownKey
	}
	return identity.Key{Secret: identity.DevelopmentSecret, Principal: writer, Expires: h.sessionEnds}, h.fault
}

func (h house) LookupAPIKey(_ context.Context, hash [sha256.Size]byte) (identity.APIKey, error) {
	key, ok := h.apiKeys[hash]
	if !ok {
		return identity.APIKey{}, identity.ErrUnknownKey
	}
	return key, h.fault
}

func (h house) at(now time.Time) *identity.Credentials {
	return identity.NewCredentials(identity.Options{Keys: h, Sessions: h, APIKeys: h, Now: func() time.Time { return now }})
}

func bearer(t testing.TB, token string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/model/m/converse", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

// generated are the keys of a generator, without and with a session token, for
// twelve hours and for one.
func generated(t testing.TB, file string) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// madeAt reads the time at which a short-term key was made.
func madeAt(t testing.TB, token string) time.Time {
	t.Helper()
	_, rest, _ := strings.Cut(inside(t, token), "X-Amz-Date=")
	when, err := time.Parse("20060102T150405Z", rest[:16])
	if err != nil {
		t.Fatal(err)
	}
	return when
}

const prefix = "bedrock-api-key-"

func inside(t testing.TB, token string) string {
	t.Helper()
	text, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(token, prefix))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// parts are a URL's, whatever their order.
func parts(uri string) []string {
	all := strings.FieldsFunc(uri, func(c rune) bool { return c == '?' || c == '&' })
	slices.Sort(all)
	return all
}

func outside(text string) string { return prefix + base64.StdEncoding.EncodeToString([]byte(text)) }

func TestShortTermKeyOfGenerators(t *testing.T) {
	for _, file := range []string{"tokens-js.txt", "tokens-python.txt"} {
		for i, token := range generated(t, file) {
			made, good := madeAt(t, token), []time.Duration{12 * time.Hour, time.Hour}[i%2]
			h := house{sessionEnds: made.Add(24 * time.Hour)}
			want := []identity.Principal{alice, writer}[i/2]
			want.Method, want.Region, want.BearerTokenType = identity.MethodAPIKey, "eu-west-3", identity.ShortTerm
			for _, after := range []time.Duration{0, good} {
				got, err := identity.Authenticate(t.Context(), h.at(made.Add(after)), bearer(t, token), []byte("{}"))
				if err != nil {
					t.Fatalf("%s %d: %v", file, i, err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s %d: %s", file, i, diff)
				}
			}
			_, err := identity.Authenticate(t.Context(), h.at(made.Add(good+time.Second)), bearer(t, token), nil)
			wantAPIKeyRefusal(t, err, "Bearer Token has expired")
		}
	}
}

// TestNewShortTermKey makes keys that are, but for the order of parameters, those
// that the generators make at the same time.
func TestNewShortTermKey(t *testing.T) {
	for i, token := range generated(t, "tokens-js.txt") {
		key := identity.ShortTermKey{AccessKeyID: identity.DevelopmentKeyID, Secret: identity.DevelopmentSecret, Region: "eu-west-3"}
		if i >= 2 {
			key.SessionToken = sessionToken
		}
		if i%2 == 1 {
			key.Expires = time.Hour
		}
		got, err := identity.NewShortTermKey(t.Context(), key, madeAt(t, token))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(parts(inside(t, token)), parts(inside(t, got))); diff != "" {
			t.Error(diff)
		}
	}
	whole := identity.ShortTermKey{AccessKeyID: "a", Secret: "b", Region: "c"}
	for name, change := range map[string]func(*identity.ShortTermKey){
		"no key":    func(k *identity.ShortTermKey) { k.Secret = "" },
		"no region": func(k *identity.ShortTermKey) { k.Region = "" },
		"too long":  func(k *identity.ShortTermKey) { k.Expires = 12*time.Hour + time.Second },
		"no time":   func(k *identity.ShortTermKey) { k.Expires = time.Millisecond },
	} {
		key := whole
		change(&key)
		if _, err := identity.NewShortTermKey(t.Context(), key, time.Now()); err == nil {
			t.Errorf("%s: made", name)
		}
	}
}

// TestShortTermKeyMutations changes every byte of the keys, of what they are made of
// and of how that is written. Left out is what means the same: an escape in
// lower-case digits.
func TestShortTermKeyMutations(t *testing.T) {
	for _, token := range append(generated(t, "tokens-js.txt"), generated(t, "tokens-python.txt")...) {
		made, text := madeAt(t, token), inside(t, token)
		credentials := house{sessionEnds: made.Add(time.Hour)}.at(made)
		refused := func(token string) {
			t.Helper()
			if _, err := identity.Authenticate(t.Context(), credentials, bearer(t, token), nil); err == nil {
				t.Errorf("accepted: %s", token)
			}
		}
		for i := range len(token) {
			for _, bit := range []byte{1, 2, 4, 0x20} {
				changed := token[:i] + string([]byte{token[i] ^ bit}) + token[i+1:]
				if got, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(changed, prefix)); err != nil ||
					strings.NewReplacer("%2f", "%2F", "%3d", "%3D").Replace(string(got)) != text {
					refused(changed)
				}
			}
		}
		for i := range len(text) {
			for _, bit := range []byte{1, 2, 4, 0x10} {
				refused(outside(text[:i] + string([]byte{text[i] ^ bit}) + text[i+1:]))
			}
		}
		refused(token + "A")
		refused(strings.TrimPrefix(token, prefix))
		refused(outside(text + "&Version=1"))
		refused(outside(strings.Replace(text, "&", "&Action=CallWithBearerToken&", 1)))
		refused(outside(strings.Replace(text, "&", "&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&", 1)))
	}
}

// presignedElse is a URL that an access key's holder presigned for something else,
// put into the form of a short-term key.
func presignedElse(t *testing.T, method, target string, header http.Header) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://bedrock.amazonaws.com"+target, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	key := aws.Credentials{AccessKeyID: identity.DevelopmentKeyID, SecretAccessKey: identity.DevelopmentSecret}
	const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	uri, _, err := v4.NewSigner().PresignHTTP(t.Context(), key, r, emptyHash, "bedrock", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return outside(strings.TrimPrefix(uri, "https://") + "&Version=1")
}

func TestShortTermKeyMadeOfElse(t *testing.T) {
	const whole = "/?Action=CallWithBearerToken&X-Amz-Expires=60"
	credentials := house{}.at(time.Now())
	for name, test := range map[string]struct {
		token string
		good  bool
	}{
		"as it should be":  {presignedElse(t, "POST", whole, http.Header{}), true},
		"method":           {presignedElse(t, "GET", whole, http.Header{}), false},
		"path":             {presignedElse(t, "POST", strings.Replace(whole, "/", "/foundation-models", 1), http.Header{}), false},
		"another action":   {presignedElse(t, "POST", strings.Replace(whole, "CallWith", "CallWithout", 1), http.Header{}), false},
		"no action":        {presignedElse(t, "POST", "/?X-Amz-Expires=60", http.Header{}), false},
		"no expiry":        {presignedElse(t, "POST", "/?Action=CallWithBearerToken", http.Header{}), false},
		"thirteen hours":   {presignedElse(t, "POST", strings.Replace(whole, "60", "46800", 1), http.Header{}), false},
		"header":           {presignedElse(t, "POST", whole, http.Header{"Content-Type": {"a/b"}}), false},
		"parameter":        {presignedElse(t, "POST", whole+"&x=1", http.Header{}), false},
		"empty":            {prefix, false},
		"not in base64":    {prefix + "%", false},
		"of another house": {outside("example.com/?Action=CallWithBearerToken&Version=1"), false},
		"very long":        {prefix + strings.Repeat("A", 32<<10), false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := identity.Authenticate(t.Context(), credentials, bearer(t, test.token), nil)
			if test.good {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantAPIKeyRefusal(t, err, "Authentication failed: Please make sure your API Key is valid.")
		})
	}
}

func TestShortTermKeyOfEndedSession(t *testing.T) {
	token := generated(t, "tokens-js.txt")[2]
	made := madeAt(t, token)
	_, err := identity.Authenticate(t.Context(), house{sessionEnds: made.Add(time.Minute)}.at(made.Add(time.Minute)), bearer(t, token), nil)
	wantAPIKeyRefusal(t, err, "Bearer Token has expired")
}

func TestLongTermKey(t *testing.T) {
	now := time.Now()
	id, key := identity.NewAPIKey("123456789012")
	text, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(key, "ABSK"))
	if err != nil || !strings.HasPrefix(key, "ABSK") || !strings.HasPrefix(string(text), id+"-at-123456789012:") {
		t.Errorf("%s is %s, %v", key, text, err)
	}
	if _, another := identity.NewAPIKey("123456789012"); another == key {
		t.Error("the same key twice")
	}
	hash := identity.HashAPIKey(key)
	want := alice
	want.Method, want.BearerTokenType = identity.MethodAPIKey, identity.LongTerm
	const invalid = "Authentication failed: Please make sure your API Key is valid."
	for name, test := range map[string]struct {
		key     identity.APIKey
		token   string
		refusal string
	}{
		"good":       {identity.APIKey{Hash: hash, Principal: alice}, key, ""},
		"not yet":    {identity.APIKey{Hash: hash, Principal: alice, Expires: now.Add(1)}, key, ""},
		"expired":    {identity.APIKey{Hash: hash, Principal: alice, Expires: now}, key, "Bearer Token has expired"},
		"inactive":   {identity.APIKey{Hash: hash, Principal: alice, Inactive: true}, key, invalid},
		"other hash": {identity.APIKey{Hash: sha256.Sum256(nil), Principal: alice}, key, invalid},
		"unknown":    {identity.APIKey{Hash: hash, Principal: alice}, key + "x", invalid},
		"empty":      {identity.APIKey{Hash: hash, Principal: alice}, "", invalid},
	} {
		t.Run(name, func(t *testing.T) {
			h := house{apiKeys: map[[sha256.Size]byte]identity.APIKey{hash: test.key}}
			got, err := identity.Authenticate(t.Context(), h.at(now), bearer(t, test.token), nil)
			if test.refusal != "" {
				wantAPIKeyRefusal(t, err, test.refusal)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAPIKeysWhereNoneAreTaken holds for services without API keys, and for the one
// operation of this service.
func TestAPIKeysWhereNoneAreTaken(t *testing.T) {
	h := house{}
	token := generated(t, "tokens-js.txt")[0]
	at := func() time.Time { return madeAt(t, token) }
	without := identity.NewCredentials(identity.Options{Keys: h, Sessions: h, Now: at})
	_, err := identity.Authenticate(t.Context(), without, bearer(t, token), nil)
	wantAPIKeyRefusal(t, err, "Authentication failed")
	_, _, err = h.at(at()).AuthenticateEvents(t.Context(), bearer(t, token))
	wantAPIKeyRefusal(t, err, "Authentication failed")
}

func wantAPIKeyRefusal(t *testing.T, err error, message string) {
	t.Helper()
	wantRefusal(t, err, "AccessDeniedException", message)
	if _, ok := errors.AsType[*identity.APIKeyError](err); !ok {
		t.Errorf("%v is no APIKeyError", err)
	}
}

// sessionRequest is signed with the key of a session.
func sessionRequest(t testing.TB, token, host string, when time.Time) *http.Request {
	t.Helper()
	key := aws.Credentials{AccessKeyID: identity.DevelopmentKeyID, SecretAccessKey: identity.DevelopmentSecret, SessionToken: token}
	return signedWith(t, key, host, when)
}

func signedWith(t testing.TB, key aws.Credentials, host string, when time.Time) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "POST", "http://"+host+"/model/m/converse", nil)
	const hash = "UNSIGNED-PAYLOAD"
	r.Header.Set("X-Amz-Content-Sha256", hash)
	if err := v4.NewSigner().SignHTTP(t.Context(), key, r, hash, "bedrock", "us-east-1", when); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSession(t *testing.T) {
	now := time.Now()
	got, err := identity.Authenticate(t.Context(), house{sessionEnds: now.Add(1)}.at(now), sessionRequest(t, sessionToken, "h", now), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := writer
	want.Method, want.Region = identity.MethodSigV4, "us-east-1"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// An ended session is told so even if the rest is wrong too.
	_, err = identity.Authenticate(t.Context(), house{sessionEnds: now}.at(now), sessionRequest(t, sessionToken, "h", now.Add(-time.Hour)), nil)
	wantRefusal(t, err, "ExpiredTokenException", "The security token included in the request is expired")
	_, err = identity.Authenticate(t.Context(), house{}.at(now), sessionRequest(t, "of nobody", "h", now), nil)
	wantRefusal(t, err, "UnrecognizedClientException", "The security token included in the request is invalid.")
	fault := errors.New("disk full")
	if _, err = identity.Authenticate(t.Context(), (house{fault: fault}).at(now), sessionRequest(t, sessionToken, "h", now), nil); !errors.Is(err, fault) {
		t.Error(err)
	}
}

func TestCredentialsBehindProxy(t *testing.T) {
	now := time.Now()
	h := house{}
	behind := identity.NewCredentials(identity.Options{Keys: h, Proxies: sigv4.Proxies{
		Peers: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, Names: []string{"bedrock.example"},
	}})
	for peer, accepted := range map[string]bool{"10.1.2.3:4": true, "192.0.2.1:4": false} {
		r := sessionRequest(t, "", "bedrock.example", now)
		r.Host, r.RemoteAddr = "inner:8484", peer
		if _, err := identity.Authenticate(t.Context(), behind, r, nil); (err == nil) != accepted {
			t.Errorf("%s: %v", peer, err)
		}
	}
}

func TestAuthenticateEvents(t *testing.T) {
	now := time.Now()
	const streaming = "STREAMING-AWS4-HMAC-SHA256-EVENTS"
	r := httptest.NewRequestWithContext(t.Context(), "POST", "http://h/model/m/invoke-with-bidirectional-stream", nil)
	r.Header.Set("X-Amz-Content-Sha256", streaming)
	key := aws.Credentials{AccessKeyID: identity.DevelopmentKeyID, SecretAccessKey: identity.DevelopmentSecret}
	if err := v4.NewSigner().SignHTTP(t.Context(), key, r, streaming, "bedrock", "us-east-1", now); err != nil {
		t.Fatal(err)
	}
	got, events, err := house{}.at(now).AuthenticateEvents(t.Context(), r)
	if err != nil || got.ARN != alice.ARN || events == nil {
		t.Errorf("%+v, %v, %v", got, events, err)
	}
	_, _, err = house{}.at(now).AuthenticateEvents(t.Context(), sessionRequest(t, "", "h", now))
	wantRefusal(t, err, "InvalidSignatureException", "The request signature we calculated does not match")
}

// FuzzShortTermKey feeds arbitrary text in the form of a key. Nothing but the keys of
// the generators is accepted.
func FuzzShortTermKey(f *testing.F) {
	known := map[string]bool{}
	for _, token := range append(generated(f, "tokens-js.txt"), generated(f, "tokens-python.txt")...) {
		text := inside(f, token)
		known[text] = true
		f.Add(text)
	}
	credentials := house{}.at(madeAt(f, generated(f, "tokens-js.txt")[0]))
	f.Fuzz(func(t *testing.T, text string) {
		_, err := identity.Authenticate(t.Context(), credentials, bearer(t, outside(text)), nil)
		if err == nil && !known[text] {
			t.Errorf("accepted: %q", text)
		}
		if _, ok := errors.AsType[*identity.APIKeyError](err); err != nil && !ok {
			t.Errorf("%q: %v", text, err)
		}
	})
}
