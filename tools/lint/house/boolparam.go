package house

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/analysis"
)

// boolParam forbids boolean parameters where others call.
func boolParam() *analysis.Analyzer {
	return rule("boolparam", `no boolean parameters in exported functions and methods

At the call, true says nothing. Two functions, a named constant or a field of an
options struct do. A method that implements an interface of the standard library
has the signature that it must have.`, func(r *reporter) {
		for _, file := range r.files() {
			for _, decl := range file.Decls {
				switch decl := decl.(type) {
				case *ast.FuncDecl:
					r.checkFunc(decl)
				case *ast.GenDecl:
					for _, spec := range decl.Specs {
						if spec, ok := spec.(*ast.TypeSpec); ok && spec.Name.IsExported() {
							r.checkInterface(spec)
						}
					}
				}
			}
		}
	})
}

func (r *reporter) checkFunc(f *ast.FuncDecl) {
	object, ok := r.pass.TypesInfo.Defs[f.Name].(*types.Func)
	if !ok || !isPublic(object) || isStandardMethod(r.pass.Pkg, object) {
		return
	}
	r.checkParams(f.Name.Name, f.Type)
}

func (r *reporter) checkInterface(spec *ast.TypeSpec) {
	iface, ok := spec.Type.(*ast.InterfaceType)
	if !ok {
		return
	}
	for _, method := range iface.Methods.List {
		if f, ok := method.Type.(*ast.FuncType); ok && len(method.Names) == 1 && method.Names[0].IsExported() {
			r.checkParams(spec.Name.Name+"."+method.Names[0].Name, f)
		}
	}
}

func (r *reporter) checkParams(name string, f *ast.FuncType) {
	for _, field := range f.Params.List {
		kind := field.Type
		if variadic, ok := kind.(*ast.Ellipsis); ok {
			kind = variadic.Elt
		}
		if basic, ok := types.Unalias(r.pass.TypesInfo.TypeOf(kind)).(*types.Basic); ok && basic.Kind() == types.Bool {
			r.report(field.Pos(), "%s has a boolean parameter: what does true mean at the call?", name)
		}
	}
}
