package bedrock_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// sdk is what the released Go SDK of a service declares, read from its source:
// the members of unions cannot be found by reflection.
type sdk struct {
	// structs are the members of structures and unions, by the SDK's name;
	// operations those of the inputs and outputs, whose names are used twice.
	structs, operations map[string]map[string]ast.Expr
	// enums are the values of the enumerations.
	enums map[string][]string
	// errors are the exceptions, and whether each is the client's fault.
	errors map[string]bool
}

const sdkPath = "github.com/aws/aws-sdk-go-v2/service/"

// readSDK reads the package of a service and its types.
func readSDK(t *testing.T, service string) *sdk {
	t.Helper()
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", sdkPath+service).Output()
	if err != nil {
		t.Fatalf("find the SDK's source: %v", err)
	}
	s := &sdk{map[string]map[string]ast.Expr{}, map[string]map[string]ast.Expr{}, map[string][]string{}, map[string]bool{}}
	root := strings.TrimSpace(string(dir))
	for _, declared := range parse(t, filepath.Join(root, "api_op_*.go")) {
		if d, ok := declared.(*ast.GenDecl); ok && d.Tok == token.TYPE {
			spec := d.Specs[0].(*ast.TypeSpec)
			if declared, ok := spec.Type.(*ast.StructType); ok {
				s.operations[spec.Name.Name] = fields(declared)
			}
		}
	}
	unions := map[string]bool{}
	for _, declared := range parse(t, filepath.Join(root, "types", "*s.go")) {
		s.add(declared, unions)
	}
	s.joinUnions(unions)
	return s
}

// parse gives the declarations in the files that a pattern names.
func parse(t *testing.T, pattern string) []ast.Decl {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no file is like %s: %v", pattern, err)
	}
	var all []ast.Decl
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, parsed.Decls...)
	}
	return all
}

func (s *sdk) add(declared ast.Decl, unions map[string]bool) {
	switch d := declared.(type) {
	case *ast.FuncDecl:
		if d.Name.Name == "ErrorFault" {
			name := d.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
			fault := d.Body.List[0].(*ast.ReturnStmt).Results[0].(*ast.SelectorExpr).Sel.Name
			s.errors[name] = fault == "FaultClient"
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				switch declared := spec.Type.(type) {
				case *ast.StructType:
					s.structs[spec.Name.Name] = fields(declared)
				case *ast.InterfaceType:
					unions[spec.Name.Name] = true
				}
			case *ast.ValueSpec:
				if enum, ok := spec.Type.(*ast.Ident); ok && d.Tok == token.CONST {
					value, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
					s.enums[enum.Name] = append(s.enums[enum.Name], value)
				}
			}
		}
	}
}

// fields are the exported members that are the service's, not the SDK's.
func fields(declared *ast.StructType) map[string]ast.Expr {
	all := map[string]ast.Expr{}
	for _, field := range declared.Fields.List {
		for _, name := range field.Names {
			switch name.Name {
			case "ResultMetadata", "ErrorCodeOverride":
			default:
				if name.IsExported() {
					all[name.Name] = field.Type
				}
			}
		}
	}
	return all
}

// joinUnions makes a structure of each union out of its members, which the SDK
// declares as XMemberY.
func (s *sdk) joinUnions(unions map[string]bool) {
	for union := range unions {
		members := map[string]ast.Expr{}
		for name, declared := range s.structs {
			if member, ok := strings.CutPrefix(name, union+"Member"); ok {
				members[member] = declared["Value"]
			}
		}
		if len(members) > 0 {
			s.structs[union] = members
		}
	}
}
