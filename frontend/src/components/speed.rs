//! Speed: from one step a second to as fast as it goes.

use crate::format::{plain, short};
use crate::text;
use shared::event::Speed;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Steps a second at the stations of the slider; beyond the last lies full speed.
const STATIONS: [f64; 13] = [1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 125.0, 250.0, 500.0, 1_000.0, 3_000.0, 10_000.0];

/// The slider and its words, with a further class; `on_change` is told of another speed.
pub fn speed_slider(speed: Speed, disabled: bool, class: Option<&'static str>, on_change: &Callback<Speed>) -> Html {
    let station = station_of(speed);
    let words = match speed {
        Speed::Full => String::from(text::FULL_SPEED),
        Speed::StepsPerSecond(rate) if rate < 1_000.0 => text::steps_a_second(&plain(rate, 3)),
        Speed::StepsPerSecond(rate) => text::steps_a_second(&short(rate)),
    };
    let value = match speed {
        Speed::Full => "full".to_owned(),
        Speed::StepsPerSecond(rate) => rate.to_string(),
    };
    let slide = on_change.reform(|event: InputEvent| {
        speed_at(event.target_unchecked_into::<HtmlInputElement>().value_as_number() as usize)
    });
    html! {
        <div class={classes!("speed", class)} data-control="speed">
            <input type="range" min="0" max={STATIONS.len().to_string()} step="1" value={station.to_string()}
                style={format!("--fill:{}%", station as f64 / STATIONS.len() as f64 * 100.0)} aria-label={text::SPEED}
                aria-valuetext={words.clone()} data-testid="speed" data-value={value} {disabled}
                oninput={slide} />
            <output class="number">{ words }</output>
        </div>
    }
}

fn station_of(speed: Speed) -> usize {
    match speed {
        Speed::Full => STATIONS.len(),
        Speed::StepsPerSecond(rate) => {
            let distance = |station: &f64| (libm::log(*station) - libm::log(rate.max(0.1))).abs();
            let nearest = STATIONS.iter().enumerate().min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)));
            nearest.map_or(0, |(index, _)| index)
        }
    }
}

fn speed_at(station: usize) -> Speed {
    STATIONS.get(station).map_or(Speed::Full, |rate| Speed::StepsPerSecond(*rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_station_is_its_own() {
        for station in 0..=STATIONS.len() {
            assert_eq!(station_of(speed_at(station)), station);
        }
        assert_eq!(speed_at(STATIONS.len()), Speed::Full);
        assert_eq!(station_of(Speed::StepsPerSecond(20.0)), 4);
    }
}
