//! Puts functions that resemble each other next to each other: what repeats something near compresses better. Imported
//! ones stand by their numbers.

use crate::page::pack::without_zeros;
use anyhow::Result;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, FunctionSection, ImportSection, Module};
use wasmparser::{CodeSectionReader, FunctionSectionReader, Import, ImportSectionReader, Parser, Payload, TypeRef};

/// Bytes of a piece: functions resemble each other by the pieces that they share.
const PIECE: usize = 4;

/// What stands in more functions than this says nothing about their likeness.
const COMMON: usize = 1500;

/// The next function resembles this many before it, the nearest most.
const BEFORE: usize = 3;

/// The same program with its functions in another order, all calls adjusted.
pub(super) fn by_likeness(program: &[u8]) -> Result<Vec<u8>> {
    let (mut imported, mut bodies) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(program) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imported.extend(Some(import?).filter(is_function).map(|it| number(&it)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            _ => {}
        }
    }
    let mut sorted: Vec<usize> = (0..imported.len()).collect();
    sorted.sort_by_key(|import| &imported[*import]);
    let order = chain(&bodies);
    let own = order.iter().map(|function| imported.len() + function);
    let mut places = vec![0; imported.len() + order.len()];
    for (place, function) in sorted.iter().copied().chain(own).enumerate() {
        places[function] = place as u32;
    }
    let mut module = Module::new();
    utils::parse_core_module(&mut Sorter { order, places }, &mut module, Parser::new(0), program)?;
    Ok(module.finish())
}

fn is_function(import: &Import<'_>) -> bool {
    matches!(import.ty, TypeRef::Func(_))
}

/// Where an import stands among others: shorter names hold smaller numbers.
fn number(import: &Import<'_>) -> (usize, String) {
    let name = without_zeros(import.name);
    (name.len(), name)
}

/// Every function once: always the one that resembles those before it most.
fn chain(bodies: &[&[u8]]) -> Vec<usize> {
    let (sizes, shared) = sharing(bodies);
    let mut owned: Vec<Vec<usize>> = vec![Vec::new(); bodies.len()];
    for (group, functions) in shared.iter().enumerate() {
        for &function in functions {
            owned[function].push(group);
        }
    }
    let mut left: Vec<usize> = (0..bodies.len()).collect();
    let mut order: Vec<usize> = Vec::with_capacity(bodies.len());
    let mut likeness = vec![0.0_f64; bodies.len()];
    while !left.is_empty() {
        likeness.fill(0.0);
        for (distance, &function) in (1..=BEFORE).zip(order.iter().rev()) {
            for group in owned[function].iter().map(|&it| &shared[it]) {
                let weight = 1.0 / distance as f64 / (group.len() as f64).sqrt();
                for &other in group {
                    likeness[other] += weight;
                }
            }
        }
        // Large functions share something with all.
        let rate = |function: usize| likeness[function] / (sizes[function] as f64 + 20.0).sqrt();
        let best = (1..left.len()).fold(0, |best, it| if rate(left[it]) > rate(left[best]) { it } else { best });
        order.push(left.remove(best));
    }
    order
}

/// How many different pieces each function has, and for every piece that tells something the functions that share it.
fn sharing(bodies: &[&[u8]]) -> (Vec<usize>, Vec<Vec<usize>>) {
    let mut owners = Vec::new();
    let sizes = bodies.iter().enumerate().map(|(function, body)| {
        let mut pieces: Vec<[u8; PIECE]> = body.array_windows().copied().collect();
        pieces.sort_unstable();
        pieces.dedup();
        owners.extend(pieces.iter().map(|piece| (*piece, function)));
        pieces.len()
    });
    let sizes = sizes.collect();
    owners.sort_unstable();
    let groups = owners.chunk_by(|one, other| one.0 == other.0).filter(|it| (2..=COMMON).contains(&it.len()));
    (sizes, groups.map(|group| group.iter().map(|it| it.1).collect()).collect())
}

/// Writes a program anew with its functions in another order.
struct Sorter {
    /// Which of its own functions was where, by new place.
    order: Vec<usize>,
    /// The new place of what was where, imported functions first.
    places: Vec<u32>,
}

impl Reencode for Sorter {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, Error<Self::Error>> {
        Ok(self.places[index as usize])
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let mut sorted: Vec<Import<'_>> = section.into_imports().collect::<Result<_, _>>()?;
        sorted.sort_by_key(number);
        for import in sorted {
            imports.import(import.module, &without_zeros(import.name), self.entity_type(import.ty)?);
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let types: Vec<u32> = section.into_iter().collect::<Result<_, _>>()?;
        for &function in &self.order {
            functions.function(types[function]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let bodies: Vec<_> = section.into_iter().collect::<Result<_, _>>()?;
        for function in self.order.clone() {
            utils::parse_function_body(self, code, bodies[function].clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, TypeSection,
    };
    use wasm_encoder::{RefType, TableSection, TableType};
    use wasmparser::{ElementItems, Operator};

    #[test]
    fn what_is_alike_stands_together() {
        let order =
            chain(&[b"one two three", b"something else", b"nothing of the kind", b"one two four", b"something"]);
        assert_eq!(order, [0, 3, 1, 4, 2]);
    }

    #[test]
    fn calls_exports_and_tables_follow_the_functions() {
        // Of functions 2, 3 and 4, the program's own, 2 calls 0 and 4, which resembles it; the table holds 3 and 4, and 4
        // is exported.
        let numbers = [10_i64, 77_000_000_000, 10];
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import("", "__wb010", EntityType::Function(0)).import("", "__wb0009", EntityType::Function(0));
        let mut functions = FunctionSection::new();
        functions.function(0).function(0).function(0);
        let mut tables = TableSection::new();
        let element_type = RefType::FUNCREF;
        tables.table(TableType { element_type, table64: false, minimum: 2, maximum: None, shared: false });
        let mut exports = ExportSection::new();
        exports.export("last", ExportKind::Func, 4);
        let mut elements = ElementSection::new();
        elements.active(None, &ConstExpr::i32_const(0), Elements::Functions([3, 4].as_slice().into()));
        let mut code = CodeSection::new();
        for (function, number) in numbers.into_iter().enumerate() {
            let mut body = Function::new([]);
            for _ in 0..4 {
                body.instructions().i64_const(number).drop();
            }
            if function == 0 {
                body.instructions().call(0).call(4);
            }
            body.instructions().end();
            code.function(&body);
        }
        module.section(&types).section(&imports).section(&functions).section(&tables);
        module.section(&exports).section(&elements).section(&code);
        let sorted = by_likeness(&module.finish()).unwrap();
        let (mut names, mut first_numbers, mut called) = (Vec::new(), Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(&sorted) {
            match payload.unwrap() {
                Payload::ImportSection(section) => {
                    names.extend(section.into_imports().map(|it| it.unwrap().name.to_owned()));
                }
                Payload::CodeSectionEntry(body) => {
                    for operator in body.get_operators_reader().unwrap() {
                        match operator.unwrap() {
                            Operator::Call { function_index } => called.push(function_index),
                            Operator::I64Const { value } => first_numbers.push(value),
                            _ => {}
                        }
                    }
                }
                Payload::ExportSection(section) => {
                    assert_eq!(section.into_iter().next().unwrap().unwrap().index, 3);
                }
                Payload::ElementSection(section) => {
                    let ElementItems::Functions(items) = section.into_iter().next().unwrap().unwrap().items else {
                        panic!("the table holds functions");
                    };
                    assert_eq!(items.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [4, 3]);
                }
                _ => {}
            }
        }
        first_numbers.dedup();
        assert_eq!(names, ["__wb9", "__wb10"]);
        assert_eq!((first_numbers, called), (vec![10, 77_000_000_000], vec![1, 3]));
    }
}
