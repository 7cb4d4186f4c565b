// Command lint checks the rules of this house, those of package house, that no
// public linter has. "make check" runs it beside staticcheck.
//
//	go -C tools build -o ../bin/ ./lint && bin/lint ./...
//
// "lint help" lists the rules, "lint help RULE" gives the reason of one.
package main

import (
	"golang.org/x/tools/go/analysis/multichecker"

	"github.com/saprolite/saprolite/tools/lint/house"
)

func main() { multichecker.Main(house.Rules()...) }
