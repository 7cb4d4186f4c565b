package pdf

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"slices"
)

// Many files are encrypted with an empty password: to keep people from copying or
// printing, not from reading. Such a file is opened as viewers do. Of its streams
// the text is made; its encrypted strings say nothing that is read here.
//
// The algorithms, by their numbers, are those of ISO 32000-2, 7.6.

// lock opens the streams of an encrypted file.
type lock struct {
	key    []byte
	method method
}

// method is how streams are encrypted.
type method int

const (
	// plain streams are not.
	plain method = iota
	// byRC4 and byAES take a key of their own for each object, byAES256 that of the
	// file.
	byRC4
	byAES
	byAES256
)

// padding stands for the characters that a password lacks: here for all.
var padding = []byte("\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08" +
	"\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")

// encryption is what a file says of its encryption.
type encryption struct {
	version, revision int
	// length is that of the key in bytes.
	length               int
	owner, user, userKey []byte
	permissions          uint32
	id                   []byte
	metadata             bool
	method               method
}

// unlock opens the file with the empty password. The error is ErrEncrypted where
// another is needed, or where the encryption is none of those that are known.
func (f *File) unlock() (*lock, error) {
	e, ok := f.encryption()
	if !ok {
		return nil, ErrEncrypted
	}
	var key []byte
	if e.version == 5 {
		key = e.key256()
	} else {
		key = e.key()
	}
	if key == nil {
		return nil, ErrEncrypted
	}
	return &lock{key, e.method}, nil
}

// encryption reads the dictionary of the encryption.
func (f *File) encryption() (e encryption, ok bool) {
	d := f.dictOf(f.encrypt)
	bytesOf := func(key name) []byte { s, _ := f.resolve(d[key]).(text); return []byte(s) }
	e = encryption{
		version: int(f.number(d["V"], 0)), revision: int(f.number(d["R"], 0)), length: int(f.number(d["Length"], 40)) / 8,
		owner: bytesOf("O"), user: bytesOf("U"), userKey: bytesOf("UE"),
		permissions: uint32(int64(f.number(d["P"], 0))), metadata: f.resolve(d["EncryptMetadata"]) != false, method: byRC4,
	}
	if ids := f.list(f.id); len(ids) > 0 {
		id, _ := f.resolve(ids[0]).(text)
		e.id = []byte(id)
	}
	switch e.version {
	case 1:
		e.length = 5
	case 2:
	case 4, 5:
		e.length = 16
		e.method, ok = f.streamMethod(d)
		if !ok {
			return e, false
		}
	default:
		return e, false
	}
	standard := f.resolve(d["Filter"]) == name("Standard")
	if e.version == 5 {
		return e, standard && len(e.user) >= 48 && len(e.userKey) >= 32
	}
	return e, standard && e.length >= 5 && e.length <= 16 && len(e.owner) >= 32 && len(e.user) >= 32
}

// streamMethod is that of the filter for streams.
func (f *File) streamMethod(d dict) (method, bool) {
	filter, _ := f.resolve(d["StmF"]).(name)
	if filter == "" || filter == "Identity" {
		return plain, true
	}
	known := map[name]method{"V2": byRC4, "AESV2": byAES, "AESV3": byAES256, "None": plain, "": plain}
	wanted, _ := f.resolve(f.dictOf(f.dictOf(d["CF"])[filter])["CFM"]).(name)
	found, ok := known[wanted]
	return found, ok
}

// key is the key of a file up to version 4 (algorithm 2), or nil if a password is
// needed.
func (e encryption) key() []byte {
	sum := md5.New()
	sum.Write(padding)
	sum.Write(e.owner[:32])
	sum.Write(binary.LittleEndian.AppendUint32(nil, e.permissions))
	sum.Write(e.id)
	if e.revision >= 4 && !e.metadata {
		sum.Write([]byte("\xff\xff\xff\xff"))
	}
	key := sum.Sum(nil)
	if e.revision >= 3 {
		for range 50 {
			next := md5.Sum(key[:e.length])
			key = next[:]
		}
	}
	key = key[:e.length]
	if !e.opens(key) {
		return nil
	}
	return key
}

// opens says whether the key is right (algorithms 4 to 6).
func (e encryption) opens(key []byte) bool {
	if e.revision < 3 {
		return bytes.Equal(withRC4(key, padding), e.user[:32])
	}
	sum := md5.Sum(slices.Concat(padding, e.id))
	check := sum[:]
	for i := range byte(20) {
		turned := make([]byte, len(key))
		for j, b := range key {
			turned[j] = b ^ i
		}
		check = withRC4(turned, check)
	}
	return bytes.Equal(check, e.user[:16])
}

// key256 is the key of a file of version 5 (algorithm 2.A), or nil if a password is
// needed.
func (e encryption) key256() []byte {
	check, salt, keySalt := e.user[:32], e.user[32:40], e.user[40:48]
	hash := hash2B
	if e.revision < 6 {
		hash = func(salt []byte) []byte { sum := sha256.Sum256(salt); return sum[:] }
	}
	if !bytes.Equal(hash(salt), check) {
		return nil
	}
	return withAES(hash(keySalt), make([]byte, aes.BlockSize), e.userKey[:32])
}

// hash2B is algorithm 2.B, of the empty password.
func hash2B(salt []byte) []byte {
	sum := sha256.Sum256(salt)
	k := sum[:]
	for round := 0; ; round++ {
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		encrypted := bytes.Repeat(k, 64)
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(encrypted, encrypted)
		// The first 16 bytes as a number, by 3: each power of 256 is 1 there.
		rest := 0
		for _, b := range encrypted[:16] {
			rest += int(b)
		}
		switch rest % 3 {
		case 0:
			sum := sha256.Sum256(encrypted)
			k = sum[:]
		case 1:
			sum := sha512.Sum384(encrypted)
			k = sum[:]
		default:
			sum := sha512.Sum512(encrypted)
			k = sum[:]
		}
		if round >= 63 && int(encrypted[len(encrypted)-1]) <= round-31 {
			return k[:32]
		}
	}
}

// open gives the bytes of a stream as they were before.
func (l *lock) open(s *stream) []byte {
	if l == nil || s.number == 0 || s.dict["Type"] == name("XRef") {
		return s.raw
	}
	switch l.method {
	case byRC4:
		return withRC4(l.objectKey(s, ""), s.raw)
	case byAES:
		return opened(l.objectKey(s, "sAlT"), s.raw)
	case byAES256:
		return opened(l.key, s.raw)
	}
	return s.raw
}

// objectKey is the key of an object (algorithm 1).
func (l *lock) objectKey(s *stream, salt string) []byte {
	n, g := s.number, s.generation
	sum := md5.Sum(slices.Concat(l.key, []byte{byte(n), byte(n >> 8), byte(n >> 16), byte(g), byte(g >> 8)}, []byte(salt)))
	return sum[:min(len(l.key)+5, 16)]
}

func withRC4(key, data []byte) []byte {
	out := make([]byte, len(data))
	if c, err := rc4.NewCipher(key); err == nil {
		c.XORKeyStream(out, data)
	}
	return out
}

// opened decrypts data behind their initial vector, and takes the padding off.
func opened(key, data []byte) []byte {
	if len(data) < 2*aes.BlockSize {
		return nil
	}
	out := withAES(key, data[:aes.BlockSize], data[aes.BlockSize:])
	if n := len(out); n > 0 {
		if pad := int(out[n-1]); pad >= 1 && pad <= aes.BlockSize {
			return out[:n-pad]
		}
	}
	return out
}

// withAES decrypts whole blocks; what is left of one is nothing.
func withAES(key, vector, data []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	out := make([]byte, len(data)/aes.BlockSize*aes.BlockSize)
	cipher.NewCBCDecrypter(block, vector).CryptBlocks(out, data[:len(out)])
	return out
}
