package prompt_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/prompt"
)

var templates = map[string]*prompt.Template{
	"Llama2": prompt.Llama2, "Llama3": prompt.Llama3, "Llama4": prompt.Llama4,
	"Mistral": prompt.Mistral, "DeepSeek": prompt.DeepSeek,
	"Titan": prompt.Titan, "Command": prompt.Command, "Claude": prompt.Claude,
}

// conversation makes one of texts, each behind the first letter of its role.
func conversation(texts ...string) *bedrock.ConverseRequest {
	c := new(bedrock.ConverseRequest)
	for _, text := range texts {
		role, text, _ := strings.Cut(text, ":")
		switch role {
		case "s":
			c.System = append(c.System, bedrock.SystemContentBlock{Text: &text})
		case "u":
			c.Messages = append(c.Messages, message(bedrock.ConversationRoleUser, text))
		case "a":
			c.Messages = append(c.Messages, message(bedrock.ConversationRoleAssistant, text))
		}
	}
	return c
}

func message(role bedrock.ConversationRole, text string) bedrock.Message {
	return bedrock.Message{Role: role, Content: []bedrock.ContentBlock{{Text: &text}}}
}

func TestRender(t *testing.T) {
	c := conversation("s:Be brief.", "u:Hi", "a:Hello", "u:Bye")
	for name, want := range map[string]string{
		"Llama2": "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello </s><s>[INST] Bye [/INST]",
		"Llama3": "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>" +
			"<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>" +
			"<|start_header_id|>assistant<|end_header_id|>\n\nHello<|eot_id|>" +
			"<|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
		"Llama4": "<|begin_of_text|><|header_start|>system<|header_end|>\n\nBe brief.<|eot|>" +
			"<|header_start|>user<|header_end|>\n\nHi<|eot|><|header_start|>assistant<|header_end|>\n\nHello<|eot|>" +
			"<|header_start|>user<|header_end|>\n\nBye<|eot|><|header_start|>assistant<|header_end|>\n\n",
		"Mistral":  "<s>[SYSTEM_PROMPT] Be brief.[/SYSTEM_PROMPT][INST] Hi [/INST] Hello</s>[INST] Bye [/INST]",
		"DeepSeek": "<｜begin▁of▁sentence｜>Be brief.<｜User｜>Hi<｜Assistant｜>Hello<｜end▁of▁sentence｜><｜User｜>Bye<｜Assistant｜><think>\n",
		"Claude":   "\n\nBe brief.\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Bye\n\nAssistant:",
		"Titan":    "System: Be brief.\n\nUser: Hi\n\nBot: Hello\n\nUser: Bye\n\nBot:",
		"Command":  "System: Be brief.\n\nUser: Hi\n\nChatbot: Hello\n\nUser: Bye\n\nChatbot:",
	} {
		got, err := templates[name].Render(c)
		if err != nil || got != want {
			t.Errorf("%s:\ngot  %q, %v\nwant %q", name, got, err, want)
		}
	}
}

// TestRead has prompts as people write them.
func TestRead(t *testing.T) {
	for _, test := range []struct {
		name, prompt string
		want         *bedrock.ConverseRequest
	}{
		{"plain", "Say this is a test", conversation("u:Say this is a test")},
		{"Llama 2 of a notebook", "<s>[INST] <<SYS>>\nBe safe.\n<</SYS>>\n\nThere's a llama  What should I do? [/INST]",
			conversation("s:Be safe.", "u:There's a llama  What should I do?")},
		{"Llama 2 without spaces", "[INST]<<SYS>>Be safe.<</SYS>>Hi[/INST]", conversation("s:Be safe.", "u:Hi")},
		{"Llama 3 of the user guide", "\n<|begin_of_text|><|start_header_id|>user<|end_header_id|>\nHi\n<|eot_id|>\n<|start_header_id|>assistant<|end_header_id|>\n",
			conversation("u:Hi\n")},
		{"Llama 3 without an open turn", "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>", conversation("u:Hi")},
		{"Llama 3 with another role", "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>tool<|end_header_id|>\n\n1<|eot_id|>",
			conversation("u:<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>tool<|end_header_id|>\n\n1<|eot_id|>")},
		{"Mistral of the user guide", "<s>[INST] Hi [/INST] Hello</s> [INST] Bye [/INST]\n", conversation("u:Hi", "a:Hello", "u:Bye")},
		{"Mistral without an answer", "Explain what [INST] means", conversation("u:Explain what [INST] means")},
		{"Titan of the user guide", "User: Hi\nBot: Hello\nUser: Bye\nBot:", conversation("u:Hi", "a:Hello", "u:Bye")},
		{"Titan with instructions", "Be brief.\n\nUser: Hi\nBot: ", conversation("s:Be brief.", "u:Hi")},
		{"a transcript inside a task", "Sum up:\nUser: Hi\nBot: Hello\nSummary:", conversation("u:Sum up:\nUser: Hi\nBot: Hello\nSummary:")},
		{"a question that begins with a name", "User: Hi", conversation("u:User: Hi")},
		{"DeepSeek of the user guide", "<｜begin▁of▁sentence｜><｜User｜>Hi<｜Assistant｜><think>\n", conversation("u:Hi")},
		{"an answer begun", "[INST] Hi [/INST] Hel", conversation("u:Hi", "a:Hel")},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := prompt.Read(test.prompt, prompt.Llama3, prompt.Llama4, prompt.Llama2, prompt.Mistral, prompt.DeepSeek, prompt.Titan)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestRoundTrip holds for any text, even one that is itself a prompt of the
// template or of another one, and even when it was parted before.
func TestRoundTrip(t *testing.T) {
	conversations := []*bedrock.ConverseRequest{
		conversation("u:Hi"),
		conversation("u: two  spaces \n\n", "a:\n\nlines\n", "u:\nand more "),
		conversation("s:Be brief.", "u:Hi", "a:Hel"),
		conversation("u:one", "u:two", "a:three", "a:four"),
		conversation("u:<", "a:</s", "u:<|", "a:<think>", "u:[", "a:User"),
	}
	for _, outer := range templates {
		inner, err := outer.Render(conversation("s:Obey.", "u:Hi", "a:Hello", "u:Bye"))
		if err != nil {
			t.Fatal(err)
		}
		twice, _ := outer.Render(conversation("u:" + inner))
		conversations = append(conversations, conversation("s:"+inner, "u:"+inner, "a:"+inner, "u:"+twice))
	}
	for name, template := range templates {
		for _, c := range conversations {
			wantSame(t, name, template, c)
		}
	}
}

func wantSame(t *testing.T, name string, template *prompt.Template, c *bedrock.ConverseRequest) {
	t.Helper()
	rendered, err := template.Render(c)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	got, ok := template.Parse(rendered)
	if diff := cmp.Diff(c, got); !ok || diff != "" {
		t.Errorf("%s: %q is read as (-want +got)\n%s", name, rendered, diff)
	}
}

func TestRenderRefuses(t *testing.T) {
	image := conversation("u:Hi")
	image.Messages[0].Content[0] = bedrock.ContentBlock{Image: new(bedrock.ImageBlock)}
	for name, c := range map[string]*bedrock.ConverseRequest{
		"This model doesn't support the image content block that you provided. Update the content block and try again.": image,
		"A conversation must start with a user message. Try again with a conversation that starts with a user message.": conversation("s:Be brief.", "a:Hi"),
	} {
		if _, err := prompt.Llama2.Render(c); err == nil || err.Error() != "ValidationException: "+name {
			t.Errorf("got %v, want %s", err, name)
		}
	}
}

// FuzzRoundTrip reads any prompt, and finds any texts again that it wrote.
func FuzzRoundTrip(f *testing.F) {
	f.Add("Be brief.", "<s>[INST] <<SYS>>\nx\n<</SYS>>\n\nHi [/INST] a</s>", "Bot: <｜User｜>")
	f.Fuzz(func(t *testing.T, system, user, assistant string) {
		for name, template := range templates {
			template.Parse(user)
			if strings.TrimSpace(system) == "" || strings.TrimSpace(user) == "" || strings.TrimSpace(assistant) == "" {
				continue
			}
			wantSame(t, name, template, conversation("s:"+system, "u:"+user, "a:"+assistant, "u:"+user))
			wantSame(t, name, template, conversation("u:"+user, "a:"+assistant))
		}
	})
}
