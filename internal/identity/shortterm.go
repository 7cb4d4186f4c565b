package identity

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/sigv4"
)

// A short-term key is a presigned URL, without its scheme, of an operation that
// exists for nothing else.
const (
	shortTermPrefix  = "bedrock-api-key-"
	shortTermHost    = "bedrock.amazonaws.com"
	shortTermAction  = "CallWithBearerToken"
	shortTermVersion = "&Version=1"
	emptyHash        = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

// MaxShortTerm is the longest time for which a short-term key is good.
const MaxShortTerm = 12 * time.Hour

// shortTerm verifies the signature that the key is made of.
func (c *Credentials) shortTerm(ctx context.Context, r *http.Request, token string) (Principal, error) {
	inside, ok := openShortTerm(token)
	if !ok {
		return Principal{}, errAPIKey()
	}
	signature, err := sigv4.Parse(inside)
	if err != nil || signature.SignedHeaders != "host" || signature.Expires == 0 || signature.Expires > MaxShortTerm {
		return Principal{}, errAPIKey()
	}
	if c.access.now().After(signature.Time.Add(signature.Expires)) {
		return Principal{}, errAPIKeyExpired()
	}
	key, err := c.access.key(ctx, r, signature)
	if err != nil {
		return Principal{}, insideAPIKey(err)
	}
	if err := c.inside.Verify(inside, nil, signature, key.Secret); err != nil {
		return Principal{}, errAPIKey()
	}
	principal := signer(key, signature)
	principal.Method = MethodAPIKey
	principal.BearerTokenType = ShortTerm
	return principal, nil
}

// insideAPIKey is the refusal of an access key in the words for an API key that was
// made of it.
func insideAPIKey(err error) error {
	exception, ok := errors.AsType[bedrock.Exception](err)
	switch {
	case !ok:
		return err
	case exception.ErrorCode() == "ExpiredTokenException":
		return errAPIKeyExpired()
	}
	return errAPIKey()
}

// openShortTerm takes a key apart: it is the request that was presigned. Whatever
// else than the parameters of its kind is in it makes it none.
func openShortTerm(token string) (*http.Request, bool) {
	text, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(token, shortTermPrefix))
	if err != nil {
		return nil, false
	}
	query, ok := strings.CutPrefix(string(text), shortTermHost+"/?")
	if !ok {
		return nil, false
	}
	// It comes after the signature, which does not cover it.
	if query, ok = strings.CutSuffix(query, shortTermVersion); !ok {
		return nil, false
	}
	action := false
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Security-Token",
			"X-Amz-Signature", "X-Amz-SignedHeaders":
		case "Action":
			if action || value != shortTermAction {
				return nil, false
			}
			action = true
		default:
			return nil, false
		}
	}
	return &http.Request{Method: http.MethodPost, RequestURI: "/?" + query, Host: shortTermHost, Header: http.Header{}}, action
}

// ShortTermKey is what a short-term API key is made of.
type ShortTermKey struct {
	// AccessKeyID and Secret are an access key; SessionToken is that of a session's.
	AccessKeyID, Secret, SessionToken string
	// Region is the one that the key is for.
	Region string
	// Expires is how long the key is good: whole seconds up to [MaxShortTerm], which
	// it is if zero.
	Expires time.Duration
}

// NewShortTermKey makes a short-term key as of the given time, as the generators of
// AWS do.
func NewShortTermKey(ctx context.Context, k ShortTermKey, now time.Time) (string, error) {
	if k.Expires == 0 {
		k.Expires = MaxShortTerm
	}
	switch {
	case k.AccessKeyID == "" || k.Secret == "":
		return "", errors.New("a short-term API key is made of an access key")
	case k.Region == "":
		return "", errors.New("a short-term API key is for a region")
	case k.Expires < time.Second || k.Expires > MaxShortTerm:
		return "", fmt.Errorf("a short-term API key is good for one second to %v, not for %v", MaxShortTerm, k.Expires)
	}
	query := url.Values{
		"Action":        {shortTermAction},
		"X-Amz-Expires": {strconv.Itoa(int(k.Expires / time.Second))},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+shortTermHost+"/?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	credentials := aws.Credentials{AccessKeyID: k.AccessKeyID, SecretAccessKey: k.Secret, SessionToken: k.SessionToken}
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, credentials, request, emptyHash, signingName, k.Region, now)
	if err != nil {
		return "", err
	}
	text := strings.TrimPrefix(signed, "https://") + shortTermVersion
	return shortTermPrefix + base64.StdEncoding.EncodeToString([]byte(text)), nil
}
