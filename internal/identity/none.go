package identity

import (
	"context"
	"net/http"
)

// None takes every request of the same machine for one of the local account's
// root, and refuses all others. Pages of other machines in a browser of this one are
// others.
type None struct{}

// Identify implements [Authenticator].
func (None) Identify(_ context.Context, r *http.Request) (Claim, error) {
	if !fromLoopback(r) {
		return Claim{}, errAccessDenied(errNotLoopback(r))
	}
	if fromPage(r) {
		return Claim{}, errAccessDenied(errPage)
	}
	return Proven(Principal{
		ARN:     "arn:aws:iam::" + localAccount + ":root",
		Account: localAccount,
		UserID:  localAccount,
		Method:  MethodNone,
	}), nil
}
