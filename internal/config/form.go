package config

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// unixPrefix marks an address that is a path.
const unixPrefix = "unix:"

// FormError says what is wrong with the form of a value, and what to do.
type FormError struct{ What, Remedy string }

func (e *FormError) Error() string { return e.What + "; " + e.Remedy }

// CheckAddress judges the form of an address to serve on: host:port, or unix: and
// a path. The error is an *FormError.
func CheckAddress(address string) error {
	if path, ok := strings.CutPrefix(address, unixPrefix); ok {
		if path == "" {
			return &FormError{"the path of the socket is missing", "write unix: and a path"}
		}
		return nil
	}
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return &FormError{fmt.Sprintf("%q is no address", address), "write host:port as 127.0.0.1:8484, or unix: and a path"}
	}
	return nil
}

// CheckWeights judges how the weights of a model are named: default, a file of a
// hub, or a path. The error is a *FormError.
func CheckWeights(model string) error {
	if model == defaultModel || model == defaultEmbedding || isFile(model) || isHub(model) {
		return nil
	}
	return &FormError{fmt.Sprintf("%q is no model", model), "write default, default-embedding, hf:owner/repo/file.gguf or the path of a .gguf file"}
}

// checkProjector judges how a projector is named: a file of a hub, or a path. The
// error is a *FormError.
func checkProjector(projector string) error {
	if projector == "" || isFile(projector) || isHub(projector) {
		return nil
	}
	return &FormError{fmt.Sprintf("%q is no projector", projector), "write hf:owner/repo/mmproj-file.gguf or the path of a .gguf file"}
}

// isHub passes hf:owner/repo/file.gguf, with what may follow it.
func isHub(model string) bool {
	path, ok := strings.CutPrefix(model, "hf:")
	return ok && strings.Count(path, "/") >= 2 && strings.Contains(strings.ToLower(path), ".gguf")
}
