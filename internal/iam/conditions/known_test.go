package conditions_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/iam/conditions"
	"github.com/saprolite/saprolite/internal/iam/policy"
)

// The keys that are known are those that the code sets, and the page has them all.
func TestKnown(t *testing.T) {
	var (
		constant = regexp.MustCompile(`(?m)^\s*(Key\w+)\s+= "([^"]+)"$`)
		set      = regexp.MustCompile(`\.Set\(policy\.(Key\w+)`)
		literal  = regexp.MustCompile(`(?:onditions\[|\[\]string\{)"((?:aws|sts|bedrock):\w+/?)"`)
	)
	text := source(t, "../..")
	names := map[string]string{}
	for _, match := range constant.FindAllStringSubmatch(text, -1) {
		names[match[1]] = match[2]
	}
	var want []string
	for _, match := range set.FindAllStringSubmatch(text, -1) {
		want = append(want, names[match[1]])
	}
	for _, match := range literal.FindAllStringSubmatch(text, -1) {
		want = append(want, match[1])
	}
	slices.Sort(want)
	got := conditions.Known()
	slices.Sort(got)
	if d := cmp.Diff(slices.Compact(want), got); d != "" {
		t.Errorf("what the code sets and what is known (-want +got):\n%s", d)
	}
	page, err := os.ReadFile("../../../docs/principals.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range got {
		if strings.HasSuffix(key, "/") {
			key += "..."
		}
		if !strings.Contains(string(page), "`"+key+"`") {
			t.Errorf("docs/principals.md does not have %s", key)
		}
	}
}

// source is all code below a folder but the tests.
func source(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	root := os.DirFS(folder)
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := fs.ReadFile(root, path)
		all.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestUnknown(t *testing.T) {
	const version = `{"Version": "2012-10-17", "Statement": `
	for _, test := range []struct {
		name, statement string
		kind            policy.Kind
		want            []string
	}{
		{"known", `{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"AWS:username": "a", "aws:PrincipalTag/a:b": "c"}}}`, policy.Managed, nil},
		{"no tag", `{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/": "a"}}}`, policy.Managed, []string{"aws:PrincipalTag/"}},
		{"several", `[{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o"}, "StringEquals": {"aws:SourceVpc": "v"}}},
			{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEqualsIfExists": {"aws:principalorgid": "o"}}}]`, policy.Managed, []string{"aws:PrincipalOrgID", "aws:SourceVpc"}},
		{"variables", `{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:bedrock:*:*:${s3:a}/*", "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::${aws:b}:user/x"}, "StringLike": {"aws:username": "${aws:c, 'd'}"}}}`,
			policy.Managed, []string{"s3:a", "aws:b", "aws:c"}},
		{"a claim in no trust policy", `{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"issuer.example.com:sub": "a"}}}`, policy.Managed, []string{"issuer.example.com:sub"}},
		{"trust", `{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"StringEquals": {
			"sts:ExternalId": "a", "issuer.example.com/a:sub": "a", "localhost:8080:aud": "a", "aws:PrincipalOrgID": "a", "sts:Nothing": "a"}}}`, policy.Trust, []string{"aws:PrincipalOrgID", "sts:Nothing"}},
	} {
		p, err := policy.Parse(test.name, test.kind, []byte(version+test.statement+"}"))
		if err != nil {
			t.Fatal(err)
		}
		got := conditions.Unknown(p)
		slices.Sort(got)
		slices.Sort(test.want)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}
