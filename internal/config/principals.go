package config

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
)

// Principals are those that a file of principals declares.
type Principals struct {
	// Everybody are the declared ones; their access keys have no secrets in it.
	Everybody iam.Snapshot
	// Secrets are those of the access keys, by id.
	Secrets map[string]Secret
	// Warnings are of policies that are taken and may not do what was meant.
	Warnings Problems
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
func (p *Principals) Changed() bool { return !maps.Equal(p.files, p.stamps()) }

// Settled says whether the files that were read, in whichever form they are now, stay
// in it for a moment. Many programs empty a file before they write it, and the half of
// one can be a file that means something else.
func (p *Principals) Settled(moment time.Duration) bool {
	before := p.stamps()
	time.Sleep(moment)
	return maps.Equal(before, p.stamps())
}

func (p *Principals) stamps() map[string]stamp {
	stamps := make(map[string]stamp, len(p.files))
	for path := range p.files {
		stamps[path] = stampOf(path)
	}
	return stamps
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
	written := stampOf(path)
	content, err := read(path)
	if err != nil {
		return nil, Problems{{File: path, What: err.Error(), Remedy: "name another file under principals, or delete the line"}}
	}
	declared, err := parsePrincipals(path, content, to)
	if err != nil {
		return nil, err
	}
	declared.files[path] = written
	return declared, nil
}

func parsePrincipals(path string, content []byte, to depth) (*Principals, error) {
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
		declare.files = map[string]stamp{}
		declare.all(&file)
		declared = &declare.Principals
	}
	if len(d.problems) > 0 {
		slices.SortStableFunc(d.problems, func(a, b *Problem) int { return cmp.Compare(a.Line, b.Line) })
		return nil, d.problems
	}
	return declared, nil
}
