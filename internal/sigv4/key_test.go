package sigv4

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestKeyCacheIsBounded(t *testing.T) {
	var c keyCache
	for i := range 3 * maxCachedKeys {
		scope := keyScope{secret: "s", region: strconv.Itoa(i)}
		c.put(scope, signingKey(scope))
		if _, ok := c.get(scope); !ok {
			t.Fatalf("key %d is not kept", i)
		}
		if len(c.keys) > maxCachedKeys {
			t.Fatalf("%d keys, more than %d", len(c.keys), maxCachedKeys)
		}
	}
}

func TestKeyCacheConcurrently(t *testing.T) {
	var c keyCache
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 2 * maxCachedKeys {
				scope := keyScope{secret: "s", region: strconv.Itoa(i)}
				key, ok := c.get(scope)
				if !ok {
					c.put(scope, signingKey(scope))
				} else if key != signingKey(scope) {
					t.Errorf("wrong key for region %d", i)
				}
			}
		})
	}
	group.Wait()
}

// TestKeyCacheIgnoresStrangers lets requests that do not verify ask for many
// keys: none may be kept.
func TestKeyCacheIgnoresStrangers(t *testing.T) {
	v := &Verifier{Service: "bedrock"}
	now := time.Now().UTC().Format(timeLayout)
	for region := range 10 {
		r := &http.Request{Method: "GET", RequestURI: "/", Host: "localhost", Header: http.Header{
			"X-Amz-Date": {now},
			"Authorization": {"AWS4-HMAC-SHA256 Credential=AK/" + now[:8] + "/" + strconv.Itoa(region) +
				"/bedrock/aws4_request, SignedHeaders=host, Signature=" + strings.Repeat("0", 64)},
		}}
		sig, err := Parse(r)
		if err != nil {
			t.Fatal(err)
		}
		if v.Verify(r, nil, sig, "secret") == nil {
			t.Fatal("accepted")
		}
	}
	if len(v.keys.keys) != 0 {
		t.Errorf("%d keys kept", len(v.keys.keys))
	}
}
