package convert

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// key is an entry of the metadata. Its value is a string, a bool, a uint32, a
// float32, or a slice of strings or int32.
type key struct {
	name  string
	value any
}

// tensor is one of the result.
type tensor struct {
	name   string
	source stored
	// half says that the values are written in half precision.
	half bool
}

// size is the length of its values in bytes.
func (t tensor) size() int64 {
	if t.half {
		return 2 * t.source.values()
	}
	return t.source.size
}

// Types of values, and of tensors, in a GGUF file.
const (
	typeUint32  = 4
	typeInt32   = 5
	typeFloat32 = 6
	typeBool    = 7
	typeString  = 8
	typeArray   = 9

	tensorF32 = 0
	tensorF16 = 1

	version   = 3
	alignment = 32
)

// writer writes a GGUF file from its beginning to its end.
type writer struct {
	w       io.Writer
	written int64
	err     error
}

// Write counts, and does nothing after an error.
func (w *writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.w.Write(p)
	w.written, w.err = w.written+int64(n), err
	return n, err
}

// head writes all that stands before the values of the tensors, which follow in
// their order.
func (w *writer) head(keys []key, tensors []tensor) {
	w.text("GGUF")
	w.number(uint32(version))
	w.number(uint64(len(tensors)))
	w.number(uint64(len(keys)))
	for _, k := range keys {
		w.string(k.name)
		w.value(k.value)
	}
	var offset int64
	for _, t := range tensors {
		w.string(t.name)
		w.number(uint32(len(t.source.shape)))
		for i := range t.source.shape {
			// GGUF tells the innermost dimension first.
			w.number(t.source.shape[len(t.source.shape)-1-i])
		}
		kind := uint32(tensorF32)
		if t.half {
			kind = tensorF16
		}
		w.number(kind)
		w.number(uint64(offset))
		offset += aligned(t.size())
	}
	w.pad()
}

// data writes the values of the next tensor.
func (w *writer) data(t tensor, from *safetensors) error {
	values := from.reader(t.source)
	if !t.half {
		if _, err := io.Copy(w, values); err != nil {
			return err
		}
	} else if err := halve(w, values); err != nil {
		return err
	}
	w.pad()
	return w.err
}

// halve writes 32-bit numbers in half precision.
func halve(w io.Writer, values io.Reader) error {
	in, out := bufio.NewReaderSize(values, 1<<16), bufio.NewWriterSize(w, 1<<16)
	var wide [4]byte
	var narrow [2]byte
	for {
		switch _, err := io.ReadFull(in, wide[:]); err {
		case nil:
		case io.EOF:
			return out.Flush()
		default:
			return err
		}
		binary.LittleEndian.PutUint16(narrow[:], half(math.Float32frombits(binary.LittleEndian.Uint32(wide[:]))))
		if _, err := out.Write(narrow[:]); err != nil {
			return err
		}
	}
}

func (w *writer) value(value any) {
	switch v := value.(type) {
	case string:
		w.number(uint32(typeString))
		w.string(v)
	case bool:
		w.number(uint32(typeBool))
		w.number(v)
	case uint32:
		w.number(uint32(typeUint32))
		w.number(v)
	case float32:
		w.number(uint32(typeFloat32))
		w.number(v)
	case []string:
		w.array(typeString, len(v))
		for _, s := range v {
			w.string(s)
		}
	case []int32:
		w.array(typeInt32, len(v))
		w.number(v)
	default:
		w.err = fmt.Errorf("no type for a %T", value)
	}
}

func (w *writer) array(kind uint32, n int) {
	w.number(uint32(typeArray))
	w.number(kind)
	w.number(uint64(n))
}

func (w *writer) string(s string) {
	w.number(uint64(len(s)))
	w.text(s)
}

func (w *writer) text(s string) { _, _ = io.WriteString(w, s) } // Write keeps the error

func (w *writer) number(n any) {
	if err := binary.Write(w, binary.LittleEndian, n); err != nil && w.err == nil {
		w.err = err
	}
}

// pad fills up to where values may begin.
func (w *writer) pad() {
	_, _ = w.Write(make([]byte, aligned(w.written)-w.written)) // Write keeps the error
}

func aligned(n int64) int64 { return (n + alignment - 1) / alignment * alignment }

// half rounds a number to half precision: to the nearest, of two to the even one.
func half(f float32) uint16 {
	bits := math.Float32bits(f)
	sign := uint16(bits >> 16 & 0x8000)
	exponent := int(bits>>23&0xff) - 127 + 15
	fraction := bits & 0x7fffff
	switch {
	case exponent == 0xff-127+15 && fraction != 0: // not a number
		return sign | 0x7e00
	case exponent >= 31: // too large, or infinite
		return sign | 0x7c00
	case exponent < -10: // less than half of the smallest
		return sign
	case exponent <= 0: // below the normal range
		return sign | round(fraction|0x800000, uint(14-exponent))
	}
	// A fraction that rounds up to the next power of two carries into the exponent.
	return sign | (uint16(exponent)<<10 + round(fraction, 13))
}

// round drops the last bits of a number.
func round(n uint32, bits uint) uint16 {
	rest, middle := n&(1<<bits-1), uint32(1)<<(bits-1)
	n >>= bits
	if rest > middle || rest == middle && n&1 == 1 {
		n++
	}
	return uint16(n)
}
