//! The colours of the page's light theme, by role.

use shared::scene::Ink;
use tiny_skia::Color;

/// What lies behind every shape.
pub(super) const PAPER: Colour = Colour(0xf6f4ec);
pub(super) const GROUND: Colour = Colour(0xe9e5d6);
pub(super) const GROUND_ALTERNATE: Colour = Colour(0xdcd7c4);
pub(super) const WALL: Colour = Colour(0x8b8a7c);
pub(super) const WALL_TOP: Colour = Colour(0xa5a496);
pub(super) const DANGER: Colour = Colour(0x3d332d);
pub(super) const DANGER_MARK: Colour = Colour(0xd0664a);
pub(super) const GOAL: Colour = Colour(0x2b7449);
pub(super) const GOAL_GROUND: Colour = Colour(0xd3e6c9);
pub(super) const AGENT: Colour = Colour(0xf0990f);
pub(super) const AGENT_LIGHT: Colour = Colour(0xffbf4d);
pub(super) const AGENT_DETAIL: Colour = Colour(0x2b1c05);
pub(super) const PRIZE: Colour = Colour(0xc43d3d);
pub(super) const LETTERS: Colour = Colour(0x1c2922);
pub(super) const FAINT: Colour = Colour(0xa9aa9a);
pub(super) const WHITE: Colour = Colour(0xffffff);
pub(super) const BLACK: Colour = Colour(0x14110e);
pub(super) const WATER: Colour = Colour(0xb9dbe6);
pub(super) const PLANT: Colour = Colour(0x6ea05f);
pub(super) const ROAD: Colour = Colour(0x9b998f);
pub(super) const STOP: Colour = Colour(0xc9402f);
pub(super) const GO: Colour = Colour(0x2f8f4e);
pub(super) const CAUTION: Colour = Colour(0xd9960a);
pub(super) const MUD: Colour = Colour(0xb89b72);
pub(super) const PLUM: Colour = Colour(0x8a4f83);

/// Eight hues that colour-blind people can tell apart (Okabe and Ito 2008).
const HUES: [Colour; 8] = [
    Colour(0xe69f00),
    Colour(0x56b4e9),
    Colour(0x009e73),
    Colour(0xf0e442),
    Colour(0x0072b2),
    Colour(0xd55e00),
    Colour(0xcc79a7),
    Colour(0x7d8a83),
];

/// An opaque colour as red, green and blue, eight bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour(pub(super) u32);

impl Colour {
    /// The colour of an ink that an environment names.
    pub(super) fn of(ink: Ink) -> Self {
        match ink {
            Ink::Ground => GROUND,
            Ink::GroundAlternate => GROUND_ALTERNATE,
            Ink::Wall => WALL,
            Ink::Danger => DANGER,
            Ink::Goal => GOAL,
            Ink::Agent => AGENT,
            Ink::AgentDetail => AGENT_DETAIL,
            Ink::Prize => PRIZE,
            Ink::Ink => LETTERS,
            Ink::Faint => FAINT,
            Ink::White => WHITE,
            Ink::Black => BLACK,
            Ink::Water => WATER,
            Ink::Plant => PLANT,
            Ink::Road => ROAD,
            Ink::Stop => STOP,
            Ink::Go => GO,
            Ink::Caution => CAUTION,
            Ink::Hue(index) => HUES[usize::from(index) % HUES.len()],
        }
    }

    /// The colour with an opacity from 0 to 255.
    pub(super) fn with_opacity(self, opacity: u8) -> Color {
        let [_, red, green, blue] = self.0.to_be_bytes();
        Color::from_rgba8(red, green, blue, opacity)
    }
}
