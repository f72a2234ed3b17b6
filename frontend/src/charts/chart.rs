//! A chart on the page: a title, the newest figure, the plot, and its files.

use super::painter::{ChartContent, ChartFigures, ChartPainter};
use super::sample::XAxis;
use crate::canvas_size::share_under;
use crate::components::icons::{Symbol, icon};
use crate::files::{save_address, save_text};
use crate::format::{count, fixed, plain};
use crate::frame_loop::each_frame;
use crate::text;
use plot::{OmittedSamples, SpreadKind, Viewport};
use std::cell::RefCell;
use std::rc::Rc;
use web_sys::{Element, HtmlCanvasElement};
use yew::prelude::*;

/// The heading is written anew this often at most, in milliseconds.
const HEADING_PAUSE_MILLIS: f64 = 100.0;

/// What a chart shows and what it is called.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct ChartProps {
    /// Its title.
    pub title: AttrValue,
    /// Its name for automation.
    pub name: AttrValue,
    /// Decimals of its figures.
    pub decimals: usize,
    /// What its figure is.
    pub unit: AttrValue,
    /// The unit of its values, which stands beside the title.
    #[prop_or_default]
    pub measured_in: AttrValue,
    /// What is drawn.
    pub content: ChartContent,
}

type SharedPainter = Rc<RefCell<Option<ChartPainter>>>;

/// A pointer that is held down: where it began, as a share, and whether it moves the view instead of selecting.
#[derive(Clone, Copy, Debug)]
struct Drag {
    from: f64,
    last: f64,
    pans: bool,
}

/// A chart.
#[component]
pub fn Chart(props: &ChartProps) -> Html {
    let canvas = use_node_ref();
    let (figure, caption, note) = (use_node_ref(), use_node_ref(), use_node_ref());
    let painter: SharedPainter = use_mut_ref(|| None);
    let drag = use_mut_ref(|| None::<Drag>);
    // What is written beside the plot is about the props of the moment, not those it began with.
    let latest = use_mut_ref(|| props.clone());
    latest.borrow_mut().clone_from(props);
    if let Some(painter) = painter.borrow_mut().as_mut() {
        painter.show(props.content.clone());
    }
    {
        let (canvas, figure, caption, note) = (canvas.clone(), figure.clone(), caption.clone(), note.clone());
        let (painter, latest) = (Rc::clone(&painter), Rc::clone(&latest));
        use_effect_with((), move |()| {
            *painter.borrow_mut() = canvas
                .cast::<HtmlCanvasElement>()
                .and_then(|it| ChartPainter::new(it, latest.borrow().content.clone()));
            let mut written_at = 0.0;
            let mut waiting = None;
            let guard = each_frame(move |now| {
                let figures = painter.borrow_mut().as_mut().and_then(|painter| painter.draw(now));
                waiting = figures.or(waiting.take());
                if now - written_at >= HEADING_PAUSE_MILLIS
                    && let Some(figures) = waiting.take()
                {
                    written_at = now;
                    write_heading(&figures, &latest.borrow(), figure.cast::<Element>(), caption.cast::<Element>());
                    write_note(figures.left_out, note.cast::<Element>());
                }
            });
            move || drop(guard)
        });
    }
    let testid = format!("chart-{}", props.name);
    html! {
        <section class="card chart" data-testid={testid.clone()} aria-label={props.title.clone()}>
            <header>
                <h3 title={props.title.clone()}>
                    { props.title.clone() }
                    if !props.measured_in.is_empty() { <small class="soft">{ text::unit(&props.measured_in) }</small> }
                </h3>
                <b class="number" ref={figure} title={props.unit.clone()} data-testid={format!("{testid}-value")}></b>
                <ChartMenu name={props.name.clone()} title={file_title(props)} painter={ByIdentity(Rc::clone(&painter))} />
            </header>
            <div class="plot">
                <canvas
                    ref={canvas}
                    tabindex="0"
                    role="img"
                    aria-label={text::chart_words(&props.title)}
                    onpointerdown={press(&painter, &drag)}
                    onpointermove={hover(&painter, &drag, &props.content)}
                    onpointerup={release(&painter, &drag)}
                    onpointercancel={release(&painter, &drag)}
                    onpointerleave={ { let viewport = props.content.viewport.clone(); move |_: PointerEvent| viewport.point(None) } }
                    ondblclick={ { let viewport = props.content.viewport.clone(); move |_: MouseEvent| viewport.look(Viewport::follow) } }
                    onwheel={roll(&painter)}
                    onkeydown={keys(&painter, &props.content)}
                />
                <small class="number" ref={caption}></small>
            </div>
            <p class="note" ref={note} data-testid={format!("{testid}-left-out")}></p>
        </section>
    }
}

/// Writes past the virtual DOM: figures change many times a second, and nothing else of the page does.
fn write_heading(figures: &ChartFigures, props: &ChartProps, figure: Option<Element>, caption: Option<Element>) {
    let (Some(figure), Some(caption)) = (figure, caption) else { return };
    let setting = props.content.subject.get().setting(props.content.manner.axis);
    let (value, words) = match &figures.reading {
        Some(reading) => {
            let place = match (setting.x_name, props.content.manner.axis) {
                (Some(_), _) => plain(reading.x, 4),
                (_, XAxis::Time) => format!("{} s", plain(reading.x, 4)),
                _ => count(reading.x.round().max(0.0) as u64),
            };
            let spread = reading.spread.filter(|(low, high)| high > low).map_or_else(String::new, |(low, high)| {
                format!(" · {} … {}", fixed(low, props.decimals.min(2)), fixed(high, props.decimals.min(2)))
            });
            match reading.values.as_slice() {
                [only] => (Some(*only), format!("{}{spread}", text::at(&place))),
                several => {
                    let values: Vec<_> = several.iter().map(|value| fixed(*value, props.decimals)).collect();
                    (None, format!("{}: {}", text::at(&place), values.join(" · ")))
                }
            }
        }
        None => (figures.newest, String::new()),
    };
    // A band around several curves has no figure of its own.
    let unknown = if setting.around == SpreadKind::Bands { "" } else { "–" };
    figure.set_text_content(Some(&value.map_or_else(|| unknown.into(), |value| fixed(value, props.decimals))));
    caption.set_text_content(Some(&words));
    // Attributes with fixed names cannot be refused.
    let _ = figure.set_attribute("data-value", &figures.newest.map(|it| it.to_string()).unwrap_or_default());
}

/// Says how many values are gaps, if any are.
fn write_note(left_out: OmittedSamples, note: Option<Element>) {
    let Some(note) = note else { return };
    let all = left_out.not_finite + left_out.not_positive;
    note.set_text_content(Some(&text::left_out(left_out.not_finite, left_out.not_positive)));
    // Attributes with fixed names cannot be refused.
    let _ = note.set_attribute("data-value", &all.to_string());
}

/// What a chart is called in a file, where nothing around it says of which run it is.
fn file_title(props: &ChartProps) -> AttrValue {
    let unit = if props.measured_in.is_empty() { String::new() } else { format!(" ({})", props.measured_in) };
    let origin = props.content.subject.get().origin().map(|it| format!(" · {it}"));
    format!("{}{unit}{}", props.title, origin.unwrap_or_default()).into()
}

/// Where the pointer is, as a share of the canvas's width.
fn across(event: &MouseEvent) -> f64 {
    event.target_dyn_into::<HtmlCanvasElement>().map_or(0.0, |canvas| share_under(&canvas, event).0)
}

fn press(painter: &SharedPainter, drag: &Rc<RefCell<Option<Drag>>>) -> Callback<PointerEvent> {
    let (painter, drag) = (Rc::clone(painter), Rc::clone(drag));
    Callback::from(move |event: PointerEvent| {
        let Some(canvas) = event.target_dyn_into::<HtmlCanvasElement>() else { return };
        let _ = canvas.set_pointer_capture(event.pointer_id());
        if let Some(painter) = painter.borrow().as_ref() {
            let from = painter.share_at(across(&event));
            let pans = event.shift_key() || event.button() == 1 || event.pointer_type() == "touch";
            *drag.borrow_mut() = Some(Drag { from, last: from, pans });
        }
    })
}

fn hover(painter: &SharedPainter, drag: &Rc<RefCell<Option<Drag>>>, content: &ChartContent) -> Callback<PointerEvent> {
    let (painter, drag, viewport) = (Rc::clone(painter), Rc::clone(drag), content.viewport.clone());
    Callback::from(move |event: PointerEvent| {
        let mut painter = painter.borrow_mut();
        let Some(painter) = painter.as_mut() else { return };
        let share = painter.share_at(across(&event));
        match drag.borrow_mut().as_mut() {
            Some(drag) if drag.pans => {
                painter.look(|viewport, axis, data| viewport.pan(axis, data, drag.last - share));
                drag.last = share;
            }
            Some(drag) => painter.select(Some((drag.from, share))),
            None => {}
        }
        viewport.point(Some(painter.place_at(share)));
    })
}

fn release(painter: &SharedPainter, drag: &Rc<RefCell<Option<Drag>>>) -> Callback<PointerEvent> {
    let (painter, drag) = (Rc::clone(painter), Rc::clone(drag));
    Callback::from(move |event: PointerEvent| {
        let mut painter = painter.borrow_mut();
        if let (Some(painter), Some(drag)) = (painter.as_mut(), drag.borrow_mut().take()) {
            let share = painter.share_at(across(&event));
            painter.select(None);
            if !drag.pans {
                painter.look(|viewport, axis, _| viewport.select(axis, drag.from, share));
            }
        }
    })
}

fn roll(painter: &SharedPainter) -> Callback<WheelEvent> {
    let painter = Rc::clone(painter);
    Callback::from(move |event: WheelEvent| {
        let sideways = event.delta_x().abs() > event.delta_y().abs();
        // The wheel alone scrolls the page.
        if !sideways && !event.ctrl_key() && !event.meta_key() {
            return;
        }
        event.prevent_default();
        if let Some(painter) = painter.borrow().as_ref() {
            let around = painter.share_at(across(&event));
            painter.look(|viewport, axis, data| {
                if sideways {
                    viewport.pan(axis, data, event.delta_x() / 600.0);
                } else {
                    viewport.zoom(axis, data, around, libm::exp((event.delta_y() / 400.0).clamp(-1.0, 1.0)));
                }
            });
        }
    })
}

fn keys(painter: &SharedPainter, content: &ChartContent) -> Callback<KeyboardEvent> {
    let (painter, viewport) = (Rc::clone(painter), content.viewport.clone());
    Callback::from(move |event: KeyboardEvent| {
        let painter = painter.borrow();
        let Some(painter) = painter.as_ref() else { return };
        match event.key().as_str() {
            "+" | "=" => painter.look(|viewport, axis, data| viewport.zoom(axis, data, 0.5, 0.7)),
            "-" => painter.look(|viewport, axis, data| viewport.zoom(axis, data, 0.5, 1.0 / 0.7)),
            "ArrowLeft" => painter.look(|viewport, axis, data| viewport.pan(axis, data, -0.2)),
            "ArrowRight" => painter.look(|viewport, axis, data| viewport.pan(axis, data, 0.2)),
            "Escape" | "0" => viewport.look(Viewport::follow),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    })
}

/// Properties are compared by content; a painter is compared by being the same.
#[derive(Clone, Debug)]
struct ByIdentity(SharedPainter);

impl PartialEq for ByIdentity {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct ChartMenuProps {
    name: AttrValue,
    title: AttrValue,
    painter: ByIdentity,
}

/// The files of a chart.
#[component]
fn ChartMenu(props: &ChartMenuProps) -> Html {
    let menu = use_node_ref();
    let item = |format: &'static str, save: fn(&ChartPainter, &str, &str)| {
        let (painter, name, menu) = (props.painter.clone(), props.name.clone(), menu.clone());
        let title = props.title.clone();
        let onclick = move |_: MouseEvent| {
            if let Some(painter) = painter.0.borrow().as_ref() {
                save(painter, &format!("terrarium-{name}.{format}"), &title);
            }
            if let Some(menu) = menu.cast::<Element>() {
                let _ = menu.remove_attribute("open");
            }
        };
        html! { <button {onclick} data-testid={format!("chart-{}-{format}", props.name)}>{ text::as_file(format) }</button> }
    };
    html! {
        <details class="chart-menu" ref={menu.clone()}>
            <summary aria-label={text::CHART_FILES} title={text::CHART_FILES}>
                { icon(Symbol::Download) }
            </summary>
            <div>
                { item("csv", |painter, name, _| save_text(name, "text/csv", &painter.csv())) }
                { item("svg", |painter, name, title| save_text(name, "image/svg+xml", &painter.svg(title))) }
                { item("png", |painter, name, title| if let Some(address) = painter.png(title) { save_address(name, &address) }) }
            </div>
        </details>
    }
}
