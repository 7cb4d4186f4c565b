package directory

import (
	"crypto/sha256"
	"fmt"
	"slices"
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

	accessKeys map[string]identity.Key
	apiKeys    map[[sha256.Size]byte]identity.APIKey

	compiled compiled
}

// newIndex lays the declared ones over the stored ones. What is wrong with a single
// one is told, and leaves that one out.
func newIndex(stored iam.Snapshot, declared Declaration, ring *seal.Ring) (*index, []error) {
	x := &index{
		users: map[string]*iam.User{}, roles: map[string]*iam.Role{},
		groups: map[iam.Ref]*iam.Group{}, policies: map[string]string{},
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
	for _, k := range stored.AccessKeys {
		secret, err := ring.Open(Purpose, k.Secret)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: its secret: %w; start with the key that sealed it too", k.Ref(), err))
			continue
		}
		x.addAccessKey(stored, k, string(secret))
	}
	for _, k := range declared.Everybody.AccessKeys {
		x.addAccessKey(declared.Everybody, k, declared.Secrets[k.ID])
	}
	for _, s := range []iam.Snapshot{stored, declared.Everybody} {
		for _, k := range s.APIKeys {
			x.addAPIKey(s, k)
		}
	}
	return x, problems
}

func (x *index) addAccessKey(s iam.Snapshot, k iam.AccessKey, secret string) {
	holder := x.user(s, k.Account, k.User)
	if k.Inactive || holder == nil {
		return
	}
	x.accessKeys[k.ID] = identity.Key{Secret: secret, Principal: principal(holder)}
}

func (x *index) addAPIKey(s iam.Snapshot, k iam.APIKey) {
	holder := x.user(s, k.Account, k.User)
	if holder == nil || len(k.Hash) != sha256.Size {
		return
	}
	hash := [sha256.Size]byte(k.Hash)
	x.apiKeys[hash] = identity.APIKey{Hash: hash, Principal: principal(holder), Expires: k.Expires, Inactive: k.Inactive}
}

// user finds a user of the same origin as a key: a declared one that took the name
// of a stored one does not take its keys.
func (x *index) user(s iam.Snapshot, account, name string) *iam.User {
	i := slices.IndexFunc(s.Users, func(u iam.User) bool { return u.Account == account && u.Name == name })
	if i < 0 {
		return nil
	}
	if known := x.users[s.Users[i].ARN()]; known != nil && known.ID == s.Users[i].ID {
		return known
	}
	return nil
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

// maxCompiled bounds what is remembered: sessions bring policies of their own.
const maxCompiled = 10_000

// compiled remembers sets of policies by whom they hold for.
type compiled struct {
	mu   sync.RWMutex
	sets map[string]*policy.Set
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
	if c.sets == nil || len(c.sets) >= maxCompiled {
		c.sets = map[string]*policy.Set{}
	}
	c.sets[key] = set
	return set, nil
}
