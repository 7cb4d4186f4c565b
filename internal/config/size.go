package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Size is a number of bytes.
type Size int64

// parseSize reads a number with an optional unit: kB, MB, GB are powers of
// 1000, KiB, MiB, GiB of 1024.
func parseSize(s string) (Size, error) {
	digits := strings.TrimRight(s, "BGKMTbgikmt ")
	n, err := strconv.ParseInt(digits, 0, 64)
	if err != nil || n < 0 {
		return 0, errors.New("a size is a number of bytes, or one with a unit as 512MiB")
	}
	units := map[string]int64{
		"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
		"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
	}
	unit, ok := units[strings.ToLower(strings.TrimSpace(s[len(digits):]))]
	if !ok {
		return 0, fmt.Errorf("%s is no unit; take kB, MB, GB, KiB, MiB or GiB", strings.TrimSpace(s[len(digits):]))
	}
	if n > (1<<62)/unit {
		return 0, errors.New("this is more than any machine has")
	}
	return Size(n * unit), nil
}
