package restjson

import (
	"errors"
	"net/http"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// serializationError is the error of a body or a text that is no form of its
// shape.
func serializationError(cause error) error {
	return bedrock.WithCause(&bedrock.CommonError{
		Code:    "SerializationException",
		Message: serializationText(cause),
		Status:  http.StatusBadRequest,
	}, cause)
}

// serializationText words what is wrong as Coral does, the framework of the
// service: it names the JSON tokens of its parser. The texts are those that users
// of AWS services quote.
func serializationText(cause error) string {
	var semantic *json.SemanticError
	if !errors.As(cause, &semantic) || semantic.GoType == nil {
		return "Unable to parse the request body. Check that it is valid JSON and try again."
	}
	token := ""
	switch semantic.JSONKind {
	case jsontext.KindBeginObject:
		return "Start of structure or map found where not expected."
	case jsontext.KindBeginArray:
		return "Start of list found where not expected"
	case jsontext.KindString:
		token = "STRING_VALUE"
	case jsontext.KindNumber:
		token = "NUMBER_VALUE"
	case jsontext.KindTrue:
		token = "TRUE_VALUE"
	case jsontext.KindFalse:
		token = "FALSE_VALUE"
	}
	switch target := semantic.GoType; target.Kind() {
	case reflect.Struct:
		return "Expected null"
	case reflect.Map:
		return "Expected map or null"
	case reflect.Slice:
		if target.Elem().Kind() != reflect.Uint8 {
			return "Expected list or null"
		}
	}
	return token + " can not be converted to " + typeName(semantic.GoType.Kind())
}

// typeName is the name, with its article, of what a JSON value should become.
func typeName(kind reflect.Kind) string {
	switch kind {
	case reflect.Int32:
		return "an Integer"
	case reflect.Int64:
		return "a Long"
	case reflect.Float32:
		return "a Float"
	case reflect.Float64:
		return "a Double"
	case reflect.Bool:
		return "a Boolean"
	case reflect.Slice:
		return "a Blob"
	}
	return "a String"
}
