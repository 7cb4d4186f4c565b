package doccomment // want `package doccomment has no comment`

import (
	"errors"
	"io"
)

func Bare() {} // want `Bare has no doc comment`

// Told is told.
func Told() {}

func private() {}

type T struct{} // want `T has no doc comment`

func (T) Bare()    {} // want `Bare has no doc comment`
func (T) private() {}

func (T) Error() string { return "" }
func (T) Unwrap() error { return io.EOF }

func (T) Read(p []byte) (int, error) { return 0, errors.ErrUnsupported }

// U is told.
type U struct{}

func (U) Unwrap() error { return nil } // want `Unwrap has no doc comment`

type private2 struct{}

func (private2) Public() {}

// These are told together.
const (
	A = 1
	B = 2
)

const (
	C = 1 + // want `C has no doc comment`
		0
	// D is told.
	D = 2
	E = 3 // E is told.
	f = 4
)

var V, w = 1, // want `V has no doc comment`
	2
