package convert

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
)

// maxHead bounds the head of a file of weights, as the format does.
const maxHead = 100_000_000

// safetensors is an open file of weights.
type safetensors struct {
	file *os.File
	// tensors are sorted by name.
	tensors []stored
}

// stored is a tensor in a file of weights.
type stored struct {
	name  string
	shape []uint64
	// offset is where its values begin in the file, size their length in bytes.
	offset, size int64
}

// values is their number.
func (s stored) values() int64 { return s.size / 4 }

func openSafetensors(path string) (*safetensors, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil {
		var tensors []stored
		if tensors, err = readTensors(file, info.Size()); err == nil {
			return &safetensors{file, tensors}, nil
		}
	}
	file.Close()
	return nil, fmt.Errorf("%s: %w", path, err)
}

func (s *safetensors) close() { s.file.Close() }

// reader reads a tensor's values.
func (s *safetensors) reader(t stored) io.Reader {
	return io.NewSectionReader(s.file, t.offset, t.size)
}

// readTensors reads the head of a file of the given length.
func readTensors(r io.Reader, size int64) ([]stored, error) {
	var length uint64
	if err := binary.Read(r, binary.LittleEndian, &length); err != nil {
		return nil, err
	}
	if length > maxHead || int64(length) > size-8 {
		return nil, fmt.Errorf("a head of %d bytes", length)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, err
	}
	var head map[string]struct {
		Type    string    `json:"dtype"`
		Shape   []uint64  `json:"shape"`
		Offsets [2]uint64 `json:"data_offsets"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("read the head: %w", err)
	}
	var tensors []stored
	data := 8 + int64(length)
	for name, t := range head {
		from, to := t.Offsets[0], t.Offsets[1]
		switch {
		case name == "__metadata__" || name == "embeddings.position_ids":
			continue // no weights
		case t.Type != "F32":
			return nil, fmt.Errorf("%s is of type %s, and not F32", name, t.Type)
		case from > to || to > uint64(size-data) || bytesOf(t.Shape) != to-from:
			return nil, fmt.Errorf("%s does not lie in the file", name)
		}
		tensors = append(tensors, stored{name, t.Shape, data + int64(from), int64(to - from)})
	}
	slices.SortFunc(tensors, func(a, b stored) int { return strings.Compare(a.name, b.name) })
	return tensors, nil
}

// bytesOf is the length of a tensor of 32-bit numbers, or the largest number.
func bytesOf(shape []uint64) uint64 {
	size := uint64(4)
	for _, n := range shape {
		if n != 0 && size > math.MaxInt64/n {
			return math.MaxUint64
		}
		size *= n
	}
	return size
}
