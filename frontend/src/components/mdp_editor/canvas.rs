//! The graph to draw on, by pointer, finger and keyboard.

use super::draft::{MdpAct, MdpDraft};
use super::geometry::{MdpPoint, distance};
use super::graph::{MdpGraphFault, MdpNode};
use super::layout::MdpLayout;
use super::picture::{MdpPicture, id_of, number};
use super::solution::MdpOutlook;
use super::view::MdpView;
use crate::canvas_size::share_under;
use crate::components::edit_history::StrokeId;
use crate::language::Text;
use crate::text::mdp_editor as words;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement, SvgElement};
use yew::prelude::*;

/// Beside an edge a mouse hits all the same, and a finger, in pixels of the screen.
const REACH: (f64, f64) = (5.0, 13.0);
/// So far a pointer goes before it drags, in pixels.
const STILL: f64 = 5.0;
/// A step of a state that keys move.
const STEP: f64 = 20.0;
/// A screen that is narrower than this is that of a telephone.
const NARROW: f64 = 700.0;

/// What dragging does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MdpTool {
    /// It leads from one to another.
    Link,
    /// It moves states.
    Move,
}

/// What is drawn, and who is told what.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct MdpCanvasProps {
    /// It.
    pub draft: MdpDraft,
    /// Where it stands.
    pub laid: Rc<MdpLayout>,
    /// What it is worth.
    pub outlook: MdpOutlook,
    /// What is wrong.
    pub faults: Vec<MdpGraphFault>,
    /// What leads to the state that is chosen next.
    pub linking: Option<MdpNode>,
    /// Told what is to be done.
    pub act: Callback<MdpAct>,
    /// Told what leads to the state that is chosen next.
    pub on_link: Callback<Option<MdpNode>>,
    /// What was made by keys or buttons gets the focus: how often that was so.
    pub follow: Rc<RefCell<bool>>,
}

/// A pointer that is pressed.
#[derive(Clone, Copy, Debug, PartialEq)]
struct MdpGesture {
    node: Option<MdpNode>,
    /// Where it was pressed, on the screen and in the graph.
    pressed: (f64, f64),
    from: MdpPoint,
    /// From the middle of what it moves.
    grip: MdpPoint,
    view: MdpView,
    dragged: bool,
    stroke: StrokeId,
}

/// An arrow on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
struct MdpRubber {
    from: MdpPoint,
    to: MdpPoint,
    target: Option<MdpNode>,
}

/// The graph.
#[component]
pub fn MdpCanvas(props: &MdpCanvasProps) -> Html {
    let MdpCanvasProps { draft, laid, linking, act, .. } = props;
    let svg = use_node_ref();
    let tool = use_state(|| MdpTool::Link);
    let view = {
        let laid = Rc::clone(laid);
        use_state(move || MdpView::around(laid.bounds(), is_narrow()))
    };
    let rubber = use_state_eq(|| None::<MdpRubber>);
    let gesture = use_mut_ref(|| None::<MdpGesture>);
    let strokes = use_mut_ref(|| 0 as StrokeId);
    let fit = {
        let (view, laid) = (view.setter(), Rc::clone(laid));
        Callback::from(move |()| view.set(MdpView::around(laid.bounds(), is_narrow())))
    };
    {
        // Another picture is seen as a whole; what a key or a button made is brought into sight.
        let fit = fit.clone();
        let shown = use_mut_ref(|| draft.pictures);
        let (follow, svg, view) = (Rc::clone(&props.follow), svg.clone(), view.clone());
        let (chosen, laid, pictures, linking) = (draft.chosen, Rc::clone(laid), draft.pictures, *linking);
        use_effect(move || {
            if shown.replace(pictures) != pictures {
                fit.emit(());
            }
            if follow.replace(false) {
                let place = chosen.and_then(|node| laid.place(node));
                if place.is_some_and(|place| !view.shows(place, 0.0)) {
                    fit.emit(());
                }
                // An action leads to a state: the first of them is looked at, from which keys go on.
                let first = laid.states.first().map(|(id, _)| MdpNode::State(*id));
                focus(&svg, if matches!(linking, Some(MdpNode::Action(_))) { first } else { chosen });
            }
        });
    }
    let current = draft.chosen.or_else(|| laid.nodes().next().map(|(node, _)| node));
    let picture = MdpPicture {
        version: draft.version(),
        laid,
        solution: props.outlook.solution(),
        faults: &props.faults,
        chosen: draft.chosen,
        current,
        target: rubber.and_then(|it| it.target),
        on_focus: {
            let (act, is_linking) = (act.clone(), linking.is_some());
            Callback::from(move |node| {
                if !is_linking {
                    act.emit(MdpAct::Choose(Some(node)));
                }
            })
        },
    };
    let place = {
        let svg = svg.clone();
        move |event: &MouseEvent, view: MdpView| {
            let element = svg.cast::<Element>()?;
            let size = element.get_bounding_client_rect();
            let size = (size.width(), size.height());
            Some((view.point(share_under(&element, event), size), view.scale(size)))
        }
    };
    let link_to = {
        let (act, on_link, follow) = (act.clone(), props.on_link.clone(), Rc::clone(&props.follow));
        move |from: MdpNode, node: Option<MdpNode>| {
            if let Some(MdpNode::State(next)) = node {
                act.emit(MdpAct::Link(from, next));
                follow.replace(true);
                on_link.emit(None);
            }
        }
    };
    let pressed = {
        let (gesture, view, laid, place) = (Rc::clone(&gesture), view.clone(), Rc::clone(laid), place.clone());
        let (svg, strokes) = (svg.clone(), Rc::clone(&strokes));
        Callback::from(move |event: PointerEvent| {
            if event.button() != 0 {
                return;
            }
            let Some((point, scale)) = place(&event, *view) else { return };
            let reach = if event.pointer_type() == "touch" { REACH.1 } else { REACH.0 };
            let node = laid.hit(point, reach * scale);
            if let Some(svg) = svg.cast::<Element>() {
                let _ = svg.set_pointer_capture(event.pointer_id());
            }
            *strokes.borrow_mut() += 1;
            let middle = node.and_then(|node| laid.place(node)).unwrap_or(point);
            gesture.replace(Some(MdpGesture {
                node,
                pressed: (f64::from(event.client_x()), f64::from(event.client_y())),
                from: middle,
                grip: (point.0 - middle.0, point.1 - middle.1),
                view: *view,
                dragged: false,
                stroke: *strokes.borrow(),
            }));
        })
    };
    let dragged = {
        let (gesture, view, laid, place) = (Rc::clone(&gesture), view.clone(), Rc::clone(laid), place.clone());
        let (act, rubber, tool) = (act.clone(), rubber.setter(), *tool);
        Callback::from(move |event: PointerEvent| {
            let Some(mut now) = *gesture.borrow() else { return };
            let there = (f64::from(event.client_x()), f64::from(event.client_y()));
            now.dragged |= distance(now.pressed, there) > STILL;
            if !now.dragged {
                return;
            }
            gesture.replace(Some(now));
            let Some((point, scale)) = place(&event, now.view) else { return };
            match (now.node, tool) {
                (None, _) => {
                    let by = ((now.pressed.0 - there.0) * scale, (now.pressed.1 - there.1) * scale);
                    view.set(now.view.moved(by));
                }
                (Some(MdpNode::State(id)), MdpTool::Move) => {
                    act.emit(MdpAct::Move(id, (point.0 - now.grip.0, point.1 - now.grip.1), now.stroke));
                }
                (Some(MdpNode::Action(_)), MdpTool::Move) => {}
                (Some(_), MdpTool::Link) => {
                    let target = laid.hit(point, REACH.1 * scale).filter(|it| matches!(it, MdpNode::State(_)));
                    rubber.set(Some(MdpRubber { from: now.from, to: point, target }));
                }
            }
        })
    };
    let released = {
        let (gesture, laid, place, rubber) = (Rc::clone(&gesture), Rc::clone(laid), place.clone(), rubber.setter());
        let (act, tool, linking, link_to, svg) = (act.clone(), *tool, *linking, link_to.clone(), svg.clone());
        Callback::from(move |event: PointerEvent| {
            rubber.set(None);
            let Some(now) = gesture.take() else { return };
            let Some((point, scale)) = place(&event, now.view) else { return };
            if event.type_() == "pointercancel" {
                return;
            }
            if !now.dragged {
                if let Some(from) = linking {
                    link_to(from, now.node);
                } else {
                    act.emit(MdpAct::Choose(now.node));
                    focus(&svg, now.node);
                }
            } else if let (Some(from), MdpTool::Link) = (now.node, tool) {
                act.emit(match laid.hit(point, REACH.1 * scale) {
                    Some(MdpNode::State(next)) => MdpAct::Link(from, next),
                    // Who lets go on an action means none of the states.
                    Some(MdpNode::Action(_)) => MdpAct::Choose(Some(from)),
                    None => MdpAct::LinkToNew(from, point),
                });
            }
        })
    };
    let doubled = {
        let (act, laid, view, follow) = (act.clone(), Rc::clone(laid), view.clone(), Rc::clone(&props.follow));
        Callback::from(move |event: MouseEvent| {
            let Some((point, scale)) = place(&event, *view) else { return };
            if laid.hit(point, REACH.1 * scale).is_none() {
                act.emit(MdpAct::Add(Some(point)));
                follow.replace(true);
            }
        })
    };
    let keys = {
        let (act, laid, svg, follow) = (act.clone(), Rc::clone(laid), svg.clone(), Rc::clone(&props.follow));
        let (linking, on_link, chosen) = (*linking, props.on_link.clone(), draft.chosen);
        let (view, strokes, fit) = (view.clone(), strokes, fit.clone());
        let is_end = matches!(chosen, Some(MdpNode::State(id)) if draft.graph().is_end(id));
        Callback::from(move |event: KeyboardEvent| {
            if event.ctrl_key() || event.meta_key() || event.alt_key() {
                return;
            }
            let focused = focused_among(&laid).or(chosen);
            let made = |acted: MdpAct| {
                act.emit(acted);
                follow.replace(true);
            };
            let key = event.key();
            let arrow = match key.as_str() {
                "ArrowLeft" => Some((-1.0, 0.0)),
                "ArrowRight" => Some((1.0, 0.0)),
                "ArrowUp" => Some((0.0, -1.0)),
                "ArrowDown" => Some((0.0, 1.0)),
                _ => None,
            };
            match (key.as_str(), focused, linking) {
                (_, Some(MdpNode::State(id)), None) if arrow.is_some() && event.shift_key() => {
                    let (Some((dx, dy)), Some((x, y))) = (arrow, laid.place(MdpNode::State(id))) else { return };
                    *strokes.borrow_mut() += 1;
                    act.emit(MdpAct::Move(id, (x + dx * STEP, y + dy * STEP), *strokes.borrow()));
                }
                (_, Some(from), _) if arrow.is_some() => {
                    let may = |node| linking.is_none() || matches!(node, MdpNode::State(_));
                    if let Some(there) = arrow.and_then(|arrow| laid.towards(from, arrow, may)) {
                        focus(&svg, Some(there));
                    }
                }
                (_, None, _) if arrow.is_some() => focus(&svg, laid.nodes().next().map(|(node, _)| node)),
                ("Enter" | " ", Some(node), Some(from)) => link_to(from, Some(node)),
                ("Escape", _, Some(from)) => {
                    on_link.emit(None);
                    focus(&svg, Some(from));
                }
                ("Enter" | " ", Some(_), None) => focus_fields(&svg),
                ("n" | "N", _, None) => made(MdpAct::Add(None)),
                ("a" | "A", Some(from), None) => on_link.emit(Some(from)),
                ("s" | "S", Some(MdpNode::State(id)), None) => act.emit(MdpAct::ToggleStart(id)),
                ("e" | "E", Some(MdpNode::State(id)), None) => act.emit(MdpAct::End(id, !is_end)),
                ("Delete" | "Backspace", Some(node), None) => made(MdpAct::Remove(node)),
                ("+", ..) => view.set(view.zoomed(true)),
                ("-", ..) => view.set(view.zoomed(false)),
                ("0", ..) => fit.emit(()),
                _ => return,
            }
            event.prevent_default();
        })
    };
    let [left, top, width, height] = view.0;
    let view_box = format!("{} {} {} {}", number(left), number(top), number(width), number(height));
    let is_empty = laid.states.is_empty();
    html! {
        <div class="mdp-left">
            { bar(&tool, props, (&view, &fit)) }
            <div class={classes!("mdp-canvas", linking.is_some().then_some("linking"), (*tool == MdpTool::Move).then_some("moving"))}>
                <svg ref={svg} viewBox={view_box} role="group" tabindex={if is_empty { "0" } else { "-1" }} aria-label={words::GRAPH_WORDS}
                    data-testid="mdp-canvas" data-value={draft.version().table.clone()} onpointerdown={pressed} onpointermove={dragged}
                    onpointerup={released.clone()} onpointercancel={released} ondblclick={doubled} onkeydown={keys}>
                    { picture.draw() }
                    if let Some(MdpRubber { from, to, .. }) = *rubber {
                        <line class="rubber" x1={number(from.0)} y1={number(from.1)} x2={number(to.0)} y2={number(to.1)} />
                    }
                </svg>
                if is_empty { <p class="mdp-empty soft">{ words::NO_STATE }</p> }
            </div>
            <p class="mdp-hint" role="status" data-testid="mdp-hint">{ if linking.is_some() { words::CHOOSE_NEXT } else { words::HINT } }</p>
        </div>
    }
}

/// Tools, steps and zoom.
fn bar(
    tool: &UseStateHandle<MdpTool>,
    props: &MdpCanvasProps,
    (view, fit): (&UseStateHandle<MdpView>, &Callback<()>),
) -> Html {
    let MdpCanvasProps { draft, act, follow, .. } = props;
    let tools = [(MdpTool::Link, "link", words::TOOL_LINK), (MdpTool::Move, "move", words::TOOL_MOVE)];
    let square = |sign: &'static str, name: Text, testid: &'static str, disabled: bool, does: Callback<MouseEvent>| {
        html! {
            <button type="button" class="button square" aria-label={name} title={name} data-testid={testid} {disabled} onclick={does}>{ sign }</button>
        }
    };
    let acts = |does: MdpAct| act.reform(move |_: MouseEvent| does.clone());
    let zoom = |is_nearer: bool| {
        let view = view.clone();
        Callback::from(move |_: MouseEvent| view.set(view.zoomed(is_nearer)))
    };
    let add = {
        let (act, follow) = (act.clone(), Rc::clone(follow));
        move |_: MouseEvent| {
            act.emit(MdpAct::Add(None));
            follow.replace(true);
        }
    };
    html! {
        <div class="mdp-bar">
            <div class="chips" role="radiogroup" aria-label={crate::text::TOOLS}>
                { for tools.map(|(it, name, words)| {
                    let chosen = tool.clone();
                    html! {
                        <button type="button" class="chip" role="radio" aria-checked={(**tool == it).to_string()}
                            data-testid={format!("mdp-tool-{name}")} onclick={move |_| chosen.set(it)}>{ words }</button>
                    }
                }) }
            </div>
            <button type="button" class="button" data-testid="mdp-add-state" onclick={add}>{ words::ADD_STATE }</button>
            <span class="mdp-steps">
                { square("↶", crate::text::UNDO, "mdp-undo", !draft.history.has_past(), acts(MdpAct::Undo)) }
                { square("↷", crate::text::REDO, "mdp-redo", !draft.history.has_future(), acts(MdpAct::Redo)) }
                { square("◯", words::ARRANGE, "mdp-arrange", draft.graph().states.is_empty(), acts(MdpAct::Arrange)) }
                { square("−", words::SMALLER, "mdp-smaller", false, zoom(false)) }
                { square("+", words::LARGER, "mdp-larger", false, zoom(true)) }
                { square("⤢", words::FIT, "mdp-fit", false, fit.reform(|_: MouseEvent| ())) }
            </span>
        </div>
    }
}

fn is_narrow() -> bool {
    let width = web_sys::window().and_then(|it| it.inner_width().ok()?.as_f64());
    width.is_some_and(|width| width < NARROW)
}

/// Gives the focus to a node, or to the picture where there is none.
fn focus(svg: &NodeRef, node: Option<MdpNode>) {
    let Some(svg) = svg.cast::<Element>() else { return };
    let found = node.and_then(|node| svg.query_selector(&format!("#{}", id_of(node))).ok().flatten());
    if let Ok(element) = found.unwrap_or(svg).dyn_into::<SvgElement>() {
        // What cannot have the focus leaves it where it is.
        let _ = element.focus();
    }
}

/// Gives it to the first field of what is chosen.
fn focus_fields(svg: &NodeRef) {
    let desk = svg.cast::<Element>().and_then(|svg| svg.closest(".mdp-desk").ok().flatten());
    let field = desk.and_then(|desk| desk.query_selector(".mdp-fields input").ok().flatten());
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
        let _ = field.focus();
    }
}

/// The node that has it.
fn focused_among(laid: &MdpLayout) -> Option<MdpNode> {
    let focused = web_sys::window()?.document()?.active_element()?.id();
    laid.nodes().map(|(node, _)| node).find(|node| id_of(*node) == focused)
}
