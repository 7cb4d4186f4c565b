package sigv4

import (
	"crypto/sha256"
	"strings"
	"sync"
)

// maxCachedKeys bounds the cache. A key in use costs one entry a day and region.
const maxCachedKeys = 1024

// keyScope is everything that a signing key depends on.
type keyScope struct{ secret, date, region, service string }

// signingKey derives the key of a scope: four HMACs, one inside the other.
func signingKey(scope keyScope) [sha256.Size]byte {
	key := hmacSHA256([]byte("AWS4"+scope.secret), []byte(scope.date))
	for _, part := range [...]string{scope.region, scope.service, terminator} {
		key = hmacSHA256(key[:], []byte(part))
	}
	return key
}

// keyCache keeps derived signing keys. The zero value is empty and ready.
type keyCache struct {
	mu   sync.RWMutex
	keys map[keyScope][sha256.Size]byte
}

func (c *keyCache) get(scope keyScope) ([sha256.Size]byte, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	key, ok := c.keys[scope]
	return key, ok
}

// put keeps a key. A full cache starts over: what is still in use comes back at
// the price of one derivation, and yesterday's keys do not.
func (c *keyCache) put(scope keyScope, key [sha256.Size]byte) {
	// The scope's strings are parts of a header that must not be kept alive.
	scope.date = strings.Clone(scope.date)
	scope.region = strings.Clone(scope.region)
	scope.service = strings.Clone(scope.service)

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil {
		c.keys = make(map[keyScope][sha256.Size]byte)
	}
	if len(c.keys) >= maxCachedKeys {
		clear(c.keys)
	}
	c.keys[scope] = key
}
