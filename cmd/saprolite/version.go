package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker: make build does, from git's tags.
var version string

type versionCommand struct{}

// Run prints the version that the build knows.
func (versionCommand) Run() error {
	fmt.Printf("saprolite %s %s %s/%s\n", cmp.Or(version, versionOfBuild()), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// versionOfBuild is what the go command noted: the module's version, which it
// makes up from the commit where there is no tag.
func versionOfBuild() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return cmp.Or(info.Main.Version, "unknown")
}
