package house

import (
	"go/ast"

	"golang.org/x/tools/go/analysis"
)

const (
	maxFileLines = 400
	maxFuncLines = 80
)

// size bounds what has to be read at once.
func size() *analysis.Analyzer {
	return rule("size", `files of at most 400 lines, functions of at most 80

A file that tells one story is read in one sitting, and a function that does one
thing is seen on one screen. These are the bounds; half of them is usual.`, func(r *reporter) {
		for _, file := range r.files() {
			if lines := r.pass.Fset.File(file.Pos()).LineCount(); lines > maxFileLines {
				r.report(file.Package, "the file has %d lines, more than %d: which second story does it tell?", lines, maxFileLines)
			}
			for _, decl := range file.Decls {
				f, ok := decl.(*ast.FuncDecl)
				if !ok {
					continue
				}
				lines := r.pass.Fset.Position(f.End()).Line - r.pass.Fset.Position(f.Pos()).Line + 1
				if lines > maxFuncLines {
					r.report(f.Pos(), "%s has %d lines, more than %d: which second thing does it do?", f.Name.Name, lines, maxFuncLines)
				}
			}
		}
	})
}
