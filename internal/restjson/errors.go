package restjson

import (
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// allowDuplicateNames keeps the last of several equal names, as the service's
// own parser does.
var allowDuplicateNames = jsontext.AllowDuplicateNames(true)

// serializationError words what is wrong with a body as Coral, the service's
// framework, does: it names JSON tokens after those of its parser.
func serializationError(cause error) error {
	return bedrock.WithCause(&bedrock.CommonError{
		Code:    "SerializationException",
		Message: serializationText(cause),
		Status:  http.StatusBadRequest,
	}, cause)
}

func serializationText(cause error) string {
	var semantic *json.SemanticError
	if !errors.As(cause, &semantic) || semantic.GoType == nil {
		return "Unable to parse the request body. Check that it is valid JSON and try again."
	}
	switch semantic.JSONKind {
	case jsontext.KindBeginObject, jsontext.KindBeginArray:
		return "Start of structure or map found where not expected."
	}
	return tokenName(semantic.JSONKind) + " can not be converted to " + targetName(semantic.GoType.Kind().String())
}

func tokenName(kind jsontext.Kind) string {
	switch kind {
	case jsontext.KindString:
		return "STRING_VALUE"
	case jsontext.KindNumber:
		return "NUMBER_VALUE"
	case jsontext.KindTrue:
		return "TRUE_VALUE"
	case jsontext.KindFalse:
		return "FALSE_VALUE"
	}
	return "VALUE_NULL"
}

func targetName(kind string) string {
	switch kind {
	case "string":
		return "a String"
	case "int32":
		return "an Integer"
	case "int64":
		return "a Long"
	case "float32":
		return "a Float"
	case "float64":
		return "a Double"
	case "bool":
		return "a Boolean"
	case "slice":
		return "a List"
	}
	return "a Structure"
}
