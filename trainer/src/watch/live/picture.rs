//! The picture of a run on a terminal: its status, the scene of its newest frame, and the curve of its returns.

use super::live_run::LiveRun;
use crate::figure::fixed;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line as Words, Span};
use ratatui::widgets::canvas::{Canvas, Circle, Context, Line, Points, Rectangle};
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, Paragraph};
use shared::scene::{Anchor, Ink, Scene, Shape, Sprite, Tile};

/// Columns from which the scene stands beside the curve and not above it.
const WIDE: u16 = 90;

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, live: &LiveRun) {
    let [head, middle, foot] =
        Layout::vertical([Constraint::Length(2), Constraint::Fill(1), Constraint::Length(1)]).areas(frame.area());
    let title = format!("{}  {}", live.title, live.address);
    frame.render_widget(Paragraph::new(vec![Words::from(title), Words::from(live.line())]), head);
    let notice = live.notice.as_ref().map_or(String::new(), |it| format!("  {it}"));
    frame.render_widget(Paragraph::new(format!("q ends{notice}")), foot);
    let halves = [Constraint::Fill(1), Constraint::Fill(1)];
    match &live.frame {
        Some(newest) => {
            let [first, second] = if middle.width >= WIDE {
                Layout::horizontal(halves).areas(middle)
            } else {
                Layout::vertical(halves).areas(middle)
            };
            let title = format!(
                "episode {}, step {}, return {}",
                newest.episode,
                newest.episode_step,
                fixed(newest.episode_return, 2)
            );
            scene(frame, first, &newest.scene, title);
            curve(frame, second, live);
        }
        None => curve(frame, middle, live),
    }
}

fn curve(frame: &mut Frame<'_>, area: Rect, live: &LiveRun) {
    let points: Vec<_> =
        live.returns.iter().map(|it| (it.last_episode as f64, it.mean())).filter(|it| it.1.is_finite()).collect();
    let block = Block::bordered().title("return by episode");
    let (Some((_, value)), Some((last, _))) = (points.first(), points.last()) else {
        frame.render_widget(Paragraph::new("no episode has ended yet").block(block), area);
        return;
    };
    let optimum = live.optimal_return.filter(|it| it.is_finite());
    let values = points.iter().map(|it| it.1).chain(optimum);
    let (least, most) = values.fold((*value, *value), |(least, most), it| (least.min(it), most.max(it)));
    let (least, most) = if least < most { (least, most) } else { (least - 1.0, most + 1.0) };
    let last = last.max(1.0);
    let best = optimum.map(|it| [(0.0, it), (last, it)]);
    let mut sets = Vec::new();
    if let Some(best) = &best {
        sets.push(dataset(best, "optimal", Color::DarkGray));
    }
    sets.push(dataset(&points, "mean", Color::Green));
    let episodes = Axis::default().bounds([0.0, last]).labels(["0".to_owned(), fixed(last, 0)]);
    let returns = Axis::default().bounds([least, most]).labels([fixed(least, 2), fixed(most, 2)]);
    frame.render_widget(Chart::new(sets).block(block).x_axis(episodes).y_axis(returns), area);
}

fn dataset<'a>(points: &'a [(f64, f64)], name: &'a str, colour: Color) -> Dataset<'a> {
    let line = Dataset::default().name(name).marker(Marker::Braille).graph_type(GraphType::Line);
    line.style(Style::new().fg(colour)).data(points)
}

fn scene(frame: &mut Frame<'_>, area: Rect, scene: &Scene, title: String) {
    let block = Block::bordered().title(title);
    let inner = block.inner(area);
    let (width, height) = (f64::from(scene.width), f64::from(scene.height));
    let has_size = |it: f64| it.is_finite() && it > 0.0;
    if !has_size(width) || !has_size(height) || inner.is_empty() {
        frame.render_widget(block, area);
        return;
    }
    // A character is about twice as high as it is wide.
    let (columns, rows) = (f64::from(inner.width), 2.0 * f64::from(inner.height));
    let unit = (width / columns).max(height / rows);
    let (beside, above) = ((unit * columns - width) / 2.0, (unit * rows - height) / 2.0);
    let canvas = Canvas::default()
        .block(block)
        .marker(Marker::Braille)
        .x_bounds([-beside, width + beside])
        .y_bounds([-above, height + above])
        .paint(|context| {
            let mut drawing = TerminalDrawing { context, width, height, dot: unit / 2.0 };
            scene.shapes.iter().for_each(|shape| drawing.shape(shape));
        });
    frame.render_widget(canvas, area);
}

/// A scene on its way to a canvas, whose y grows upward.
struct TerminalDrawing<'a, 'b> {
    context: &'a mut Context<'b>,
    width: f64,
    height: f64,
    /// Units between two dots.
    dot: f64,
}

impl TerminalDrawing<'_, '_> {
    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Cells { x, y, columns, tiles, legend } => {
                let columns = (*columns).max(1) as usize;
                for (index, tile) in tiles.0.iter().enumerate() {
                    let Some(tile) = legend.get(usize::from(*tile)) else { continue };
                    let (column, row) = ((index % columns) as f32, (index / columns) as f32);
                    self.tile(*tile, f64::from(x + column), f64::from(y + row));
                }
            }
            Shape::Sprite { sprite, x, y, ink, .. } => {
                self.words(f64::from(*x), f64::from(*y), letter(*sprite).into(), colour(*ink));
            }
            Shape::Box { x, y, width, height, ink, outline, .. } => {
                let (x, y, width, height) = (f64::from(*x), f64::from(*y), f64::from(*width), f64::from(*height));
                if *outline > 0.0 || is_background(*ink) {
                    let y = self.height - y - height;
                    self.context.draw(&Rectangle { x, y, width, height, color: colour(*ink) });
                } else {
                    self.fill(y, y + height, |_| Some((x, x + width)), colour(*ink));
                }
            }
            Shape::Disc { x, y, radius, ink, outline } => {
                let (x, y, radius) = (f64::from(*x), f64::from(*y), f64::from(*radius));
                self.context.draw(&Circle { x, y: self.height - y, radius, color: colour(*ink) });
                if *outline <= 0.0 {
                    let half = |at: f64| (radius * radius - (at - y) * (at - y)).max(0.0).sqrt();
                    self.fill(y - radius, y + radius, |at| Some((x - half(at), x + half(at))), colour(*ink));
                }
            }
            Shape::Path { points, ink, closed, .. } => {
                let points: Vec<_> =
                    points.0.chunks_exact(2).map(|it| (f64::from(it[0]), self.height - f64::from(it[1]))).collect();
                let back = closed.then(|| points.last().zip(points.first())).flatten();
                for (from, to) in points.iter().zip(points.iter().skip(1)).chain(back) {
                    self.context.draw(&Line { x1: from.0, y1: from.1, x2: to.0, y2: to.1, color: colour(*ink) });
                }
            }
            Shape::Text { x, y, text, ink, anchor, .. } => {
                let shift = match anchor {
                    Anchor::Start => 0.0,
                    Anchor::Middle => 0.5,
                    Anchor::End => 1.0,
                };
                let x = f64::from(*x) - shift * text.chars().count() as f64 * 2.0 * self.dot;
                self.words(x.max(0.0), f64::from(*y), text.clone(), colour(*ink));
            }
            Shape::Meter { x, y, label, value, ink, .. } => {
                let text = format!("{label} {}", fixed(f64::from(*value), 2));
                self.words(f64::from(*x), f64::from(*y), text, colour(*ink));
            }
        }
    }

    fn words(&mut self, x: f64, y: f64, text: String, colour: Color) {
        self.context.print(x, self.height - y, Words::from(Span::styled(text, Style::new().fg(colour))));
    }

    fn tile(&mut self, tile: Tile, x: f64, y: f64) {
        let (letter, colour) = match tile {
            Tile::Floor | Tile::Empty => return,
            Tile::Wall => return self.fill(y, y + 1.0, |_| Some((x, x + 1.0)), Color::Gray),
            Tile::Start => ("S", Color::Gray),
            Tile::Goal => ("G", Color::Green),
            Tile::Pit => ("X", Color::Red),
            Tile::Mud => ("~", Color::Yellow),
            Tile::Ice => ("·", Color::Cyan),
            Tile::OneWayUp => ("↑", Color::Gray),
            Tile::OneWayDown => ("↓", Color::Gray),
            Tile::OneWayLeft => ("←", Color::Gray),
            Tile::OneWayRight => ("→", Color::Gray),
            Tile::Teleport => ("O", Color::Magenta),
        };
        self.words(x + 0.5, y + 0.5, letter.into(), colour);
    }

    /// Fills rows of dots from a height to another, each from and to where `span` says.
    fn fill(&mut self, top: f64, bottom: f64, span: impl Fn(f64) -> Option<(f64, f64)>, color: Color) {
        let mut dots = Vec::new();
        let mut y = top.max(0.0) + self.dot / 2.0;
        while y < bottom.min(self.height) {
            if let Some((left, right)) = span(y) {
                let mut x = left.max(0.0) + self.dot / 2.0;
                while x < right.min(self.width) {
                    dots.push((x, self.height - y));
                    x += self.dot;
                }
            }
            y += self.dot;
        }
        self.context.draw(&Points { coords: &dots, color });
    }
}

/// What lies under everything else would hide it on a terminal.
const fn is_background(ink: Ink) -> bool {
    matches!(ink, Ink::Ground | Ink::GroundAlternate | Ink::Faint | Ink::Road)
}

const fn letter(sprite: Sprite) -> &'static str {
    match sprite {
        Sprite::Creature => "@",
        Sprite::Sprout => "Y",
        Sprite::Person => "P",
        Sprite::Car => "C",
        Sprite::Bus => "B",
        Sprite::Apple => "o",
        Sprite::House => "H",
        Sprite::Flag => "F",
        Sprite::Police => "!",
    }
}

const fn colour(ink: Ink) -> Color {
    match ink {
        Ink::Ground | Ink::GroundAlternate | Ink::Faint | Ink::Road | Ink::Black => Color::DarkGray,
        Ink::Wall | Ink::White => Color::Gray,
        Ink::Ink => Color::Reset,
        Ink::Danger | Ink::Stop => Color::Red,
        Ink::Goal | Ink::Plant | Ink::Go => Color::Green,
        Ink::Agent => Color::LightGreen,
        Ink::AgentDetail | Ink::Caution => Color::Yellow,
        Ink::Prize => Color::Magenta,
        Ink::Water => Color::Blue,
        Ink::Hue(hue) => match hue % 6 {
            0 => Color::Red,
            1 => Color::Yellow,
            2 => Color::Green,
            3 => Color::Cyan,
            4 => Color::Blue,
            _ => Color::Magenta,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::live_run::tests::live;
    use super::*;
    use environments::Environment as _;
    use environments::registry;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use shared::Column;
    use shared::parameter::Parameters;
    use shared::quantity::Seed;
    use shared::spec::EnvironmentSpec;

    fn shown(live: &LiveRun, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, live)).unwrap();
        terminal.backend().to_string()
    }

    fn newest(scene: Scene) -> shared::event::Frame {
        let (state, action, box_action, trail) = (None, None, None, Column(Vec::new()));
        shared::event::Frame {
            scene,
            state,
            episode: 7,
            episode_step: 3,
            episode_return: 1.5,
            action,
            box_action,
            trail,
        }
    }

    fn braille(text: &str) -> usize {
        text.chars().filter(|it| ('\u{2801}'..='\u{28ff}').contains(it)).count()
    }

    #[test]
    fn a_curve_is_drawn_and_before_it_words() {
        assert!(shown(&live(0), 80, 24).contains("no episode has ended yet"));
        let text = shown(&live(300), 80, 24);
        assert!(braille(&text) > 60, "{text}");
        assert!(text.contains("299.00") && text.contains("walk: nothing heard yet"), "{text}");
    }

    fn drawn(spec: &EnvironmentSpec) -> Scene {
        let mut environment = registry::build(spec).unwrap();
        environment.reset(Seed::default());
        environment.draw()
    }

    #[test]
    fn every_environment_is_drawn_at_every_size() {
        for entry in registry::catalog() {
            let spec = EnvironmentSpec { id: entry.id.clone(), parameters: Parameters::new() };
            let live = LiveRun { frame: Some(newest(drawn(&spec))), ..live(20) };
            for (width, height) in [(120, 40), (80, 24), (20, 6), (3, 3)] {
                let text = shown(&live, width, height);
                if width == 120 {
                    assert!(text.contains("episode 7, step 3, return 1.50"), "{}: {text}", entry.id);
                }
            }
        }
        let spec = EnvironmentSpec { id: "gridworld".into(), parameters: Parameters::new() };
        let text = shown(&LiveRun { frame: Some(newest(drawn(&spec))), ..live(0) }, 120, 40);
        assert!(text.contains('@') && text.contains('G'), "{text}");
    }

    #[test]
    fn scenes_without_size_and_shapes_without_place_are_left_out() {
        for size in [0.0, -1.0, f32::NAN, f32::INFINITY, f32::MAX] {
            let mut scene = Scene::new(size, size);
            scene.fill((f32::NAN, f32::NEG_INFINITY), (f32::INFINITY, f32::INFINITY), 0.0, Ink::Wall);
            scene.disc((f32::NAN, 0.0), f32::INFINITY, Ink::Agent);
            shown(&LiveRun { frame: Some(newest(scene)), ..live(1) }, 80, 24);
        }
    }
}
