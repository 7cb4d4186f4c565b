package house

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/analysis"
)

// globalVar forbids package-level variables that change.
func globalVar() *analysis.Analyzer {
	return rule("globalvar", `no package-level variables that change

A variable that the whole program shares makes two servers in one process, and two
tests at once, disturb each other. A table that is written once, in its declaration,
is no such variable. Found are variables that are assigned to, counted, or
changed by index, field, delete or clear, in tests too, and those whose type is made to
change: channels, and what is or holds a lock or an atomic value.`, func(r *reporter) {
		for _, file := range r.files() {
			r.checkDeclared(file)
		}
		for _, file := range r.pass.Files {
			if !ast.IsGenerated(file) {
				ast.Inspect(file, r.checkChange)
			}
		}
	})
}

// checkDeclared looks at the types of the variables that a file declares.
func (r *reporter) checkDeclared(file *ast.File) {
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		for _, spec := range group.Specs {
			for _, name := range spec.(*ast.ValueSpec).Names {
				if object := r.pass.TypesInfo.Defs[name]; object != nil && isMadeToChange(object.Type(), nil) {
					r.report(name.Pos(), "the package-level variable %s is made to change: give it to those who need it", name.Name)
				}
			}
		}
	}
}

// isMadeToChange says whether a value of the type is, or holds in place, a
// channel, a lock or an atomic value. within are the types that it is looked
// at from.
func isMadeToChange(t types.Type, within []types.Type) bool {
	for _, outer := range within {
		if types.Identical(outer, t) {
			return false
		}
	}
	within = append(within, t)
	if named, ok := types.Unalias(t).(*types.Named); ok && named.Obj().Pkg() != nil {
		switch named.Obj().Pkg().Path() {
		case "sync", "sync/atomic":
			_, isStruct := named.Underlying().(*types.Struct)
			return isStruct
		}
	}
	switch under := t.Underlying().(type) {
	case *types.Chan:
		return true
	case *types.Array:
		return isMadeToChange(under.Elem(), within)
	case *types.Struct:
		for field := range under.Fields() {
			if _, isChan := field.Type().Underlying().(*types.Chan); !isChan && isMadeToChange(field.Type(), within) {
				return true
			}
		}
	}
	return false
}

// checkChange finds statements that change a package-level variable, whichever
// package it is of.
func (r *reporter) checkChange(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.AssignStmt:
		if node.Tok != token.DEFINE {
			for _, changed := range node.Lhs {
				r.checkChanged(changed)
			}
		}
	case *ast.IncDecStmt:
		r.checkChanged(node.X)
	case *ast.RangeStmt:
		if node.Tok == token.ASSIGN {
			r.checkChanged(node.Key)
			r.checkChanged(node.Value)
		}
	case *ast.CallExpr:
		if builtin, ok := ast.Unparen(node.Fun).(*ast.Ident); ok && len(node.Args) > 0 {
			object, _ := r.pass.TypesInfo.Uses[builtin].(*types.Builtin)
			if object != nil && (object.Name() == "delete" || object.Name() == "clear" || object.Name() == "copy") {
				r.checkChanged(node.Args[0])
			}
		}
	}
	return true
}

// checkChanged reports what an expression on the left-hand side is part of.
func (r *reporter) checkChanged(expr ast.Expr) {
	if name := r.root(expr); name != nil {
		variable, ok := r.pass.TypesInfo.Uses[name].(*types.Var)
		if ok && variable.Pkg() != nil && variable.Parent() == variable.Pkg().Scope() && !isTest(r.pass, variable.Pos()) {
			r.report(expr.Pos(), "the package-level variable %s changes here: give it to those who need it", name.Name)
		}
	}
}

// root is the variable that an expression is part of: x of x.f[i], and V of
// pkg.V.f.
func (r *reporter) root(expr ast.Expr) *ast.Ident {
	for {
		switch e := expr.(type) {
		case *ast.Ident:
			return e
		case *ast.ParenExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.SliceExpr:
			expr = e.X
		case *ast.StarExpr:
			expr = e.X
		case *ast.SelectorExpr:
			if qualifier, ok := e.X.(*ast.Ident); ok {
				if _, ok := r.pass.TypesInfo.Uses[qualifier].(*types.PkgName); ok {
					return e.Sel
				}
			}
			expr = e.X
		default:
			return nil
		}
	}
}
