package engine

import (
	"bufio"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// availableMemory returns the bytes that this process and its children may still take, and
// whether that is known: the least of what the machine has and what each enclosing cgroup allows.
func availableMemory() (int64, bool) { return availableIn(os.DirFS("/")) }

func availableIn(root fs.FS) (int64, bool) {
	available, known := meminfo(root)
	for _, limit := range cgroupRooms(root) {
		if !known || limit < available {
			available, known = limit, true
		}
	}
	return max(0, available), known
}

// meminfo reads MemAvailable (proc(5)).
func meminfo(root fs.FS) (int64, bool) {
	kib, ok := field(root, "proc/meminfo", "MemAvailable:")
	return kib << 10, ok
}

// cgroupRooms returns what the limits of this process's cgroups leave, from the inmost outwards
// (Linux: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst).
func cgroupRooms(root fs.FS) []int64 {
	var rooms []int64
	for dir := cgroupPath(root); ; dir = path.Dir(dir) {
		base := path.Join("sys/fs/cgroup", dir)
		if room, ok := roomIn(root, base, "memory.max", "memory.current"); ok {
			rooms = append(rooms, room)
		}
		if dir == "/" || dir == "." {
			break
		}
	}
	if room, ok := roomIn(root, "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"); ok {
		rooms = append(rooms, room)
	}
	return rooms
}

// cgroupPath returns this process's cgroup of version 2, "/" when there is none.
func cgroupPath(root fs.FS) string {
	data, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return "/"
	}
	for line := range strings.Lines(string(data)) {
		if dir, ok := strings.CutPrefix(strings.TrimSpace(line), "0::/"); ok {
			return path.Clean("/" + dir)
		}
	}
	return "/"
}

// roomIn returns limit - use; files that the kernel would drop from memory do not count as used.
func roomIn(root fs.FS, dir, limitFile, useFile string) (int64, bool) {
	limit, ok := number(root, path.Join(dir, limitFile))
	if !ok {
		return 0, false
	}
	used, _ := number(root, path.Join(dir, useFile))
	active, _ := field(root, path.Join(dir, "memory.stat"), "active_file")
	inactive, _ := field(root, path.Join(dir, "memory.stat"), "inactive_file")
	return limit - max(0, used-active-inactive), true
}

func number(root fs.FS, name string) (int64, bool) {
	data, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return n, err == nil // "max" is no number, and no limit
}

// field returns the number after a name at the start of a line.
func field(root fs.FS, file, name string) (int64, bool) {
	f, err := root.Open(file)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) > 1 && words[0] == name {
			n, err := strconv.ParseInt(words[1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
