package identity

import (
	"context"
	"net/http"
)

// None takes every request of the same machine for one of the local account's
// root, and refuses all others. Pages of other machines in a browser of this one are
// others.
type None struct{}

// Authenticate implements [Authenticator].
func (None) Authenticate(_ context.Context, r *http.Request, _ []byte) (Principal, error) {
	if !fromLoopback(r) {
		return Principal{}, errAccessDenied(errNotLoopback(r))
	}
	if fromPage(r) {
		return Principal{}, errAccessDenied(errPage)
	}
	return Principal{
		ARN:     "arn:aws:iam::" + localAccount + ":root",
		Account: localAccount,
		UserID:  localAccount,
		Method:  MethodNone,
	}, nil
}
