package sigv4_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/sigv4"
)

const (
	parts = "Credential=AK/20250210/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"

	lacksCredential = "Authorization header requires 'Credential' parameter. "
	lacksSignature  = "Authorization header requires 'Signature' parameter. "
	lacksHeaders    = "Authorization header requires 'SignedHeaders' parameter. "
	lacksDate       = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
)

func TestParseRefuses(t *testing.T) {
	const date = "20250210T013911Z"
	for name, test := range map[string]struct{ authorization, date, code, message string }{
		"no header": {"", date, sigv4.CodeMissingAuthenticationToken, "Missing Authentication Token"},
		"basic without equal-sign": {"Basic eHh4", date, sigv4.CodeIncompleteSignature,
			"Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): 'VV42FrM11yxeiQUuuP3stZJGzht2bP65hoGUQmbwGZo='."},
		"basic with equal-sign": {"Basic eHg=", date, sigv4.CodeIncompleteSignature,
			lacksCredential + lacksSignature + lacksHeaders +
				"(Hashed with SHA-256 and encoded with Base64) Authorization=CuhcczmveP5tPCOYdq1h4F8VLHLL+lJiS4ww82w7wmE="},
		"nothing but a scheme": {"AWS4-HMAC-SHA256", "", sigv4.CodeIncompleteSignature,
			lacksCredential + lacksSignature + lacksHeaders + lacksDate +
				"(Hashed with SHA-256 and encoded with Base64) Authorization=YI2YWea8FSxnksZL2ETHbs5elHm9HQufxTLK0W0ffV0="},
		"no date": {"AWS4-HMAC-SHA256 " + parts, "", sigv4.CodeIncompleteSignature,
			lacksDate + "(Hashed with SHA-256 and encoded with Base64) Authorization=EaDM8dZdJuXpFjOM1mv8Ki2u/bJkSFs7Q9cnjzBxyFY="},
		"date is a word": {"AWS4-HMAC-SHA256 " + parts, "today", sigv4.CodeIncompleteSignature,
			"Date must be in ISO-8601 'basic format'. Got 'today'. See http://en.wikipedia.org/wiki/ISO_8601"},
		"date has fractions": {"AWS4-HMAC-SHA256 " + parts, "20250210T013911.5Z", sigv4.CodeIncompleteSignature,
			"Date must be in ISO-8601 'basic format'. Got '20250210T013911.5Z'. See http://en.wikipedia.org/wiki/ISO_8601"},
		"date is impossible": {"AWS4-HMAC-SHA256 " + parts, "20250230T013911Z", sigv4.CodeIncompleteSignature,
			"Date must be in ISO-8601 'basic format'. Got '20250230T013911Z'. See http://en.wikipedia.org/wiki/ISO_8601"},
		"other algorithm": {"AWS4-ECDSA-P256-SHA256 " + parts, date, sigv4.CodeIncompleteSignature,
			"Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now). "},
		"short credential": {"AWS4-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=00", date, sigv4.CodeIncompleteSignature,
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b/c/d'"},
		"long credential": {"AWS4-HMAC-SHA256 Credential=a/b/c/d/e/f, SignedHeaders=host, Signature=00", date, sigv4.CodeIncompleteSignature,
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b/c/d/e/f'"},
		"long header": {"AWS4-HMAC-SHA256 " + parts + strings.Repeat(" ", 8<<10), date, sigv4.CodeIncompleteSignature,
			"Authorization header is too long."},
		"many headers": {"AWS4-HMAC-SHA256 " + strings.Replace(parts, "host", "host"+strings.Repeat(";a", 127), 1), date,
			sigv4.CodeIncompleteSignature, "Authorization has too many signed headers."},
	} {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{Header: http.Header{}}
			if test.authorization != "" {
				r.Header.Set("Authorization", test.authorization)
			}
			if test.date != "" {
				r.Header.Set("X-Amz-Date", test.date)
			}
			_, err := sigv4.Parse(r)
			want := &sigv4.Error{Code: test.code, Message: test.message}
			if diff := cmp.Diff(error(want), err); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseForms(t *testing.T) {
	const basic = "AWS4-HMAC-SHA256 Credential=AK/20250210/us-east-1/bedrock/aws4_request"
	for name, test := range map[string]struct{ authorization, header, date string }{
		"commas and spaces": {basic + ", SignedHeaders=host;x-amz-date, Signature=00", "X-Amz-Date", "20250210T013911Z"},
		"commas":            {basic + ",SignedHeaders=host;x-amz-date,Signature=00", "X-Amz-Date", "20250210T013911Z"},
		"spaces":            {basic + "  SignedHeaders=host;x-amz-date  Signature=00", "X-Amz-Date", "20250210T013911Z"},
		"unknown part":      {basic + ", Else=1, SignedHeaders=host;x-amz-date, Signature=00", "X-Amz-Date", "20250210T013911Z"},
		"basic Date":        {basic + ", SignedHeaders=host;x-amz-date, Signature=00", "Date", "20250210T013911Z"},
		"HTTP Date":         {basic + ", SignedHeaders=host;x-amz-date, Signature=00", "Date", "Mon, 10 Feb 2025 01:39:11 GMT"},
	} {
		t.Run(name, func(t *testing.T) {
			sig, err := sigv4.Parse(&http.Request{Header: http.Header{
				"Authorization": {test.authorization}, test.header: {test.date},
			}})
			if err != nil {
				t.Fatal(err)
			}
			if sig.AccessKeyID != "AK" || sig.Date != "20250210" || sig.Region != "us-east-1" || sig.Service != "bedrock" ||
				sig.SignedHeaders != "host;x-amz-date" || !sig.Time.Equal(time.Date(2025, 2, 10, 1, 39, 11, 0, time.UTC)) {
				t.Errorf("%+v", sig)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	now := time.Date(2025, 2, 10, 1, 39, 11, 999, time.UTC)
	for name, test := range map[string]struct{ date, scope, headers, message string }{
		"expired": {"20250130T064508Z", "20250130/us-east-1/bedrock/aws4_request", "host",
			"Signature expired: 20250130T064508Z is now earlier than 20250210T013411Z (20250210T013911Z - 5 min.)"},
		"expired by a second": {"20250210T013410Z", "20250210/us-east-1/bedrock/aws4_request", "host",
			"Signature expired: 20250210T013410Z is now earlier than 20250210T013411Z (20250210T013911Z - 5 min.)"},
		"not yet current": {"20250210T014412Z", "20250210/us-east-1/bedrock/aws4_request", "host",
			"Signature not yet current: 20250210T014412Z is still later than 20250210T014411Z (20250210T013911Z + 5 min.)"},
		"host not signed": {"20250210T013911Z", "20250210/us-east-1/bedrock/aws4_request", "x-amz-date;hosts",
			"'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
		"service": {"20250210T013911Z", "20250210/us-east-1/bedrock-runtime/aws4_request", "host",
			"Credential should be scoped to correct service: 'bedrock'. "},
		"region": {"20250210T013911Z", "20250210//bedrock/aws4_request", "host",
			"Credential should be scoped to a valid region, not ''. "},
		"region with more than a name": {"20250210T013911Z", "20250210/us-east-1:123456789012:x/bedrock/aws4_request", "host",
			"Credential should be scoped to a valid region, not 'us-east-1:123456789012:x'. "},
		"region of a pattern": {"20250210T013911Z", "20250210/us-*/bedrock/aws4_request", "host",
			"Credential should be scoped to a valid region, not 'us-*'. "},
		"long region": {"20250210T013911Z", "20250210/" + strings.Repeat("a", 65) + "/bedrock/aws4_request", "host",
			"Credential should be scoped to a valid region, not '" + strings.Repeat("a", 65) + "'. "},
		"day": {"20250210T013911Z", "20250209/us-east-1/bedrock/aws4_request", "host",
			"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20250209' != '20250210', from '20250210T013911Z'."},
		"all of the scope": {"20250210T013911Z", "b/c/d/e", "host",
			"Credential should be scoped to correct service: 'bedrock'. " +
				"Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. " +
				"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'b' != '20250210', from '20250210T013911Z'."},
		"signature": {"20250210T013411Z", "20250210/us-east-1/bedrock/aws4_request", "host;x-amz-date", `The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.

The Canonical String for this request should have been
'POST
/model/a.b-v1%253A0/converse
x=%2F
host:localhost:8484
x-amz-date:20250210T013411Z

host;x-amz-date
44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'

The String-to-Sign should have been
'AWS4-HMAC-SHA256
20250210T013411Z
20250210/us-east-1/bedrock/aws4_request
ea4011d49b15fa1fc26822e4f2bd8c9065d01dd7fd43ce8476429f635e6fd6e3'
`},
	} {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{Method: "POST", RequestURI: "/model/a.b-v1%3A0/converse?x=/", Host: "localhost:8484",
				Header: http.Header{
					"X-Amz-Date": {test.date},
					"Authorization": {"AWS4-HMAC-SHA256 Credential=AK/" + test.scope +
						", SignedHeaders=" + test.headers + ", Signature=" + strings.Repeat("0", 64)},
				}}
			sig, err := sigv4.Parse(r)
			if err != nil {
				t.Fatal(err)
			}
			err = verifierAt(now).Verify(r, []byte("{}"), sig, secret)
			want := &sigv4.Error{Code: sigv4.CodeInvalidSignature, Message: test.message}
			if diff := cmp.Diff(error(want), err); diff != "" {
				t.Error(diff)
			}
		})
	}
}
