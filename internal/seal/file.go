package seal

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// maxKeyFile is far more than any number of keys that make sense.
const maxKeyFile = 64 << 10

// header begins a key file that this package makes.
const header = "# The keys of this server: who has them reads its secrets and signs sessions in its name.\n" +
	"# The first one seals, all of them open. One a line, 32 bytes in base64.\n"

// Parse reads a ring as it stands in a key file or an environment variable: a key
// a line, in base64. Empty lines and those that begin with # do not count. Errors
// repeat nothing of the text.
func Parse(text string) (*Ring, error) {
	var secrets [][]byte
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		secret, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(secret) != KeySize {
			return nil, fmt.Errorf("line %d is not a key: %d bytes in base64", number, KeySize)
		}
		secrets = append(secrets, secret)
	}
	return NewRing(secrets...)
}

// NewKey makes a key, in the form that [Parse] reads.
func NewKey() string {
	var secret [KeySize]byte
	rand.Read(secret[:])
	return base64.StdEncoding.EncodeToString(secret[:])
}

// Variable is the environment variable that holds the keys in place of a file.
const Variable = "SAPROLITE_SEAL_KEYS"

// Load reads the ring from [Variable], else from a file as [ReadFile] does.
func Load(path string) (*Ring, error) {
	text := os.Getenv(Variable)
	if text == "" {
		return ReadFile(path)
	}
	ring, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Variable, err)
	}
	return ring, nil
}

// ReadFile reads the ring of a key file. A file that is not there is made, with one
// new key, readable for its owner alone; of several servers that do so at the same
// time one wins, and all use its key. Its folder must exist.
func ReadFile(path string) (*Ring, error) {
	text, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(path); err != nil {
			return nil, fmt.Errorf("make a key file: %w", err)
		}
		text, err = read(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	ring, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ring, nil
}

// Exposed gives the permissions of a key file that others than its owner have a part in.
// They have in none where [Variable] takes the file's place, nor on Windows, where the
// bits of a mode say nothing of them.
func Exposed(path string) (mode fs.FileMode, exposed bool) {
	info, err := os.Stat(path)
	if err != nil || os.Getenv(Variable) != "" || runtime.GOOS == "windows" {
		return 0, false
	}
	mode = info.Mode().Perm()
	return mode, mode&0o077 != 0
}

func read(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile+1))
	if err == nil && len(text) > maxKeyFile {
		err = fmt.Errorf("%s has more than %d bytes", path, maxKeyFile)
	}
	return string(text), err
}

// create makes the file whole or not at all, and never in place of another: a
// server that dies half-way leaves no half of a key, and one that comes second
// overwrites no key that is in use.
func create(path string) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.WriteString(header + NewKey() + "\n")
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
