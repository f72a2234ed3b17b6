//! The graph to draw on, by pointer, finger and keyboard.

use super::draft::{MdpAct, MdpDraft};
use super::faults::MdpGraphFault;
use super::graph::MdpNode;
use super::hand::{MdpGesture, MdpHand, MdpRubber, MdpTool};
use super::layout::MdpLayout;
use super::picture::{MdpPicture, number};
use super::solution::MdpOutlook;
use super::view::MdpView;
use crate::components::edit_history::StrokeId;
use crate::language::Text;
use crate::text::mdp_editor as words;
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// A screen that is narrower than this is that of a telephone.
const NARROW: f64 = 700.0;

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

/// The graph.
#[component]
pub fn MdpCanvas(props: &MdpCanvasProps) -> Html {
    let MdpCanvasProps { draft, laid, linking, act, .. } = props;
    let hand = use_hand(props);
    use_follow(&hand, draft.pictures);
    let picture = MdpPicture {
        version: draft.version(),
        laid,
        solution: props.outlook.solution(),
        faults: &props.faults,
        chosen: draft.chosen,
        current: draft.chosen.or_else(|| laid.nodes().next().map(|(node, _)| node)),
        target: hand.rubber.and_then(|it| it.target),
        on_focus: {
            let (act, is_linking) = (act.clone(), linking.is_some());
            Callback::from(move |node| {
                if !is_linking {
                    act.emit(MdpAct::Choose(Some(node)));
                }
            })
        },
    };
    let pointer = |does: fn(&MdpHand, &PointerEvent)| {
        let hand = hand.clone();
        Callback::from(move |event: PointerEvent| does(&hand, &event))
    };
    let held = |event: MouseEvent| event.prevent_default();
    let doubled = {
        let hand = hand.clone();
        move |event: MouseEvent| hand.double(&event)
    };
    let keys = {
        let hand = hand.clone();
        move |event: KeyboardEvent| {
            if hand.key(&event) {
                event.prevent_default();
            }
        }
    };
    let [left, top, width, height] = hand.view.0;
    let view_box = [left, top, width, height].map(number).join(" ");
    let is_empty = laid.states.is_empty();
    let is_moving = *hand.tool == MdpTool::Move;
    html! {
        <div class="mdp-left">
            { bar(props, &hand) }
            <div class={classes!("mdp-canvas", linking.is_some().then_some("linking"), is_moving.then_some("moving"))}>
                <svg ref={hand.svg.clone()} viewBox={view_box} role="group" tabindex={if is_empty { "0" } else { "-1" }} aria-label={words::GRAPH_WORDS}
                    data-testid="mdp-canvas" data-value={draft.version().table.clone()} onpointerdown={pointer(MdpHand::press)}
                    onpointermove={pointer(MdpHand::drag)} onpointerup={pointer(MdpHand::release)} onpointercancel={pointer(MdpHand::release)}
                    onmousedown={held} ondblclick={doubled} onkeydown={keys}>
                    { picture.draw() }
                    if let Some(MdpRubber { from, to, .. }) = *hand.rubber {
                        <line class="rubber" x1={number(from.0)} y1={number(from.1)} x2={number(to.0)} y2={number(to.1)} />
                    }
                </svg>
                if is_empty { <p class="mdp-empty soft">{ words::NO_STATE }</p> }
            </div>
            <p class="mdp-hint" role="status" data-testid="mdp-hint">{ if linking.is_some() { words::CHOOSE_NEXT } else { words::HINT } }</p>
        </div>
    }
}

/// The hand of a canvas.
#[hook]
fn use_hand(props: &MdpCanvasProps) -> MdpHand {
    let MdpCanvasProps { draft, laid, linking, act, on_link, follow, .. } = props;
    let tool = use_state(|| MdpTool::Link);
    let view = use_state(|| MdpView::around(laid.bounds(), is_narrow()));
    MdpHand {
        svg: use_node_ref(),
        laid: Rc::clone(laid),
        chosen: draft.chosen,
        ends: matches!(draft.chosen, Some(MdpNode::State(id)) if draft.graph().ends_at(id)),
        linking: *linking,
        tool,
        view,
        rubber: use_state_eq(|| None::<MdpRubber>),
        gesture: use_mut_ref(|| None::<MdpGesture>),
        strokes: use_mut_ref(|| 0 as StrokeId),
        follow: Rc::clone(follow),
        act: act.clone(),
        on_link: on_link.clone(),
    }
}

/// Another picture is seen as a whole; what a key or a button made is brought into sight and gets the focus.
#[hook]
fn use_follow(hand: &MdpHand, pictures: u32) {
    let shown = use_mut_ref(|| pictures);
    let hand = hand.clone();
    use_effect(move || {
        if shown.replace(pictures) != pictures {
            hand.fit(is_narrow());
        }
        if hand.follow.replace(false) {
            let place = hand.chosen.and_then(|node| hand.laid.place(node));
            if place.is_some_and(|place| !hand.view.shows(place, 0.0)) {
                hand.fit(is_narrow());
            }
            // An action leads to a state: the first of them is looked at, from which keys go on.
            let first = hand.laid.states.first().map(|(id, _)| MdpNode::State(*id));
            hand.focus(if matches!(hand.linking, Some(MdpNode::Action(_))) { first } else { hand.chosen });
        }
    });
}

/// Tools, steps and zoom.
fn bar(props: &MdpCanvasProps, hand: &MdpHand) -> Html {
    let MdpCanvasProps { draft, act, .. } = props;
    let tools = [(MdpTool::Link, "link", words::TOOL_LINK), (MdpTool::Move, "move", words::TOOL_MOVE)];
    let square = |sign: &'static str, name: Text, testid: &'static str, disabled: bool, does: Callback<MouseEvent>| {
        html! {
            <button type="button" class="button square" aria-label={name} title={name} data-testid={testid} {disabled} onclick={does}>{ sign }</button>
        }
    };
    let acts = |does: MdpAct| act.reform(move |_: MouseEvent| does.clone());
    let zoom = |is_nearer: bool| {
        let view = hand.view.clone();
        Callback::from(move |_: MouseEvent| view.set(view.zoomed(is_nearer)))
    };
    let add = {
        let hand = hand.clone();
        move |_: MouseEvent| hand.made(MdpAct::Add(None))
    };
    let fit = {
        let hand = hand.clone();
        Callback::from(move |_: MouseEvent| hand.fit(is_narrow()))
    };
    html! {
        <div class="mdp-bar">
            <div class="chips" role="radiogroup" aria-label={crate::text::TOOLS}>
                { for tools.map(|(it, name, words)| {
                    let tool = hand.tool.clone();
                    html! {
                        <button type="button" class="chip" role="radio" aria-checked={(*hand.tool == it).to_string()}
                            data-testid={format!("mdp-tool-{name}")} onclick={move |_| tool.set(it)}>{ words }</button>
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
                { square("⤢", words::FIT, "mdp-fit", false, fit) }
            </span>
        </div>
    }
}

fn is_narrow() -> bool {
    let width = web_sys::window().and_then(|it| it.inner_width().ok()?.as_f64());
    width.is_some_and(|width| width < NARROW)
}
