package identity

import "context"

// The development key. It is the same everywhere, so that snippets can be pasted,
// and therefore no secret.
const (
	DevelopmentKeyID  = "SAPROLITELOCALDEVKEY"
	DevelopmentSecret = "local-development-only-secret-key-000000"
)

// localAccount is the account of whoever works on the machine itself.
const localAccount = "000000000000"

// DevelopmentKeys are [Keys] that hold the development key alone, which is good
// on loopback addresses and unix sockets only.
type DevelopmentKeys struct{}

// Lookup implements [Keys].
func (DevelopmentKeys) Lookup(_ context.Context, accessKeyID string) (Key, error) {
	if accessKeyID != DevelopmentKeyID {
		return Key{}, ErrUnknownKey
	}
	return Key{
		Secret: DevelopmentSecret,
		Principal: Principal{
			ARN:      "arn:aws:iam::" + localAccount + ":user/development",
			Account:  localAccount,
			UserID:   "AIDASAPROLITELOCALDEV",
			UserName: "development",
		},
		LoopbackOnly: true,
	}, nil
}
