package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkRetry judges how often a call is tried.
func (d *decoder) checkRetry(key string, r *Retry) {
	if r != nil && r.Attempts == 0 {
		d.fail(key+".retry.attempts", "there must be a first attempt", "write 1 to never try again")
	}
}

func (d *decoder) checkHeaders(key string, headers map[string]Secret) {
	for header, value := range headers {
		if strings.ContainsAny(header, " :\r\n\t") || header == "" || strings.ContainsAny(string(value), "\r\n") {
			d.fail(key+".headers", fmt.Sprintf("%q is no header", header), "write it as name: value, on one line")
		}
	}
}

func (d *decoder) checkBedrock(key string, b *Bedrock) {
	if b.Region != "" {
		d.checkRegion(key+".region", b.Region)
	}
	if b.Endpoint != "" {
		d.checkEndpoint(key+".endpoint", b.Endpoint, "https://bedrock-runtime.us-east-1.amazonaws.com")
	}
	if (b.AccessKeyID == "") != (b.SecretAccessKey == "") {
		d.fail(key, "an access key needs its secret, and a secret its access key", "give both accessKeyId and secretAccessKeyEnv")
	}
	if b.APIKey != "" && (b.AccessKeyID != "" || b.Profile != "") {
		d.fail(key, "there is an API key beside other credentials", "keep one of them")
	}
}

// checkFailover judges what a provider leads to.
func (d *decoder) checkFailover(key string, p Provider, all map[string]Provider) {
	names := slices.Sorted(maps.Keys(all))
	if len(p.Failover.Members) == 0 {
		d.fail(key, "there is no provider to lead to", "add \"members: \" and a list of \"provider: \" and a name")
	}
	first := map[Member]int{}
	for i, m := range p.Failover.Members {
		at := fmt.Sprintf("%s.members[%d]", key, i)
		if m.Provider == "" {
			d.fail(at, "a member names a provider", "add \"provider: \" and "+alternatives(names))
		} else if _, ok := all[m.Provider]; !ok {
			d.fail(at+".provider", "no provider has the name "+m.Provider, remedy(m.Provider, names))
		}
		if m.Weight > 0 && p.Type == TypeFailover {
			d.fail(at+".weight", "failover asks in the order of the list", "take type: weighted, or delete the line")
		}
		m.Weight = 0
		if before, ok := first[m]; ok {
			d.fail(at, fmt.Sprintf("the same member is there before, as members[%d]", before), "delete one of them")
		} else {
			first[m] = i
		}
	}
}

// checkCycles finds providers that lead back to themselves.
func (d *decoder) checkCycles(all map[string]Provider) {
	done := map[string]bool{}
	var visit func(name string, way []string)
	visit = func(name string, way []string) {
		if done[name] || all[name].Failover == nil {
			return
		}
		way = append(way, name)
		for i, m := range all[name].Failover.Members {
			if at := slices.Index(way, m.Provider); at >= 0 {
				d.fail(fmt.Sprintf("providers.%s.members[%d].provider", name, i),
					"this leads in a circle: "+strings.Join(append(way[at:len(way):len(way)], m.Provider), ", "),
					"take one of them out")
				continue
			}
			visit(m.Provider, way)
		}
		done[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		visit(name, nil)
	}
}

// unled gives the providers that no other leads to.
func unled(all map[string]Provider) []string {
	led := map[string]bool{}
	for _, p := range all {
		if p.Failover != nil {
			for _, m := range p.Failover.Members {
				led[m.Provider] = true
			}
		}
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !led[name] {
			names = append(names, name)
		}
	}
	return names
}
