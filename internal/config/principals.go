package config

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
)

// Principals are those that a file of principals declares.
type Principals struct {
	// Everybody are the declared ones; their access keys have no secrets in it.
	Everybody iam.Snapshot
	// Secrets are those of the access keys, by id.
	Secrets map[string]Secret
	// files are all that were read, as they were then.
	files map[string]stamp
}

// stamp tells one content of a file from the next.
type stamp struct {
	written time.Time
	size    int64
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{info.ModTime(), info.Size()}
}

// Changed says whether one of the files that were read is another by now.
func (p *Principals) Changed() bool {
	for path, was := range p.files {
		if stampOf(path) != was {
			return true
		}
	}
	return false
}

// The shape of a file of principals.
type (
	principalsFile struct {
		Accounts []account `yaml:"accounts"`
	}
	account struct {
		ID       string          `yaml:"id"`
		Name     string          `yaml:"name"`
		Policies []managedPolicy `yaml:"policies"`
		Groups   []group         `yaml:"groups"`
		Users    []user          `yaml:"users"`
		Roles    []role          `yaml:"roles"`
	}
	managedPolicy struct {
		Name         string   `yaml:"name"`
		Document     Document `yaml:"document"`
		DocumentFile string   `yaml:"documentFile"`
	}
	group struct {
		Name     string              `yaml:"name"`
		Policies []string            `yaml:"policies"`
		Inline   map[string]Document `yaml:"inline"`
	}
	user struct {
		Name       string              `yaml:"name"`
		Groups     []string            `yaml:"groups"`
		Policies   []string            `yaml:"policies"`
		Inline     map[string]Document `yaml:"inline"`
		Boundary   string              `yaml:"boundary"`
		Tags       map[string]string   `yaml:"tags"`
		AccessKeys []accessKey         `yaml:"accessKeys"`
		APIKeys    []apiKey            `yaml:"apiKeys"`
	}
	role struct {
		Name       string              `yaml:"name"`
		Trust      Document            `yaml:"trust"`
		Policies   []string            `yaml:"policies"`
		Inline     map[string]Document `yaml:"inline"`
		Boundary   string              `yaml:"boundary"`
		Tags       map[string]string   `yaml:"tags"`
		MaxSession time.Duration       `yaml:"maxSession"`
	}
	accessKey struct {
		ID         string `yaml:"id"`
		Secret     Secret `yaml:"secret"`
		SecretEnv  string `yaml:"secretEnv"`
		SecretFile string `yaml:"secretFile"`
	}
	apiKey struct {
		ID      string `yaml:"id"`
		Key     Secret `yaml:"key"`
		KeyEnv  string `yaml:"keyEnv"`
		KeyFile string `yaml:"keyFile"`
		SHA256  string `yaml:"sha256"`
		Expires string `yaml:"expires"`
	}
)

// Document is a policy document in JSON. In the file it stands as keys and values,
// or as a text.
type Document string

// policyDocument writes keys and values as JSON, each value as a text: the policy
// language takes texts everywhere, and YAML would make dates of its versions.
func (d *decoder) policyDocument(n *yaml.Node, target *Document, key string) {
	if n.Kind == yaml.ScalarNode {
		*target = Document(n.Value)
		return
	}
	var text bytes.Buffer
	if err := writeJSON(&text, n, 0); err != nil {
		d.fail(key, err.Error(), "write the policy as JSON in a text instead")
		return
	}
	*target = Document(text.String())
}

// maxDocumentDepth bounds documents, which may refer to themselves in YAML.
const maxDocumentDepth = 8

func writeJSON(w *bytes.Buffer, n *yaml.Node, depth int) error {
	if depth > maxDocumentDepth {
		return fmt.Errorf("the document is deeper than %d", maxDocumentDepth)
	}
	n = target(n)
	switch n.Kind {
	case yaml.MappingNode:
		w.WriteByte('{')
		for i := 0; i+1 < len(n.Content); i += 2 {
			if i > 0 {
				w.WriteByte(',')
			}
			writeText(w, target(n.Content[i]).Value)
			w.WriteByte(':')
			if err := writeJSON(w, n.Content[i+1], depth+1); err != nil {
				return err
			}
		}
		w.WriteByte('}')
	case yaml.SequenceNode:
		w.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				w.WriteByte(',')
			}
			if err := writeJSON(w, item, depth+1); err != nil {
				return err
			}
		}
		w.WriteByte(']')
	default:
		writeText(w, n.Value)
	}
	return nil
}

func writeText(w *bytes.Buffer, s string) {
	// A string always has a form in JSON.
	text, _ := json.Marshal(s)
	w.Write(text)
}

// LoadPrincipals reads a file of principals, as strictly as [Load] does. The error
// is a Problems.
func LoadPrincipals(path string) (*Principals, error) { return loadPrincipals(path, secretsToo) }

// LoadDeclared reads who a file of principals declares, without any secrets: these
// may be where the server alone gets them. Its API keys have no hashes but those in
// the file. The error is a Problems.
func LoadDeclared(path string) (iam.Snapshot, error) {
	declared, err := loadPrincipals(path, namesAlone)
	if err != nil {
		return iam.Snapshot{}, err
	}
	return declared.Everybody, nil
}

// depth is how much is read of a file of principals.
type depth int

const (
	secretsToo depth = iota
	namesAlone
)

func loadPrincipals(path string, to depth) (*Principals, error) {
	files := map[string]stamp{path: stampOf(path)}
	content, err := read(path)
	if err != nil {
		return nil, Problems{{File: path, What: err.Error(), Remedy: "name another file under principals, or delete the line"}}
	}
	d := decoder{source: source{file: path, lines: map[string]int{}}}
	var file principalsFile
	if root, problem := d.document(content); problem != nil {
		return nil, Problems{problem}
	} else if root != nil {
		d.decode(root, reflect.ValueOf(&file).Elem(), "")
	}
	var declared *Principals
	if len(d.problems) == 0 {
		declare := declaration{decoder: &d, folder: filepath.Dir(path), depth: to}
		declare.Secrets = map[string]Secret{}
		declare.files = files
		declare.all(&file)
		declared = &declare.Principals
	}
	if len(d.problems) > 0 {
		slices.SortStableFunc(d.problems, func(a, b *Problem) int { return cmp.Compare(a.Line, b.Line) })
		return nil, d.problems
	}
	return declared, nil
}

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

func (d *declaration) policy(key, account string, p managedPolicy) {
	d.name(key, p.Name)
	if p.DocumentFile != "" {
		if p.Document != "" {
			d.fail(key, "the document is given twice", "keep one of document and documentFile")
		}
		d.resolveFile(key+".documentFile", &p.DocumentFile, d.folder)
		d.files[p.DocumentFile] = stampOf(p.DocumentFile)
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
	if _, err := policy.Parse(key, kind, []byte(document)); err != nil {
		d.fail(key, err.Error(), "docs/principals.md shows policies")
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
		d.resolveFile(key+".secretFile", &k.SecretFile, d.folder)
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
		d.resolveFile(key+".keyFile", &k.KeyFile, d.folder)
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
