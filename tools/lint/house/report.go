package house

import (
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
)

const allowPrefix = "//house:allow "

// reporter reports the findings of one rule in one package, except where the
// source allows them.
type reporter struct {
	pass    *analysis.Pass
	allowed map[place]*allowed
}

// place is a line of a file.
type place struct {
	file string
	line int
}

// allowed is one allowance of the rule, and whether a finding needed it.
type allowed struct {
	pos  token.Pos
	used bool
}

// rule makes an analyzer whose run function reports through a reporter.
func rule(name, doc string, run func(*reporter)) *analysis.Analyzer {
	return &analysis.Analyzer{Name: name, Doc: doc, Run: func(pass *analysis.Pass) (any, error) {
		r := &reporter{pass: pass, allowed: map[place]*allowed{}}
		for _, comment := range allowances(pass) {
			if name, _ := splitAllowance(comment); name == pass.Analyzer.Name {
				r.allowed[placeOf(pass, comment.Pos())] = &allowed{pos: comment.Pos()}
			}
		}
		run(r)
		for _, allowed := range r.allowed {
			if !allowed.used {
				pass.Reportf(allowed.pos, "nothing here breaks the rule %s: remove the allowance", name)
			}
		}
		return nil, nil
	}}
}

// report reports a finding unless its line, or the one above, allows it.
func (r *reporter) report(pos token.Pos, format string, args ...any) {
	at := placeOf(r.pass, pos)
	for _, line := range []int{at.line, at.line - 1} {
		if allowed, ok := r.allowed[place{at.file, line}]; ok {
			allowed.used = true
			return
		}
	}
	r.pass.Reportf(pos, format, args...)
}

// files are those that the rules hold for: written by hand, and no tests.
func (r *reporter) files() []*ast.File {
	var files []*ast.File
	for _, file := range r.pass.Files {
		if !ast.IsGenerated(file) && !isTest(r.pass, file.Pos()) {
			files = append(files, file)
		}
	}
	return files
}

func isTest(pass *analysis.Pass, pos token.Pos) bool {
	return strings.HasSuffix(pass.Fset.Position(pos).Filename, "_test.go")
}

func placeOf(pass *analysis.Pass, pos token.Pos) place {
	position := pass.Fset.Position(pos)
	return place{position.Filename, position.Line}
}

// allowances are all comments of the package that allow something.
func allowances(pass *analysis.Pass) []*ast.Comment {
	var found []*ast.Comment
	for _, file := range pass.Files {
		for _, group := range file.Comments {
			for _, comment := range group.List {
				if strings.HasPrefix(comment.Text, allowPrefix) {
					found = append(found, comment)
				}
			}
		}
	}
	return found
}

func splitAllowance(comment *ast.Comment) (name, reason string) {
	name, reason, _ = strings.Cut(strings.TrimSpace(strings.TrimPrefix(comment.Text, allowPrefix)), " ")
	reason, _, _ = strings.Cut(reason, "//")
	return name, strings.TrimSpace(reason)
}

// allowance looks after the allowances themselves.
func allowance() *analysis.Analyzer {
	return &analysis.Analyzer{
		Name: "allowance",
		Doc: `an allowance names a rule and gives a reason

Who meets an exception must be able to judge whether its reason still holds.`,
		Run: func(pass *analysis.Pass) (any, error) {
			names := map[string]bool{}
			for _, rule := range rules() {
				names[rule.Name] = true
			}
			for _, comment := range allowances(pass) {
				name, reason := splitAllowance(comment)
				switch {
				case !names[name]:
					pass.Reportf(comment.Pos(), "there is no rule %q", name)
				case reason == "":
					pass.Reportf(comment.Pos(), "the allowance of %s gives no reason", name)
				}
			}
			return nil, nil
		},
	}
}
