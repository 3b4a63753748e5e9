//! Addresses and networks. An IPv4 address mapped into IPv6 is the IPv4 address, a network is cut to its prefix.

use super::quoted;
use ipnet::{IpNet, Ipv4Net};
use std::net::IpAddr;

/// Reads an address.
///
/// # Errors
/// A text that is none.
pub fn parse_ip(text: &str) -> Result<IpAddr, String> {
    read_ip(text).ok_or_else(|| format!("{} is no IP address", quoted(text)))
}

/// Reads an address; nothing for a text that is none.
#[must_use]
pub fn read_ip(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|ip: IpAddr| ip.to_canonical())
}

/// Reads a network: `10.0.0.0/8`, `2001:db8::/32`.
///
/// # Errors
/// A text that is none.
pub fn parse_cidr(text: &str) -> Result<IpNet, String> {
    read_cidr(text).ok_or_else(|| format!("{} is no CIDR: expected text like `10.0.0.0/8`", quoted(text)))
}

/// Reads a network; nothing for a text that is none.
#[must_use]
pub fn read_cidr(text: &str) -> Option<IpNet> {
    /// Bits of the prefix of mapped addresses.
    const MAPPED: u8 = 96;
    let net: IpNet = text.parse().ok()?;
    let mapped = match net {
        IpNet::V6(v6) => v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(MAPPED)),
        IpNet::V4(_) => None,
    };
    match mapped {
        Some((addr, prefix)) => Some(Ipv4Net::new(addr, prefix).map_or(net, IpNet::V4).trunc()),
        None => Some(net.trunc()),
    }
}

/// True for addresses that are not routed over the internet: private, carrier NAT, loopback, link-local, unique local.
#[must_use]
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        assert_eq!(parse_ip("::ffff:10.1.2.3").unwrap(), parse_ip("10.1.2.3").unwrap());
        assert_eq!(parse_cidr("10.1.2.3/8").unwrap().to_string(), "10.0.0.0/8");
        assert_eq!(parse_cidr("::ffff:10.0.0.0/104").unwrap().to_string(), "10.0.0.0/8");
        assert!(parse_cidr("10.0.0.0").is_err() && parse_cidr("10.0.0.0/33").is_err() && parse_ip("10.0.0").is_err());
        let private = |s| is_private(parse_ip(s).unwrap());
        assert!(private("10.0.0.1") && private("100.64.0.1") && private("fd00::1") && private("::1"));
        assert!(!private("8.8.8.8") && !private("2001:4860:4860::8888"));
    }
}
