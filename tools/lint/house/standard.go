package house

import (
	"go/types"
	"strings"
)

// isPublic says whether other packages can call f: it is exported, and so is the
// type that it is a method of.
func isPublic(f *types.Func) bool {
	if !f.Exported() {
		return false
	}
	named := receiver(f)
	return f.Signature().Recv() == nil || named != nil && named.Obj().Exported()
}

// receiver is the named type that f is a method of, or nil.
func receiver(f *types.Func) *types.Named {
	recv := f.Signature().Recv()
	if recv == nil {
		return nil
	}
	t := types.Unalias(recv.Type())
	if pointer, ok := t.(*types.Pointer); ok {
		t = types.Unalias(pointer.Elem())
	}
	named, _ := t.(*types.Named)
	return named
}

// errorMethods are what package errors looks for by interfaces without a name.
const errorMethods = " Unwrap Is As "

// isStandardMethod says whether f is there for an interface of the standard
// library: its receiver implements one that has a method of that name. Looked at
// are the packages that this one imports, directly or not.
func isStandardMethod(pkg *types.Package, f *types.Func) bool {
	named := receiver(f)
	if named == nil {
		return false
	}
	if f.Name() == "Error" || f.Name() == "String" && f.Signature().Params().Len() == 0 {
		return true
	}
	pointer := types.NewPointer(named)
	isError := implements(pointer, types.Universe.Lookup("error").Type())
	if isError && strings.Contains(errorMethods, " "+f.Name()+" ") {
		return true
	}
	seen := map[*types.Package]bool{}
	var look func(*types.Package) bool
	look = func(p *types.Package) bool {
		if seen[p] {
			return false
		}
		seen[p] = true
		if isStandard(p) && declares(p, f.Name(), pointer) {
			return true
		}
		for _, imported := range p.Imports() {
			if look(imported) {
				return true
			}
		}
		return false
	}
	return look(pkg)
}

// isStandard says whether p is of the standard library: the first element of all
// other import paths has a dot.
func isStandard(p *types.Package) bool {
	first, _, _ := strings.Cut(p.Path(), "/")
	return !strings.Contains(first, ".")
}

// declares says whether p has an interface that t implements by a method of that
// name, among others.
func declares(p *types.Package, method string, t types.Type) bool {
	for _, name := range p.Scope().Names() {
		object, ok := p.Scope().Lookup(name).(*types.TypeName)
		if !ok || !object.Exported() || !implements(t, object.Type()) {
			continue
		}
		if found, _, _ := types.LookupFieldOrMethod(object.Type(), false, nil, method); found != nil {
			return true
		}
	}
	return false
}

func implements(t, iface types.Type) bool {
	i, ok := iface.Underlying().(*types.Interface)
	return ok && i.IsMethodSet() && i.NumMethods() > 0 && types.Implements(t, i)
}
