package policy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/iam/policy"
)

// statement is a document of one statement, which is whole but for what is
// replaced in it.
func document(replace ...string) string {
	return strings.NewReplacer(replace...).Replace(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":"*"}]}`)
}

func TestParse(t *testing.T) {
	tests := []struct {
		name     string
		kind     policy.Kind
		document string
	}{
		{"a list of statements", policy.Managed, document()},
		{"one statement", policy.Managed, document("[{", "{", "}]", "}")},
		{"white space and another order", policy.Managed, "\r\n{\t\"Statement\" : [ {\"Resource\":[\"*\"],\"Action\":[\"a:B\"],\"Effect\":\"Deny\"} ] , \"Version\": \"2012-10-17\"}\n"},
		{"an id and a sid", policy.Managed, document(`"Version"`, `"Id":"x","Version"`, `"Effect"`, `"Sid":"S1","Effect"`)},
		{"an empty sid", policy.Managed, document(`"Effect"`, `"Sid":"","Effect"`)},
		{"an empty condition", policy.Managed, document(`"Effect"`, `"Condition":{},"Effect"`)},
		{"the old version", policy.UserInline, document("2012", "2008")},
		{"no version", policy.RoleInline, document(`"Version":"2012-10-17",`, ``)},
		{"a principal", policy.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`},
		{"values that are no strings", policy.Managed, document(`"Effect"`, `"Condition":{"Bool":{"aws:k":[true,false]},"NumericEquals":{"aws:k":1e3}},"Effect"`)},
		{"an escaped name", policy.Managed, document(`"Effect"`, `"\u0045ffect"`)},
	}
	for _, tt := range tests {
		if _, err := policy.Parse(tt.name, tt.kind, []byte(tt.document)); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

const (
	syntax = "Syntax errors in policy."
	legacy = "The policy failed legacy parsing"
)

func TestParseRefuses(t *testing.T) {
	condition := func(s string) string { return document(`"Effect"`, `"Condition":{`+s+`},"Effect"`) }
	trust := func(s string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + s + `}]}`
	}
	tests := []struct {
		kind     policy.Kind
		document string
		message  string
		pointer  string
	}{
		{policy.Managed, ``, syntax, ""},
		{policy.Managed, `null`, syntax, ""},
		{policy.Managed, `[]`, syntax, ""},
		{policy.Managed, `{"Version":"2012-10-17"`, syntax, ""},
		{policy.Managed, `{"Version":"2012-10-17"}`, syntax, ""},
		{policy.Managed, document() + `x`, syntax, ""},
		{policy.Managed, document() + `{}`, syntax, ""},
		{policy.Managed, document("2012", "2013"), syntax, "/Version"},
		{policy.Managed, document(`"2012-10-17"`, `2012`), syntax, "/Version"},
		{policy.Managed, document("2012", "2008"), "Policy document must be version 2012-10-17 or greater.", "/Version"},
		{policy.Managed, document(`"Version":"2012-10-17",`, ``), "Policy document must be version 2012-10-17 or greater.", ""},
		{policy.Managed, document(`"Version"`, `"version":"2012-10-17","Version"`), syntax, "/version"},
		{policy.Managed, document(`"Version"`, `"Version":"2012-10-17","Version"`), syntax, "/Version"},
		{policy.Managed, `{"Version":"2012-10-17","Statement":[]}`, syntax, "/Statement"},
		{policy.Managed, `{"Version":"2012-10-17","Statement":["x"]}`, syntax, "/Statement/0"},
		{policy.Managed, document(`"Effect"`, `"Efect"`), syntax, "/Statement/0/Efect"},
		{policy.Managed, document(`"Effect":"Allow",`, ``), syntax, "/Statement/0"},
		{policy.Managed, document(`"Allow"`, `"Permit"`), syntax, "/Statement/0/Effect"},
		{policy.Managed, document(`"Allow"`, `"allow"`), legacy, "/Statement/0/Effect"},
		{policy.Managed, document(`"Effect"`, `"Sid":1,"Effect"`), syntax, "/Statement/0/Sid"},
		{policy.Managed, document(`"Effect"`, `"Sid":"a b","Effect"`), "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*", "/Statement/0/Sid"},
		{policy.Managed, document(`[{`, `[{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"},{"Sid":"a",`), "Statement IDs (SID) in a single policy must be unique.", "/Statement/1/Sid"},
		{policy.Managed, document(`"Action":"bedrock:InvokeModel",`, ``), "Policy statement must contain actions.", "/Statement/0"},
		{policy.Managed, document(`"bedrock:InvokeModel"`, `[]`), "Policy statement must contain actions.", "/Statement/0"},
		{policy.Managed, document(`"Effect"`, `"NotAction":"a:b","Effect"`), syntax, "/Statement/0"},
		{policy.Managed, document(`"bedrock:InvokeModel"`, `["a:b",1]`), syntax, "/Statement/0/Action/1"},
		{policy.Managed, document(`bedrock:InvokeModel`, `InvokeModel`), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", "/Statement/0/Action"},
		{policy.Managed, document(`bedrock:InvokeModel`, `a:b:c`), "Actions/Condition can contain only one colon.", "/Statement/0/Action"},
		{policy.Managed, document(`bedrock:InvokeModel`, `a/b:c`), "Vendor a/b is not valid", "/Statement/0/Action"},
		{policy.Managed, document(`bedrock:InvokeModel`, `a:b c`), legacy, "/Statement/0/Action"},
		{policy.Managed, document(`,"Resource":"*"`, ``), "Policy statement must contain resources.", "/Statement/0"},
		{policy.Managed, document(`"Resource":"*"`, `"Resource":[]`), "Policy statement must contain resources.", "/Statement/0"},
		{policy.Managed, document(`"Effect"`, `"NotResource":"*","Effect"`), syntax, "/Statement/0"},
		{policy.Managed, document(`"*"`, `"bedrock"`), `Resource bedrock must be in ARN format or "*".`, "/Statement/0/Resource"},
		{policy.Managed, document(`"*"`, `["*","arn:azure:bedrock:::x"]`), `Partition "azure" is not valid for resource "arn:azure:bedrock:::x".`, "/Statement/0/Resource/1"},
		{policy.Managed, document(`"*"`, `"arn:azure:bedrock"`), `Partition "azure" is not valid for resource "arn:azure:bedrock:*:*:*".`, "/Statement/0/Resource"},
		{policy.Managed, document(`"*"`, `"arn:aws"`), "Resource vendor must be fully qualified and cannot contain regexes.", "/Statement/0/Resource"},
		{policy.Managed, document(`"*"`, `"arn:aws:bed*:us-east-1:1:x"`), "Resource vendor must be fully qualified and cannot contain regexes.", "/Statement/0/Resource"},
		{policy.Managed, document(`"*"`, `"arn:aws::us-east-1:1:x"`), legacy, "/Statement/0/Resource"},
		{policy.Managed, document(`"*"`, `"arn:aws:${aws:k}:us-east-1:1:x"`), "Resource vendor must be fully qualified and cannot contain regexes.", "/Statement/0/Resource"},
		{policy.Managed, document(`"*"`, `"arn:aws:bedrock:*:*:x/${aws:username"`), legacy, "/Statement/0/Resource"},
		{policy.Managed, document(`"*"`, `"arn:aws:bedrock:*:*:x/${username}"`), legacy, "/Statement/0/Resource"},
		{policy.Managed, document(`"*"`, `"arn:aws:bedrock:*:*:x/${aws:x, y}"`), legacy, "/Statement/0/Resource"},
		{policy.Managed, document(`"*"`, `"arn:aws:bedrock:*:*:x/${aws:x, 'y}"`), legacy, "/Statement/0/Resource"},
		{policy.Managed, document(`"Effect"`, `"Principal":"*","Effect"`), "Policy document should not specify a principal.", "/Statement/0"},
		{policy.Managed, document(`"Effect"`, `"Condition":[],"Effect"`), syntax, "/Statement/0/Condition"},
		{policy.Managed, condition(`"StringEqual":{"aws:k":"a"}`), syntax, "/Statement/0/Condition/StringEqual"},
		{policy.Managed, condition(`"ForSome:StringEquals":{"aws:k":"a"}`), syntax, "/Statement/0/Condition/ForSome:StringEquals"},
		{policy.Managed, condition(`"NullIfExists":{"aws:k":"true"}`), syntax, "/Statement/0/Condition/NullIfExists"},
		{policy.Managed, condition(`"StringEquals":"a"`), syntax, "/Statement/0/Condition/StringEquals"},
		{policy.Managed, condition(`"StringEquals":{"aws:k":null}`), syntax, "/Statement/0/Condition/StringEquals/aws:k"},
		{policy.Managed, condition(`"StringEquals":{"aws:k":[["a"]]}`), syntax, "/Statement/0/Condition/StringEquals/aws:k/0"},
		{policy.Managed, condition(`"StringEquals":{"k":"a"}`), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", "/Statement/0/Condition/StringEquals/k"},
		{policy.Managed, condition(`"StringEquals":{"aws:k":"a","aws:k":"b"}`), syntax, "/Statement/0/Condition/StringEquals/aws:k"},
		{policy.Managed, condition(`"NumericEquals":{"aws:k":"0x10"}`), legacy, "/Statement/0/Condition/NumericEquals/aws:k"},
		{policy.Managed, condition(`"NumericEquals":{"aws:k":"${aws:x}"}`), legacy, "/Statement/0/Condition/NumericEquals/aws:k"},
		{policy.Managed, condition(`"DateEquals":{"aws:k":"tomorrow"}`), legacy, "/Statement/0/Condition/DateEquals/aws:k"},
		{policy.Managed, condition(`"DateLessThan":{"aws:k":"9223372036854775807"}`), legacy, "/Statement/0/Condition/DateLessThan/aws:k"},
		{policy.Managed, condition(`"DateEquals":{"aws:k":"2026-13-01"}`), legacy, "/Statement/0/Condition/DateEquals/aws:k"},
		{policy.Managed, condition(`"Bool":{"aws:k":"yes"}`), legacy, "/Statement/0/Condition/Bool/aws:k"},
		{policy.Managed, condition(`"Null":{"aws:k":"${aws:x}"}`), legacy, "/Statement/0/Condition/Null/aws:k"},
		{policy.Managed, condition(`"IpAddress":{"aws:k":["10.0.0.0/8","10.0.0.0/33"]}`), legacy, "/Statement/0/Condition/IpAddress/aws:k/1"},
		{policy.Managed, condition(`"BinaryEquals":{"aws:k":"?"}`), legacy, "/Statement/0/Condition/BinaryEquals/aws:k"},

		{policy.Trust, trust(`"Action":"sts:AssumeRole"`), "Missing required field Principal", "/Statement/0"},
		{policy.Trust, trust(`"Action":"sts:AssumeRole","Principal":{}`), "Missing required field Principal cannot be empty!", "/Statement/0"},
		{policy.Trust, trust(`"Action":"sts:AssumeRole","Principal":"*","Resource":"*"`), "Has prohibited field Resource", "/Statement/0"},
		{policy.Trust, trust(`"Action":"sts:AssumeRole","Principal":"*","NotResource":"*"`), "AssumeRole policy must not contain resources.", "/Statement/0"},
		{policy.Trust, trust(`"Action":"sts:AssumeRole","NotPrincipal":{"AWS":"123456789012"}`), "Allow with NotPrincipal is not allowed.", "/Statement/0"},
		{policy.Trust, trust(`"Action":"*","Principal":"*"`), "AssumeRole policy may only specify STS AssumeRole actions.", "/Statement/0/Action"},
		{policy.Trust, trust(`"Action":"bedrock:*","Principal":"*"`), "AssumeRole policy may only specify STS AssumeRole actions.", "/Statement/0/Action"},
		{policy.Trust, trust(`"Action":"sts:AssumeRole","Principal":"123456789012"`), syntax, "/Statement/0/Principal"},
		{policy.Trust, trust(`"Action":"sts:AssumeRole","Principal":{"Azure":"x"}`), syntax, "/Statement/0/Principal/Azure"},
		{policy.Trust, trust(`"Action":"sts:AssumeRole","Principal":{"AWS":"alice"}`), `Invalid principal in policy: "AWS":"alice"`, "/Statement/0/Principal/AWS"},
		{policy.Trust, trust(`"Action":"sts:AssumeRole","Principal":{"AWS":["*","arn:aws:iam::123456789012:user/*"]}`), `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/*"`, "/Statement/0/Principal/AWS/1"},
		{policy.Trust, trust(`"Action":"sts:AssumeRole","Principal":"*","NotPrincipal":"*"`), syntax, "/Statement/0"},
	}
	for _, tt := range tests {
		_, err := policy.Parse("test", tt.kind, []byte(tt.document))
		e, ok := errors.AsType[*policy.Error](err)
		if !ok {
			t.Errorf("%s: no error, or another: %v", tt.document, err)
			continue
		}
		if e.Code != policy.CodeMalformed || e.Message != tt.message || e.Pointer != tt.pointer {
			t.Errorf("%s:\n got %s: %s at %q\nwant %s at %q", tt.document, e.Code, e.Error(), e.Pointer, tt.message, tt.pointer)
		}
	}
}

func TestErrorSaysWhere(t *testing.T) {
	_, err := policy.Parse("test", policy.Managed, []byte("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"effect\": \"Allow\"}\n  ]\n}"))
	want := `Syntax errors in policy. "effect" is not known here; it is spelled "Effect". (line 4, column 6, at /Statement/0/effect)`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestLimits(t *testing.T) {
	padded := func(kind policy.Kind, size int) []byte {
		head, tail := `{"Version":"2012-10-17","Statement":{"Sid":"`, `","Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}`
		if kind == policy.Trust {
			tail = strings.Replace(tail, `"Resource":"*"`, `"Principal":"*"`, 1)
		}
		return []byte(head + strings.Repeat("x", size-len(head)-len(tail)) + tail)
	}
	tests := []struct {
		kind  policy.Kind
		limit int
		want  policy.Error
	}{
		{policy.Managed, 6144, policy.Error{Code: policy.CodeLimitExceeded, Message: "Cannot exceed quota for PolicySize: 6144", Detail: "The document has 6145 characters."}},
		{policy.UserInline, 2048, policy.Error{Code: policy.CodeLimitExceeded, Message: "Maximum policy size of 2048 bytes exceeded.", Detail: "The document has 2049 characters."}},
		{policy.GroupInline, 5120, policy.Error{Code: policy.CodeLimitExceeded, Message: "Maximum policy size of 5120 bytes exceeded.", Detail: "The document has 5121 characters."}},
		{policy.RoleInline, 10240, policy.Error{Code: policy.CodeLimitExceeded, Message: "Maximum policy size of 10240 bytes exceeded.", Detail: "The document has 10241 characters."}},
		{policy.Session, 2048, policy.Error{Code: policy.CodeValidation, Message: "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to 2048", Detail: "The document has 2049 characters."}},
		{policy.Trust, 2048, policy.Error{Code: policy.CodeLimitExceeded, Message: "Cannot exceed quota for ACLSizePerRole: 2048", Detail: "The document has 2049 characters."}},
	}
	for _, tt := range tests {
		p, err := policy.Parse("test", tt.kind, padded(tt.kind, tt.limit))
		if err != nil {
			t.Errorf("%d characters: %v", tt.limit, err)
		} else if p.Size() != tt.limit {
			t.Errorf("Size is %d, want %d", p.Size(), tt.limit)
		}
		_, err = policy.Parse("test", tt.kind, padded(tt.kind, tt.limit+1))
		if e, ok := errors.AsType[*policy.Error](err); !ok || cmp.Diff(tt.want, *e) != "" {
			t.Errorf("%d characters: %#v, want %#v", tt.limit+1, err, tt.want)
		}
		spaced := append([]byte("  \n"), padded(tt.kind, tt.limit)...)
		if _, err := policy.Parse("test", tt.kind, spaced); (err != nil) != (tt.kind == policy.Session) {
			t.Errorf("white space before %d characters: %v", tt.limit, err)
		}
	}
}

func TestLimitsOfAllKinds(t *testing.T) {
	for name, document := range map[string]string{
		"long":       strings.Repeat(" ", 131073),
		"characters": document(`"Effect"`, `"Condition":{"StringEquals":{"aws:k":"日"}},"Effect"`),
	} {
		_, err := policy.Parse("test", policy.Managed, []byte(document))
		if e, ok := errors.AsType[*policy.Error](err); !ok || e.Code != policy.CodeValidation {
			t.Errorf("%s: %v", name, err)
		}
	}
}
