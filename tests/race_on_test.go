//go:build race

package tests

// buildFlags are those that this test was built with.
var buildFlags = []string{"-race"}
