package engine

import "golang.org/x/sys/unix"

// availableMemory returns the bytes that this process and its children may still take, and
// whether that is known. macOS frees what it caches under pressure, so half of the machine's
// memory is taken as available.
func availableMemory() (int64, bool) {
	total, err := unix.SysctlUint64("hw.memsize")
	return int64(total / 2), err == nil
}
