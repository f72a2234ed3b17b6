//! Numbers the locals of functions so that code reads like other code: what repeats something compresses better.
//!
//! A compiler numbers the locals of each function by itself, so that the same operations mean local 7 here and local 9
//! there; these numbers are a quarter of what the program weighs compressed. Here a local gets the number that locals
//! used in the same surroundings have elsewhere.

use anyhow::{Context as _, Result};
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, Function, Instruction, Module};
use wasmparser::{FunctionBody, Operator, Parser, Payload, ValType};

/// The surroundings of a use: so many operators before it, and as many after it.
const WIDTHS: [usize; 3] = [1, 2, 4];

/// All functions are gone through so often; after that little changes.
const SWEEPS: usize = 3;

/// A number that so small a share of other locals has in the same surroundings says hardly more than none.
const RARE: f64 = 0.05;

/// Which number locals have in which surroundings, and how often.
type Habits = HashMap<u64, BTreeMap<usize, u32>>;

/// The same program with other numbers for the locals that are not parameters.
pub(super) fn by_likeness(program: &[u8]) -> Result<Vec<u8>> {
    let functions = functions(program)?;
    let mut numbers = vec![Vec::new(); functions.len()];
    let mut habits = Habits::new();
    for sweep in 0..SWEEPS {
        for (function, numbers) in functions.iter().zip(&mut numbers) {
            if sweep > 0 {
                function.count(numbers, &mut habits, |count| *count -= 1);
            }
            *numbers = function.renumbered(&habits);
            function.count(numbers, &mut habits, |count| *count += 1);
        }
    }
    let mut module = Module::new();
    let mut writer = Writer { functions: functions.iter().zip(&numbers), current: None };
    utils::parse_core_module(&mut writer, &mut module, Parser::new(0), program)?;
    Ok(module.finish())
}

/// A function as far as its own locals go. They are counted from 0, after the parameters.
struct Locals {
    parameters: usize,
    /// The types of the locals as they were numbered, and of those to come: alike ones one after the other.
    types: Vec<ValType>,
    sorted_types: Vec<ValType>,
    uses: Vec<Use>,
}

struct Use {
    local: usize,
    /// What stands around it, one value for each width.
    surroundings: [u64; WIDTHS.len()],
}

impl Locals {
    fn read(body: &FunctionBody<'_>, parameters: usize) -> Result<Self> {
        let types = types(body)?;
        let mut sorted_types = types.clone();
        sorted_types.sort_unstable();
        let mut operators = Vec::new();
        let start = body.range().start;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let from = (reader.original_position() - start) as usize;
            let local = own_local(&reader.read()?, parameters);
            let to = (reader.original_position() - start) as usize;
            // Of a use all that tells something is whether it reads or writes.
            let bytes = &body.as_bytes()[from..if local.is_some() { from + 1 } else { to }];
            operators.push((local, hash(&bytes)));
        }
        let uses = operators.iter().enumerate().filter_map(|(place, operator)| {
            let surroundings = WIDTHS.map(|width| {
                let around = place.saturating_sub(width)..(place + width + 1).min(operators.len());
                hash(&(place - around.start, operators[around].iter().map(|it| it.1).collect::<Vec<_>>()))
            });
            Some(Use { local: operator.0?, surroundings })
        });
        Ok(Self { parameters, types, sorted_types, uses: uses.collect() })
    }

    /// The number for each local, of those that locals of its type have: the likeliest first.
    fn renumbered(&self, habits: &Habits) -> Vec<usize> {
        let count = self.types.len();
        let mut likings = vec![0.0_f64; count * count];
        for (local, known) in
            self.uses.iter().flat_map(|it| it.surroundings.map(|around| (it.local, habits.get(&around))))
        {
            let Some(known) = known else { continue };
            let all = f64::from(known.values().sum::<u32>()) + 0.5;
            for (number, times) in known {
                if let Some(number) = number.checked_sub(self.parameters).filter(|it| *it < count) {
                    likings[local * count + number] += (f64::from(*times) / all / RARE).ln_1p();
                }
            }
        }
        let mut pairs: Vec<usize> =
            (0..count * count).filter(|it| self.types[it / count] == self.sorted_types[it % count]).collect();
        pairs.sort_by(|one, other| likings[*other].total_cmp(&likings[*one]));
        let (mut numbers, mut taken) = (vec![None; count], vec![false; count]);
        for (local, number) in pairs.into_iter().map(|it| (it / count, it % count)) {
            if numbers[local].is_none() && !taken[number] {
                numbers[local] = Some(number);
                taken[number] = true;
            }
        }
        // Every local has one: there are as many numbers as locals of each type.
        numbers.into_iter().flatten().collect()
    }

    /// Changes the counts of all uses under these numbers.
    fn count(&self, numbers: &[usize], habits: &mut Habits, change: fn(&mut u32)) {
        for (local, around) in self.uses.iter().flat_map(|it| it.surroundings.map(|around| (it.local, around))) {
            change(habits.entry(around).or_default().entry(self.parameters + numbers[local]).or_default());
        }
    }
}

fn functions(program: &[u8]) -> Result<Vec<Locals>> {
    let (mut types, mut functions, mut read) = (Vec::new(), Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(program) {
        match payload? {
            Payload::TypeSection(section) => {
                for function in section.into_iter_err_on_gc_types() {
                    types.push(function?.params().len());
                }
            }
            Payload::FunctionSection(section) => functions = section.into_iter().collect::<Result<Vec<_>, _>>()?,
            Payload::CodeSectionEntry(body) => {
                let of_type = functions.get(read.len()).context("a function of the program has no type")?;
                read.push(Locals::read(&body, types[*of_type as usize])?);
            }
            _ => {}
        }
    }
    Ok(read)
}

/// Types of a function's own locals.
fn types(body: &FunctionBody<'_>) -> Result<Vec<ValType>> {
    let mut types = Vec::new();
    for group in body.get_locals_reader()? {
        let (count, of_type) = group?;
        types.extend((0..count).map(|_| of_type));
    }
    Ok(types)
}

fn own_local(operator: &Operator<'_>, parameters: usize) -> Option<usize> {
    match operator {
        Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } => (*local_index as usize).checked_sub(parameters),
        _ => None,
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Writes a program anew with other numbers.
struct Writer<'a, I> {
    /// Functions to come, with the numbers of their locals.
    functions: I,
    current: Option<(&'a Locals, &'a Vec<usize>)>,
}

impl<'a, I: Iterator<Item = (&'a Locals, &'a Vec<usize>)>> Reencode for Writer<'a, I> {
    type Error = std::convert::Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error<Self::Error>> {
        self.current = self.functions.next();
        utils::parse_function_body(self, code, body)
    }

    fn new_function_with_parsed_locals(&mut self, body: &FunctionBody<'_>) -> Result<Function, Error<Self::Error>> {
        let Some((function, _)) = self.current else { return utils::new_function_with_parsed_locals(self, body) };
        let types: Result<Vec<_>, _> = function.sorted_types.iter().map(|it| self.val_type(*it)).collect();
        Ok(Function::new_with_locals_types(types?))
    }

    fn instruction<'b>(&mut self, operator: Operator<'b>) -> Result<Instruction<'b>, Error<Self::Error>> {
        let number = self.current.and_then(|(function, numbers)| {
            Some((function.parameters + numbers[own_local(&operator, function.parameters)?]) as u32)
        });
        let instruction = utils::instruction(self, operator)?;
        Ok(match (instruction, number) {
            (Instruction::LocalGet(_), Some(number)) => Instruction::LocalGet(number),
            (Instruction::LocalSet(_), Some(number)) => Instruction::LocalSet(number),
            (Instruction::LocalTee(_), Some(number)) => Instruction::LocalTee(number),
            (instruction, _) => instruction,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{FunctionSection, TypeSection, ValType};

    #[test]
    fn what_is_alike_gets_the_same_numbers() {
        let sorted = [ValType::I32, ValType::I32, ValType::I64];
        let expected = bodies(&program(&[([1, 2, 3], sorted), ([1, 2, 3], sorted)]));
        let mixed = [ValType::I32, ValType::I64, ValType::I32];
        let given = program(&[([1, 2, 3], sorted), ([3, 1, 2], mixed)]);
        assert_ne!(bodies(&given), expected);
        assert_eq!(bodies(&by_likeness(&given).unwrap()), expected);
    }

    /// Functions that do the same with these locals of these types; local 0 is a parameter.
    fn program(functions: &[([u32; 3], [ValType; 3])]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([ValType::I32], [ValType::I32]);
        let (mut section, mut code) = (FunctionSection::new(), CodeSection::new());
        for ([first, last, long], types) in functions {
            section.function(0);
            let mut body = Function::new(types.map(|it| (1, it)));
            body.instructions().local_get(0).i32_const(7).i32_add().local_set(*first);
            body.instructions().local_get(*first).i64_extend_i32_u().local_set(*long);
            body.instructions().local_get(*long).i32_wrap_i64().i32_const(99).i32_mul().local_tee(*last);
            body.instructions().local_get(*first).i32_sub().end();
            code.function(&body);
        }
        let mut module = Module::new();
        module.section(&types).section(&section).section(&code);
        module.finish()
    }

    /// Bodies of a program's functions, alike if what they declare and do is.
    fn bodies(program: &[u8]) -> Vec<String> {
        let bodies = Parser::new(0).parse_all(program).filter_map(|payload| match payload.unwrap() {
            Payload::CodeSectionEntry(body) => {
                let operators: Vec<_> = body.get_operators_reader().unwrap().into_iter().map(Result::unwrap).collect();
                Some(format!("{:?} {operators:?}", types(&body).unwrap()))
            }
            _ => None,
        });
        bodies.collect()
    }
}
