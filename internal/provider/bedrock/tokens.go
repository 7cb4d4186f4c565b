package bedrock

import (
	"bytes"
	"context"

	"github.com/go-json-experiment/json"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/restjson"
)

// CountTokens asks the operation of that name.
func (p *Provider) CountTokens(ctx context.Context, call provider.Call) (int32, error) {
	var body bytes.Buffer
	err := restjson.EncodeBody(&body, &bedrock.CountTokensRequest{Input: &bedrock.CountTokensInput{
		Converse: &bedrock.ConverseTokensRequest{
			Messages: call.Request.Messages, System: call.Request.System, ToolConfig: call.Request.ToolConfig,
			AdditionalModelRequestFields: call.Request.AdditionalModelRequestFields,
		},
	}})
	if err != nil {
		return 0, p.client.Invalid(err)
	}
	response, err := p.client.Post(ctx, pathOf(bedrock.OperationCountTokens.URI, modelOf(call)), body.Bytes())
	if err != nil {
		return 0, err
	}
	defer response.Close()
	text, err := response.ReadAll()
	if err != nil {
		return 0, err
	}
	var counted bedrock.CountTokensResponse
	if err := json.Unmarshal(text, &counted, lenient); err != nil {
		return 0, p.client.Invalid(err)
	}
	return counted.InputTokens, nil
}
