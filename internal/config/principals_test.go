package config

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
)

// The example of the page is right, and means what the page says.
func TestPrincipalsOfThePage(t *testing.T) {
	t.Setenv("ALICE_SECRET", "s")
	t.Setenv("ALICE_API_KEY", "k")
	folder := t.TempDir()
	page := readFile(t, "../../docs/principals.md")
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(page)[1]
	writeFile(t, filepath.Join(folder, "policy.json"), `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}`)
	path := filepath.Join(folder, "principals.yaml")
	writeFile(t, path, example)
	p, err := LoadPrincipals(path)
	if err != nil {
		t.Fatal(err)
	}
	everybody := p.Everybody
	if len(everybody.Users) != 1 || len(everybody.Roles) != 1 || len(everybody.Groups) != 1 || len(everybody.Policies) != 2 {
		t.Fatalf("%+v", everybody)
	}
	alice := everybody.Users[0]
	if alice.Boundary != "arn:aws:iam::123456789012:policy/from-a-file" || alice.Attached[0] != "arn:aws:iam::aws:policy/AmazonBedrockReadOnly" || alice.Tags["team"] != "red" {
		t.Errorf("alice: %+v", alice)
	}
	if !json.Valid([]byte(everybody.Policies[0].Document)) || !strings.Contains(everybody.Policies[0].Document, `"Version":"2012-10-17"`) {
		t.Errorf("a document in YAML: %s", everybody.Policies[0].Document)
	}
	if got := everybody.Roles[0].MaxSession; got != 4*time.Hour {
		t.Errorf("maxSession: %v", got)
	}
	if got := everybody.APIKeys[0].Expires; !got.Equal(time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("expires: %v", got)
	}
	if p.Secrets["AKIAEXAMPLEALICE0001"] != "s" {
		t.Errorf("secrets: %v", p.Secrets)
	}

	if p.Changed() {
		t.Error("nothing has changed")
	}
	writeFile(t, filepath.Join(folder, "policy.json"), `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":["*"]}}`)
	if !p.Changed() {
		t.Error("a file that it names has changed")
	}
}

func TestPrincipalsMistakes(t *testing.T) {
	for _, test := range []struct{ name, file, want string }{
		{"account", "accounts: [{id: 12}]", `accounts[0].id: "12" is no account`},
		{"key", "accounts: [{id: '123456789012', user: []}]", "accounts[0].user: there is no such key; did you mean users?"},
		{"name", "accounts: [{id: '123456789012', users: [{name: a b}]}]", `users[0].name: "a b" is no name`},
		{"policy", "accounts: [{id: '123456789012', policies: [{name: p, document: {Statement: {Effect: Maybe}}}]}]", "policies[0].document"},
		{"no such policy", "accounts: [{id: '123456789012', users: [{name: u, policies: [p]}]}]", "user u of account 123456789012 has the policy arn:aws:iam::123456789012:policy/p, which does not exist"},
		{"no such group", "accounts: [{id: '123456789012', users: [{name: u, groups: [g]}]}]", "in the group g, which does not exist"},
		{"twice", "accounts: [{id: '123456789012', users: [{name: u}, {name: u}]}]", "there are two of user u"},
		{"no trust", "accounts: [{id: '123456789012', roles: [{name: r}]}]", "roles[0].trust"},
		{"no secret", "accounts: [{id: '123456789012', users: [{name: u, accessKeys: [{id: AKIA1234567890123456}]}]}]", "the secret is missing"},
		{"key id", "accounts: [{id: '123456789012', users: [{name: u, accessKeys: [{id: short, secret: s}]}]}]", `"short" is no access key id`},
		{"no key", "accounts: [{id: '123456789012', users: [{name: u, apiKeys: [{id: k}]}]}]", "the key is missing"},
		{"two keys", "accounts: [{id: '123456789012', users: [{name: u, apiKeys: [{id: k, key: a, sha256: b}]}]}]", "given more than once"},
		{"expiry", "accounts: [{id: '123456789012', users: [{name: u, apiKeys: [{id: k, key: a, expires: soon}]}]}]", `"soon" is no time`},
		{"tag", "accounts: [{id: '123456789012', users: [{name: u, tags: {'aws:team': red}}]}]", `users[0].tags.aws:team: "aws:team=red" is no tag`},
		{"tag of a role", "accounts: [{id: '123456789012', roles: [{name: r, trust: '{}', tags: {team: 'a*'}}]}]", `roles[0].tags.team: "team=a*" is no tag`},
		{"long session", "accounts: [{id: '123456789012', roles: [{name: r, trust: '{}', maxSession: 13h}]}]", "roles[0].maxSession: a role is assumed for 1 to 12 hours at most, not for 13h0m0s"},
		{"short session", "accounts: [{id: '123456789012', roles: [{name: r, trust: '{}', maxSession: 59m}]}]", "not for 59m0s"},
		{"refers to itself", "accounts: [{id: '123456789012', policies: [{name: p, document: &a {Statement: *a}}]}]", "deeper than"},
		{"refers to its parts", "accounts: [{id: '123456789012', policies: [{name: p, document: {a: &a [" + strings.Repeat("x,", 100) + "x], b: &b [" +
			strings.Repeat("*a,", 100) + "*a], c: [" + strings.Repeat("*b,", 100) + "*b]}}]}]", "longer than"},
	} {
		path := filepath.Join(t.TempDir(), "principals.yaml")
		writeFile(t, path, test.file)
		_, err := LoadPrincipals(path)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), path+":1: ") {
			t.Errorf("%s: %v does not say %q", test.name, err, test.want)
		}
	}
	if _, err := LoadPrincipals(filepath.Join(t.TempDir(), "missing")); err == nil {
		t.Error("a missing file loads")
	}
}

// A policy that asks for what nobody has is taken, and told of.
func TestPrincipalsWarnings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "principals.yaml")
	writeFile(t, path, `accounts:
  - id: "123456789012"
    policies:
      - {name: good, document: {Version: 2012-10-17, Statement: {Effect: Deny, Action: "*", Resource: "*", Condition: {Bool: {"aws:SecureTransport": "false"}}}}}
      - {name: odd, document: {Version: 2012-10-17, Statement: {Effect: Deny, Action: "*", Resource: "*", Condition: {StringEquals: {"aws:SourceVpc": v, "aws:PrincipalOrgID": o}}}}}
`)
	p, err := LoadPrincipals(path)
	if err != nil {
		t.Fatal(err)
	}
	want := path + ":5: accounts[0].policies[1].document: no request has a value of aws:SourceVpc, aws:PrincipalOrgID; docs/principals.md lists the keys that some have"
	if got := p.Warnings.Error(); got != want {
		t.Errorf("warnings: %s\nwant: %s", got, want)
	}
}

// Who only wants to know who is declared needs no secret.
func TestLoadDeclared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "principals.yaml")
	writeFile(t, path, "accounts: [{id: '123456789012', users: [{name: u, accessKeys: [{id: AKIA1234567890123456, secretEnv: NOT_SET}], apiKeys: [{id: k, keyFile: missing}]}]}]")
	declared, err := LoadDeclared(path)
	if err != nil || len(declared.Users) != 1 || len(declared.AccessKeys) != 1 || len(declared.APIKeys) != 1 {
		t.Errorf("%+v, %v", declared, err)
	}
	if _, err := LoadPrincipals(path); err == nil {
		t.Error("the server does without the secrets")
	}
}

// A secret that somebody renews in its file is in force without a change elsewhere.
func TestSecretFilesAreWatched(t *testing.T) {
	folder := t.TempDir()
	path, files := filepath.Join(folder, "principals.yaml"), []string{filepath.Join(folder, "secret"), filepath.Join(folder, "key")}
	writeFile(t, path, "accounts: [{id: '123456789012', users: [{name: u, accessKeys: [{id: AKIA1234567890123456, secretFile: secret}], apiKeys: [{id: k, keyFile: key}]}]}]")
	for _, file := range files {
		writeFile(t, file, "old")
	}
	for _, file := range files {
		p, err := LoadPrincipals(path)
		if err != nil {
			t.Fatal(err)
		}
		if p.Changed() {
			t.Error("nothing has changed")
		}
		writeFile(t, file, "another")
		if !p.Changed() {
			t.Errorf("%s has changed", file)
		}
	}
}

func TestDeclaredIDsStay(t *testing.T) {
	id := iam.DeclaredID(iam.KindUser, "123456789012", "alice")
	if id != iam.DeclaredID(iam.KindUser, "123456789012", "alice") || len(id) != 20 || id[:4] != "AIDA" {
		t.Errorf("%s", id)
	}
	if id == iam.DeclaredID(iam.KindUser, "123456789013", "alice") {
		t.Error("two accounts, one id")
	}
}

// Whatever the file: no panic; principals that have what they name, or problems that
// name the file.
func FuzzPrincipals(f *testing.F) {
	page, err := os.ReadFile("../../docs/principals.md")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(string(page))[1])
	for _, s := range []string{
		"", "accounts: [&a {id: '123456789012', users: [*a]}]", "accounts: [{id: '123456789012', policies: [{name: p, document: &a [*a]}]}]",
		"accounts: [{id: '123456789012', users: [{name: u, tags: {a: b}, accessKeys: [{id: AKIA1234567890123456, secret: s}], apiKeys: [{id: k, key: x}]}]}]",
		"accounts: [{id: '123456789012', roles: [{name: r, trust: '{}', maxSession: 1h}]}]",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		p, err := parsePrincipals("/nowhere/x.yaml", []byte(content), secretsToo)
		if err != nil {
			problems, ok := errors.AsType[Problems](err)
			if !ok || len(problems) == 0 || problems[0].File != "/nowhere/x.yaml" {
				t.Errorf("%q: %v", content, err)
			}
			return
		}
		if missing := p.Everybody.Dangling(); len(missing) > 0 {
			t.Errorf("%q: %v", content, missing)
		}
		for _, k := range p.Everybody.AccessKeys {
			if p.Secrets[k.ID] == "" {
				t.Errorf("%q: %s has no secret", content, k.ID)
			}
		}
	})
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
