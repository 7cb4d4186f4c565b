// Package iam is who exists: accounts, and in them users, groups, roles, policies
// and keys, in the words of AWS Identity and Access Management.
package iam

import (
	"encoding/json"
	"fmt"
	"time"
)

// Kind is a kind of entity.
type Kind string

// The kinds of entities.
const (
	KindAccount   Kind = "account"
	KindUser      Kind = "user"
	KindGroup     Kind = "group"
	KindRole      Kind = "role"
	KindPolicy    Kind = "policy"
	KindAccessKey Kind = "access-key"
	KindAPIKey    Kind = "api-key"
)

// Ref names an entity. Name is unique within a kind and an account.
type Ref struct {
	Kind          Kind
	Account, Name string
}

func (r Ref) String() string { return fmt.Sprintf("%s %s of account %s", r.Kind, r.Name, r.Account) }

// Entity is one of the types of this package that have a name.
type Entity interface {
	Ref() Ref
}

// Account is a team's or a company's own room: what is in one account is unknown
// in all others.
type Account struct {
	// ID is 12 digits.
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Ref implements [Entity].
func (a Account) Ref() Ref { return Ref{KindAccount, a.ID, a.ID} }

// Permissions are what users, groups and roles have in common.
type Permissions struct {
	// Attached are the ARNs of managed policies.
	Attached []string `json:"attached,omitempty"`
	// Inline are policy documents by name.
	Inline map[string]string `json:"inline,omitempty"`
}

// User is a person or a program.
type User struct {
	Account string `json:"account"`
	// Name is up to 64 letters, digits and +=,.@_-, as IAM has it.
	Name string `json:"name"`
	// Path starts and ends with a slash.
	Path string `json:"path"`
	// ID is what IAM calls the unique id, AIDA and 16 letters and digits.
	ID string `json:"id"`
	Permissions
	// Groups are the names of those that the user is in.
	Groups []string `json:"groups,omitempty"`
	// Boundary is the ARN of the policy that bounds what the others grant.
	Boundary string            `json:"boundary,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	Created  time.Time         `json:"created"`
}

// Ref implements [Entity].
func (u User) Ref() Ref { return Ref{KindUser, u.Account, u.Name} }

// ARN is arn:aws:iam::<account>:user<path><name>.
func (u User) ARN() string { return arn(u.Account, "user", u.Path, u.Name) }

// Group gives its permissions to the users in it.
type Group struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	Path    string `json:"path"`
	Permissions
	Created time.Time `json:"created"`
}

// Ref implements [Entity].
func (g Group) Ref() Ref { return Ref{KindGroup, g.Account, g.Name} }

// ARN is arn:aws:iam::<account>:group<path><name>.
func (g Group) ARN() string { return arn(g.Account, "group", g.Path, g.Name) }

// Role is what callers can become for a while.
type Role struct {
	Account string `json:"account"`
	Name    string `json:"name"`
	Path    string `json:"path"`
	// ID is AROA and 16 letters and digits.
	ID string `json:"id"`
	Permissions
	// Trust is the policy document that says who may assume the role.
	Trust string `json:"trust"`
	// MaxSession bounds the time for which it is assumed; 0 is an hour.
	MaxSession time.Duration     `json:"maxSession,omitzero"`
	Boundary   string            `json:"boundary,omitempty"`
	Tags       map[string]string `json:"tags,omitempty"`
	Created    time.Time         `json:"created"`
}

// Ref implements [Entity].
func (r Role) Ref() Ref { return Ref{KindRole, r.Account, r.Name} }

// ARN is arn:aws:iam::<account>:role<path><name>.
func (r Role) ARN() string { return arn(r.Account, "role", r.Path, r.Name) }

// Policy is a managed policy of an account.
type Policy struct {
	Account  string `json:"account"`
	Name     string `json:"name"`
	Path     string `json:"path"`
	Document string `json:"document"`
	// Created and Updated are of the document.
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

// Ref implements [Entity].
func (p Policy) Ref() Ref { return Ref{KindPolicy, p.Account, p.Name} }

// ARN is arn:aws:iam::<account>:policy<path><name>.
func (p Policy) ARN() string { return arn(p.Account, "policy", p.Path, p.Name) }

// AccessKey signs requests of a user.
type AccessKey struct {
	// ID is AKIA and 16 letters and digits.
	ID      string `json:"id"`
	Account string `json:"account"`
	User    string `json:"user"`
	// Secret is the secret access key, sealed.
	Secret   []byte    `json:"secret"`
	Inactive bool      `json:"inactive,omitzero"`
	Created  time.Time `json:"created"`
}

// Ref implements [Entity].
func (k AccessKey) Ref() Ref { return Ref{KindAccessKey, k.Account, k.ID} }

// APIKey is a long-term Bedrock API key of a user, a bearer token.
type APIKey struct {
	// ID is what it is listed and revoked by; it is no secret.
	ID      string `json:"id"`
	Account string `json:"account"`
	User    string `json:"user"`
	// Hash is the SHA-256 of the whole key.
	Hash     []byte    `json:"hash"`
	Inactive bool      `json:"inactive,omitzero"`
	Created  time.Time `json:"created"`
	// Expires is the zero time for a key that does not.
	Expires time.Time `json:"expires,omitzero"`
}

// Ref implements [Entity].
func (k APIKey) Ref() Ref { return Ref{KindAPIKey, k.Account, k.ID} }

func arn(account, kind, path, name string) string {
	if path == "" {
		path = "/"
	}
	return "arn:aws:iam::" + account + ":" + kind + path + name
}

// Snapshot is all that exists at one moment.
type Snapshot struct {
	// Revision changes with every change.
	Revision   int64
	Accounts   []Account
	Users      []User
	Groups     []Group
	Roles      []Role
	Policies   []Policy
	AccessKeys []AccessKey
	APIKeys    []APIKey
}

// Add puts one entity that was written as JSON to the others of its kind.
func (s *Snapshot) Add(kind Kind, document []byte) error {
	switch kind {
	case KindAccount:
		return add(&s.Accounts, document)
	case KindUser:
		return add(&s.Users, document)
	case KindGroup:
		return add(&s.Groups, document)
	case KindRole:
		return add(&s.Roles, document)
	case KindPolicy:
		return add(&s.Policies, document)
	case KindAccessKey:
		return add(&s.AccessKeys, document)
	case KindAPIKey:
		return add(&s.APIKeys, document)
	}
	return fmt.Errorf("there is no kind of entity %q", kind)
}

func add[E Entity](all *[]E, document []byte) error {
	var entity E
	if err := json.Unmarshal(document, &entity); err != nil {
		return err
	}
	*all = append(*all, entity)
	return nil
}
