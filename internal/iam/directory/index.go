package directory

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/seal"
)

// index is everybody at one moment, by what requests know them by. It does not
// change, but for what it remembers of compiled policies.
type index struct {
	// users and roles are by ARN.
	users map[string]*iam.User
	roles map[string]*iam.Role
	// groups and policies are by account and name, and by ARN.
	groups   map[iam.Ref]*iam.Group
	policies map[string]string

	// secrets are those of all stored access keys, by id. A key's never changes.
	secrets    map[string]string
	accessKeys map[string]identity.Key
	apiKeys    map[[sha256.Size]byte]identity.APIKey

	compiled compiled
}

// newIndex lays the declared ones over the stored ones. What is wrong with a single
// one is told, and leaves that one out. The index before, nil for none, has secrets
// that were sealed anew with a key which this server does not have yet.
func newIndex(stored iam.Snapshot, declared Declaration, ring *seal.Ring, before *index) (*index, []error) {
	x := &index{
		users: map[string]*iam.User{}, roles: map[string]*iam.Role{},
		groups: map[iam.Ref]*iam.Group{}, policies: map[string]string{}, secrets: map[string]string{},
		accessKeys: map[string]identity.Key{}, apiKeys: map[[sha256.Size]byte]identity.APIKey{},
	}
	// What comes later takes the place of what came before.
	for _, s := range []iam.Snapshot{stored, declared.Everybody} {
		for _, u := range s.Users {
			x.users[u.ARN()] = &u
		}
		for _, r := range s.Roles {
			x.roles[r.ARN()] = &r
		}
		for _, g := range s.Groups {
			x.groups[g.Ref()] = &g
		}
		for _, p := range s.Policies {
			x.policies[p.ARN()] = p.Document
		}
	}
	var problems []error
	holders := x.holders(stored.Users)
	for _, k := range stored.AccessKeys {
		sealed, err := ring.Open(Purpose, k.Secret)
		secret, known := string(sealed), err == nil
		if !known {
			problems = append(problems, fmt.Errorf("%s: its secret: %w; start with the key that sealed it too", k.Ref(), err))
			if before != nil {
				secret, known = before.secrets[k.ID]
			}
		}
		if known {
			x.secrets[k.ID] = secret
			x.addAccessKey(holders, k, secret)
		}
	}
	x.addAPIKeys(holders, stored.APIKeys)
	holders = x.holders(declared.Everybody.Users)
	for _, k := range declared.Everybody.AccessKeys {
		x.addAccessKey(holders, k, declared.Secrets[k.ID])
	}
	x.addAPIKeys(holders, declared.Everybody.APIKeys)
	return x, problems
}

// holders are the users of one origin by their names: a declared one that took the
// name of a stored one does not take its keys.
func (x *index) holders(users []iam.User) map[iam.Ref]*iam.User {
	holders := make(map[iam.Ref]*iam.User, len(users))
	for _, u := range users {
		if known := x.users[u.ARN()]; known.ID == u.ID {
			holders[u.Ref()] = known
		}
	}
	return holders
}

func (x *index) addAccessKey(holders map[iam.Ref]*iam.User, k iam.AccessKey, secret string) {
	holder := holders[iam.Ref{Kind: iam.KindUser, Account: k.Account, Name: k.User}]
	if holder != nil && !k.Inactive {
		x.accessKeys[k.ID] = identity.Key{Secret: secret, Principal: principal(holder)}
	}
}

func (x *index) addAPIKeys(holders map[iam.Ref]*iam.User, keys []iam.APIKey) {
	for _, k := range keys {
		holder := holders[iam.Ref{Kind: iam.KindUser, Account: k.Account, Name: k.User}]
		if holder == nil || len(k.Hash) != sha256.Size {
			continue
		}
		hash := [sha256.Size]byte(k.Hash)
		x.apiKeys[hash] = identity.APIKey{Hash: hash, Principal: principal(holder), Expires: k.Expires, Inactive: k.Inactive}
	}
}

func principal(u *iam.User) identity.Principal {
	return identity.Principal{ARN: u.ARN(), Account: u.Account, UserID: u.ID, UserName: u.Name, Tags: u.Tags}
}

// document gives a managed policy by its ARN.
func (x *index) document(arn string) (string, bool) {
	if document, ok := policy.ManagedByAWS(arn); ok && strings.HasPrefix(arn, policy.ManagedPrefix) {
		return string(document), true
	}
	document, ok := x.policies[arn]
	return document, ok
}

// What is remembered is bounded by number and, in bytes, by the length of the keys:
// sessions bring policies of their own, which are part of the keys.
const (
	maxCompiled = 10_000
	maxKeys     = 2 << 20
)

// compiled remembers sets of policies by whom they hold for, and the single policies
// that the directory has, which many sets share.
type compiled struct {
	mu       sync.RWMutex
	sets     map[string]*policy.Set
	keys     int
	policies map[string]*policy.Policy
}

// set gives what key was compiled to, or compiles it.
func (c *compiled) set(key string, compile func() (*policy.Set, error)) (*policy.Set, error) {
	c.mu.RLock()
	set := c.sets[key]
	c.mu.RUnlock()
	if set != nil {
		return set, nil
	}
	set, err := compile()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sets == nil || len(c.sets) >= maxCompiled || c.keys+len(key) > maxKeys {
		c.sets, c.keys = map[string]*policy.Set{}, 0
	}
	if c.sets[key] == nil {
		c.keys += len(key)
	}
	c.sets[key] = set
	return set, nil
}

// policy gives what the document of that owner and name was compiled to, or compiles
// it.
func (c *compiled) policy(owner, name string, kind policy.Kind, document string) (*policy.Policy, error) {
	key := owner + "\x00" + name
	c.mu.RLock()
	p := c.policies[key]
	c.mu.RUnlock()
	if p != nil {
		return p, nil
	}
	p, err := policy.Parse(name, kind, []byte(document))
	if err != nil {
		return nil, fmt.Errorf("the policy %s: %w", name, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.policies == nil {
		c.policies = map[string]*policy.Policy{}
	}
	c.policies[key] = p
	return p, nil
}
