//! The codec refuses everything that is not a message, by name, and reads everything that is.

use crate::devour::devour;
use crate::samples::{client_messages, log_events, server_messages, state_events};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use proptest::prelude::*;
use rand_core::SeedableRng as _;
use rand_xoshiro::Xoshiro256PlusPlus;
use shared::codec::{self, CodecError, Event as _, MAX_MESSAGE_BYTES, Message as _};
use shared::command::Command;
use shared::episode::{EpisodeBin, Episodes, Stat};
use shared::event::{LogEvent, Speed, StateEvent, StateKind, Values};
use shared::identity::{Epoch, Offset, RunId};
use shared::message::LogEntry;
use shared::parameter::Value;
use shared::{ClientMessage, Column, Payload, ServerMessage};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

/// Every valid message, encoded, of either direction.
fn valid_bytes() -> Vec<Vec<u8>> {
    let client = client_messages().into_iter().map(|(_, it)| codec::to_bytes(&it).unwrap());
    client.chain(server_messages().into_iter().map(|(_, it)| codec::to_bytes(&it).unwrap())).collect()
}

fn valid_texts() -> Vec<String> {
    let client = client_messages().into_iter().map(|(_, it)| codec::to_text(&it).unwrap());
    client.chain(server_messages().into_iter().map(|(_, it)| codec::to_text(&it).unwrap())).collect()
}

fn any_stat() -> impl Strategy<Value = Stat> {
    prop::array::uniform6(prop::num::f64::NORMAL | prop::num::f64::ZERO).prop_map(
        |[sum, sum_of_squares, m2, min, max, last]| {
            let m2 = Some(m2).filter(|it| *it > 0.0);
            Stat { sum, sum_of_squares, m2, min, max, last }
        },
    )
}

fn any_bin() -> impl Strategy<Value = EpisodeBin> {
    let outcomes = prop::collection::btree_map("\\PC{0,12}", any_stat(), 0..4).prop_map(|it| it.into_iter().collect());
    let episode = (prop::num::f64::NORMAL | prop::num::f64::ZERO, any::<u32>(), any::<u8>());
    let each = prop::option::of(prop::collection::vec(episode, 0..9).prop_map(|episodes| {
        let mut each = Episodes::default();
        for (copy, (value, length, outcome)) in episodes.into_iter().enumerate() {
            each.push(copy as u32 / 5, value, length.into(), outcome);
        }
        Box::new(each)
    }));
    (any::<u64>(), any::<u64>(), any::<u64>(), any::<u64>(), any_stat(), any_stat(), outcomes, each).prop_map(
        |(first_episode, last_episode, count, step, episodic_return, length, outcomes, each)| EpisodeBin {
            first_episode,
            last_episode,
            count,
            step,
            episodic_return,
            length,
            outcomes,
            each,
        },
    )
}

fn any_values() -> impl Strategy<Value = Values> {
    let column = || prop::collection::vec(prop::num::f32::NORMAL | prop::num::f32::ZERO, 0..600).prop_map(Column);
    let overlays = prop::collection::btree_map("[a-z]{1,8}", column(), 0..3).prop_map(|it| it.into_iter().collect());
    (any::<u32>(), any::<u32>(), column(), column(), prop::option::of(column()), overlays).prop_map(
        |(states, actions, q, td_error, policy, overlays)| Values {
            states,
            actions,
            visits: q.iter().map(|it| it.to_bits()).collect(),
            q,
            td_error,
            policy,
            overlays,
        },
    )
}

fn any_command() -> impl Strategy<Value = Command> {
    prop_oneof![
        prop::option::of(any::<u64>()).prop_map(|until_episode| Command::Resume { until_episode }),
        prop::option::of(any::<u16>()).prop_map(|action| Command::Step { action, box_action: None }),
        (1e-3..1e9_f64).prop_map(|rate| Command::SetSpeed { speed: Speed::StepsPerSecond(rate) }),
        any::<bool>().prop_map(|watch| Command::WatchGreedy { watch }),
        Just(Command::Pause {}),
    ]
}

proptest! {
    #[test]
    fn log_events_survive_binary_text_and_compression(bins in prop::collection::vec(any_bin(), 1..6), first: u32) {
        let entry = |(index, bin): (usize, &EpisodeBin)| LogEntry {
            offset: Offset(u64::from(first) + index as u64),
            time_millis: 1.5,
            event: Payload::plain(&LogEvent::Episodes(bin.clone())).unwrap(),
        };
        let message = ClientMessage::Log {
            run: RunId::new("r").unwrap(),
            epoch: Epoch(3),
            entries: bins.iter().enumerate().map(entry).collect(),
        };
        prop_assert_eq!(&codec::from_bytes::<ClientMessage>(&codec::to_bytes(&message).unwrap()).unwrap(), &message);
        prop_assert_eq!(&codec::from_text::<ClientMessage>(&codec::to_text(&message).unwrap()).unwrap(), &message);
        for bin in bins {
            let event = LogEvent::Episodes(bin);
            prop_assert_eq!(Payload::compressed(&event).unwrap().decode().unwrap(), event);
        }
    }

    #[test]
    fn value_tables_survive_compression(values in any_values()) {
        let event = StateEvent::Values(values);
        let plain = Payload::plain(&event).unwrap();
        let small = Payload::compressed(&event).unwrap();
        prop_assert!(small.as_bytes().len() <= plain.as_bytes().len());
        prop_assert_eq!(plain.decode().unwrap(), event.clone());
        prop_assert_eq!(small.decode().unwrap(), event);
    }

    #[test]
    fn commands_survive_binary_and_text(command in any_command(), request: u64) {
        let message = ServerMessage::Command { run: RunId::new("r").unwrap(), request, command };
        prop_assert_eq!(&codec::from_bytes::<ServerMessage>(&codec::to_bytes(&message).unwrap()).unwrap(), &message);
        prop_assert_eq!(&codec::from_text::<ServerMessage>(&codec::to_text(&message).unwrap()).unwrap(), &message);
    }

    #[test]
    fn random_bytes_are_refused_by_name(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        devour(&bytes);
    }

    #[test]
    fn random_text_is_refused_by_name(text in "[\\[\\]{}\",:a-z0-9 ]{0,200}") {
        devour(text.as_bytes());
    }

    #[test]
    fn damaged_messages_are_refused_by_name_or_read_as_others(
        which: prop::sample::Index,
        cut: prop::sample::Index,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let all = valid_bytes();
        let mut bytes = all[which.index(all.len())].clone();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        devour(&bytes);
        devour(&bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn damaged_texts_are_refused_by_name_or_read_as_others(
        which: prop::sample::Index,
        place: prop::sample::Index,
        letter in "[\\[\\]{}\",:a0-]",
    ) {
        let all = valid_texts();
        let mut letters: Vec<char> = all[which.index(all.len())].chars().collect();
        let place = place.index(letters.len());
        letters[place] = letter.chars().next().unwrap();
        devour(letters.iter().collect::<String>().as_bytes());
    }
}

#[test]
fn the_codec_stands_what_is_kept_of_fuzzing() {
    let kept = include_str!("../../../fuzz/kept/codec.hex");
    assert!(kept.lines().count() > 100);
    for line in kept.lines() {
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        devour(&line.as_bytes().chunks(2).map(byte).collect::<Vec<_>>());
    }
}

/// A taste of what `cargo xtask fuzz` does for longer, always the same.
#[test]
fn the_codec_stands_messages_spliced_by_chance() {
    let mut chance = Xoshiro256PlusPlus::seed_from_u64(42);
    let mut seeds = valid_bytes();
    seeds.extend(valid_texts().into_iter().map(String::into_bytes));
    for _ in 0..20_000 {
        let mut pick = |most: usize| (chance.next_u64() % most as u64) as usize;
        let (one, other) = (&seeds[pick(seeds.len())], &seeds[pick(seeds.len())]);
        let mut bytes = one[..pick(one.len() + 1)].to_vec();
        bytes.extend_from_slice(&other[pick(other.len())..]);
        for _ in 0..pick(8) {
            let place = pick(bytes.len());
            bytes[place] = pick(256) as u8;
        }
        devour(&bytes);
    }
}

#[test]
fn a_message_that_is_cut_off_anywhere_is_malformed() {
    for bytes in valid_bytes() {
        for end in 0..bytes.len() {
            let error = codec::from_bytes::<ClientMessage>(&bytes[..end]).unwrap_err();
            assert!(matches!(error, CodecError::Malformed { .. } | CodecError::UnknownKind { .. }), "{error}");
        }
    }
}

#[test]
fn bytes_after_a_message_are_refused() {
    let mut bytes = codec::to_bytes(&ClientMessage::Ping { nonce: 1 }).unwrap();
    bytes.push(0);
    let error = codec::from_bytes::<ClientMessage>(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "malformed message: 1 bytes follow the message");
}

#[test]
fn an_unknown_field_of_a_message_is_ignored() {
    let later = (rmpv::Value::from("added_in_a_later_version"), rmpv::Value::from(vec![rmpv::Value::from(1)]));
    for (name, message) in client_messages() {
        let bytes = codec::to_bytes(&message).unwrap();
        let mut value = rmpv::decode::read_value(&mut bytes.as_slice()).unwrap();
        let rmpv::Value::Map(kinds) = &mut value else { panic!("{name}") };
        let rmpv::Value::Map(fields) = &mut kinds[0].1 else { panic!("{name}") };
        fields.insert(0, later.clone());
        let mut longer = Vec::new();
        rmpv::encode::write_value(&mut longer, &value).unwrap();
        assert_eq!(codec::from_bytes::<ClientMessage>(&longer).unwrap(), message, "{name}");

        let mut value: serde_json::Value = serde_json::from_str(&codec::to_text(&message).unwrap()).unwrap();
        let kind = value.as_object().unwrap().keys().next().unwrap().clone();
        value[kind]["added_in_a_later_version"] = serde_json::json!([1]);
        assert_eq!(codec::from_text::<ClientMessage>(&value.to_string()).unwrap(), message, "{name}");
    }
}

#[test]
fn an_unknown_kind_is_named() {
    let unknown = CodecError::UnknownKind { kind: "dance".into() };
    assert_eq!(codec::from_text::<ClientMessage>(r#"{"dance": {"steps": 3}}"#), Err(unknown.clone()));
    let bytes = b"\x81\xa5dance\x81\xa5steps\x03";
    assert_eq!(codec::from_bytes::<ClientMessage>(bytes), Err(unknown.clone()));
    assert_eq!(codec::from_bytes::<ServerMessage>(bytes), Err(unknown));
    let command = r#"{"command": {"run": "r", "request": 1, "command": {"dance": {}}}}"#;
    let error = codec::from_text::<ClientMessage>(command).unwrap_err().to_string();
    assert!(error.starts_with("malformed message: unknown variant `dance`"), "{error}");
}

#[test]
fn wrong_values_are_refused_with_the_allowed_range() {
    let seed = r#"{"command": {"run": "r", "request": 1, "command": {"reset": {"seed": 9007199254740992}}}}"#;
    let error = codec::from_text::<ClientMessage>(seed).unwrap_err().to_string();
    assert!(error.contains("a whole number from 0 to 9007199254740991, not 9007199254740992"), "{error}");
    let name = r#"{"withdraw": {"run": "../etc"}}"#;
    let error = codec::from_text::<ClientMessage>(name).unwrap_err().to_string();
    assert!(error.contains("../etc"), "{error}");
}

#[test]
fn values_that_are_not_finite_travel_in_bytes_and_as_words_in_text() {
    let run = RunId::new("a").unwrap();
    let values = [("a", f64::NAN), ("b", f64::INFINITY), ("c", f64::NEG_INFINITY), ("d", 0.5)];
    let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let metrics =
        Payload::plain(&LogEvent::Metrics { step: 1, episode: 0, values, statistics: BTreeMap::new() }).unwrap();
    let mut each = Episodes::default();
    each.push(0, f64::NEG_INFINITY, 3, 0);
    let bin = EpisodeBin { episodic_return: Stat::of(f64::NAN), each: Some(Box::new(each)), ..a_bin() };
    let bin = Payload::plain(&LogEvent::Episodes(bin)).unwrap();
    let entry = |(offset, event)| LogEntry { offset: Offset(offset), time_millis: 0.0, event };
    let entries: Vec<_> = [(0, metrics), (1, bin)].into_iter().map(entry).collect();
    let message = ServerMessage::Log { run, epoch: Epoch(1), entries: entries.clone() };
    let text = codec::to_text(&message).unwrap();
    assert!(text.contains(r#""values":{"a":"NaN","b":"Infinity","c":"-Infinity","d":0.5}"#), "{text}");
    assert!(text.contains(r#""returns":["-Infinity"],"lengths":[3]"#), "{text}");
    assert!(text.contains(r#""return":{"sum":"NaN","sum_of_squares":"NaN","m2":0.0,"min":"NaN""#), "{text}");
    for read in [codec::from_text(&text).unwrap(), codec::from_bytes(&codec::to_bytes(&message).unwrap()).unwrap()] {
        let ServerMessage::Log { entries: read, .. } = read else { panic!("{read:?}") };
        for (read, sent) in read.iter().zip(&entries) {
            assert_eq!(read.event.as_bytes(), sent.event.as_bytes());
        }
    }
}

fn a_bin() -> EpisodeBin {
    let (_, event) = log_events().into_iter().find(|(name, _)| *name == "episodes").unwrap();
    let LogEvent::Episodes(bin) = event else { panic!("{event:?}") };
    bin
}

#[test]
fn oversized_messages_are_refused_unread() {
    let bytes = vec![0; MAX_MESSAGE_BYTES + 1];
    let too_large = CodecError::TooLarge { bytes: MAX_MESSAGE_BYTES + 1, limit: MAX_MESSAGE_BYTES };
    assert_eq!(codec::from_bytes::<ClientMessage>(&bytes), Err(too_large.clone()));
    let text = " ".repeat(MAX_MESSAGE_BYTES + 1);
    assert_eq!(codec::from_text::<ClientMessage>(&text), Err(too_large));
}

#[test]
fn lengths_that_lie_and_nests_without_end_are_refused() {
    // A byte string, a list and a map that claim four thousand million entries.
    for liar in [&b"\xc6\xff\xff\xff\xff\x00"[..], b"\xdd\xff\xff\xff\xff\x00", b"\xdf\xff\xff\xff\xff\x00"] {
        devour(liar);
        devour(&[b"\x81\xa5tapes", liar].concat());
        devour(&[b"\x81\xa3log\x81\xa7entries", liar].concat());
    }
    let deep = [b"\x81\xa4ping\x82\xa4more".to_vec(), vec![0x91; 1 << 20]].concat();
    devour(&deep);
    devour(format!(r#"{{"ping": {{"more": {}"#, "[".repeat(1 << 20)).as_bytes());
}

#[test]
fn depth_and_entries_of_maps_are_bounded_in_both_forms() {
    let nested =
        |depth: usize| format!(r#"{{"ping": {{"nonce": 1, "more": {}1{}}}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(codec::from_text::<ClientMessage>(&nested(62)).is_ok());
    let error = codec::from_text::<ClientMessage>(&nested(63)).unwrap_err().to_string();
    assert!(error.contains("nested too deep"), "{error}");
    // Brackets within texts nest nothing.
    let quoted = format!(r#"{{"ping": {{"nonce": 1, "more": "\"{}"}}}}"#, "[{".repeat(500));
    assert!(codec::from_text::<ClientMessage>(&quoted).is_ok());

    let metrics = |count: usize| {
        let values = (0..count).map(|it| (format!("m{it}"), 0.0)).collect();
        LogEvent::Metrics { step: 0, episode: 0, values, statistics: BTreeMap::new() }
    };
    for (count, is_read) in [(4096, true), (4097, false)] {
        let payload = Payload::plain(&metrics(count)).unwrap();
        assert_eq!(payload.decode().is_ok(), is_read, "{count}");
        let event = codec::to_text(&metrics(count)).unwrap();
        let entry = format!(r#"{{"offset": 0, "time_millis": 0, "event": {event}}}"#);
        let text = format!(r#"{{"log": {{"run": "r", "epoch": 1, "entries": [{entry}]}}}}"#);
        assert_eq!(codec::from_text::<ClientMessage>(&text).is_ok(), is_read, "{count}");
    }
}

#[test]
fn state_of_kinds_that_nobody_knows_is_left_out_and_the_rest_is_read() {
    let entry = |kind: &str| {
        let event = rmpv::Value::Binary(b"\x81\xa6policy\x80".to_vec());
        let fields = [("kind", kind.into()), ("sequence", 4.into()), ("event", event)];
        rmpv::Value::Map(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
    };
    let counts = rmpv::Value::Map(vec![("policy".into(), 3.into()), ("frame".into(), 2.into())]);
    let fields = [
        ("run", "r".into()),
        ("epoch", 1.into()),
        ("entries", rmpv::Value::Array(vec![entry("policy"), entry("frame")])),
        ("skipped", counts),
    ];
    let body = rmpv::Value::Map(fields.into_iter().map(|(name, value)| (name.into(), value)).collect());
    let message = rmpv::Value::Map(vec![("state".into(), body)]);
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &message).unwrap();
    let ServerMessage::State { entries, skipped, .. } = codec::from_bytes(&bytes).unwrap() else { panic!("no state") };
    assert_eq!(entries.iter().map(|it| (it.kind, it.sequence)).collect::<Vec<_>>(), [(StateKind::Frame, 4)]);
    assert_eq!(skipped, BTreeMap::from([(StateKind::Frame, 2)]));
    for kind in StateKind::ALL {
        let name = serde_json::to_value(kind).unwrap();
        assert_eq!(StateKind::named(name.as_str().unwrap()), Some(kind));
    }
}

#[test]
fn a_zip_bomb_is_refused_before_it_unpacks() {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let page = vec![0; 1 << 20];
    for _ in 0..256 {
        encoder.write_all(&page).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    assert!(bomb.len() < 300_000);
    let error = Payload::<StateEvent>::from_bytes(bomb).decode().unwrap_err();
    assert_eq!(error, CodecError::TooLarge { bytes: MAX_MESSAGE_BYTES + 1, limit: MAX_MESSAGE_BYTES });
}

#[test]
fn a_damaged_compressed_event_is_malformed() {
    let many: Vec<_> = (0..500).map(|it| f64::from(it) * 0.1).map(|it| it as f32).collect();
    let event = StateEvent::Values(Values {
        states: 500,
        actions: 1,
        q: many.clone().into(),
        visits: vec![1; 500].into(),
        td_error: many.into(),
        policy: None,
        overlays: BTreeMap::new(),
    });
    let whole = Payload::compressed(&event).unwrap().as_bytes().to_vec();
    assert_eq!(whole[0], 0x78, "compressed");
    let cut = Payload::<StateEvent>::from_bytes(whole[..whole.len() / 2].to_vec()).decode();
    assert!(matches!(cut, Err(CodecError::Malformed { .. })), "{cut:?}");
    let mut damaged = whole;
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    let found = Payload::<StateEvent>::from_bytes(damaged).decode();
    assert!(matches!(found, Err(CodecError::Malformed { .. })), "{found:?}");
}

#[test]
fn no_plain_event_looks_compressed() {
    for (name, event) in log_events() {
        assert_ne!(Payload::plain(&event).unwrap().as_bytes()[0], 0x78, "{name}");
    }
    for (name, event) in state_events() {
        assert_ne!(Payload::plain(&event).unwrap().as_bytes()[0], 0x78, "{name}");
    }
}

#[test]
fn parameters_are_plain_scalars_in_text() {
    for (value, text) in [
        (Value::Flag(true), "true"),
        (Value::Integer(-3), "-3"),
        (Value::Number(0.5), "0.5"),
        (Value::Text("S.G".into()), "\"S.G\""),
    ] {
        assert_eq!(serde_json::to_string(&value).unwrap(), text);
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), value);
    }
}

#[test]
fn json_with_what_is_no_number_names_it_and_the_way_out() {
    let publish = |value: &str| {
        format!(
            "{{\"log\": {{\"run\": \"r\", \"epoch\": 1, \"entries\": [{{\"offset\": 0, \"time_millis\": 0,\n\"event\": {{\"metrics\": \
             {{\"step\": 1, \"episode\": 1, \"values\": {{\"losses/NaN\": {value}}}}}}}}}]}}}}"
        )
    };
    assert!(codec::from_text::<ClientMessage>(&publish("1.5")).is_ok());
    for word in ["NaN", "Infinity", "-Infinity", "nan", "-inf"] {
        let error = codec::from_text::<ClientMessage>(&publish(word)).unwrap_err().to_string();
        let column = publish(word).lines().nth(1).unwrap().find(&format!(": {word}}}")).unwrap() + 3;
        assert!(error.contains(&format!("{word} at line 2 column {column}: JSON has neither")), "{error}");
        assert!(error.contains("as the text \"NaN\"") && error.contains("or send binary messages"), "{error}");
    }
    let error = codec::from_text::<ClientMessage>(&publish("oops")).unwrap_err().to_string();
    assert!(error.contains("expected value at line 2"), "{error}");
}

#[test]
fn the_names_before_1_2_are_still_read() {
    let renamed =
        |old: &str, new: &str, text: &str| text.replacen(&format!("{{\"{new}\":"), &format!("{{\"{old}\":"), 1);
    for (name, event) in log_events().into_iter().filter(|(name, _)| name.starts_with("recorded_episode")) {
        let old = renamed("tape", "recorded_episode", &serde_json::to_string(&event).unwrap());
        assert!(old.starts_with("{\"tape\""), "{old}");
        assert_eq!(serde_json::from_str::<LogEvent>(&old).unwrap(), event, "{name}");
    }
    for (new, old) in [("optimal_solution", "truth"), ("recorded_episodes", "tapes")] {
        let events = state_events();
        let (_, event) = events.iter().find(|(name, _)| *name == new).unwrap();
        let text = renamed(old, new, &serde_json::to_string(event).unwrap());
        assert!(text.starts_with(&format!("{{\"{old}\"")), "{text}");
        assert_eq!(serde_json::from_str::<StateEvent>(&text).unwrap(), *event);
        assert_eq!(serde_json::from_str::<StateKind>(&format!("\"{old}\"")).unwrap(), event.kind());
    }
}

/// The kinds of some messages or events, from what they are in text.
fn kinds_of<T: serde::Serialize>(samples: Vec<(&'static str, T)>) -> BTreeSet<String> {
    let kind = |(_, it): (_, T)| serde_json::to_value(&it).unwrap().as_object().unwrap().keys().next().unwrap().clone();
    samples.into_iter().map(kind).collect()
}

#[test]
fn every_kind_is_known_by_its_name() {
    let known = |kinds: &[&str], old: &[&str]| {
        kinds.iter().filter(|it| !old.contains(it)).map(|it| (*it).to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(known(ClientMessage::KINDS, &[]), kinds_of(client_messages()));
    assert_eq!(known(ServerMessage::KINDS, &[]), kinds_of(server_messages()));
    assert_eq!(known(LogEvent::KINDS, &["tape"]), kinds_of(log_events()));
    assert_eq!(known(StateEvent::KINDS, &["truth", "tapes"]), kinds_of(state_events()));
}
