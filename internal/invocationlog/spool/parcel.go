package spool

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/saprolite/saprolite/internal/objectstore"
)

// The files of a spool: parcels of lines, those of bodies, and what is not complete.
const (
	linesExt   = ".lines"
	bodyExt    = ".body"
	partialExt = ".partial"
)

// block is the least that a file takes on the disk.
const block = 4096

// footprint is what a file of that many bytes takes on the disk.
func footprint(size int64) int64 { return max(1, (size+block-1)/block) * block }

// Key gives the key of an object of lines: the hour, the time, and what tells it
// apart from those of the same time.
func (g Group) Key(at time.Time) string {
	at = at.UTC()
	var tail [8]byte
	rand.Read(tail[:])
	name := strings.Replace(at.Format("20060102T150405.000Z"), ".", "", 1) + "_" + hex.EncodeToString(tail[:])
	return g.Prefix + name + ".json.gz"
}

// parcel is a file that becomes an object. Its first line says which.
type parcel struct {
	path string
	name objectstore.Name
	// file is open as long as lines are added.
	file *os.File
	// size is in bytes, lines counts those behind the first.
	size, lines int64
	since       time.Time
}

// head is the first line of a parcel.
type head struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
}

func headOf(name objectstore.Name) ([]byte, error) {
	text, err := json.Marshal(head{Bucket: name.Bucket, Key: name.Key})
	return append(text, '\n'), err
}

// beginParcel makes a parcel of lines.
func beginParcel(path string, name objectstore.Name) (*parcel, error) {
	text, err := headOf(name)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err := file.Write(text); err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(path))
	}
	return &parcel{path: path, name: name, file: file, size: int64(len(text)), since: time.Now()}, nil
}

// append adds a line by one write. What is left of one that failed is cut off.
func (p *parcel) append(line []byte) error {
	if _, err := p.file.Write(line); err != nil {
		return errors.Join(err, p.file.Truncate(p.size))
	}
	p.size += int64(len(line))
	p.lines++
	return nil
}

// writeParcel makes a parcel of a body, which is there as a whole or not at all.
func writeParcel(path string, body Body) (*parcel, error) {
	text, err := headOf(body.Name)
	if err != nil {
		return nil, err
	}
	partial := path + partialExt
	err = os.WriteFile(partial, append(text, body.Content...), 0o600)
	if err == nil {
		err = os.Rename(partial, path)
	}
	if err != nil {
		return nil, errors.Join(err, remove(partial))
	}
	return &parcel{path: path, name: body.Name, size: int64(len(text) + len(body.Content))}, nil
}

func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func discard(parcels []*parcel) (err error) {
	for _, p := range parcels {
		err = errors.Join(err, os.Remove(p.path))
	}
	return err
}

// recoverParcel reads what a dead process left. It is nil where that is nothing: the
// process was killed before anything was whole.
func recoverParcel(path string) (*parcel, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	whole := content
	if strings.HasSuffix(path, linesExt) {
		whole = content[:bytes.LastIndexByte(content, '\n')+1]
	}
	var h head
	first, rest, _ := bytes.Cut(whole, []byte{'\n'})
	if json.Unmarshal(first, &h) != nil || len(rest) == 0 {
		return nil, os.Remove(path)
	}
	if len(whole) < len(content) {
		if err := os.Truncate(path, int64(len(whole))); err != nil {
			return nil, err
		}
	}
	p := &parcel{path: path, name: objectstore.Name(h), size: int64(len(whole))}
	if strings.HasSuffix(path, linesExt) {
		p.lines = int64(bytes.Count(rest, []byte{'\n'}))
	}
	return p, nil
}

// compressed gives what becomes the object.
func (p *parcel) compressed() (content []byte, err error) {
	file, err := os.Open(p.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	from := bufio.NewReader(file)
	if _, err := from.ReadSlice('\n'); err != nil {
		return nil, fmt.Errorf("read %s: %w", p.path, err)
	}
	var out bytes.Buffer
	to := gzip.NewWriter(&out)
	if _, err := io.Copy(to, from); err != nil {
		return nil, err
	}
	err = to.Close()
	return out.Bytes(), err
}
