// Package house holds the rules of this repository as analyzers. Each has a file
// that says what it asks and why.
//
// A place that has to break a rule says so, on its line or the one above, with
// the name of the rule and the reason:
//
//	//house:allow globalvar the runtime itself has one collector
//
// An allowance without a reason, or one that allows nothing, is reported too.
// Tests and generated files are free of every rule, except that a test does not
// change a variable of the package that it tests.
package house

import "golang.org/x/tools/go/analysis"

// Rules are all rules, by name.
func Rules() []*analysis.Analyzer {
	return append(rules(), allowance())
}

func rules() []*analysis.Analyzer {
	return []*analysis.Analyzer{
		boolParam(),
		docComment(),
		globalVar(),
		noInit(),
		packageName(),
		size(),
	}
}
