package policy

import (
	"bytes"
	"fmt"
)

// Codes of errors, as IAM and STS spell them.
const (
	// CodeMalformed refuses a document that is no policy.
	CodeMalformed = "MalformedPolicyDocument"
	// CodeLimitExceeded refuses a document that is too long.
	CodeLimitExceeded = "LimitExceeded"
	// CodeValidation refuses a document for its length or its characters before it
	// is read as a policy.
	CodeValidation = "ValidationError"
)

// Error refuses a policy document. Code and Message are what AWS answers; AWS
// does not say where the mistake is, the rest does, for whoever wrote it.
type Error struct {
	// Code is one of the codes above.
	Code string
	// Message is the sentence of AWS.
	Message string
	// Detail says what is wrong in words of our own.
	Detail string
	// Pointer is the JSON pointer to what is wrong, as /Statement/0/Effect; it is
	// empty for the whole document.
	Pointer string
	// Line and Column count from 1, the column in bytes; 0 is unknown.
	Line, Column int
}

func (e *Error) Error() string {
	s := e.Message
	if e.Detail != "" {
		s += " " + e.Detail
	}
	if e.Line > 0 {
		s += fmt.Sprintf(" (line %d, column %d", e.Line, e.Column)
		if e.Pointer != "" {
			s += ", at " + e.Pointer
		}
		s += ")"
	}
	return s
}

// The sentences of IAM. They come from answers of the service that public
// projects keep as tests, among them moto and versitygw.
const (
	msgSyntax       = "Syntax errors in policy."
	msgVersion      = "Policy document must be version 2012-10-17 or greater."
	msgLegacy       = "The policy failed legacy parsing"
	msgSidUnique    = "Statement IDs (SID) in a single policy must be unique."
	msgSidAlnum     = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
	msgNoActions    = "Policy statement must contain actions."
	msgNoResources  = "Policy statement must contain resources."
	msgVendor       = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
	msgOneColon     = "Actions/Condition can contain only one colon."
	msgFullVendor   = "Resource vendor must be fully qualified and cannot contain regexes."
	msgPrincipal    = "Policy document should not specify a principal."
	msgNoPrincipal  = "Missing required field Principal"
	msgEmptyPrinc   = "Missing required field Principal cannot be empty!"
	msgAllowNot     = "Allow with NotPrincipal is not allowed."
	msgTrustNotRes  = "AssumeRole policy must not contain resources."
	msgTrustRes     = "Has prohibited field Resource"
	msgTrustActions = "AssumeRole policy may only specify STS AssumeRole actions."
	msgCharacters   = "The specified value for policyDocument is invalid. It must contain only printable ASCII characters."
)

// located is an error at a place in a document.
func located(document []byte, at text, message, detail string) *Error {
	e := &Error{Code: CodeMalformed, Message: message, Detail: detail, Pointer: at.pointer}
	offset := min(max(at.offset, 0), len(document))
	before := document[:offset]
	e.Line = bytes.Count(before, []byte("\n")) + 1
	e.Column = offset - bytes.LastIndexByte(before, '\n')
	return e
}
