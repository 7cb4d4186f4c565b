package bedrock_test

import (
	"encoding/json"
	"go/ast"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// shapes are the input and the output of every operation.
var shapes = map[string][2]any{
	"ApplyGuardrail":         {bedrock.ApplyGuardrailRequest{}, bedrock.ApplyGuardrailResponse{}},
	"Converse":               {bedrock.ConverseRequest{}, bedrock.ConverseResponse{}},
	"ConverseStream":         {bedrock.ConverseStreamRequest{}, bedrock.ConverseStreamResponse{}},
	"CountTokens":            {bedrock.CountTokensRequest{}, bedrock.CountTokensResponse{}},
	"CreateInferenceProfile": {bedrock.CreateInferenceProfileRequest{}, bedrock.CreateInferenceProfileResponse{}},
	"DeleteModelInvocationLoggingConfiguration": {bedrock.DeleteModelInvocationLoggingConfigurationRequest{}, bedrock.DeleteModelInvocationLoggingConfigurationResponse{}},
	"GetModelInvocationLoggingConfiguration":    {bedrock.GetModelInvocationLoggingConfigurationRequest{}, bedrock.GetModelInvocationLoggingConfigurationResponse{}},
	"PutModelInvocationLoggingConfiguration":    {bedrock.PutModelInvocationLoggingConfigurationRequest{}, bedrock.PutModelInvocationLoggingConfigurationResponse{}},
	"DeleteInferenceProfile":                    {bedrock.DeleteInferenceProfileRequest{}, bedrock.DeleteInferenceProfileResponse{}},
	"GetAsyncInvoke":                            {bedrock.GetAsyncInvokeRequest{}, bedrock.GetAsyncInvokeResponse{}},
	"GetFoundationModel":                        {bedrock.GetFoundationModelRequest{}, bedrock.GetFoundationModelResponse{}},
	"GetInferenceProfile":                       {bedrock.GetInferenceProfileRequest{}, bedrock.GetInferenceProfileResponse{}},
	"InvokeGuardrailChecks":                     {bedrock.InvokeGuardrailChecksRequest{}, bedrock.InvokeGuardrailChecksResponse{}},
	"InvokeModel":                               {bedrock.InvokeModelRequest{}, bedrock.InvokeModelResponse{}},
	"InvokeModelWithBidirectionalStream":        {bedrock.InvokeModelWithBidirectionalStreamRequest{}, bedrock.InvokeModelWithBidirectionalStreamResponse{}},
	"InvokeModelWithResponseStream":             {bedrock.InvokeModelWithResponseStreamRequest{}, bedrock.InvokeModelWithResponseStreamResponse{}},
	"ListAsyncInvokes":                          {bedrock.ListAsyncInvokesRequest{}, bedrock.ListAsyncInvokesResponse{}},
	"ListFoundationModels":                      {bedrock.ListFoundationModelsRequest{}, bedrock.ListFoundationModelsResponse{}},
	"ListInferenceProfiles":                     {bedrock.ListInferenceProfilesRequest{}, bedrock.ListInferenceProfilesResponse{}},
	"ListTagsForResource":                       {bedrock.ListTagsForResourceRequest{}, bedrock.ListTagsForResourceResponse{}},
	"StartAsyncInvoke":                          {bedrock.StartAsyncInvokeRequest{}, bedrock.StartAsyncInvokeResponse{}},
	"TagResource":                               {bedrock.TagResourceRequest{}, bedrock.TagResourceResponse{}},
	"UntagResource":                             {bedrock.UntagResourceRequest{}, bedrock.UntagResourceResponse{}},
}

// streams are the event streams, which the SDK keeps outside the outputs.
var streams = map[string]any{
	"ConverseStreamOutput":                     bedrock.ConverseStreamOutput{},
	"ResponseStream":                           bedrock.ResponseStream{},
	"InvokeModelWithBidirectionalStreamInput":  bedrock.InvokeModelWithBidirectionalStreamInput{},
	"InvokeModelWithBidirectionalStreamOutput": bedrock.InvokeModelWithBidirectionalStreamOutput{},
}

var exceptions = []bedrock.Exception{
	&bedrock.AccessDeniedException{}, &bedrock.ConflictException{}, &bedrock.InternalServerException{},
	&bedrock.ModelErrorException{}, &bedrock.ModelNotReadyException{}, &bedrock.ModelStreamErrorException{},
	&bedrock.ModelTimeoutException{}, &bedrock.ResourceNotFoundException{}, &bedrock.ServiceQuotaExceededException{},
	&bedrock.ServiceUnavailableException{}, &bedrock.ThrottlingException{}, &bedrock.ValidationException{},
}

// TestVocabularyHoldsTheSDK walks what the released SDK knows and finds all of it
// in the vocabulary: every operation, member, union member, enumeration value and
// exception.
func TestVocabularyHoldsTheSDK(t *testing.T) {
	runtime := readSDK(t, "bedrockruntime")
	walk := &walker{t: t, sdk: runtime, seen: map[string]bool{}}
	for name := range runtime.operations {
		if operation, ok := strings.CutSuffix(name, "Input"); ok {
			if _, ok := shapes[operation]; !ok {
				t.Errorf("the SDK's operation %s is unknown", operation)
			}
		}
	}
	for _, operation := range bedrock.Operations() {
		if operation.Service == "bedrock-runtime" {
			walk.operation(operation.Name)
		}
	}
	for name, stream := range streams {
		walk.structure(name, reflect.TypeOf(stream), name)
	}
	for name := range runtime.enums {
		if !walk.seen[name] {
			t.Errorf("the enumeration %s was not reached", name)
		}
	}
	walk.exceptions()
	if len(walk.seen) < 200 {
		t.Errorf("%d types were compared: the SDK has more", len(walk.seen))
	}
}

func TestVocabularyHoldsTheControlPlane(t *testing.T) {
	walk := &walker{t: t, sdk: readSDK(t, "bedrock"), seen: map[string]bool{}}
	for _, operation := range bedrock.Operations() {
		if operation.Service == "bedrock" {
			walk.operation(operation.Name)
		}
	}
	if len(walk.seen) < 10 {
		t.Errorf("%d types were compared: four operations have more", len(walk.seen))
	}
}

// walker compares types of the SDK with those of the vocabulary.
type walker struct {
	t    *testing.T
	sdk  *sdk
	seen map[string]bool
}

func (w *walker) operation(name string) {
	pair, ok := shapes[name]
	if !ok {
		w.t.Fatalf("the test does not know the shapes of %s", name)
	}
	for i, suffix := range []string{"Input", "Output"} {
		members, ok := w.sdk.operations[name+suffix]
		if !ok {
			w.t.Errorf("the SDK has no %s%s", name, suffix)
		}
		w.members(members, reflect.TypeOf(pair[i]), name+suffix)
	}
}

func (w *walker) structure(name string, ours reflect.Type, at string) {
	if w.seen[name] {
		return
	}
	w.seen[name] = true
	members, ok := w.sdk.structs[name]
	if !ok {
		w.t.Errorf("%s: the SDK has no type %s", at, name)
		return
	}
	w.members(members, ours, at)
}

func (w *walker) members(members map[string]ast.Expr, ours reflect.Type, at string) {
	if ours.Kind() != reflect.Struct {
		w.t.Errorf("%s: %s is no structure", at, ours)
		return
	}
	for member, declared := range members {
		field, ok := ours.FieldByName(member)
		if !ok {
			w.t.Errorf("%s: %s lacks the member %s", at, ours, member)
			continue
		}
		w.member(declared, field.Type, at+"."+member)
	}
}

// member compares the type of one member.
func (w *walker) member(declared ast.Expr, ours reflect.Type, at string) {
	for ours.Kind() == reflect.Pointer {
		ours = ours.Elem()
	}
	switch declared := declared.(type) {
	case *ast.StarExpr:
		w.member(declared.X, ours, at)
	case *ast.ArrayType:
		if ours.Kind() != reflect.Slice {
			w.t.Errorf("%s is %s, not a list", at, ours)
			return
		}
		w.member(declared.Elt, ours.Elem(), at)
	case *ast.MapType:
		if ours.Kind() != reflect.Map {
			w.t.Errorf("%s is %s, not a map", at, ours)
			return
		}
		w.member(declared.Value, ours.Elem(), at)
	case *ast.SelectorExpr:
		w.named(declared.X.(*ast.Ident).Name, declared.Sel.Name, ours, at)
	case *ast.Ident:
		w.named("types", declared.Name, ours, at)
	}
}

func (w *walker) named(in, name string, ours reflect.Type, at string) {
	values, isEnum := w.sdk.enums[name]
	_, isStruct := w.sdk.structs[name]
	switch {
	case in == "document":
		if ours != reflect.TypeFor[json.RawMessage]() {
			w.t.Errorf("%s is %s, not a document", at, ours)
		}
	case in == "time":
		if ours != reflect.TypeFor[time.Time]() {
			w.t.Errorf("%s is %s, not a time", at, ours)
		}
	case isEnum:
		w.enum(name, values, ours, at)
	case isStruct:
		w.structure(name, ours, at)
	case name == "byte":
		if ours.Kind() != reflect.Uint8 {
			w.t.Errorf("%s is %s, not a byte", at, ours)
		}
	case ours.Kind().String() != name:
		w.t.Errorf("%s is %s, not %s", at, ours, name)
	}
}

func (w *walker) enum(name string, values []string, ours reflect.Type, at string) {
	w.seen[name] = true
	method := reflect.Zero(ours).MethodByName("Values")
	if !method.IsValid() {
		w.t.Errorf("%s is %s, not the enumeration %s", at, ours, name)
		return
	}
	var known []string
	for list, i := method.Call(nil)[0], 0; i < list.Len(); i++ {
		known = append(known, list.Index(i).String())
	}
	for _, value := range values {
		if !slices.Contains(known, value) {
			w.t.Errorf("%s: %s lacks the value %s", at, name, value)
		}
	}
}

// exceptions compares names, members and whose fault it is.
func (w *walker) exceptions() {
	byName := map[string]bedrock.Exception{}
	for _, exception := range exceptions {
		byName[exception.ErrorCode()] = exception
	}
	for name, clientsFault := range w.sdk.errors {
		exception, ok := byName[name]
		if !ok {
			w.t.Errorf("the exception %s is unknown", name)
			continue
		}
		if status := exception.HTTPStatusCode(); (status < 500) != clientsFault {
			w.t.Errorf("%s has status %d", name, status)
		}
		w.structure(name, reflect.TypeOf(exception).Elem(), name)
	}
}
