package document

import (
	"bytes"
	"errors"
	"io"

	"github.com/richardlehane/mscfb"
)

// openStreams gives the named streams of the compound file that doc and xls
// are; a name that is missing is missing in the map. The streams lie in the file
// as they are, so that together they cannot be longer than it.
func openStreams(data []byte, names ...string) (map[string][]byte, error) {
	compound, err := mscfb.New(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	streams := map[string][]byte{}
	for _, file := range compound.File {
		for _, name := range names {
			if file.Name != name || streams[name] != nil {
				continue
			}
			if file.Size > int64(len(data)) {
				return nil, errors.New("a stream is longer than the file")
			}
			content, err := io.ReadAll(io.LimitReader(file, int64(len(data))))
			if err != nil {
				return nil, err
			}
			streams[name] = content
		}
	}
	return streams, nil
}
