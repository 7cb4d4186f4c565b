package config

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/conditions"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
)

// declaration turns a file into principals.
type declaration struct {
	*decoder
	folder string
	depth  depth
	Principals
}

func (d *declaration) all(file *principalsFile) {
	for i, a := range file.Accounts {
		key := fmt.Sprintf("accounts[%d]", i)
		if !iam.IsAccountID(a.ID) {
			d.fail(key+".id", fmt.Sprintf("%q is no account", a.ID), "write twelve digits in quotes")
			continue
		}
		d.Everybody.Accounts = append(d.Everybody.Accounts, iam.Account{ID: a.ID, Name: a.Name})
		for i, p := range a.Policies {
			d.policy(fmt.Sprintf("%s.policies[%d]", key, i), a.ID, p)
		}
		for i, g := range a.Groups {
			key := fmt.Sprintf("%s.groups[%d]", key, i)
			d.name(key, g.Name)
			d.Everybody.Groups = append(d.Everybody.Groups, iam.Group{
				Account: a.ID, Name: g.Name, Path: "/",
				Permissions: d.permissions(key, a.ID, policy.GroupInline, g.Policies, g.Inline),
			})
		}
		for i, u := range a.Users {
			d.user(fmt.Sprintf("%s.users[%d]", key, i), a.ID, u)
		}
		for i, r := range a.Roles {
			d.role(fmt.Sprintf("%s.roles[%d]", key, i), a.ID, r)
		}
	}
	for _, twice := range d.Everybody.Duplicates() {
		d.fail("accounts", "there are two of "+twice.String(), "delete one, or give it another name")
	}
	for _, missing := range d.Everybody.Dangling() {
		d.fail("accounts", missing, "declare it in the same account, or correct the name")
	}
}

func (d *declaration) name(key, name string) {
	if !iam.IsName(name) {
		d.fail(key+".name", fmt.Sprintf("%q is no name", name), "take up to 64 letters, digits and +=,.@_-")
	}
}

// watch resolves the path of a file that is about to be read, and remembers it as it is
// now.
func (d *declaration) watch(key string, path *string) {
	d.resolveFile(key, path, d.folder)
	if *path != "" {
		d.files[*path] = stampOf(*path)
	}
}

func (d *declaration) policy(key, account string, p managedPolicy) {
	d.name(key, p.Name)
	if p.DocumentFile != "" {
		if p.Document != "" {
			d.fail(key, "the document is given twice", "keep one of document and documentFile")
		}
		d.watch(key+".documentFile", &p.DocumentFile)
		content, err := read(p.DocumentFile)
		if err != nil {
			d.fail(key+".documentFile", err.Error(), "name a file that holds a policy in JSON")
			return
		}
		p.Document = Document(content)
	}
	d.check(key+".document", policy.Managed, p.Document)
	d.Everybody.Policies = append(d.Everybody.Policies, iam.Policy{Account: account, Name: p.Name, Path: "/", Document: string(p.Document)})
}

func (d *declaration) check(key string, kind policy.Kind, document Document) {
	parsed, err := policy.Parse(key, kind, []byte(document))
	if err != nil {
		d.fail(key, err.Error(), "docs/principals.md shows policies")
		return
	}
	if unknown := conditions.Unknown(parsed); len(unknown) > 0 && len(d.Warnings) < maxProblems {
		d.Warnings = append(d.Warnings, d.problem(key, "no request has a value of "+strings.Join(unknown, ", "), "docs/principals.md lists the keys that some have"))
	}
}

// tags holds tags to what the commands take too.
func (d *declaration) tags(key string, tags map[string]string) {
	if len(tags) > iam.MaxTags {
		d.fail(key+".tags", fmt.Sprintf("there are %d tags", len(tags)), fmt.Sprintf("keep %d at most", iam.MaxTags))
	}
	for name, value := range tags {
		if !iam.IsTag(name, value) {
			d.fail(key+".tags."+name, fmt.Sprintf("%q is no tag", name+"="+value),
				"take up to 128 letters, digits, spaces and _.:/=+-@ as key, not aws: at its begin, and up to 256 as value")
		}
	}
}

func (d *declaration) permissions(key, account string, kind policy.Kind, attached []string, inline map[string]Document) iam.Permissions {
	var p iam.Permissions
	for _, name := range attached {
		p.Attached = append(p.Attached, iam.PolicyARN(account, name))
	}
	for name, document := range inline {
		d.check(key+".inline."+name, kind, document)
		if p.Inline == nil {
			p.Inline = map[string]string{}
		}
		p.Inline[name] = string(document)
	}
	return p
}

func (d *declaration) user(key, account string, u user) {
	d.name(key, u.Name)
	declared := iam.User{
		Account: account, Name: u.Name, Path: "/", ID: iam.DeclaredID(iam.KindUser, account, u.Name),
		Permissions: d.permissions(key, account, policy.UserInline, u.Policies, u.Inline),
		Groups:      u.Groups, Tags: u.Tags,
	}
	d.tags(key, u.Tags)
	if u.Boundary != "" {
		declared.Boundary = iam.PolicyARN(account, u.Boundary)
	}
	d.Everybody.Users = append(d.Everybody.Users, declared)
	for i, k := range u.AccessKeys {
		d.accessKey(fmt.Sprintf("%s.accessKeys[%d]", key, i), declared, k)
	}
	for i, k := range u.APIKeys {
		d.apiKey(fmt.Sprintf("%s.apiKeys[%d]", key, i), declared, k)
	}
}

func (d *declaration) role(key, account string, r role) {
	d.name(key, r.Name)
	d.check(key+".trust", policy.Trust, r.Trust)
	declared := iam.Role{
		Account: account, Name: r.Name, Path: "/", ID: iam.DeclaredID(iam.KindRole, account, r.Name),
		Permissions: d.permissions(key, account, policy.RoleInline, r.Policies, r.Inline),
		Trust:       string(r.Trust), MaxSession: r.MaxSession, Tags: r.Tags,
	}
	d.tags(key, r.Tags)
	if !iam.IsMaxSession(r.MaxSession) {
		d.fail(key+".maxSession", fmt.Sprintf("a role is assumed for 1 to 12 hours at most, not for %v", r.MaxSession), "write 4h, or delete the line for an hour")
	}
	if r.Boundary != "" {
		declared.Boundary = iam.PolicyARN(account, r.Boundary)
	}
	d.Everybody.Roles = append(d.Everybody.Roles, declared)
}

func (d *declaration) accessKey(key string, u iam.User, k accessKey) {
	if !iam.IsAccessKeyID(k.ID) {
		d.fail(key+".id", fmt.Sprintf("%q is no access key id", k.ID), "take 16 to 128 letters and digits")
	}
	if d.depth == secretsToo {
		d.watch(key+".secretFile", &k.SecretFile)
		d.fetchSecret(key, secretOf{"secret", &k.Secret, k.SecretEnv, k.SecretFile})
		if k.Secret == "" {
			d.fail(key, "the secret is missing", "add secretEnv or secretFile")
		}
		d.Secrets[k.ID] = k.Secret
	}
	d.Everybody.AccessKeys = append(d.Everybody.AccessKeys, iam.AccessKey{ID: k.ID, Account: u.Account, User: u.Name})
}

func (d *declaration) apiKey(key string, u iam.User, k apiKey) {
	if d.depth == secretsToo {
		d.watch(key+".keyFile", &k.KeyFile)
		d.fetchSecret(key, secretOf{"key", &k.Key, k.KeyEnv, k.KeyFile})
	}
	declared := iam.APIKey{ID: k.ID, Account: u.Account, User: u.Name}
	d.name(key, k.ID)
	switch {
	case d.depth == namesAlone && k.SHA256 == "":
	case k.Key != "" && k.SHA256 != "":
		d.fail(key, "the key is given more than once", "keep one of key, keyEnv, keyFile and sha256")
	case k.Key != "":
		hash := identity.HashAPIKey(string(k.Key))
		declared.Hash = hash[:]
	default:
		hash, err := hex.DecodeString(k.SHA256)
		if err != nil || len(hash) != 32 {
			d.fail(key, "the key is missing", "add keyEnv, keyFile, or sha256 with 64 hexadecimal digits")
		}
		declared.Hash = hash
	}
	if k.Expires != "" {
		expires, err := time.Parse(time.RFC3339, k.Expires)
		if err != nil {
			d.fail(key+".expires", fmt.Sprintf("%q is no time", k.Expires), "write it as 2027-01-31T00:00:00Z")
		}
		declared.Expires = expires
	}
	d.Everybody.APIKeys = append(d.Everybody.APIKeys, declared)
}
