package policy

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Kind is what a policy is for, which decides what may stand in it and how long
// it may be.
type Kind uint8

const (
	// Managed is a customer managed policy, also one used as permissions boundary.
	Managed Kind = iota
	// UserInline is a policy inside a user.
	UserInline
	// GroupInline is a policy inside a group.
	GroupInline
	// RoleInline is a policy inside a role.
	RoleInline
	// Session is a policy that comes with the request for temporary credentials.
	Session
	// Trust is the policy of a role that says who may assume it.
	Trust
)

// maxDocument is the number of bytes, white space included, that the API of IAM
// takes for any document.
const maxDocument = 131072

// Limit is the number of characters that policies of this kind may have, without
// white space but for [Session]. For inline policies it is the sum over all of
// one user, group or role. The figures are the quotas of IAM and STS.
func (k Kind) Limit() int {
	switch k {
	case UserInline, Session, Trust:
		return 2048
	case GroupInline:
		return 5120
	case RoleInline:
		return 10240
	default:
		return 6144
	}
}

// checkSize refuses what is too long, and what has characters that IAM does not
// take. It returns the size as the quotas count it.
func checkSize(document []byte, kind Kind) (int, error) {
	if len(document) > maxDocument {
		return 0, &Error{
			Code:    CodeValidation,
			Message: fmt.Sprintf("1 validation error detected: Value at 'policyDocument' failed to satisfy constraint: Member must have length less than or equal to %d", maxDocument),
		}
	}
	size := 0
	for i := 0; i < len(document); {
		r, n := utf8.DecodeRune(document[i:])
		if r > unicode.MaxLatin1 {
			at := text{offset: i}
			e := located(document, at, msgCharacters, fmt.Sprintf("The character %q is none.", r))
			e.Code = CodeValidation
			return 0, e
		}
		if kind == Session || !unicode.IsSpace(r) {
			size++
		}
		i += n
	}
	if size > kind.Limit() {
		return 0, tooLong(kind, size)
	}
	return size, nil
}

func tooLong(kind Kind, size int) *Error {
	e := &Error{Code: CodeLimitExceeded, Detail: fmt.Sprintf("The document has %d characters.", size)}
	switch kind {
	case Session:
		e.Code = CodeValidation
		e.Message = fmt.Sprintf("1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to %d", kind.Limit())
	case Trust:
		e.Message = fmt.Sprintf("Cannot exceed quota for ACLSizePerRole: %d", kind.Limit())
	case Managed:
		e.Message = fmt.Sprintf("Cannot exceed quota for PolicySize: %d", kind.Limit())
	default:
		e.Message = fmt.Sprintf("Maximum policy size of %d bytes exceeded.", kind.Limit())
	}
	return e
}
