package policy_test

import (
	"strings"
	"testing"
)

// condition is a case of one condition block against the keys of a request.
type condition struct {
	block string
	keys  string
	want  bool
}

func checkConditions(t *testing.T, tests []condition) {
	t.Helper()
	for _, tt := range tests {
		s := identity(t, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{`+tt.block+`}}`)
		if d := s.Decide(request(invoke, nova, strings.Fields(tt.keys)...)); d.Allowed() != tt.want {
			t.Errorf("{%s} with %q: met %v, want %v", tt.block, tt.keys, d.Allowed(), tt.want)
		}
	}
}

func TestStrings(t *testing.T) {
	checkConditions(t, []condition{
		{`"StringEquals":{"aws:k":"a"}`, "aws:k=a", true},
		{`"StringEquals":{"aws:k":"a"}`, "aws:k=A", false},
		{`"StringEquals":{"AWS:K":"a"}`, "aws:k=a", true},
		{`"StringEquals":{"aws:k":["a","b"]}`, "aws:k=b", true},
		{`"StringEquals":{"aws:k":[]}`, "aws:k=b", false},
		{`"StringEquals":{"aws:k":"*"}`, "aws:k=b", false},
		{`"StringEquals":{"aws:k":"a","aws:l":"b"}`, "aws:k=a aws:l=b", true},
		{`"StringEquals":{"aws:k":"a","aws:l":"b"}`, "aws:k=a aws:l=c", false},
		{`"StringEquals":{"aws:k":"a"},"StringLike":{"aws:l":"b*"}`, "aws:k=a aws:l=bc", true},
		{`"StringEquals":{"aws:k":"a"},"StringLike":{"aws:l":"b*"}`, "aws:k=b aws:l=bc", false},
		{`"StringNotEquals":{"aws:k":["a","b"]}`, "aws:k=c", true},
		{`"StringNotEquals":{"aws:k":["a","b"]}`, "aws:k=b", false},
		{`"StringNotEquals":{"aws:k":[]}`, "aws:k=b", true},
		{`"StringEqualsIgnoreCase":{"aws:k":"Straße"}`, "aws:k=STRAßE", true},
		{`"StringEqualsIgnoreCase":{"aws:k":"a"}`, "aws:k=b", false},
		{`"StringNotEqualsIgnoreCase":{"aws:k":"a"}`, "aws:k=A", false},
		{`"StringLike":{"aws:k":"a*c?"}`, "aws:k=abcd", true},
		{`"StringLike":{"aws:k":"a*c?"}`, "aws:k=abc", false},
		{`"StringLike":{"aws:k":"A*"}`, "aws:k=abc", false},
		{`"StringLike":{"aws:k":"?"}`, "aws:k=é", true},
		{`"StringLike":{"aws:k":"a*:*"}`, "aws:k=a:b:c", true},
		{`"StringNotLike":{"aws:k":"a*"}`, "aws:k=bc", true},
		{`"StringNotLike":{"aws:k":"a*"}`, "aws:k=ab", false},
		{`"stringequals":{"aws:k":"a"}`, "aws:k=a", true},
	})
}

func TestNumbers(t *testing.T) {
	checkConditions(t, []condition{
		{`"NumericEquals":{"aws:k":"10"}`, "aws:k=10.0", true},
		{`"NumericEquals":{"aws:k":10}`, "aws:k=10", true},
		{`"NumericNotEquals":{"aws:k":10}`, "aws:k=11", true},
		{`"NumericLessThan":{"aws:k":"10"}`, "aws:k=9.9", true},
		{`"NumericLessThan":{"aws:k":"10"}`, "aws:k=10", false},
		{`"NumericLessThanEquals":{"aws:k":"10"}`, "aws:k=10", true},
		{`"NumericGreaterThan":{"aws:k":"-1"}`, "aws:k=0", true},
		{`"NumericGreaterThan":{"aws:k":"9"}`, "aws:k=10", true},
		{`"NumericGreaterThanEquals":{"aws:k":"10"}`, "aws:k=9", false},
		{`"NumericEquals":{"aws:k":"10"}`, "aws:k=ten", false},
	})
}

func TestDates(t *testing.T) {
	checkConditions(t, []condition{
		{`"DateLessThan":{"aws:CurrentTime":"2026-06-30T00:00:00Z"}`, "aws:CurrentTime=2026-06-29T23:59:59Z", true},
		{`"DateLessThan":{"aws:CurrentTime":"2026-06-30"}`, "aws:CurrentTime=2026-06-30T00:00:00Z", false},
		{`"DateLessThanEquals":{"aws:CurrentTime":"2026-06-30"}`, "aws:CurrentTime=2026-06-30T00:00:00Z", true},
		{`"DateGreaterThan":{"aws:CurrentTime":"2026-06-30T02:00:00+02:00"}`, "aws:CurrentTime=2026-06-30T00:00:01Z", true},
		{`"DateGreaterThan":{"aws:CurrentTime":"2026-06-30T02:00:00+0200"}`, "aws:CurrentTime=2026-06-30T00:00:00Z", false},
		{`"DateGreaterThanEquals":{"aws:CurrentTime":"1782777600"}`, "aws:CurrentTime=2026-06-30T00:00:00Z", true},
		{`"DateEquals":{"aws:EpochTime":"2026-06-30T00:00Z"}`, "aws:EpochTime=1782777600", true},
		{`"DateNotEquals":{"aws:EpochTime":1782777600}`, "aws:EpochTime=1782777601", true},
		{`"DateEquals":{"aws:CurrentTime":"2026-06"}`, "aws:CurrentTime=2026-06-01T00:00:00.000Z", true},
		{`"DateLessThan":{"aws:CurrentTime":"2026-06-30"}`, "aws:CurrentTime=yesterday", false},
	})
}

func TestOtherTypes(t *testing.T) {
	checkConditions(t, []condition{
		{`"Bool":{"aws:SecureTransport":"true"}`, "aws:SecureTransport=true", true},
		{`"Bool":{"aws:SecureTransport":true}`, "aws:SecureTransport=TRUE", true},
		{`"Bool":{"aws:SecureTransport":"false"}`, "aws:SecureTransport=true", false},
		{`"Bool":{"aws:SecureTransport":"${aws:x}"}`, "aws:SecureTransport=true aws:x=true", true},
		{`"Bool":{"aws:SecureTransport":"true"}`, "aws:SecureTransport=yes", false},
		{`"BinaryEquals":{"aws:k":"QmluYXJ5"}`, "aws:k=QmluYXJ5", true},
		{`"BinaryEquals":{"aws:k":"QmluYXJ5"}`, "aws:k=QmluYXJ6", false},

		{`"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`, "aws:SourceIp=203.0.113.7", true},
		{`"IpAddress":{"aws:SourceIp":"203.0.113.9/24"}`, "aws:SourceIp=203.0.113.7", true},
		{`"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`, "aws:SourceIp=::ffff:203.0.113.7", true},
		{`"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`, "aws:SourceIp=203.0.114.7", false},
		{`"IpAddress":{"aws:SourceIp":"203.0.113.7"}`, "aws:SourceIp=203.0.113.7", true},
		{`"IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:DB8:1234:5678::/64"]}`, "aws:SourceIp=2001:db8:1234:5678:9::1", true},
		{`"IpAddress":{"aws:SourceIp":"2001:db8::/32"}`, "aws:SourceIp=203.0.113.7", false},
		{`"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}`, "aws:SourceIp=2001:db8::1", false},
		{`"IpAddress":{"aws:SourceIp":"::ffff:203.0.113.0/120"}`, "aws:SourceIp=203.0.113.7", true},
		{`"IpAddress":{"aws:SourceIp":"::ffff:203.0.113.0/120"}`, "aws:SourceIp=203.0.114.7", false},
		{`"NotIpAddress":{"aws:SourceIp":"fe80::/10"}`, "aws:SourceIp=fe80::1%eth0", false},
		{`"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","203.0.113.0/24"]}`, "aws:SourceIp=203.0.113.7", false},
		{`"NotIpAddress":{"aws:SourceIp":["192.0.2.0/24","203.0.113.0/24"]}`, "aws:SourceIp=198.51.100.1", true},

		{`"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:user/a"}`, "aws:PrincipalArn=arn:aws:iam::123456789012:user/a", true},
		{`"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::*:user/a?"}`, "aws:PrincipalArn=arn:aws:iam::123456789012:user/ab", true},
		{`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/*"}`, "aws:PrincipalArn=arn:aws:iam::123456789012:role/x/y", true},
		{`"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}`, "aws:PrincipalArn=arn:aws:iam:x:1:role/y", false},
		{`"ArnLike":{"aws:PrincipalArn":"arn:*:user/a"}`, "aws:PrincipalArn=arn:aws:iam::123456789012:user/a", false},
		{`"ArnLike":{"aws:k":"arn:aws:bedrock:*:*:guardrail/x:*"}`, "aws:k=arn:aws:bedrock:us-east-1:123456789012:guardrail/x:3", true},
		{`"ArnLike":{"aws:k":"*"}`, "aws:k=arn:aws:bedrock:us-east-1:123456789012:guardrail/x:3", false},
		{`"ArnLike":{"aws:k":"arn:aws:iam::${aws:PrincipalAccount}:user/*"}`, "aws:k=arn:aws:iam::123456789012:user/a aws:PrincipalAccount=123456789012", true},
		{`"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/admin"}`, "aws:PrincipalArn=arn:aws:iam::1:role/dev", true},
		{`"ArnNotEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/admin"}`, "aws:PrincipalArn=arn:aws:iam::1:role/admin", false},
	})
}

// TestAbsentKeys is the rules that the page on condition operators gives for keys
// that are not in the request.
func TestAbsentKeys(t *testing.T) {
	checkConditions(t, []condition{
		{`"StringEquals":{"aws:k":"a"}`, "", false},
		{`"StringLike":{"aws:k":"*"}`, "", false},
		{`"NumericLessThan":{"aws:k":"10"}`, "", false},
		{`"Bool":{"aws:MultiFactorAuthPresent":"false"}`, "", false},
		{`"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}`, "", true},
		{`"StringNotEquals":{"aws:k":"a"}`, "", true},
		{`"StringNotLike":{"aws:k":"a"}`, "", true},
		{`"ArnNotLike":{"aws:k":"arn:aws:iam::1:user/a"}`, "", true},
		{`"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}`, "", true},
		{`"StringEqualsIfExists":{"aws:k":"a"}`, "", true},
		{`"StringEqualsIfExists":{"aws:k":"a"}`, "aws:k=b", false},
		{`"StringNotEqualsIfExists":{"aws:k":"a"}`, "aws:k=a", false},
		{`"Null":{"aws:k":"true"}`, "", true},
		{`"Null":{"aws:k":"false"}`, "", false},
		{`"Null":{"aws:k":false}`, "aws:k=a", true},
		{`"Null":{"aws:k":["true","false"]}`, "aws:k=a", true},
		{`"Null":{"aws:k":"true"}`, "aws:k=", true},
	})
}

func TestSeveralValues(t *testing.T) {
	checkConditions(t, []condition{
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=a|b", true},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=a", true},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=a|c", false},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, "", true},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=", true},
		{`"ForAllValues:StringEquals":{"aws:TagKeys":"a"},"Null":{"aws:TagKeys":"false"}`, "", false},
		{`"ForAllValues:StringNotEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=c|d", true},
		{`"ForAllValues:StringNotEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=c|b", false},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=c|b", true},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=c", false},
		{`"ForAnyValue:StringEquals":{"aws:TagKeys":["a","b"]}`, "", false},
		{`"ForAnyValue:StringNotEquals":{"aws:TagKeys":["a"]}`, "aws:TagKeys=a|b", true},
		{`"ForAnyValue:StringNotEquals":{"aws:TagKeys":["a"]}`, "aws:TagKeys=a", false},
		{`"ForAnyValue:StringNotEquals":{"aws:TagKeys":["a"]}`, "", false},
		{`"ForAnyValue:StringEqualsIfExists":{"aws:TagKeys":["a"]}`, "", true},
		{`"forallvalues:stringlike":{"aws:TagKeys":["a*"]}`, "aws:TagKeys=ab|ac", true},

		{`"StringEquals":{"aws:TagKeys":["a","b"]}`, "aws:TagKeys=a|b", false},
		{`"StringNotEquals":{"aws:TagKeys":["x"]}`, "aws:TagKeys=a|b", false},
	})
}

func TestVariables(t *testing.T) {
	checkConditions(t, []condition{
		{`"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}`, "aws:ResourceTag/team=red aws:PrincipalTag/team=red", true},
		{`"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}`, "aws:ResourceTag/team=red aws:PrincipalTag/team=blue", false},
		{`"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}`, "aws:ResourceTag/team=red", false},
		{`"StringNotEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}`, "aws:ResourceTag/team=red", true},
		{`"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team, 'red'}"}`, "aws:ResourceTag/team=red", true},
		{`"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team,'red'}"}`, "aws:ResourceTag/team=red aws:PrincipalTag/team=blue", false},
		{`"StringLike":{"aws:k":"${aws:username}-*"}`, "aws:k=alice-1 aws:username=alice", true},
		{`"StringLike":{"aws:k":"${aws:username}-*"}`, "aws:k=bob-1 aws:username=*", false},
		{`"StringLike":{"aws:k":"${*}-*"}`, "aws:k=*-1", true},
		{`"StringLike":{"aws:k":"${*}-*"}`, "aws:k=x-1", false},
		{`"StringEquals":{"aws:k":"${$}{a}"}`, "aws:k=${a}", true},
		{`"StringEqualsIgnoreCase":{"aws:k":"${aws:UserName}"}`, "aws:k=ALICE aws:username=alice", true},
		{`"StringEquals":{"aws:k":"${aws:TagKeys}"}`, "aws:k=a aws:TagKeys=a|b", false},
		{`"BinaryEquals":{"aws:k":"${aws:b}"}`, "aws:k=QmluYXJ5 aws:b=QmluYXJ5", true},
	})
}
