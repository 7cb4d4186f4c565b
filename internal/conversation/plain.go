package conversation

import "github.com/saprolite/saprolite/internal/bedrock"

// Plain gives a request without what the service alone has words for: tools that
// come and go are settled, and what a guardrail would look at is the text or image
// that the model sees. A request without either is given back as it is.
func Plain(req *bedrock.ConverseRequest) *bedrock.ConverseRequest {
	settled := SettleTools(req)
	if !guarded(settled) {
		return settled
	}
	plain := *settled
	plain.System = make([]bedrock.SystemContentBlock, len(settled.System))
	for i, block := range settled.System {
		if block.GuardContent != nil && block.GuardContent.Text != nil {
			block = bedrock.SystemContentBlock{Text: block.GuardContent.Text.Text}
		}
		plain.System[i] = block
	}
	plain.Messages = make([]bedrock.Message, len(settled.Messages))
	for i, message := range settled.Messages {
		content := make([]bedrock.ContentBlock, len(message.Content))
		for j, block := range message.Content {
			content[j] = unguarded(block)
		}
		message.Content = content
		plain.Messages[i] = message
	}
	return &plain
}

func guarded(req *bedrock.ConverseRequest) bool {
	for _, block := range req.System {
		if block.GuardContent != nil {
			return true
		}
	}
	for _, message := range req.Messages {
		for _, block := range message.Content {
			if block.GuardContent != nil {
				return true
			}
		}
	}
	return false
}

func unguarded(block bedrock.ContentBlock) bedrock.ContentBlock {
	switch g := block.GuardContent; {
	case g == nil:
	case g.Text != nil:
		return bedrock.ContentBlock{Text: g.Text.Text}
	case g.Image != nil && g.Image.Source != nil:
		return bedrock.ContentBlock{Image: &bedrock.ImageBlock{
			Format: bedrock.ImageFormat(g.Image.Format), Source: &bedrock.ImageSource{Bytes: g.Image.Source.Bytes},
		}}
	}
	return block
}
