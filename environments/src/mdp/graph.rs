//! How an MDP looks: states in a ring, bent arrows for outcomes, one hue an action. Of many states, the present one and those
//! that it leads to.

use super::MOST_STATES_SEEN;
use super::table::{MdpOutcome, MdpTable};
use crate::finite::{FiniteEnvironment, FiniteMoment, Portrayal};
use crate::labels;
use shared::scene::{Ink, Scene};
use std::collections::BTreeMap;
use std::f64::consts::TAU;

/// Width and height of the scene.
const SIDE: f32 = 12.0;
const RING: f32 = 4.2;
/// With more states, only the arrows of the present state are drawn.
const MOST_STATES_WITH_ALL_ARROWS: usize = 24;
/// Arrows of one state that can be told apart; the likeliest are drawn.
const MOST_ARROWS: usize = 128;
/// States around the present one where not all are shown.
const MOST_NEIGHBOURS: usize = 16;
/// Characters of an action on an arrow, and of a state in a sentence.
const MOST_ON_ARROW: usize = 24;
const MOST_IN_WORDS: usize = 60;

type GraphPoint = (f32, f32);

/// One arrow.
#[derive(Clone, Debug)]
struct Edge {
    from: usize,
    action: usize,
    row: MdpOutcome,
    /// How many arrows between the same states come before it, and how many there are.
    rank: (usize, usize),
}

impl Edge {
    const fn to(&self) -> usize {
        self.row.next as usize
    }
}

#[derive(Debug)]
pub(super) struct MdpPortrayal {
    table: MdpTable,
}

/// Where the states stand that are shown.
enum Ring {
    /// All of them, so many.
    All(usize),
    /// One in the middle and these around it.
    Around(usize, Vec<usize>),
}

impl Ring {
    fn count(&self) -> usize {
        match self {
            Self::All(count) => *count,
            Self::Around(_, others) => others.len(),
        }
    }

    fn radius(&self) -> f32 {
        (RING * 2.4 / self.count().max(1) as f32).clamp(0.05, 0.75)
    }

    /// The centre of a state; none where it is not shown.
    fn centre(&self, state: usize) -> Option<GraphPoint> {
        let middle = SIDE / 2.0;
        let place = match self {
            Self::All(count) => Some(state).filter(|_| *count > 1),
            Self::Around(centre, _) if *centre == state => None,
            Self::Around(_, others) => Some(others.iter().position(|other| *other == state)?),
        };
        let Some(place) = place else { return Some((middle, middle)) };
        let turn = TAU * (place as f64 / self.count() as f64 - 0.5);
        Some((middle + RING * libm::cos(turn) as f32, middle + RING * libm::sin(turn) as f32))
    }
}

impl MdpPortrayal {
    pub(super) const fn new(table: MdpTable) -> Self {
        Self { table }
    }

    pub(super) fn states(&self) -> &[String] {
        &self.table.states
    }

    pub(super) fn actions(&self) -> &[String] {
        &self.table.actions
    }

    fn ring(&self, state: usize) -> Ring {
        let count = self.states().len();
        if count <= MOST_STATES_SEEN {
            return Ring::All(count);
        }
        let mut others: Vec<usize> = Vec::new();
        for edge in self.edges_from(state) {
            if edge.to() != state && !others.contains(&edge.to()) && others.len() < MOST_NEIGHBOURS {
                others.push(edge.to());
            }
        }
        Ring::Around(state, others)
    }

    /// The arrows of a state.
    fn edges_from(&self, from: usize) -> Vec<Edge> {
        let rows = self.table.actions_of(from).flat_map(|(action, rows)| rows.iter().map(move |row| (action, *row)));
        let mut edges: Vec<_> = rows.map(|(action, row)| Edge { from, action, row, rank: (0, 0) }).collect();
        if edges.len() > MOST_ARROWS {
            sort(&mut edges, |it| -it.row.probability);
            edges.truncate(MOST_ARROWS);
            sort(&mut edges, |it| it.action as f64);
        }
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for edge in &mut edges {
            let count = counts.entry(edge.to()).or_default();
            edge.rank.0 = *count;
            *count += 1;
        }
        for edge in &mut edges {
            edge.rank.1 = counts[&edge.to()];
        }
        edges
    }

    pub(super) fn centres(&self) -> Vec<GraphPoint> {
        let ring = Ring::All(self.states().len());
        (0..self.states().len()).filter_map(|state| ring.centre(state)).collect()
    }

    pub(super) fn box_size(&self) -> GraphPoint {
        let radius = Ring::All(self.states().len()).radius();
        (radius * 2.0, radius * 2.0)
    }

    fn draw_edge(&self, scene: &mut Scene, ring: &Ring, edge: &Edge, ink: Ink, labelled: bool) {
        let radius = ring.radius();
        let (Some(from), Some(to)) = (ring.centre(edge.from), ring.centre(edge.to())) else { return };
        let points =
            if edge.from == edge.to() { loop_points(from, radius, edge.rank) } else { bow(from, to, edge.rank) };
        // Only what lies outside of both discs.
        let outside = |point: &&GraphPoint| distance(**point, from) > radius && distance(**point, to) > radius + 0.05;
        let points: Vec<GraphPoint> = points.iter().filter(outside).copied().collect();
        let [.., before, tip] = points[..] else { return };
        scene.line(&points, 0.03 + 0.05 * edge.row.probability as f32, ink);
        let length = distance(before, tip).max(1e-6);
        let (dx, dy) = ((tip.0 - before.0) / length * 0.22, (tip.1 - before.1) / length * 0.22);
        let back = (tip.0 - dx, tip.1 - dy);
        scene.polygon(&[tip, (back.0 - dy * 0.55, back.1 + dx * 0.55), (back.0 + dy * 0.55, back.1 - dx * 0.55)], ink);
        if labelled {
            let MdpOutcome { probability, reward, .. } = edge.row;
            let mut label = labels::short(&self.actions()[edge.action], MOST_ON_ARROW);
            if probability < 1.0 {
                label.push(' ');
                label += &labels::number((probability * 1000.0).round() / 1000.0);
            }
            if reward != 0.0 {
                label += if reward > 0.0 { " → +" } else { " → " };
                label += &labels::number(reward);
            }
            let (x, y) = points[points.len() / 2];
            // Short enough to stand within the scene whatever it says.
            let width = label.chars().count() as f32 * 0.135 + 0.16;
            let (x, y) = (x.min(SIDE - width / 2.0).max(width / 2.0), y.clamp(0.19, SIDE - 0.19));
            scene.fill((x - width / 2.0, y - 0.19), (width, 0.38), 0.19, Ink::Ground);
            scene.text((x, y), 0.19, label, Ink::Ink);
        }
    }
}

/// A loop beside its state, on the outer side of the ring.
fn loop_points((x, y): GraphPoint, radius: f32, (rank, count): (usize, usize)) -> Vec<GraphPoint> {
    let (dx, dy) = (x - SIDE / 2.0, y - SIDE / 2.0);
    let length = distance((dx, dy), (0.0, 0.0));
    let (dx, dy) = if length < 1e-3 { (0.0, -1.0) } else { (dx / length, dy / length) };
    // Several loops of one state fan out.
    let fan = (rank as f64 - (count as f64 - 1.0) / 2.0) * 0.16 * TAU;
    let (sin, cos) = (libm::sin(fan) as f32, libm::cos(fan) as f32);
    let (dx, dy) = (dx * cos - dy * sin, dx * sin + dy * cos);
    let size = radius * 0.75;
    let middle = (x + dx * (radius + size * 0.7), y + dy * (radius + size * 0.7));
    (0..=24)
        .map(|step| {
            let turn = TAU * f64::from(step) / 24.0;
            let (sin, cos) = (libm::sin(turn) as f32 * size, libm::cos(turn) as f32 * size);
            // Begins and ends at the state.
            (middle.0 - dx * cos - dy * sin, middle.1 - dy * cos + dx * sin)
        })
        .collect()
}

/// An arc from one point to another; each further one between the same points bends more.
fn bow(from: GraphPoint, to: GraphPoint, (rank, _): (usize, usize)) -> Vec<GraphPoint> {
    let bend = 0.16 + 0.14 * rank as f32;
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let middle = (from.0.midpoint(to.0), from.1.midpoint(to.1));
    let control = (middle.0 - dy * bend * 2.0, middle.1 + dx * bend * 2.0);
    (0..=32_u8)
        .map(|step| {
            let t = f32::from(step) / 32.0;
            let (a, b, c) = ((1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t);
            (a * from.0 + b * control.0 + c * to.0, a * from.1 + b * control.1 + c * to.1)
        })
        .collect()
}

fn distance(one: GraphPoint, other: GraphPoint) -> f32 {
    let (dx, dy) = (one.0 - other.0, one.1 - other.1);
    (dx * dx + dy * dy).sqrt()
}

impl Portrayal for MdpPortrayal {
    fn draw(&self, FiniteMoment { state, .. }: FiniteMoment, _: &FiniteEnvironment) -> Scene {
        let mut scene = Scene::new(SIDE, SIDE);
        let ring = self.ring(state);
        let radius = ring.radius();
        if self.states().len() <= MOST_STATES_WITH_ALL_ARROWS {
            for from in (0..self.states().len()).filter(|from| *from != state) {
                for edge in self.edges_from(from) {
                    self.draw_edge(&mut scene, &ring, &edge, Ink::Faint, false);
                }
            }
        }
        let shown = match &ring {
            Ring::All(count) => (0..*count).collect(),
            Ring::Around(centre, others) => [&[*centre][..], others].concat(),
        };
        for (index, place) in shown.into_iter().filter_map(|index| Some((index, ring.centre(index)?))) {
            let ink = if index == state { Ink::Agent } else { Ink::Wall };
            scene.disc(place, radius, ink);
            scene.disc(place, radius * 0.88, if index == state { Ink::Agent } else { Ink::Ground });
            if radius > 0.2 {
                let name: String = self.states()[index].chars().take(9).collect();
                let size = (radius * 1.9 / name.chars().count() as f32).min(radius * 0.55);
                scene.text(place, size, name, if index == state { Ink::White } else { Ink::Ink });
            }
        }
        for edge in self.edges_from(state) {
            self.draw_edge(&mut scene, &ring, &edge, Ink::Hue((edge.action % 7) as u8), true);
        }
        scene.words = format!("The state is {}.", labels::short(&self.states()[state], MOST_IN_WORDS));
        scene
    }

    fn text(&self, state: usize) -> String {
        self.states()[state].clone()
    }

    fn observe(&self, state: usize, into: &mut [f32]) {
        if self.states().len() > MOST_STATES_SEEN {
            into[0] = state as f32;
        } else {
            into.fill(0.0);
            into[state] = 1.0;
        }
    }
}

/// Puts arrows in order; equals stay as they are. One sort for both keys: the page carries its code once.
fn sort(edges: &mut [Edge], place: fn(&Edge) -> f64) {
    edges.sort_by(|one, other| place(one).total_cmp(&place(other)));
}
