//! Addresses: whom they count for.

use std::net::{IpAddr, Ipv6Addr};

/// Whom an address counts for: an IPv6 network of 64 bits belongs to one customer, who has all of its addresses.
pub(crate) fn who(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(network))
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_64_bits_is_one_address() {
        let who = |text: &str| who(text.parse().unwrap());
        assert_eq!(who("2001:db8:1:2:3:4:5:6"), who("2001:db8:1:2::"));
        assert_ne!(who("2001:db8:1:2::"), who("2001:db8:1:3::"));
        assert_ne!(who("10.0.0.1"), who("10.0.0.2"));
    }
}
