//! Where words stand beside the arrows: each at the first place along its own where it covers nothing.

use super::geometry::{ACTION, MdpPoint, point_on, unit};
use super::graph::MdpBranch;
use crate::format::{plain, shortened};

/// Width of a letter and height of a line of the words.
const LETTER: f64 = 6.6;
const LINE: f64 = 16.0;
/// Letters of an action's name that are shown.
const MOST_LETTERS: usize = 14;
/// Decimals of probabilities and rewards.
const DECIMALS: usize = 3;
/// How far words stand beside an arrow on which there is no room.
const BESIDE: f64 = 15.0;
/// Where words may stand along an arrow, the best first.
const SHARES: [f64; 7] = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74];

/// What stands on an arrow: how likely it is, unless it is certain, and what it brings.
pub fn branch_words(branch: &MdpBranch) -> String {
    let reward = (branch.reward != 0.0).then(|| format!("{}{}", plus(branch.reward), plain(branch.reward, DECIMALS)));
    let chance = (branch.probability != 1.0).then(|| plain(branch.probability, DECIMALS));
    [chance, reward].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn plus(reward: f64) -> &'static str {
    if reward > 0.0 { "+" } else { "" }
}

/// An action's name as it is shown.
pub fn action_words(name: &str) -> String {
    shortened(name, MOST_LETTERS)
}

/// A box around a point: left, top, right, bottom.
type LabelBox = [f64; 4];

/// What is covered already.
#[derive(Debug, Default)]
pub struct LabelPlaces {
    taken: Vec<LabelBox>,
}

impl LabelPlaces {
    /// Discs are covered, each by its middle and radius.
    pub fn beside(discs: impl Iterator<Item = (MdpPoint, f64)>) -> Self {
        let around = |((x, y), reach): (MdpPoint, f64)| [x - reach, y - reach, x + reach, y + reach];
        Self { taken: discs.map(around).collect() }
    }

    /// The middle of an action's name.
    pub fn beside_action(&mut self, (x, y): MdpPoint, name: &str) -> MdpPoint {
        let size = size_of(name);
        let (aside, above) = (ACTION + 4.0 + size.0 / 2.0, ACTION + 1.0 + LINE / 2.0);
        let far = above + LINE;
        let near = [(0.0, -above), (0.0, above), (aside, 0.0), (-aside, 0.0), (aside, -above), (-aside, -above)];
        let spots = near.into_iter().chain([(aside, above), (-aside, above), (0.0, -far), (0.0, far)]);
        self.take(spots.map(|(dx, dy)| (x + dx, y + dy)), size)
    }

    /// The middle of what stands on an arrow.
    pub fn along(&mut self, curve: &[MdpPoint; 4], words: &str) -> MdpPoint {
        if words.is_empty() {
            return point_on(curve, 0.5);
        }
        // On the arrow, or else beside it.
        let spots = [0.0, BESIDE, -BESIDE].into_iter().flat_map(|by| {
            SHARES.map(|share| {
                let (x, y) = point_on(curve, share);
                let (dx, dy) = unit(point_on(curve, share - 0.05), point_on(curve, share + 0.05));
                (x - dy * by, y + dx * by)
            })
        });
        self.take(spots, size_of(words))
    }

    /// The first of these places that is free, or the one that covers least.
    fn take(&mut self, spots: impl IntoIterator<Item = MdpPoint>, (width, height): (f64, f64)) -> MdpPoint {
        let mut best: Option<(f64, MdpPoint, LabelBox)> = None;
        for (x, y) in spots {
            let own = [x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0];
            let covered: f64 = self.taken.iter().map(|it| shared_area(&own, it)).sum();
            if best.as_ref().is_none_or(|(least, ..)| covered < *least) {
                best = Some((covered, (x, y), own));
            }
            if covered == 0.0 {
                break;
            }
        }
        let Some((_, place, own)) = best else { return (0.0, 0.0) };
        self.taken.push(own);
        place
    }
}

/// Width and height of words.
pub fn size_of(words: &str) -> (f64, f64) {
    (words.chars().count() as f64 * LETTER + 4.0, LINE)
}

fn shared_area(one: &LabelBox, other: &LabelBox) -> f64 {
    let width = one[2].min(other[2]) - one[0].max(other[0]);
    let height = one[3].min(other[3]) - one[1].max(other[1]);
    width.max(0.0) * height.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::mdp_editor::geometry::STATE;
    use crate::components::mdp_editor::graph::MdpGraph;
    use crate::components::mdp_editor::layout::MdpLayout;

    #[test]
    fn words_of_small_graphs_cover_neither_nodes_nor_each_other() {
        let two = "s1,a11,.5,s1,5\ns1,a11,.5,s2,5\ns1,a12,1,s2,10\ns2,a21,1,s2,-1";
        let robot = environments::mdp::catalog().parameters[0].default_value().to_string();
        let river = environments::mdp::catalog().presets[0].values["table"].to_string();
        for table in [two, &robot, &river] {
            let graph = MdpGraph::read(table, "", &MdpGraph::default()).unwrap();
            let laid = MdpLayout::of(&graph);
            let boxed = |(x, y): MdpPoint, (width, height): (f64, f64)| {
                [x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0]
            };
            let names = laid.actions.iter().map(|it| {
                let name = action_words(&graph.action(it.id).unwrap().name);
                (boxed(it.label, size_of(&name)), name)
            });
            let words = laid.branches.iter().map(|it| (it.label, branch_words(&graph.branches[it.at])));
            let words = words.filter(|it| !it.1.is_empty()).map(|(at, words)| (boxed(at, size_of(&words)), words));
            let labels: Vec<_> = names.chain(words).collect();
            for (index, (one, words)) in labels.iter().enumerate() {
                for (other, others) in &labels[..index] {
                    assert_eq!(shared_area(one, other), 0.0, "{words} and {others}");
                }
                for (_, place) in &laid.states {
                    assert_eq!(shared_area(one, &boxed(*place, (STATE, STATE))), 0.0, "{words}");
                }
            }
        }
    }

    #[test]
    fn an_arrow_says_what_is_not_plain() {
        let branch = MdpBranch { action: 1, probability: 1.0, reward: 0.0, next: 1, terminal: false };
        assert_eq!(branch_words(&branch), "");
        assert_eq!(branch_words(&MdpBranch { reward: 10.0, ..branch }), "+10");
        assert_eq!(branch_words(&MdpBranch { reward: -1.5, probability: 1.0 / 3.0, ..branch }), "0.333 · −1.5");
    }
}
