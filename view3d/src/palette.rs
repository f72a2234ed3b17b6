//! The colours of the page's theme, as the flat stage has them.

use shared::scene::Ink;
use three_d::core::prelude::{Vec3, vec3};

/// The roles that the page's style sheet names, in the order of [`StyleColour`].
const NAMES: [&str; 26] = [
    "--scene-ground",
    "--scene-ground-alternate",
    "--scene-wall",
    "--scene-danger",
    "--scene-goal",
    "--scene-agent",
    "--scene-agent-light",
    "--scene-agent-detail",
    "--scene-prize",
    "--scene-ink",
    "--scene-faint",
    "--scene-white",
    "--scene-black",
    "--scene-water",
    "--scene-plant",
    "--scene-road",
    "--scene-stop",
    "--scene-go",
    "--scene-caution",
    "--scene-wall-top",
    "--glass-high",
    "--glass-low",
    "--paper",
    "--card",
    "--moss",
    "--line",
];

/// Eight hues that colour-blind people can tell apart (Okabe and Ito 2008).
const HUES: [u32; 8] = [0xe6_9f00, 0x56_b4e9, 0x00_9e73, 0xf0_e442, 0x00_72b2, 0xd5_5e00, 0xcc_79a7, 0x7d_8a83];

/// What stands where the style sheet says nothing that can be read.
const UNKNOWN: Vec3 = Vec3 { x: 0.5, y: 0.5, z: 0.5 };

/// A colour that the style sheet names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StyleColour {
    /// Floor.
    Ground = 0,
    /// Other floor.
    GroundAlternate,
    /// Wall, in shade.
    Wall,
    /// A hole.
    Danger,
    /// A goal.
    Goal,
    /// The agent.
    Agent,
    /// The agent's lit side.
    AgentLight,
    /// The agent's details.
    AgentDetail,
    /// Food.
    Prize,
    /// Letters.
    Ink,
    /// Fine lines.
    Faint,
    /// White.
    White,
    /// Black.
    Black,
    /// Water.
    Water,
    /// Grass.
    Plant,
    /// Road.
    Road,
    /// Red light.
    Stop,
    /// Green light.
    Go,
    /// Yellow light.
    Caution,
    /// Wall, in light.
    WallTop,
    /// The lit part of the stage's case.
    GlassHigh,
    /// The shaded part of it.
    GlassLow,
    /// The page.
    Paper,
    /// Panels on the page.
    Card,
    /// The page's accent.
    Moss,
    /// Lines of the page.
    Line,
}

/// The colours of a theme, from 0 to 1 each as screens show them.
#[derive(Clone, Debug, PartialEq)]
pub struct StylePalette {
    colours: [Vec3; NAMES.len()],
}

impl StylePalette {
    /// Reads the colours; `property` gives what the style sheet says for a name.
    pub fn read(property: impl Fn(&str) -> String) -> Self {
        Self { colours: NAMES.map(|name| parse(&property(name)).unwrap_or(UNKNOWN)) }
    }

    /// The colour of a role.
    pub fn role(&self, role: StyleColour) -> Vec3 {
        self.colours[role as usize]
    }

    /// The colour of an ink that an environment names.
    pub fn ink(&self, ink: Ink) -> Vec3 {
        let role = match ink {
            Ink::Ground => StyleColour::Ground,
            Ink::GroundAlternate => StyleColour::GroundAlternate,
            Ink::Wall => StyleColour::Wall,
            Ink::Danger => StyleColour::Danger,
            Ink::Goal => StyleColour::Goal,
            Ink::Agent => StyleColour::Agent,
            Ink::AgentDetail => StyleColour::AgentDetail,
            Ink::Prize => StyleColour::Prize,
            Ink::Ink => StyleColour::Ink,
            Ink::Faint => StyleColour::Faint,
            Ink::White => StyleColour::White,
            Ink::Black => StyleColour::Black,
            Ink::Water => StyleColour::Water,
            Ink::Plant => StyleColour::Plant,
            Ink::Road => StyleColour::Road,
            Ink::Stop => StyleColour::Stop,
            Ink::Go => StyleColour::Go,
            Ink::Caution => StyleColour::Caution,
            Ink::Hue(index) => return hex(HUES[usize::from(index) % HUES.len()]),
        };
        self.role(role)
    }

    /// Whether it is a theme for the night.
    pub fn is_dark(&self) -> bool {
        let paper = self.role(StyleColour::Paper);
        paper.x + paper.y + paper.z < 1.2
    }
}

/// A colour between two: all of `from` at 0, all of `to` at 1.
pub fn mix(from: Vec3, to: Vec3, share: f32) -> Vec3 {
    from + (to - from) * share
}

fn hex(colour: u32) -> Vec3 {
    let part = |shift: u32| (colour >> shift & 255) as f32 / 255.0;
    vec3(part(16), part(8), part(0))
}

/// Reads `#rrggbb`, with or without two digits more for how opaque it is.
fn parse(text: &str) -> Option<Vec3> {
    let digits = text.trim().strip_prefix('#')?;
    u32::from_str_radix(digits.get(..6)?, 16).ok().map(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_the_style_sheet_are_read_and_others_are_grey() {
        let palette = StylePalette::read(|name| match name {
            "--scene-agent" => " #ff8000".into(),
            "--paper" => "#0c120f80".into(),
            _ => "red".into(),
        });
        let agent = palette.ink(Ink::Agent);
        assert_eq!((agent.x, agent.z), (1.0, 0.0));
        assert!((agent.y - 0.502).abs() < 1e-3);
        assert!(palette.is_dark());
        assert_eq!(palette.role(StyleColour::Road), UNKNOWN);
        assert_eq!(palette.ink(Ink::Hue(9)), palette.ink(Ink::Hue(1)));
    }

    #[test]
    fn the_style_sheet_names_every_role() {
        let sheet = include_str!("../../frontend/style/tokens.css");
        for name in NAMES {
            assert_eq!(sheet.matches(&format!("{name}: #")).count(), 3, "{name}, by day and twice by night");
        }
    }
}
