//! The view: one canvas that shows the scenes that it is given, drawing only while something moves.

use crate::camera::Operator;
use crate::hud::Hud;
use crate::palette::StylePalette;
use crate::renderer::Renderer;
use crate::sceneries;
use crate::scenery::{SceneLight, Scenery, SceneryMoment};
use crate::solid::Triangles;
use crate::sound::Speaker;
use crate::words;
use shared::codec;
use shared::scene::Scene;
use std::cell::RefCell;
use std::rc::Rc;
use three_d::core::Context;
use three_d::core::prelude::Vec4;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{
    CssStyleDeclaration, Document, Element, Event, EventTarget, HtmlCanvasElement, IntersectionObserver,
    IntersectionObserverEntry, KeyboardEvent, ResizeObserver, WebGl2RenderingContext, WebGlContextAttributes, Window,
};

/// The longest glide from a scene to the next, in seconds.
const LONGEST_GLIDE: f64 = 1.0;
/// Scenes that follow each other faster than this, in seconds, are shown as they are.
const SHORTEST_GLIDE: f64 = 0.03;
/// Most pixels of the canvas for one of the page, in a row.
const MOST_DETAIL: f64 = 2.0;
/// So long a picture may take, in seconds, before there are fewer pixels.
const SLOW: f64 = 0.031;
/// After so many pictures it is judged whether they are slow.
const JUDGED: u32 = 24;
/// By how much there are fewer, and how few there are at least.
const COARSER: f64 = 0.8;
const LEAST_DETAIL: f64 = 0.4;

/// What an observer of what is in sight calls.
type HearsEntries = Closure<dyn FnMut(js_sys::Array)>;

/// Something that listens until it is dropped.
struct Listener {
    target: EventTarget,
    name: &'static str,
    heard: Closure<dyn FnMut(Event)>,
}

impl Listener {
    fn new(target: &EventTarget, name: &'static str, heard: impl FnMut(Event) + 'static) -> Result<Self, JsValue> {
        let heard = Closure::<dyn FnMut(Event)>::new(heard);
        target.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref())?;
        Ok(Self { target: target.clone(), name, heard })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.target.remove_event_listener_with_callback(self.name, self.heard.as_ref().unchecked_ref());
    }
}

/// A view on show; it ends by [`View::close`].
pub struct View {
    shared: Rc<RefCell<ViewState>>,
}

impl std::fmt::Debug for View {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("View").finish_non_exhaustive()
    }
}

struct ViewState {
    window: Window,
    canvas: HtmlCanvasElement,
    renderer: Renderer,
    scenery: Box<dyn Scenery>,
    hud: Hud,
    speaker: Option<Speaker>,
    operator: Operator,
    camera: usize,
    palette: Rc<StylePalette>,
    light: SceneLight,
    /// What the renderer's still part was made for.
    built: Option<u64>,
    calm: bool,
    /// When the newest scene came, if any did, and how long the way to it takes, in seconds.
    came: Option<f64>,
    glide: f64,
    /// When the last picture was drawn, if the one before it was drawn right before.
    drawn: Option<f64>,
    pace: (f64, u32),
    detail: f64,
    pictures: u64,
    is_seen: bool,
    is_dirty: bool,
    request: Option<i32>,
    tick: Option<Closure<dyn FnMut(f64)>>,
    give_up: Option<js_sys::Function>,
    listeners: Vec<Listener>,
    resized: Option<(ResizeObserver, Closure<dyn FnMut()>)>,
    seen: Option<(IntersectionObserver, HearsEntries)>,
}

impl View {
    /// Opens a view within `root` for an environment's scenes. `give_up` is called with a sentence if it has to end.
    ///
    /// # Errors
    /// A sentence for people where the browser has no WebGL 2, or will not draw.
    pub fn open(root: &Element, environment: &str, give_up: js_sys::Function) -> Result<Self, JsValue> {
        let window = web_sys::window().ok_or("there is no window")?;
        let document = window.document().ok_or("there is no document")?;
        let scenery = sceneries::of(environment).ok_or_else(|| format!("{environment} has no 3D view"))?;
        let (canvas, context, is_software) = canvas(&document, root)?;
        let renderer = Renderer::new(context, is_software).map_err(|error| words::no_picture(&error.to_string()))?;
        let hud = Hud::add(&document, root, scenery.cameras())?;
        hud.mark(0);
        let palette = Rc::new(read_palette(&window, &document));
        let light = SceneLight::of(&palette, 0.004);
        let state = ViewState {
            window,
            canvas,
            renderer,
            scenery,
            hud,
            speaker: None,
            operator: Operator::default(),
            camera: 0,
            palette,
            light,
            built: None,
            calm: false,
            came: None,
            glide: 0.0,
            drawn: None,
            pace: (0.0, 0),
            detail: 1.0,
            pictures: 0,
            is_seen: true,
            is_dirty: true,
            request: None,
            tick: None,
            give_up: Some(give_up),
            listeners: Vec::new(),
            resized: None,
            seen: None,
        };
        let view = Self { shared: Rc::new(RefCell::new(state)) };
        view.listen(&document)?;
        Ok(view)
    }

    fn listen(&self, document: &Document) -> Result<(), JsValue> {
        let weak = Rc::downgrade(&self.shared);
        // What was let go of in the meantime hears nothing any more.
        let tell = move |act: fn(&mut ViewState, usize), index: usize| {
            if let Some(state) = weak.upgrade()
                && let Ok(mut state) = state.try_borrow_mut()
            {
                act(&mut state, index);
            }
        };
        let mut state = self.shared.borrow_mut();
        let ticking = tell.clone();
        let weak = Rc::downgrade(&self.shared);
        state.tick = Some(Closure::new(move |now: f64| {
            ticking(|state, _| state.request = None, 0);
            let ended = weak.upgrade().and_then(|state| state.borrow_mut().draw(now / 1000.0).err());
            if let Some(words) = ended {
                give_up(&weak, &words);
            }
        }));
        let mut listeners = Vec::new();
        for (index, button) in state.hud.cameras().iter().enumerate() {
            let tell = tell.clone();
            listeners.push(Listener::new(button, "click", move |_| tell(ViewState::use_camera, index))?);
        }
        {
            let tell = tell.clone();
            listeners.push(Listener::new(&state.hud.sound, "click", move |_| tell(|state, _| state.turn_sound(), 0))?);
        }
        {
            let tell = tell.clone();
            listeners.push(Listener::new(document, "keydown", move |event| {
                if is_next_camera(&event) {
                    tell(|state, _| state.use_camera((state.camera + 1) % state.scenery.cameras().len()), 0);
                }
            })?);
        }
        let weak = Rc::downgrade(&self.shared);
        listeners.push(Listener::new(&state.canvas, "webglcontextlost", move |_| give_up(&weak, &words::lost()))?);
        state.listeners = listeners;
        let resize = tell.clone();
        let resized = Closure::<dyn FnMut()>::new(move || resize(|state, _| state.wake(), 0));
        let observer = ResizeObserver::new(resized.as_ref().unchecked_ref())?;
        observer.observe(&state.canvas);
        state.resized = Some((observer, resized));
        let seen = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let newest = entries.pop().dyn_into::<IntersectionObserverEntry>();
            let is_seen = newest.is_ok_and(|it| it.is_intersecting());
            tell(ViewState::see, usize::from(is_seen));
        });
        let observer = IntersectionObserver::new(seen.as_ref().unchecked_ref())?;
        observer.observe(&state.canvas);
        state.seen = Some((observer, seen));
        Ok(())
    }

    /// Shows a scene, given as the bytes of the shared codec.
    ///
    /// # Errors
    /// A sentence for people where the scene cannot be read.
    pub fn show(&self, bytes: &[u8]) -> Result<(), String> {
        let scene: Scene = codec::from_kept(bytes).map_err(|error| words::no_picture(&error.to_string()))?;
        self.shared.borrow_mut().show(&scene)
    }

    /// Ends the view.
    pub fn close(&self) {
        close(&mut self.shared.borrow_mut());
    }
}

impl Drop for View {
    fn drop(&mut self) {
        if let Ok(mut state) = self.shared.try_borrow_mut() {
            close(&mut state);
        }
    }
}

fn close(state: &mut ViewState) {
    if let Some(request) = state.request.take() {
        let _ = state.window.cancel_animation_frame(request);
    }
    state.listeners.clear();
    if let Some((observer, _)) = state.resized.take() {
        observer.disconnect();
    }
    if let Some((observer, _)) = state.seen.take() {
        observer.disconnect();
    }
    state.speaker = None;
    state.give_up = None;
}

fn give_up(state: &std::rc::Weak<RefCell<ViewState>>, words: &str) {
    let told = state.upgrade().and_then(|state| state.try_borrow_mut().ok()?.give_up.take());
    if let Some(told) = told {
        // Whoever is told takes the view away.
        let _ = told.call1(&JsValue::NULL, &JsValue::from_str(words));
    }
}

impl ViewState {
    fn now(&self) -> f64 {
        self.window.performance().map_or(0.0, |it| it.now() / 1000.0)
    }

    fn share(&self, now: f64) -> f32 {
        match self.came {
            Some(came) if self.glide > 0.0 => ((now - came) / self.glide).clamp(0.0, 1.0) as f32,
            _ => 1.0,
        }
    }

    fn show(&mut self, scene: &Scene) -> Result<(), String> {
        let now = self.now();
        let share = self.share(now);
        let follows = self.scenery.take(scene, share).map_err(|error| words::no_picture(&error.to_string()))?;
        let query = self.window.match_media("(prefers-reduced-motion: reduce)");
        self.calm = query.ok().flatten().is_some_and(|it| it.matches());
        let pause = self.came.map(|came| now - came).filter(|pause| follows && !self.calm && *pause >= SHORTEST_GLIDE);
        self.glide = pause.map_or(0.0, |pause| pause.min(LONGEST_GLIDE));
        self.came = Some(now);
        if let Some(document) = self.window.document() {
            let palette = read_palette(&self.window, &document);
            if palette != *self.palette {
                self.palette = Rc::new(palette);
                self.built = None;
            }
        }
        // Elements that exist take texts and attributes.
        let _ = self.hud.show(self.scenery.instruments());
        self.wake();
        Ok(())
    }

    fn use_camera(&mut self, index: usize) {
        let cameras = self.scenery.cameras();
        let is_cut = self.calm || cameras[self.camera].is_within() || cameras[index].is_within();
        self.camera = index;
        self.hud.mark(index);
        self.operator.change(is_cut);
        self.wake();
    }

    fn turn_sound(&mut self) {
        self.speaker = match self.speaker.take() {
            Some(_) => None,
            None => Speaker::begin(),
        };
        let pressed = if self.speaker.is_some() { "true" } else { "false" };
        let _ = self.hud.sound.set_attribute("aria-pressed", pressed);
        self.wake();
    }

    fn see(&mut self, is_seen: usize) {
        self.is_seen = is_seen > 0;
        self.wake();
    }

    /// Sees to it that the next picture is drawn.
    fn wake(&mut self) {
        self.is_dirty = true;
        self.request_picture();
    }

    fn request_picture(&mut self) {
        if self.request.is_none()
            && self.is_seen
            && let Some(tick) = &self.tick
        {
            self.request = self.window.request_animation_frame(tick.as_ref().unchecked_ref()).ok();
        }
    }

    /// Draws a picture if anything changed, and asks for the next one while something moves.
    fn draw(&mut self, now: f64) -> Result<(), String> {
        if self.came.is_none() || !self.is_seen {
            return Ok(());
        }
        let camera = self.scenery.cameras()[self.camera];
        let share = self.share(now);
        let palette = Rc::clone(&self.palette);
        let moment = SceneryMoment { palette: &palette, now, share, calm: self.calm };
        let target = self.scenery.eye(&moment, camera);
        let restless = !self.calm && self.scenery.is_restless(camera);
        let moves = share < 1.0 || restless || self.operator.is_moving(target);
        if !self.is_dirty && !moves {
            self.drawn = None;
            return Ok(());
        }
        let seconds = self.drawn.map_or(1.0 / 60.0, |before| now - before).clamp(0.001, 0.1);
        self.judge();
        let eye = self.operator.follow(target, seconds as f32);
        let generation = self.scenery.generation();
        if self.built != Some(generation) {
            let still = self.scenery.still(&self.palette);
            let surfaces: &[(Triangles, Vec4)] = &still.surfaces;
            self.renderer.set_still(&still.pieces, surfaces);
            self.light = still.light;
            self.built = Some(generation);
        }
        let mut moving = Vec::new();
        self.scenery.moving(&moment, camera, &mut moving);
        let shadows = self.scenery.shadows(&moment);
        let size = self.fit();
        self.renderer
            .draw(size, &eye, &self.light, &moving, shadows)
            .map_err(|error| words::no_picture(&error.to_string()))?;
        if let Some(speaker) = &mut self.speaker {
            speaker.play(self.scenery.sound());
        }
        self.is_dirty = false;
        self.drawn = Some(now);
        self.pictures += 1;
        // For whoever measures how many a second there are.
        let _ = self.canvas.set_attribute("data-pictures", &self.pictures.to_string());
        self.request_picture();
        Ok(())
    }

    /// Takes fewer pixels where pictures take long.
    fn judge(&mut self) {
        let now = self.now();
        let (began, count) = self.pace;
        if self.drawn.is_none() || count == 0 {
            self.pace = (now, 1);
            return;
        }
        self.pace.1 += 1;
        if count < JUDGED {
            return;
        }
        if (now - began) / f64::from(count) > SLOW {
            self.detail = (self.detail * COARSER).max(LEAST_DETAIL);
        }
        self.pace = (now, 1);
    }

    /// Gives the canvas as many pixels as it is to have.
    fn fit(&self) -> (u32, u32) {
        let ratio = self.window.device_pixel_ratio().min(MOST_DETAIL) * self.detail;
        let of = |length: i32| (f64::from(length) * ratio).round().max(1.0) as u32;
        let size = (of(self.canvas.client_width()), of(self.canvas.client_height()));
        if (self.canvas.width(), self.canvas.height()) != size {
            self.canvas.set_width(size.0);
            self.canvas.set_height(size.1);
        }
        size
    }
}

/// A canvas within `root`, its graphics card, and whether that is none but software.
fn canvas(document: &Document, root: &Element) -> Result<(HtmlCanvasElement, Context, bool), JsValue> {
    let open = |is_smooth: bool| -> Result<(HtmlCanvasElement, WebGl2RenderingContext), JsValue> {
        let canvas: HtmlCanvasElement = document.create_element("canvas")?.unchecked_into();
        let attributes = WebGlContextAttributes::new();
        attributes.set_alpha(false);
        attributes.set_antialias(is_smooth);
        let found = canvas.get_context_with_context_options("webgl2", &attributes).ok().flatten();
        Ok((canvas, found.ok_or_else(words::no_webgl)?.unchecked_into()))
    };
    let (mut canvas, mut found) = open(true)?;
    let is_software = is_software(&found);
    if is_software {
        // Smooth edges would take it twice as long.
        (canvas, found) = open(false)?;
    }
    for (name, value) in [("data-testid", "stage-3d"), ("role", "img"), ("aria-label", &*words::picture())] {
        canvas.set_attribute(name, value)?;
    }
    root.append_child(&canvas)?;
    Ok((canvas, drawing_context(found)?, is_software))
}

/// Whether pictures are computed by the processor.
fn is_software(found: &WebGl2RenderingContext) -> bool {
    // The card's own name, where the browser tells it.
    const UNMASKED_RENDERER: u32 = 0x9246;
    let _ = found.get_extension("WEBGL_debug_renderer_info");
    let name = found.get_parameter(UNMASKED_RENDERER).ok().and_then(|it| it.as_string()).unwrap_or_default();
    ["swiftshader", "llvmpipe", "softpipe", "basic render", "software"]
        .iter()
        .any(|it| name.to_lowercase().contains(it))
}

#[cfg(target_arch = "wasm32")]
#[expect(clippy::arc_with_non_send_sync, reason = "three-d wants it so; in a tab there is one thread")]
fn drawing_context(found: WebGl2RenderingContext) -> Result<Context, JsValue> {
    let context = std::sync::Arc::new(three_d::context::Context::from_webgl2_context(found));
    Context::from_gl_context(context).map_err(|error| words::no_picture(&error.to_string()).into())
}

/// Natively there is no browser: what is tested there needs no picture.
#[cfg(not(target_arch = "wasm32"))]
fn drawing_context(_: WebGl2RenderingContext) -> Result<Context, JsValue> {
    Err(words::no_webgl().into())
}

/// Whether a key asks for the next camera: one that nobody else took, and that goes into no field.
fn is_next_camera(event: &Event) -> bool {
    let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return false };
    let element = event.target().and_then(|it| it.dyn_into::<Element>().ok());
    let typing = element.is_some_and(|it| it.closest("input, textarea, select, dialog[open]").ok().flatten().is_some());
    let held = key.ctrl_key() || key.meta_key() || key.alt_key() || key.shift_key();
    !event.default_prevented() && !typing && !held && !key.repeat() && key.key() == words::NEXT_CAMERA_KEY
}

fn read_palette(window: &Window, document: &Document) -> StylePalette {
    let style: Option<CssStyleDeclaration> =
        document.document_element().and_then(|root| window.get_computed_style(&root).ok().flatten());
    StylePalette::read(|name| style.as_ref().and_then(|style| style.get_property_value(name).ok()).unwrap_or_default())
}
