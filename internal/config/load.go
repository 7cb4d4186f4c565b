package config

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v4"
)

// maxFile bounds a configuration file, in bytes.
const maxFile = 1 << 20

// Load reads the file at path. The error is a Problems, and tells all that is
// wrong with the file.
func Load(path string) (*Config, error) {
	content, err := read(path)
	if err != nil {
		return nil, Problems{{File: path, What: err.Error(), Remedy: "name another file with --config, or leave it out"}}
	}
	return parse(path, content)
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = errors.New("the file is larger than 1 MiB")
	}
	return content, bare(err)
}

// bare takes the path out of an error that is told beside the path.
func bare(err error) error {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err
	}
	return err
}

// parse reads a configuration whose relative paths start at the folder of path.
func parse(path string, content []byte) (*Config, error) {
	d := decoder{source: source{file: path, lines: map[string]int{}}}
	c := base()
	if root, problem := d.document(content); problem != nil {
		return nil, Problems{problem}
	} else if root != nil {
		d.decode(root, reflect.ValueOf(c).Elem(), "")
	}
	c.source = d.source
	// What the file says is judged as a whole only when each part is readable.
	if len(d.problems) == 0 {
		c.complete()
		d.resolvePaths(c, filepath.Dir(path))
		d.fetchSecrets(c)
		d.check(c)
	}
	if len(d.problems) > 0 {
		slices.SortStableFunc(d.problems, func(a, b *Problem) int { return cmp.Compare(a.Line, b.Line) })
		return nil, d.problems
	}
	return c, nil
}

// document gives the one document of the file, or nil when there is none.
func (d *decoder) document(content []byte) (root *yaml.Node, problem *Problem) {
	loader, err := yaml.NewLoader(bytes.NewReader(content))
	if err != nil {
		return nil, d.problem("", err.Error(), "")
	}
	var doc, second yaml.Node
	if err := loader.Load(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, d.syntax(err)
	}
	if err := loader.Load(&second); err == nil {
		return nil, &Problem{File: d.file, Line: second.Line, What: "a second document starts here", Remedy: "delete the line ---, or what follows it"}
	} else if !errors.Is(err, io.EOF) {
		return nil, d.syntax(err)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], nil
}

// syntax tells about text that is no YAML.
func (d *decoder) syntax(err error) *Problem {
	p := &Problem{File: d.file, What: "this is no YAML: " + err.Error(), Remedy: "check the indentation, quotes and brackets near here"}
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		p.Line, p.What = e.Mark.Line, "this is no YAML: "+e.Message
	}
	return p
}
