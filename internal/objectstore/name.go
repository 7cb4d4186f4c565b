package objectstore

import (
	"errors"
	"strings"
)

// Name is where an object lies. Keys are bytes: nothing in them is escaped.
type Name struct{ Bucket, Key string }

// String gives the name as s3://bucket/key.
func (n Name) String() string { return scheme + n.Bucket + "/" + n.Key }

const scheme = "s3://"

// ParseName reads a name of the form s3://bucket/key. The error says what is
// missing.
func ParseName(uri string) (Name, error) {
	rest, ok := strings.CutPrefix(uri, scheme)
	if !ok {
		return Name{}, errors.New("it does not start with " + scheme)
	}
	bucket, key, _ := strings.Cut(rest, "/")
	switch {
	case bucket == "":
		return Name{}, errors.New("it names no bucket")
	case key == "":
		return Name{}, errors.New("it names a bucket, and no object in it")
	}
	return Name{bucket, key}, nil
}
