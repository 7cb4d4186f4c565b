package house

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
)

// docComment asks what exported names are for.
func docComment() *analysis.Analyzer {
	return rule("doccomment", `exported names, and packages, have doc comments

Who uses a package reads its documentation, and not its source: the comment is where
units, shapes, errors and the source of a fact stand. One comment above a group
of constants or variables is enough, and methods that implement an interface of
the standard library are documented there.`, func(r *reporter) {
		r.checkPackage()
		for _, file := range r.files() {
			for _, decl := range file.Decls {
				switch decl := decl.(type) {
				case *ast.FuncDecl:
					r.checkFuncDoc(decl)
				case *ast.GenDecl:
					r.checkGroup(decl)
				}
			}
		}
	})
}

// checkPackage asks for one package comment. It speaks of the first file, or not
// at all where there are only tests.
func (r *reporter) checkPackage() {
	files := r.files()
	for _, file := range files {
		if file.Doc != nil {
			return
		}
	}
	if len(files) > 0 {
		r.report(files[0].Package, "package %s has no comment that says what it is for", r.pass.Pkg.Name())
	}
}

func (r *reporter) checkFuncDoc(f *ast.FuncDecl) {
	object, ok := r.pass.TypesInfo.Defs[f.Name].(*types.Func)
	if !ok || f.Doc != nil || !isPublic(object) || isStandardMethod(r.pass.Pkg, object) {
		return
	}
	r.report(f.Pos(), "%s has no doc comment", f.Name.Name)
}

// checkGroup looks at a declaration of types, constants or variables.
func (r *reporter) checkGroup(group *ast.GenDecl) {
	if group.Tok == token.IMPORT || group.Doc != nil {
		return
	}
	for _, spec := range group.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Doc == nil {
				r.checkNames([]*ast.Ident{spec.Name})
			}
		case *ast.ValueSpec:
			if spec.Doc == nil && spec.Comment == nil {
				r.checkNames(spec.Names)
			}
		}
	}
}

func (r *reporter) checkNames(names []*ast.Ident) {
	for _, name := range names {
		if name.IsExported() {
			r.report(name.Pos(), "%s has no doc comment", name.Name)
		}
	}
}
