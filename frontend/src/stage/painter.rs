//! The painter: keeps one canvas showing one session.

use super::camera::{Camera, seen_from, slice, state_at};
use super::labels::SceneLabels;
use super::layer::{Paint, StateLayer, layout_in, painted_states};
use super::overlay::{self, PaintedStates};
use super::palette::{SceneColour, ScenePalette};
use super::pen::CanvasPen;
use super::scene;
use super::tween::Tween;
use crate::canvas_size::{CanvasSize, device_ratio};
use crate::session::Session;
use crate::theme;
use js_sys::{Reflect, Uint8Array};
use shared::describe::{EnvironmentDescription, StateLayout};
use shared::event::{Frame, Phase};
use shared::scene::{Scene, Shape};
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};

/// Above this rate frames have nothing to do with each other: the creature is shown a few times a second only.
const BLUR_STEPS_PER_SECOND: f64 = 400.0;

/// How long a frame of a fast run is held, in milliseconds.
const HOLD_MILLIS: f64 = 180.0;

/// What is switched on.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the page")]
pub struct Overlays {
    /// What the colours tell.
    pub paint: Paint,
    /// Numbers in the cells.
    pub numbers: bool,
    /// Arrows of the best actions.
    pub arrows: bool,
    /// The value of every action.
    pub action_values: bool,
    /// The path of the episode.
    pub trail: bool,
    /// How much a network's decision depends on each cell of a board.
    pub looks: bool,
}

impl Default for Overlays {
    fn default() -> Self {
        Self { paint: Paint::Values, numbers: true, arrows: true, action_values: false, trail: true, looks: false }
    }
}

/// An environment to show as long as its run has sent nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The environment.
    pub environment: EnvironmentDescription,
    /// Its picture.
    pub scene: Scene,
    /// The states that led there.
    pub trail: Vec<u32>,
}

/// What a painter is asked to show.
#[derive(Clone, Debug, PartialEq)]
pub struct StageContent {
    /// The run.
    pub session: Session,
    /// What is switched on.
    pub overlays: Overlays,
    /// The state that is looked at.
    pub inspected: Option<u32>,
    /// What to show before the first frame.
    pub preview: Option<Rc<Preview>>,
}

/// Keeps one canvas showing one session, drawing only when something changed.
#[derive(Debug)]
pub struct StagePainter {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    size: CanvasSize,
    content: StageContent,
    drawn: Option<(u64, u64, (u32, u32), bool)>,
    camera: Camera,
    tween: Tween,
    frame: Option<Rc<Frame>>,
    frame_since: f64,
}

/// A scene that leaves less room than this at the side and below covers the corners, in pixels of the page.
const CORNER: (f64, f64) = (84.0, 84.0);

impl StagePainter {
    /// A painter for a canvas.
    pub fn new(canvas: HtmlCanvasElement, content: StageContent) -> Option<Self> {
        let context = canvas.get_context("2d").ok().flatten()?.dyn_into().ok()?;
        let (drawn, frame) = (None, None);
        let (camera, tween) = Default::default();
        let size = CanvasSize::watch(&canvas);
        Some(Self { canvas, context, size, content, drawn, camera, tween, frame, frame_since: 0.0 })
    }

    /// Asks for something else.
    pub fn show(&mut self, content: StageContent) {
        if self.content != content {
            if self.content.session != content.session {
                self.frame = None;
            }
            self.content = content;
            self.drawn = None;
        }
    }

    /// The state under a point of the canvas, given as shares of its width and height.
    pub fn state_under(&self, (x, y): (f64, f64)) -> Option<u32> {
        let (width, height) = (f64::from(self.canvas.width()), f64::from(self.canvas.height()));
        let (x, y) = self.camera.to_scene(x * width, y * height);
        state_at(&layout_of(&self.content)?, x, y)
    }

    /// Draws if anything changed.
    pub fn draw(&mut self, now: f64) {
        let ratio = device_ratio();
        let (width, height) = self.size.get();
        let (width, height) = ((width * ratio).round() as u32, (height * ratio).round() as u32);
        let depth = self.in_depth();
        let mark = (self.content.session.view().revision, theme::generation(), (width, height), depth.is_some());
        if width == 0 || (self.drawn == Some(mark) && !self.tween.is_moving(now)) {
            return;
        }
        if (self.canvas.width(), self.canvas.height()) != (width, height) {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        self.drawn = Some(mark);
        self.take_frame(now);
        self.context.clear_rect(0.0, 0.0, f64::from(width), f64::from(height));
        let palette = ScenePalette::present();
        let view = self.content.session.view();
        let environment = match (&view.started, &self.content.preview) {
            (Some(started), _) => &started.environment,
            (None, Some(preview)) => &preview.environment,
            (None, None) => return,
        };
        let scene = match (&self.content.preview, &self.frame) {
            (Some(preview), _) => &preview.scene,
            (None, Some(frame)) => &frame.scene,
            (None, None) => return,
        };
        if let Some(depth) = depth {
            let scene = shared::codec::to_bytes(scene).unwrap_or_default();
            // The element takes whatever comes.
            let _ = Reflect::set(&depth, &"scene".into(), &Uint8Array::from(&scene[..]));
            return;
        }
        self.camera = Camera::fit((scene.width, scene.height), (f64::from(width), f64::from(height)));
        let pen = CanvasPen { context: &self.context, palette: &palette, camera: self.camera, ratio };

        let layout = layout_in(environment, view.values.as_deref());
        let (floor, details, front) = depths(scene, layout);
        self.tell_room(ratio);
        let labels = SceneLabels::place(&scene.shapes, self.camera, ratio, &|text, size| pen.width(text, size, 560));
        scene::draw(pen, &labels, floor.iter().copied());
        if layout.is_none() {
            scene::draw(pen, &labels, details.iter().copied());
        }
        if let Some(layout) = layout {
            let here = match (&self.content.preview, &self.frame) {
                (Some(preview), _) => preview.trail.last().copied(),
                (None, Some(frame)) => seen_from(frame),
                (None, None) => None,
            };
            let seen = slice(layout, here);
            let shown = painted_states(environment, &seen, scene, view.solution.as_deref());
            let overlays = &self.content.overlays;
            let trail: &[u32] = match (&self.content.preview, &self.frame) {
                _ if !overlays.trail => &[],
                (Some(preview), _) => &preview.trail[..],
                (None, Some(frame)) => &frame.trail,
                (None, None) => &[],
            };
            let states = PaintedStates { layout: &seen, shown: &shown, path: trail };
            let values = view.values.as_deref();
            let data = (values, view.solution.as_deref());
            let layer = StateLayer::of(&overlays.paint, environment, data, &shown, &view.scales);
            if let Some(layer) = &layer {
                overlay::paint(pen, states, layer);
            }
            let draw_trail = || overlay::trail(pen, layout, trail, self.agent_place(front, now));
            // The words of boxes stand over everything, the path between them included.
            let boxes = matches!(layout, StateLayout::Boxes { .. });
            if boxes {
                draw_trail();
            }
            match layer.as_ref().filter(|_| boxes) {
                Some(layer) => overlay::words(pen, &labels, states, layer, &details),
                None => scene::draw(pen, &labels, details),
            }
            if let Some(values) = values.filter(|_| overlays.arrows && !overlays.action_values) {
                let numbered = overlays.numbers && layer.is_some();
                overlay::arrows(pen, states, layer.as_ref(), numbered, (values, environment));
            }
            if !boxes {
                draw_trail();
            }
            if let Some(values) = values.filter(|_| overlays.action_values) {
                overlay::action_values(pen, states, layer.as_ref(), values, environment);
            } else if let Some(layer) = layer.as_ref().filter(|_| overlays.numbers) {
                overlay::numbers(pen, states, layer);
            }
        }
        self.draw_front(pen, &labels, front, now);
        if let (Some(board), Some(network), true) = (&environment.board, &view.network, self.content.overlays.looks) {
            overlay::looks(pen, board, &network.decision.saliency);
        }
        if let (Some(layout), Some(state)) = (layout, self.content.inspected) {
            overlay::focus(pen, layout, state);
        }
    }

    /// What shows the scene in three dimensions instead, where that is switched on.
    fn in_depth(&self) -> Option<Element> {
        self.canvas.parent_element()?.previous_element_sibling().filter(|it| it.has_attribute("on"))
    }

    /// Tells the style sheet whether the lower corners of the case are free.
    fn tell_room(&self, ratio: f64) {
        let below = f64::from(self.canvas.height()) - self.camera.top - self.camera.size.1;
        let full = self.camera.left < CORNER.0 * ratio && below < CORNER.1 * ratio;
        // An attribute with a fixed name cannot be refused.
        let _ = self.canvas.set_attribute("data-full", if full { "true" } else { "false" });
    }

    /// Where the agent's sprite is drawn now, in pixels.
    fn agent_place(&self, front: &[Shape], now: f64) -> Option<(f64, f64)> {
        if !self.tween.is_moving(now) {
            return None;
        }
        let sprites = front.iter().filter_map(|shape| match shape {
            Shape::Sprite { x, y, ink, .. } => Some((*x, *y, *ink)),
            _ => None,
        });
        let (index, (x, y, _)) = sprites.enumerate().find(|(_, (_, _, ink))| *ink == shared::scene::Ink::Agent)?;
        let (dx, dy) = self.tween.shift(index, now);
        Some(self.camera.to_canvas(f64::from(x + dx), f64::from(y + dy)))
    }

    fn draw_front(&self, pen: CanvasPen<'_>, labels: &SceneLabels<'_>, front: &[Shape], now: f64) {
        let mut sprite = 0;
        for shape in front {
            let mut pen = pen;
            if matches!(shape, Shape::Sprite { .. }) {
                let (dx, dy) = self.tween.shift(sprite, now);
                pen.camera.left += f64::from(dx) * pen.camera.scale;
                pen.camera.top += f64::from(dy) * pen.camera.scale;
                sprite += 1;
            }
            scene::draw(pen, labels, [shape]);
        }
        pen.fill_with(SceneColour::Ink);
    }

    /// Takes the newest frame; one of a fast run is held for a moment, so that the eye can follow.
    fn take_frame(&mut self, now: f64) {
        let view = self.content.session.view();
        let Some(newest) = view.frame.as_ref() else {
            self.frame = None;
            return;
        };
        if self.frame.as_ref().is_some_and(|frame| Rc::ptr_eq(frame, newest)) {
            return;
        }
        let fast = view.phase() == Phase::Running && view.status.steps_per_second > BLUR_STEPS_PER_SECOND;
        let same_environment = self
            .frame
            .as_ref()
            .is_some_and(|it| it.scene.width == newest.scene.width && it.scene.height == newest.scene.height);
        if fast && same_environment && now - self.frame_since < HOLD_MILLIS {
            return;
        }
        let moment = (newest.episode, newest.episode_step);
        self.tween.show(&newest.scene, moment, now, theme::wants_stillness());
        self.frame = Some(Rc::clone(newest));
        self.frame_since = now;
    }
}

/// A scene in three depths: what colours are painted over, what stands over the colours, and what moves over all.
///
/// The colours of a grid lie on its cells; those of boxes on everything but words. What moves begins with the first
/// sprite.
fn depths<'a>(scene: &'a Scene, layout: Option<&StateLayout>) -> (Vec<&'a Shape>, Vec<&'a Shape>, &'a [Shape]) {
    let first_sprite = scene.shapes.iter().position(|it| matches!(it, Shape::Sprite { .. }));
    let (back, front) = scene.shapes.split_at(first_sprite.unwrap_or(scene.shapes.len()));
    let last_cells = back.iter().rposition(|it| matches!(it, Shape::Cells { .. })).map_or(0, |index| index + 1);
    let (floor, details) = match layout {
        Some(StateLayout::Boxes { .. }) => back.iter().partition(|it| !matches!(it, Shape::Text { .. })),
        Some(StateLayout::Grid { .. }) | None => {
            let (floor, details) = back.split_at(last_cells);
            (floor.iter().collect(), details.iter().collect())
        }
    };
    (floor, details, front)
}

/// Where the states are now, for walking over them by keyboard and pointing at them.
pub fn layout_of(content: &StageContent) -> Option<StateLayout> {
    let view = content.session.view();
    let environment = match (&view.started, &content.preview) {
        (Some(started), _) => &started.environment,
        (None, Some(preview)) => &preview.environment,
        (None, None) => return None,
    };
    let layout = layout_in(environment, view.values.as_deref());
    let here = view.frame.as_ref().and_then(|frame| seen_from(frame));
    layout.map(|layout| slice(layout, here).into_owned())
}
