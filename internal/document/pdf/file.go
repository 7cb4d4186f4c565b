// Package pdf reads the text of pdf files, page by page.
//
// It is a reader for hostile files first. It does not follow the cross-reference
// tables, which may be broken, circular or lie, but scans the file for its
// objects, as viewers do to repair one; every decoded byte counts against one
// budget; nesting, filters and operators are bounded; nothing is allocated by a
// number that stands in the file. The libraries for pdf that there are in Go
// loop for ever or allocate without bound on made-up files, which no recover and
// no deadline cures.
//
// What it does not read: files that need a password, text in images, and fonts that
// do not say which characters their glyphs are.
package pdf

import (
	"bytes"
	"context"
	"errors"
)

// The errors of files that are well formed.
var (
	// ErrTooLarge says that a file unfolds to more than its budget.
	ErrTooLarge = errors.New("the file unfolds to too much")
	// ErrEncrypted says that a file needs a password.
	ErrEncrypted = errors.New("the file is encrypted")
)

const (
	// maxDecoded is the budget for the decoded streams of a file, maxObjects the
	// bound on their number.
	maxDecoded = 64 << 20
	maxObjects = 1 << 19
	// maxRefs bounds a chain of references.
	maxRefs = 16
)

// File is a pdf. It is for one goroutine.
type File struct {
	ctx     context.Context
	objects map[ref]object
	// packed are the streams that hold objects, in the order of the file.
	packed []object
	root   any
	// encrypt and id are what the trailer says of an encryption.
	encrypt, id any
	lock        *lock
	budget      int
	fonts       map[ref]*font
}

// object is a value and where in the file it was defined: the last definition
// counts.
type object struct {
	value any
	at    int
}

// Open finds the objects of a file. The errors are those above, the context's,
// or say that it is no pdf.
func Open(ctx context.Context, data []byte) (*File, error) {
	if !bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-")) {
		return nil, errors.New("no header of a pdf")
	}
	f := &File{ctx: ctx, objects: map[ref]object{}, budget: maxDecoded, fonts: map[ref]*font{}}
	if err := f.scan(data); err != nil {
		return nil, err
	}
	if f.encrypt != nil {
		var err error
		if f.lock, err = f.unlock(); err != nil {
			return nil, err
		}
	}
	for _, one := range f.packed {
		if err := f.unpack(one); err != nil {
			return nil, err
		}
	}
	if _, ok := f.resolve(f.root).(dict); !ok {
		f.findCatalog()
	}
	if _, ok := f.resolve(f.root).(dict); !ok {
		return nil, errors.New("no catalog")
	}
	return f, nil
}

// maxBroken is how many definitions may run into the end of the file: each costs
// a walk over the rest of it.
const maxBroken = 8

// scan walks over the file: from one definition, which begins with "1 0 obj",
// or trailer to the next.
func (f *File) scan(data []byte) error {
	l := lexer{data: data}
	trailer, broken := index(data, 0, "trailer"), 0
	for {
		if f.ctx.Err() != nil {
			return f.ctx.Err()
		}
		for trailer >= 0 && trailer < l.at {
			trailer = index(data, l.at, "trailer")
		}
		obj := index(data, l.at, "obj")
		var err error
		switch {
		case trailer < 0 && obj < 0:
			return nil
		case obj < 0 || trailer >= 0 && trailer < obj:
			err = f.readTrailer(&l, trailer+len("trailer"))
		default:
			err = f.define(&l, obj)
		}
		if err == errEnd {
			if broken++; broken > maxBroken {
				return err
			}
		} else if err != nil {
			return err
		}
	}
}

// index is the place of a word at or behind another place, or negative.
func index(data []byte, from int, word string) int {
	i := bytes.Index(data[from:], []byte(word))
	if i < 0 {
		return i
	}
	return from + i
}

func (f *File) readTrailer(l *lexer, at int) error {
	l.at = at
	value, err := l.value(0)
	if err != nil {
		l.at = at
		return ended(err)
	}
	f.trailer(value)
	return nil
}

// ended keeps the one error that costs a walk over the file.
func ended(err error) error {
	if err == errEnd {
		return err
	}
	return nil
}

// definedAt gives the number and the generation that stand before "obj".
func definedAt(data []byte, obj int) (id ref, generation int, ok bool) {
	at := obj
	generation, at = digitsBefore(data, at)
	number, at := digitsBefore(data, at)
	return ref(number), generation, at >= 0
}

// digitsBefore reads a number backwards, with white space behind it; the place is
// negative where there is none.
func digitsBefore(data []byte, at int) (number, start int) {
	const longest = 10
	for ; at > 0 && isSpace(data[at-1]); at-- {
	}
	end := at
	for ; at > 0 && end-at < longest && data[at-1] >= '0' && data[at-1] <= '9'; at-- {
	}
	if at <= 0 && end == 0 || at == end {
		return 0, -1
	}
	for _, c := range data[at:end] {
		number = number*10 + int(c-'0')
	}
	return number, at
}

// define reads the object whose "obj" stands at a place, if a number is before
// it.
func (f *File) define(l *lexer, at int) error {
	start := at + len("obj")
	l.at = start
	id, generation, ok := definedAt(l.data, at)
	if !ok {
		return nil
	}
	if len(f.objects) >= maxObjects {
		return ErrTooLarge
	}
	value, err := l.value(0)
	if err != nil {
		l.at = start
		return ended(err)
	}
	if d, ok := value.(dict); ok {
		if raw, ok := l.stream(d); ok {
			value = &stream{d, raw, int(id), generation}
		}
		switch d["Type"] {
		case name("XRef"):
			f.trailer(d)
			return nil
		case name("ObjStm"):
			f.packed = append(f.packed, object{value, at})
		}
	}
	f.objects[id] = object{value, at}
	return nil
}

// stream takes the bytes of a stream, if one follows its dictionary.
func (l *lexer) stream(d dict) ([]byte, bool) {
	l.space()
	if !bytes.HasPrefix(l.data[l.at:], []byte("stream")) {
		return nil, false
	}
	start := l.at + len("stream")
	if start < len(l.data) && l.data[start] == '\r' {
		start++
	}
	if start < len(l.data) && l.data[start] == '\n' {
		start++
	}
	if length, ok := d["Length"].(float64); ok && length >= 0 && length <= float64(len(l.data)-start) {
		end := lexer{data: l.data, at: start + int(length)}
		end.space()
		if bytes.HasPrefix(l.data[end.at:], []byte("endstream")) {
			l.at = end.at
			return l.data[start : start+int(length)], true
		}
	}
	end := bytes.Index(l.data[start:], []byte("endstream"))
	if end < 0 {
		end = len(l.data) - start
	}
	l.at = start + end
	return l.data[start:l.at], true
}

// trailer takes what a trailer says; the last one that names the root counts.
func (f *File) trailer(value any) {
	d, ok := value.(dict)
	if !ok {
		return
	}
	if root := d["Root"]; root != nil {
		f.root = root
	}
	if d["Encrypt"] != nil {
		f.encrypt = d["Encrypt"]
	}
	if d["ID"] != nil {
		f.id = d["ID"]
	}
}

// unpack defines the objects of an object stream, where nothing later did.
func (f *File) unpack(packed object) error {
	s, ok := packed.value.(*stream)
	if !ok {
		return nil
	}
	data, err := f.decode(s)
	if errors.Is(err, ErrTooLarge) || f.ctx.Err() != nil {
		return err
	}
	count, first := f.number(s.dict["N"], 0), f.number(s.dict["First"], 0)
	head := lexer{data: data}
	for range int(min(count, maxObjects)) {
		id, err1 := head.value(0)
		offset, err2 := head.value(0)
		if err1 != nil || err2 != nil {
			return nil
		}
		number, ok1 := id.(float64)
		place, ok2 := offset.(float64)
		if place += first; !ok1 || !ok2 || place < 0 || place >= float64(len(data)) {
			continue
		}
		if was, ok := f.objects[ref(number)]; ok && was.at > packed.at {
			continue
		}
		body := lexer{data: data, at: int(place)}
		value, err := body.value(0)
		if err != nil {
			continue
		}
		if f.budget -= 64 + body.at - int(place); f.budget <= 0 {
			return ErrTooLarge
		}
		f.objects[ref(number)] = object{value, packed.at}
	}
	return nil
}

// findCatalog looks for a root that no trailer names.
func (f *File) findCatalog() {
	last := -1
	for _, one := range f.objects {
		if d, ok := one.value.(dict); ok && d["Type"] == name("Catalog") && one.at > last {
			f.root, last = d, one.at
		}
	}
}

// resolve follows references to a value; nil is what leads nowhere.
func (f *File) resolve(value any) any {
	for range maxRefs {
		id, ok := value.(ref)
		if !ok {
			return value
		}
		value = f.objects[id].value
	}
	return nil
}

// dictOf gives a dictionary, that of a stream too, or nil.
func (f *File) dictOf(value any) dict {
	switch value := f.resolve(value).(type) {
	case dict:
		return value
	case *stream:
		return value.dict
	}
	return nil
}

// number gives a number, or another where there is none.
func (f *File) number(value any, otherwise float64) float64 {
	if number, ok := f.resolve(value).(float64); ok {
		return number
	}
	return otherwise
}
