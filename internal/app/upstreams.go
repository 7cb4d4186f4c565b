package app

import (
	"cmp"

	"github.com/saprolite/saprolite/internal/config"
	format "github.com/saprolite/saprolite/internal/format/anthropic"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/anthropic"
	"github.com/saprolite/saprolite/internal/provider/bedrock"
	"github.com/saprolite/saprolite/internal/provider/failover"
	"github.com/saprolite/saprolite/internal/provider/retry"
)

// retrying is the provider with the attempts that the configuration gives it.
func retrying(made provider.Provider, from config.Provider) provider.Provider {
	r := from.Retry()
	if r == nil {
		return made
	}
	return retry.New(made, retry.Options{Attempts: r.Attempts, MaxWait: r.MaxWait})
}

func (p *providers) makeAnthropic(from *config.Anthropic) (provider.Provider, error) {
	client, err := anthropic.New(anthropic.Options{
		// The bodies of Messages are those of InvokeModel: docs/adr/0013.
		Bodies:          format.New(),
		BaseURL:         from.URL,
		APIKey:          string(from.APIKey),
		Header:          plain(from.Headers),
		DialTimeout:     from.Timeouts.Connect,
		ResponseTimeout: from.Timeouts.FirstByte,
		IdleTimeout:     from.Timeouts.Idle,
	})
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, client)
	return client, nil
}

func (p *providers) makeBedrock(key string, from *config.Bedrock) (provider.Provider, error) {
	client, err := bedrock.New(bedrock.Options{
		Region:          from.Region,
		Profile:         from.Profile,
		Endpoint:        from.Endpoint,
		AccessKeyID:     from.AccessKeyID,
		SecretAccessKey: string(from.SecretAccessKey),
		APIKey:          string(from.APIKey),
		DialTimeout:     from.Timeouts.Connect,
		ResponseTimeout: from.Timeouts.FirstByte,
		IdleTimeout:     from.Timeouts.Idle,
	})
	if err != nil {
		return nil, p.config.Problem(key, err.Error(), "give region and profile as ~/.aws/config has them, or accessKeyId and its secret")
	}
	p.closers = append(p.closers, client)
	return client, nil
}

// makeFailover leads to the members without their own attempts: the next member
// is asked at once, and only when all have failed is a call tried again.
func (p *providers) makeFailover(from config.Provider) (provider.Provider, error) {
	order := failover.InTurn
	if from.Type == config.TypeWeighted {
		order = failover.ByWeight
	}
	var members []failover.Member
	for _, m := range from.Failover.Members {
		to, err := p.bare(m.Provider)
		if err != nil {
			return nil, err
		}
		members = append(members, failover.Member{
			Name: m.Provider, Provider: to, Weight: m.Weight,
			Model: cmp.Or(m.Model, p.config.Providers[m.Provider].DefaultModel()),
		})
	}
	return failover.New(members, failover.Options{
		Order: order, Pause: from.Failover.Pause, MaxPause: from.Failover.MaxPause, Log: p.log,
	}), nil
}

// plain are headers as they are sent.
func plain(secrets map[string]config.Secret) map[string]string {
	header := map[string]string{}
	for name, value := range secrets {
		header[name] = string(value)
	}
	return header
}
