package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

// BearerTokenType is a kind of API key.
type BearerTokenType string

// The values of bedrock:BearerTokenType.
const (
	// LongTerm is a key that was minted and is looked up.
	LongTerm BearerTokenType = "LONG_TERM"
	// ShortTerm is a key that an access key's holder made, and that a signature
	// vouches for.
	ShortTerm BearerTokenType = "SHORT_TERM"
)

// maxAPIKey bounds, in bytes, what is hashed and decoded for anybody. The longest
// are short-term keys, which hold a session token encoded twice.
const maxAPIKey = 32 << 10

// APIKey is a long-term API key, without the key itself.
type APIKey struct {
	// Hash is the SHA-256 of the whole key.
	Hash [sha256.Size]byte
	// Principal is the holder. Its Method and BearerTokenType are left to the
	// authenticator.
	Principal Principal
	// Expires is when the key ends; the zero time for one that does not.
	Expires time.Time
	// Inactive is set for a key that is switched off.
	Inactive bool
}

// APIKeys finds long-term API keys. It is safe for concurrent use.
type APIKeys interface {
	// LookupAPIKey returns the key with that hash. The error is [ErrUnknownKey]
	// when there is none, or none any more.
	LookupAPIKey(ctx context.Context, hash [sha256.Size]byte) (APIKey, error)
}

// HashAPIKey is what is kept of an API key: nobody finds the key by it, since the
// key is random and long.
func HashAPIKey(key string) [sha256.Size]byte { return sha256.Sum256([]byte(key)) }

// NewAPIKey mints a long-term key for a user of the account. It looks as those of
// the service do, ABSK and in base64 an id and a secret; the id, which is no
// secret, names the key in lists. The secret has 256 random bits.
func NewAPIKey(account string) (id, key string) {
	var secret [32]byte
	rand.Read(secret[:])
	id = "BedrockAPIKey-" + randomText("abcdefghijklmnopqrstuvwxyz0123456789", 12)
	text := id + "-at-" + account + ":" + base64.StdEncoding.EncodeToString(secret[:])
	return id, "ABSK" + base64.StdEncoding.EncodeToString([]byte(text))
}

// randomText is n letters of an alphabet that has at most 256.
func randomText(alphabet string, n int) string {
	text := make([]byte, 0, n)
	// Bytes from here on would make some letters likelier than others.
	limit := 256 - 256%len(alphabet)
	var b [32]byte
	for {
		rand.Read(b[:])
		for _, v := range b {
			if int(v) >= limit {
				continue
			}
			if text = append(text, alphabet[int(v)%len(alphabet)]); len(text) == n {
				return string(text)
			}
		}
	}
}

// longTerm finds a key by its hash. How long that takes tells of the hash, which
// tells nothing of the key.
func (c *Credentials) longTerm(ctx context.Context, token string) (Principal, error) {
	hash := HashAPIKey(token)
	key, err := c.apiKeys.LookupAPIKey(ctx, hash)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return Principal{}, errAPIKey()
	case err != nil:
		return Principal{}, fmt.Errorf("look up API key: %w", err)
	case subtle.ConstantTimeCompare(hash[:], key.Hash[:]) != 1 || key.Inactive:
		return Principal{}, errAPIKey()
	case !key.Expires.IsZero() && !c.access.now().Before(key.Expires):
		return Principal{}, errAPIKeyExpired()
	}
	principal := key.Principal
	principal.Method = MethodAPIKey
	principal.BearerTokenType = LongTerm
	return principal, nil
}
