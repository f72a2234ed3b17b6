//! The stage: one canvas that shows any environment, and what is believed about it.

pub mod camera;
pub mod foreign;
pub mod labels;
pub mod layer;
#[cfg(test)]
mod odd;
pub mod overlay;
pub mod painter;
pub mod palette;
pub mod pen;
pub mod ramp;
pub mod scene;
pub mod sprites;
pub mod tiles;
pub mod tween;

use crate::canvas_size::share_under;
use crate::frame_loop::each_frame;
use crate::session::Session;
use crate::text;
use painter::{Overlays, Preview, StageContent, StagePainter};
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::HtmlCanvasElement;
use yew::prelude::*;

/// A finger that moves less than this, in pixels, points.
const LEAST_SWIPE: f64 = 24.0;

/// What the stage shows.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct StageProps {
    /// The run.
    pub session: Session,
    /// What is switched on.
    pub overlays: Overlays,
    /// The state that is looked at.
    pub inspected: Option<u32>,
    /// Told when another state is looked at.
    pub on_inspect: Callback<Option<u32>>,
    /// Told when the numbers of a state are to stay, or not to any more.
    #[prop_or_default]
    pub on_pin: Callback<Option<u32>>,
    /// Whether arrow keys belong to the agent, not to the look.
    pub playing: bool,
    /// Told of the arrow key that a swipe stands for, while somebody plays.
    #[prop_or_default]
    pub on_swipe: Callback<String>,
    /// What to show before the run's first frame.
    pub preview: Option<Rc<Preview>>,
    /// The picture in words.
    pub words: AttrValue,
}

/// What stands before the stage where its environment can be shown in three dimensions: the button for that, and the picture,
/// by a program of its own.
pub fn in_depth(environment: &str) -> Html {
    match environment {
        "daladala" | "daladala-classic" | "racing" | "snake" | "tetris" | "tetris-melax" => html! {
            <><script type="module" src="later.js" /><stage-depth environment={environment.to_owned()} /></>
        },
        _ => Html::default(),
    }
}

/// The canvas of the stage.
#[component]
pub fn Stage(props: &StageProps) -> Html {
    let canvas = use_node_ref();
    let painter = use_mut_ref(|| None::<StagePainter>);
    let touched = use_mut_ref(|| None::<(f64, f64)>);
    let content = StageContent {
        session: props.session.clone(),
        overlays: props.overlays.clone(),
        inspected: props.inspected,
        preview: props.preview.clone(),
    };
    if let Some(painter) = painter.borrow_mut().as_mut() {
        painter.show(content.clone());
    }
    {
        let (canvas, painter, content) = (canvas.clone(), Rc::clone(&painter), content.clone());
        use_effect_with((), move |()| {
            *painter.borrow_mut() = canvas.cast::<HtmlCanvasElement>().and_then(|it| StagePainter::new(it, content));
            let guard = each_frame(move |now| {
                if let Some(painter) = painter.borrow_mut().as_mut() {
                    painter.draw(now);
                }
            });
            move || drop(guard)
        });
    }
    html! {
        <div class="stage">
            <canvas
                ref={canvas}
                tabindex="0"
                role="img"
                aria-label={props.words.clone()}
                aria-describedby="stage-help"
                data-testid="stage"
                onpointermove={look(&painter, &props.on_inspect)}
                onpointerdown={touch(&touched, &look(&painter, &props.on_inspect))}
                onpointerup={swipe(&touched, props)}
                onpointerleave={props.on_inspect.reform(|_| None)}
                onclick={pin(&painter, props)}
                onkeydown={walk(content, props)}
            />
            <p id="stage-help" class="unseen">{ text::STAGE_HELP }</p>
        </div>
    }
}

fn look(painter: &Rc<RefCell<Option<StagePainter>>>, on_inspect: &Callback<Option<u32>>) -> Callback<PointerEvent> {
    let (painter, on_inspect) = (Rc::clone(painter), on_inspect.clone());
    Callback::from(move |event: PointerEvent| {
        let canvas = event.target_dyn_into::<HtmlCanvasElement>();
        if let (Some(canvas), Some(painter)) = (canvas, painter.borrow().as_ref()) {
            on_inspect.emit(painter.state_under(share_under(&canvas, &event)));
        }
    })
}

/// A click pins what is under it, unless somebody plays there.
fn pin(painter: &Rc<RefCell<Option<StagePainter>>>, props: &StageProps) -> Callback<MouseEvent> {
    let (painter, on_pin, playing) = (Rc::clone(painter), props.on_pin.clone(), props.playing);
    Callback::from(move |event: MouseEvent| {
        let canvas = event.target_dyn_into::<HtmlCanvasElement>().filter(|_| !playing);
        if let (Some(canvas), Some(painter)) = (canvas, painter.borrow().as_ref()) {
            on_pin.emit(painter.state_under(share_under(&canvas, &event)));
        }
    })
}

/// Remembers where a finger came down.
fn touch(touched: &Rc<RefCell<Option<(f64, f64)>>>, look: &Callback<PointerEvent>) -> Callback<PointerEvent> {
    let (touched, look) = (Rc::clone(touched), look.clone());
    Callback::from(move |event: PointerEvent| {
        *touched.borrow_mut() = Some((f64::from(event.client_x()), f64::from(event.client_y())));
        look.emit(event);
    })
}

/// Tells which arrow a swipe over the stage is, while somebody plays.
fn swipe(touched: &Rc<RefCell<Option<(f64, f64)>>>, props: &StageProps) -> Callback<PointerEvent> {
    let (touched, playing, on_swipe) = (Rc::clone(touched), props.playing, props.on_swipe.clone());
    Callback::from(move |event: PointerEvent| {
        let Some((x, y)) = touched.borrow_mut().take().filter(|_| playing) else { return };
        if let Some(key) = arrow_of(f64::from(event.client_x()) - x, f64::from(event.client_y()) - y) {
            on_swipe.emit(key.to_owned());
        }
    })
}

/// The arrow key of a movement in pixels; none if it was hardly one.
fn arrow_of(right: f64, down: f64) -> Option<&'static str> {
    if right.hypot(down) < LEAST_SWIPE {
        return None;
    }
    Some(match (right.abs() > down.abs(), right > 0.0, down > 0.0) {
        (true, true, _) => "ArrowRight",
        (true, false, _) => "ArrowLeft",
        (false, _, true) => "ArrowDown",
        (false, _, false) => "ArrowUp",
    })
}

/// Arrow keys walk over the states, as long as they do not play the agent.
fn walk(content: StageContent, props: &StageProps) -> Callback<KeyboardEvent> {
    let (inspected, playing) = (props.inspected, props.playing);
    let (on_inspect, on_pin) = (props.on_inspect.clone(), props.on_pin.clone());
    Callback::from(move |event: KeyboardEvent| {
        let direction = match event.key().as_str() {
            "ArrowLeft" => (-1, 0),
            "ArrowRight" => (1, 0),
            "ArrowUp" => (0, -1),
            "ArrowDown" => (0, 1),
            "Escape" => {
                on_inspect.emit(None);
                on_pin.emit(None);
                return;
            }
            "Enter" if inspected.is_some() && !playing => {
                on_pin.emit(inspected);
                return;
            }
            _ => return,
        };
        let Some(layout) = painter::layout_of(&content).filter(|_| !playing) else { return };
        event.prevent_default();
        event.stop_propagation();
        let here = inspected.or_else(|| content.session.view().frame.as_ref().and_then(|frame| frame.state));
        on_inspect.emit(Some(here.map_or(0, |state| camera::state_beside(&layout, state, direction))));
    })
}

/// Gives the stage the keyboard; where there is none, what the place is about.
pub fn focus_or_main() {
    if !focus() {
        let main = web_sys::window()
            .and_then(|window| window.document()?.query_selector("main").ok().flatten())
            .and_then(|it| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(it).ok());
        if let Some(main) = main {
            main.set_tab_index(-1);
            // Whatever has the keyboard keeps it then.
            let _ = main.focus();
        }
    }
}

/// Gives the stage the keyboard; whether there is one.
pub fn focus() -> bool {
    let canvas = web_sys::window()
        .and_then(|window| window.document()?.query_selector("#stage canvas").ok().flatten())
        .and_then(|it| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(it).ok());
    // Whatever has the keyboard keeps it if the stage cannot take it.
    canvas.is_some_and(|canvas| canvas.focus().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swipe_is_the_arrow_that_it_is_nearest_to() {
        assert_eq!(arrow_of(40.0, -30.0), Some("ArrowRight"));
        assert_eq!(arrow_of(-40.0, 30.0), Some("ArrowLeft"));
        assert_eq!(arrow_of(5.0, 30.0), Some("ArrowDown"));
        assert_eq!(arrow_of(-5.0, -30.0), Some("ArrowUp"));
        assert_eq!(arrow_of(10.0, 10.0), None);
    }
}
