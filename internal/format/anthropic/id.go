package anthropic

import (
	"crypto/rand"
	"strings"
)

// base58 are the digits of ids: no 0, O, I and l.
const base58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// newID makes up the id of a message. Up to version 4.7 it is 01 and 22 digits
// of base 58, later 52 of base 32, as recorded.
func (g generation) newID() string {
	if g.since(4, 8) {
		return "msg_bdrk_" + strings.ToLower(rand.Text()+rand.Text())
	}
	id := []byte("msg_bdrk_01")
	for len(id) < len("msg_bdrk_")+24 {
		var random [32]byte
		_, _ = rand.Read(random[:]) // never fails: see crypto/rand
		for _, b := range random {
			// The largest multiple of 58 in a byte: above it, digits would be uneven.
			if b < 232 && len(id) < len("msg_bdrk_")+24 {
				id = append(id, base58[b%58])
			}
		}
	}
	return string(id)
}
