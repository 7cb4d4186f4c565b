package sdkgo

import (
	"strconv"
	"strings"
	"testing"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// testCountTokens compares the count of a request with what its answer reports.
func testCountTokens(t *testing.T, target Target) {
	in := ask(haiku, "Please count these words, one by one.")
	in.System = []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: "Be exact."}}
	countsConverse(t, target, in)
	in.ToolConfig = weather()
	countsConverse(t, target, in)
	for _, f := range families(t, target) {
		t.Run(f.Name, func(t *testing.T) { countsInvokeModel(t, target, &f, "Please count these words.") })
	}
}

func countsConverse(t *testing.T, target Target, in *bedrockruntime.ConverseInput) {
	t.Helper()
	reported := converse(t, target, in).Usage.InputTokens
	equal(t, "inputTokens", count(t, target, *in.ModelId, &types.CountTokensInputMemberConverse{Value: types.ConverseTokensRequest{
		Messages: in.Messages, System: in.System, ToolConfig: in.ToolConfig,
	}}), *reported)
}

// countsInvokeModel gives the body of the answer.
func countsInvokeModel(t *testing.T, target Target, f *family, prompt string) []byte {
	t.Helper()
	body := f.ask(prompt)
	out, err := target.runtime().InvokeModel(t.Context(), &bedrockruntime.InvokeModelInput{ModelId: &f.Model, Body: body})
	if err != nil {
		t.Fatal(err)
	}
	reported := awsmiddleware.GetRawResponse(out.ResultMetadata).(*smithyhttp.Response).Header.Get("X-Amzn-Bedrock-Input-Token-Count")
	counted := count(t, target, bareID(f.Model), &types.CountTokensInputMemberInvokeModel{Value: types.InvokeModelTokensRequest{Body: body}})
	equal(t, "inputTokens", strconv.Itoa(int(counted)), reported)
	return out.Body
}

// bareID is the model of a profile, which CountTokens wants.
func bareID(model string) string { return strings.TrimPrefix(model, "us.") }

// count calls CountTokens, which must succeed and find something.
func count(t *testing.T, target Target, model string, in types.CountTokensInput) int32 {
	t.Helper()
	out, err := target.runtime().CountTokens(t.Context(), &bedrockruntime.CountTokensInput{ModelId: &model, Input: in})
	if err != nil {
		t.Fatal(err)
	}
	if *out.InputTokens <= 0 {
		t.Errorf("%d tokens", *out.InputTokens)
	}
	return *out.InputTokens
}
