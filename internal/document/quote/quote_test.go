package quote_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/document/quote"
)

func TestFind(t *testing.T) {
	policy := "Company leave policy: Employees get 20 days\n annual leave. Consult with your manager for details."
	other := "Call before nine o’clock when you are sick. Employees get 20 days annual leave each year."
	for name, test := range map[string]struct {
		passages []string
		sentence string
		// want pairs what is quoted with what it is quoted from.
		want [][2]string
	}{
		"a clause": {[]string{policy}, "The policy says that employees get 20 days annual leave, and no more.",
			[][2]string{{"employees get 20 days annual leave,", "Employees get 20 days\n annual leave."}}},
		"four words are none": {[]string{policy}, "They get 20 days annual holidays, your manager for details says.", nil},
		"two in a sentence": {[]string{policy, other}, "Consult with your manager for details, but call before nine o’clock when you are ill.",
			[][2]string{{"Consult with your manager for details,", "Consult with your manager for details."}, {"call before nine o’clock when you are", "Call before nine o’clock when you are"}}},
		"the longest": {[]string{policy, other}, "Employees get 20 days annual leave each year",
			[][2]string{{"Employees get 20 days annual leave each year", "Employees get 20 days annual leave each year."}}},
		"the first of equals": {[]string{other, other}, "call before nine o’clock when", [][2]string{{"call before nine o’clock when", "Call before nine o’clock when"}}},
		"over no bound":       {[]string{"one two three", "four five six"}, "one two three four five six", nil},
		"no spaces":           {[]string{"年次有給休暇は二十日です。"}, "社員の年次有給休暇は二十日です。", [][2]string{{"年次有給休暇は二十日です", "年次有給休暇は二十日です"}}},
		"nothing":             {[]string{"", "a b c d e f"}, "", nil},
		"punctuation alone":   {[]string{"- - - - - - -"}, "- - - - - - -", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got [][2]string
			for _, q := range quote.NewFinder(test.passages).Find(test.sentence) {
				got = append(got, [2]string{test.sentence[q.From:q.To], test.passages[q.Passage][q.Start:q.End]})
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestRepetition bounds the work on a text that is made to be slow.
func TestRepetition(t *testing.T) {
	found := quote.NewFinder([]string{strings.Repeat("a ", 200_000)}).Find(strings.Repeat("a ", 400))
	if len(found) != 1 {
		t.Errorf("found %d", len(found))
	}
}

func TestSentence(t *testing.T) {
	for text, want := range map[string]string{
		"One. Two":                   "One.",
		"No end":                     "",
		"No end yet.":                "",
		"3.5 days ago. ":             "3.5 days ago.",
		"“Really?” he":               "“Really?”",
		" If so.\n":                  " If so.",
		"- item\n- item":             "- item",
		"\n\nAfter":                  "",
		"二十日です。次":                    "二十日です。",
		strings.Repeat("word ", 300): strings.TrimSuffix(strings.Repeat("word ", 200), " "),
		strings.Repeat("x", 2000):    strings.Repeat("x", 1000),
	} {
		if got := text[:quote.Sentence(text)]; got != want {
			t.Errorf("%.20q: got %q", text, got)
		}
	}
}
