package tests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// teamPolicy is what the callers of these tests may do.
const teamPolicy = `{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "bedrock:InvokeModel*", "Resource": "arn:aws:bedrock:*::foundation-model/amazon.nova-*"},
  {"Effect": "Allow", "Action": "bedrock:CallWithBearerToken", "Resource": "*"}]}`

// office runs the commands that change who exists.
type office struct{ binary, config, data string }

func newOffice(t *testing.T, binary string, pair *certificate) *office {
	t.Helper()
	o := &office{binary: binary, config: pair.configuration(t, "script.yaml"), data: t.TempDir()}
	people := filepath.Join(filepath.Dir(o.config), "principals.yaml")
	o.write(t, people, fmt.Sprintf("accounts:\n  - id: '123456789012'\n    users:\n      - name: former\n        apiKeys: [{id: ended, key: %s, expires: 2020-01-01T00:00:00Z}]\n", expiredKey))
	file, err := os.OpenFile(o.config, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := fmt.Fprintf(file, "auth: iam\nprincipals: %q\n", people); err != nil {
		t.Fatal(err)
	}
	policy := filepath.Join(o.data, "team.json")
	o.write(t, policy, teamPolicy)
	o.run(t, nil, "policies", "create", "team", policy)
	for _, name := range []string{"alice", "bob"} {
		o.run(t, nil, "users", "create", name, "--policy", "team")
	}
	o.run(t, nil, "users", "create", "guest")
	trust := filepath.Join(o.data, "trust.json")
	o.write(t, trust, `{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:user/alice"}, "Action": "sts:AssumeRole"}}`)
	o.run(t, nil, "roles", "create", "batch", "--trust", trust, "--policy", "team")
	return o
}

func (o *office) write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a command, and reads what it prints into out, which may be nil.
func (o *office) run(t *testing.T, out any, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), o.binary, append(args, "--config", o.config, "--data", o.data, "--format", "json")...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	printed, err := cmd.Output()
	if err == nil && out != nil {
		err = json.Unmarshal(printed, out)
	}
	if err != nil {
		t.Fatalf("%v: %v\n%s%s", args, err, printed, stderr.Bytes())
	}
}

// key is what "keys create" prints.
type key struct {
	AccessKeyID        string `json:"AccessKeyId"`
	CredentialID       string `json:"ServiceSpecificCredentialId"`
	SecretAccessKey    string
	ServiceAPIKeyValue string `json:"ServiceApiKeyValue"`
}

func (o *office) key(t *testing.T, args ...string) (k key) {
	t.Helper()
	o.run(t, &k, append([]string{"keys", "create"}, args...)...)
	return k
}

// token makes a short-term API key by the command.
func (o *office) token(t *testing.T, of key) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), o.binary, "keys", "token", "--format", "json", "--region", "us-east-1")
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+of.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+of.SecretAccessKey, "AWS_SESSION_TOKEN=")
	printed, err := cmd.Output()
	var made key
	if err == nil {
		err = json.Unmarshal(printed, &made)
	}
	if err != nil {
		t.Fatalf("keys token: %v\n%s", err, printed)
	}
	return made.ServiceAPIKeyValue
}
