package tests

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"

	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/quota/quotatest"
	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/postgres"
	"github.com/saprolite/saprolite/internal/store/storetest"
)

// The callers of the nodes, by what bounds them.
const (
	quotaUser   = "quota"
	budgetUser  = "budget"
	countedUser = "counted"
)

// cluster is two nodes that share a PostgreSQL and a Redis, and nothing else but
// their configuration.
type cluster struct {
	t      *testing.T
	binary string
	config string
	nodes  [2]*program
	data   [2]string
	state  store.Store
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	database, counts := storetest.StartPostgres(t).Database(t), quotatest.StartRedis(t)
	folder := t.TempDir()
	users := ""
	for _, name := range []string{quotaUser, budgetUser, countedUser} {
		users += fmt.Sprintf("      - {name: %s, policies: [AmazonBedrockFullAccess], accessKeys: [{id: %s, secret: %s}]}\n", name, keyID(name), secretOf(name))
	}
	writeAll(t, folder, map[string]string{
		"rules.yaml":      "rules:\n- {reply: Hi there!, usage: {inputTokens: 30, outputTokens: 20}}\n",
		"prices.yaml":     "prices:\n- {model: amazon.*, request: 1}\n",
		"principals.yaml": "accounts:\n  - id: \"123456789012\"\n    users:\n" + users,
		"saprolite.yaml": fmt.Sprintf(`
auth: iam
principals: principals.yaml
providers: {script: {type: script, file: rules.yaml}}
state: {postgres: %q}
redis: {url: %q, timeout: 10s}
quotas: [{name: quota, principals: ["*:user/quota"], tokensPerDay: 500}]
prices: prices.yaml
budgets: [{name: budget, per: principal, only: "*:user/budget", period: monthly, amount: 6.50}]
`, database, counts.URL),
	})
	state, err := postgres.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { state.Close() })
	c := &cluster{t: t, binary: build(t), config: filepath.Join(folder, "saprolite.yaml"), state: state}
	for i := range c.nodes {
		c.data[i] = t.TempDir()
		c.start(i)
	}
	return c
}

// start starts a node, with the data folder that it had before.
func (c *cluster) start(i int) {
	c.nodes[i] = start(c.t, c.binary, "--config", c.config, "--data", c.data[i])
}

func keyID(user string) string { return fmt.Sprintf("AKIA%016s", user) }

func secretOf(user string) string { return "the secret of " + user }

// client asks one node as one of the users.
func (c *cluster) client(i int, user string) *bedrockruntime.Client {
	return bedrockruntime.New(bedrockruntime.Options{
		BaseEndpoint: aws.String(c.nodes[i].variable(c.t, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME")),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider(keyID(user), secretOf(user), ""),
		HTTPClient:   newClient(c.t, http1()),
		Retryer:      aws.NopRetryer{},
	})
}

// ask asks for an answer of exactly the tokens that it will have.
func ask(ctx context.Context, client *bedrockruntime.Client) error {
	_, err := client.Converse(ctx, &bedrockruntime.ConverseInput{
		ModelId:         aws.String("amazon.nova-lite-v1:0"),
		InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(20)},
		Messages: []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{
			&types.ContentBlockMemberText{Value: "Hello"},
		}}},
	})
	return err
}

// refusedAs says whether an error is the exception of that name.
func refusedAs(err error, code string) bool {
	refusal, ok := errors.AsType[smithy.APIError](err)
	return ok && refusal.ErrorCode() == code
}

// TestNodes holds two nodes to limits in sum, and kills one.
func TestNodes(t *testing.T) {
	c := newCluster(t)
	t.Run("quota", c.testQuota)
	t.Run("budget", c.testBudget)
	t.Run("kill", c.testKill)
}

// testQuota asks both nodes at the same time: each answer takes 50 of 500 tokens.
func (c *cluster) testQuota(t *testing.T) {
	const askers, calls, want = 4, 8, 10
	var answered, throttled atomic.Int64
	var group sync.WaitGroup
	for i := range askers {
		client := c.client(i%len(c.nodes), quotaUser)
		group.Go(func() {
			for range calls {
				switch err := ask(t.Context(), client); {
				case err == nil:
					answered.Add(1)
				case refusedAs(err, "ThrottlingException"):
					throttled.Add(1)
				default:
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if answered.Load() != want || throttled.Load() != askers*calls-want {
		t.Errorf("%d calls were answered and %d throttled, want %d and %d", answered.Load(), throttled.Load(), want, askers*calls-want)
	}
}

// testBudget asks the nodes in turn: each answer takes a dollar of 6.50.
func (c *cluster) testBudget(t *testing.T) {
	const calls, want = 12, 7
	answered := 0
	for i := range calls {
		switch err := ask(t.Context(), c.client(i%len(c.nodes), budgetUser)); {
		case err == nil:
			answered++
		case !refusedAs(err, "ServiceQuotaExceededException"):
			t.Error(err)
		}
	}
	if answered != want {
		t.Errorf("%d calls were answered, want %d", answered, want)
	}
}

// testKill kills a node in the midst of its work. Of what its callers have read to
// the end, the state has it all when the node is back, and the other one went on.
func (c *cluster) testKill(t *testing.T) {
	const before, after = 40, 20
	var answered atomic.Int64
	doomed, survivor := c.client(0, countedUser), c.client(1, countedUser)
	killed := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		// What is under way when the node dies may fail; what was answered counts.
		for ask(t.Context(), doomed) == nil {
			if answered.Add(1) == before {
				close(killed)
			}
		}
	})
	group.Go(func() {
		<-killed
		c.nodes[0].kill()
		for range after {
			if err := ask(t.Context(), survivor); err != nil {
				t.Errorf("the node that lives: %v", err)
				return
			}
			answered.Add(1)
		}
	})
	group.Wait()
	c.start(0)
	if err := ask(t.Context(), c.client(0, countedUser)); err != nil {
		t.Errorf("the node that is back: %v", err)
	}
	c.awaitCalls(t, answered.Load()+1)
}

// awaitCalls waits until the state has so many calls that were answered. There may be
// a few more: answers that were on their way when the node died.
func (c *cluster) awaitCalls(t *testing.T, want int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	only := map[meter.Field]string{meter.FieldPrincipal: "arn:aws:iam::123456789012:user/" + countedUser, meter.FieldStatus: "200"}
	for {
		sums, err := c.state.SumUsage(ctx, meter.Query{Only: only})
		if err != nil {
			t.Fatal(err)
		}
		if sums[0].Calls >= want {
			if most := want + 1; sums[0].Calls > most {
				t.Errorf("the state has %d calls, at most %d were made", sums[0].Calls, most)
			}
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("the state has %d calls of %d", sums[0].Calls, want)
		}
	}
}
