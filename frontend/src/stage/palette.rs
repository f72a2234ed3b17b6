//! The palette: the colours of the theme for everything that canvases draw, read once per theme from the style sheet.

use crate::theme;
use shared::scene::Ink;
use std::cell::RefCell;
use std::rc::Rc;

thread_local! {
    static PRESENT: RefCell<(u64, Rc<ScenePalette>)> = RefCell::default();
}

/// Eight hues that colour-blind people can tell apart (Okabe and Ito 2008).
const HUES: [&str; 8] = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#7d8a83"];

/// The roles that the style sheet names `--scene-...`, in the order of [`ScenePalette::scene`].
const ROLES: [&str; 23] = [
    "ground",
    "ground-alternate",
    "wall",
    "wall-top",
    "danger",
    "danger-mark",
    "goal",
    "goal-ground",
    "agent",
    "agent-light",
    "agent-detail",
    "prize",
    "ink",
    "faint",
    "white",
    "black",
    "water",
    "plant",
    "road",
    "stop",
    "go",
    "caution",
    "mud",
];

/// A colour of the scene beyond the inks that environments name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SceneColour {
    /// Floor.
    Ground = 0,
    /// Other floor.
    GroundAlternate,
    /// Wall, in shade.
    Wall,
    /// Wall, in light.
    WallTop,
    /// A hole.
    Danger,
    /// The mark in a hole.
    DangerMark,
    /// A goal's sprout.
    Goal,
    /// The soil under a sprout.
    GoalGround,
    /// The agent.
    Agent,
    /// The agent's lit side.
    AgentLight,
    /// The agent's eye.
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
    /// Water and ice.
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
    /// Mud.
    Mud,
}

/// The colours of the present theme.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScenePalette {
    scene: Vec<String>,
    /// The agent's path.
    pub trail: String,
    /// The page's accent.
    pub moss: String,
    /// Second accent.
    pub amber: String,
    /// Third accent.
    pub blue: String,
    /// Fourth accent.
    pub plum: String,
    /// Bad news.
    pub rust: String,
    /// Lines of panels and grids.
    pub line: String,
    /// Letters of the page.
    pub ink: String,
    /// Quiet letters.
    pub soft: String,
    /// The background of panels.
    pub card: String,
    /// The font stack.
    pub letters: String,
}

impl ScenePalette {
    /// The colours of the present theme, read when it changes.
    pub fn present() -> Rc<Self> {
        PRESENT.with_borrow_mut(|(generation, palette)| {
            if *generation != theme::generation() {
                *generation = theme::generation();
                *palette = Rc::new(Self::read());
            }
            Rc::clone(palette)
        })
    }

    /// Reads the colours as the style sheet has them now.
    fn read() -> Self {
        let style = web_sys::window().and_then(|window| {
            let root = window.document()?.document_element()?;
            window.get_computed_style(&root).ok().flatten()
        });
        let get = |name: &str| {
            let value = style.as_ref().and_then(|style| style.get_property_value(name).ok());
            value.map(|it| it.trim().to_owned()).unwrap_or_default()
        };
        Self {
            scene: ROLES.iter().map(|role| get(&format!("--scene-{role}"))).collect(),
            trail: get("--scene-trail"),
            moss: get("--moss"),
            amber: get("--amber"),
            blue: get("--blue"),
            plum: get("--plum"),
            rust: get("--rust"),
            line: get("--line"),
            ink: get("--ink"),
            soft: get("--soft"),
            card: get("--card"),
            letters: get("--letters"),
        }
    }

    /// The colour of a role.
    pub fn role(&self, role: SceneColour) -> &str {
        self.scene.get(role as usize).map_or("#888888", String::as_str)
    }

    /// The colour of an ink that an environment names.
    pub fn ink(&self, ink: Ink) -> &str {
        match ink {
            Ink::Ground => self.role(SceneColour::Ground),
            Ink::GroundAlternate => self.role(SceneColour::GroundAlternate),
            Ink::Wall => self.role(SceneColour::Wall),
            Ink::Danger => self.role(SceneColour::Danger),
            Ink::Goal => self.role(SceneColour::Goal),
            Ink::Agent => self.role(SceneColour::Agent),
            Ink::AgentDetail => self.role(SceneColour::AgentDetail),
            Ink::Prize => self.role(SceneColour::Prize),
            Ink::Ink => self.role(SceneColour::Ink),
            Ink::Faint => self.role(SceneColour::Faint),
            Ink::White => self.role(SceneColour::White),
            Ink::Black => self.role(SceneColour::Black),
            Ink::Water => self.role(SceneColour::Water),
            Ink::Plant => self.role(SceneColour::Plant),
            Ink::Road => self.role(SceneColour::Road),
            Ink::Stop => self.role(SceneColour::Stop),
            Ink::Go => self.role(SceneColour::Go),
            Ink::Caution => self.role(SceneColour::Caution),
            Ink::Hue(index) => HUES[usize::from(index) % HUES.len()],
        }
    }
}
