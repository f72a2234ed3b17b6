//! What the bus's driver observes, and how it looks.

use super::route::{self, CAPACITY, CELLS, Cells, FULL_PURSE_TSH, MAX_SPEED, STOPS};
use super::rules::{ARRIVED, CRASH, DESTINATIONS, Daladala, FINED};
use super::stage::{self, DaladalaView};
use shared::scene::Scene;

/// Names of the observation's entries, all from 0 to 1.
pub(super) const ENTRIES: [&str; 24] = [
    "position",
    "speed",
    "passengers",
    "money",
    "at a stop",
    "waiting here",
    "alighting here",
    "red light here",
    "police here",
    "must stop next",
    "bribe asked",
    "stopped here",
    "distance to next stop",
    "distance to next light",
    "next light is red",
    "distance to next police",
    "fined",
    "to stop 1",
    "to stop 2",
    "to stop 3",
    "to stop 4",
    "to Posta",
    "steps until the lights here turn",
    "step",
];

/// Writes the observation.
pub(super) fn observe(bus: &Daladala, into: &mut [f32]) {
    let flag = |value: bool| f32::from(u8::from(value));
    let share = |value: u32, full: u32| (value as f32 / full as f32).min(1.0);
    let stop = route::stop_at(bus.position);
    let lights = bus.lights.cells();
    let stops = STOPS.iter().fold(0, |cells, stop| cells | 1 << stop);
    let ahead = |cells: Cells| route::distance(cells, bus.position).map_or(1.0, |cells| share(cells, 28));
    let next_red = route::distance(lights, bus.position)
        .is_some_and(|cells| route::has(bus.lights.red, bus.position + cells as usize));
    let steps = bus.settings.light_steps;
    let turning = bus.lights.until_turn(bus.position, bus.progress.steps()).map_or(0.0, |left| share(left, steps));
    let (entries, rest) = into.split_at_mut(17);
    entries.copy_from_slice(&[
        share(bus.position as u32, 28),
        share(bus.speed, MAX_SPEED),
        share(bus.passengers, CAPACITY),
        share(bus.money_tsh, FULL_PURSE_TSH),
        flag(stop.is_some()),
        stop.map_or(0.0, |stop| share(u32::from(bus.queues[stop]), 20)),
        stop.map_or(0.0, |stop| share(bus.aboard[stop], CAPACITY)),
        flag(route::has(bus.lights.red, bus.position)),
        flag(route::has(bus.police, bus.position)),
        flag(bus.must_stop(bus.position + 1)),
        flag(bus.bribe_asked),
        flag(bus.stopped_here),
        ahead(stops),
        ahead(lights),
        flag(next_red),
        ahead(bus.police),
        flag(bus.fines > 0),
    ]);
    for (entry, count) in rest.iter_mut().zip(bus.aboard) {
        *entry = share(count, CAPACITY);
    }
    rest[DESTINATIONS..].copy_from_slice(&[turning, share(bus.progress.steps(), bus.settings.step_limit)]);
}

/// The picture of the moment.
pub(super) fn draw(bus: &Daladala) -> Scene {
    stage::draw(&DaladalaView {
        position: bus.position,
        police: bus.posts,
        lights: bus.lights.cells(),
        red: bus.lights.red,
        waiting: bus.queues.map(u32::from),
        passengers: bus.passengers,
        money_tsh: bus.money_tsh,
        speed: bus.speed,
        steps: bus.progress.steps(),
        step_limit: bus.settings.step_limit,
        message: match bus.progress.reason() {
            ARRIVED => "Arrived at Posta",
            CRASH => "Crash",
            FINED => "Stopped by the police: overloaded",
            _ if bus.bribe_asked => "“Kitu kidogo?”, asks the officer",
            _ if bus.alights_at(route::stop_at(bus.position)) => "“Shusha!” Somebody wants to alight",
            _ => "",
        },
    })
}

/// The road as a line of letters, and what is counted.
pub(super) fn text(bus: &Daladala) -> String {
    let lights = bus.lights.cells();
    let mark = |position: usize| match position {
        _ if position == bus.position => 'B',
        _ if route::has(bus.police, position) => 'P',
        _ if route::has(bus.posts, position) => 'p',
        _ if route::has(bus.lights.red, position) => 'R',
        _ if route::has(lights, position) => 'G',
        _ if route::stop_at(position).is_some() => 'S',
        _ => '.',
    };
    let road: String = (0..CELLS).map(mark).collect();
    let bribe = if bus.bribe_asked { "  bribe?" } else { "" };
    format!(
        "{road}\npassengers {} for {:?}  money {} TSh  speed {}  waiting {:?}{bribe}",
        bus.passengers, bus.aboard, bus.money_tsh, bus.speed, bus.queues
    )
}
