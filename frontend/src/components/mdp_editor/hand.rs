//! What pointer and keys do to the graph.

use super::draft::MdpAct;
use super::geometry::{MdpPoint, distance};
use super::graph::MdpNode;
use super::layout::MdpLayout;
use super::picture::id_of;
use super::view::MdpView;
use crate::canvas_size::share_under;
use crate::components::edit_history::StrokeId;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, KeyboardEvent, MouseEvent, PointerEvent, SvgElement};
use yew::prelude::{Callback, NodeRef, UseStateHandle};

/// Beside an edge a mouse hits all the same, and a finger, in pixels of the screen.
const REACH: (f64, f64) = (5.0, 13.0);
/// So far a pointer goes before it drags, in pixels.
const STILL: f64 = 5.0;
/// A step of a state that keys move.
const STEP: f64 = 20.0;

/// What dragging does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MdpTool {
    /// It leads from one to another.
    Link,
    /// It moves states.
    Move,
}

/// A pointer that is pressed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MdpGesture {
    node: Option<MdpNode>,
    /// Where it was pressed on the screen.
    pressed: (f64, f64),
    /// The middle of what was pressed, and the pointer's place from there.
    from: MdpPoint,
    grip: MdpPoint,
    view: MdpView,
    dragged: bool,
    stroke: StrokeId,
}

/// An arrow on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MdpRubber {
    /// Where it begins.
    pub from: MdpPoint,
    /// Where the pointer is.
    pub to: MdpPoint,
    /// What it would lead to.
    pub target: Option<MdpNode>,
}

/// The graph as it is now, and who is told what.
#[derive(Clone, Debug)]
pub struct MdpHand {
    /// The picture.
    pub svg: NodeRef,
    /// Where everything stands.
    pub laid: Rc<MdpLayout>,
    /// What is chosen.
    pub chosen: Option<MdpNode>,
    /// Whether every way into that state ends the episode.
    pub ends: bool,
    /// What leads to the state that is chosen next.
    pub linking: Option<MdpNode>,
    /// What dragging does.
    pub tool: UseStateHandle<MdpTool>,
    /// What is seen.
    pub view: UseStateHandle<MdpView>,
    /// The arrow that is drawn.
    pub rubber: UseStateHandle<Option<MdpRubber>>,
    /// The pointer that is pressed.
    pub gesture: Rc<RefCell<Option<MdpGesture>>>,
    /// The number of the last stroke.
    pub strokes: Rc<RefCell<StrokeId>>,
    /// Whether what is made gets the focus.
    pub follow: Rc<RefCell<bool>>,
    /// Told what is to be done.
    pub act: Callback<MdpAct>,
    /// Told what leads to the state that is chosen next.
    pub on_link: Callback<Option<MdpNode>>,
}

impl MdpHand {
    /// Where a pointer is in the graph, and how much of that a pixel is.
    fn place(&self, event: &MouseEvent, view: MdpView) -> Option<(MdpPoint, f64)> {
        let element = self.svg.cast::<Element>()?;
        let size = element.get_bounding_client_rect();
        let size = (size.width(), size.height());
        Some((view.point(share_under(&element, event), size), view.scale(size)))
    }

    fn next_stroke(&self) -> StrokeId {
        let mut strokes = self.strokes.borrow_mut();
        *strokes += 1;
        *strokes
    }

    /// What is made gets the focus.
    pub fn made(&self, act: MdpAct) {
        self.act.emit(act);
        self.follow.replace(true);
    }

    /// The whole graph is seen.
    pub fn fit(&self, is_narrow: bool) {
        self.view.set(MdpView::around(self.laid.bounds(), is_narrow));
    }

    /// A pointer is pressed.
    pub fn press(&self, event: &PointerEvent) {
        if event.button() != 0 {
            return;
        }
        let Some((point, scale)) = self.place(event, *self.view) else { return };
        let reach = if event.pointer_type() == "touch" { REACH.1 } else { REACH.0 };
        let node = self.laid.hit(point, reach * scale);
        if let Some(svg) = self.svg.cast::<Element>() {
            // Without it the stroke ends at the edge.
            let _ = svg.set_pointer_capture(event.pointer_id());
        }
        // Before anything moves, so that a field that is left is taken first; a finger's own focus would come after all else.
        self.focus(node);
        let from = node.and_then(|node| self.laid.place(node)).unwrap_or(point);
        self.gesture.replace(Some(MdpGesture {
            node,
            pressed: on_screen(event),
            from,
            grip: (point.0 - from.0, point.1 - from.1),
            view: *self.view,
            dragged: false,
            stroke: self.next_stroke(),
        }));
    }

    /// It moves.
    pub fn drag(&self, event: &PointerEvent) {
        let Some(mut now) = *self.gesture.borrow() else { return };
        let there = on_screen(event);
        now.dragged |= distance(now.pressed, there) > STILL;
        if !now.dragged {
            return;
        }
        self.gesture.replace(Some(now));
        let Some((point, scale)) = self.place(event, now.view) else { return };
        match (now.node, *self.tool) {
            (None, _) => {
                let by = ((now.pressed.0 - there.0) * scale, (now.pressed.1 - there.1) * scale);
                self.view.set(now.view.moved(by));
            }
            (Some(MdpNode::State(id)), MdpTool::Move) => {
                self.act.emit(MdpAct::Move(id, (point.0 - now.grip.0, point.1 - now.grip.1), now.stroke));
            }
            (Some(MdpNode::Action(_)), MdpTool::Move) => {}
            (Some(_), MdpTool::Link) => {
                let target = self.laid.hit(point, REACH.1 * scale).filter(|it| matches!(it, MdpNode::State(_)));
                self.rubber.set(Some(MdpRubber { from: now.from, to: point, target }));
            }
        }
    }

    /// It is let go.
    pub fn release(&self, event: &PointerEvent) {
        self.rubber.set(None);
        let Some(now) = self.gesture.take() else { return };
        let Some((point, scale)) = self.place(event, now.view) else { return };
        if event.type_() == "pointercancel" {
            return;
        }
        if !now.dragged {
            if let Some(from) = self.linking {
                self.link(from, now.node);
            } else {
                self.act.emit(MdpAct::Choose(now.node));
            }
        } else if let (Some(from), MdpTool::Link) = (now.node, *self.tool) {
            self.made(match self.laid.hit(point, REACH.1 * scale) {
                Some(MdpNode::State(next)) => MdpAct::Link(from, next),
                // Who lets go on an action means none of the states.
                Some(MdpNode::Action(_)) => MdpAct::Choose(Some(from)),
                None => MdpAct::LinkToNew(from, point),
            });
        }
    }

    /// It is pressed twice.
    pub fn double(&self, event: &MouseEvent) {
        let Some((point, scale)) = self.place(event, *self.view) else { return };
        if self.laid.hit(point, REACH.1 * scale).is_none() {
            self.made(MdpAct::Add(Some(point)));
        }
    }

    fn link(&self, from: MdpNode, node: Option<MdpNode>) {
        if let Some(MdpNode::State(next)) = node {
            self.made(MdpAct::Link(from, next));
            self.on_link.emit(None);
        }
    }

    /// A key is pressed. Whether it was for the graph.
    pub fn key(&self, event: &KeyboardEvent) -> bool {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return false;
        }
        let node = self.focused().or(self.chosen);
        let key = event.key();
        let arrow = match key.as_str() {
            "ArrowLeft" => Some((-1.0, 0.0)),
            "ArrowRight" => Some((1.0, 0.0)),
            "ArrowUp" => Some((0.0, -1.0)),
            "ArrowDown" => Some((0.0, 1.0)),
            _ => None,
        };
        if let Some(arrow) = arrow {
            self.go(node, arrow, event.shift_key());
            return true;
        }
        match (key.as_str(), node, self.linking) {
            ("Enter" | " ", Some(_), Some(from)) => self.link(from, node),
            ("Escape", _, Some(from)) => {
                self.on_link.emit(None);
                self.focus(Some(from));
            }
            ("Enter" | " ", Some(_), None) => self.focus_fields(),
            ("n" | "N", _, None) => self.made(MdpAct::Add(None)),
            ("a" | "A", Some(from), None) => self.on_link.emit(Some(from)),
            ("s" | "S", Some(MdpNode::State(id)), None) => self.act.emit(MdpAct::ToggleStart(id)),
            ("e" | "E", Some(MdpNode::State(id)), None) => self.act.emit(MdpAct::End(id, !self.ends)),
            ("Delete" | "Backspace", Some(node), None) => self.made(MdpAct::Remove(node)),
            ("+", ..) => self.view.set(self.view.zoomed(true)),
            ("-", ..) => self.view.set(self.view.zoomed(false)),
            _ => return false,
        }
        true
    }

    /// Goes to the next node in a direction, or moves a state there.
    fn go(&self, from: Option<MdpNode>, arrow: MdpPoint, moves: bool) {
        match (from, self.linking) {
            (Some(node @ MdpNode::State(id)), None) if moves => {
                let (x, y) = self.laid.place(node).unwrap_or_default();
                let there = (x + arrow.0 * STEP, y + arrow.1 * STEP);
                self.act.emit(MdpAct::Move(id, there, self.next_stroke()));
            }
            (Some(from), linking) => {
                let may = |node| linking.is_none() || matches!(node, MdpNode::State(_));
                if let Some(there) = self.laid.towards(from, arrow, may) {
                    self.focus(Some(there));
                }
            }
            (None, _) => self.focus(self.laid.nodes().next().map(|(node, _)| node)),
        }
    }

    /// Gives the focus to a node, or to the picture where there is none.
    pub fn focus(&self, node: Option<MdpNode>) {
        let Some(svg) = self.svg.cast::<Element>() else { return };
        let found = node.and_then(|node| svg.query_selector(&format!("#{}", id_of(node))).ok().flatten());
        if let Ok(element) = found.unwrap_or(svg).dyn_into::<SvgElement>() {
            // What cannot have the focus leaves it where it is.
            let _ = element.focus();
        }
    }

    /// Gives it to the first field of what is chosen.
    fn focus_fields(&self) {
        let desk = self.svg.cast::<Element>().and_then(|svg| svg.closest(".mdp-desk").ok().flatten());
        let field = desk.and_then(|desk| desk.query_selector(".mdp-fields input").ok().flatten());
        if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
            let _ = field.focus();
        }
    }

    /// The node that has it.
    fn focused(&self) -> Option<MdpNode> {
        let focused = web_sys::window()?.document()?.active_element()?.id();
        self.laid.nodes().map(|(node, _)| node).find(|node| id_of(*node) == focused)
    }
}

fn on_screen(event: &PointerEvent) -> (f64, f64) {
    (f64::from(event.client_x()), f64::from(event.client_y()))
}
