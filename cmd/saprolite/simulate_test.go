package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

// TestSimulateMadeProfile asks about an application inference profile, which is in the
// state: it needs the models behind it, and its tags count.
func TestSimulateMadeProfile(t *testing.T) {
	const (
		resource   = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123abc123"
		principals = `
accounts:
  - id: "123456789012"
    users:
      - {name: half, inline: {p: &half {Version: 2012-10-17, Statement: {Effect: Allow, Action: "bedrock:*", Resource: "*", Condition: {StringEquals: {"aws:ResourceTag/team": red}}}}}}
      - name: whole
        inline:
          p: *half
          q: {Version: 2012-10-17, Statement: {Effect: Allow, Action: bedrock:InvokeModel, Resource: "arn:aws:bedrock:us-*::foundation-model/amazon.*"}}
`
	)
	dir := t.TempDir()
	settings := filepath.Join(dir, "saprolite.yaml")
	for path, text := range map[string]string{
		settings:                              "auth: iam\nprincipals: principals.yaml\n",
		filepath.Join(dir, "principals.yaml"): principals,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	state, err := sqlite.Open(t.Context(), filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	err = state.CreateProfile(t.Context(), store.Profile{
		ID: "abc123abc123", Account: "123456789012", Name: "made", Region: "us-east-1", Tags: map[string]string{"team": "red"},
		Source: "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0",
	})
	if err := errors.Join(err, state.Close()); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		principal, action string
		want              error
	}{
		{"half", "Converse", errDenied},
		{"whole", "Converse", nil},
		{"half", "DeleteInferenceProfile", nil},
	} {
		c := policiesSimulate{Principal: test.principal, Action: test.action, Resource: []string{resource}, Region: "us-east-1"}
		c.Config, c.Data = settings, dir
		if err := c.Run(t.Context()); !errors.Is(err, test.want) {
			t.Errorf("%s by %s: %v, want %v", test.action, test.principal, err, test.want)
		}
	}
}
