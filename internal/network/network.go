// Package network reads networks of addresses as people write them, in the
// configuration and in policies.
package network

import (
	"errors"
	"net/netip"
	"strings"
)

// mappedBits is the length of what an IPv4 address has before it when it is written as
// one of IPv6.
const mappedBits = 96

// Parse reads a network in CIDR form, or an address as the network of it alone. One of
// IPv4 that is written as one of IPv6 (::ffff:10.0.0.0/104) is that of IPv4, by which
// whoever connects is known. Nobody is known by a zone, so that there must be none.
func Parse(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		address, err := netip.ParseAddr(text)
		if err == nil && address.Zone() != "" {
			err = errors.New("the address has a zone")
		}
		if err != nil {
			return netip.Prefix{}, err
		}
		address = address.Unmap()
		return address.Prefix(address.BitLen())
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	if address := network.Addr(); address.Is4In6() && network.Bits() >= mappedBits {
		network = netip.PrefixFrom(address.Unmap(), network.Bits()-mappedBits)
	}
	return network.Masked(), nil
}
