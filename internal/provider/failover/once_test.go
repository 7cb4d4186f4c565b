package failover_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/failover"
)

// maker makes what is no conversation, or fails.
type maker struct {
	provider.NoConversation
	err   error
	asked []string
}

func (m *maker) Embed(_ context.Context, call provider.EmbedCall) (*provider.Embeddings, error) {
	m.asked = append(m.asked, call.Model)
	return &provider.Embeddings{InputTokens: 7}, m.err
}

func (m *maker) Rerank(_ context.Context, call provider.RerankCall) ([]float64, error) {
	m.asked = append(m.asked, call.Model)
	return []float64{0.5}, m.err
}

func (m *maker) GenerateImages(_ context.Context, call provider.ImageCall) ([][]byte, error) {
	m.asked = append(m.asked, call.Model)
	return [][]byte{{1}}, m.err
}

// makings are the calls that are no conversations, of the model m.
var makings = map[string]func(context.Context, provider.Provider) error{
	"Embed": func(ctx context.Context, p provider.Provider) error {
		answer, err := provider.Embed(ctx, p, provider.EmbedCall{Model: "m"})
		if err == nil && answer.InputTokens != 7 {
			return errors.New("another answer")
		}
		return err
	},
	"Rerank": func(ctx context.Context, p provider.Provider) error {
		_, err := provider.Rerank(ctx, p, provider.RerankCall{Model: "m"})
		return err
	},
	"GenerateImages": func(ctx context.Context, p provider.Provider) error {
		_, err := provider.GenerateImages(ctx, p, provider.ImageCall{Model: "m"})
		return err
	},
}

// What is no conversation goes on to the next member too, and refuses where nobody
// makes such things.
func TestOtherCalls(t *testing.T) {
	down := bedrock.WithCause(&bedrock.ServiceUnavailableException{Message: "no"},
		&provider.UpstreamError{Status: http.StatusServiceUnavailable, Err: errors.New("no")})
	for name, do := range makings {
		t.Run(name, func(t *testing.T) {
			first, second := &maker{err: down}, new(maker)
			p := failover.New([]failover.Member{{Provider: first}, {Provider: second, Model: "there"}}, failover.Options{})
			if err := do(t.Context(), p); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff([][]string{{"m"}, {"there"}}, [][]string{first.asked, second.asked}); diff != "" {
				t.Error(diff)
			}
			none := failover.New([]failover.Member{{Provider: provider.NoConversation{}}}, failover.Options{})
			if err := do(t.Context(), none); !isValidation(err) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func isValidation(err error) bool {
	_, ok := errors.AsType[*bedrock.ValidationException](err)
	return ok
}
