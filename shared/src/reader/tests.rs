use super::*;
use serde::Deserialize;
use std::collections::BTreeMap;

fn read<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, String> {
    let mut reader = MessagePackReader::new(bytes);
    let value = T::deserialize(&mut reader).map_err(|error| error.to_string())?;
    reader.end().map_err(|error| error.to_string())?;
    Ok(value)
}

#[test]
fn numbers_of_every_width_are_read() {
    for value in [0_i64, 1, 127, 128, 255, 256, 65_535, 65_536, i64::MAX, -1, -32, -33, -128, -129, -32_769, i64::MIN] {
        assert_eq!(read::<i64>(&rmp_serde::to_vec(&value).unwrap()), Ok(value));
    }
    assert_eq!(read::<u64>(&rmp_serde::to_vec(&u64::MAX).unwrap()), Ok(u64::MAX));
    assert_eq!(read::<f64>(&[5]), Ok(5.0), "a whole number is a number");
    assert_eq!(read::<f32>(&rmp_serde::to_vec(&0.1_f32).unwrap()), Ok(0.1));
    assert!(read::<u8>(&rmp_serde::to_vec(&300).unwrap()).unwrap_err().contains("300"));
    assert_eq!(read::<u8>(&[0xc3]), Err("expected a number, found true or false".into()));
}

#[test]
fn what_is_cut_off_or_too_long_or_too_deep_is_an_error() {
    assert_eq!(read::<String>(&[0xa5, b'a']), Err("cut off: 5 more bytes expected, 1 are there".into()));
    assert_eq!(read::<bool>(&[0xc2, 0xc2]), Err("1 bytes follow the message".into()));
    assert_eq!(read::<(u8, u8)>(&[0x93, 1, 2, 3]), Err("1 elements too many".into()));
    let deep = [0x91; 1000];
    assert!(read::<serde::de::IgnoredAny>(&deep).unwrap_err().starts_with("cut off"));
    assert_eq!(read::<(u8, u8)>(&[0x91, 1]), Err("fewer elements than expected".into()));
    assert!(read::<Vec<u8>>(&[0xdd, 0xff, 0xff, 0xff, 0xff]).unwrap_err().starts_with("cut off"));
}

#[test]
fn fields_may_come_in_any_order_and_missing_ones_are_named() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Pair {
        first: u8,
        #[serde(default)]
        second: u8,
        third: Option<u8>,
    }
    let map = |entries: &[(&str, u8)]| {
        let fields =
            entries.iter().flat_map(|(name, value)| [&[0xa0 | name.len() as u8], name.as_bytes(), &[*value]].concat());
        [0x80 | entries.len() as u8].into_iter().chain(fields).collect::<Vec<u8>>()
    };
    let read = |entries: &[(&str, u8)]| read::<Pair>(&map(entries));
    assert_eq!(read(&[("third", 3), ("new", 9), ("first", 1)]), Ok(Pair { first: 1, second: 0, third: Some(3) }));
    assert_eq!(read(&[("second", 2), ("first", 1)]), Ok(Pair { first: 1, second: 2, third: None }));
    assert_eq!(read(&[("second", 2)]), Err("missing field `first`".into()));
    assert_eq!(read(&[("first", 1), ("first", 2)]), Err("duplicate field `first`".into()));
    assert!(read(&[("first", 1), ("second", 0xc0)]).unwrap_err().contains("found nil"));
}

#[test]
fn values_of_every_kind_can_be_passed_over() {
    let kinds = rmp_serde::to_vec(&BTreeMap::from([("a", vec![Some(1.5), None]), ("b", vec![])])).unwrap();
    for value in [&kinds[..], &[0xc1], &[0xd4, 1, 2], &[0xc7, 3, 1, 1, 2, 3], &[0xc4, 2, 1, 2], &[0xd3; 9]] {
        assert!(read::<serde::de::IgnoredAny>(value).is_ok(), "{value:?}");
    }
}
