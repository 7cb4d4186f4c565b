package engine

import (
	"testing"
	"testing/fstest"
)

func TestAvailableMemory(t *testing.T) {
	files := func(pairs ...string) fstest.MapFS {
		fsys := fstest.MapFS{}
		for i := 0; i < len(pairs); i += 2 {
			fsys[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
		}
		return fsys
	}
	const meminfo = "MemTotal:  4000 kB\nMemAvailable:    3000 kB\n"
	tests := []struct {
		name  string
		root  fstest.MapFS
		want  int64
		known bool
	}{
		{"nothing known", files(), 0, false},
		{"machine", files("proc/meminfo", meminfo), 3000 << 10, true},
		{"cgroup without a limit", files("proc/meminfo", meminfo, "sys/fs/cgroup/memory.max", "max\n"), 3000 << 10, true},
		{"container", files("proc/meminfo", meminfo, "proc/self/cgroup", "0::/\n",
			"sys/fs/cgroup/memory.max", "1000000\n", "sys/fs/cgroup/memory.current", "600000\n",
			"sys/fs/cgroup/memory.stat", "anon 5\nactive_file 100000\ninactive_file 200000\n"), 700000, true},
		{"enclosing group", files("proc/meminfo", meminfo, "proc/self/cgroup", "1:name=x:/y\n0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max", "max\n", "sys/fs/cgroup/a/memory.max", "50000\n"), 50000, true},
		{"version 1", files("proc/meminfo", meminfo, "sys/fs/cgroup/memory/memory.limit_in_bytes", "7000\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes", "9000\n"), 0, true},
	}
	for _, test := range tests {
		if got, known := availableIn(test.root); got != test.want || known != test.known {
			t.Errorf("%s: %d, %v; want %d, %v", test.name, got, known, test.want, test.known)
		}
	}
	if got, known := availableMemory(); !known || got <= 0 {
		t.Errorf("here: %d, %v", got, known)
	}
}
