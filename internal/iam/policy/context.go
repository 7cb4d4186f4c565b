package policy

import "strings"

// Context holds the values of condition keys for one request. Names of keys are
// the same in any case. The zero value is empty and ready; a Context that is used
// again after Reset allocates nothing. It is not safe for concurrent writing.
type Context struct {
	entries []entry
	values  []string
}

// entry is a key, and where its values stand.
type entry struct {
	key      string
	from, to int
}

// Set gives a key its values, one or, for keys such as aws:TagKeys, several. With
// none the key is absent. What it had before is gone.
func (c *Context) Set(key string, values ...string) {
	from := len(c.values)
	c.values = append(c.values, values...)
	for i := range c.entries {
		if e := &c.entries[i]; equalKey(e.key, key) {
			e.from, e.to = from, len(c.values)
			return
		}
	}
	c.entries = append(c.entries, entry{key: key, from: from, to: len(c.values)})
}

// Get returns the values of a key, none when it is absent. They belong to c.
func (c *Context) Get(key string) []string {
	if c == nil {
		return nil
	}
	for i := range c.entries {
		if e := &c.entries[i]; equalKey(e.key, key) {
			return c.values[e.from:e.to:e.to]
		}
	}
	return nil
}

// Reset forgets all keys and keeps the memory.
func (c *Context) Reset() {
	clear(c.values)
	clear(c.entries)
	c.entries, c.values = c.entries[:0], c.values[:0]
}

// Keys returns the names of all keys that have values, as they were set.
func (c *Context) Keys() []string {
	var keys []string
	for _, e := range c.entries {
		if e.from < e.to {
			keys = append(keys, e.key)
		}
	}
	return keys
}

// equalKey looks at the lengths first: keys that differ mostly differ there.
func equalKey(a, b string) bool {
	return len(a) == len(b) && (a == b || strings.EqualFold(a, b))
}

// env is what a policy sees of a request when it looks at one resource.
type env struct {
	request  *Request
	resource *Resource
}

// lookup returns the values of a key. What is said of the resource goes before
// what is said of the request.
func (e *env) lookup(key string) []string {
	if e.resource.Keys != nil {
		if values := e.resource.Keys.Get(key); len(values) > 0 {
			return values
		}
	}
	return e.request.Context.Get(key)
}
