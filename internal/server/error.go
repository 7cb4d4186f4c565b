package server

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/restjson"
)

// The namespaces that the service puts behind the name of an error: its own, and
// that of the layer in front of it.
const (
	bedrockNamespace = ":http://internal.amazon.com/coral/com.amazon.bedrock/"
	commonNamespace  = ":http://internal.amazon.com/coral/com.amazon.coral.service/"
)

// unexpected is the text of every error that has no public half.
const unexpected = "The system encountered an unexpected error during processing. Try your request again."

// fail writes an error as the service does: it is the only place that turns an
// error into a status, headers and a body.
func (x *exchange) fail(err error) {
	if refused := x.record(err); refused != nil {
		err = refused
	}
	x.err = err
	if x.status != 0 {
		// The head of an answer is out; there is nobody left to tell.
		return
	}
	exception := publicHalf(err)
	namespace := bedrockNamespace
	if _, ok := exception.(*bedrock.CommonError); ok {
		namespace = commonNamespace
	}
	x.status = exception.HTTPStatusCode()
	body := errorBody(err, exception)
	header := x.w.Header()
	header["Content-Type"] = []string{"application/json"}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	header["x-amzn-ErrorType"] = []string{exception.ErrorCode() + namespace}
	x.w.WriteHeader(x.status)
	x.w.Write(body)
	_ = x.flush() // whoever still sends its body may read meanwhile
}

// publicHalf is what the caller may see of an error.
func publicHalf(err error) bedrock.Exception {
	if exception, ok := errors.AsType[bedrock.Exception](err); ok {
		return exception
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &bedrock.ModelTimeoutException{Message: "Model has timed out in processing the request. Try your request again."}
	}
	return &bedrock.InternalServerException{Message: unexpected}
}

func publicCode(err error) string { return publicHalf(err).ErrorCode() }

// privateCause is what the log may tell beyond the code, or nil. The texts of
// exceptions stay out, and what upstreams say: they quote what the caller sent.
func privateCause(err error) error {
	if _, ok := err.(bedrock.Exception); ok {
		return nil
	}
	if _, ok := errors.AsType[*bedrock.CommonError](err); ok {
		return nil
	}
	if upstream, ok := errors.AsType[*provider.UpstreamError](err); ok {
		return errors.New(upstream.Brief())
	}
	return bedrock.CauseOf(err)
}

// errorBody writes the members of an exception.
func errorBody(err error, exception bedrock.Exception) []byte {
	var body bytes.Buffer
	common, ok := exception.(*bedrock.CommonError)
	if !ok {
		restjson.EncodeBody(&body, exception)
		return body.Bytes()
	}
	restjson.EncodeBody(&body, struct {
		Message string `json:"message"`
	}{common.Message})
	if _, ok := errors.AsType[*identity.APIKeyError](err); ok {
		return []byte(strings.Replace(body.String(), `"message"`, `"Message"`, 1))
	}
	return body.Bytes()
}

// unknownOperation answers what no route takes, in the words of the service's
// framework.
func (s *Server) unknownOperation(w http.ResponseWriter, r *http.Request) {
	x := s.newExchange(w, r, bedrock.Operation{})
	defer x.close()
	x.err = &bedrock.CommonError{Code: "UnknownOperationException", Status: http.StatusNotFound}
	if err := errors.Join(x.begin(s.Observers), x.record(x.err)); err != nil {
		x.fail(err)
		return
	}
	x.status = http.StatusNotFound
	const body = `{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}`
	header := w.Header()
	header["Content-Type"] = []string{"application/json"}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	header["x-amzn-ErrorType"] = []string{"UnknownOperationException" + commonNamespace}
	w.WriteHeader(x.status)
	w.Write([]byte(body))
	_ = x.flush()
}
