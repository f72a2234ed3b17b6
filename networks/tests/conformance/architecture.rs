//! Networks as data: what is read is checked, and refused with the layer's name.

use crate::common::{Chance, architecture};
use networks::{Architecture, Optimiser};

fn refused(text: &str) -> String {
    serde_json::from_str::<Architecture>(text).expect_err("it should be refused").to_string()
}

const VALUE: &str = r#"{"name":"value","layers":[{"dense":{"units":1,"activation":"linear","initial":"kaiming"}}]}"#;

#[test]
fn what_is_written_is_read() {
    for seed in 0..50 {
        let architecture = architecture(&mut Chance(seed), 30, true);
        let text = serde_json::to_string(&architecture).unwrap();
        assert_eq!(serde_json::from_str::<Architecture>(&text).unwrap(), architecture, "{text}");
    }
    let small = format!(r#"{{"input":{{"vector":{{"length":4}}}},"heads":[{VALUE}]}}"#);
    assert_eq!(serde_json::from_str::<Architecture>(&small).unwrap().weights(), 5);
}

#[test]
fn layers_that_do_not_fit_are_named() {
    let trunk =
        |layers: &str| format!(r#"{{"input":{{"vector":{{"length":4}}}},"trunk":[{layers}],"heads":[{VALUE}]}}"#);
    let dense = |units: &str| format!(r#"{{"dense":{{"units":{units},"activation":"relu","initial":"kaiming"}}}}"#);
    assert_eq!(
        refused(&trunk(&format!("{},{}", dense("8"), dense("0")))),
        "layer 2 of the trunk (dense): the number of units is 0, and must be from 1 to 8192"
    );
    let window = |kernel: usize, padding: usize| {
        format!(
            r#"{{"convolution":{{"filters":2,"kernel":{kernel},"stride":1,"padding":{padding},"activation":"relu",
            "initial":{{"orthogonal":{{"gain":1.0}}}}}}}}"#
        )
    };
    assert!(refused(&trunk(&window(3, 1))).contains("layer 1 of the trunk (convolution): it slides over a board"));
    let board = |layers: &str| {
        format!(r#"{{"input":{{"board":{{"rows":3,"columns":3,"channels":1}}}},"trunk":[{layers}],"heads":[{VALUE}]}}"#)
    };
    let error = refused(&board(&format!("{},{}", window(3, 0), window(2, 0))));
    assert!(error.contains("layer 2 of the trunk (convolution): its window of 2 x 2 does not fit the board of 1 x 1"));
    assert!(refused(&board(&window(3, 3))).contains("the padding is 3, and must be from 0 to 2"));
    let wide = trunk(&format!("{},{},{}", dense("8192"), dense("8192"), dense("8192")));
    assert!(refused(&wide).contains("layer 2 of the trunk (dense): the network has 67158016 weights with it"));
    let gain = board(&window(3, 1).replace("1.0", "0.0"));
    assert!(refused(&gain).contains("the gain is 0, and must be from 0.000001 to 100"));
}

#[test]
fn inputs_and_heads_that_cannot_be_are_named() {
    let of =
        |length: usize, heads: &str| format!(r#"{{"input":{{"vector":{{"length":{length}}}}},"heads":[{heads}]}}"#);
    assert!(refused(&of(0, VALUE)).contains("the input has 0 numbers"));
    assert!(refused(&of(4, "")).contains("the network has no head"));
    assert!(refused(&of(4, r#"{"name":"value","layers":[]}"#)).contains("the head \"value\" has no layer"));
    assert!(refused(&of(4, &format!("{VALUE},{VALUE}"))).contains("a head is called \"value\""));
    assert!(refused(&of(4, &VALUE.replace("value", "trunk"))).contains("a head is called \"trunk\""));
    assert!(refused(&of(4, &VALUE.replace("value", "V(s)"))).contains("a head is called \"V(s)\""));
    let huge =
        format!(r#"{{"input":{{"board":{{"rows":{0},"columns":{0},"channels":9}}}},"heads":[{VALUE}]}}"#, u64::MAX);
    assert!(refused(&huge).contains("numbers, and must have from 1 to 1048576"), "{}", refused(&huge));
}

#[test]
fn optimisers_are_checked_when_they_are_read() {
    let read = serde_json::from_str::<Optimiser>;
    let text = serde_json::to_string(&Optimiser::ADAM).unwrap();
    assert_eq!(read(&text).unwrap(), Optimiser::ADAM);
    let error = read(r#"{"adam":{"first_decay":1.0,"second_decay":0.9,"epsilon":1e-8}}"#).unwrap_err().to_string();
    assert_eq!(error, "the first decay of the optimiser is 1, and must be at least 0 and below 1");
    assert!(Optimiser::rms_prop(0.9, 0.0).unwrap_err().to_string().contains("epsilon of the optimiser is 0"));
    assert!(Optimiser::rms_prop(0.9, f32::NAN).is_err());
}
