package house

import (
	"strings"

	"golang.org/x/tools/go/analysis"
)

// vagueNames say nothing of what a package is for.
const vagueNames = " base common helper helpers misc shared types util utils "

// packageName forbids names that fit everything.
func packageName() *analysis.Analyzer {
	return rule("packagename", `no package named util, common, types, shared, helpers

A package is found by the concept that it is named after. One whose name fits
everything is found by no one, and collects what has nothing to do with each other.`, func(r *reporter) {
		name := strings.TrimSuffix(r.pass.Pkg.Name(), "_test")
		if strings.Contains(vagueNames, " "+name+" ") && len(r.pass.Files) > 0 {
			r.report(r.pass.Files[0].Package, "package %s: name it after the concept that it holds", name)
		}
	})
}
