//! Socket addresses: a copy of what a caller's memory held, and the lists that say which are allowed.
//!
//! Apart from the plugin that connects, since an address is parsed once, from the copy, and never again from the caller's memory.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use rustix::io::Errno;

/// A socket address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// IPv4 or IPv6.
    Inet(SocketAddr),
    /// A path of a Unix socket.
    Path(Vec<u8>),
    /// An abstract name of a Unix socket.
    Abstract(Vec<u8>),
    /// `AF_UNSPEC`, which ends an association.
    Unspecified,
    /// Of another family.
    Other(u16),
}

const AF_UNSPEC: u16 = 0;
const AF_UNIX: u16 = 1;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

impl Address {
    /// The address that the bytes of a `struct sockaddr` are.
    ///
    /// # Errors
    /// `EINVAL` for fewer bytes than its family has.
    pub fn parse(bytes: &[u8]) -> io::Result<Self> {
        let too_short = || io::Error::from(Errno::INVAL);
        let part = |from: usize, len: usize| bytes.get(from..from + len).ok_or_else(too_short);
        let family = u16::from_ne_bytes(part(0, 2)?.try_into().expect("two bytes"));
        let port = || -> io::Result<u16> {
            Ok(u16::from_be_bytes(
                part(2, 2)?.try_into().expect("two bytes"),
            ))
        };
        Ok(match family {
            AF_UNSPEC => Self::Unspecified,
            AF_INET => {
                let ip: [u8; 4] = part(4, 4)?.try_into().expect("four bytes");
                // The kernel wants all of the structure.
                part(0, 16)?;
                Self::Inet(SocketAddrV4::new(Ipv4Addr::from(ip), port()?).into())
            }
            AF_INET6 => {
                let ip: [u8; 16] = part(8, 16)?.try_into().expect("sixteen bytes");
                let flow = u32::from_be_bytes(part(4, 4)?.try_into().expect("four bytes"));
                let scope = match bytes.get(24..28) {
                    Some(scope) => u32::from_ne_bytes(scope.try_into().expect("four bytes")),
                    None => 0,
                };
                Self::Inet(SocketAddrV6::new(Ipv6Addr::from(ip), port()?, flow, scope).into())
            }
            AF_UNIX => match &bytes[2..] {
                [] => Self::Other(AF_UNIX),
                [0, name @ ..] => Self::Abstract(name.to_vec()),
                path => {
                    let end = path.iter().position(|&byte| byte == 0);
                    Self::Path(path[..end.unwrap_or(path.len())].to_vec())
                }
            },
            other => Self::Other(other),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(address) => address.fmt(f),
            Self::Path(path) => write!(f, "unix:{}", String::from_utf8_lossy(path)),
            Self::Abstract(name) => write!(f, "unix:@{}", String::from_utf8_lossy(name)),
            Self::Unspecified => f.write_str("unspecified"),
            Self::Other(family) => write!(f, "family {family}"),
        }
    }
}

/// An entry of a list of allowed addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// A network, all of them where there is none, and a port, all where there is none.
    Inet {
        network: Option<(IpAddr, u8)>,
        port: Option<u16>,
    },
    /// A Unix socket.
    Unix(Address),
}

impl Allowed {
    /// Reads `127.0.0.1:5432`, `10.0.0.0/8:*`, `[::1]:80`, `*:53`, `unix:/run/x.sock` or `unix:@name`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text:?} is no address: 127.0.0.1:5432, 10.0.0.0/8:*, [::1]:80, *:53, unix:/run/x.sock or unix:@name"
            )
        };
        if let Some(name) = text.strip_prefix("unix:") {
            return match (name.strip_prefix('@'), name.starts_with('/')) {
                (Some(name), _) => Ok(Self::Unix(Address::Abstract(name.into()))),
                (None, true) => Ok(Self::Unix(Address::Path(name.into()))),
                (None, false) => Err(wrong()),
            };
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port = match port {
            "*" => None,
            port => Some(port.parse().map_err(|_| wrong())?),
        };
        if host == "*" {
            return Ok(Self::Inet {
                network: None,
                port,
            });
        }
        let (host, bits) = match host.split_once('/') {
            Some((host, bits)) => (host, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (host, None),
        };
        // An address with colons of its own stands in brackets, so that the port is plain to see.
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        let ip: IpAddr = match bare {
            Some(host) => IpAddr::V6(host.parse().map_err(|_| wrong())?),
            None => IpAddr::V4(host.parse().map_err(|_| wrong())?),
        };
        let most = if ip.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(format!(
                "{text:?} has {bits} bits of network, and {most} are all there are"
            ));
        }
        Ok(Self::Inet {
            network: Some((ip, bits)),
            port,
        })
    }

    /// Whether an address is one of these.
    pub(crate) fn includes(&self, address: &Address) -> bool {
        match (self, address) {
            (Self::Inet { network, port }, Address::Inet(address)) => {
                // What is IPv4 in the guise of IPv6 goes where IPv4 goes.
                let ip = address.ip().to_canonical();
                port.is_none_or(|port| port == address.port())
                    && network.is_none_or(|(network, bits)| is_in(ip, network, bits))
            }
            (Self::Unix(allowed), address) => allowed == address,
            _ => false,
        }
    }
}

fn is_in(ip: IpAddr, network: IpAddr, bits: u8) -> bool {
    let shifted = |value: u128, width: u8| value.checked_shr(u32::from(width - bits)).unwrap_or(0);
    match (ip, network.to_canonical()) {
        (IpAddr::V4(ip), IpAddr::V4(network)) if bits <= 32 => {
            let of = |ip: Ipv4Addr| shifted(u128::from(u32::from(ip)), 32);
            of(ip) == of(network)
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            let of = |ip: Ipv6Addr| shifted(u128::from(ip), 128);
            of(ip) == of(network)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inet(text: &str) -> Address {
        Address::Inet(text.parse().expect(text))
    }

    #[test]
    fn networks_and_ports() {
        for (allowed, address, is_included) in [
            ("127.0.0.1:5432", "127.0.0.1:5432", true),
            ("127.0.0.1:5432", "127.0.0.1:5433", false),
            ("127.0.0.1:5432", "127.0.0.2:5432", false),
            ("127.0.0.1:5432", "[::ffff:127.0.0.1]:5432", true),
            ("10.0.0.0/8:*", "10.9.8.7:1", true),
            ("10.0.0.0/8:*", "11.0.0.0:1", false),
            ("0.0.0.0/0:80", "1.2.3.4:80", true),
            ("0.0.0.0/0:80", "[::1]:80", false),
            ("[::1]:80", "[::1]:80", true),
            ("[fe80::]/10:*", "[fe80::1]:9", true),
            ("*:53", "[::1]:53", true),
            ("*:53", "9.9.9.9:53", true),
            ("*:53", "9.9.9.9:54", false),
        ] {
            let found = Allowed::parse(allowed)
                .expect(allowed)
                .includes(&inet(address));
            assert_eq!(found, is_included, "{allowed} {address}");
        }
    }

    #[test]
    fn what_is_no_address_is_told() {
        for text in [
            "",
            "localhost:80",
            "::1:80",
            "1.2.3.4",
            "1.2.3.4/33:1",
            "unix:x",
            "1.2.3.4:x",
        ] {
            assert!(Allowed::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn structures_are_read_whole_or_not_at_all() {
        let v4 = [2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(Address::parse(&v4).expect("whole"), inet("127.0.0.1:80"));
        for len in 0..16 {
            assert!(Address::parse(&v4[..len]).is_err(), "{len}");
        }
        let path = b"\x01\0/run/x\0junk";
        assert_eq!(
            Address::parse(path).expect("a path"),
            Address::Path(b"/run/x".to_vec())
        );
        let name = b"\x01\0\0name";
        assert_eq!(
            Address::parse(name).expect("a name"),
            Address::Abstract(b"name".to_vec())
        );
    }
}
