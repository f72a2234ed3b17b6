//! Takes the page's program apart into streams, which compress better: operations by themselves, and what stands behind
//! them by what it is. `frontend/unpack.js` puts it together again.
//!
//! In a program every number stands behind its operation, so that a compressor sees bytes of many kinds in turns. By
//! kinds, they resemble what stands before them. What the streams hold is still a WebAssembly module, one with a single
//! section that engines skip, so that hosts serve and compress it as one.

use anyhow::{Context as _, Result, bail, ensure};
use std::collections::BTreeMap;
use wasm_encoder::{CustomSection, Module};
use wasmparser::{Parser, Payload};

/// The section's name.
const SECTION: &str = "streams";

/// The streams in their order, which `frontend/unpack.js` knows as well.
#[derive(Clone, Copy, Debug)]
enum Stream {
    /// All that stands outside of functions.
    Module,
    /// Types of locals.
    Declared,
    Operations,
    /// How many other locals were used since this one, for reading, for writing, and for both at once.
    Get,
    Set,
    Tee,
    Calls,
    Indirect,
    Branches,
    Blocks,
    Tables,
    Globals,
    Aligned,
    Reals,
    Rest,
    /// Offsets of memory of one byte; those of more bytes follow.
    Offsets,
    /// Numbers of 32 bits, as offsets.
    Small = Self::Offsets as isize + MOST_BYTES as isize,
    /// Numbers of 64 bits, in the same way.
    Large = Self::Small as isize + MOST_BYTES as isize,
}

/// Bytes that a number of 32 bits takes at most, and one of 64 bits.
const MOST_BYTES: usize = 5;
const MOST_BYTES_OF_LARGE: usize = 10;

const STREAMS: usize = Stream::Large as usize + MOST_BYTES_OF_LARGE;

/// The program as streams. What its functions do must be known here, operation by operation.
pub(super) fn split(program: &[u8]) -> Result<Vec<u8>> {
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(program) {
        if let Payload::CodeSectionEntry(body) = payload? {
            bodies.push((body.range().start as usize, body.as_bytes()));
        }
    }
    let (first, body) = *bodies.first().context("the program has no functions")?;
    let first = first - number_bytes(body.len()).len();
    let mut splitter = Splitter::default();
    let mut place = first;
    for (start, body) in &bodies {
        ensure!(
            *start == place + number_bytes(body.len()).len(),
            "the size of the function at {start} is written too long"
        );
        splitter.body(body).with_context(|| format!("in the function at {start}"))?;
        place = start + body.len();
    }
    splitter.push(Stream::Module, &program[..first]);
    splitter.push(Stream::Module, &program[place..]);
    let mut section = Vec::new();
    for number in [program.len(), first, bodies.len()] {
        section.extend(number_bytes(number));
    }
    section.extend(splitter.finish()?);
    let mut module = Module::new();
    module.section(&CustomSection { name: SECTION.into(), data: section.into() });
    Ok(module.finish())
}

/// A number as WebAssembly writes it.
fn number_bytes(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 127 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// Collects the streams.
#[derive(Debug)]
struct Splitter {
    streams: [Vec<u8>; STREAMS],
    /// Every operation with the length of its number in bytes, 1 where it has none.
    operations: Vec<(u8, usize)>,
    /// The locals of a function, those used last first; those that were not used follow by number.
    recent: Vec<usize>,
}

impl Default for Splitter {
    fn default() -> Self {
        Self { streams: std::array::from_fn(|_| Vec::new()), operations: Vec::new(), recent: Vec::new() }
    }
}

impl Splitter {
    fn push(&mut self, stream: Stream, bytes: &[u8]) {
        self.streams[stream as usize].extend(bytes);
    }

    fn body(&mut self, body: &[u8]) -> Result<()> {
        let mut rest = body;
        let declarations = self.one(Stream::Declared, &mut rest)?;
        for _ in 0..2 * declarations {
            self.one(Stream::Declared, &mut rest)?;
        }
        self.recent.clear();
        let mut depth = 1;
        while depth > 0 {
            let operation = take(&mut rest, 1)?[0];
            match operation {
                0x02..=0x04 => depth += 1,
                0x0b => depth -= 1,
                _ => {}
            }
            let length = self.behind(operation, &mut rest)?;
            self.operations.push((operation, length));
        }
        ensure!(rest.is_empty(), "there are {} bytes behind its end", rest.len());
        Ok(())
    }

    /// Takes what stands behind an operation and gives the length of its number.
    fn behind(&mut self, operation: u8, rest: &mut &[u8]) -> Result<usize> {
        match operation {
            // unreachable, nop, else, end, return, drop, select, comparisons and arithmetic, ref.is_null
            0x00 | 0x01 | 0x05 | 0x0b | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 | 0xd1 => {}
            0x02..=0x04 => _ = self.one(Stream::Blocks, rest)?,
            0x0c | 0x0d => _ = self.one(Stream::Branches, rest)?,
            0x0e => self.many(Stream::Tables, 1, rest)?,
            0x10 => _ = self.one(Stream::Calls, rest)?,
            0x11 => {
                self.one(Stream::Indirect, rest)?;
                self.one(Stream::Indirect, rest)?;
            }
            0x1c => self.many(Stream::Rest, 0, rest)?,
            0x20 => self.local(Stream::Get, rest)?,
            0x21 => self.local(Stream::Set, rest)?,
            0x22 => self.local(Stream::Tee, rest)?,
            0x23 | 0x24 => _ = self.one(Stream::Globals, rest)?,
            // table.get, table.set, memory.size, memory.grow, ref.null, ref.func
            0x25 | 0x26 | 0x3f | 0x40 | 0xd0 | 0xd2 => _ = self.one(Stream::Rest, rest)?,
            0x28..=0x3e => {
                self.one(Stream::Aligned, rest)?;
                return self.sized(Stream::Offsets, rest);
            }
            0x41 => return self.sized(Stream::Small, rest),
            0x42 => return self.sized(Stream::Large, rest),
            0x43 => self.push(Stream::Reals, take(rest, 4)?),
            0x44 => self.push(Stream::Reals, take(rest, 8)?),
            0xfc => {
                let which = self.one(Stream::Rest, rest)?;
                let operands = match which {
                    0..=7 => 0,
                    8 | 10 | 12 | 14 => 2,
                    9 | 11 | 13 | 15..=17 => 1,
                    _ => bail!("there is an operation 0xfc {which}, of which is not known what stands behind it"),
                };
                for _ in 0..operands {
                    self.one(Stream::Rest, rest)?;
                }
            }
            _ => bail!("there is an operation {operation:#04x}, of which is not known what stands behind it"),
        }
        Ok(1)
    }

    /// Takes a number and gives its value, as far as it has no sign.
    fn one(&mut self, stream: Stream, rest: &mut &[u8]) -> Result<usize> {
        let (bytes, value) = number(rest)?;
        self.push(stream, bytes);
        Ok(value)
    }

    /// Takes a number, as many more as it says, and some besides.
    fn many(&mut self, stream: Stream, besides: usize, rest: &mut &[u8]) -> Result<()> {
        for _ in 0..self.one(stream, rest)? + besides {
            self.one(stream, rest)?;
        }
        Ok(())
    }

    /// Takes a number into the stream of its length, which it gives.
    fn sized(&mut self, first: Stream, rest: &mut &[u8]) -> Result<usize> {
        let (bytes, _) = number(rest)?;
        self.streams[first as usize + bytes.len() - 1].extend(bytes);
        Ok(bytes.len())
    }

    fn local(&mut self, stream: Stream, rest: &mut &[u8]) -> Result<()> {
        let (_, local) = number(rest)?;
        let known = self.recent.iter().position(|it| *it == local);
        let rank = known.unwrap_or_else(|| {
            self.recent.extend(self.recent.len()..=local);
            self.recent.len() - 1
        });
        self.recent[..=rank].rotate_right(1);
        self.push(stream, &number_bytes(rank));
        Ok(())
    }

    /// The signs of operations, the streams' lengths, and the streams.
    fn finish(mut self) -> Result<Vec<u8>> {
        let mut signs: BTreeMap<(u8, usize), u8> = self.operations.iter().map(|it| (*it, it.0)).collect();
        let used: Vec<u8> = signs.values().copied().collect();
        let mut free = (0..=u8::MAX).filter(|sign| !used.contains(sign));
        let mut packed = Vec::new();
        let mut longer = 0;
        for ((operation, length), sign) in signs.iter_mut().filter(|((_, length), _)| *length > 1) {
            *sign = free.next().context("there are more kinds of operations than signs")?;
            packed.extend(
                [number_bytes(usize::from(*sign)), number_bytes(usize::from(*operation)), vec![*length as u8]].concat(),
            );
            longer += 1;
        }
        packed.splice(0..0, number_bytes(longer));
        let operations: Vec<u8> = self.operations.iter().map(|it| signs[it]).collect();
        self.push(Stream::Operations, &operations);
        packed.extend(number_bytes(STREAMS));
        packed.extend(self.streams.iter().flat_map(|it| number_bytes(it.len())));
        Ok(packed.into_iter().chain(self.streams.concat()).collect())
    }
}

/// Takes so many bytes.
fn take<'a>(rest: &mut &'a [u8], bytes: usize) -> Result<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(bytes).context("it ends too soon")?;
    *rest = left;
    Ok(taken)
}

/// Takes a number: its bytes, of which the last is below 128, and its value if it has no sign.
fn number<'a>(rest: &mut &'a [u8]) -> Result<(&'a [u8], usize)> {
    let end = rest.iter().position(|byte| *byte < 128).context("it ends too soon")?;
    let bytes = take(rest, end + 1)?;
    ensure!(bytes.len() <= MOST_BYTES_OF_LARGE, "there is a number of {} bytes", bytes.len());
    Ok((bytes, bytes.iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 127))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::program::check;
    use std::fs;
    use wasm_encoder::{
        BlockType, CodeSection, ConstExpr, Function, FunctionSection, GlobalSection, GlobalType, Ieee32, Ieee64,
        MemArg, MemArgTarget, MemorySection, MemoryType, RefType, TableSection, TableType, TypeSection, ValType,
    };

    /// A program with these functions, which take nothing and give nothing.
    fn program(functions: &[Function]) -> Vec<u8> {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut declared = FunctionSection::new();
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum: 2,
            maximum: None,
            shared: false,
        });
        let mut memories = MemorySection::new();
        memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
        let mut globals = GlobalSection::new();
        let global = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        globals.global(global, &ConstExpr::i32_const(77_777));
        let mut code = CodeSection::new();
        for function in functions {
            declared.function(0);
            code.function(function);
        }
        module.section(&types).section(&declared).section(&tables).section(&memories).section(&globals).section(&code);
        module.section(&CustomSection { name: "behind".into(), data: (&b"the functions"[..]).into() });
        module.finish()
    }

    /// A function with one of everything that stands behind operations.
    fn everything() -> Function {
        let mut function = Function::new([(3, ValType::I32), (200, ValType::F64)]);
        let mut body = function.instructions();
        let memory = |offset| MemArg { offset, align: 0, target: MemArgTarget::default(), ordering: None };
        body.block(BlockType::Empty).loop_(BlockType::Result(ValType::I32)).i32_const(0);
        body.local_set(2).local_get(1).local_tee(2).local_set(170).local_get(1).local_get(170).local_get(2);
        for number in [1, -64, 64, 8192, -1_048_576, 268_435_456, i32::MIN] {
            body.i32_const(number);
        }
        for number in [1, -65, i64::from(i32::MAX), 1 << 34, 1 << 41, 1 << 48, 1 << 55, i64::MAX, i64::MIN] {
            body.i64_const(number);
        }
        for offset in [0, 200, 20_000, 1 << 22, 1 << 30] {
            body.i32_load(memory(offset)).f64_store(memory(offset));
        }
        body.f32_const(Ieee32::from(0.1_f32)).f64_const(Ieee64::from(-0.1)).f64_neg().i32_trunc_sat_f64_s();
        body.memory_size(0).memory_grow(0).memory_copy(0, 0).memory_fill(0).global_get(0).global_set(0);
        body.call(200).call_indirect(0, 0).if_(BlockType::Empty).br(1).else_().br_if(0).end();
        body.br_table([0, 1, 2], 300).typed_select(ValType::I64).ref_null(wasm_encoder::HeapType::FUNC).drop();
        body.end().end().end();
        function
    }

    #[test]
    fn browsers_put_together_what_was_taken_apart() {
        let folder = tempfile::tempdir().unwrap();
        let [packed, whole] = ["packed", "whole"].map(|name| folder.path().join(name));
        let mut short = Function::new([]);
        short.instructions().end();
        let program = program(&[everything(), short, everything()]);
        fs::write(&packed, split(&program).unwrap()).unwrap();
        fs::write(&whole, &program).unwrap();
        check(&packed, &whole).unwrap();
        fs::write(&whole, [program, vec![0]].concat()).unwrap();
        let error = check(&packed, &whole).unwrap_err().to_string();
        assert_eq!(error, "frontend/unpack.js does not put the program together again");
    }

    #[test]
    fn streams_are_a_module_that_engines_skip() {
        let mut function = Function::new([]);
        function.instructions().end();
        let streams = split(&program(&[function])).unwrap();
        let payloads: Vec<_> = Parser::new(0).parse_all(&streams).map(Result::unwrap).collect();
        assert!(
            matches!(&payloads[..], [Payload::Version { .. }, Payload::CustomSection(section), Payload::End(_)]
                if section.name() == SECTION),
            "{payloads:?}"
        );
    }

    #[test]
    fn an_operation_that_nobody_knows_is_refused_with_its_place() {
        let mut function = Function::new([]);
        function.instructions().v128_const(1).drop().end();
        let error = format!("{:#}", split(&program(&[function])).unwrap_err());
        let expected = "there is an operation 0xfd, of which is not known what stands behind it";
        assert!(error.starts_with("in the function at ") && error.ends_with(expected), "{error}");
    }
}
