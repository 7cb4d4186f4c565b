// Package seal encrypts what the server hands out or stores and must read again:
// session tokens, the secrets of access keys. What is sealed is private and cannot
// be changed or made by others.
//
// A [Ring] holds the keys. The first one seals; all of them open, so that a key is
// rotated by putting a new one in front and taking the old one away when nothing
// that it sealed is in use any more. Servers that share the keys open each other's
// seals.
//
// The form is a byte of version, 8 bytes that name the key, the nonce, and the
// ciphertext with its tag, by AES-256-GCM.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"fmt"
)

const (
	// KeySize is the length of a key, in bytes.
	KeySize = 32

	version  = 1
	nameSize = 8
	headSize = 1 + nameSize
)

// ErrNotSealed means that the bytes are not what a key of the ring sealed for the
// purpose: others made or changed them, or the key is gone.
var ErrNotSealed = errors.New("not sealed with a key of this server")

// Ring is an ordered set of keys. It is safe for concurrent use.
type Ring struct {
	keys []key
}

type key struct {
	name [nameSize]byte
	aead cipher.AEAD
}

// NewRing returns a ring of the keys, each of [KeySize] bytes; there must be one.
func NewRing(secrets ...[]byte) (*Ring, error) {
	if len(secrets) == 0 {
		return nil, errors.New("no key")
	}
	ring := new(Ring)
	for i, secret := range secrets {
		if len(secret) != KeySize {
			return nil, fmt.Errorf("key %d has %d bytes, not %d", i+1, len(secret), KeySize)
		}
		block, err := aes.NewCipher(secret)
		if err != nil {
			return nil, err
		}
		// Random nonces are safe for some four billion seals under one key.
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		k := key{aead: aead}
		sum := sha256.Sum256(append([]byte("saprolite seal key name\x00"), secret...))
		copy(k.name[:], sum[:])
		ring.keys = append(ring.keys, k)
	}
	return ring, nil
}

// Seal encrypts plaintext. The purpose is a word such as "session token": what is
// sealed for one does not open for another.
func (r *Ring) Seal(purpose string, plaintext []byte) []byte {
	k := r.keys[0]
	sealed := make([]byte, headSize, headSize+len(plaintext)+k.aead.Overhead())
	sealed[0] = version
	copy(sealed[1:], k.name[:])
	return k.aead.Seal(sealed, nil, plaintext, additional(sealed[:headSize], purpose))
}

// Open decrypts what [Ring.Seal] made for the same purpose, or returns
// [ErrNotSealed].
func (r *Ring) Open(purpose string, sealed []byte) ([]byte, error) {
	if len(sealed) < headSize || sealed[0] != version {
		return nil, ErrNotSealed
	}
	for _, k := range r.keys {
		if string(sealed[1:headSize]) != string(k.name[:]) {
			continue
		}
		plaintext, err := k.aead.Open(nil, nil, sealed[headSize:], additional(sealed[:headSize], purpose))
		if err == nil {
			return plaintext, nil
		}
	}
	return nil, ErrNotSealed
}

// additional is what is authenticated beside the text.
func additional(head []byte, purpose string) []byte {
	return append(head[:len(head):len(head)], purpose...)
}
