//! Directed graphs of states: who leads to whom, and which states lead to each other.

use environments::{ActionMask, Model};

/// The successors of every node, one list after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Edges {
    offsets: Vec<u32>,
    to: Vec<u32>,
}

impl Edges {
    /// The edges of `nodes` nodes: `list` appends the successors of one.
    pub(super) fn new(nodes: usize, mut list: impl FnMut(usize, &mut Vec<u32>)) -> Self {
        let mut edges = Self { offsets: Vec::with_capacity(nodes + 1), to: Vec::new() };
        edges.offsets.push(0);
        for node in 0..nodes {
            list(node, &mut edges.to);
            edges.offsets.push(edges.to.len() as u32);
        }
        edges
    }

    /// The same edges the other way round.
    pub(super) fn reversed(&self) -> Self {
        let nodes = self.nodes();
        let mut offsets = vec![0; nodes + 1];
        for to in &self.to {
            offsets[*to as usize + 1] += 1;
        }
        for node in 0..nodes {
            offsets[node + 1] += offsets[node];
        }
        let (mut free, mut to) = (offsets.clone(), vec![0; self.to.len()]);
        for node in 0..nodes {
            for successor in self.of(node) {
                let place = &mut free[*successor as usize];
                to[*place as usize] = node as u32;
                *place += 1;
            }
        }
        Self { offsets, to }
    }

    pub(super) const fn nodes(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Where the successors of a node stand in the list of all.
    pub(super) fn range(&self, node: usize) -> std::ops::Range<usize> {
        self.offsets[node] as usize..self.offsets[node + 1] as usize
    }

    pub(super) fn of(&self, node: usize) -> &[u32] {
        &self.to[self.range(node)]
    }
}

/// Strongly connected components, each after all to which it leads.
#[derive(Clone, Debug, Default)]
pub(super) struct Components {
    /// The component of every node.
    pub(super) of: Vec<u32>,
    members: Vec<u32>,
    offsets: Vec<u32>,
}

const UNSEEN: u32 = u32::MAX;

impl Components {
    /// Tarjan's algorithm (1972), with a list in place of recursion.
    pub(super) fn new(edges: &Edges) -> Self {
        let nodes = edges.nodes();
        let mut found = Self { of: vec![UNSEEN; nodes], members: Vec::with_capacity(nodes), offsets: vec![0] };
        let (mut index, mut low) = (vec![UNSEEN; nodes], vec![0; nodes]);
        let (mut open, mut path, mut next) = (Vec::new(), Vec::<(u32, u32)>::new(), 0);
        for root in 0..nodes as u32 {
            if index[root as usize] != UNSEEN {
                continue;
            }
            path.push((root, 0));
            while let Some((node, seen)) = path.last_mut() {
                let at = *node as usize;
                if *seen == 0 && index[at] == UNSEEN {
                    (index[at], low[at]) = (next, next);
                    next += 1;
                    open.push(*node);
                }
                if let Some(successor) = edges.of(at).get(*seen as usize) {
                    *seen += 1;
                    let to = *successor as usize;
                    if index[to] == UNSEEN {
                        path.push((*successor, 0));
                    } else if found.of[to] == UNSEEN {
                        low[at] = low[at].min(index[to]);
                    }
                    continue;
                }
                path.pop();
                if let Some((before, _)) = path.last() {
                    low[*before as usize] = low[*before as usize].min(low[at]);
                }
                if low[at] == index[at] {
                    found.close(&mut open, at as u32);
                }
            }
        }
        found
    }

    fn close(&mut self, open: &mut Vec<u32>, first: u32) {
        let begin = self.members.len();
        while let Some(member) = open.pop() {
            self.of[member as usize] = self.count() as u32;
            self.members.push(member);
            if member == first {
                break;
            }
        }
        self.members[begin..].sort_unstable();
        self.offsets.push(self.members.len() as u32);
    }

    pub(super) const fn count(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The nodes of a component in ascending order.
    pub(super) fn members(&self, component: usize) -> &[u32] {
        &self.members[self.offsets[component] as usize..self.offsets[component + 1] as usize]
    }
}

/// The actions of a mask for which something holds.
pub(super) fn those(actions: ActionMask, holds: impl Fn(usize) -> bool) -> ActionMask {
    let kept = actions.iter().filter(|action| holds(usize::from(*action)));
    ActionMask(kept.fold(0, |bits, action| bits | 1 << action))
}

/// The states that may come after an action and in which the episode goes on.
pub(super) fn lasting(model: &Model, state: usize, action: usize) -> impl Iterator<Item = usize> {
    let outcomes = model.outcomes(state, action).iter();
    outcomes.filter(|it| !it.terminated && it.probability > 0.0).map(|it| it.next as usize)
}

/// Whether an episode may terminate after an action.
pub(super) fn may_end(model: &Model, state: usize, action: usize) -> bool {
    model.outcomes(state, action).iter().any(|it| it.terminated && it.probability > 0.0)
}

/// Maximal end components within the given actions: sets of states that can be kept to for ever, going from each to
/// every other (de Alfaro 1997, section 3.3). Gives the actions that keep to them, and the components.
pub(super) fn end_components(model: &Model, mut actions: Vec<ActionMask>) -> (Vec<ActionMask>, Components) {
    for (state, mask) in actions.iter_mut().enumerate() {
        *mask = those(*mask, |action| !may_end(model, state, action));
    }
    loop {
        let edges = Edges::new(model.states(), |state, into| {
            for action in actions[state].iter() {
                into.extend(lasting(model, state, usize::from(action)).map(|next| next as u32));
            }
        });
        let components = Components::new(&edges);
        let mut changed = false;
        for (state, mask) in actions.iter_mut().enumerate() {
            let stays = |next: usize| components.of[next] == components.of[state];
            let kept = those(*mask, |action| lasting(model, state, action).all(stays));
            changed |= kept != *mask;
            *mask = kept;
        }
        if !changed {
            return (actions, components);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn components(nodes: usize, pairs: &[(usize, u32)]) -> Vec<Vec<u32>> {
        let edges = Edges::new(nodes, |node, into| {
            into.extend(pairs.iter().filter(|(from, _)| *from == node).map(|(_, to)| *to));
        });
        let found = Components::new(&edges);
        (0..found.count()).map(|component| found.members(component).to_vec()).collect()
    }

    #[test]
    fn components_come_after_those_to_which_they_lead() {
        let pairs = [(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 3), (5, 5), (5, 0)];
        assert_eq!(components(6, &pairs), [vec![3, 4], vec![0, 1, 2], vec![5]]);
        assert_eq!(components(3, &[(0, 1), (0, 2), (1, 2)]), [[2], [1], [0]]);
        assert!(components(0, &[]).is_empty());
    }

    #[test]
    fn a_long_way_needs_no_deep_stack() {
        let edges = Edges::new(300_000, |node, into| into.push(((node + 1) % 300_000) as u32));
        assert_eq!(Components::new(&edges).count(), 1);
        let way = Edges::new(300_000, |node, into| into.extend((node < 299_999).then_some(node as u32 + 1)));
        assert_eq!(Components::new(&way).count(), 300_000);
        assert_eq!((way.reversed().of(5), way.reversed().of(0)), (&[4][..], &[][..]));
    }
}
