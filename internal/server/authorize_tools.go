package server

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// systemTools names the tools of the service's own among those of a conversation.
func systemTools(config *bedrock.ToolConfiguration) []string {
	if config == nil {
		return nil
	}
	var names []string
	for _, tool := range config.Tools {
		if tool.SystemTool != nil && tool.SystemTool.Name != nil {
			names = append(names, *tool.SystemTool.Name)
		}
	}
	return names
}

// nativeSystemTools are those of a native body, which Nova's have as Converse has them. A
// body that cannot be read is refused behind this.
func nativeSystemTools(body []byte) []string {
	// Most bodies have none, and may have megabytes of media.
	if !bytes.Contains(body, []byte("systemTool")) && !bytes.Contains(body, []byte(`\u`)) {
		return nil
	}
	var native struct {
		ToolConfig struct {
			Tools []struct {
				SystemTool *bedrock.SystemTool `json:"systemTool"`
			} `json:"tools"`
		} `json:"toolConfig"`
	}
	_ = json.Unmarshal(body, &native, jsontext.AllowDuplicateNames(true))
	var config bedrock.ToolConfiguration
	for _, tool := range native.ToolConfig.Tools {
		config.Tools = append(config.Tools, bedrock.Tool{SystemTool: tool.SystemTool})
	}
	return systemTools(&config)
}
