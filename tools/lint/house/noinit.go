package house

import (
	"go/ast"

	"golang.org/x/tools/go/analysis"
)

// noInit forbids functions that run by being imported.
func noInit() *analysis.Analyzer {
	return rule("noinit", `no func init

What an import does can neither be left out, nor fail, nor be tested, and its order
is no one's to see. Here objects are made by constructors, which package app calls,
and lists such as that of the formats are written out.`, func(r *reporter) {
		for _, file := range r.files() {
			for _, decl := range file.Decls {
				if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
					r.report(f.Pos(), "func init: make a constructor and call it")
				}
			}
		}
	})
}
