package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
)

const (
	// leftTime bounds the question to a server.
	leftTime = 10 * time.Second
	// maxLevels bounds its answer, in bytes.
	maxLevels = 4 << 20
)

// quotaLevels asks what is left of the quotas: Redis, where the servers count
// together, else the server's admin listener.
func quotaLevels(ctx context.Context, settings *config.Config) ([]app.QuotaLevel, error) {
	ctx, cancel := context.WithTimeout(ctx, leftTime)
	defer cancel()
	switch listen := settings.Admin.Listen; {
	case len(settings.Quotas) == 0:
		return nil, errors.New("the configuration has no quotas: name its file with --config, or add quotas to it (docs/quotas.md)")
	case settings.Redis.URL != "":
		levels, err := app.SharedQuotas(ctx, settings)
		if err != nil {
			return nil, fmt.Errorf("the servers count in Redis, which does not answer: see whether the one of redis.url runs and can be reached from here (%w)", err)
		}
		return levels, nil
	case listen.Address == "":
		return nil, errors.New("the server counts in its own memory, and only its admin listener tells: add \"admin: {listen: 127.0.0.1:8485}\" to the configuration, and start it again")
	default:
		return askAdmin(ctx, listen)
	}
}

// askAdmin asks the admin listener of a server on this machine.
func askAdmin(ctx context.Context, listen config.Listener) ([]app.QuotaLevel, error) {
	network, address := "tcp", listen.Address
	if path, ok := listen.Unix(); ok {
		network, address = "unix", path
	}
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		DisableKeepAlives: true,
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://admin/quotas", nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the server's admin listener at %s does not answer, is it running? %w", listen.Address, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxLevels))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server's admin listener at %s answers %s: %s", listen.Address, response.Status, body)
	}
	var levels []app.QuotaLevel
	return levels, json.Unmarshal(body, &levels)
}

// writeLevels prints the levels in one of the formats of the command.
func writeLevels(out io.Writer, format string, levels []app.QuotaLevel) error {
	if format == "json" {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(levels)
	}
	rows := [][]string{{"quota", "account", "principal", "model", "limit", "most", "used", "left", "waiting"}}
	for _, l := range levels {
		rows = append(rows, []string{
			l.Quota, l.Account, l.Principal, l.Model, l.Limit,
			strconv.FormatInt(l.Most, 10), strconv.FormatInt(l.Used, 10), strconv.FormatInt(l.Left, 10), strconv.FormatInt(l.Waiting, 10),
		})
	}
	if format == "csv" {
		w := csv.NewWriter(out)
		return errors.Join(w.WriteAll(rows), w.Error())
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.ToUpper(strings.Join(rows[0], "\t")))
	for _, row := range rows[1:] {
		for i := range row {
			row[i] = cmp.Or(row[i], "-")
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}
