package app_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

const podPrincipals = `
accounts:
  - id: "123456789012"
    roles:
      - name: app
        inline: {invoke: {Version: 2012-10-17, Statement: {Effect: Allow, Action: "bedrock:InvokeModel", Resource: "*"}}}
        trust:
          Version: 2012-10-17
          Statement:
            Effect: Allow
            Principal: {Federated: "arn:aws:iam::123456789012:oidc-provider/ISSUER"}
            Action: sts:AssumeRoleWithWebIdentity
            Condition: {StringEquals: {"ISSUER:sub": "system:serviceaccount:default:app", "ISSUER:aud": "sts.amazonaws.com"}}
`

// A pod has the ordinary variables of AWS. It shows the token of its service
// account and is the role that trusts it, from the files of the configuration to an
// answer. Another pod of the cluster is not.
func TestPod(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cluster := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k", Algorithm: oidc.RS256}}}
	issuer := httptest.NewServer(cluster)
	defer issuer.Close()
	cluster.SetIssuer(issuer.URL)
	name := strings.TrimPrefix(issuer.URL, "http://")
	c := load(t, "auth: iam\nprincipals: "+writeFile(t, "principals.yaml", strings.ReplaceAll(podPrincipals, "ISSUER", name))+"\n"+
		"identityProviders: [{issuer: '"+issuer.URL+"', audiences: [sts.amazonaws.com]}]\n"+
		"providers: {script: {type: script, file: "+writeFile(t, "rules.yaml", "default: {reply: Hi there!}\n")+"}}\n")
	r := serve(t, c, "127.0.0.1:0")
	for variable, value := range map[string]string{
		"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/app", "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ENDPOINT_URL_STS": "http://" + r.address(0), "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://" + r.address(0),
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PROFILE": "", "AWS_CA_BUNDLE": "",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_BEARER_TOKEN_BEDROCK": "",
	} {
		t.Setenv(variable, value)
	}
	over := transport(t, "tcp", r.address(0), http1)
	for account, want := range map[string]string{"app": "Hi there!", "other": "Not authorized to perform sts:AssumeRoleWithWebIdentity"} {
		token := oidctest.SignIDToken(key, "k", oidc.RS256, fmt.Sprintf(
			`{"iss":%q,"sub":"system:serviceaccount:default:%s","aud":["sts.amazonaws.com"],"exp":%d}`, issuer.URL, account, time.Now().Add(time.Hour).Unix()))
		t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", writeFile(t, "token", token))
		settings, err := awsconfig.LoadDefaultConfig(t.Context(), awsconfig.WithHTTPClient(&http.Client{Transport: over}), awsconfig.WithRetryMaxAttempts(1))
		if err != nil {
			t.Fatal(err)
		}
		model := bedrockruntime.NewFromConfig(settings)
		if text, err := ask(t.Context(), model); text != want && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %q, %v; want %s", account, text, err, want)
		}
	}
}
