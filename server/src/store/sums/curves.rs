//! Curves out of sums: of each metric so many groups as somebody asks for, with little more read than is sent.

use super::{STEP, Sum, SumBlock, Within, read};
use crate::log::Excerpt;
use crate::points::{CurveQuery, Curves};
use crate::store::damage::Damage;
use crate::store::read::entries;
use crate::store::sql::{corrupt, is_corrupt, signed, unsigned};
use crate::thin::{ThinnedEntry, part};
use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{Epoch, RunId};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The metrics of a log as far as they are summed up, and the offset after that: nothing where they are not, or damaged.
pub(in crate::store) fn curves(
    connection: &Connection,
    (run, epoch): (&RunId, Epoch),
    query: CurveQuery,
    floor: u32,
    damage: &Damage,
) -> Result<(Curves, u64), rusqlite::Error> {
    // All of it is of one moment, whatever is stored and thinned meanwhile.
    let moment = connection.unchecked_transaction()?;
    let find = "SELECT id, summed, thinned FROM epochs WHERE run = ?1 AND epoch = ?2";
    let mut find = moment.prepare_cached(find)?;
    let columns = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, unsigned(row.get(1)?), unsigned(row.get(2)?)));
    let found = find.query_row(params![run.as_str(), signed(epoch.0)], columns).optional()?;
    let Some((row, reached, thinned)) = found.filter(|(_, reached, _)| *reached > 0) else {
        return Ok((Curves::new(query), 0));
    };
    let log = SummedLog { connection: &moment, run, epoch, damage, row, reached, thinned, floor };
    match log.curves(&query) {
        Err(error) if is_corrupt(&error) => Ok((Curves::new(query), 0)),
        curves => Ok((curves?, reached)),
    }
}

/// A log of which curves are made.
struct SummedLog<'a> {
    connection: &'a Connection,
    run: &'a RunId,
    epoch: Epoch,
    damage: &'a Damage,
    row: i64,
    /// How far it is summed up.
    reached: u64,
    thinned: u64,
    floor: u32,
}

/// A block that is there, or a part of one.
struct SumNode {
    level: u32,
    start: u64,
    block: SumBlock,
}

/// A metric on its way.
struct GatheredMetric {
    /// The level whose blocks are its groups; 0 where its values are.
    level: u32,
    /// With their offsets.
    sums: Vec<(u64, Sum)>,
}

impl SummedLog<'_> {
    /// Of each metric the coarsest blocks of which there are enough, and single values of those that have few.
    fn curves(&self, query: &CurveQuery) -> Result<Curves, rusqlite::Error> {
        let enough = query.most.div_ceil(2);
        let mut level = self.floor;
        while self.reached >> (level + STEP) >= enough as u64 {
            level += STEP;
        }
        let (mut gathered, mut divided) = (BTreeMap::<String, GatheredMetric>::new(), BTreeMap::new());
        let mut left = None::<BTreeSet<String>>;
        let mut ranges = joined(std::iter::once(0..self.reached));
        loop {
            let mut nodes = Vec::new();
            for range in &ranges {
                self.nodes(
                    level,
                    range,
                    &|name| left.as_ref().map_or(query.wants(name), |it| it.contains(name)),
                    &mut nodes,
                )?;
            }
            let mut sums = BTreeMap::<&str, Vec<(&SumNode, &Sum, Within)>>::new();
            for node in &nodes {
                for (name, sum) in &node.block {
                    let within = sum.within(&query.steps);
                    if within != Within::None {
                        sums.entry(name).or_default().push((node, sum, within));
                    }
                }
            }
            let mut coarse = BTreeSet::new();
            for (name, sums) in sums.into_iter().take(query.most_names) {
                // Smaller blocks at the end are of one group with each other, and blocks at the ends of the steps may have nothing.
                let mut groups: Vec<_> =
                    sums.iter().filter(|it| it.2 == Within::All).map(|(node, ..)| node.start >> level).collect();
                groups.dedup();
                let is_dense = groups.len() >= enough;
                let is_fine = is_dense || sums.iter().all(|(_, sum, _)| sum.values() == 1);
                if !is_fine && level > self.floor {
                    coarse.insert(name.to_owned());
                    continue;
                }
                let gathered = gathered
                    .entry(name.to_owned())
                    // Few values are no groups of so many offsets: more of them may lie behind what is summed up.
                    .or_insert_with(|| GatheredMetric { level: if is_dense { level } else { 0 }, sums: Vec::new() });
                for (node, sum, within) in sums {
                    if within == Within::All && (is_fine || sum.values() == 1) {
                        gathered.sums.push((node.start, sum.clone()));
                    } else {
                        let block: &mut SumBlock = divided.entry((Reverse(node.level), node.start)).or_default();
                        block.insert(name.to_owned(), sum.clone());
                    }
                }
            }
            if coarse.is_empty() {
                break;
            }
            let has_some = |node: &&SumNode| {
                node.block.iter().any(|(name, sum)| coarse.contains(name) && sum.within(&query.steps) != Within::None)
            };
            ranges = joined(nodes.iter().filter(has_some).map(|it| it.start..it.start + (1 << it.level)));
            left = Some(coarse);
            level -= STEP;
        }
        while let Some(((Reverse(level), start), block)) = divided.pop_first() {
            self.divide(&SumNode { level, start, block }, &query.steps, &mut gathered, &mut divided)?;
        }
        let mut curves = Curves::new(query.clone());
        for (name, GatheredMetric { level, mut sums }) in gathered {
            sums.sort_by_key(|(offset, _)| *offset);
            for (offset, sum) in sums {
                curves.push_point(name.clone(), level, offset, sum.point);
            }
        }
        Ok(curves)
    }

    /// The blocks of a range: those of a level, behind the last whole one ever smaller ones, and coarser ones where finer ones
    /// went as the log got thin.
    fn nodes(
        &self,
        mut level: u32,
        range: &Range<u64>,
        wants: &impl Fn(&str) -> bool,
        nodes: &mut Vec<SumNode>,
    ) -> Result<(), rusqlite::Error> {
        let mut next = range.start;
        loop {
            let end = range.end >> level << level;
            let mut found = Vec::new();
            read(self.connection, self.row, level, next..end, |start, mut block| {
                block.retain(|name, _| wants(name));
                found.push(SumNode { level, start, block });
            })?;
            for node in found {
                self.coarser(level, &mut next, node.start, wants, nodes)?;
                next = node.start + (1 << level);
                nodes.push(node);
            }
            self.coarser(level, &mut next, end, wants, nodes)?;
            if level == self.floor {
                return Ok(());
            }
            level -= STEP;
        }
    }

    fn coarser(
        &self,
        level: u32,
        next: &mut u64,
        end: u64,
        wants: &impl Fn(&str) -> bool,
        nodes: &mut Vec<SumNode>,
    ) -> Result<(), rusqlite::Error> {
        while *next < end {
            let before = *next;
            for level in (level + STEP..=self.reached.ilog2()).step_by(STEP as usize) {
                read(self.connection, self.row, level, before..before + 1, |start, mut block| {
                    block.retain(|name, _| wants(name));
                    nodes.push(SumNode { level, start, block });
                    *next = start + (1 << level);
                })?;
                if *next > before {
                    break;
                }
            }
            if *next == before {
                return Err(corrupt("a sum of metrics is missing"));
            }
        }
        Ok(())
    }

    /// Gathers what a block has by its parts, or by the values of the log. Where that is too thin it counts as a whole.
    fn divide(
        &self,
        node: &SumNode,
        steps: &Range<u64>,
        gathered: &mut BTreeMap<String, GatheredMetric>,
        divided: &mut BTreeMap<(Reverse<u32>, u64), SumBlock>,
    ) -> Result<(), rusqlite::Error> {
        let SumNode { level, start, block } = node;
        let offsets = *start..start + (1 << level);
        let mut gather = |name: &str, offset, sum: Sum| {
            if let Some(gathered) = gathered.get_mut(name) {
                gathered.sums.push((offset, sum));
            }
        };
        if *level > self.floor {
            let (level, mut parts) = (level - STEP, Vec::new());
            read(self.connection, self.row, level, offsets, |start, part| parts.push((start, part)))?;
            if parts.len() == 1 << STEP {
                for (start, part) in parts {
                    for (name, sum) in part.into_iter().filter(|(name, _)| block.contains_key(name)) {
                        match sum.within(steps) {
                            Within::All => gather(&name, start, sum),
                            Within::Some => {
                                divided.entry((Reverse(level), start)).or_default().insert(name, sum);
                            }
                            Within::None => {}
                        }
                    }
                }
                return Ok(());
            }
        } else if *start >= self.thinned {
            let all = Excerpt { offsets, most: usize::MAX, most_bytes: usize::MAX };
            for entry in entries(self.connection, self.run, self.epoch, &all, self.damage)? {
                let ThinnedEntry::Metrics { step, values } = part(&entry) else { continue };
                for (name, value) in values {
                    if block.contains_key(&name) && steps.contains(&step) {
                        gather(&name, entry.offset.0, Sum::of(step, value));
                    }
                }
            }
            return Ok(());
        }
        for (name, sum) in block {
            gather(name, *start, sum.clone());
        }
        Ok(())
    }
}

/// Ranges in ascending order, with neighbours as one.
fn joined(ranges: impl Iterator<Item = Range<u64>>) -> Vec<Range<u64>> {
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => joined.push(range),
        }
    }
    joined
}
