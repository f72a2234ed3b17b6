use super::*;
use crate::registry;
use shared::parameter::Parameters;
use shared::spec::EnvironmentSpec;

fn environment(parameters: &[(&str, &str)]) -> Racing {
    let given = parameters.iter().map(|(name, value)| ((*name).to_owned(), Value::Text((*value).to_owned()))).collect();
    build(&Resolved::new(&catalog().parameters, &given).unwrap()).unwrap()
}

/// A driver who looks ahead: steers towards the centre line 12 m and more ahead, and brakes before bends.
fn driver(racing: &Racing) -> DrivingControls {
    let track = &racing.rules.track;
    let vehicle = &racing.vehicle;
    let speed = vehicle.speed();
    let aim = track.ahead(racing.place.index, 8.0 + 0.5 * speed);
    let (dx, dy) = (aim.x - vehicle.x, aim.y - vehicle.y);
    let (cosine, sine) = vehicle.direction;
    let steer = 2.5 * libm::atan2(dy * cosine - dx * sine, dx * cosine + dy * sine);
    let sharpest = (0..12)
        .map(|step| track.ahead(racing.place.index, 5.0 + f64::from(step) * (4.0 + speed / 8.0)).curvature.abs())
        .fold(1e-4, f64::max);
    let wanted = libm::sqrt(6.0 / sharpest).min(45.0);
    let (throttle, brake) = if speed < wanted { (0.8, 0.0) } else { (0.0, ((speed - wanted) / 6.0).min(1.0)) };
    DrivingControls { steer, throttle, brake }
}

#[test]
fn a_careful_driver_laps_every_track_validly() {
    for name in ["oval", "club", "technical"] {
        let mut racing = environment(&[("track", name)]);
        racing.reset(Seed::default());
        let mut last = None;
        while !racing.ended() {
            last = Some(racing.control(driver(&racing), None).unwrap());
        }
        assert!(last.unwrap().truncated, "{name}: {}", racing.text());
        assert!(racing.laps.count >= 1 && racing.laps.valid == racing.laps.count, "{name}: {:?}", racing.laps);
        assert!((15.0..110.0).contains(&racing.laps.best_seconds), "{name}: {:?}", racing.laps);
        let mut counters = [0.0; 4];
        racing.counters(&mut counters);
        let length = racing.rules.track.length;
        assert_eq!((counters[3] / length) as u32, racing.laps.count);
    }
}

#[test]
fn rewards_are_those_of_the_formulas() {
    let mut racing = environment(&[]);
    let mut simple = environment(&[("reward", "simple")]);
    for _ in 0..30 {
        let controls = driver(&racing);
        let reward = racing.control(controls, None).unwrap().reward;
        let kmh = racing.vehicle.speed() * 3.6;
        assert_eq!(reward, kmh * (1.0 - racing.place.gap.abs() / 12.0) / 300.0);
        assert_eq!(simple.control(controls, None).unwrap().reward, kmh / 100.0);
    }
    // Across the border: more than two tyres out.
    let half = simple.rules.track.half_width;
    let sample = simple.rules.track.samples[0];
    simple.vehicle = Vehicle::at(sample.x, sample.y + half + 0.7, 0.0);
    simple.vehicle.forward = 10.0;
    simple.place.index = 0;
    let step = simple.control(DrivingControls::default(), None).unwrap();
    assert_eq!((simple.tyres_out, step.terminated), (2, false));
    simple.vehicle = Vehicle::at(sample.x, sample.y + half + 0.72, 0.12);
    simple.vehicle.forward = 10.0;
    let step = simple.control(DrivingControls::default(), None).unwrap();
    assert_eq!(simple.tyres_out, 3);
    assert_eq!(step.reward, simple.vehicle.speed() * 3.6 / 100.0 - 10.0);
    assert!(simple.laps.spoiled);
}

#[test]
fn episodes_end_off_the_track_at_rest_and_in_the_barrier() {
    let mut racing = environment(&[]);
    let mut steps = 0;
    while !racing.step(4).unwrap().ended() {
        steps += 1;
    }
    assert_eq!((steps + 1, racing.outcome()), (100, TOO_SLOW));

    racing.reset(Seed::default());
    while !racing.step(3).unwrap().ended() {}
    assert_eq!(racing.outcome(), OFF_TRACK);
    assert_eq!(racing.step(3), Err(StepError::Ended));

    racing.reset(Seed::default());
    let sample = racing.rules.track.samples[0];
    racing.vehicle = Vehicle::at(sample.x, sample.y + racing.rules.track.half_width + 0.9, std::f64::consts::FRAC_PI_2);
    racing.vehicle.forward = 20.0;
    racing.control(DrivingControls::default(), None).unwrap();
    assert!(racing.damage > 0.5, "{}", racing.damage);
    assert!(racing.vehicle.velocity().1 < 5.0);
}

#[test]
fn observations_stay_within_their_bounds_and_states_below_their_number() {
    for (view, length) in [("plain", 15), ("extended", 31)] {
        let mut racing = environment(&[("view", view), ("start", "random"), ("track", "technical")]);
        let entries = racing.describe().observation;
        assert_eq!(entries.len(), length);
        let mut generator = Generator::new(Seed::new(6).unwrap());
        let mut observation = vec![0.0; length];
        for seed in 0..60 {
            racing.reset(Seed::new(seed).unwrap());
            while !racing.ended() {
                // Mostly throttle, so that it goes somewhere.
                let action = if generator.below(3) == 0 { generator.below(9) as u16 } else { 3 };
                racing.step(action).unwrap();
                racing.observe(&mut observation);
                for (value, entry) in observation.iter().zip(&entries) {
                    assert!((entry.low..=entry.high).contains(value), "{}: {value}", entry.name);
                }
                assert!(racing.state() < racing.state_count());
            }
        }
    }
}

#[test]
fn gears_can_be_chosen() {
    let mut racing = environment(&[]);
    for _ in 0..20 {
        racing.control(DrivingControls { throttle: 1.0, ..DrivingControls::default() }, Some(2)).unwrap();
        assert_eq!(racing.vehicle.gear, 2);
    }
}

#[test]
fn telemetry_tells_all_that_it_names() {
    let mut racing = environment(&[("track", "club")]);
    for _ in 0..200 {
        racing.control(driver(&racing), None).unwrap();
    }
    let frame = racing.telemetry(12.5, 0.101);
    assert_eq!((frame.seq, frame.dt, frame.obs.len()), (200, 0.1, 15));
    let json = serde_json::to_value(&frame).unwrap();
    assert_eq!(json["info"]["accG"].as_array().unwrap().len(), 3);
    assert!((frame.obs[0] * 300.0 - frame.info.speed_kmh).abs() < 1e-9);
    let share = frame.info.normalised_position;
    assert!((0.0..1.0).contains(&share) && frame.info.sector == (share * 3.0) as u8);
    assert!((frame.info.distance / racing.rules.track.length).rem_euclid(1.0) - share < 0.02);
}

#[test]
fn own_tracks_are_taken_or_refused_with_the_place() {
    let own = r#"{"width": 12, "points": [[0,0],[300,0],[300,200],[0,200]]}"#;
    let racing = environment(&[("track", "own"), ("own_track", own)]);
    assert!(racing.describe().subtitle.starts_with("own, "));
    let parameters = Parameters::from([
        ("track".to_owned(), Value::Text("own".into())),
        ("own_track".to_owned(), Value::Text("[]".into())),
    ]);
    let error = registry::build(&EnvironmentSpec { id: "racing".into(), parameters }).unwrap_err();
    assert!(error.to_string().starts_with("racing: own_track: not a track as {\"width\""), "{error}");
}
