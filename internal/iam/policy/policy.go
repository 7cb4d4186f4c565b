// Package policy is the policy language of AWS Identity and Access Management.
//
// [Parse] reads and compiles a document, once. [Compile] puts together the
// policies that hold for one caller: what identity-based policies allow, within a
// permissions boundary, within session policies. [Set.Decide] answers in
// microseconds, and but for rare forms without allocating, whether a [Request] may
// happen, and if not, which kind of policy said no; [Decision.Refusal] is the
// sentence of AWS about it. [Set.Explain] tells the same statement by statement.
// The policy of a role that says who may assume it is asked by
// [Policy.DecideTrust].
//
// The package knows nothing of HTTP, of callers or of where policies are kept.
// What a request is, beyond action and resources, comes in its [Context].
//
// # Wildcards
//
// An action matches in any case, a resource in its own. In the ARNs of Resource
// and NotResource a wildcard stays within its segment, the part between two
// colons; a star that ends a segment also reaches beyond it, and the part after
// the fifth colon is one segment. That is how the page "IAM JSON policy elements:
// Resource" of the IAM User Guide has it. An ARN with fewer parts than six stands
// for all that begins with these. In ArnEquals and ArnLike each of the six parts
// is compared on its own, by the page "Condition operators".
//
// # Keys that are absent
//
// By the same page: a condition on an absent key is not met, a negated one is
// met, and with IfExists it is met too. ForAllValues is met by no values at all,
// ForAnyValue is not. An empty text counts as no value for both and for Null. A
// key with several values needs one of the two: without it no operator is met.
//
// A variable that has no value equals nothing: a positive operator is not met, a
// negated one is ("IAM policy elements: Variables and tags"). A statement whose
// Resource, or NotResource, would cover the resource but for such a variable does
// not apply. A value of the wrong type, such as a number that is none, equals
// nothing either.
package policy

// Effect is what a statement does when it applies.
type Effect string

// The two effects.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Versions of the policy language. The older one has no variables and is what a
// document without a version means.
const (
	Version2008 = "2008-10-17"
	Version2012 = "2012-10-17"
)

// Policy is a compiled document. It does not change and is safe for concurrent
// use.
type Policy struct {
	name       string
	kind       Kind
	version    string
	id         string
	size       int
	statements []statement
}

// Name returns what the policy was called in [Parse].
func (p *Policy) Name() string { return p.name }

// Kind returns what the policy is for.
func (p *Policy) Kind() Kind { return p.kind }

// Version returns the version of the language, the older one when none was given.
func (p *Policy) Version() string { return p.version }

// ID returns the Id of the document, which is empty for most.
func (p *Policy) ID() string { return p.id }

// Size returns the number of characters as the quota counts them; see
// [Kind.Limit].
func (p *Policy) Size() int { return p.size }

// Parse reads and compiles a document. The name is for people: a policy's name or
// ARN. The error is an [*Error].
func Parse(name string, kind Kind, document []byte) (*Policy, error) {
	size, err := checkSize(document, kind)
	if err != nil {
		return nil, err
	}
	doc, err := readDocument(document)
	if err != nil {
		return nil, err
	}
	c := &compiler{document: document, kind: kind, policy: name}
	p := &Policy{name: name, kind: kind, version: Version2008, id: doc.id.value, size: size}
	if doc.version.value != "" {
		p.version = doc.version.value
	}
	if err := c.checkVersion(doc.version, p.version); err != nil {
		return nil, err
	}
	c.variables = p.version == Version2012
	if p.statements, err = c.statements(doc); err != nil {
		return nil, err
	}
	return p, nil
}
