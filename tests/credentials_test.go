package tests

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/seal"
	tokens "github.com/saprolite/saprolite/internal/sts"
	sdkgo "github.com/saprolite/saprolite/tests/sdk-go"
)

// The models of these tests: the policy allows one of them.
const (
	allowedModel = "amazon.nova-lite-v1:0"
	otherModel   = "anthropic.claude-3-haiku-20240307-v1:0"
)

// expiredKey is an API key that the file declares, and that ended long ago.
const expiredKey = "ABSKexpired"

// What the refusals say.
const (
	badSignature = "The request signature we calculated does not match the signature you provided."
	unknownKey   = "The security token included in the request is invalid."
	badAPIKey    = "Authentication failed: Please make sure your API Key is valid."
	endedAPIKey  = "Bearer Token has expired"
)

// testCredentials has the SDKs call with credentials that are good, and with all
// that are not any more or never were. It is over TLS, since botocore sends API keys
// to no other server.
func testCredentials(t *testing.T, binary string) {
	pair := newCertificate(t)
	o := newOffice(t, binary, pair)
	tries, caller := o.credentials(t)
	p := serve(t, binary, "--config", o.config, "--data", o.data)
	tries = append(tries, o.sessions(t, p.variable(t, "AWS_ENDPOINT_URL_STS"), newClient(t, overTLS(pair)), caller)...)
	text, err := json.Marshal(tries)
	if err != nil {
		t.Fatal(err)
	}
	variable := "SAPROLITE_CREDENTIALS=" + string(text)
	t.Run("Go", func(t *testing.T) {
		sdkgo.Credentials(t, sdkgo.Target{
			Endpoint: p.variable(t, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
			Client:   newClient(t, overTLS(pair)), Ended: p.ended,
		}, tries)
	})
	t.Run("JavaScript", func(t *testing.T) {
		javaScript(t, p, "sdk-js", "callers/*.test.js", variable, "NODE_EXTRA_CA_CERTS="+pair.certFile)
	})
	t.Run("Python", func(t *testing.T) {
		python(t, p, "sdk-python", "callers/test_*.py", variable, "AWS_CA_BUNDLE="+pair.certFile)
	})
}

// credentials makes keys of all kinds, and says what is to come of each. The access
// key is good.
func (o *office) credentials(t *testing.T) (tries []sdkgo.Credential, good key) {
	t.Helper()
	good = o.key(t, "alice")
	inactive, revoked := o.key(t, "alice"), o.key(t, "bob")
	api, inactiveAPI, revokedAPI := o.key(t, "alice", "--api", "--expires", "1d"), o.key(t, "alice", "--api"), o.key(t, "bob", "--api")
	powerless, powerlessAPI := o.key(t, "guest"), o.key(t, "guest", "--api")
	o.run(t, nil, "keys", "deactivate", inactive.AccessKeyID)
	o.run(t, nil, "keys", "deactivate", inactiveAPI.CredentialID)
	o.run(t, nil, "keys", "revoke", revoked.AccessKeyID)
	o.run(t, nil, "keys", "revoke", revokedAPI.CredentialID)

	try := func(name string, k key, code, message string) sdkgo.Credential {
		return sdkgo.Credential{
			Name: name, AccessKeyID: k.AccessKeyID, Secret: k.SecretAccessKey, APIKey: k.ServiceAPIKeyValue,
			Model: allowedModel, Code: code, Message: message,
		}
	}
	bearer := func(name, token, code, message string) sdkgo.Credential {
		return sdkgo.Credential{Name: name, APIKey: token, Model: allowedModel, Code: code, Message: message}
	}
	wrong := good
	wrong.SecretAccessKey = strings.Repeat("x", len(wrong.SecretAccessKey))
	elsewhere := try("a model that is not allowed", good, "AccessDeniedException", refused("alice", "bedrock:InvokeModel"))
	elsewhere.Model = otherModel
	generated := try("AWS's generator", good, "", "")
	generated.Generate = true
	generatedOfRevoked := try("AWS's generator, of a revoked access key", revoked, "AccessDeniedException", badAPIKey)
	generatedOfRevoked.Generate = true
	return []sdkgo.Credential{
		try("access key", good, "", ""),
		try("wrong secret", wrong, "InvalidSignatureException", badSignature),
		try("inactive access key", inactive, "UnrecognizedClientException", unknownKey),
		try("revoked access key", revoked, "UnrecognizedClientException", unknownKey),
		{
			Name: "session token that was not made here", AccessKeyID: good.AccessKeyID, Secret: good.SecretAccessKey, SessionToken: "made up",
			Model: allowedModel, Code: "UnrecognizedClientException", Message: unknownKey,
		},
		try("nothing allowed", powerless, "AccessDeniedException", refused("guest", "bedrock:InvokeModel")),
		elsewhere,
		try("API key", api, "", ""),
		try("inactive API key", inactiveAPI, "AccessDeniedException", badAPIKey),
		try("revoked API key", revokedAPI, "AccessDeniedException", badAPIKey),
		bearer("wrong API key", api.ServiceAPIKeyValue[:len(api.ServiceAPIKeyValue)-4]+"AAAA", "AccessDeniedException", badAPIKey),
		bearer("expired API key", expiredKey, "AccessDeniedException", endedAPIKey),
		try("API key, nothing allowed", powerlessAPI, "AccessDeniedException", refused("guest", "bedrock:CallWithBearerToken")),
		bearer("short-term API key", o.token(t, good), "", ""),
		bearer("short-term API key of an inactive access key", o.token(t, inactive), "AccessDeniedException", badAPIKey),
		bearer("short-term API key with a wrong secret", o.token(t, wrong), "AccessDeniedException", badAPIKey),
		bearer("expired short-term API key", oldToken(t, good), "AccessDeniedException", endedAPIKey),
		generated,
		generatedOfRevoked,
	}, good
}

// sessions has a caller become a role, and says what is to come of the credentials.
func (o *office) sessions(t *testing.T, endpoint string, client *http.Client, caller key) []sdkgo.Credential {
	t.Helper()
	out, err := sts.New(sts.Options{
		BaseEndpoint: &endpoint, Region: "us-east-1", HTTPClient: client,
		Credentials: credentials.NewStaticCredentialsProvider(caller.AccessKeyID, caller.SecretAccessKey, ""),
	}).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: new("arn:aws:iam::123456789012:role/batch"), RoleSessionName: new("night"),
	})
	if err != nil {
		t.Fatal(err)
	}
	session := sdkgo.Credential{
		Name: "session", Model: allowedModel,
		AccessKeyID: *out.Credentials.AccessKeyId, Secret: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken,
	}
	elsewhere, untold, generated := session, session, session
	elsewhere.Name, elsewhere.Model, elsewhere.Code = "session, a model that is not allowed", otherModel, "AccessDeniedException"
	elsewhere.Message = "User: arn:aws:sts::123456789012:assumed-role/batch/night is not authorized to perform: bedrock:InvokeModel"
	untold.Name, untold.SessionToken, untold.Code, untold.Message = "session without its token", "", "UnrecognizedClientException", unknownKey
	generated.Name, generated.Generate = "AWS's generator, of a session", true
	return []sdkgo.Credential{session, elsewhere, untold, generated, o.endedSession(t)}
}

// endedSession is what nobody waits for: a session of an hour ago, made with the
// keys of the server.
func (o *office) endedSession(t *testing.T) sdkgo.Credential {
	t.Helper()
	ring, err := seal.ReadFile(filepath.Join(o.data, "seal.keys"))
	if err != nil {
		t.Fatal(err)
	}
	ago := time.Now().Add(-2 * time.Hour)
	made, err := tokens.NewTokens(ring).Issue(tokens.Grant{Session: identity.Session{
		RoleARN: "arn:aws:iam::123456789012:role/batch", Name: "night", Issued: ago, Expires: ago.Add(time.Hour),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return sdkgo.Credential{
		Name: "ended session", AccessKeyID: made.AccessKeyID, Secret: made.Secret, SessionToken: made.SessionToken,
		Model: allowedModel, Code: "ExpiredTokenException", Message: "The security token included in the request is expired",
	}
}

// refused begins the sentence about a user without a right.
func refused(user, action string) string {
	return "User: arn:aws:iam::123456789012:user/" + user + " is not authorized to perform: " + action
}

// oldToken makes a short-term API key that has ended.
func oldToken(t *testing.T, of key) string {
	t.Helper()
	token, err := identity.NewShortTermKey(t.Context(), identity.ShortTermKey{
		AccessKeyID: of.AccessKeyID, Secret: of.SecretAccessKey, Region: "us-east-1", Expires: time.Hour,
	}, time.Now().Add(-2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return token
}
