//! From which address a request comes. Proxies are believed only when configured, one hop after the other from our end.

use http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// The other end of the connection, put into every request's extensions by [`crate::serve`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);

/// The networks of our own proxies.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Such as `10.0.0.0/8`. None at all: `X-Forwarded-For` is never looked at.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Parses networks as configured; tells the first that is none.
    pub fn parse<'a>(networks: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let parse = |text: &str| {
            text.parse()
                .map_err(|_| format!("{text} is not a network such as 10.0.0.0/8"))
        };
        networks
            .into_iter()
            .map(parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The client's address: the last hop that is none of our proxies.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if self.0.is_empty() || !self.trusts(client) {
            return client;
        }
        let sent: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .into_iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        for hop in sent.iter().rev().flat_map(|value| value.rsplit(',')) {
            let Ok(address) = hop.trim().parse::<IpAddr>() else {
                break;
            };
            client = address.to_canonical();
            if !self.trusts(client) {
                break;
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_hop_is_believed_only_when_the_one_before_it_is_ours() {
        let none = TrustedProxies::default();
        let ours = TrustedProxies::parse(["10.0.0.0/8"]).unwrap();
        let table = [
            ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
            ("10.0.0.1", "1.2.3.4, 203.0.113.7", "203.0.113.7"),
            ("10.0.0.1", "203.0.113.7, 10.0.0.2", "203.0.113.7"),
            ("10.0.0.1", "nonsense", "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("198.51.100.1", "203.0.113.7", "198.51.100.1"),
        ];
        for (peer, forwarded, client) in table {
            let headers = HeaderMap::from_iter([(
                http::HeaderName::from_static("x-forwarded-for"),
                HeaderValue::from_static(forwarded),
            )]);
            let peer: IpAddr = peer.parse().unwrap();
            assert_eq!(
                ours.client(peer, &headers),
                client.parse::<IpAddr>().unwrap(),
                "{forwarded}"
            );
            assert_eq!(none.client(peer, &headers), peer);
        }
        assert!(TrustedProxies::parse(["10.0.0.0/99"]).is_err());
    }
}
