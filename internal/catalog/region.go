package catalog

import (
	"cmp"
	"slices"
	"strings"
)

// Location is where a question to the control plane is asked: what the ARNs of
// the answer are made of.
type Location struct {
	// Region is the one of the request's signature; empty means us-east-1.
	Region string
	// Account has twelve digits; empty means 000000000000.
	Account string
}

func (l Location) region() string { return cmp.Or(l.Region, "us-east-1") }

func (l Location) account() string { return cmp.Or(l.Account, "000000000000") }

// partitions begin the ARNs of regions whose names begin so (AWS, "Amazon Resource Names").
var partitions = [...]struct{ region, partition string }{
	{"us-gov-", "aws-us-gov"}, {"cn-", "aws-cn"}, {"eusc-", "aws-eusc"},
	{"us-iso-", "aws-iso"}, {"us-isob-", "aws-iso-b"}, {"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"},
}

// OtherPartitions gives how the names of those regions begin whose ARNs do not begin
// with arn:aws:.
func OtherPartitions() []string {
	var starts []string
	for _, p := range partitions {
		starts = append(starts, p.region)
	}
	return starts
}

// partition is the first part of the ARNs of the region.
func (l Location) partition() string {
	for _, p := range partitions {
		if strings.HasPrefix(l.region(), p.region) {
			return p.partition
		}
	}
	return "aws"
}

// modelARN is the ARN of a foundation model in a region; that of a global
// profile has the region left empty.
func (l Location) modelARN(region, id string) string {
	return "arn:" + l.partition() + ":bedrock:" + region + "::foundation-model/" + id
}

func (l Location) profileARN(kind Kind, id string) string {
	return "arn:" + l.partition() + ":" + kind.service() + ":" + l.region() + ":" + l.account() + ":" + string(kind) + "/" + id
}

// geography is a set of regions that an inference profile routes between.
type geography struct {
	// prefix starts the ids of its profiles, label their names.
	prefix, label string
	// regions are where its profiles route to.
	regions []string
	// from starts the names of the regions that it can be used from.
	from []string
}

// geographies follow the AWS documentation of cross-region inference, which
// routes single models between fewer regions than these.
func geographies() []geography {
	return []geography{
		{"us", "US", []string{"us-east-1", "us-east-2", "us-west-2"}, []string{"us-east-", "us-west-", "ca-"}},
		{"us-gov", "US-GOV", []string{"us-gov-east-1", "us-gov-west-1"}, []string{"us-gov-"}},
		{"eu", "EU", []string{"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-3"}, []string{"eu-"}},
		{"apac", "APAC", []string{"ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2"}, []string{"ap-"}},
		{"jp", "JP", []string{"ap-northeast-1", "ap-northeast-3"}, []string{"ap-northeast-1", "ap-northeast-3"}},
		{"au", "AU", []string{"ap-southeast-2", "ap-southeast-4"}, []string{"ap-southeast-2", "ap-southeast-4"}},
		{"ca", "CA", []string{"ca-central-1", "ca-west-1"}, []string{"ca-"}},
		{"global", "Global", nil, []string{""}},
	}
}

// usableFrom says whether the geography's profiles can be used in a region. A
// region that AWS does not have is taken for one of the United States.
func (g geography) usableFrom(region string) bool {
	if !slices.ContainsFunc(geographies(), func(g geography) bool { return g.prefix != "global" && g.covers(region) }) {
		region = "us-east-1"
	}
	return g.covers(region) && (g.prefix != "global" || !strings.HasPrefix(region, "us-gov-"))
}

func (g geography) covers(region string) bool {
	return slices.ContainsFunc(g.from, func(start string) bool { return strings.HasPrefix(region, start) })
}

// where says where the geography routes to, as in a, b and c.
func (g geography) where() string {
	last := len(g.regions) - 1
	if last < 0 {
		return "globally across all supported AWS Regions"
	}
	return "in " + strings.Join(g.regions[:last], ", ") + " and " + g.regions[last]
}
