//! How an MDP looks: states in a ring, bent arrows for outcomes, one hue an action.

use super::rows::{Row, Table};
use crate::finite::{Moment, Portrayal};
use shared::scene::{Ink, Scene};
use std::f64::consts::TAU;

/// Width and height of the scene.
const SIDE: f32 = 12.0;
const RING: f32 = 4.2;
/// With more states, only the arrows of the present state are drawn.
const MOST_STATES_WITH_ALL_ARROWS: usize = 24;

type Point = (f32, f32);

/// One arrow.
#[derive(Clone, Debug)]
struct Edge {
    from: usize,
    action: usize,
    row: Row,
    /// How many arrows between the same states come before it, and how many there are.
    rank: (usize, usize),
}

#[derive(Debug)]
pub(super) struct Graph {
    states: Vec<String>,
    actions: Vec<String>,
    edges: Vec<Edge>,
}

impl Graph {
    pub(super) fn new(table: &Table) -> Self {
        let mut edges: Vec<Edge> = Vec::new();
        for from in 0..table.states.len() {
            for action in 0..table.actions.len() {
                let rows = table.outcomes_of(from, action).filter(|row| row.probability > 0.0);
                edges.extend(rows.map(|row| Edge { from, action, row, rank: (0, 0) }));
            }
        }
        for index in 0..edges.len() {
            let (from, next) = (edges[index].from, edges[index].row.next);
            let same = |it: &&Edge| it.from == from && it.row.next == next;
            edges[index].rank = (edges[..index].iter().filter(same).count(), edges.iter().filter(same).count());
        }
        Self { states: table.states.clone(), actions: table.actions.clone(), edges }
    }

    fn centre(&self, state: usize) -> Point {
        let middle = SIDE / 2.0;
        if self.states.len() == 1 {
            return (middle, middle);
        }
        let turn = TAU * (state as f64 / self.states.len() as f64 - 0.5);
        (middle + RING * libm::cos(turn) as f32, middle + RING * libm::sin(turn) as f32)
    }

    pub(super) fn centres(&self) -> Vec<Point> {
        (0..self.states.len()).map(|state| self.centre(state)).collect()
    }

    fn radius(&self) -> f32 {
        (RING * 2.4 / self.states.len() as f32).clamp(0.05, 0.75)
    }

    pub(super) fn box_size(&self) -> Point {
        (self.radius() * 2.0, self.radius() * 2.0)
    }

    fn draw_edge(&self, scene: &mut Scene, edge: &Edge, ink: Ink, labelled: bool) {
        let radius = self.radius();
        let (from, to) = (self.centre(edge.from), self.centre(edge.row.next));
        let points = if edge.from == edge.row.next { self.loop_points(edge) } else { bow(from, to, edge.rank) };
        // Only what lies outside of both discs.
        let outside = |point: &&Point| distance(**point, from) > radius && distance(**point, to) > radius + 0.05;
        let points: Vec<Point> = points.iter().filter(outside).copied().collect();
        let [.., before, tip] = points[..] else { return };
        scene.line(&points, 0.03 + 0.05 * edge.row.probability as f32, ink);
        let length = distance(before, tip).max(1e-6);
        let (dx, dy) = ((tip.0 - before.0) / length * 0.22, (tip.1 - before.1) / length * 0.22);
        let back = (tip.0 - dx, tip.1 - dy);
        scene.polygon(&[tip, (back.0 - dy * 0.55, back.1 + dx * 0.55), (back.0 + dy * 0.55, back.1 - dx * 0.55)], ink);
        if labelled {
            let Row { probability, reward, .. } = edge.row;
            let mut label = self.actions[edge.action].clone();
            if probability < 1.0 {
                label.push(' ');
                label += &((probability * 1000.0).round() / 1000.0).to_string();
            }
            if reward != 0.0 {
                label += if reward > 0.0 { " → +" } else { " → " };
                label += &reward.to_string();
            }
            let (x, y) = points[points.len() / 2];
            let width = label.chars().count() as f32 * 0.135 + 0.16;
            let x = x.clamp(width / 2.0, SIDE - width / 2.0);
            scene.fill((x - width / 2.0, y - 0.19), (width, 0.38), 0.19, Ink::Ground);
            scene.text((x, y), 0.19, label, Ink::Ink);
        }
    }

    /// A loop beside its state, on the outer side of the ring.
    fn loop_points(&self, edge: &Edge) -> Vec<Point> {
        let (x, y) = self.centre(edge.from);
        let (dx, dy) = (x - SIDE / 2.0, y - SIDE / 2.0);
        let length = distance((dx, dy), (0.0, 0.0));
        let (dx, dy) = if length < 1e-3 { (0.0, -1.0) } else { (dx / length, dy / length) };
        let (rank, count) = edge.rank;
        // Several loops of one state fan out.
        let fan = (rank as f64 - (count as f64 - 1.0) / 2.0) * 0.16 * TAU;
        let (sin, cos) = (libm::sin(fan) as f32, libm::cos(fan) as f32);
        let (dx, dy) = (dx * cos - dy * sin, dx * sin + dy * cos);
        let size = self.radius() * 0.75;
        let middle = (x + dx * (self.radius() + size * 0.7), y + dy * (self.radius() + size * 0.7));
        (0..=24)
            .map(|step| {
                let turn = TAU * f64::from(step) / 24.0;
                let (sin, cos) = (libm::sin(turn) as f32 * size, libm::cos(turn) as f32 * size);
                // Begins and ends at the state.
                (middle.0 - dx * cos - dy * sin, middle.1 - dy * cos + dx * sin)
            })
            .collect()
    }
}

/// An arc from one point to another; each further one between the same points bends more.
fn bow(from: Point, to: Point, (rank, _): (usize, usize)) -> Vec<Point> {
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

fn distance(one: Point, other: Point) -> f32 {
    let (dx, dy) = (one.0 - other.0, one.1 - other.1);
    (dx * dx + dy * dy).sqrt()
}

impl Portrayal for Graph {
    fn draw(&self, Moment { state, .. }: Moment) -> Scene {
        let mut scene = Scene::new(SIDE, SIDE);
        let radius = self.radius();
        if self.states.len() <= MOST_STATES_WITH_ALL_ARROWS {
            for edge in self.edges.iter().filter(|edge| edge.from != state) {
                self.draw_edge(&mut scene, edge, Ink::Faint, false);
            }
        }
        for (index, name) in self.states.iter().enumerate() {
            let place = self.centre(index);
            let ink = if index == state { Ink::Agent } else { Ink::Wall };
            scene.disc(place, radius, ink);
            scene.disc(place, radius * 0.88, if index == state { Ink::Agent } else { Ink::Ground });
            if radius > 0.2 {
                let name: String = name.chars().take(9).collect();
                let size = (radius * 1.9 / name.chars().count() as f32).min(radius * 0.55);
                scene.text(place, size, name, if index == state { Ink::White } else { Ink::Ink });
            }
        }
        for edge in self.edges.iter().filter(|edge| edge.from == state) {
            self.draw_edge(&mut scene, edge, Ink::Hue((edge.action % 7) as u8), true);
        }
        scene.words = format!("The state is {}.", self.states[state]);
        scene
    }

    fn text(&self, state: usize) -> String {
        self.states[state].clone()
    }

    fn observe(&self, state: usize, into: &mut [f32]) {
        into.fill(0.0);
        into[state] = 1.0;
    }
}
