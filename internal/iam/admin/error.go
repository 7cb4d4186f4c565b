package admin

import (
	"fmt"

	"github.com/saprolite/saprolite/internal/iam"
)

// Codes of errors, as IAM spells them. Documents are refused with those of package
// policy.
const (
	// CodeNoSuchEntity means that there is nobody and nothing of that name.
	CodeNoSuchEntity = "NoSuchEntity"
	// CodeEntityAlreadyExists means that the name is taken.
	CodeEntityAlreadyExists = "EntityAlreadyExists"
	// CodeDeleteConflict refuses to delete what something else depends on.
	CodeDeleteConflict = "DeleteConflict"
	// CodeLimitExceeded refuses more than IAM allows.
	CodeLimitExceeded = "LimitExceeded"
	// CodeInvalidInput refuses what makes no sense.
	CodeInvalidInput = "InvalidInput"
	// CodeUnmodifiableEntity refuses to change what the configuration declares.
	CodeUnmodifiableEntity = "UnmodifiableEntity"
)

// Error refuses a change.
type Error struct {
	// Code is one of the codes above, or of package policy.
	Code string
	// Message is the sentence of IAM where it has one.
	Message string
	// Remedy says what to do next, in a sentence.
	Remedy string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message + " " + e.Remedy }

// noun begins IAM's sentences about an entity.
func noun(k iam.Kind) string {
	switch k {
	case iam.KindAccount:
		return "account"
	case iam.KindAccessKey:
		return "Access Key"
	case iam.KindAPIKey:
		return "API key"
	}
	return string(k)
}

// lists is the command that shows what there is of a kind.
func lists(k iam.Kind) string {
	switch k {
	case iam.KindAccessKey, iam.KindAPIKey:
		return "saprolite keys list"
	case iam.KindPolicy:
		return "saprolite policies list"
	}
	return "saprolite " + string(k) + "s list"
}

func missing(r iam.Ref) error {
	e := &Error{
		Code:    CodeNoSuchEntity,
		Message: fmt.Sprintf("The %s with name %s cannot be found.", noun(r.Kind), r.Name),
		Remedy:  fmt.Sprintf("%q shows what there is.", lists(r.Kind)),
	}
	switch r.Kind {
	case iam.KindAccount:
		e.Message = fmt.Sprintf("The account with id %s cannot be found.", r.Name)
		e.Remedy = fmt.Sprintf("%q shows what there is; \"saprolite accounts create %s\" makes it.", lists(r.Kind), r.Name)
	case iam.KindAccessKey, iam.KindAPIKey:
		e.Message = fmt.Sprintf("The %s with id %s cannot be found.", noun(r.Kind), r.Name)
	}
	return e
}

func exists(r iam.Ref) error {
	e := &Error{
		Code:    CodeEntityAlreadyExists,
		Message: fmt.Sprintf("The %s with name %s already exists.", noun(r.Kind), r.Name),
		Remedy:  "Take another name, or delete that one.",
	}
	switch r.Kind {
	case iam.KindUser, iam.KindGroup, iam.KindRole:
		e.Message = fmt.Sprintf("%s%s with name %s already exists.", string(r.Kind[0]-'a'+'A'), r.Kind[1:], r.Name)
	case iam.KindPolicy:
		e.Message = fmt.Sprintf("A policy called %s already exists. Duplicate names are not allowed.", r.Name)
		e.Remedy = fmt.Sprintf("Take another name, or change that one with \"saprolite policies update %s FILE\".", r.Name)
	case iam.KindAccount:
		e.Message = fmt.Sprintf("The account with id %s already exists.", r.Name)
	}
	return e
}

func (e *Everybody) isDeclared(r iam.Ref) error {
	return &Error{
		Code:    CodeUnmodifiableEntity,
		Message: fmt.Sprintf("The %s %s is declared in %s, and no command can change it.", noun(r.Kind), r.Name, e.File),
		Remedy:  "Change it there; a server takes the change up within a second.",
	}
}

func tooMany(quota string, limit int, remedy string) error {
	return &Error{Code: CodeLimitExceeded, Message: fmt.Sprintf("Cannot exceed quota for %s: %d", quota, limit), Remedy: "(" + remedy + ")"}
}

func inUse(message, remedy string) error {
	return &Error{Code: CodeDeleteConflict, Message: message, Remedy: remedy}
}
