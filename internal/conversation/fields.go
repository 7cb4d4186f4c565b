package conversation

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// Pointer is a JSON pointer (RFC 6901), taken apart.
type Pointer []string

// ParsePointers reads additionalModelResponseFieldPaths. The error is a
// *bedrock.ValidationException for a pointer that is empty or malformed, as the
// API documentation promises.
func ParsePointers(paths []string) ([]Pointer, error) {
	pointers := make([]Pointer, 0, len(paths))
	for i, path := range paths {
		if !strings.HasPrefix(path, "/") || badEscape(path) {
			return nil, &bedrock.ValidationException{Message: fmt.Sprintf(
				"The value at additionalModelResponseFieldPaths.%d isn't a valid JSON Pointer. Provide a valid JSON Pointer and try again.", i)}
		}
		pointer := strings.Split(path[1:], "/")
		for j, token := range pointer {
			pointer[j] = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		}
		pointers = append(pointers, pointer)
	}
	return pointers, nil
}

// badEscape finds a tilde that neither 0 nor 1 follows.
func badEscape(path string) bool {
	for i := range len(path) {
		if path[i] == '~' && (i+1 == len(path) || path[i+1] != '0' && path[i+1] != '1') {
			return true
		}
	}
	return false
}

// SelectFields takes what the pointers name out of the native documents of an
// answer, the first that has it, under the same path; what none of them has is
// left out. The result is nil when nothing is there.
func SelectFields(pointers []Pointer, documents ...json.RawMessage) json.RawMessage {
	selected := map[string]any{}
	for _, pointer := range pointers {
		for _, document := range documents {
			if value, ok := find(document, pointer); ok {
				place(selected, pointer, value)
				break
			}
		}
	}
	if len(selected) == 0 {
		return nil
	}
	// The values are JSON already, so this cannot fail.
	fields, _ := json.Marshal(selected)
	return fields
}

// find follows a pointer through objects and arrays.
func find(document json.RawMessage, pointer Pointer) (json.RawMessage, bool) {
	for _, token := range pointer {
		var object map[string]json.RawMessage
		if json.Unmarshal(document, &object) == nil && object != nil {
			value, ok := object[token]
			if !ok {
				return nil, false
			}
			document = value
			continue
		}
		var array []json.RawMessage
		index, ok := arrayIndex(token)
		if json.Unmarshal(document, &array) != nil || !ok || index >= len(array) {
			return nil, false
		}
		document = array[index]
	}
	return document, document != nil
}

// arrayIndex reads a token that RFC 6901 allows as an index.
func arrayIndex(token string) (int, bool) {
	if token == "" || len(token) > 9 || (len(token) > 1 && token[0] == '0') {
		return 0, false
	}
	index := 0
	for _, digit := range []byte(token) {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		index = 10*index + int(digit-'0')
	}
	return index, true
}

// place puts a value at the pointer's path below root.
func place(root map[string]any, pointer Pointer, value json.RawMessage) {
	last := len(pointer) - 1
	for _, token := range pointer[:last] {
		child, ok := root[token].(map[string]any)
		if !ok {
			child = map[string]any{}
			root[token] = child
		}
		root = child
	}
	root[pointer[last]] = value
}
